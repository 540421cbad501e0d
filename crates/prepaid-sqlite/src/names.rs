//! Texts that many rows share, and their numbers.

use std::collections::HashMap;

use rusqlite::Connection;

use crate::fault::Fault;
use crate::read::one;
use crate::sql;

/// How many names are remembered: agreed prices may bring a new one with every call.
const ROOM: usize = 10_000;

/// The names that were used lately, and their numbers.
#[derive(Debug, Default)]
pub(crate) struct Names {
    numbers: HashMap<String, i64>,
}

impl Names {
    /// The number of a name, which is given one where it has none.
    pub(crate) fn number(&mut self, conn: &Connection, name: &str) -> Result<i64, Fault> {
        if let Some(number) = self.numbers.get(name) {
            return Ok(*number);
        }
        let known = one(conn, sql::NAME, [name], |row| Ok(row.get(0)?))?;
        let number = if let Some(number) = known {
            number
        } else {
            conn.prepare_cached(sql::ADD_NAME)?.execute([name])?;
            conn.last_insert_rowid()
        };
        self.keep(number, name);
        Ok(number)
    }

    fn keep(&mut self, number: i64, name: &str) {
        if self.numbers.len() >= ROOM {
            self.forget();
        }
        self.numbers.insert(name.into(), number);
    }

    /// After a transaction was rolled back: the names that it added are not there.
    pub(crate) fn forget(&mut self) {
        self.numbers.clear();
    }
}
