//! What every store must pass, with this one.

use std::path::PathBuf;

use prepaid_runtime::conformance::Harness;
use prepaid_runtime::store_conformance;
use prepaid_sqlite::{SqliteReader, SqliteStore};
use tempfile::TempDir;

#[derive(Default)]
struct Files(Vec<TempDir>);

impl Harness for Files {
    type Place = PathBuf;
    type Store = SqliteStore;
    type Reader = SqliteReader;

    fn fresh(&mut self) -> PathBuf {
        let folder = TempDir::new().unwrap_or_else(|error| panic!("no folder for a test: {error}"));
        let path = folder.path().join("accounts.db");
        self.0.push(folder);
        path
    }

    fn open(&mut self, place: &PathBuf) -> Result<SqliteStore, String> {
        SqliteStore::open(place).map_err(|error| error.to_string())
    }

    fn read(&mut self, place: &PathBuf) -> Result<SqliteReader, String> {
        SqliteStore::open_reader(place).map_err(|error| error.to_string())
    }
}

store_conformance!(Files::default());
