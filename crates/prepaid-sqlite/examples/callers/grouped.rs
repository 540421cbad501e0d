//! The other side: a runtime on `SqliteStore`, as a program would have it, but for a count of its commits.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use prepaid::{
    Account, AccountId, Action, Actor, Batch, CallId, ChargeNumber, Currency, Digest, GrantId, KeyId,
    OwnerId, Policy, Quote, Timestamp, UseKind, effects, step,
};
use prepaid_runtime::{
    Append, AppendError, EventStore, Group, Handle, Options, Runtime, State, Submission, SystemClock,
    Untouched,
};
use prepaid_sqlite::SqliteStore;

use crate::{Dice, Done};

pub(crate) struct Grouped {
    runtime: Runtime,
    accounts: Arc<[AccountId]>,
    counts: Arc<Counts>,
}

#[derive(Default)]
struct Counts {
    groups: AtomicU64,
    batches: AtomicU64,
}

impl Grouped {
    /// So many accounts with credit, in a new store; all of them in the runtime's memory.
    pub(crate) fn new(path: &Path, accounts: usize) -> Done<Self> {
        let mut store = SqliteStore::open(path)?;
        let accounts: Arc<[AccountId]> = fund(accounts, &mut store)?.into();
        drop(store);
        crate::size(path)?;
        let counts = Arc::new(Counts::default());
        let store = Counted { store: SqliteStore::open(path)?, counts: Arc::clone(&counts) };
        let (policy, clock, options) = (Policy::default(), SystemClock::default(), Options::default());
        let runtime = Runtime::start(store, Untouched, policy, clock, options)?;
        for account in accounts.iter() {
            let tick = Submission::new(*account, Action::Tick {}.by(Actor::Clock));
            runtime.handle().submit(tick)?.wait()?;
        }
        Ok(Self { runtime, accounts, counts })
    }

    pub(crate) fn caller(&self, mut dice: Dice) -> impl FnMut() -> Done<()> + use<> {
        let (handle, accounts) = (self.runtime.handle(), Arc::clone(&self.accounts));
        move || call(&handle, &accounts, &mut dice)
    }

    /// How many groups were committed, and how many batches.
    pub(crate) fn counted(&self) -> (u64, u64) {
        (self.counts.groups.load(Ordering::Relaxed), self.counts.batches.load(Ordering::Relaxed))
    }

    pub(crate) fn shut_down(self) {
        self.runtime.shut_down();
    }
}

fn call(handle: &Handle, accounts: &[AccountId], dice: &mut Dice) -> Done<()> {
    let account = *accounts.get(dice.below(accounts.len())?).ok_or("no such account")?;
    let quote = Quote::agreed("0.0025".parse()?, Currency::USD, "image".parse()?);
    let charge = Action::ChargeCall { call: CallId(dice.uuid()), key: KeyId(account.0), quote };
    let request = dice.uuid().to_string().parse()?;
    handle.submit(Submission::new(account, charge.by(Actor::Gateway)).with_request(request))?.wait()?;
    Ok(())
}

/// Opens accounts, migrated and with credit and a key.
fn fund(accounts: usize, store: &mut SqliteStore) -> Done<Vec<AccountId>> {
    let (policy, now): (_, Timestamp) = (Policy::default(), "2025-01-01T00:00:00Z".parse()?);
    let (mut dice, mut made, mut group) = (Dice::of(0, 0), Vec::new(), Group::default());
    for number in 1..=accounts {
        let id = AccountId(dice.uuid());
        let (mut account, mut seq) = (Account::Vacant, 0);
        for command in funding(id, &mut dice)? {
            let batch: Batch = step(&mut account, &policy, &command, now)?;
            seq += 1;
            let (policy, balance) = (policy.numbers().id.clone(), account.balance());
            group.appends.push(Append { account: id, seq, batch, request: None, policy, balance });
        }
        if effects(&account).next().is_some() {
            return Err("something is owed".into());
        }
        group.states.push(State { account: id, seq, state: account, owes: false, deadline: None });
        made.push(id);
        if number % 500 == 0 || number == accounts {
            store.append(&std::mem::take(&mut group))?;
        }
    }
    Ok(made)
}

fn funding(account: AccountId, dice: &mut Dice) -> Done<[prepaid::Command; 8]> {
    let mut digest = [0; 32];
    for (to, from) in digest.iter_mut().zip(dice.uuid().as_bytes()) {
        *to = *from;
    }
    Ok([
        Action::Open { account, owner: OwnerId(dice.uuid()), currency: None }.by(Actor::Owner),
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
        // It asks the card at once, and nothing is to be owed while calls are measured.
        Action::Migrate { reference: "old-1".parse()? }.by(Actor::Operator),
        Action::ChargeSucceeded {
            charge: ChargeNumber(1),
            amount: "20".parse()?,
            reference: "ch_1".parse()?,
        }
        .by(Actor::Provider),
        Action::IssueGrant {
            grant: GrantId(dice.uuid()),
            amount: "100000".parse()?,
            source: "bench".parse()?,
            priority: 0,
            effective_at: None,
            expires_at: None,
        }
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

/// The store, and how often it was written to.
struct Counted {
    store: SqliteStore,
    counts: Arc<Counts>,
}

impl EventStore for Counted {
    prepaid_runtime::pass_on!(store: load, remembered, has_call, has_grant, batch, wakings, changed_elsewhere, begin, end, forget_requests);

    fn append(&mut self, group: &Group) -> Result<(), AppendError> {
        self.counts.groups.fetch_add(1, Ordering::Relaxed);
        let batches = u64::try_from(group.appends.len()).unwrap_or(u64::MAX);
        self.counts.batches.fetch_add(batches, Ordering::Relaxed);
        self.store.append(group)
    }
}
