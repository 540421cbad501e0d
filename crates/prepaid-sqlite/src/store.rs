//! The two sides of the file: one that writes, and any number that read.

use std::path::Path;

use prepaid::{AccountId, Batch, CallId, Digest, GrantId, Timestamp};
use prepaid_runtime::{
    AppendError, BatchRow, Change, EventStore, Forgotten, Group, KeyOwner, Loaded, Page, ReadStore,
    Remembered, RequestId, StoreError, UsagePlace, UsageRow, Waking,
};
use rusqlite::Connection;

use crate::fault::Fault;
use crate::names::Names;
use crate::open::{self, Settings};
use crate::read::{self, reading, run};
use crate::rows::place_of_request;
use crate::write::{self, Committed, Known, SNAPSHOT_EVERY};
use crate::{Checked, check, forget, sql};

/// Of how many accounts the rows are remembered.
const KNOWN: usize = 100_000;

/// The writing side of a store in one file. Several processes may each have one; SQLite's lock puts their groups into a
/// line.
#[derive(Debug)]
pub struct SqliteStore {
    pub(crate) conn: Connection,
    names: Names,
    /// Rows of accounts as they are committed: whoever else writes changes them, and is noticed at every beginning.
    known: Known,
    /// How often others had written when this was last asked.
    seen: i64,
    /// Others have written since this was last said.
    is_stale: bool,
    /// A transaction that writes has begun: what is read is read in it.
    is_open: bool,
    /// A commit's outcome is not known: nothing is believed before another one has succeeded.
    is_unclear: bool,
}

/// The reading side: never writes, never waits for the writer, never makes it wait.
#[derive(Debug)]
pub struct SqliteReader {
    pub(crate) conn: Connection,
}

impl SqliteStore {
    /// Opens the store in this file, or makes one.
    ///
    /// The file is checked before it is used (`integrity_check` up to 64 MiB, `quick_check` above).
    ///
    /// # Errors
    /// [`StoreError::Newer`] for a later schema, [`StoreError::Damaged`] for a file that is damaged or no database,
    /// [`StoreError::ReadOnly`] where it cannot be written, [`StoreError::Other`] for another program's database.
    ///
    /// See the crate's front page for an example.
    pub fn open(path: impl AsRef<Path>) -> Result<Self, StoreError> {
        Self::open_with(path, &Settings::default())
    }

