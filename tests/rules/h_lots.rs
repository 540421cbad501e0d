//! H2. Which lot is drawn on: the burn order, and what a hold is allotted to. (Expiry: `h_expiry.rs`; debts: `h_debt.rs`.)

use crate::life::{Life, amount};
use prepaid::{Event, PolicyNumbers, Rejection};

/// This much purchased credit, and room for debts of 100.00 at settlement (D8); top-up off.
fn with_purchased(text: &str) -> Life {
    let mut life = Life::with_credit(text);
    life.allows_debt("100");
    life
}

/// Four lots, and the purchased credit in third place: 2.00, 3.00, 4.00 purchased, 5.00.
fn four_lots() -> Life {
    let mut life = with_purchased("4");
    life.is_granted_with(3, "5.00", 1, None).unwrap();
    life.is_granted_with(1, "2.00", -1, None).unwrap();
    life.is_granted_with(2, "3.00", 0, None).unwrap();
    lots_are(&life, ["2", "3", "4", "5"]);
    life
}

/// What is left, unheld, of grants 1 and 2, purchased, and grant 3. A grant that is not known has nothing left.
#[track_caller]
fn lots_are(life: &Life, expected: [&str; 4]) {
    let left = |n| life.lot(n).map_or("0".to_string(), |(left, _)| left);
    let purchased = life.account.purchased().to_string();
    assert_eq!([left(1), left(2), purchased, left(3)], expected, "grants 1, 2, purchased, grant 3");
}

/// The grants in the order in which they are drawn on.
fn order(life: &Life) -> Vec<u128> {
    life.account.lots().iter().map(|lot| lot.issued.grant.0.as_u128()).collect()
}

// H2: a one-step call draws on the lots in burn order, and on no later one before an earlier is spent.
#[test]
fn h2_a_one_step_call_draws_on_lots_in_burn_order() {
    for (spent, left) in [
        ("0", ["2", "3", "4", "5"]),
        ("1.5", ["0.5", "3", "4", "5"]),
        ("2", ["0", "3", "4", "5"]),
        ("2.5", ["0", "2.5", "4", "5"]),
        ("5", ["0", "0", "4", "5"]),
        ("5.000000000001", ["0", "0", "3.999999999999", "5"]),
        ("9", ["0", "0", "0", "5"]),
        ("10", ["0", "0", "0", "4"]),
        ("14", ["0", "0", "0", "0"]),
    ] {
        let mut life = four_lots();
        life.spends(spent).unwrap();
        lots_are(&life, left);
    }
    assert_eq!(four_lots().spends("14.01").unwrap_err().tag().as_str(), "insufficient_credit");
}

// H2: a hold is allotted in burn order when the call is authorised.
#[test]
fn h2_a_hold_draws_on_lots_in_burn_order() {
    let mut life = four_lots();
    life.authorizes(1, "12.00").unwrap();
    lots_are(&life, ["0", "0", "0", "2"]);
    life.lot_is(1, "0", "2");
    life.lot_is(2, "0", "3");
    life.lot_is(3, "2", "3");
    life.posted_is("14");
    life.held_is("12");
}

// H2: settling takes from the allotment in the same order, and gives the rest back to where it came from.
#[test]
fn h2_a_settlement_takes_from_the_allotment_in_burn_order() {
    for (settled, left) in [
        ("0", ["2", "3", "4", "5"]),
        ("0.5", ["1.5", "3", "4", "5"]),
        ("2", ["0", "3", "4", "5"]),
        ("4", ["0", "1", "4", "5"]),
        ("5", ["0", "0", "4", "5"]),
        ("6", ["0", "0", "3", "5"]),
        ("9", ["0", "0", "0", "5"]),
        ("10", ["0", "0", "0", "4"]),
        ("12", ["0", "0", "0", "2"]),
    ] {
        let mut life = four_lots();
        life.authorizes(1, "12.00").unwrap();
        life.settles(1, settled).unwrap();
        lots_are(&life, left);
        life.held_is("0");
    }
}

