//! How fast groups are written, beside hand-written SQL that does the least: a guarded subtraction and a ledger's row
//! with a unique key, one transaction a call.
//!
//! `cargo run --release -p prepaid-sqlite --example append [FOLDER]`. Absolute times say how fast the disk syncs;
//! compare rows of one run.
#![expect(clippy::arithmetic_side_effects, reason = "an example counts what it does")]
#![expect(clippy::disallowed_methods, reason = "a bench has a clock")]

use std::collections::BTreeMap;
use std::error::Error;
use std::path::Path;
use std::time::{Duration, Instant};

use prepaid::{
    Account, AccountId, Action, Actor, CallId, Currency, Digest, GrantId, KeyId, OwnerId, Policy, Quote,
    Timestamp, UseKind, effects, next_deadline, step,
};
use prepaid_runtime::{Append, EventStore, Group, State, content_of_command};
use prepaid_sqlite::SqliteStore;
use rusqlite::Connection;
use uuid::Uuid;

type Done<T> = Result<T, Box<dyn Error>>;

/// The same numbers in every run.
struct Dice(u64);

impl Dice {
    fn roll(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    /// As random as ids are that are not ordered by time.
    fn uuid(&mut self) -> Uuid {
        Uuid::from_u64_pair(self.roll(), self.roll())
    }
}

/// Accounts that can be charged, and the groups that charging them makes.
struct Lives {
    policy: Policy,
    now: Timestamp,
    dice: Dice,
    accounts: Vec<(AccountId, Account, u64)>,
}

fn append(id: AccountId, seq: u64, state: &Account, batch: prepaid::Batch, policy: &Policy) -> Append {
    let policy = policy.numbers().id.clone();
    Append { account: id, seq, batch, request: None, policy, balance: state.balance() }
}

fn state(id: AccountId, seq: u64, state: &Account) -> State {
    let (owes, deadline) = (effects(state).next().is_some(), next_deadline(state));
    State { account: id, seq, state: state.clone(), owes, deadline }
}

impl Lives {
    /// So many accounts, migrated and with credit, in a new store.
    fn new(accounts: u64, store: &mut SqliteStore) -> Done<Self> {
        let policy = Policy::default();
        let (now, dice) = ("2025-01-01T00:00:00Z".parse()?, Dice(42));
        let mut lives = Self { policy, now, dice, accounts: Vec::new() };
        let mut group = Group::default();
        for number in 0..accounts {
            let id = AccountId(lives.dice.uuid());
            let (mut account, mut seq) = (Account::Vacant, 0);
            for command in lives.funding(id)? {
                let batch = step(&mut account, &lives.policy, &command, lives.now)?;
                seq += 1;
                group.appends.push(append(id, seq, &account, batch, &lives.policy));
            }
            group.states.push(state(id, seq, &account));
            lives.accounts.push((id, account, seq));
            if group.states.len() == 500 || number + 1 == accounts {
                store.append(&std::mem::take(&mut group))?;
            }
        }
        Ok(lives)
    }

    fn funding(&mut self, account: AccountId) -> Done<Vec<prepaid::Command>> {
        let grant = GrantId(self.dice.uuid());
        let (amount, source) = ("1000".parse()?, "bench".parse()?);
        let [key, owner] = [self.dice.uuid(), self.dice.uuid()];
        let mut digest = [0; 32];
        for (to, from) in digest.iter_mut().zip(key.as_bytes()) {
            *to = *from;
        }
        Ok(vec![
            Action::Open { account, owner: OwnerId(owner), currency: None }.by(Actor::Owner),
            Action::AcceptTerms { version: "TOS_2024_04_20".parse()?, by: "Ada".parse()?, entity: None }
                .by(Actor::Owner),
            Action::ChooseUse { kind: UseKind::Personal, billing_ref: None, billing_digest: None }
                .by(Actor::Owner),
            Action::LinkPaymentMethod {
                token: "pm_1".parse()?,
                fingerprint: None,
                brand: "visa".parse()?,
                last_four: "4242".parse()?,
                expires: "2031-01".parse()?,
            }
            .by(Actor::Owner),
            Action::Migrate { reference: "old-1".parse()? }.by(Actor::Operator),
            Action::IssueGrant { grant, amount, source, priority: 0, effective_at: None, expires_at: None }
                .by(Actor::Operator),
            Action::CreateKey {
                key: KeyId(account.0),
                digest: Digest(digest),
                shown: "ppk_A1b2".parse()?,
                label: None,
                expires_at: None,
            }
            .by(Actor::Owner),
        ])
    }

