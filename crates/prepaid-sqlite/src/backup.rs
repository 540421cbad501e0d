//! Copies of a store: taken while it is written, and brought back.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use prepaid_runtime::StoreError;
use rusqlite::backup::{Backup, StepResult};
use rusqlite::{Connection, OpenFlags};

use crate::fault::Fault;
use crate::open::{self, Settings};
use crate::read::{one, reading};
use crate::{Checked, SqliteReader, check, sql};

/// How many pages are copied between two reports: 4 MiB.
const STEP: i32 = 1_024;

/// How far a copy has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// How many pages of the file are copied.
    pub copied: u64,
    /// How many it has.
    pub pages: u64,
}

impl SqliteReader {
    /// Copies the store as it is now into a new file, while others write; the writer is not held up. What they write
    /// from here on is not in the copy.
    ///
    /// The copy is one file that needs no other, and it appears under its name when it is complete.
    ///
    /// # Errors
    /// [`StoreError::Other`] where the file exists; [`StoreError::Full`]; what reading says. No file is left.
    ///
    /// ```
    /// use prepaid_sqlite::{SqliteStore, restore};
    /// # let folder = tempfile::tempdir()?;
    /// # let (path, copy, back) = (folder.path().join("a.db"), folder.path().join("b.db"), folder.path().join("c.db"));
    /// let store = SqliteStore::open(&path)?;
    /// SqliteStore::open_reader(&path)?.backup_to(&copy, |progress| assert!(progress.copied <= progress.pages))?;
    /// restore(&copy, &back, |_| ())?;
    /// let again = SqliteStore::open(&back)?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn backup_to(
        &self,
        path: impl AsRef<Path>,
        progress: impl FnMut(Progress),
    ) -> Result<(), StoreError> {
        Ok(copy(&self.conn, path.as_ref(), progress)?)
    }
}

/// Brings a backup back as a new file, after checking the backup whole, as [`SqliteReader::check`] does.
///
/// # Errors
/// [`StoreError::Other`] where the file, or its `-wal`, exists: nothing is ever written over. [`StoreError::Damaged`]
/// for a backup that is not sound, [`StoreError::Newer`] for one of a later program.
///
/// See [`SqliteReader::backup_to`] for an example.
pub fn restore(
    from: impl AsRef<Path>,
    to: impl AsRef<Path>,
    progress: impl FnMut(Progress),
) -> Result<Checked, StoreError> {
    let conn = open::for_reading(from.as_ref(), &Settings::default())?;
    let checked = check::check(&conn)?;
    copy(&conn, to.as_ref(), progress)?;
    Ok(checked)
}

/// The file beside another one, with this at the end of its name.
fn beside(path: &Path, end: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(end);
    name.into()
}

fn copy(from: &Connection, to: &Path, progress: impl FnMut(Progress)) -> Result<(), Fault> {
    let to = open::whole(to)?;
    let exists = || Fault::other(format_args!("{} exists, and is not written over", to.display()));
    // A log that lies there would be taken for the copy's own.
    if ["", "-wal", "-shm", "-journal"].iter().any(|end| beside(&to, end).exists()) {
        return Err(exists());
    }
    let partial = beside(&to, ".partial");
    if !open::create(&partial)? {
        return Err(Fault::other(format_args!(
            "another copy to {} is under way, or was broken off",
            to.display()
        )));
    }
    let copied = fill(from, &partial, progress).and_then(|()| {
        // Unlike a rename this never replaces a file that has come to be there meanwhile.
        std::fs::hard_link(&partial, &to)
            .map_err(|error| if error.kind() == ErrorKind::AlreadyExists { exists() } else { error.into() })
    });
    remove(&partial);
    copied?;
    open::sync_folder(&to)
}

#[expect(clippy::disallowed_methods, reason = "a store has files; the core has none")]
fn remove(path: &Path) {
    for end in ["", "-journal", "-wal", "-shm"] {
        // What is not there need not be removed, and what stays is said by the next copy.
        drop(std::fs::remove_file(beside(path, end)));
    }
}

fn fill(from: &Connection, to: &Path, mut progress: impl FnMut(Progress)) -> Result<(), Fault> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let mut copy = open::prepared(Connection::open_with_flags(to, flags)?, &Settings::default())?;
    // All of it is read in one transaction: a change made meanwhile would make the copy begin anew.
    reading(from, || {
        one(from, sql::LAST, [], |_| Ok(()))?;
        let backup = Backup::new(from, &mut copy)?;
        loop {
            let step = backup.step(STEP)?;
            let at = backup.progress();
            let pages = u64::try_from(at.pagecount).unwrap_or_default();
            let copied = pages.saturating_sub(u64::try_from(at.remaining).unwrap_or_default());
            progress(Progress { copied, pages });
            if step == StepResult::Done {
                return Ok(());
            }
            if step != StepResult::More {
                return Err(StoreError::Held.into());
            }
        }
    })?;
    // A copy without a log can be read from a medium that cannot be written.
    copy.pragma_update_and_check(None, "journal_mode", "delete", |_| Ok(()))?;
    open::integrity(&copy, "PRAGMA quick_check(1)")?;
    copy.close().map_err(|(_, error)| error.into())
}
