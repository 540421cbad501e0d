//! D4, D5 and D8. How calls end. (D6: `d_expiry.rs`.)

use crate::life::{Answer, Life, amount, call, key, new_key, price, time};
use prepaid::{Action, Currency, Event, Quote, Rejection, RevokeFor, TopUpOutlook};

/// 20.00, top-up off, and call 1 open with a hold of 5.00 until 01:00.
fn one_open() -> Life {
    let mut life = Life::with_credit("20");
    life.authorizes(1, "5").unwrap();
    life
}

/// The same, expired at 01:00; it may be settled late until 01:00 the next day.
fn one_late() -> Life {
    let mut life = one_open();
    assert_eq!(life.later("1h").tick().unwrap(), ["call_expired"]);
    life
}

const DEADLINE: &str = "2025-01-01T01:00:00Z";
const LATE_UNTIL: &str = "2025-01-02T01:00:00Z";

fn not_open(n: u128) -> Answer {
    Err(Rejection::CallNotOpen { call: call(n) })
}

fn conflict(n: u128) -> Answer {
    Err(Rejection::CallConflict { call: call(n) })
}

fn above(given: &str, hold: &str) -> Answer {
    Err(Rejection::AboveHold { amount: amount(given), hold: amount(hold) })
}

// D7: a call in one step is never the call that is open or late under its id, also at the same price.
#[test]
fn d7_the_id_of_an_open_or_a_late_call_is_a_conflict() {
    for mut life in [one_open(), one_late()] {
        for price_of_it in ["5", "1"] {
            let charged = Action::ChargeCall { call: call(1), key: key(1), quote: price(price_of_it) };
            assert_eq!(life.gateway(charged), conflict(1));
        }
    }
}

// D4: settling takes at most the hold and frees the rest.
#[test]
fn d4_settling_takes_at_most_the_hold_and_frees_the_rest() {
    for (settled, posted) in [("0", "20"), ("0.008", "19.992"), ("4.99", "15.01"), ("5", "15")] {
        let mut life = one_open();
        assert_eq!(life.settles(1, settled).unwrap(), ["call_settled"]);
        assert_eq!(*life.last_event(), Event::CallSettled { call: call(1), amount: amount(settled) });
        life.posted_is(posted);
        life.held_is("0");
        life.available_is(posted);
    }
    assert_eq!(one_open().settles(1, "5.000000000001"), above("5.000000000001", "5"));
}

#[test]
fn d4_settling_without_an_amount_takes_the_whole_hold() {
    let mut life = one_open();
    assert_eq!(life.settles_whole(1).unwrap(), ["call_settled"]);
    life.posted_is("15");
    life.held_is("0");
}

// D4: one that failed or was refused before it ran is released, and costs nothing.
#[test]
fn d4_releasing_frees_the_whole_hold() {
    let mut life = one_open();
    assert_eq!(life.releases(1).unwrap(), ["call_released"]);
    life.posted_is("20");
    life.held_is("0");
}

#[test]
fn d4_an_ending_frees_its_own_hold_only() {
    let mut life = one_open();
    life.authorizes(2, "3").unwrap();
    life.settles(1, "1").unwrap();
    life.held_is("3");
    life.posted_is("19");
    life.releases(2).unwrap();
    life.held_is("0");
}

// D4: the guards of D2 are for admission only: an ending is never refused for key, suspension, terms, limits or debt.
#[test]
fn d4_an_ending_is_never_refused_for_a_guard_of_admission() {
    type Happens = fn(&mut Life);
    let since: [(&str, Happens); 6] = [
        ("the key was revoked", |life| drop(life.revokes(1, RevokeFor::Leaked).unwrap())),
        ("suspended", |life| drop(life.is_suspended_for("review").unwrap())),
        ("terms past their grace", |life| life.requires_terms("TOS_2025_06_01", "2024-06-01T00:00:00Z")),
        ("no place is left", |life| {
            life.authorizes_in(2, "0", 9).unwrap();
            life.changes_policy(|numbers| numbers.places_in_flight = 1);
        }),
        ("a debt", |life| {
            life.allows_debt("50");
            life.authorizes(2, "1").unwrap();
            life.settles(2, "30").unwrap();
            assert_eq!(life.spends("0"), Err(Rejection::Debt { debt: amount("10") }));
        }),
        ("no longer any allowed debt", |life| {
            life.allows_debt("50");
            life.authorizes(2, "1").unwrap();
            life.settles(2, "30").unwrap();
            life.allows_debt("0");
        }),
    ];
    for (what, happens) in since {
        let mut life = one_open();
        happens(&mut life);
        assert_eq!(life.clone().settles(1, "5"), Ok(vec!["call_settled"]), "{what}");
        assert_eq!(life.clone().settles_whole(1), Ok(vec!["call_settled"]), "{what}");
        assert_eq!(life.clone().releases(1), Ok(vec!["call_released"]), "{what}");
        let late = life.later("1h").settles(1, "0").unwrap();
        assert_eq!(late.last(), Some(&"call_settled_late"), "{what}, late");
    }
}

