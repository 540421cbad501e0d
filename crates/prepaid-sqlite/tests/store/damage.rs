//! A file that is not as it was written gives an error, or what was written; never another balance.

use std::collections::BTreeSet;
use std::path::Path;

use crate::lives::{Dice, Lives, everything, place};
use prepaid::Timestamp;
use prepaid_runtime::{ReadStore, StoreError};
use prepaid_sqlite::SqliteStore;
use rusqlite::Connection;

/// The file of a store, whole and without a log, and what it says.
fn whole(path: &Path) -> (Vec<u8>, Vec<String>) {
    Lives::stored(5, path, 80);
    let said = everything(&mut SqliteStore::open(path).unwrap()).unwrap();
    (std::fs::read(path).unwrap(), said)
}

/// What is said of a file: an error, or everything it says that can be read.
fn said(path: &Path) -> Result<Vec<String>, StoreError> {
    everything(&mut SqliteStore::open(path)?)
}

fn is_an_error_of_damage(error: &StoreError) -> bool {
    // The header says by a byte or two that a file is another program's, a newer one, or a database at all.
    matches!(error, StoreError::Damaged(_) | StoreError::Newer { .. } | StoreError::Other(_))
}

#[test]
fn a_flipped_bit_is_an_error_or_nothing() {
    let (folder, path) = place();
    let (bytes, expected) = whole(&path);
    let (mut dice, mut noticed, mut kinds) = (Dice(11), 0, BTreeSet::new());
    let path = folder.path().join("flipped.db");
    for round in 0..1_500 {
        let mut bytes = bytes.clone();
        let length = u64::try_from(bytes.len()).unwrap();
        let place = usize::try_from(dice.below(length)).unwrap();
        bytes[place] ^= 1 << dice.below(8);
        std::fs::write(&path, &bytes).unwrap();
        match said(&path) {
            Ok(said) => assert_eq!(said, expected, "byte {place}, round {round}"),
            Err(error) => {
                assert!(is_an_error_of_damage(&error), "byte {place}: {error:?}");
                noticed += 1;
                kinds
                    .insert(error.to_string().split(|c: char| c.is_ascii_digit()).next().unwrap().to_owned());
            }
        }
        for end in ["-wal", "-shm"] {
            drop(std::fs::remove_file(folder.path().join(format!("flipped.db{end}"))));
        }
    }
    println!("{noticed} of 1500 flipped bits noticed: {kinds:#?}");
    // The others hit what no row uses.
    assert!(noticed > 400, "{noticed}");
}

#[test]
fn a_place_of_a_batch_beside_calls_is_missed() {
    let (folder, path) = place();
    Lives::stored(5, &path, 40);
    let places: Vec<(i64, Vec<u8>)> = {
        let conn = Connection::open(&path).unwrap();
        let mut places = conn.prepare("SELECT account, id FROM places WHERE kind = 5").unwrap();
        places.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).unwrap().map(Result::unwrap).collect()
    };
    assert!(places.len() > 20);
    let copy = folder.path().join("copy.db");
    for (number, id) in places {
        for end in ["", "-wal", "-shm"] {
            drop(std::fs::remove_file(folder.path().join(format!("copy.db{end}"))));
        }
        std::fs::copy(&path, &copy).unwrap();
        let gone = "DELETE FROM places WHERE kind = 5 AND account = ?1 AND id = ?2";
        assert_eq!(Connection::open(&copy).unwrap().execute(gone, (number, &id)).unwrap(), 1);
        assert!(matches!(said(&copy), Err(StoreError::Damaged(_))), "{number} {id:?}");
        let checked = SqliteStore::open(&copy).unwrap().check();
        assert!(matches!(checked, Err(StoreError::Damaged(_))), "{number} {id:?}: {checked:?}");
    }
}

#[test]
fn a_file_cut_short_is_an_error() {
    let (folder, path) = place();
    let (bytes, expected) = whole(&path);
    let path = folder.path().join("cut.db");
    for part in 1..40 {
        let length = bytes.len() * part / 40;
        std::fs::write(&path, &bytes[..length]).unwrap();
        let error = said(&path).unwrap_err();
        assert!(matches!(error, StoreError::Damaged(_)), "{length}: {error:?}");
    }
    std::fs::write(&path, &bytes).unwrap();
    assert_eq!(said(&path).unwrap(), expected);
}

