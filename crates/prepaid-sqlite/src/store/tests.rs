//! What can only be tried from within: a connection that cannot write, a commit that was not answered, a state of
//! another format.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test stops at the first surprise")]

use prepaid::{Account, AccountId, Action, Actor, OwnerId, Policy, effects, next_deadline, step};
use prepaid_runtime::{Append, State};
use tempfile::TempDir;
use uuid::Uuid;

use super::*;
use crate::rows::sum_of_snapshot;

fn id() -> AccountId {
    AccountId(Uuid::from_u128(1))
}

/// An account and so many batches, each in a group of its own from the given one on.
fn groups(from: u64, until: u64) -> (Vec<Group>, Account) {
    let (policy, now) = (Policy::default(), "2025-01-01T00:00:00Z".parse().unwrap());
    let (mut account, mut groups) = (Account::Vacant, Vec::new());
    for seq in 1..=until {
        let action = match seq {
            1 => Action::Open { account: id(), owner: OwnerId(Uuid::from_u128(2)), currency: None },
            seq if seq.is_multiple_of(2) => Action::SetNotice { level: Some("5".parse().unwrap()) },
            _ => Action::SetNotice { level: None },
        };
        let batch = step(&mut account, &policy, &action.by(Actor::Owner), now).unwrap();
        let (policy, balance) = (policy.numbers().id.clone(), account.balance());
        let append = Append { account: id(), seq, batch, request: None, policy, balance };
        let (owes, deadline) = (effects(&account).next().is_some(), next_deadline(&account));
        let state = State { account: id(), seq, state: account.clone(), owes, deadline };
        if seq >= from {
            groups.push(Group { appends: vec![append], states: vec![state] });
        }
    }
    (groups, account)
}

fn written(until: u64) -> (TempDir, SqliteStore, Account) {
    let folder = tempfile::tempdir().unwrap();
    let mut store = SqliteStore::open(folder.path().join("accounts.db")).unwrap();
    let (groups, account) = groups(1, until);
    for group in &groups {
        store.append(group).unwrap();
    }
    (folder, store, account)
}

#[test]
fn what_cannot_be_written_says_so_and_reads_on() {
    let (_folder, mut store, account) = written(3);
    store.conn.pragma_update(None, "query_only", "on").unwrap();
    let (more, after) = groups(4, 4);
    let Err(AppendError::Failed(StoreError::ReadOnly)) = store.append(more.first().unwrap()) else {
        panic!("it was written");
    };
    assert_eq!(store.load(id()).unwrap(), Loaded { account, seq: 3 });
    store.conn.pragma_update(None, "query_only", "off").unwrap();
    store.append(more.first().unwrap()).unwrap();
    assert_eq!(store.load(id()).unwrap(), Loaded { account: after, seq: 4 });
}

/// What a group asks before it is decided stays so until it is written.
#[test]
fn nobody_else_writes_while_a_group_is_decided() {
    let (folder, mut store, _) = written(3);
    let impatient = Settings { patience: std::time::Duration::ZERO, ..Settings::default() };
    let mut other = SqliteStore::open_with(folder.path().join("accounts.db"), &impatient).unwrap();
    let (more, _) = groups(4, 5);
    assert!(!store.begin().unwrap());
    let Err(AppendError::Failed(StoreError::Held)) = other.append(more.first().unwrap()) else {
        panic!("it was written");
    };
    store.end();
    other.append(more.first().unwrap()).unwrap();
    assert!(store.begin().unwrap());
    assert_eq!(store.load(id()).unwrap().seq, 4);
    store.append(more.last().unwrap()).unwrap();
    assert!(other.begin().unwrap());
    other.end();
    store.check().unwrap();
}

#[test]
fn after_an_unclear_commit_nothing_is_believed_before_another_has_succeeded() {
    let (_folder, mut store, account) = written(3);
    store.is_unclear = true;
    store.conn.pragma_update(None, "query_only", "on").unwrap();
    assert_eq!(store.load(id()), Err(StoreError::ReadOnly));
    assert_eq!(store.batch(id(), 1), Err(StoreError::ReadOnly));
    store.conn.pragma_update(None, "query_only", "off").unwrap();
    assert_eq!(store.load(id()).unwrap(), Loaded { account, seq: 3 });
    assert!(!store.is_unclear);
}

