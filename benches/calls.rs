//! What a call costs: `cargo bench`. Absolute times say little on a shared machine; compare rows of one run.
#![expect(
    clippy::unwrap_used,
    clippy::arithmetic_side_effects,
    reason = "a bench stops at the first surprise"
)]

use divan::{Bencher, black_box};
use prepaid::{
    Account, AccountId, Action, Actor, CallId, Command, Currency, Digest, KeyId, OwnerId, Policy, Quote,
    Timestamp, UseKind, step,
};
use rust_decimal::Decimal;
use uuid::Uuid;

fn main() {
    divan::main();
}

fn uuid(n: u128) -> Uuid {
    Uuid::from_u128(n)
}

fn now() -> Timestamp {
    "2025-01-01T00:00:00Z".parse().unwrap()
}

/// Active, with two keys, the documented top-up and this many open calls.
fn account(open: u128) -> (Account, Policy) {
    let (mut account, policy) = (Account::default(), Policy::default());
    let key = |n: u8| Action::CreateKey {
        key: KeyId(uuid(u128::from(n))),
        digest: Digest([n; 32]),
        shown: "ppk_A1b2".parse().unwrap(),
        label: None,
        expires_at: None,
    };
    let owner = [
        Action::Open { account: AccountId(uuid(1)), owner: OwnerId(uuid(2)), currency: None },
        Action::AcceptTerms {
            version: "TOS_2024_04_20".parse().unwrap(),
            by: "Ada".parse().unwrap(),
            entity: None,
        },
        Action::ChooseUse { kind: UseKind::Personal, billing_ref: None, billing_digest: None },
        Action::LinkPaymentMethod {
            token: "pm_1".parse().unwrap(),
            fingerprint: None,
            brand: "visa".parse().unwrap(),
            last_four: "4242".parse().unwrap(),
            expires: "2031-01".parse().unwrap(),
        },
        key(1),
    ];
    for action in owner {
        step(&mut account, &policy, &action.by(Actor::Owner), now()).unwrap();
    }
    let taken = Action::ChargeSucceeded {
        charge: account.open_charge().unwrap().number,
        amount: account.open_charge().unwrap().amount,
        reference: "ch_1".parse().unwrap(),
    };
    step(&mut account, &policy, &taken.by(Actor::Provider), now()).unwrap();
    step(&mut account, &policy, &key(2).by(Actor::Owner), now()).unwrap();
    for call in 0..open {
        step(&mut account, &policy, &authorize(call), now()).unwrap();
    }
    (account, policy)
}

fn quote(price: &str) -> Quote {
    Quote::agreed(price.parse().unwrap(), Currency::USD, "agreed".parse().unwrap())
}

fn authorize(call: u128) -> Command {
    let (call, key) = (CallId(uuid(call)), KeyId(uuid(2)));
    Action::AuthorizeCall { call, key, quote: quote("0.000001"), units: 1 }.by(Actor::Gateway)
}

fn charge(price: &str) -> Command {
    let (call, key) = (CallId(uuid(100)), KeyId(uuid(2)));
    Action::ChargeCall { call, key, quote: quote(price) }.by(Actor::Gateway)
}

/// The yardstick: a guarded subtraction on `Decimal`.
#[divan::bench]
fn raw_guarded_subtraction(bencher: Bencher<'_, '_>) {
    let price = Decimal::new(1, 6);
    let mut balance = Decimal::new(20_000_000, 3);
    bencher.bench_local(|| {
        if black_box(balance) >= black_box(price) {
            balance -= black_box(price);
        }
        balance
    });
}

#[divan::bench]
fn one_step_call(bencher: Bencher<'_, '_>) {
    let (mut account, policy) = account(8);
    let (command, now) = (charge("0.000000000001"), now());
    bencher.bench_local(|| drop(step(black_box(&mut account), &policy, black_box(&command), now)));
}

#[divan::bench]
fn authorize_and_settle(bencher: Bencher<'_, '_>) {
    let (mut account, policy) = account(8);
    let (admit, now) = (authorize(100), now());
    let settle = Action::SettleCall { call: CallId(uuid(100)), amount: None }.by(Actor::Gateway);
    bencher.bench_local(|| {
        drop(step(black_box(&mut account), &policy, black_box(&admit), now));
        drop(step(black_box(&mut account), &policy, black_box(&settle), now));
    });
}

#[divan::bench]
fn refused_call(bencher: Bencher<'_, '_>) {
    let (mut account, policy) = account(8);
    let (command, now) = (charge("80"), now());
    bencher.bench_local(|| drop(step(black_box(&mut account), &policy, black_box(&command), now)));
}
