//! A disk that is full, and a log that does not grow without end.

use crate::lives::{ALL, Lives, account, everything, place};
use prepaid_runtime::{AppendError, EventStore, Group, ReadStore, StoreError};
use prepaid_sqlite::{Settings, SqliteStore};

#[test]
fn without_room_nothing_is_written_and_with_room_it_goes_on() {
    let (_folder, path) = place();
    let settings = Settings { largest: Some(400 << 10), ..Settings::default() };
    let mut store = SqliteStore::open_with(&path, &settings).unwrap();
    let mut lives = Lives::new(2);
    lives.funded(1);
    lives.writes(&mut store);
    let full = loop {
        for _ in 0..20 {
            lives.charged(1);
        }
        let before = everything(&mut store).unwrap();
        match store.append(&lives.group) {
            Ok(()) => lives.group = Group::default(),
            Err(error) => {
                assert_eq!(everything(&mut store).unwrap(), before);
                break error;
            }
        }
    };
    assert!(matches!(full, AppendError::Failed(StoreError::Full)), "{full:?}");
    assert_eq!(full.to_string(), "the disk is full");
    // Again, and it is refused again; what is there can be read and is sound.
    assert!(matches!(store.append(&lives.group), Err(AppendError::Failed(StoreError::Full))));
    store.check().unwrap();
    drop(store);
    let mut store = SqliteStore::open(&path).unwrap();
    lives.writes(&mut store);
    let (state, seq) = lives.accounts.get(&account(1)).unwrap();
    assert_eq!(store.load(account(1)).unwrap().seq, *seq);
    assert_eq!(store.load(account(1)).unwrap().account, *state);
    store.check().unwrap();
}

#[test]
fn the_log_is_copied_back_as_it_grows() {
    let (folder, path) = place();
    let mut store = SqliteStore::open(&path).unwrap();
    let mut lives = Lives::new(2);
    lives.funded(1);
    lives.writes(&mut store);
    let log = || std::fs::metadata(folder.path().join("accounts.db-wal")).unwrap().len();
    let mut largest = 0;
    // A reader that has finished reading keeps nothing from being copied back.
    let mut reader = SqliteStore::open_reader(&path).unwrap();
    for _ in 0..1_500 {
        lives.charged(1);
        lives.writes(&mut store);
        reader.account(account(1)).unwrap();
        largest = log().max(largest);
    }
    assert!(largest > 8 << 20, "{largest}");
    assert!(largest < 24 << 20, "{largest}");
    drop(reader);
    drop(store);
    // A writer that closes last leaves one file.
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
    assert_eq!(SqliteStore::open_reader(&path).unwrap().changes(ALL).unwrap().len(), 1_506);
}

#[test]
fn requests_are_forgotten_a_stretch_at_a_time() {
    let (_folder, path) = place();
    let mut store = SqliteStore::open(&path).unwrap();
    let mut lives = Lives::new(2);
    lives.funded(1);
    for _ in 0..2_500 {
        lives.charged(1);
    }
    lives.writes(&mut store);
    let before = lives.now.saturating_add(prepaid::Span::from_minutes(1));
    let (mut stretches, mut forgotten, mut from) = (0, 0, Some(0));
    while let Some(next) = from {
        let stretch = store.forget_requests(before, next).unwrap();
        assert!(stretch.requests <= 1_000);
        (stretches, forgotten, from) = (stretches + 1, forgotten + stretch.requests, stretch.next);
    }
    assert_eq!((stretches, forgotten), (4, lives.requests));
    store.check().unwrap();
}

/// K2: where a clock went back, accounts that are ahead and others take turns; that is no reason to forget slowly.
#[test]
fn hours_do_not_alternate() {
    let (_folder, path) = place();
    let mut store = SqliteStore::open(&path).unwrap();
    let mut lives = Lives::new(2);
    lives.funded(1);
    lives.now = lives.now.saturating_add(prepaid::Span::from_minutes(180));
    lives.funded(2);
    let behind = lives.now.saturating_add(prepaid::Span::from_minutes(0));
    lives.now = "2025-01-01T00:00:00Z".parse().unwrap();
    assert!(behind > lives.now);
    for n in 0..200 {
        lives.charged(n % 2 + 1);
    }
    lives.writes(&mut store);
    let conn = rusqlite::Connection::open(&path).unwrap();
    let hours: i64 = conn.query_row("SELECT count(*) FROM hours", [], |row| row.get(0)).unwrap();
    assert_eq!(hours, 2);
    store.check().unwrap();
}

#[test]
fn a_writer_that_is_kept_waiting_says_who_holds_the_store() {
    let (_folder, path) = place();
    let settings = Settings { patience: std::time::Duration::from_millis(50), ..Settings::default() };
    let mut store = SqliteStore::open_with(&path, &settings).unwrap();
    let mut lives = Lives::new(2);
    lives.funded(1);
    let other = rusqlite::Connection::open(&path).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let Err(AppendError::Failed(StoreError::Held)) = store.append(&lives.group) else {
        panic!("it was written")
    };
    assert_eq!(store.accounts(None, 9).unwrap(), []);
    other.execute_batch("ROLLBACK").unwrap();
    lives.writes(&mut store);
    assert_eq!(store.accounts(None, 9).unwrap(), [account(1)]);
}