#[test]
fn a_state_of_an_unknown_format_is_replayed_once() {
    let (_folder, mut store, account) = written(100);
    let stored = |store: &SqliteStore| -> (i64, String) {
        store
            .conn
            .query_row("SELECT seq, state FROM snapshots", [], |row| Ok((row.get(0)?, row.get(1)?)))
            .unwrap()
    };
    let (seq, _) = stored(&store);
    assert_eq!(seq, 96);
    for wrong in [r#"{"format":2,"account":"vacant"}"#, r#"{"format":3,"account":{"opened":7}}"#, ""] {
        let crc = sum_of_snapshot(id(), seq, wrong).end();
        store.conn.execute("UPDATE snapshots SET seq = ?1, state = ?2, crc = ?3", (seq, wrong, crc)).unwrap();
        assert_eq!(
            ReadStore::account(&mut store, id()).unwrap(),
            Loaded { account: account.clone(), seq: 100 }
        );
        store.check().unwrap();
        assert_eq!(stored(&store), (seq, wrong.to_owned()));
        // The writer keeps what it had to replay.
        assert_eq!(store.load(id()).unwrap(), Loaded { account: account.clone(), seq: 100 });
        assert_eq!(stored(&store).0, 100);
        store.check().unwrap();
    }
    // A state that is not as it was written is no cache but a broken disk.
    store.conn.execute("UPDATE snapshots SET state = replace(state, '5', '6')", []).unwrap();
    let Err(StoreError::Damaged(said)) = store.load(id()) else { panic!("it was believed") };
    assert_eq!(said, format!("the state of account {} is not as it was written", id()));
}

/// A UUID is found by its bytes in the one form alone that they are written in.
#[test]
fn requests_that_differ_have_places_that_differ() {
    let forms = [
        "67e55044-10b1-426f-9247-bb680e5fe0c8",
        "67E55044-10b1-426f-9247-bb680e5fe0c8",
        "67e5504410b1426f9247bb680e5fe0c8",
        "urn:uuid:67e55044-10b1-426f-9247-bb680e5fe0c8",
    ];
    let places: std::collections::BTreeSet<_> = forms.map(place_of_request).into();
    assert_eq!(places.len(), forms.len());
    let bytes = place_of_request(forms[0]).1;
    assert_eq!(bytes.len(), 16);
}

#[test]
fn what_is_derived_is_checked_against_the_batches() {
    for change in [
        "DELETE FROM batches WHERE seq = 3",
        "UPDATE places SET seq = 2 WHERE kind = 0",
        "UPDATE places SET position = 2 WHERE kind = 0",
        "DELETE FROM places WHERE kind = 0",
        "UPDATE batches SET previous = 1 WHERE seq = 3",
        "UPDATE accounts SET owes = 1, awake = 1",
        "UPDATE batches SET posted = '7' WHERE seq = 2",
        "UPDATE batches SET events = replace(events, '5', '6') WHERE seq = 2",
        "INSERT INTO places VALUES (1, 1, zeroblob(16), 1, NULL, NULL)",
        "INSERT INTO places VALUES (1, 2, x'72', 1, NULL, NULL)",
        "INSERT INTO places VALUES (1, 3, zeroblob(16), 1, NULL, NULL)",
        "INSERT INTO places VALUES (1, 4, zeroblob(8), 1, NULL, NULL)",
        "INSERT INTO usage VALUES (1, 20000, 1, 1, 1, '1', 0)",
        "INSERT INTO keys VALUES (zeroblob(32), 1, zeroblob(16), 0)",
        "DELETE FROM names",
    ] {
        let (_folder, mut store, _) = written(5);
        store.check().unwrap();
        store.conn.execute(change, []).unwrap();
        assert!(matches!(store.check(), Err(StoreError::Damaged(_))), "{change}");
    }
}
