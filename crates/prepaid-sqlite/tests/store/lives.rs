//! Random lives of a few accounts, stepped here and written as groups.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use prepaid::{
    Account, AccountId, Action, Actor, CallId, Command, Currency, Decline, Digest, GrantId, KeyId, Policy,
    Quote, RevokeFor, Span, Timestamp, effects, next_deadline, step,
};
use prepaid_runtime::conformance::onboarding_of;
use prepaid_runtime::{Append, EventStore, Group, Page, ReadStore, State, content_of_command};
use prepaid_sqlite::SqliteStore;
use tempfile::TempDir;
use uuid::Uuid;

pub(crate) const ALL: Page = Page { after: 0, limit: u32::MAX };

/// A folder that goes with the test, and a file in it.
pub(crate) fn place() -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("accounts.db");
    (folder, path)
}

pub(crate) fn account(n: u128) -> AccountId {
    AccountId(Uuid::from_u128(n << 64 | 0xacc))
}

pub(crate) fn key(account: u128, n: u128) -> KeyId {
    KeyId(Uuid::from_u128(account << 64 | n))
}

pub(crate) fn digest(account: u128, n: u128) -> Digest {
    let mut digest = [7; 32];
    digest[..16].copy_from_slice(&(account << 64 | n).to_le_bytes());
    Digest(digest)
}

pub(crate) fn quote(price: &str, reference: &str) -> Quote {
    Quote::agreed(price.parse().unwrap(), Currency::USD, reference.parse().unwrap())
}

pub(crate) fn create_key(account: u128, n: u128) -> Action {
    Action::CreateKey {
        key: key(account, n),
        digest: digest(account, n),
        shown: "ppk_A1b2".parse().unwrap(),
        label: None,
        expires_at: None,
    }
}

pub(crate) fn onboarding(n: u128) -> Vec<Command> {
    onboarding_of(account(n), key(n, 1), digest(n, 1)).unwrap()
}

/// The same numbers in every run.
pub(crate) struct Dice(pub(crate) u64);

impl Dice {
    pub(crate) fn below(&mut self, n: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) % n
    }
}

pub(crate) struct Lives {
    pub(crate) policy: Policy,
    pub(crate) now: Timestamp,
    pub(crate) accounts: BTreeMap<AccountId, (Account, u64)>,
    pub(crate) group: Group,
    pub(crate) dice: Dice,
    pub(crate) calls: u128,
    pub(crate) requests: u64,
}

impl Lives {
    pub(crate) fn new(seed: u64) -> Self {
        Self {
            policy: Policy::default(),
            now: "2025-01-01T00:00:00Z".parse().unwrap(),
            accounts: BTreeMap::new(),
            group: Group::default(),
            dice: Dice(seed),
            calls: 0,
            requests: 0,
        }
    }

    /// Steps a command and adds what it does to the group; whether it did anything.
    pub(crate) fn does(&mut self, id: AccountId, command: &Command) -> bool {
        let (state, seq) = self.accounts.entry(id).or_insert((Account::Vacant, 0));
        let Ok(batch) = step(state, &self.policy, command, self.now) else { return false };
        if batch.events.is_empty() {
            return false;
        }
        *seq += 1;
        let asked = self.dice.below(3) > 0;
        self.requests += u64::from(asked);
        let request = asked.then(|| {
            (format!("request {}", self.requests).parse().unwrap(), content_of_command(command).unwrap())
        });
        let policy = self.policy.numbers().id.clone();
        let balance = state.balance();
        self.group.appends.push(Append { account: id, seq: *seq, batch, request, policy, balance });
        let (owes, deadline) = (effects(state).next().is_some(), next_deadline(state));
        self.group.states.retain(|other| other.account != id);
        self.group.states.push(State { account: id, seq: *seq, state: state.clone(), owes, deadline });
        true
    }

    pub(crate) fn funded(&mut self, n: u128) {
        for command in onboarding(n) {
            assert!(self.does(account(n), &command));
        }
        let open = self.accounts[&account(n)].0.open_charge().unwrap();
        let (charge, amount) = (open.number, open.amount);
        let taken = Action::ChargeSucceeded { charge, amount, reference: "ch_1".parse().unwrap() };
        assert!(self.does(account(n), &taken.by(Actor::Provider)));
    }

    pub(crate) fn charged(&mut self, n: u128) {
        self.calls += 1;
        let call = CallId(Uuid::from_u128(self.calls));
        let charge = Action::ChargeCall { call, key: key(n, 1), quote: quote("0.0001", "contract 7") };
        assert!(self.does(account(n), &charge.by(Actor::Gateway)));
    }

    pub(crate) fn writes(&mut self, store: &mut impl EventStore) {
        store.append(&self.group).unwrap();
        self.group = Group::default();
    }

