#![doc = include_str!("../README.md")]
#![expect(clippy::doc_markdown, reason = "SQLite is a name")]

// What tests share names this crate as others do.
#[cfg(test)]
extern crate self as prepaid_sqlite;

mod backup;
mod chain;
mod check;
mod fault;
mod forget;
mod names;
mod open;
#[cfg(test)]
mod power;
mod read;
mod rows;
mod sql;
mod store;
mod sum;
mod usage;
mod write;

pub use backup::{Progress, restore};
pub use check::Checked;
pub use open::Settings;
pub use store::{SqliteReader, SqliteStore};