// H2: releasing, and expiring, give all of it back.
#[test]
fn h2_a_hold_given_back_goes_to_the_lots_it_came_from() {
    let mut life = four_lots();
    life.authorizes(1, "12.00").unwrap();
    life.clone().releases(1).unwrap();
    let mut expired = life.clone();
    assert_eq!(expired.later("1h").tick().unwrap(), ["call_expired"]);
    lots_are(&expired, ["2", "3", "4", "5"]);
    life.releases(1).unwrap();
    lots_are(&life, ["2", "3", "4", "5"]);
}

// H2, D6: a late settlement draws on the unheld lots in burn order at that time, whatever the hold had drawn on.
#[test]
fn h2_a_late_settlement_draws_on_what_is_unheld_then() {
    let mut life = four_lots();
    life.authorizes(1, "6.00").unwrap();
    life.later("1h").tick().unwrap();
    life.authorizes(2, "4.00").unwrap(); // grant 1, and two of grant 2
    life.is_granted_with(4, "0.50", -2, None).unwrap();
    life.settles(1, "6.00").unwrap();
    // 0.50 of grant 4, 1.00 of grant 2, 4.00 purchased, 0.50 of grant 3.
    lots_are(&life, ["0", "0", "0", "4.5"]);
    assert_eq!(life.lot(4), None);
    life.lot_is(1, "0", "2");
    life.lot_is(2, "0", "2");
}

// H2, D6: at most what is available then, over all lots; the rest is recorded and nobody owes it.
#[test]
fn h2_a_late_settlement_takes_at_most_what_is_available() {
    let mut life = four_lots();
    life.authorizes(1, "12.00").unwrap();
    life.later("1h").tick().unwrap();
    life.spends("9.50").unwrap();
    assert_eq!(life.settles(1, "12.00").unwrap(), ["call_settled_late"]);
    lots_are(&life, ["0", "0", "0", "0"]);
    life.posted_is("0");
}

// H2, D8: what is settled above a hold draws on the unheld lots; what they do not cover is the purchased lot's to owe.
#[test]
fn h2_what_is_settled_above_a_hold_draws_on_unheld_lots() {
    for (settled, left) in [
        ("6", ["0", "0", "3", "5"]),
        ("9", ["0", "0", "0", "5"]),
        ("14", ["0", "0", "0", "0"]),
        ("14.25", ["0", "0", "-0.25", "0"]),
    ] {
        let mut life = four_lots();
        life.authorizes(1, "1.00").unwrap();
        assert_eq!(life.settles(1, settled).unwrap(), ["call_settled"]);
        lots_are(&life, left);
    }
}

// H2: what another call holds is not drawn on, and comes back to its lot when that call ends.
#[test]
fn h2_each_hold_has_its_own_allotment() {
    let mut life = four_lots();
    life.authorizes(1, "3.00").unwrap(); // grant 1, and one of grant 2
    life.authorizes(2, "3.00").unwrap(); // two of grant 2, one purchased
    life.authorizes(3, "3.00").unwrap(); // three purchased
    lots_are(&life, ["0", "0", "0", "5"]);
    life.settles(2, "2.50").unwrap();
    lots_are(&life, ["0", "0", "0.5", "5"]);
    life.releases(1).unwrap();
    lots_are(&life, ["2", "1", "0.5", "5"]);
    life.settles_whole(3).unwrap();
    lots_are(&life, ["2", "1", "0.5", "5"]);
    life.held_is("0");
}

// H2: later lots change no open hold, not even those that would come first.
#[test]
fn h2_later_lots_change_no_open_hold() {
    let mut life = with_purchased("4");
    life.is_granted_with(2, "3.00", 0, None).unwrap();
    life.authorizes(1, "5.00").unwrap();
    life.is_granted_with(1, "9.00", -5, None).unwrap();
    life.is_granted_with(3, "1.00", 0, Some("2025-06-01T00:00:00Z")).unwrap();
    lots_are(&life, ["9", "0", "2", "1"]);
    life.settles(1, "4.00").unwrap();
    lots_are(&life, ["9", "0", "3", "1"]);
    // The next call draws on them.
    life.spends("9.50").unwrap();
    lots_are(&life, ["0", "0", "3", "0.5"]);
}

