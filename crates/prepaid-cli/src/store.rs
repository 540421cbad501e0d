//! Opening the file of a store, to read.

use std::io::{ErrorKind, Read};
use std::path::Path;

use prepaid_runtime::StoreError;
use prepaid_sqlite::{SqliteReader, SqliteStore};

use crate::fault::{Faults, Stopped};
use crate::files;

/// What every file of `SQLite` begins with.
const BEGINNING: &[u8] = b"SQLite format 3\0";

/// Opens a store for reading: whoever writes it goes on, and nothing in it is changed.
pub(crate) fn open(file: &Path) -> Result<SqliteReader, Stopped> {
    must_be_a_database(file)?;
    SqliteStore::open_reader(file).map_err(|error| failed(file, error))
}

/// What `SQLite` says of a file that is missing, empty or another one is of no use to anybody.
fn must_be_a_database(file: &Path) -> Result<(), Stopped> {
    let mut beginning = [0; BEGINNING.len()];
    match files::open(file)?.read_exact(&mut beginning) {
        Ok(()) if beginning == BEGINNING => Ok(()),
        Err(error) if error.kind() != ErrorKind::UnexpectedEof => {
            Err(Stopped::File { verb: "read", file: file.into(), error })
        }
        Ok(()) | Err(_) => {
            Err(Faults::one(file, None, "is no store: must be the SQLite file that prepaid-sqlite keeps"))
        }
    }
}

/// A store's error, with its file.
pub(crate) fn failed(file: &Path, error: StoreError) -> Stopped {
    Stopped::Store { file: file.into(), error }
}
