//! The policy that the model's numbers describe, and the funded account that every trace begins with.

use prepaid::{
    Account, AccountId, Action, Actor, Amount, ChargeNumber, Digest, KeyId, OwnerId, Policy, PolicyNumbers,
    Span, Timestamp, UseKind, step,
};
use uuid::Uuid;

/// Must say what the head of `state.qnt` says.
pub fn policy() -> Policy {
    let span = |text: &str| text.parse::<Span>().unwrap();
    Policy::new(PolicyNumbers {
        target_max: thousandths(100_000),
        manual_max: thousandths(50_000),
        maximum_balance: thousandths(100_000),
        places_in_flight: 3,
        retries: vec![span("1h"), span("24h")],
        failures_bound: 3,
        failures_window: span("10d"),
        ..PolicyNumbers::documented()
    })
    .unwrap()
}

/// An amount in thousandths of the currency unit.
pub fn thousandths(amount: i64) -> Amount {
    format!("{}.{:03}", amount / 1_000, amount % 1_000).parse().unwrap()
}

/// The minute of a trace; it begins with 2025.
pub fn minute(n: i64) -> Timestamp {
    Timestamp::from_micros((BEGINNING + n) * 60_000_000).unwrap()
}

/// 2025-01-01T00:00:00Z, in minutes.
pub const BEGINNING: i64 = 1_735_689_600 / 60;

pub const KEY: KeyId = KeyId(Uuid::from_u128(1));

/// A and A2 are two tokens of one fingerprint; B has none, so its token stands in.
pub fn method(token: &str) -> Action {
    Action::LinkPaymentMethod {
        token: token.parse().unwrap(),
        fingerprint: token.starts_with('A').then(|| "A".parse().unwrap()),
        brand: "visa".parse().unwrap(),
        last_four: "4242".parse().unwrap(),
        expires: "2031-01".parse().unwrap(),
    }
}

/// Funded with 20.00 by its first key, at the beginning.
pub fn funded(policy: &Policy) -> Account {
    let mut account = Account::default();
    let reference = "ch_1".parse().unwrap();
    let life = [
        (
            Action::Open {
                account: AccountId(Uuid::from_u128(1)),
                owner: OwnerId(Uuid::from_u128(2)),
                currency: None,
            },
            Actor::Owner,
        ),
        (
            Action::AcceptTerms {
                version: "TOS_2024_04_20".parse().unwrap(),
                by: "Ada".parse().unwrap(),
                entity: None,
            },
            Actor::Owner,
        ),
        (
            Action::ChooseUse { kind: UseKind::Personal, billing_ref: None, billing_digest: None },
            Actor::Owner,
        ),
        (method("A"), Actor::Owner),
        (
            Action::CreateKey {
                key: KEY,
                digest: Digest([1; 32]),
                shown: "ppk_A1b2".parse().unwrap(),
                label: None,
                expires_at: None,
            },
            Actor::Owner,
        ),
        (
            Action::ChargeSucceeded { charge: ChargeNumber(1), amount: thousandths(20_000), reference },
            Actor::Provider,
        ),
    ];
    for (action, actor) in life {
        step(&mut account, policy, &action.by(actor), minute(0)).unwrap();
    }
    account
}