// H2: nor does purchased credit that arrives meanwhile.
#[test]
fn h2_later_purchases_change_no_open_hold() {
    let mut life = with_purchased("4");
    life.is_granted_with(3, "5.00", 1, None).unwrap();
    life.authorizes(1, "6.00").unwrap(); // four purchased, two of grant 3
    life.buys("10.00").unwrap();
    life.settles_whole(1).unwrap();
    lots_are(&life, ["0", "0", "10", "3"]);
}

// H2: the purchased part of a hold has its place in the allotment as it has in the order: before priority 1.
#[test]
fn h2_the_purchased_part_of_a_hold_has_its_place() {
    for (rank, left) in [(-1, ["1", "4"]), (0, ["1", "4"]), (1, ["5", "0"])] {
        let mut life = with_purchased("4");
        life.is_granted_with(1, "5.00", rank, None).unwrap();
        life.authorizes(1, "9.00").unwrap();
        life.settles(1, "4.00").unwrap();
        let lot = life.lot(1).unwrap().0;
        assert_eq!([lot.as_str(), &life.account.purchased().to_string()], left, "priority {rank}");
    }
}

// H2: below and at priority 0 a grant comes before the purchased credit, above 0 after it, whatever its expiry.
#[test]
fn h2_priority_against_purchased_credit() {
    let soon = Some("2025-01-01T00:10:00Z");
    for (rank, expiry, granted_first) in [
        (i16::MIN, None, true),
        (-1, None, true),
        (0, None, true),
        (0, soon, true),
        (1, None, false),
        (1, soon, false),
        (i16::MAX, soon, false),
    ] {
        let mut life = with_purchased("4");
        life.is_granted_with(1, "4.00", rank, expiry).unwrap();
        life.spends("1.00").unwrap();
        life.purchased_is(if granted_first { "4" } else { "3" });
        life.posted_is("7");
    }
}

// H2: lower priority first, then the earliest expiry, none last, then the issue time, then the id.
#[test]
fn h2_the_burn_order_down_to_the_id() {
    let mut life = with_purchased("4");
    let (june, july) = (Some("2025-06-01T00:00:00Z"), Some("2025-07-01T00:00:00Z"));
    // Issued first, so of two that differ in nothing else the earlier; the ids run against it.
    for (n, rank, expiry) in [(90, 0, july), (80, 0, None)] {
        life.is_granted_with(n, "1.00", rank, expiry).unwrap();
    }
    life.later("1s");
    for (n, rank, expiry) in [
        (22, 0, july),
        (21, 0, july),
        (12, 0, june),
        (61, 1, june),
        (1, -1, None),
        (31, 0, None),
        (62, 1, None),
        (11, 0, june),
        (2, -1, None),
        (3, -7, None),
    ] {
        life.is_granted_with(n, "1.00", rank, expiry).unwrap();
    }
    let burns = [3, 1, 2, 11, 12, 90, 21, 22, 80, 31, 61, 62];
    assert_eq!(order(&life), burns);
    // And that is the order in which they are gone; the purchased 4.00 before the last two.
    for (spent, next) in burns.iter().enumerate().take(10) {
        assert_eq!(order(&life).first(), Some(next), "after {spent}");
        life.spends("1.00").unwrap();
    }
    life.purchased_is("4");
    life.spends("4.00").unwrap();
    assert_eq!(order(&life), [61, 62]);
}

// H2: the issue time decides, not the effective time.
#[test]
fn h2_the_issue_time_comes_before_the_id_and_not_the_start() {
    let mut life = with_purchased("4");
    life.is_granted_from(9, "1.00", "2025-01-03T00:00:00Z", None).unwrap(); // issued first, starts last
    life.later("1s");
    life.is_granted_from(2, "1.00", "2025-01-02T00:00:00Z", None).unwrap();
    life.is_granted(1, "1.00").unwrap();
    life.at("2025-01-03T00:00:00Z").tick().unwrap();
    assert_eq!(order(&life), [9, 1, 2]);
}

