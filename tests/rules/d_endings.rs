//! D4 to D6 and D8. How calls end: settled, released, expired, settled late, forgotten.

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
        let late = life.later("1h").settles(1, "0");
        assert_eq!(late, Ok(vec!["call_expired", "call_settled_late"]), "{what}, late");
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

// D6: one microsecond before the deadline a call is settled; at the deadline and after it, it has expired first.
#[test]
fn d6_settling_around_the_deadline() {
    for (micros, events) in [
        (-1, vec!["call_settled"]),
        (0, vec!["call_expired", "call_settled_late"]),
        (1, vec!["call_expired", "call_settled_late"]),
    ] {
        let mut life = one_open();
        life.at(DEADLINE).micros(micros);
        assert_eq!(life.settles(1, "5"), Ok(events), "{micros} microseconds after the deadline");
        life.posted_is("15");
        life.held_is("0");
        assert_eq!(life.settles(1, "5"), not_open(1));
    }
}

#[test]
fn d6_an_open_hold_expires_at_its_deadline_and_frees_its_credit() {
    let mut life = one_open();
    assert_eq!(life.next_deadline(), Some(time(DEADLINE)));
    assert_eq!(life.at(DEADLINE).micros(-1).tick(), Ok(vec![]));
    life.held_is("5");
    assert_eq!(life.at(DEADLINE).tick().unwrap(), ["call_expired"]);
    assert_eq!(*life.last_event(), Event::CallExpired { call: call(1), late_until: time(LATE_UNTIL) });
    life.held_is("0");
    life.posted_is("20");
    life.available_is("20");
    assert!(life.is_late(1) && !life.is_open(1));
}

// D6: releasing around the deadline: before it the hold is freed; from it on there is none, and the call is forgotten.
#[test]
fn d6_releasing_around_the_deadline() {
    for (micros, events) in [(-1, vec!["call_released"]), (0, vec!["call_expired", "call_forgotten"])] {
        let mut life = one_open();
        life.at(DEADLINE).micros(micros);
        assert_eq!(life.releases(1), Ok(events));
        life.held_is("0");
        life.posted_is("20");
    }
}

// D6: the late window counts from the hold's deadline, however late the tick; its last microsecond counts.
#[test]
fn d6_the_late_window_ends_24_hours_after_the_deadline() {
    let mut life = one_open();
    life.at(LATE_UNTIL).micros(-1);
    assert_eq!(life.clone().settles(1, "5").unwrap(), ["call_expired", "call_settled_late"]);
    life.tick().unwrap();
    assert_eq!(life.next_deadline(), Some(time(LATE_UNTIL)));
    assert_eq!(life.clone().settles(1, "5").unwrap(), ["call_settled_late"]);
    life.at(LATE_UNTIL);
    assert_eq!(life.settles(1, "5"), not_open(1));
    assert_eq!(life.tick().unwrap(), ["call_forgotten"]);
    assert!(!life.is_late(1));
    life.posted_is("20");
    assert_eq!(life.next_deadline(), None);
}

// D6: late, at most the former hold is billed, and of that what is available then; the unbilled rest is recorded.
#[test]
fn d6_late_settlement_takes_what_is_available() {
    // Held 5.00, asked late, available then: billed, unbilled.
    for (asked, available, billed, unbilled) in [
        ("5", "15", "5", "0"),
        ("5", "5", "5", "0"),
        ("5", "4.999999999999", "4.999999999999", "0.000000000001"),
        ("5", "0", "0", "5"),
        ("2", "3", "2", "0"),
        ("3", "2", "2", "1"),
        ("0", "2", "0", "0"),
    ] {
        let mut life = one_late();
        let spent = amount("20").checked_sub(amount(available)).unwrap();
        life.spends(&spent.to_string()).unwrap();
        assert_eq!(life.settles(1, asked).unwrap(), ["call_settled_late"]);
        let (billed, unbilled) = (amount(billed), amount(unbilled));
        let expected = Event::CallSettledLate { call: call(1), amount: billed, unbilled };
        assert_eq!(*life.last_event(), expected, "asked {asked} with {available} available");
        let left = amount(available).checked_sub(billed).unwrap();
        life.posted_is(&left.to_string());
    }
}

