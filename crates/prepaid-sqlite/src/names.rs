//! Texts that many rows share, and their numbers.

use std::collections::HashMap;

use rusqlite::Connection;

use crate::fault::Fault;
use crate::read::one;
use crate::rows::text;
use crate::sql;

/// How many names are remembered: agreed prices may bring a new one with every call.
const ROOM: usize = 10_000;

/// The names that were used lately, and their numbers.
#[derive(Debug, Default)]
pub(crate) struct Names {
    numbers: HashMap<String, i64>,
    names: HashMap<i64, String>,
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

    /// The name with a number.
    pub(crate) fn name(&mut self, conn: &Connection, number: i64) -> Result<String, Fault> {
        if let Some(name) = self.names.get(&number) {
            return Ok(name.clone());
        }
        let name = one(conn, sql::NAME_OF, [number], |row| Ok(text(row, 0)?.to_owned()))?
            .ok_or_else(|| Fault::damaged(format_args!("name {number} is missing")))?;
        self.keep(number, &name);
        Ok(name)
    }

    fn keep(&mut self, number: i64, name: &str) {
        if self.numbers.len() >= ROOM {
            self.forget();
        }
        self.numbers.insert(name.into(), number);
        self.names.insert(number, name.into());
    }

    /// After a transaction was rolled back: the names that it added are not there.
    pub(crate) fn forget(&mut self) {
        self.numbers.clear();
        self.names.clear();
    }
}
