//! A call allocates nothing: counted, on an account in the middle of its life.
#![expect(clippy::unwrap_used, reason = "tests stop at the first surprise")]

use prepaid::{
    Account, AccountId, Action, Actor, CallId, Command, Currency, Digest, GrantId, KeyId, KeyLimit, OwnerId,
    Policy, PolicyNumbers, Quote, Setting, Timestamp, UseKind, Window, step,
};
use uuid::Uuid;

fn allocations(work: impl FnOnce()) -> u64 {
    allocation_counter::measure(work).count_total
}

fn uuid(n: u128) -> Uuid {
    Uuid::from_u128(n)
}

fn now() -> Timestamp {
    "2025-01-01T00:00:00Z".parse().unwrap()
}

/// Active, funded to 80.00, with two keys and eight open calls.
fn account() -> (Account, Policy) {
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
        Action::SetTopUp {
            threshold: Some("5".parse().unwrap()),
            target: Some("80".parse().unwrap()),
            enabled: None,
            monthly_cap: Setting::Kept,
            daily_count: Setting::Kept,
        },
        key(1),
    ];
    for action in owner {
        step(&mut account, &policy, &action.by(Actor::Owner), now()).unwrap();
    }
    let charge = account.open_charge().unwrap();
    let (charge, amount) = (charge.number, charge.amount);
    let taken = Action::ChargeSucceeded { charge, amount, reference: "ch_1".parse().unwrap() };
    step(&mut account, &policy, &taken.by(Actor::Provider), now()).unwrap();
    step(&mut account, &policy, &key(2).by(Actor::Owner), now()).unwrap();
    for call in 0..8 {
        step(&mut account, &policy, &authorize(call, "0.06"), now()).unwrap();
    }
    (account, policy)
}

fn quote(price: &str) -> Quote {
    Quote::agreed(price.parse().unwrap(), Currency::USD, "agreed".parse().unwrap())
}

fn authorize(call: u128, price: &str) -> Command {
    let (call, key) = (CallId(uuid(call)), KeyId(uuid(2)));
    Action::AuthorizeCall { call, key, quote: quote(price), units: 1 }.by(Actor::Gateway)
}

fn charge(call: u128, price: &str) -> Command {
    Action::ChargeCall { call: CallId(uuid(call)), key: KeyId(uuid(2)), quote: quote(price) }
        .by(Actor::Gateway)
}

#[test]
fn a_one_step_call_allocates_nothing() {
    let (mut account, policy) = account();
    let command = charge(100, "0.025");
    let count = allocations(|| drop(step(&mut account, &policy, &command, now()).unwrap()));
    assert_eq!(count, 0);
}

#[test]
fn authorising_and_settling_allocate_nothing() {
    let (mut account, policy) = account();
    let settle = Action::SettleCall { call: CallId(uuid(100)), amount: None }.by(Actor::Gateway);
    let release = Action::ReleaseCall { call: CallId(uuid(0)) }.by(Actor::Gateway);
    // The ninth open call may make room for more; from then on the room is there.
    step(&mut account, &policy, &authorize(99, "0.06"), now()).unwrap();
    let authorize = authorize(100, "0.06");
    assert_eq!(allocations(|| drop(step(&mut account, &policy, &authorize, now()).unwrap())), 0);
    assert_eq!(allocations(|| drop(step(&mut account, &policy, &settle, now()).unwrap())), 0);
    assert_eq!(allocations(|| drop(step(&mut account, &policy, &release, now()).unwrap())), 0);
}

