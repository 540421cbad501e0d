//! D6. Holds expire, may be settled late, and may be extended once.

use crate::life::{Answer, Life, amount, call, time};
use prepaid::{Event, Rejection};

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

fn above(given: &str, hold: &str) -> Answer {
    Err(Rejection::AboveHold { amount: amount(given), hold: amount(hold) })
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