    /// A group of calls on random accounts.
    fn group(&mut self, calls: usize) -> Done<Group> {
        let mut group = Group::default();
        let mut touched = BTreeMap::new();
        for _ in 0..calls {
            let many = u64::try_from(self.accounts.len())?;
            let place = usize::try_from(self.dice.roll() % many)?;
            let (call, request) = (CallId(self.dice.uuid()), self.dice.uuid());
            let (id, account, seq) = self.accounts.get_mut(place).ok_or("no such account")?;
            let quote = Quote::agreed("0.0025".parse()?, Currency::USD, "image".parse()?);
            let command = Action::ChargeCall { call, key: KeyId(id.0), quote }.by(Actor::Gateway);
            let batch = step(account, &self.policy, &command, self.now)?;
            *seq += 1;
            let mut append = append(*id, *seq, account, batch, &self.policy);
            append.request = Some((request.to_string().parse()?, content_of_command(&command)?));
            group.appends.push(append);
            touched.insert(*id, place);
        }
        for place in touched.into_values() {
            let (id, account, seq) = self.accounts.get(place).ok_or("no such account")?;
            group.states.push(state(*id, *seq, account));
        }
        Ok(group)
    }
}

/// The yardstick.
struct ByHand(Connection);

impl ByHand {
    fn new(path: &Path, accounts: u64) -> Done<Self> {
        let conn = Connection::open(path)?;
        conn.pragma_update_and_check(None, "journal_mode", "wal", |_| Ok(()))?;
        conn.pragma_update(None, "synchronous", "full")?;
        conn.pragma_update_and_check(None, "wal_autocheckpoint", 4000, |_| Ok(()))?;
        conn.pragma_update(None, "cache_size", -65536)?;
        conn.execute_batch(
            "CREATE TABLE account (id INTEGER PRIMARY KEY, balance INTEGER NOT NULL) STRICT;
             CREATE TABLE ledger (id INTEGER PRIMARY KEY, account INTEGER NOT NULL, call BLOB NOT NULL,
                 amount INTEGER NOT NULL, at INTEGER NOT NULL, UNIQUE (account, call)) STRICT; BEGIN",
        )?;
        for id in 0..accounts {
            conn.prepare_cached("INSERT INTO account VALUES (?1, ?2)")?
                .execute((i64::try_from(id)?, 1_000_000_000_000_i64))?;
        }
        conn.execute_batch("COMMIT")?;
        Ok(Self(conn))
    }

    fn group(&self, calls: &[(i64, [u8; 16])]) -> Done<()> {
        self.0.prepare_cached("BEGIN IMMEDIATE")?.execute([])?;
        for (account, call) in calls {
            let mut take = self.0.prepare_cached(
                "UPDATE account SET balance = balance - ?2 WHERE id = ?1 AND balance >= ?2",
            )?;
            if take.execute((account, 2_500))? != 1 {
                return Err("no credit".into());
            }
            self.0
                .prepare_cached("INSERT INTO ledger (account, call, amount, at) VALUES (?1, ?2, ?3, ?4)")?
                .execute((account, call, 2_500, 1_735_689_600_000_000_i64))?;
        }
        self.0.prepare_cached("COMMIT")?.execute([])?;
        Ok(())
    }
}

fn rate(calls: usize, time: Duration) -> u64 {
    let micros = time.as_micros().max(1);
    u64::try_from(u128::try_from(calls).unwrap_or_default() * 1_000_000 / micros).unwrap_or_default()
}

fn size(path: &Path) -> Done<u64> {
    let conn = Connection::open(path)?;
    conn.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))?;
    Ok(std::fs::metadata(path)?.len())
}

fn main() -> Done<()> {
    let folder = match std::env::args_os().nth(1) {
        Some(folder) => tempfile::tempdir_in(folder)?,
        None => tempfile::tempdir()?,
    };
    println!(
        "{:>9} {:>6} {:>12} {:>12} {:>7}  bytes a call",
        "accounts", "group", "calls/s", "by hand/s", "ratio"
    );
    for accounts in [10_000_u64, 1] {
        let path = folder.path().join(format!("{accounts}.db"));
        let mut store = SqliteStore::open(&path)?;
        let mut lives = Lives::new(accounts, &mut store)?;
        let by_hand = ByHand::new(&folder.path().join(format!("{accounts}-by-hand.db")), accounts)?;
        let mut dice = Dice(7);
        for group in [1_usize, 32, 128] {
            let before = size(&path)?;
            let (mut ours, mut theirs, mut calls) = (Duration::ZERO, Duration::ZERO, 0_usize);
            // Turn by turn, so that whatever else the machine does is done to both.
            for _ in 0..12 {
                let rounds = (1_200 / group).max(40);
                let groups: Vec<Group> = (0..rounds).map(|_| lives.group(group)).collect::<Done<_>>()?;
                let start = Instant::now();
                for group in &groups {
                    store.append(group)?;
                }
                ours += start.elapsed();
                // By hand it is always one call a transaction.
                let mut single = Vec::new();
                for _ in 0..1_200 {
                    single.push([(i64::try_from(dice.roll() % accounts)?, dice.uuid().into_bytes())]);
                }
                let start = Instant::now();
                for call in &single {
                    by_hand.group(call)?;
                }
                theirs += start.elapsed();
                calls += rounds * group;
            }
            let (ours, theirs) = (rate(calls, ours), rate(12 * 1_200, theirs));
            let bytes = (size(&path)? - before) / u64::try_from(calls)?;
            let percent = ours * 100 / theirs.max(1);
            let ratio = format!("{}.{:02}", percent / 100, percent % 100);
            println!("{accounts:>9} {group:>6} {ours:>12} {theirs:>12} {ratio:>7}  {bytes}");
        }
    }
    Ok(())
}
