//! What SQLite says, as the store's port says it.

use prepaid_runtime::StoreError;
use rusqlite::{Error, ErrorCode};

/// An error on its way out: the port's errors and SQLite's both become one.
#[derive(Debug)]
pub(crate) struct Fault(pub(crate) StoreError);

impl Fault {
    /// What was read cannot have been written.
    pub(crate) fn damaged(what: impl std::fmt::Display) -> Self {
        Self(StoreError::Damaged(what.to_string()))
    }

    pub(crate) fn other(what: impl std::fmt::Display) -> Self {
        Self(StoreError::Other(what.to_string()))
    }
}

impl From<StoreError> for Fault {
    fn from(error: StoreError) -> Self {
        Self(error)
    }
}

impl From<Fault> for StoreError {
    fn from(fault: Fault) -> Self {
        fault.0
    }
}

impl From<Error> for Fault {
    fn from(error: Error) -> Self {
        // Values of a wrong type or length come from a file that was changed, never from us.
        let is_wrong_value = matches!(
            error,
            Error::FromSqlConversionFailure(..)
                | Error::IntegralValueOutOfRange(..)
                | Error::Utf8Error(..)
                | Error::InvalidColumnType(..)
        );
        let said = error.to_string();
        match error.sqlite_error_code() {
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => Self(StoreError::Held),
            Some(ErrorCode::DiskFull) => Self(StoreError::Full),
            Some(ErrorCode::ReadOnly) => Self(StoreError::ReadOnly),
            Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => Self::damaged(said),
            None if is_wrong_value => Self::damaged(said),
            Some(_) | None => Self::other(said),
        }
    }
}

/// A file could not be made, moved or looked at.
impl From<std::io::Error> for Fault {
    fn from(error: std::io::Error) -> Self {
        use std::io::ErrorKind;
        let kind = error.kind();
        if matches!(kind, ErrorKind::StorageFull | ErrorKind::QuotaExceeded) {
            return Self(StoreError::Full);
        }
        if kind == ErrorKind::ReadOnlyFilesystem { Self(StoreError::ReadOnly) } else { Self::other(error) }
    }
}
