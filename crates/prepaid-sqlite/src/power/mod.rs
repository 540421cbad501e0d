//! What is left of a store when the power goes, the disk is full, broken, or does not sync: on a disk of our own, that
//! keeps only what was synced.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a test stops at the first surprise"
)]
#![expect(clippy::disallowed_methods, reason = "tests have callers and settings")]

mod disk;
#[expect(dead_code, reason = "shared with the tests of the store, which use all of it")]
#[path = "../../tests/store/lives.rs"]
mod lives;
mod through_the_loop;
mod vfs;

use std::sync::atomic::{AtomicU64, Ordering};

use prepaid::{Action, Actor, CallId, Timestamp};
use prepaid_runtime::{Append, AppendError, EventStore, Group, ReadStore, StoreError};
use rusqlite::Connection;
use uuid::Uuid;

use self::disk::{Disk, Trouble};
use self::lives::{ALL, Dice, Lives, account, key, quote};
use self::vfs::Files;
use crate::SqliteStore;
use crate::fault::Fault;
use crate::open::{Settings, WRITING, made_ready};
use crate::rows::sum_of_snapshot;

/// A disk, and what SQLite calls it.
struct Machine {
    disk: Disk,
    vfs: String,
}

impl Machine {
    fn new() -> Self {
        static NUMBER: AtomicU64 = AtomicU64::new(0);
        let (disk, number) = (Disk::new(), NUMBER.fetch_add(1, Ordering::Relaxed));
        let vfs = format!("disk {number}");
        sqlite_vfs::register(&vfs, Files(disk.clone()), false).unwrap();
        Self { disk, vfs }
    }

    /// Opened as ever, but that the log is copied back after a few pages, so that this is cut short too.
    fn open(&self) -> Result<SqliteStore, StoreError> {
        self.opened("full")
    }

    fn opened(&self, synchronous: &str) -> Result<SqliteStore, StoreError> {
        let opened = || {
            let conn = Connection::open_with_flags_and_vfs("/accounts.db", WRITING, self.vfs.as_str())?;
            let conn = made_ready(conn, &Settings::default())?;
            conn.pragma_update_and_check(None, "wal_autocheckpoint", 60, |_| Ok(()))?;
            conn.pragma_update(None, "synchronous", synchronous)?;
            SqliteStore::on(conn)
        };
        opened().map_err(|fault: Fault| fault.into())
    }
}

/// What was acknowledged, and what was asked last and was not.
#[derive(Default)]
struct Told {
    acknowledged: Vec<Append>,
    open: Vec<Append>,
    /// Lives come to an end, when all keys are revoked: new ones begin.
    ended: u64,
}

impl Told {
    /// Lives on until the disk is in trouble; the error that says so.
    fn lives_until_trouble(
        &mut self,
        machine: &Machine,
        lives: &mut Lives,
        store: &mut SqliteStore,
    ) -> AppendError {
        for _ in 0..20_000 {
            for _ in 0..=lives.dice.below(5) {
                lives.anything(4 + self.ended);
            }
            let group = std::mem::take(&mut lives.group);
            if group.appends.is_empty() {
                self.ended += 1;
            }
            match store.append(&group) {
                Ok(()) => self.acknowledged.extend(group.appends),
                Err(error) => {
                    assert!(machine.disk.is_in_trouble(), "{error}");
                    self.open = group.appends.clone();
                    lives.group = group;
                    return error;
                }
            }
        }
        panic!("the trouble never came");
    }