    /// The same with other settings than the usual ones.
    ///
    /// # Errors
    /// As [`SqliteStore::open`].
    ///
    /// ```
    /// use std::time::Duration;
    /// use prepaid_sqlite::{Settings, SqliteStore};
    /// # let folder = tempfile::tempdir()?;
    /// let settings = Settings { patience: Duration::from_secs(1), ..Settings::default() };
    /// let store = SqliteStore::open_with(folder.path().join("accounts.db"), &settings)?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn open_with(path: impl AsRef<Path>, settings: &Settings) -> Result<Self, StoreError> {
        Ok(Self::on(open::for_writing(path.as_ref(), settings)?)?)
    }

    pub(crate) fn on(conn: Connection) -> Result<Self, Fault> {
        let seen = read::data_version(&conn)?;
        let (names, known) = (Names::default(), Known::new());
        Ok(Self { conn, names, known, seen, is_stale: false, is_open: false, is_unclear: false })
    }

    /// Opens the store in this file for reading only.
    ///
    /// # Errors
    /// As [`SqliteStore::open`]; also when no store was made there yet.
    ///
    /// ```
    /// use prepaid_runtime::ReadStore;
    /// use prepaid_sqlite::SqliteStore;
    /// # let folder = tempfile::tempdir()?;
    /// # let path = folder.path().join("accounts.db");
    /// let store = SqliteStore::open(&path)?;
    /// assert_eq!(SqliteStore::open_reader(&path)?.accounts(None, 10)?, []);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn open_reader(path: impl AsRef<Path>) -> Result<SqliteReader, StoreError> {
        let conn = open::for_reading(path.as_ref(), &Settings::default())?;
        Ok(SqliteReader { conn })
    }

    /// Checks the whole file, as [`SqliteReader::check`].
    ///
    /// # Errors
    /// [`StoreError::Damaged`] with the first thing that is not as it must be.
    ///
    /// ```
    /// # let folder = tempfile::tempdir()?;
    /// # let path = folder.path().join("accounts.db");
    /// assert_eq!(prepaid_sqlite::SqliteStore::open(&path)?.check()?.accounts, 0);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn check(&mut self) -> Result<Checked, StoreError> {
        self.close_group();
        self.settle()?;
        Ok(check::check(&self.conn)?)
    }

    /// After a commit that may or may not have been one: writes over what it left, so that it cannot come back when the
    /// file is recovered, and what is read from here on is all that there is.
    fn settle(&mut self) -> Result<(), Fault> {
        if !self.is_unclear {
            return Ok(());
        }
        write::roll_back(&self.conn);
        run(&self.conn, sql::BEGIN_WRITING)?;
        let settled = run(&self.conn, sql::SETTLE).and_then(|()| run(&self.conn, sql::COMMIT));
        write::roll_back(&self.conn);
        settled?;
        self.is_unclear = false;
        Ok(())
    }

    fn read<T>(&mut self, read: impl FnOnce(&Connection) -> Result<T, Fault>) -> Result<T, Fault> {
        if self.is_open {
            return read(&self.conn);
        }
        self.settle()?;
        reading(&self.conn, || read(&self.conn))
    }

    /// Takes the lock, and hears whether others had it.
    fn open_group(&mut self) -> Result<(), Fault> {
        self.close_group();
        self.settle()?;
        write::roll_back(&self.conn);
        run(&self.conn, sql::BEGIN_WRITING)?;
        self.is_open = true;
        let looked = self.look();
        if looked.is_err() {
            self.close_group();
        }
        looked
    }

    fn close_group(&mut self) {
        if std::mem::take(&mut self.is_open) {
            write::roll_back(&self.conn);
            // Names and accounts that were added are not there.
            self.names.forget();
        }
    }

    fn look(&mut self) -> Result<(), Fault> {
        let seen = read::data_version(&self.conn)?;
        if std::mem::replace(&mut self.seen, seen) != seen {
            self.is_stale = true;
            self.known.clear();
        }
        Ok(())
    }

    /// The number of an account, and what a call or a request of it is called.
    fn place(&mut self, account: AccountId, kind: i64, id: &[u8]) -> Result<Option<i64>, Fault> {
        let number = self.known.get(&account).map(|row| row.number);
        self.read(|conn| {
            let number = match number {
                Some(number) => Some(number),
                None => read::account_row(conn, account)?.map(|row| row.number),
            };
            number.map_or(Ok(None), |number| read::place(conn, number, kind, id))
        })
    }

    /// An account whose snapshot cannot be read is replayed from its beginning: once, not every time.
    fn refresh(&mut self, found: &read::Found) -> Result<(), Fault> {
        if self.is_open {
            let kept = self.keep(found);
            if kept.is_err() {
                // Half of it is nothing to commit.
                self.close_group();
            }
            return kept;
        }
        self.open_group()?;
        let kept = self.keep(found);
        if kept.is_ok() {
            self.commit_group();
        }
        self.close_group();
        kept
    }

    /// Commits what is open. Unless it is there, nothing that was read or added in it is believed any more.
    fn commit_group(&mut self) -> Committed {
        self.is_open = false;
        let committed = write::commit(&self.conn);
        self.is_unclear |= matches!(committed, Committed::Unclear(_));
        if !matches!(committed, Committed::Yes) {
            self.names.forget();
            self.known.clear();
        }
        committed
    }

    fn keep(&mut self, found: &read::Found) -> Result<(), Fault> {
        let row = read::account_row(&self.conn, found.row.account)?;
        let Some(row) = row.filter(|row| row.seq == found.row.seq) else { return Ok(()) };
        let (names, state) = (&mut self.names, &found.loaded.account);
        write::keep_snapshot(&self.conn, names, &row, Vec::new(), row.seq, state)
    }
}

impl EventStore for SqliteStore {
    fn load(&mut self, account: AccountId) -> Result<Loaded, StoreError> {
        let Some(found) = self.read(|conn| read::load(conn, account))? else {
            return Ok(Loaded { account: prepaid::Account::Vacant, seq: 0 });
        };
        if found.replayed > SNAPSHOT_EVERY.saturating_mul(4) {
            // It is a cache: what was read is right without it.
            drop(self.refresh(&found));
        }
        Ok(found.loaded)
    }

    fn remembered(
        &mut self,
        account: AccountId,
        request: &RequestId,
    ) -> Result<Option<Remembered>, StoreError> {
        let (kind, id) = place_of_request(request.as_str());
        let Some(position) = self.place(account, kind, &id)? else { return Ok(None) };
        Ok(Some(self.read(|conn| read::remembered(conn, account, request, position))?))
    }

    fn has_call(&mut self, account: AccountId, call: CallId) -> Result<bool, StoreError> {
        Ok(self.place(account, sql::CALL, call.0.as_bytes())?.is_some())
    }

    fn has_grant(&mut self, account: AccountId, grant: GrantId) -> Result<bool, StoreError> {
        Ok(self.place(account, sql::GRANT, grant.0.as_bytes())?.is_some())
    }

    fn batch(&mut self, account: AccountId, seq: u64) -> Result<Option<Batch>, StoreError> {
        Ok(self.read(|conn| read::batch(conn, account, seq))?)
    }