// D6: what other calls hold is not available; and without an amount the former hold is asked.
#[test]
fn d6_late_settlement_leaves_other_holds_covered() {
    let mut life = one_late();
    life.authorizes(2, "18").unwrap();
    assert_eq!(life.settles_whole(1).unwrap(), ["call_settled_late"]);
    let expected = Event::CallSettledLate { call: call(1), amount: amount("2"), unbilled: amount("3") };
    assert_eq!(*life.last_event(), expected);
    life.posted_is("18");
    life.held_is("18");
    life.available_is("0");
}

// D6: with a debt nothing is available, and nothing is billed.
#[test]
fn d6_late_settlement_deepens_no_debt() {
    let mut life = one_late();
    life.allows_debt("10");
    life.authorizes(2, "1").unwrap();
    life.settles(2, "24").unwrap();
    life.posted_is("-4");
    assert_eq!(life.settles(1, "5").unwrap(), ["call_settled_late"]);
    let expected = Event::CallSettledLate { call: call(1), amount: amount("0"), unbilled: amount("5") };
    assert_eq!(*life.last_event(), expected);
    life.posted_is("-4");
}

// D6: late, not even the policy's debt takes more than the former hold.
#[test]
fn d6_late_settlement_above_the_former_hold_is_refused() {
    let mut life = one_late();
    life.allows_debt("100");
    assert_eq!(life.settles(1, "5.000000000001"), above("5.000000000001", "5"));
    assert_eq!(life.settles(1, "5").unwrap(), ["call_settled_late"]);
}

// D6: a hold may be extended once, to a later instant.
#[test]
fn d6_a_hold_is_extended_once() {
    let mut life = one_open();
    let until = time("2025-01-01T05:00:00Z");
    assert_eq!(life.extends(1, until).unwrap(), ["call_extended"]);
    assert_eq!(*life.last_event(), Event::CallExtended { call: call(1), deadline: until });
    life.held_is("5");
    assert_eq!(life.next_deadline(), Some(until));
    assert_eq!(life.extends(1, until), Ok(vec![]), "the same again");
    let later = time("2025-01-01T06:00:00Z");
    assert_eq!(life.extends(1, later), Err(Rejection::AlreadyExtended { call: call(1) }));
    // It expires at the new deadline, and its late window counts from there.
    assert_eq!(life.at("2025-01-01T04:59:59.999999Z").tick(), Ok(vec![]));
    assert_eq!(life.at("2025-01-01T05:00:00Z").tick().unwrap(), ["call_expired"]);
    let late_until = time("2025-01-02T05:00:00Z");
    assert_eq!(*life.last_event(), Event::CallExpired { call: call(1), late_until });
}

// D6: later than the deadline, and at most the policy's 24 hours after the admission.
#[test]
fn d6_an_extension_is_bound_after_the_admission() {
    let (admitted, after) = ("2025-01-01T00:10:00Z", time("2025-01-01T01:10:00Z"));
    let bound = time("2025-01-02T00:10:00Z");
    for (until, allowed) in [
        ("2025-01-01T00:50:00Z", false),
        ("2025-01-01T01:10:00Z", false),
        ("2025-01-01T01:10:00.000001Z", true),
        ("2025-01-02T00:10:00Z", true),
        ("2025-01-02T00:10:00.000001Z", false),
    ] {
        let mut life = Life::with_credit("20");
        life.at(admitted).authorizes(1, "5").unwrap();
        life.at("2025-01-01T00:40:00Z");
        let given = time(until);
        let expected = if allowed {
            Ok(vec!["call_extended"])
        } else {
            Err(Rejection::TimeOutOfBounds { field: "until", given, after, not_after: Some(bound) })
        };
        assert_eq!(life.extends(1, given), expected, "until {until}");
    }
}

// D6: before it expires, to the microsecond.
#[test]
fn d6_an_expired_hold_is_not_extended() {
    let until = time("2025-01-01T05:00:00Z");
    let mut life = one_open();
    life.at(DEADLINE);
    assert_eq!(life.extends(1, until), not_open(1));
    life.micros(-1);
    assert_eq!(life.extends(1, until).unwrap(), ["call_extended"]);
}

// D6: extending changes the order in which holds expire, and nothing else of them.
#[test]
fn d6_holds_expire_in_the_order_of_their_deadlines() {
    let mut life = one_open();
    life.at("2025-01-01T00:10:00Z").authorizes(2, "3").unwrap();
    life.extends(1, time("2025-01-01T03:00:00Z")).unwrap();
    assert_eq!(life.at("2025-01-01T01:10:00Z").tick().unwrap(), ["call_expired"]);
    assert!(life.is_late(2) && life.is_open(1));
    life.held_is("5");
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