    /// Compares a store with what was told: what was acknowledged is there, what was not is there whole or not at all,
    /// and nothing else is. Whether the last group is there, or what is wrong.
    fn compare(&self, store: &mut SqliteStore) -> Result<bool, String> {
        store.check().map_err(|error| error.to_string())?;
        let changes = store.changes(ALL).map_err(|error| error.to_string())?;
        let stored: Vec<_> = changes.into_iter().map(|change| change.row).collect();
        let is_whole = match stored.len() {
            count if count == self.acknowledged.len() => false,
            count if count == self.acknowledged.len() + self.open.len() => true,
            count => {
                return Err(format!(
                    "{count} batches are there, {} were acknowledged and {} asked",
                    self.acknowledged.len(),
                    self.open.len()
                ));
            }
        };
        for (row, told) in stored.iter().zip(self.acknowledged.iter().chain(&self.open)) {
            if (row.account, row.seq, &row.batch) != (told.account, told.seq, &told.batch) {
                return Err(format!("batch {} of account {} is another", row.seq, row.account));
            }
        }
        Ok(is_whole)
    }
}

/// How often the last group, which was not acknowledged, was there.
#[derive(Debug, Default)]
struct Seen {
    whole: u32,
    gone: u32,
}

fn power_goes(machine: &Machine, dice: &mut Dice) {
    let how = [Trouble::NoPower, Trouble::NoPowerAtSync][usize::try_from(dice.below(2)).unwrap()];
    machine.disk.plan(how, dice.below(1_500));
}

impl Seen {
    fn note(&mut self, is_whole: bool) {
        *(if is_whole { &mut self.whole } else { &mut self.gone }) += 1;
    }
}

/// How many lives each test leads into trouble: 150, or `PREPAID_SEEDS`.
fn seeds() -> std::ops::RangeInclusive<u64> {
    1..=std::env::var("PREPAID_SEEDS").map_or(150, |seeds| seeds.parse().unwrap())
}

/// The power goes at a random write or sync, and comes back: what was not synced is lost, or not, or some of
/// it. Twice in
/// a row, because what the first left is what the second is written over.
#[test]
fn what_was_acknowledged_survives_the_power() {
    let mut seen = Seen::default();
    for seed in seeds() {
        let (machine, mut told) = (Machine::new(), Told::default());
        let (mut lives, mut dice) = (Lives::new(seed), Dice(seed * 7_919));
        let mut store = machine.open().unwrap();
        for _ in 0..2 {
            power_goes(&machine, &mut dice);
            told.lives_until_trouble(&machine, &mut lives, &mut store);
            drop(store);
            machine.disk.restart(&mut dice);
            store = machine.open().unwrap();
            let is_whole = told.compare(&mut store).unwrap_or_else(|wrong| panic!("seed {seed}: {wrong}"));
            seen.note(is_whole);
            if is_whole {
                told.acknowledged.append(&mut told.open);
            } else {
                lives.writes(&mut store);
                told.acknowledged.append(&mut told.open);
            }
            lives.group = Group::default();
        }
    }
    println!("{seen:?}");
    assert!(seen.gone > 20 && seen.whole > 5, "{seen:?}");
}

/// The same without syncs loses what was acknowledged, or damages the file: this test sees what it is to see.
#[test]
fn without_syncs_the_same_test_fails() {
    let mut wrong = Vec::new();
    for seed in seeds() {
        let (machine, mut told) = (Machine::new(), Told::default());
        let (mut lives, mut dice) = (Lives::new(seed), Dice(seed * 7_919));
        let mut store = machine.opened("off").unwrap();
        machine.disk.plan(Trouble::NoPower, dice.below(1_500));
        told.lives_until_trouble(&machine, &mut lives, &mut store);
        drop(store);
        machine.disk.restart(&mut dice);
        let compared = machine.open().map_err(|error| error.to_string());
        if let Err(found) = compared.and_then(|mut store| told.compare(&mut store)) {
            wrong.push(found);
        }
    }
    println!("{} of {} without syncs are wrong, as {:?}", wrong.len(), seeds().end(), wrong.last());
    assert!(u64::try_from(wrong.len()).unwrap() > seeds().end() / 2, "{}", wrong.len());
}