    fn append(&mut self, group: &Group) -> Result<(), AppendError> {
        // Where SQLite had to undo what was open, all that matters is compared again here.
        let begun = if self.is_open && !self.conn.is_autocommit() { Ok(()) } else { self.open_group() };
        let written = begun
            .map_err(|fault| AppendError::Failed(fault.into()))
            .and_then(|()| write::group(&self.conn, &mut self.names, &self.known, group));
        let rows = match written {
            Ok(rows) => rows,
            Err(error) => {
                self.close_group();
                return Err(error);
            }
        };
        match self.commit_group() {
            Committed::Yes => {
                if self.known.len() > KNOWN {
                    self.known.clear();
                }
                self.known.extend(rows.into_iter().map(|row| (row.account, row)));
                Ok(())
            }
            Committed::No(error) => Err(AppendError::Failed(error)),
            Committed::Unclear(error) => Err(AppendError::Unknown(error)),
        }
    }

    fn wakings(&mut self) -> Result<Vec<Waking>, StoreError> {
        Ok(self.read(read::wakings)?)
    }

    fn changed_elsewhere(&mut self) -> Result<bool, StoreError> {
        self.look()?;
        Ok(std::mem::take(&mut self.is_stale))
    }

    fn begin(&mut self) -> Result<bool, StoreError> {
        self.open_group()?;
        Ok(std::mem::take(&mut self.is_stale))
    }

    fn end(&mut self) {
        self.close_group();
    }

    fn forget_requests(&mut self, before: Timestamp, from: u64) -> Result<Forgotten, StoreError> {
        self.close_group();
        self.settle()?;
        Ok(forget::requests(&self.conn, before, from)?)
    }
}

macro_rules! read_store {
    ($store:ty) => {
        impl ReadStore for $store {
            fn account(&mut self, account: AccountId) -> Result<Loaded, StoreError> {
                let found = self.read(|conn| read::load(conn, account))?;
                let vacant = || Loaded { account: prepaid::Account::Vacant, seq: 0 };
                Ok(found.map_or_else(vacant, |found| found.loaded))
            }

            fn key_owner(&mut self, digest: &Digest) -> Result<Option<KeyOwner>, StoreError> {
                Ok(self.read(|conn| read::key_owner(conn, digest))?)
            }

            fn batches(&mut self, account: AccountId, page: Page) -> Result<Vec<BatchRow>, StoreError> {
                Ok(self.read(|conn| read::batches(conn, account, page))?)
            }

            fn batches_beside_calls(
                &mut self,
                account: AccountId,
                page: Page,
            ) -> Result<Vec<BatchRow>, StoreError> {
                Ok(self.read(|conn| read::batches_beside_calls(conn, account, page))?)
            }

            fn last_before(&mut self, account: AccountId, at: Timestamp) -> Result<u64, StoreError> {
                Ok(self.read(|conn| read::last_before(conn, account, at))?)
            }

            fn changes(&mut self, page: Page) -> Result<Vec<Change>, StoreError> {
                Ok(self.read(|conn| read::changes(conn, page))?)
            }

            fn usage(
                &mut self,
                account: AccountId,
                from: Timestamp,
                until: Timestamp,
                after: Option<&UsagePlace>,
                limit: u32,
            ) -> Result<Vec<UsageRow>, StoreError> {
                Ok(self.read(|conn| read::usage(conn, account, (from, until), after, limit))?)
            }

            fn accounts(
                &mut self,
                after: Option<AccountId>,
                limit: u32,
            ) -> Result<Vec<AccountId>, StoreError> {
                Ok(self.read(|conn| read::accounts(conn, after, limit))?)
            }
        }
    };
}

read_store!(SqliteStore);
read_store!(SqliteReader);

impl SqliteReader {
    fn read<T>(&self, read: impl FnOnce(&Connection) -> Result<T, Fault>) -> Result<T, Fault> {
        reading(&self.conn, || read(&self.conn))
    }

    /// Checks the whole file: SQLite's `integrity_check`, then every batch and every account's replay, compared with
    /// its stored state, balances, keys, requests, calls, usage and wakings. It reads everything, and sees one commit.
    ///
    /// # Errors
    /// [`StoreError::Damaged`] with the first thing that is not as it must be.
    ///
    /// ```
    /// use prepaid_sqlite::SqliteStore;
    /// # let folder = tempfile::tempdir()?;
    /// # let path = folder.path().join("accounts.db");
    /// let store = SqliteStore::open(&path)?;
    /// assert_eq!(SqliteStore::open_reader(&path)?.check()?.batches, 0);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn check(&mut self) -> Result<Checked, StoreError> {
        Ok(check::check(&self.conn)?)
    }
}

#[cfg(test)]
mod tests;
