//! C. Keys.

use crate::life::{Answer, Life, call, digest, key, new_key, price, time};
use prepaid::{
    Action, Digest, DigestError, KeyRefusal, KeyState, PolicyNumbers, Rejection, RevokeFor, RevokeReason,
    Shown, ShownError, StageTag,
};

const NOTHING: [&str; 0] = [];

/// A one-step call at this price, with the n-th key.
fn spends_with(life: &mut Life, n: u128, id: u128, text: &str) -> Answer {
    life.gateway(Action::ChargeCall { call: call(id), key: key(n), quote: price(text) })
}

fn shown(n: u8, shown: &str) -> Action {
    Action::CreateKey {
        key: key(u128::from(n)),
        digest: digest(n),
        shown: shown.parse().unwrap(),
        label: None,
        expires_at: None,
    }
}

/// The n-th key, valid until this instant.
fn expiring(n: u8, at: &str) -> Action {
    Action::CreateKey {
        key: key(u128::from(n)),
        digest: digest(n),
        shown: "ppk_A1b2".parse().unwrap(),
        label: None,
        expires_at: Some(time(at)),
    }
}

fn with_bound(keys_ever: u16) -> Life {
    let numbers = PolicyNumbers { keys_ever, ..PolicyNumbers::documented() };
    Life::under(numbers).on_to(StageTag::Active)
}

// C1: any number of keys; all spend the same balance; later keys cost nothing.
#[test]
fn c1_all_keys_spend_the_same_balance() {
    let mut life = Life::funded();
    for n in 2..=5 {
        assert_eq!(life.owner(new_key(n)).unwrap(), ["key_created"]);
        assert_eq!(life.authenticates(n), Ok(u32::from(n)));
    }
    life.posted_is("20");
    life.asks_for_nothing();
    for n in 1..=5 {
        spends_with(&mut life, n, n, "1").unwrap();
    }
    life.posted_is("15");
}

// Up to the policy's bound on keys ever created: revoked ones count.
#[test]
fn c1_keys_up_to_the_bound_on_keys_ever_created() {
    let mut life = with_bound(3);
    life.owner(new_key(2)).unwrap();
    life.revokes(2, RevokeFor::Requested).unwrap();
    assert_eq!(life.owner(new_key(3)).unwrap(), ["key_created"]);
    assert_eq!(life.owner(new_key(4)), Err(Rejection::TooManyKeys { bound: 3 }));
    life.revokes(1, RevokeFor::Requested).unwrap();
    assert_eq!(life.owner(new_key(4)), Err(Rejection::TooManyKeys { bound: 3 }));
    // A repeated request asks for no other key.
    assert_eq!(life.owner(new_key(3)).unwrap(), NOTHING);
}

#[test]
fn c1_a_bound_of_one_is_the_first_key() {
    let mut life = with_bound(1);
    assert_eq!(life.owner(new_key(2)), Err(Rejection::TooManyKeys { bound: 1 }));
}

// A first key that was dropped never became one.
#[test]
fn c1_a_key_that_never_became_active_does_not_count() {
    let numbers = PolicyNumbers { keys_ever: 1, ..PolicyNumbers::documented() };
    let mut life = Life::under(numbers).on_to(StageTag::Funding);
    life.revokes(1, RevokeFor::Requested).unwrap();
    life.charge_succeeds().unwrap();
    assert_eq!(life.owner(new_key(2)).unwrap(), ["key_created"]);
    assert_eq!(life.owner(new_key(3)), Err(Rejection::TooManyKeys { bound: 1 }));
}

// C3: the prefix and the first few random characters, as many as the policy shows.
#[test]
fn c3_as_many_random_characters_as_the_policy_shows() {
    for (policy, text, given) in
        [(4, "ppk_A1b2", 4), (4, "ppk_A1b2c", 5), (1, "ppk_A", 1), (1, "ppk_A1", 2), (8, "ppk_A1b2c3d4", 8)]
    {
        let numbers = PolicyNumbers { shown_characters: policy, ..PolicyNumbers::documented() };
        let mut life = Life::under(numbers);
        life = life.on_to(StageTag::Linked);
        let answer = life.owner(shown(1, text));
        if given <= policy {
            assert_eq!(answer.unwrap(), ["first_key_requested", "charge_requested"], "{text} of {policy}");
            assert_eq!(life.account.pending_key().unwrap().shown.to_string(), text);
        } else {
            assert_eq!(answer, Err(Rejection::ShownTooLong { given, at_most: policy }));
        }
    }
}

#[test]
fn c3_later_keys_too() {
    let mut life = Life::funded();
    let refused = Rejection::ShownTooLong { given: 5, at_most: 4 };
    assert_eq!(life.owner(shown(2, "ppk_A1b2c")), Err(refused));
    assert_eq!(life.owner(shown(2, "ppk_A1b")).unwrap(), ["key_created"]);
}

