//! What calls gave, kept so that a repeated request gets the same again, also after a restart.
#![expect(clippy::disallowed_methods, reason = "a service keeps files; the core has none")]

use std::fs::{self, DirBuilder, OpenOptions};
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};

use prepaid::CallId;
use serde_json::Value;

/// A folder with one file a call. Whoever copies this deletes files after a while: a call is billed once for ever, but
/// its result need not be kept so long.
#[derive(Debug)]
pub(crate) struct Results(PathBuf);

impl Results {
    pub(crate) fn in_folder(folder: &Path) -> Self {
        Self(folder.into())
    }

    fn place(&self, call: CallId) -> PathBuf {
        self.0.join(format!("{call}.json"))
    }

    /// Keeps a result, whole or not at all. When this returns it is on the disk, and stays there when the machine falls
    /// over: it may be billed.
    pub(crate) fn keep(&self, call: CallId, result: &Value) -> io::Result<()> {
        self.make_folder()?;
        let beside = self.0.join(format!("{call}.unfinished"));
        let mut file = ours(OpenOptions::new().write(true).create(true).truncate(true)).open(&beside)?;
        file.write_all(result.to_string().as_bytes())?;
        file.sync_all()?;
        fs::rename(beside, self.place(call))?;
        sync_folder(&self.0)
    }

    /// The result of a call that was made before, on the disk as [`Self::keep`] leaves it; none where it did not come so
    /// far, and none where the file is damaged: nobody could be given what is in it.
    pub(crate) fn of(&self, call: CallId) -> Option<Value> {
        let read = || {
            let result = serde_json::from_slice(&fs::read(self.place(call))?)?;
            // Whoever kept it may have been killed before it did this.
            sync_folder(&self.0)?;
            Ok(result)
        };
        read()
            .inspect_err(|error: &io::Error| {
                if error.kind() != ErrorKind::NotFound {
                    eprintln!("the result of call {call} is lost: {error}");
                }
            })
            .ok()
    }

    fn make_folder(&self) -> io::Result<()> {
        match ours_only(&mut DirBuilder::new()).create(&self.0) {
            Ok(()) => self.0.parent().map_or(Ok(()), sync_folder),
            Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(()),
            Err(error) => Err(error),
        }
    }
}

/// What is bought is nobody else's to read.
#[cfg(unix)]
fn ours(options: &mut OpenOptions) -> &mut OpenOptions {
    std::os::unix::fs::OpenOptionsExt::mode(options, 0o600)
}

#[cfg(unix)]
fn ours_only(folder: &mut DirBuilder) -> &mut DirBuilder {
    std::os::unix::fs::DirBuilderExt::mode(folder, 0o700)
}

/// A name in a folder is on the disk when the folder is.
#[cfg(unix)]
fn sync_folder(folder: &Path) -> io::Result<()> {
    fs::File::open(folder)?.sync_all()
}

#[cfg(not(unix))]
fn ours(options: &mut OpenOptions) -> &mut OpenOptions {
    options
}

#[cfg(not(unix))]
fn ours_only(folder: &mut DirBuilder) -> &mut DirBuilder {
    folder
}

/// Elsewhere a folder cannot be opened so; its file system orders names by itself, or does not.
#[cfg(not(unix))]
fn sync_folder(_: &Path) -> io::Result<()> {
    Ok(())
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

    use super::*;

    const CALL: CallId = CallId(uuid::Uuid::nil());

    #[test]
    fn what_is_kept_is_found_and_what_is_damaged_is_lost() {
        let folder = tempfile::tempdir().unwrap();
        let results = Results::in_folder(&folder.path().join("results"));
        let result = serde_json::json!({ "lines": ["hello"] });
        assert_eq!(results.of(CALL), None);
        results.keep(CALL, &result).unwrap();
        assert_eq!(results.of(CALL), Some(result.clone()));
        for damaged in ["", r#"{"lines":["he"#] {
            fs::write(results.place(CALL), damaged).unwrap();
            assert_eq!(results.of(CALL), None, "{damaged:?}");
        }
        results.keep(CALL, &result).unwrap();
        assert_eq!(results.of(CALL), Some(result));
    }

    #[cfg(unix)]
    #[test]
    fn nobody_else_may_read_it() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().unwrap();
        let results = Results::in_folder(&folder.path().join("results"));
        results.keep(CALL, &Value::Null).unwrap();
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(&results.0), mode(&results.place(CALL))), (0o700, 0o600));
    }
}
