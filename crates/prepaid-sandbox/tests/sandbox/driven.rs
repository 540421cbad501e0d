//! The runtime on a sandbox, with events as webhooks: many accounts, one clock for both.

use std::collections::BTreeMap;
use std::thread;
use std::time::{Duration, Instant};

use prepaid::{
    AccountId, Action, Actor, Amount, ChargeNumber, Command, Currency, Digest, Event, KeyId, OwnerId, Policy,
    Quote, Span, StageTag, Timestamp, UseKind,
};
use prepaid_runtime::{
    Answer, Loaded, ManualClock, MemoryStore, Options, Page, ReadStore, Refused, Runtime, Submission,
};
use prepaid_sandbox::{BookedCharge, Feed, SandboxClient, Timeouts};
use uuid::Uuid;

use crate::process::{account, advance, booked};

pub struct World {
    runtime: Runtime,
    pub client: SandboxClient,
    store: MemoryStore,
    clock: ManualClock,
    feed: Feed,
    /// Whether webhooks arrive.
    pub hears: bool,
    now: Timestamp,
    accounts: Vec<AccountId>,
    calls: u128,
}

const START: &str = "2025-01-01T00:00:00Z";

impl World {
    pub fn new(client: SandboxClient) -> Self {
        Self::under(Policy::default(), client)
    }

    pub fn under(policy: Policy, client: SandboxClient) -> Self {
        let now: Timestamp = START.parse().unwrap();
        let (store, clock) = (MemoryStore::default(), ManualClock::at(now));
        let options = Options {
            retry: Duration::from_millis(5),
            longest_retry: Duration::from_millis(40),
            ..Options::default()
        };
        let timeouts = Timeouts { answer: Duration::from_secs(5), ..Timeouts::default() };
        let client = client.with_timeouts(timeouts);
        let runtime = Runtime::start(store.clone(), client.clone(), policy, clock.clone(), options).unwrap();
        let feed = Feed::after(client.clone(), 0);
        Self { runtime, client, store, clock, feed, hears: true, now, accounts: Vec::new(), calls: 0 }
    }

    pub fn ask(&self, account: AccountId, command: Command) -> Result<Answer, Refused> {
        self.runtime.handle().submit(Submission::new(account, command))?.wait()
    }

    pub fn loaded(&self, account: AccountId) -> Loaded {
        self.store.clone().account(account).unwrap()
    }

    pub fn stage(&self, account: AccountId) -> StageTag {
        self.loaded(account).account.stage()
    }

    /// A new account with this card, and its first key, which asks for the initial funding.
    pub fn open(&mut self, token: &str) -> AccountId {
        let n = u128::try_from(self.accounts.len() + 1).unwrap();
        let id = account(n);
        self.accounts.push(id);
        let owner = OwnerId(Uuid::from_u128(1_000 + n));
        let commands = [
            Action::Open { account: id, owner, currency: None },
            Action::AcceptTerms {
                version: "TOS_2024_04_20".parse().unwrap(),
                by: "Ada".parse().unwrap(),
                entity: None,
            },
            Action::ChooseUse { kind: UseKind::Personal, billing_ref: None, billing_digest: None },
            Action::LinkPaymentMethod {
                token: token.parse().unwrap(),
                fingerprint: None,
                brand: "visa".parse().unwrap(),
                last_four: "4242".parse().unwrap(),
                expires: "2031-01".parse().unwrap(),
            },
            key_of(id),
        ];
        for action in commands {
            self.ask(id, action.by(Actor::Owner)).unwrap();
        }
        id
    }

    /// Spends so much.
    pub fn spend(&mut self, account: AccountId, amount: &str) -> Result<Answer, Refused> {
        if self.loaded(account).account.keys().is_empty() {
            // Funded by a success that came late: its first key had been given up (B3).
            self.ask(account, key_of(account).by(Actor::Owner))?;
        }
        self.calls += 1;
        let call = prepaid::CallId(Uuid::from_u128(self.calls));
        let key = KeyId(account.0);
        let quote = Quote::agreed(amount.parse().unwrap(), Currency::USD, "agreed".parse().unwrap());
        self.ask(account, Action::ChargeCall { call, key, quote }.by(Actor::Gateway))
    }

    pub fn refund(&self, account: AccountId, charge: u32, amount: &str) -> Result<Answer, Refused> {
        let (charge, amount) = (ChargeNumber(charge), amount.parse().unwrap());
        self.ask(account, Action::Refund { charge, amount, forced: false }.by(Actor::Operator))
    }