#[test]
fn c3_a_policy_shows_from_one_to_eight() {
    for (count, fine) in [(0, false), (1, true), (8, true), (9, false)] {
        let numbers = PolicyNumbers { shown_characters: count, ..PolicyNumbers::documented() };
        let faults = prepaid::Policy::new(numbers).map_err(|faults| {
            faults.0.into_iter().map(|fault| (fault.field, fault.value)).collect::<Vec<_>>()
        });
        let expected = if fine { None } else { Some(vec![("shown_characters", count.to_string())]) };
        assert_eq!(faults.err(), expected, "{count}");
    }
}

#[test]
fn c3_what_is_a_shown_part() {
    for text in ["ppk_A", "ppk_A1b2", "ppk_A1b2c3d4", "a1b2c3d4e5f6g7h8_A1b2c3d4"] {
        assert_eq!(text.parse::<Shown>().unwrap().to_string(), text);
    }
    for text in [
        "",
        "ppk",
        "ppk_",
        "_A1b2",
        "ppk_A1b2c3d4e",
        "a1b2c3d4e5f6g7h8i_A1b2",
        "PPK_A1b2",
        "ppk_A1-2",
        "ppk_A1_2",
        "ppk_A1é",
        "ppk A1b2",
        "ppk_...2",
    ] {
        assert_eq!(text.parse::<Shown>(), Err(ShownError), "{text:?}");
    }
}

// C4: digests are compared as a whole; a difference of one bit is a difference, wherever it is.
#[test]
fn c4_digests_that_differ_in_one_bit_do_not_match() {
    let one = Digest([0b1010_0101; 32]);
    assert!(one.matches(&Digest([0b1010_0101; 32])));
    for at in 0..32 {
        for bit in 0..8 {
            let mut bytes = one.0;
            *bytes.get_mut(at).unwrap() ^= 1 << bit;
            assert!(!one.matches(&Digest(bytes)), "byte {at}, bit {bit}");
            assert_ne!(one, Digest(bytes));
        }
    }
}

// Two differences that cancel each other out are still differences.
#[test]
fn c4_differences_do_not_cancel_out() {
    let mut bytes = [7; 32];
    *bytes.get_mut(3).unwrap() ^= 0b100;
    *bytes.get_mut(9).unwrap() ^= 0b100;
    assert!(!Digest([7; 32]).matches(&Digest(bytes)));
}

#[test]
fn c4_a_digest_is_64_lower_case_hexadecimal_digits() {
    let text = "0123456789abcdef".repeat(4);
    assert_eq!(text.parse::<Digest>().unwrap().to_string(), text);
    let upper = "0123456789ABCDEF".repeat(4);
    for wrong in
        ["", &text.replacen('0', "", 1), &format!("{text}0"), &upper, &"g".repeat(64), &"é".repeat(32)]
    {
        assert_eq!(wrong.parse::<Digest>(), Err(DigestError), "{wrong:?}");
    }
}

#[test]
fn c4_a_digest_stands_for_one_key() {
    let mut life = Life::funded();
    let with_the_first_digest = Action::CreateKey {
        key: key(2),
        digest: digest(1),
        shown: "ppk_A1b2".parse().unwrap(),
        label: None,
        expires_at: None,
    };
    let conflict = Rejection::KeyConflict { key: key(2) };
    assert_eq!(life.owner(with_the_first_digest.clone()), Err(conflict.clone()));
    // Also with that of a revoked key, and with that of the pending one.
    life.revokes(1, RevokeFor::Leaked).unwrap();
    assert_eq!(life.owner(with_the_first_digest.clone()), Err(conflict.clone()));
    let mut pending = Life::at_stage(StageTag::Funding);
    assert_eq!(pending.owner(with_the_first_digest), Err(conflict));
}

// C5: revoking is immediate, permanent, and again without effect; the reason is kept.
#[test]
fn c5_revoking_is_immediate() {
    let mut life = Life::funded();
    life.owner(new_key(2)).unwrap();
    assert_eq!(life.revokes(1, RevokeFor::Leaked).unwrap(), ["key_revoked"]);
    assert_eq!(life.authenticates(1), Err(KeyRefusal::Revoked));
    assert_eq!(life.spends("1"), Err(Rejection::KeyRevoked { key: key(1) }));
    assert_eq!(life.authorizes(1, "0"), Err(Rejection::KeyRevoked { key: key(1) }));
    // The others go on.
    assert_eq!(spends_with(&mut life, 2, 1, "1").unwrap(), ["call_charged"]);
}

#[test]
fn c5_the_reason_and_the_time_are_kept() {
    for (reason, kept) in
        [(RevokeFor::Requested, RevokeReason::Requested), (RevokeFor::Leaked, RevokeReason::Leaked)]
    {
        let mut life = Life::funded();
        life.at("2025-01-01T12:00:00Z").revokes(1, reason).unwrap();
        let at = time("2025-01-01T12:00:00Z");
        // Again, later, by somebody else, for another reason: nothing changes.
        for again in [RevokeFor::Requested, RevokeFor::Leaked] {
            life.later("1h");
            assert_eq!(life.revokes(1, again).unwrap(), NOTHING);
            assert_eq!(life.operator(Action::RevokeKey { key: key(1), reason: again }).unwrap(), NOTHING);
        }
        // It stays in the history.
        let states: Vec<_> = life.account.keys().iter().map(|key| (key.id, key.state)).collect();
        assert_eq!(states, [(key(1), KeyState::Revoked { reason: kept, at })]);
    }
}