/// The same account with three grants: one that is spent first, one with an expiry, one after the purchased credit; and
/// limits on key and account.
fn account_with_grants() -> (Account, Policy) {
    let (mut account, policy) = account();
    let grant = |n: u128, priority, expires: Option<&str>| Action::IssueGrant {
        grant: GrantId(uuid(n)),
        amount: "0.5".parse().unwrap(),
        source: "welcome".parse().unwrap(),
        priority,
        effective_at: None,
        expires_at: expires.map(|text| text.parse().unwrap()),
    };
    for action in [grant(1, -1, None), grant(2, 0, Some("2025-02-01T00:00:00Z")), grant(3, 5, None)] {
        step(&mut account, &policy, &action.by(Actor::Operator), now()).unwrap();
    }
    let limit = Some(KeyLimit { amount: "50".parse().unwrap(), window: Window::Day });
    let key = KeyId(uuid(2));
    step(&mut account, &policy, &Action::LimitKey { key, limit }.by(Actor::Owner), now()).unwrap();
    let limit = Action::LimitSpending { limit: Some("60".parse().unwrap()) };
    step(&mut account, &policy, &limit.by(Actor::Owner), now()).unwrap();
    (account, policy)
}

/// From one grant, and from all three at once and the purchased credit between them.
#[test]
fn a_one_step_call_allocates_nothing_with_three_grants() {
    for price in ["0.025", "0.7", "45"] {
        let (mut account, policy) = account_with_grants();
        let command = charge(100, price);
        let count = allocations(|| drop(step(&mut account, &policy, &command, now()).unwrap()));
        assert_eq!(count, 0, "{price}");
    }
}

#[test]
fn authorising_and_settling_allocate_nothing_with_three_grants() {
    for price in ["0.025", "0.7", "40"] {
        let (mut account, policy) = account_with_grants();
        let end = |call: u128| CallId(uuid(call));
        let settle = Action::SettleCall { call: end(100), amount: Some("0.02".parse().unwrap()) };
        let release = Action::ReleaseCall { call: end(101) }.by(Actor::Gateway);
        // The first holds may make room in the lists of open calls and allotments; from then on the room is there.
        for (call, price) in [(98, price), (99, "0.3")] {
            step(&mut account, &policy, &authorize(call, price), now()).unwrap();
        }
        for call in [98, 99] {
            let release = Action::ReleaseCall { call: end(call) }.by(Actor::Gateway);
            step(&mut account, &policy, &release, now()).unwrap();
        }
        let (first, settle) = (authorize(100, price), settle.by(Actor::Gateway));
        let second = authorize(101, "0.3");
        for command in [&first, &second, &settle, &release] {
            let count = allocations(|| drop(step(&mut account, &policy, command, now()).unwrap()));
            assert_eq!(count, 0, "{price}: {:?}", command.action.tag());
        }
    }
}

#[test]
fn a_call_refused_by_a_limit_allocates_nothing() {
    let (mut account, policy) = account_with_grants();
    for price in ["50.000000000001", "55"] {
        let command = charge(100, price);
        assert_eq!(allocations(|| drop(step(&mut account, &policy, &command, now()).unwrap_err())), 0);
    }
}

/// Refused for the credit, for a repeated id, for the key, by a suspension, after the grace of newer terms; each with
/// nothing due, for what is due is tried on a copy of the account.
#[test]
fn a_refused_call_allocates_nothing() {
    let (mut account, policy) = account();
    let newer =
        PolicyNumbers { terms_required: "TOS_2024_12".parse().unwrap(), ..PolicyNumbers::documented() };
    let newer = Policy::new(newer).unwrap();
    let unknown = Action::ChargeCall { call: CallId(uuid(100)), key: KeyId(uuid(9)), quote: quote("0.06") };
    for (policy, command) in [
        (&policy, charge(100, "80")),
        (&policy, charge(0, "0.06")),
        (&policy, unknown.by(Actor::Gateway)),
        (&newer, charge(100, "0.06")),
    ] {
        assert_eq!(allocations(|| drop(step(&mut account, policy, &command, now()).unwrap_err())), 0);
    }
    let suspend = Action::Suspend { reason: "fraud".parse().unwrap() }.by(Actor::Operator);
    step(&mut account, &policy, &suspend, now()).unwrap();
    let command = charge(100, "0.06");
    assert_eq!(allocations(|| drop(step(&mut account, &policy, &command, now()).unwrap_err())), 0);
}

#[test]
fn the_counter_counts() {
    assert_eq!(allocations(|| drop(std::hint::black_box(Box::new(1)))), 1);
}
