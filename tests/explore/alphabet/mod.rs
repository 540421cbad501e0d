//! The moves: for an account at hand, commands with values at and around every bound.

use prepaid::{
    Account, AccountId, Action, Actor, Amount, CallId, ChargeNumber, Command, Digest, GrantId, KeyId,
    OwnerId, Policy, Quote, Timestamp, UseKind,
};
use uuid::Uuid;

mod calls;
mod charges;
mod credit;
mod odd;
mod owner;

/// What a scene's moves are made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// The way to the first key, and what is out of order on it.
    Onboarding,
    /// Later keys: made, revoked, labelled, expired.
    Keys,
    /// One-step calls at the edges of what there is.
    Calls,
    /// Two calls that are authorised, extended and ended, in time, twice, late, or above their hold.
    Holds,
    /// Everything a provider and an operator may say of a charge, in any order, also of one that has ended.
    Results,
    /// The top-up switched off and on, its settings, its reactivation.
    Settings,
    /// Caps by month and day.
    Caps,
    /// Manual top-ups.
    Manual,
    /// Three payment methods, two of one card.
    Methods,
    /// Suspended and resumed.
    Standing,
    /// Spending limits of the account and a key; a low-balance notice.
    Limits,
    /// Two grants, one that starts later and one that expires.
    Grants,
    /// A grant that ends in 32 days, later than the records of a charge are kept.
    Ages,
    /// Refunds and their results, refunds made at the provider.
    Refunds,
    /// A dispute and its end.
    Disputes,
    /// The account closed, and debts written off.
    Closing,
    /// Input that is wrong in itself.
    Odd,
}

/// The moves of the parts, in a fixed order.
pub fn moves(parts: &[Part], policy: &Policy, account: &Account, now: Timestamp) -> Vec<Command> {
    let mut moves = Moves { policy, account, now, all: Vec::new() };
    for part in parts {
        match part {
            Part::Onboarding => moves.onboarding(),
            Part::Keys => moves.keys(),
            Part::Calls => moves.calls(),
            Part::Holds => moves.holds(),
            Part::Results => moves.results(),
            Part::Settings => moves.settings(),
            Part::Caps => moves.caps(),
            Part::Manual => moves.manual(),
            Part::Methods => moves.methods(),
            Part::Standing => moves.standing(),
            Part::Limits => moves.limits(),
            Part::Grants => moves.grants(),
            Part::Ages => moves.ages(),
            Part::Refunds => moves.refunds(),
            Part::Disputes => moves.disputes(),
            Part::Closing => moves.closing(),
            Part::Odd => moves.odd(),
        }
    }
    moves.all
}

/// Moves being collected.
struct Moves<'a> {
    policy: &'a Policy,
    account: &'a Account,
    now: Timestamp,
    all: Vec<Command>,
}

impl Moves<'_> {
    fn add(&mut self, action: Action, actor: Actor) {
        self.all.push(action.by(actor));
    }

    /// By the first of those who may send it.
    fn usual(&mut self, action: Action) {
        let actor = action.tag().actors()[0];
        self.add(action, actor);
    }

    /// An instant so many microseconds from now.
    fn in_micros(&self, micros: i64) -> Timestamp {
        Timestamp::from_micros(self.now.as_micros() + micros).unwrap()
    }

    fn quote(&self, price: Amount) -> Quote {
        Quote::agreed(price, self.policy.numbers().currency, text("agreed"))
    }

    /// The number that the next charge will have: of no charge yet.
    fn next_charge(&self) -> ChargeNumber {
        let open = self.account.open_charge().map_or(0, |charge| charge.number.0);
        let ended = self.account.charges().last().map_or(0, |charge| charge.number.0);
        ChargeNumber(open.max(ended) + 1)
    }
}

pub const MINUTE: i64 = 60_000_000;
pub const HOUR: i64 = 60 * MINUTE;

pub fn amount(text: &str) -> Amount {
    text.parse().unwrap()
}

pub fn text<const MAX: usize>(text: &str) -> prepaid::Text<MAX> {
    text.parse().unwrap()
}

/// One unit of the last digit more, and less.
fn more(amount: Amount) -> Amount {
    amount.checked_add(Amount::SMALLEST).unwrap()
}

fn less(amount: Amount) -> Option<Amount> {
    amount.checked_sub(Amount::SMALLEST).ok()
}

pub fn key(n: u128) -> KeyId {
    KeyId(Uuid::from_u128(n))
}

fn call(n: u128) -> CallId {
    CallId(Uuid::from_u128(n))
}

fn grant_id(n: u128) -> GrantId {
    GrantId(Uuid::from_u128(n))
}

pub fn open() -> Action {
    Action::Open {
        account: AccountId(Uuid::from_u128(1)),
        owner: OwnerId(Uuid::from_u128(2)),
        currency: None,
    }
}

pub fn accept(version: &str) -> Command {
    Action::AcceptTerms { version: version.parse().unwrap(), by: text("Ada"), entity: None }.by(Actor::Owner)
}

pub fn choose_use() -> Command {
    Action::ChooseUse { kind: UseKind::Personal, billing_ref: None, billing_digest: None }.by(Actor::Owner)
}

/// The first two are tokens of one card.
pub fn link(n: usize) -> Command {
    let (token, fingerprint) = [("pm_1", "fp_1"), ("pm_2", "fp_1"), ("pm_3", "fp_2")][n - 1];
    Action::LinkPaymentMethod {
        token: token.parse().unwrap(),
        fingerprint: Some(fingerprint.parse().unwrap()),
        brand: "visa".parse().unwrap(),
        last_four: "4242".parse().unwrap(),
        expires: "2031-01".parse().unwrap(),
    }
    .by(Actor::Owner)
}

/// A card that no scene links.
pub fn other_method() -> Command {
    Action::LinkPaymentMethod {
        token: "pm_9".parse().unwrap(),
        fingerprint: Some("fp_9".parse().unwrap()),
        brand: "visa".parse().unwrap(),
        last_four: "1881".parse().unwrap(),
        expires: "2031-01".parse().unwrap(),
    }
    .by(Actor::Owner)
}

pub fn create_key(n: u8) -> Command {
    new_key(n, None).by(Actor::Owner)
}

fn new_key(n: u8, expires_at: Option<Timestamp>) -> Action {
    Action::CreateKey {
        key: key(u128::from(n)),
        digest: Digest([n; 32]),
        shown: "ppk_A1b2".parse().unwrap(),
        label: None,
        expires_at,
    }
}
