//! The yardstick: a guarded subtraction and a ledger's row with a unique key, one transaction a call.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use rusqlite::Connection;

use crate::{Dice, Done, PRICE};

pub(crate) const SCHEMA: &str = "\
CREATE TABLE accounts (id INTEGER PRIMARY KEY, balance INTEGER NOT NULL) STRICT;
CREATE TABLE ledger (id INTEGER PRIMARY KEY, account INTEGER NOT NULL, call BLOB NOT NULL,
    amount INTEGER NOT NULL, at INTEGER NOT NULL, UNIQUE (account, call)) STRICT;
";
pub(crate) const TAKE: &str = "UPDATE accounts SET balance = balance - ?2 WHERE id = ?1 AND balance >= ?2";
pub(crate) const NOTE: &str =
    "INSERT INTO ledger (account, call, amount, at) VALUES (?1, ?2, ?3, unixepoch())";

pub(crate) struct ByHand {
    path: PathBuf,
    accounts: usize,
    shared: Mutex<Connection>,
}

/// With the settings of `SqliteStore`.
fn open(path: &Path) -> Done<Connection> {
    let conn = Connection::open(path)?;
    conn.busy_timeout(Duration::from_secs(60))?;
    for (name, value) in [
        ("journal_mode", "wal"),
        ("synchronous", "full"),
        ("fullfsync", "on"),
        ("checkpoint_fullfsync", "on"),
        ("wal_autocheckpoint", "4000"),
        ("journal_size_limit", "67108864"),
        ("cache_size", "-65536"),
        ("temp_store", "memory"),
    ] {
        conn.pragma_update(None, name, value)?;
    }
    Ok(conn)
}

impl ByHand {
    pub(crate) fn new(path: &Path, accounts: usize) -> Done<Self> {
        let conn = open(path)?;
        conn.execute_batch(SCHEMA)?;
        conn.execute_batch("BEGIN")?;
        for id in 0..accounts {
            conn.prepare_cached("INSERT INTO accounts VALUES (?1, ?2)")?
                .execute((i64::try_from(id)?, 1_000_000_000_000_i64))?;
        }
        conn.execute_batch("COMMIT")?;
        Ok(Self { path: path.into(), accounts, shared: Mutex::new(conn) })
    }

    /// A caller that waits for the one connection.
    pub(crate) fn shared(&self, mut dice: Dice) -> impl FnMut() -> Done<()> {
        move || {
            let (account, call) = (dice.below(self.accounts)?, dice.uuid());
            let conn = self.shared.lock().unwrap_or_else(PoisonError::into_inner);
            charge(&conn, i64::try_from(account)?, call.into_bytes())
        }
    }

    /// A caller with a connection of its own.
    pub(crate) fn own(&self, mut dice: Dice) -> Done<impl FnMut() -> Done<()>> {
        let (conn, accounts) = (open(&self.path)?, self.accounts);
        Ok(move || charge(&conn, i64::try_from(dice.below(accounts)?)?, dice.uuid().into_bytes()))
    }
}

fn charge(conn: &Connection, account: i64, call: [u8; 16]) -> Done<()> {
    conn.prepare_cached("BEGIN IMMEDIATE")?.execute([])?;
    if conn.prepare_cached(TAKE)?.execute((account, PRICE))? != 1 {
        conn.prepare_cached("ROLLBACK")?.execute([])?;
        return Err("no credit".into());
    }
    conn.prepare_cached(NOTE)?.execute((account, call, PRICE))?;
    conn.prepare_cached("COMMIT")?.execute([])?;
    Ok(())
}