// D4: an expired key's calls end too.
#[test]
fn d4_an_ending_is_not_refused_for_an_expired_key() {
    let mut life = Life::with_credit("20");
    let mut expiring = new_key(2);
    if let Action::CreateKey { expires_at, .. } = &mut expiring {
        *expires_at = Some(time("2025-01-01T00:30:00Z"));
    }
    life.owner(expiring).unwrap();
    life.authorizes_by(1, "5", 2).unwrap();
    life.at("2025-01-01T00:30:00Z");
    let expired_at = time("2025-01-01T00:30:00Z");
    assert_eq!(life.authorizes_by(2, "5", 2), Err(Rejection::KeyExpired { key: key(2), expired_at }));
    assert_eq!(life.settles(1, "5").unwrap(), ["call_settled"]);
}

// D5: a call ends once; a second ending is refused and changes nothing (which the life checks).
#[test]
fn d5_a_second_ending_is_refused() {
    type Ends = fn(&mut Life) -> Answer;
    let endings: [(&str, Life, Ends); 5] = [
        ("settled", one_open(), |life| life.settles(1, "5")),
        ("released", one_open(), |life| life.releases(1)),
        ("settled late", one_late(), |life| life.settles(1, "5")),
        ("released late", one_late(), |life| life.releases(1)),
        ("forgotten", one_late(), |life| life.at(LATE_UNTIL).tick()),
    ];
    for (how, mut life, ends) in endings {
        ends(&mut life).unwrap();
        assert_eq!(life.settles(1, "5"), not_open(1), "{how}");
        assert_eq!(life.settles(1, "1"), not_open(1), "{how}");
        assert_eq!(life.settles_whole(1), not_open(1), "{how}");
        assert_eq!(life.releases(1), not_open(1), "{how}");
        assert_eq!(life.extends(1, time("2025-01-02T02:00:00Z")), not_open(1), "{how}");
    }
}

#[test]
fn d5_an_unknown_call_is_not_open() {
    let mut life = one_open();
    assert_eq!(life.settles(2, "1"), not_open(2));
    assert_eq!(life.releases(2), not_open(2));
    assert_eq!(life.extends(2, time("2025-01-01T02:00:00Z")), not_open(2));
}

// D5: releasing a late-expired call forgets it: it can no longer be settled, and its id is no conflict.
#[test]
fn d5_releasing_a_late_expired_call_forgets_it() {
    let mut life = one_late();
    assert_eq!(life.releases(1).unwrap(), ["call_forgotten"]);
    assert!(!life.is_late(1));
    life.posted_is("20");
    life.held_is("0");
    assert_eq!(life.authorizes(1, "5").unwrap(), ["call_authorized"]);
}

// D5: the same request again, say because the answer was lost, holds nothing twice; not even where a new call would
// be refused.
#[test]
fn d5_authorising_an_open_id_with_the_same_content_changes_nothing() {
    let mut life = Life::with_credit("5");
    life.authorizes_in(1, "5", 10).unwrap();
    life.later("30m");
    assert_eq!(life.authorizes_in(1, "5", 10), Ok(vec![]));
    life.held_is("5");
    let until = life.next_deadline();
    assert_eq!(until, Some(time(DEADLINE)), "and its deadline stays");
    life.revokes(1, RevokeFor::Requested).unwrap();
    life.is_suspended_for("review").unwrap();
    assert_eq!(life.authorizes_in(1, "5", 10), Ok(vec![]));
}

