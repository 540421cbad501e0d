//! What calls gave, kept so that a repeated request gets the same again, also after a restart.
#![expect(clippy::disallowed_methods, reason = "a service keeps files; the core has none")]

use std::fs;
use std::io::{self, ErrorKind};
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

    /// Keeps a result, whole or not at all.
    pub(crate) fn keep(&self, call: CallId, result: &Value) -> io::Result<()> {
        fs::create_dir_all(&self.0)?;
        let beside = self.0.join(format!("{call}.unfinished"));
        fs::write(&beside, result.to_string())?;
        fs::rename(beside, self.place(call))
    }

    /// The result of a call that was made before; none where it did not come so far.
    pub(crate) fn of(&self, call: CallId) -> io::Result<Option<Value>> {
        match fs::read(self.place(call)) {
            Ok(text) => Ok(Some(serde_json::from_slice(&text)?)),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }
}