    /// A random thing happens to one of so many accounts.
    pub(crate) fn anything(&mut self, accounts: u64) {
        let n = u128::from(self.dice.below(accounts)) + 1;
        let id = account(n);
        let (state, _) = self.accounts.get(&id).cloned().unwrap_or((Account::Vacant, 0));
        let minutes = u32::try_from(self.dice.below(90)).unwrap();
        self.now = self.now.saturating_add(Span::from_minutes(minutes));
        if matches!(state, Account::Vacant) || state.keys().is_empty() && state.pending_key().is_none() {
            for command in onboarding(n) {
                self.does(id, &command);
            }
            return;
        }
        let some_key = key(n, u128::from(self.dice.below(4)) + 1);
        let some_call =
            CallId(Uuid::from_u128(u128::from(self.dice.below(u64::try_from(self.calls).unwrap() + 1))));
        let open: Vec<_> = state.open_calls().map(|open| open.call).collect();
        let call = open.first().copied().unwrap_or(some_call);
        self.calls += 1;
        let new = CallId(Uuid::from_u128(self.calls.wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835)));
        let price = ["0.1", "0.000000000001", "1.25", "0"][usize::try_from(self.dice.below(4)).unwrap()];
        let item = ["contract 7", "zebra", "ähre"][usize::try_from(self.dice.below(3)).unwrap()];
        let (action, by) = match self.dice.below(16) {
            0..=3 => {
                (Action::ChargeCall { call: new, key: some_key, quote: quote(price, item) }, Actor::Gateway)
            }
            4..=6 => {
                let quote = quote(price, item);
                (Action::AuthorizeCall { call: new, key: some_key, quote, units: 1 }, Actor::Gateway)
            }
            7..=8 => (Action::SettleCall { call, amount: None }, Actor::Gateway),
            9 => (Action::ReleaseCall { call }, Actor::Gateway),
            10 => (create_key(n, u128::from(self.dice.below(4)) + 1), Actor::Owner),
            11 => (Action::RevokeKey { key: some_key, reason: RevokeFor::Requested }, Actor::Owner),
            12 => {
                let grant = GrantId(Uuid::from_u128(self.calls));
                let (amount, source) = ("2.5".parse().unwrap(), "welcome".parse().unwrap());
                let (priority, effective_at, expires_at) = (0, None, None);
                (
                    Action::IssueGrant { grant, amount, source, priority, effective_at, expires_at },
                    Actor::Operator,
                )
            }
            13 | 14 => match state.open_charge() {
                Some(open) if self.dice.below(4) == 0 => {
                    let reason = "insufficient funds".parse().unwrap();
                    let (charge, decline) = (open.number, Decline::Soft);
                    (Action::ChargeFailed { charge, decline, reason }, Actor::Provider)
                }
                Some(open) => {
                    let reference = format!("ch_{}", open.number).parse().unwrap();
                    let (charge, amount) = (open.number, open.amount);
                    (Action::ChargeSucceeded { charge, amount, reference }, Actor::Provider)
                }
                None => (Action::Tick {}, Actor::Clock),
            },
            _ => (Action::Tick {}, Actor::Clock),
        };
        self.does(id, &action.by(by));
    }

    /// A store in a file, with a few accounts that have done much.
    pub(crate) fn stored(seed: u64, path: &Path, groups: u32) -> Self {
        let mut lives = Self::new(seed);
        let mut store = SqliteStore::open(path).unwrap();
        for _ in 0..groups {
            for _ in 0..lives.dice.below(12) {
                lives.anything(6);
            }
            lives.writes(&mut store);
        }
        lives
    }
}

/// Everything that can be read, as text: two stores that say the same are the same to whoever reads them.
pub(crate) fn everything(store: &mut impl ReadStore) -> Result<Vec<String>, prepaid_runtime::StoreError> {
    let mut said = Vec::new();
    let ids = store.accounts(None, u32::MAX)?;
    said.push(format!("{ids:?}"));
    for id in ids {
        let loaded = store.account(id)?;
        said.push(format!("{id}: {loaded:?}"));
        for row in store.batches(id, ALL)? {
            let at = row.batch.at;
            said.push(format!("{row:?} {}", store.last_before(id, at)?));
        }
        for key in loaded.account.keys().iter().chain(loaded.account.pending_key()) {
            said.push(format!("{:?}", store.key_owner(&key.digest)?));
        }
        let until = Timestamp::MAX;
        said.push(format!("{:?}", store.usage(id, Timestamp::MIN, until, None, u32::MAX)?));
        said.push(format!("{:?}", store.batches_beside_calls(id, ALL)?));
        said.push(format!("{:?}", prepaid_runtime::read::charges(store, id)?));
        said.push(format!("{:?}", prepaid_runtime::read::statement(store, id, Timestamp::MIN, until)?));
    }
    for change in store.changes(ALL)? {
        said.push(format!("{change:?}"));
    }
    Ok(said)
}