// D5: with other content (key, price, units, or where the price comes from) it is a conflict.
#[test]
fn d5_authorising_an_open_id_with_other_content_is_a_conflict() {
    let mut life = one_open();
    life.owner(new_key(2)).unwrap();
    let authorize = |by, quote, units| Action::AuthorizeCall { call: call(1), key: key(by), quote, units };
    let elsewhere = Quote::agreed(amount("5"), Currency::USD, "another contract".parse().unwrap());
    for (what, other) in [
        ("key", authorize(2, price("5"), 1)),
        ("a higher price", authorize(1, price("6"), 1)),
        ("a lower price", authorize(1, price("4"), 1)),
        ("units", authorize(1, price("5"), 2)),
        ("origin", authorize(1, elsewhere, 1)),
        ("more than there is", authorize(1, price("100"), 1)),
        ("more places than there are", authorize(1, price("5"), 11)),
        ("a one-step call", Action::ChargeCall { call: call(1), key: key(1), quote: price("5") }),
    ] {
        assert_eq!(life.gateway(other), conflict(1), "{what}");
    }
    life.held_is("5");
}

// D5: the id of a late-expired call is a conflict whatever the content, until the call is forgotten.
#[test]
fn d5_a_late_expired_id_is_a_conflict() {
    let mut life = one_late();
    assert_eq!(life.authorizes(1, "5"), conflict(1));
    assert_eq!(life.authorizes(1, "6"), conflict(1));
    let one_step = Action::ChargeCall { call: call(1), key: key(1), quote: price("5") };
    assert_eq!(life.gateway(one_step), conflict(1));
    life.at(LATE_UNTIL).micros(-1);
    assert_eq!(life.authorizes(1, "5"), conflict(1));
    life.at(LATE_UNTIL);
    assert_eq!(life.authorizes(1, "5").unwrap(), ["call_forgotten", "call_authorized"]);
    // Due at the very instant, but not yet ticked: the same.
    assert_eq!(one_open().at(DEADLINE).authorizes(1, "5"), conflict(1));
}

// D5: the core remembers open and late-expired calls only; the store keeps the ids of the others unique.
#[test]
fn d5_an_ended_call_is_not_remembered() {
    let mut life = one_open();
    life.settles(1, "5").unwrap();
    assert_eq!(life.authorizes(1, "5").unwrap(), ["call_authorized"]);
}

// D8: without an allowed debt settling above the hold is refused, however much credit there is.
#[test]
fn d8_settling_above_the_hold_is_refused() {
    let mut life = one_open();
    assert_eq!(life.settles(1, "5.01"), above("5.01", "5"));
    life.held_is("5");
    assert_eq!(life.settles(1, "5").unwrap(), ["call_settled"]);
}

// D8: with a stated debt, as far as that goes: available credit may fall to minus the debt, and not below.
#[test]
fn d8_settling_above_the_hold_up_to_the_policys_debt() {
    for (settled, posted) in [("5.01", "14.99"), ("20", "0"), ("20.01", "-0.01"), ("23", "-3")] {
        let mut life = one_open();
        life.allows_debt("3");
        assert_eq!(life.settles(1, settled).unwrap(), ["call_settled"]);
        life.posted_is(posted);
        life.held_is("0");
    }
    let mut life = one_open();
    life.allows_debt("3");
    assert_eq!(life.settles(1, "23.000000000001"), above("23.000000000001", "5"));
    life.posted_is("20");
}

// D8: what other calls hold counts as gone; and a hold that was covered at its admission is settled, even below zero.
#[test]
fn d8_a_covered_hold_is_settled_even_below_zero() {
    let mut life = one_open();
    life.allows_debt("3");
    life.authorizes(2, "15").unwrap();
    assert_eq!(life.settles(1, "8.000000000001"), above("8.000000000001", "5"));
    assert_eq!(life.settles(1, "8").unwrap(), ["call_settled"]);
    life.posted_is("12");
    life.available_is("-3");
    let missing = Rejection::InsufficientCredit {
        short: amount("3.01"),
        held: amount("15"),
        outlook: TopUpOutlook::Off,
    };
    assert_eq!(life.spends("0.01"), Err(missing));
    life.allows_debt("0");
    assert_eq!(life.settles_whole(2).unwrap(), ["call_settled"]);
    life.posted_is("-3");
    assert_eq!(life.spends("0.01"), Err(Rejection::Debt { debt: amount("3") }));
}