    fn changes(&self) -> usize {
        self.store.clone().changes(Page { after: 0, limit: u32::MAX }).unwrap().len()
    }

    /// Brings events to the accounts; true where there were any that were not too early.
    fn bring_events(&mut self) -> bool {
        if !self.hears {
            return false;
        }
        // A sandbox that is not there has no events.
        let Ok(events) = self.feed.poll() else { return false };
        let mut brought = false;
        for (account, action) in events {
            match self.ask(account, action.clone().by(Actor::Provider)) {
                Err(Refused::Rejected(rejection)) if rejection.is_retryable() => {
                    self.feed.put_back(account, action);
                }
                // Contradictions are refused, and that is that.
                Ok(_) | Err(Refused::Rejected(_)) => brought = true,
                Err(other) => panic!("{other}"),
            }
        }
        brought
    }

    /// Until nothing happens any more for a while.
    pub fn settle(&mut self) {
        let (mut changes, mut since) = (self.changes(), Instant::now());
        while since.elapsed() < Duration::from_millis(60) {
            let brought = self.bring_events();
            let now = self.changes();
            if brought || now != changes {
                (changes, since) = (now, Instant::now());
            }
            thread::sleep(Duration::from_millis(2));
        }
    }

    /// An account's clock moves on; the loop is woken, for it looks at a clock that is set by hand once a second.
    pub fn turn(&mut self, span: &str) {
        self.now = self.now.saturating_add(span.parse::<Span>().unwrap());
        self.clock.set(self.now);
        for account in &self.accounts {
            self.ask(*account, Action::Tick {}.by(Actor::Clock)).unwrap();
        }
    }

    /// So many hours pass. The sandbox's clock follows an hour behind at most, so that what is asked within the window is
    /// asked within the memory.
    pub fn hours(&mut self, hours: u32) {
        for _ in 0..hours {
            self.turn("1h");
            self.settle();
            self.client.ask(&advance("1h")).unwrap();
            self.settle();
        }
    }

    /// How often each charge of an account was credited.
    fn credited(&self, account: AccountId) -> BTreeMap<ChargeNumber, u32> {
        let mut credited = BTreeMap::new();
        for row in self.store.clone().batches(account, Page { after: 0, limit: u32::MAX }).unwrap() {
            for event in &row.batch.events {
                if let Event::ChargeSucceeded { charge, .. } | Event::ChargeSucceededLate { charge, .. } =
                    event
                {
                    *credited.entry(*charge).or_default() += 1;
                }
            }
        }
        credited
    }

    /// The accounts' books are the provider's: of each charge what is left, and nothing taken or credited twice. Of a
    /// charge that is open the account knows nothing yet, or knows that it must not believe it (F2).
    pub fn agrees(&self) {
        let book = booked(&self.client);
        for id in &self.accounts {
            let account = self.loaded(*id).account;
            let token = format!("{id} at {:?}", account.stage());
            let of: Vec<&BookedCharge> = book.iter().filter(|charge| charge.account == *id).collect();
            for charge in &of {
                assert!(charge.taken().len() <= 1, "taken twice: {charge:?}");
                if account.open_charge().is_some_and(|open| open.number == charge.charge) {
                    continue;
                }
                let contribution = account.contribution(charge.charge).unwrap_or(Amount::ZERO);
                assert_eq!(
                    contribution,
                    charge.kept(),
                    "{token}: {charge:?}\n{:?}",
                    account.charge(charge.charge)
                );
            }
            for charge in account.charges() {
                if !of.iter().any(|booked| booked.charge == charge.number) {
                    assert_eq!(
                        account.contribution(charge.number),
                        Some(Amount::ZERO),
                        "{token}: {charge:?}"
                    );
                }
            }
            let credited = self.credited(*id);
            assert!(credited.values().all(|times| *times == 1), "{token}: {credited:?}");
        }
    }

    /// They are, and nothing is open any more.
    pub fn agrees_in_the_end(&self) {
        for account in &self.accounts {
            assert_eq!(self.loaded(*account).account.open_charge(), None);
        }
        self.agrees();
    }

    pub fn end(self) {
        self.runtime.shut_down();
    }
}

/// The command for an account's one key.
fn key_of(account: AccountId) -> Action {
    let mut digest = [0; 32];
    digest[..16].copy_from_slice(account.0.as_bytes());
    Action::CreateKey {
        key: KeyId(account.0),
        digest: Digest(digest),
        shown: "ppk_A1b2".parse().unwrap(),
        label: None,
        expires_at: None,
    }
}
