//! Backups taken while the store is written, and what comes back.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::Duration;

use crate::lives::{ALL, Lives, account, everything, place};
use prepaid::{Audit, AuditLine};
use prepaid_runtime::{EventStore, ReadStore, StoreError};
use prepaid_sqlite::{SqliteStore, restore};

#[test]
fn a_backup_of_a_busy_store_is_restored_audited_and_goes_on() {
    let (folder, path) = place();
    let (copy, back) = (folder.path().join("copy.db"), folder.path().join("back.db"));
    let mut store = SqliteStore::open(&path).unwrap();
    let mut lives = Lives::new(4);
    lives.funded(1);
    lives.writes(&mut store);
    let (is_over, written) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU64::new(0)));
    let writer = {
        let (is_over, written) = (Arc::clone(&is_over), Arc::clone(&written));
        thread::spawn(move || {
            while !is_over.load(Ordering::SeqCst) {
                for _ in 0..10 {
                    lives.charged(1);
                }
                lives.writes(&mut store);
                written.fetch_add(10, Ordering::SeqCst);
            }
            (lives, store)
        })
    };
    let wait_for = |calls: u64| {
        while written.load(Ordering::SeqCst) < calls && !writer.is_finished() {
            thread::sleep(Duration::from_millis(1));
        }
    };
    wait_for(3_000);
    let mut reports = Vec::new();
    let reader = SqliteStore::open_reader(&path).unwrap();
    let before = written.load(Ordering::SeqCst);
    reader
        .backup_to(&copy, |progress| {
            // Others write between any two steps, and the copy does not begin anew.
            if reports.is_empty() {
                wait_for(before + 50);
            }
            reports.push(progress);
        })
        .unwrap();
    assert!(written.load(Ordering::SeqCst) >= before + 50);
    is_over.store(true, Ordering::SeqCst);
    let (lives, mut store) = writer.join().map_err(|_| "the writer panicked").unwrap();
    assert!(!reports.is_empty() && reports.last().unwrap().copied == reports.last().unwrap().pages);
    assert!(
        reports.windows(2).all(|pair| matches!(pair, [a, b] if a.copied < b.copied && a.pages == b.pages))
    );

    // Restored, and audited by replay.
    let checked = restore(&copy, &back, |_| ()).unwrap();
    assert!(checked.accounts == 1 && checked.batches >= 3_000);
    let mut restored = SqliteStore::open(&back).unwrap();
    assert_eq!(restored.check().unwrap(), checked);
    let mut audit = Audit::new();
    let changes = restored.changes(ALL).unwrap();
    for change in &changes {
        let row = &change.row;
        let (account, seq, at, events) = (row.account, row.seq, row.batch.at, &row.batch.events);
        let (posted, held) = (row.posted, row.held);
        audit.check(&AuditLine { account, seq, at, events, posted, held }).unwrap();
    }
    // It is a beginning of the original, to the last batch.
    let all = store.changes(ALL).unwrap();
    assert!(all.starts_with(&changes) && all.len() > changes.len());

    // It goes on: what was written after the backup is written again.
    let had = usize::try_from(checked.batches).unwrap();
    let mut rest = lives;
    let (state, _) = rest.accounts.get(&account(1)).unwrap().clone();
    let loaded = restored.load(account(1)).unwrap();
    assert_eq!(usize::try_from(loaded.seq).unwrap(), had);
    assert_ne!(loaded.account, state);
    rest.accounts.insert(account(1), (loaded.account, loaded.seq));
    rest.charged(1);
    rest.writes(&mut restored);
    restored.check().unwrap();
    let last = restored.changes(ALL).unwrap().pop().unwrap();
    assert_eq!(last.position, checked.batches + 1);
}

#[test]
fn nothing_is_written_over() {
    let (folder, path) = place();
    Lives::stored(6, &path, 10);
    let reader = SqliteStore::open_reader(&path).unwrap();
    let copy = folder.path().join("copy.db");
    reader.backup_to(&copy, |_| ()).unwrap();
    let refused = |said: Result<(), StoreError>| {
        let Err(StoreError::Other(said)) = said else { return false };
        said.ends_with("exists, and is not written over")
    };
    assert!(refused(reader.backup_to(&copy, |_| ())));
    assert!(refused(reader.backup_to(&path, |_| ())));
    assert!(refused(restore(&copy, &path, |_| ()).map(|_| ())));
    // Nor beside a log that would be taken for its own.
    let back = folder.path().join("back.db");
    std::fs::write(folder.path().join("back.db-wal"), "left over").unwrap();
    assert!(refused(restore(&copy, &back, |_| ()).map(|_| ())));
    assert!(!back.exists());
    std::fs::remove_file(folder.path().join("back.db-wal")).unwrap();
    restore(&copy, &back, |_| ()).unwrap();
    let expected = everything(&mut SqliteStore::open(&path).unwrap()).unwrap();
    assert_eq!(everything(&mut SqliteStore::open(&back).unwrap()).unwrap(), expected);
}

#[test]
fn a_damaged_backup_is_not_restored() {
    let (folder, path) = place();
    Lives::stored(6, &path, 30);
    let copy = folder.path().join("copy.db");
    SqliteStore::open_reader(&path).unwrap().backup_to(&copy, |_| ()).unwrap();
    let conn = rusqlite::Connection::open(&copy).unwrap();
    conn.execute("UPDATE batches SET posted = '1000000' WHERE position = 5", []).unwrap();
    drop(conn);
    let back = folder.path().join("back.db");
    let error = restore(&copy, &back, |_| ()).unwrap_err();
    assert!(matches!(error, StoreError::Damaged(_)), "{error:?}");
    assert!(!back.exists());
}
