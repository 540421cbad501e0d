//! C6. What a key may have: a label, an expiry. (Its own spending limit is not built yet.)

use crate::life::{Life, call, digest, key, new_key, price, time};
use prepaid::{Action, KeyRefusal, Label, Rejection, RevokeFor, StageTag, TextError};

const NOTHING: [&str; 0] = [];

fn create(n: u8, label: Option<&str>, expires_at: Option<&str>) -> Action {
    Action::CreateKey {
        key: key(u128::from(n)),
        digest: digest(n),
        shown: "ppk_A1b2".parse().unwrap(),
        label: label.map(|label| label.parse().unwrap()),
        expires_at: expires_at.map(time),
    }
}

fn relabel(n: u128, label: Option<&str>) -> Action {
    Action::RelabelKey { key: key(n), label: label.map(|label| label.parse().unwrap()) }
}

fn label_of(life: &Life, n: u128) -> Option<String> {
    let found = life.account.keys().iter().find(|found| found.id == key(n)).unwrap();
    found.label.as_ref().map(ToString::to_string)
}

// 64 characters at most: characters as people count them, not bytes.
#[test]
fn c6_a_label_has_at_most_64_characters() {
    for (text, answer) in [
        ("x".repeat(64), Ok(())),
        ("x".repeat(65), Err(TextError::TooLong(64))),
        ("é".repeat(64), Ok(())),
        ("é".repeat(65), Err(TextError::TooLong(64))),
        ("x".to_string(), Ok(())),
        (String::new(), Err(TextError::Empty)),
        ("two\nlines".to_string(), Err(TextError::Control)),
    ] {
        assert_eq!(text.parse::<Label>().map(|_| ()), answer, "{text:?}");
    }
}

#[test]
fn c6_a_key_may_have_a_label_and_another_later() {
    let mut life = Life::funded();
    assert_eq!(life.owner(create(2, Some("laptop"), None)).unwrap(), ["key_created"]);
    assert_eq!(label_of(&life, 1), None);
    assert_eq!(label_of(&life, 2), Some("laptop".to_string()));
    assert_eq!(life.owner(relabel(2, Some("server"))).unwrap(), ["key_relabelled"]);
    assert_eq!(label_of(&life, 2), Some("server".to_string()));
    assert_eq!(life.owner(relabel(2, Some("server"))).unwrap(), NOTHING);
    assert_eq!(life.operator(relabel(2, None)).unwrap(), ["key_relabelled"]);
    assert_eq!(label_of(&life, 2), None);
    assert_eq!(label_of(&life, 1), None);
    assert_eq!(life.owner(relabel(2, None)).unwrap(), NOTHING);
    assert_eq!(life.owner(relabel(9, None)), Err(Rejection::KeyUnknown { key: key(9) }));
}

#[test]
fn c6_the_first_key_may_have_them_too() {
    let mut life = Life::at_stage(StageTag::Linked);
    life.owner(create(1, Some("laptop"), Some("2025-02-01T00:00:00Z"))).unwrap();
    assert_eq!(life.owner(relabel(1, None)), Err(Rejection::KeyInactive { key: key(1) }));
    life.charge_succeeds().unwrap();
    assert_eq!(label_of(&life, 1), Some("laptop".to_string()));
    life.at("2025-01-31T23:59:59.999999Z");
    assert_eq!(life.authenticates(1), Ok(1));
    life.at("2025-02-01T00:00:00Z");
    assert_eq!(life.authenticates(1), Err(KeyRefusal::Expired { at: time("2025-02-01T00:00:00Z") }));
}

// A key has expired from the instant of its expiry on, to the microsecond.
#[test]
fn c6_a_key_expires_to_the_microsecond() {
    let expiry = "2025-01-01T12:00:00.000001Z";
    let mut life = Life::funded();
    life.owner(create(2, None, Some(expiry))).unwrap();
    let spend = |n| Action::ChargeCall { call: call(n), key: key(2), quote: price("1") };

    life.at("2025-01-01T12:00:00Z");
    assert_eq!(life.authenticates(2), Ok(2));
    assert_eq!(life.gateway(spend(1)).unwrap(), ["call_charged"]);

    life.at(expiry);
    assert_eq!(life.authenticates(2), Err(KeyRefusal::Expired { at: time(expiry) }));
    let expired = Rejection::KeyExpired { key: key(2), expired_at: time(expiry) };
    assert_eq!(life.gateway(spend(2)), Err(expired));
    // The others go on; and what has expired can still be revoked.
    assert_eq!(life.authenticates(1), Ok(1));
    assert_eq!(life.revokes(2, RevokeFor::Leaked).unwrap(), ["key_revoked"]);
}

// An expiry changes an answer and no state: nothing is due then.
#[test]
fn c6_an_expiry_is_no_deadline() {
    let mut life = Life::funded();
    life.owner(create(2, None, Some("2025-01-01T12:00:00Z"))).unwrap();
    assert_eq!(prepaid::next_deadline(&life.account), None);
    assert_eq!(life.at("2025-01-02T00:00:00Z").tick().unwrap(), NOTHING);
}

#[test]
fn c6_an_expiry_lies_after_now() {
    let (now, just_after) = ("2025-01-01T00:00:00Z", "2025-01-01T00:00:00.000001Z");
    for stage in [StageTag::Linked, StageTag::Active] {
        for past in [now, "2024-12-31T23:59:59.999999Z"] {
            let refused = Rejection::TimeOutOfBounds {
                field: "expires_at",
                given: time(past),
                after: time(now),
                not_after: None,
            };
            assert_eq!(Life::at_stage(stage).owner(create(2, None, Some(past))), Err(refused));
        }
        let mut life = Life::at_stage(stage);
        life.owner(create(2, None, Some(just_after))).unwrap();
    }
}

#[test]
fn c6_a_key_without_an_expiry_does_not_expire() {
    let mut life = Life::funded();
    life.owner(new_key(2)).unwrap();
    life.at("9999-12-31T23:59:59Z");
    assert_eq!(life.authenticates(2), Ok(2));
}