/// The disk is full, or broken, or does not sync, at a random write; nothing is lost, and nothing is half done. When it is
/// mended the same group is written, and the power may go after that.
#[test]
fn a_disk_in_trouble_loses_nothing() {
    let unknown = "the commit's outcome is not known: the store failed: disk I/O error";
    for (trouble, is_what_is_said) in
        [(Trouble::NoRoom, "the disk is full"), (Trouble::Broken, unknown), (Trouble::SyncFails, unknown)]
    {
        let mut said = std::collections::BTreeMap::<_, u32>::new();
        for seed in seeds() {
            let (machine, mut told) = (Machine::new(), Told::default());
            let (mut lives, mut dice) = (Lives::new(seed), Dice(seed * 7_919));
            let mut store = machine.open().unwrap();
            machine.disk.plan(trouble, dice.below(1_000));
            let error = told.lives_until_trouble(&machine, &mut lives, &mut store);
            *said.entry(error.to_string()).or_default() += 1;
            machine.disk.mend();
            // Read back, as the loop does: the commit may have succeeded.
            let is_whole = told.compare(&mut store).unwrap_or_else(|wrong| panic!("seed {seed}: {wrong}"));
            assert!(!is_whole || matches!(error, AppendError::Unknown(_)), "seed {seed}: {error}");
            if is_whole {
                told.acknowledged.append(&mut told.open);
            } else if seed % 2 == 0 {
                lives.writes(&mut store);
                told.acknowledged.append(&mut told.open);
            } else {
                // It was read back as not there: it stays away, whatever the disk has of it.
                let open = std::mem::take(&mut told.open);
                machine.disk.plan(Trouble::NoPower, 0);
                drop(store);
                machine.disk.restart(&mut dice);
                store = machine.open().unwrap();
                told.compare(&mut store).unwrap_or_else(|wrong| panic!("{trouble:?}, seed {seed}: {wrong}"));
                lives.writes(&mut store);
                told.acknowledged.extend(open);
            }
            lives.group = Group::default();
            power_goes(&machine, &mut dice);
            told.lives_until_trouble(&machine, &mut lives, &mut store);
            drop(store);
            machine.disk.restart(&mut dice);
            let mut store = machine.open().unwrap();
            told.compare(&mut store).unwrap_or_else(|wrong| panic!("{trouble:?}, seed {seed}: {wrong}"));
        }
        println!("{trouble:?}: {said:#?}");
        assert!(said.get(is_what_is_said).copied().unwrap_or_default() > 20, "{said:#?}");
    }
}

/// A state of another format is kept anew when it is read; where that fails in its commit, nothing of it is believed.
#[test]
fn a_name_that_was_not_committed_is_not_used() {
    let (machine, mut lives) = (Machine::new(), Lives::new(1));
    let mut store = machine.open().unwrap();
    lives.funded(1);
    lives.writes(&mut store);
    let seq = |lives: &Lives| lives.accounts[&account(1)].1;
    while seq(&lives) < 80 {
        lives.charged(1);
        lives.writes(&mut store);
    }
    for n in 1..=6 {
        let (call, key) = (CallId(Uuid::from_u128(n << 64)), key(1, 1));
        let charge = Action::ChargeCall { call, key, quote: quote("0.01", "a new item") };
        assert!(lives.does(account(1), &charge.by(Actor::Gateway)));
        lives.writes(&mut store);
    }
    let other = r#"{"format":1}"#;
    let crc = sum_of_snapshot(account(1), 80, other).end();
    store.conn.execute("UPDATE snapshots SET state = ?1, crc = ?2", (other, crc)).unwrap();
    // What is kept is written when it is committed.
    machine.disk.plan(Trouble::Broken, 0);
    assert_eq!(store.load(account(1)).unwrap().seq, 86);
    machine.disk.mend();
    assert_eq!(store.load(account(1)).unwrap().seq, 86);
    store.check().unwrap();
    let all = (Timestamp::MIN, Timestamp::MAX);
    let usage = store.usage(account(1), all.0, all.1, None, 9).unwrap();
    assert_eq!(usage.iter().map(|row| row.calls).sum::<u64>(), seq(&lives) - 6);
}
