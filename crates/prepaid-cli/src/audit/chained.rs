//! The lines of a log, each as it must be to the byte: chained to the line before, and written as `prepaid` writes it.

use std::fs::File;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};

use prepaid::{AccountId, Amount, Balance, Digest, Events, Timestamp};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::fault::Stopped;
use crate::files;

/// A line as it is stored; the order of the fields is the order in which they are written.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Stored {
    pub(super) account: AccountId,
    pub(super) seq: u64,
    pub(super) at: Timestamp,
    request: Option<String>,
    policy: String,
    pub(super) events: Events,
    pub(super) posted: Balance,
    pub(super) held: Amount,
    prev: Digest,
}

/// What is wrong with a line.
pub(super) type Wrong = String;

/// A log being read.
#[derive(Debug)]
pub(super) struct Chained {
    from: BufReader<File>,
    file: PathBuf,
    line: Vec<u8>,
    again: Vec<u8>,
    /// So many lines were read.
    pub(super) number: u64,
    /// The digest of the last line read; zeros before the first.
    pub(super) head: Digest,
}

impl Chained {
    /// Opens a log.
    pub(super) fn open(file: &Path) -> Result<Self, Stopped> {
        Ok(Self {
            from: BufReader::new(files::open(file)?),
            file: file.into(),
            line: Vec::new(),
            again: Vec::new(),
            number: 0,
            head: Digest([0; 32]),
        })
    }

    /// The next line, or what is wrong with it; none at the end.
    pub(super) fn next(&mut self) -> Result<Option<Result<Stored, Wrong>>, Stopped> {
        self.line.clear();
        let read = self.from.read_until(b'\n', &mut self.line);
        let read = read.map_err(|error| Stopped::File { verb: "read", file: self.file.clone(), error })?;
        if read == 0 {
            return Ok(None);
        }
        self.number = self.number.saturating_add(1);
        Ok(Some(self.fits()))
    }

    fn fits(&mut self) -> Result<Stored, Wrong> {
        let Some(line) = self.line.strip_suffix(b"\n") else {
            return Err("it does not end with a newline: the log is cut off here".into());
        };
        let stored: Stored =
            serde_json::from_slice(line).map_err(|error| format!("it is no line of a log: {error}"))?;
        if stored.prev != self.head {
            let (told, is) = (stored.prev, self.head);
            return Err(format!(
                "prev is {told}: expected {is}, the SHA-256 of {}; one of the two was changed, or a line is missing, \
                 doubled or in another place",
                if self.number == 1 { "nothing, as the first line" } else { "the line before" }
            ));
        }
        // What a reader forgives, such as a space or a field nobody knows, would be a change that nobody sees.
        self.again.clear();
        serde_json::to_writer(&mut self.again, &stored).map_err(|error| error.to_string())?;
        if self.again != line {
            let differing = self.again.iter().zip(line).take_while(|(ours, theirs)| ours == theirs).count();
            let column = differing.saturating_add(1);
            return Err(format!("it is not written as prepaid writes it, from byte {column} on"));
        }
        self.head = Digest(Sha256::digest(line).into());
        Ok(stored)
    }
}