// H2: the order is total: five grants issued at one instant in any order burn in one order.
#[test]
fn h2_the_order_of_issue_within_an_instant_does_not_matter() {
    let grants =
        [(1, 0, None), (2, 0, Some("2025-06-01T00:00:00Z")), (3, -1, None), (4, 0, None), (5, 1, None)];
    let mut issued = vec![vec![]];
    for next in grants {
        issued = issued
            .iter()
            .flat_map(|earlier: &Vec<_>| {
                (0..=earlier.len()).map(move |place| {
                    let mut longer = earlier.clone();
                    longer.insert(place, next);
                    longer
                })
            })
            .collect();
    }
    assert_eq!(issued.len(), 120);
    for grants in issued {
        let mut life = with_purchased("4");
        for (n, rank, expiry) in grants {
            life.is_granted_with(n, "1.00", rank, expiry).unwrap();
        }
        assert_eq!(order(&life), [3, 2, 1, 4, 5]);
    }
}

// H2: the order follows from the state: a call's events say nothing of lots, and rebuild them all the same.
#[test]
fn h2_events_do_not_repeat_which_lots_a_call_drew_on() {
    let mut life = four_lots();
    life.authorizes(1, "12.00").unwrap();
    let said = serde_json::to_value(life.last_event()).unwrap();
    let fields: Vec<_> = said.as_object().unwrap().keys().map(String::as_str).collect();
    assert!(fields.iter().all(|field| !field.contains("lot") && !field.contains("grant")), "{fields:?}");
    let stored = serde_json::to_string(&life.batches).unwrap();
    life.batches = serde_json::from_str(&stored).unwrap();
    life.account = prepaid::replay(&life.batches).unwrap();
    life.settles(1, "6.00").unwrap();
    lots_are(&life, ["0", "0", "3", "5"]);
}

// H2: nor does a changed policy since.
#[test]
fn h2_the_allotment_needs_no_policy() {
    let mut life = four_lots();
    life.authorizes(1, "12.00").unwrap();
    life.policy = prepaid::Policy::new(PolicyNumbers::published_2026()).unwrap();
    life.settles(1, "6.00").unwrap();
    lots_are(&life, ["0", "0", "3", "5"]);
}

// H2, D9: a call at price zero draws on nothing and ends like any other.
#[test]
fn h2_a_free_call_draws_on_nothing() {
    let mut life = four_lots();
    life.authorizes(1, "0").unwrap();
    life.spends("0").unwrap();
    life.settles_whole(1).unwrap();
    lots_are(&life, ["2", "3", "4", "5"]);
}

// H2, D3: what lots and purchased credit together do not cover is refused, to the last digit; a hold counts as gone.
#[test]
fn h2_all_lots_together_are_what_is_available() {
    let mut life = four_lots();
    life.authorizes(1, "3.00").unwrap();
    let short = |text| {
        let (short, held) = (amount(text), amount("3"));
        Err(Rejection::InsufficientCredit { short, held, outlook: prepaid::TopUpOutlook::Off })
    };
    assert_eq!(life.authorizes(2, "11.000000000001"), short("0.000000000001"));
    assert_eq!(life.authorizes(2, "11.00").unwrap(), ["call_authorized"]);
    lots_are(&life, ["0", "0", "0", "0"]);
}

// H2: the priority is 0 unless said, and is not told where it is.
#[test]
fn h2_the_priority_is_0_unless_said() {
    let mut life = with_purchased("4");
    life.is_granted(1, "1.00").unwrap();
    let told = serde_json::to_value(life.last_event()).unwrap();
    assert_eq!(told.get("priority"), None);
    let read: Event = serde_json::from_value(told).unwrap();
    assert_eq!(read, *life.last_event());
    assert_eq!(life.account.lots().first().map(|lot| lot.issued.priority), Some(0));
}
