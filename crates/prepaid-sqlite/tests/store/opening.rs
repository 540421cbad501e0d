//! What may be opened, what is refused, and how the file lies there.

use std::thread;

use crate::lives::{Lives, everything, place};
use prepaid_runtime::{EventStore, StoreError};
use prepaid_sqlite::SqliteStore;
use rusqlite::Connection;

#[test]
fn what_was_written_is_there_after_reopening() {
    let (_folder, path) = place();
    let mut lives = Lives::stored(3, &path, 40);
    let mut store = SqliteStore::open(&path).unwrap();
    for (id, (account, seq)) in &lives.accounts {
        let loaded = store.load(*id).unwrap();
        assert_eq!((&loaded.account, &loaded.seq), (account, seq));
    }
    for _ in 0..50 {
        lives.anything(6);
    }
    lives.writes(&mut store);
    store.check().unwrap();
    let before = everything(&mut store).unwrap();
    drop(store);
    assert_eq!(everything(&mut SqliteStore::open_reader(&path).unwrap()).unwrap(), before);
}

#[test]
fn a_newer_schema_is_refused_and_left_alone() {
    let (_folder, path) = place();
    drop(SqliteStore::open(&path).unwrap());
    Connection::open(&path).unwrap().pragma_update(None, "user_version", 3).unwrap();
    let before = std::fs::read(&path).unwrap();
    let refused = StoreError::Newer { found: 3, known: 2 };
    assert_eq!(SqliteStore::open(&path).unwrap_err(), refused);
    assert_eq!(SqliteStore::open_reader(&path).unwrap_err(), refused);
    assert_eq!(std::fs::read(&path).unwrap(), before);
}

#[test]
fn a_schema_of_no_release_is_refused_and_left_alone() {
    let (_folder, path) = place();
    drop(SqliteStore::open(&path).unwrap());
    Connection::open(&path).unwrap().pragma_update(None, "user_version", 1).unwrap();
    let before = std::fs::read(&path).unwrap();
    let refused = StoreError::Other(
        "the store has schema 1, from before the first release: expected 2; begin with a new file".into(),
    );
    assert_eq!(SqliteStore::open(&path).unwrap_err(), refused);
    assert_eq!(SqliteStore::open_reader(&path).unwrap_err(), refused);
    assert_eq!(std::fs::read(&path).unwrap(), before);
}

#[test]
fn what_is_not_ours_is_refused_and_left_alone() {
    let (folder, path) = place();
    let other = Connection::open(&path).unwrap();
    other.execute_batch("CREATE TABLE accounts (id INTEGER); PRAGMA user_version = 1").unwrap();
    drop(other);
    let before = std::fs::read(&path).unwrap();
    let refused = StoreError::Other("the file is a database of another program".into());
    assert_eq!(SqliteStore::open(&path).unwrap_err(), refused);
    assert_eq!(SqliteStore::open_reader(&path).unwrap_err(), refused);
    assert_eq!(std::fs::read(&path).unwrap(), before);
    let text = folder.path().join("text");
    std::fs::write(&text, "account,balance\n".repeat(500)).unwrap();
    assert!(matches!(SqliteStore::open(&text), Err(StoreError::Damaged(_))));
    assert!(matches!(SqliteStore::open_reader(&text), Err(StoreError::Damaged(_))));
    assert_eq!(std::fs::read(&text).unwrap(), "account,balance\n".repeat(500).as_bytes());
}

#[test]
fn a_reader_makes_nothing() {
    let (folder, path) = place();
    assert!(SqliteStore::open_reader(&path).is_err());
    assert!(SqliteStore::open(folder.path().join("none").join("accounts.db")).is_err());
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[test]
fn many_may_make_it_at_once() {
    let (_folder, path) = place();
    let opening: Vec<_> = (0..8)
        .map(|_| {
            let path = path.clone();
            thread::spawn(move || SqliteStore::open(path).map(|_| ()))
        })
        .collect();
    for opened in opening {
        opened.join().unwrap_or_else(|_| panic!("it panicked")).unwrap();
    }
    SqliteStore::open(&path).unwrap().check().unwrap();
}

#[cfg(unix)]
#[test]
fn only_the_owner_reads_the_files() {
    use std::os::unix::fs::PermissionsExt;
    let (folder, path) = place();
    let mut store = SqliteStore::open(&path).unwrap();
    let mut lives = Lives::new(1);
    lives.funded(1);
    lives.writes(&mut store);
    let mut names = Vec::new();
    for entry in std::fs::read_dir(folder.path()).unwrap() {
        let entry = entry.unwrap();
        names.push(entry.file_name().into_string().unwrap());
        assert_eq!(entry.metadata().unwrap().permissions().mode() & 0o777, 0o600, "{names:?}");
    }
    names.sort();
    assert_eq!(names, ["accounts.db", "accounts.db-shm", "accounts.db-wal"]);
    SqliteStore::open_reader(&path).unwrap().backup_to(folder.path().join("copy.db"), |_| ()).unwrap();
    let copy = std::fs::metadata(folder.path().join("copy.db")).unwrap();
    assert_eq!(copy.permissions().mode() & 0o777, 0o600);
}

#[test]
fn what_it_is_told_is_as_the_readme_says() {
    let (_folder, path) = place();
    let mut store = SqliteStore::open(&path).unwrap();
    let mut lives = Lives::new(1);
    lives.funded(1);
    lives.writes(&mut store);
    let conn = Connection::open(&path).unwrap();
    let said = |name: &str| -> String {
        conn.pragma_query_value(None, name, |row| row.get::<_, rusqlite::types::Value>(0))
            .map(|value| format!("{value:?}"))
            .unwrap()
    };
    assert_eq!(said("journal_mode"), r#"Text("wal")"#);
    assert_eq!(said("application_id"), format!("Integer({})", 0x7072_7064));
    assert_eq!(said("user_version"), "Integer(2)");
    assert_eq!(said("page_size"), "Integer(4096)");
}
