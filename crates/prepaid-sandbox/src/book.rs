//! The book on disk: one line for what one request did, on disk before it is answered.
#![expect(clippy::disallowed_methods, reason = "a provider keeps a book in a file")]

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, Read, Write};
use std::path::Path;

use crate::state::{Entry, State};

/// Why there is no book.
#[derive(Debug, thiserror::Error)]
pub enum BookError {
    /// The file cannot be used.
    #[error("the book cannot be used: {0}")]
    File(#[from] io::Error),
    /// Another process writes it.
    #[error("the book is in use by another process")]
    InUse,
    /// A line that is not the last one is not what the sandbox wrote.
    #[error("line {line} of the book is damaged: only the last one may be")]
    Damaged {
        /// Which, from 1.
        line: usize,
    },
}

/// A file that is only ever added to.
#[derive(Debug)]
pub(crate) struct Book {
    file: File,
    /// A write has failed: what the file ends with is not known, until it is opened anew.
    is_broken: bool,
}

/// What was found in the file.
pub(crate) struct Found {
    pub(crate) book: Book,
    pub(crate) state: State,
    /// How many bytes of a last line, that was not written to its end, were dropped: nobody had an answer for it.
    pub(crate) torn: usize,
}

impl Book {
    pub(crate) fn open(path: &Path) -> Result<Found, BookError> {
        let mut file = OpenOptions::new().read(true).append(true).create(true).open(path)?;
        file.try_lock().map_err(|error| match error {
            TryLockError::WouldBlock => BookError::InUse,
            TryLockError::Error(error) => BookError::File(error),
        })?;
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes)?;
        let mut state = State::default();
        let mut kept = 0_usize;
        for (index, line) in bytes.split_inclusive(|byte| *byte == b'\n').enumerate() {
            let end = kept.saturating_add(line.len());
            // Without its end a line was not written whole, whatever it says.
            let entry = line.strip_suffix(b"\n").and_then(|line| serde_json::from_slice::<Entry>(line).ok());
            let Some(entry) = entry else {
                // A line that was cut off has no end, or holes; what is whole was answered, and must be read.
                let is_whole = line.ends_with(b"\n") && !line.contains(&0);
                if end < bytes.len() || is_whole {
                    return Err(BookError::Damaged { line: index.saturating_add(1) });
                }
                break;
            };
            state.apply(entry);
            kept = end;
        }
        let torn = bytes.len().saturating_sub(kept);
        if torn > 0 {
            file.set_len(u64::try_from(kept).unwrap_or(u64::MAX))?;
        }
        file.sync_all()?;
        sync_folder(path)?;
        Ok(Found { book: Self { file, is_broken: false }, state, torn })
    }

    /// Adds a line; it is on disk when this returns.
    pub(crate) fn add(&mut self, entry: &Entry) -> io::Result<()> {
        if self.is_broken {
            return Err(io::Error::other("an earlier line could not be written"));
        }
        let mut line = serde_json::to_vec(entry)?;
        line.push(b'\n');
        let written = self.file.write_all(&line).and_then(|()| self.file.sync_data());
        self.is_broken = written.is_err();
        written
    }
}

/// A new file is in its folder only when the folder is on disk, too.
fn sync_folder(path: &Path) -> io::Result<()> {
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        Some(_) | None => Path::new("."),
    };
    File::open(folder)?.sync_all()
}