#[test]
fn a_page_of_zeroes_is_an_error() {
    let (folder, path) = place();
    let (bytes, expected) = whole(&path);
    let path = folder.path().join("zeroes.db");
    for page in 0..bytes.len() / 4096 {
        let mut bytes = bytes.clone();
        bytes[page * 4096..(page + 1) * 4096].fill(0);
        std::fs::write(&path, &bytes).unwrap();
        match said(&path) {
            // A page that was free.
            Ok(said) => assert_eq!(said, expected, "page {page}"),
            Err(error) => assert!(is_an_error_of_damage(&error), "page {page}: {error:?}"),
        }
    }
}

/// A log that is cut gives the groups before the cut, whole: those were all that could have been acknowledged.
#[test]
fn a_torn_log_ends_with_a_whole_group() {
    let (folder, path) = place();
    let mut store = SqliteStore::open(&path).unwrap();
    let mut lives = Lives::new(8);
    let mut states = vec![everything(&mut store).unwrap()];
    for n in 1..5 {
        lives.funded(n);
        lives.writes(&mut store);
        states.push(everything(&mut store).unwrap());
    }
    let (file, log) =
        (std::fs::read(&path).unwrap(), std::fs::read(folder.path().join("accounts.db-wal")).unwrap());
    let (torn, torn_log) = (folder.path().join("torn.db"), folder.path().join("torn.db-wal"));
    let mut seen = BTreeSet::new();
    for length in (0..log.len()).step_by(1_999) {
        std::fs::write(&torn, &file).unwrap();
        std::fs::write(&torn_log, &log[..length]).unwrap();
        match said(&torn) {
            Ok(said) => {
                let at = states.iter().position(|state| *state == said);
                assert!(at.is_some(), "cut at {length}");
                seen.insert(at);
            }
            Err(error) => assert!(is_an_error_of_damage(&error), "cut at {length}: {error:?}"),
        }
        for end in ["", "-wal", "-shm"] {
            drop(std::fs::remove_file(folder.path().join(format!("torn.db{end}"))));
        }
    }
    assert_eq!(seen.len(), states.len() - 1, "all but the last: {seen:?}");
}

/// What is said of a store to which somebody did this.
fn after(sql: &str) -> Result<(), StoreError> {
    let (_folder, path) = place();
    Lives::stored(5, &path, 80);
    let conn = rusqlite::Connection::open(&path).unwrap();
    assert!(conn.execute(sql, []).unwrap() > 0, "{sql}");
    drop(conn);
    SqliteStore::open(&path).unwrap().check().map(drop)
}

#[test]
fn a_row_that_is_missing_or_has_no_account_is_found_by_the_check() {
    for kind in 1..=6 {
        let one = format!(
            "(SELECT account, kind, id FROM places WHERE kind = {kind} ORDER BY position DESC LIMIT 1)"
        );
        let gone = format!("DELETE FROM places WHERE (account, kind, id) IN {one}");
        // Of the ids of requests none is a UUID here.
        if kind != 3 {
            assert!(matches!(after(&gone), Err(StoreError::Damaged(_))), "kind {kind}: {:?}", after(&gone));
        }
    }
    for sql in [
        "DELETE FROM hours",
        "DELETE FROM snapshots",
        "DELETE FROM keys WHERE digest = (SELECT max(digest) FROM keys)",
        "DELETE FROM usage WHERE day = (SELECT max(day) FROM usage)",
        "INSERT INTO places (account, kind, id, position) VALUES (999, 1, x'01', 1)",
        "UPDATE places SET position = position - 1 WHERE kind = 1",
    ] {
        assert!(matches!(after(sql), Err(StoreError::Damaged(_))), "{sql}: {:?}", after(sql));
    }
}

/// Usage says up to which batch it is added up; where that is not as it was written, there is no sum, but an error.
#[test]
fn usage_is_never_added_up_from_another_place() {
    for sql in ["UPDATE snapshots SET seq = seq - 1", "DELETE FROM snapshots"] {
        let (_folder, path) = place();
        let lives = Lives::stored(5, &path, 80);
        let conn = rusqlite::Connection::open(&path).unwrap();
        let with: u128 = conn
            .query_row("SELECT a.account FROM usage u JOIN accounts a ON a.number = u.account", [], |row| {
                row.get(0)
            })
            .map(u128::from_be_bytes)
            .unwrap();
        assert!(conn.execute(sql, []).unwrap() > 0, "{sql}");
        let id = *lives.accounts.keys().find(|id| id.0.as_u128() == with).unwrap();
        let usage =
            SqliteStore::open_reader(&path).unwrap().usage(id, Timestamp::MIN, Timestamp::MAX, None, 9);
        assert!(matches!(usage, Err(StoreError::Damaged(_))), "{sql}: {usage:?}");
    }
}