#[test]
fn c5_a_revoked_key_never_works_again() {
    let mut life = Life::funded();
    life.revokes(1, RevokeFor::Requested).unwrap();
    // Asking for it again, relabelling it, another card, another day: it stays revoked.
    assert_eq!(life.owner(new_key(1)).unwrap(), NOTHING);
    let label = Some("again".parse().unwrap());
    life.owner(Action::RelabelKey { key: key(1), label }).unwrap();
    life.owner(crate::life::card("card-2")).unwrap();
    life.later("365d");
    assert_eq!(life.authenticates(1), Err(KeyRefusal::Revoked));
    assert_eq!(life.spends("1"), Err(Rejection::KeyRevoked { key: key(1) }));
}

#[test]
fn c5_the_operator_may_revoke_too() {
    let mut life = Life::funded();
    let revoke = Action::RevokeKey { key: key(1), reason: RevokeFor::Leaked };
    assert_eq!(life.operator(revoke).unwrap(), ["key_revoked"]);
    assert_eq!(life.authenticates(1), Err(KeyRefusal::Revoked));
}

#[test]
fn c5_what_was_admitted_before_is_still_billed() {
    let mut life = Life::funded();
    life.authorizes(1, "2").unwrap();
    life.revokes(1, RevokeFor::Leaked).unwrap();
    assert_eq!(life.settles(1, "2").unwrap(), ["call_settled"]);
    life.posted_is("18");
}

// C7: authentication answers which key, or one of four different refusals.
#[test]
fn c7_authentication_says_which_key_or_why_not() {
    let mut life = Life::at_stage(StageTag::Funding);
    assert_eq!(life.authenticates(1), Err(KeyRefusal::Inactive));
    assert_eq!(life.authenticates(9), Err(KeyRefusal::Unknown));
    life = life.on_to(StageTag::Active);
    life.owner(new_key(2)).unwrap();
    life.owner(expiring(3, "2025-01-01T01:00:00Z")).unwrap();
    life.revokes(2, RevokeFor::Requested).unwrap();
    life.at("2025-01-01T01:00:00Z");
    let found = life.account.authenticate(&digest(1), life.now).unwrap();
    assert_eq!((found.id, found.number.0), (key(1), 1));
    assert_eq!(life.authenticates(2), Err(KeyRefusal::Revoked));
    assert_eq!(life.authenticates(3), Err(KeyRefusal::Expired { at: time("2025-01-01T01:00:00Z") }));
    assert_eq!(life.authenticates(9), Err(KeyRefusal::Unknown));
    assert_eq!(Life::vacant().authenticates(1), Err(KeyRefusal::Unknown));
}

#[test]
fn c7_of_revoked_and_expired_it_says_revoked() {
    let mut life = Life::funded();
    life.owner(expiring(2, "2025-01-01T01:00:00Z")).unwrap();
    life.at("2025-01-01T02:00:00Z").revokes(2, RevokeFor::Leaked).unwrap();
    assert_eq!(life.authenticates(2), Err(KeyRefusal::Revoked));
    assert_eq!(spends_with(&mut life, 2, 1, "1"), Err(Rejection::KeyRevoked { key: key(2) }));
}

// A call gives the same answers.
#[test]
fn c7_a_call_is_refused_for_the_same_reasons() {
    let mut life = Life::funded();
    life.owner(new_key(2)).unwrap();
    life.owner(expiring(3, "2025-01-01T01:00:00Z")).unwrap();
    life.revokes(2, RevokeFor::Requested).unwrap();
    life.at("2025-01-01T01:00:00Z");
    let expired_at = time("2025-01-01T01:00:00Z");
    for (n, refusal) in [
        (2, Rejection::KeyRevoked { key: key(2) }),
        (3, Rejection::KeyExpired { key: key(3), expired_at }),
        (9, Rejection::KeyUnknown { key: key(9) }),
    ] {
        assert_eq!(spends_with(&mut life, n, 1, "1"), Err(refusal.clone()));
        let authorize = Action::AuthorizeCall { call: call(1), key: key(n), quote: price("1"), units: 1 };
        assert_eq!(life.gateway(authorize), Err(refusal));
    }
}

// Authentication looks at the account's time where the caller's clock is behind (K2).
#[test]
fn c7_a_clock_that_is_behind_revives_no_key() {
    let mut life = Life::funded();
    life.owner(expiring(2, "2025-01-01T01:00:00Z")).unwrap();
    life.at("2025-01-01T01:00:00Z").spends("1").unwrap();
    life.at("2025-01-01T00:30:00Z");
    assert_eq!(life.authenticates(2), Err(KeyRefusal::Expired { at: time("2025-01-01T01:00:00Z") }));
}
