//! Texts that many rows share, and their numbers.

use std::collections::HashMap;

use rusqlite::Connection;

use crate::fault::Fault;
use crate::read::one;
use crate::rows::text;
use crate::sql;

/// How many names are remembered: agreed prices may bring a new one with every call.
const ROOM: usize = 10_000;

/// The numbers of the names that were used lately.
#[derive(Debug, Default)]
pub(crate) struct Names(HashMap<String, i64>);

impl Names {
    /// The number of a name, which is given one where it has none.
    pub(crate) fn number(&mut self, conn: &Connection, name: &str) -> Result<i64, Fault> {
        if let Some(number) = self.0.get(name) {
            return Ok(*number);
        }
        let known = one(conn, sql::NAME, [name], |row| Ok(row.get(0)?))?;
        let number = if let Some(number) = known {
            number
        } else {
            conn.prepare_cached(sql::ADD_NAME)?.execute([name])?;
            conn.last_insert_rowid()
        };
        if self.0.len() >= ROOM {
            self.0.clear();
        }
        self.0.insert(name.into(), number);
        Ok(number)
    }

    /// The name with a number.
    pub(crate) fn name(conn: &Connection, number: i64) -> Result<String, Fault> {
        one(conn, sql::NAME_OF, [number], |row| Ok(text(row, 0)?.to_owned()))?
            .ok_or_else(|| Fault::damaged(format_args!("name {number} is missing")))
    }

    /// After a transaction was rolled back: the names that it added are not there.
    pub(crate) fn forget(&mut self) {
        self.0.clear();
    }
}
