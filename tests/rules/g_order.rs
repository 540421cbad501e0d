//! G2. The order in which facts are told does not matter: every permutation of them comes to the same balance.
//!
//! A fact that is refused as premature is told again until it is accepted, as a provider does. What comes out at the
//! end is worked out by hand beside each set: every charge contributes max(0, credited - refunds asked and not failed
//! - disputed and not won), and a recorded refund counts as one that did not fail.

use crate::life::{Answer, Life, balance};
use prepaid::{Decline, Rejection};

type Tells = fn(&mut Life) -> Answer;

/// Something that a provider tells, perhaps twice; or that somebody asks for here, once.
#[derive(Clone, Copy)]
enum Fact {
    Told(Tells),
    Asked(Tells),
}

/// When a premature fact is told again: after all the others, or as soon as another was accepted.
#[derive(Clone, Copy)]
enum Again {
    Last,
    Next,
}

use Fact::{Asked, Told};

/// A fact and its place in the set, to name it by.
type Named = (usize, Fact);

/// Every order of the facts.
fn orders(facts: &[Named]) -> Vec<Vec<Named>> {
    let Some((last, earlier)) = facts.split_last() else { return vec![Vec::new()] };
    let with_last = |order: Vec<Named>| {
        (0..=order.len()).map(move |place| {
            let mut longer = order.clone();
            longer.insert(place, *last);
            longer
        })
    };
    orders(earlier).into_iter().flat_map(with_last).collect()
}

fn is_premature(rejection: &Rejection) -> bool {
    matches!(
        rejection,
        Rejection::ChargeNotSucceeded { .. }
            | Rejection::DisputeUnknown { .. }
            | Rejection::RefundUnknown { .. }
    )
}

/// Whether a fact is accepted now.
fn accepts(life: &mut Life, fact: Fact) -> bool {
    let (Told(tells) | Asked(tells)) = fact;
    match tells(life) {
        Ok(events) => {
            assert!(!events.is_empty() || matches!(fact, Told(_)), "asked in vain");
            true
        }
        Err(rejection) => {
            assert!(is_premature(&rejection), "{rejection}");
            false
        }
    }
}

/// Tells the facts in this order, and the premature ones again.
fn tell(life: &mut Life, order: &[Named], again: Again) {
    let mut left = order.to_vec();
    match again {
        Again::Last => {
            let mut before = left.len() + 1;
            while left.len() < before {
                before = left.len();
                left.retain(|(_, fact)| !accepts(life, *fact));
            }
        }
        Again::Next => {
            while let Some(first) = left.iter().position(|(_, fact)| accepts(life, *fact)) {
                left.remove(first);
            }
        }
    }
    assert!(left.is_empty(), "{:?}: premature for ever: {:?}", places(order), places(&left));
}

fn places(order: &[Named]) -> Vec<usize> {
    order.iter().map(|(place, _)| *place).collect()
}

/// Whatever the order, the balance is this; and once more of everything that was told changes nothing.
#[track_caller]
fn comes_to(given: &Life, facts: &[Fact], posted: &str) {
    let named: Vec<Named> = facts.iter().copied().enumerate().collect();
    let orders = orders(&named);
    assert_eq!(orders.len(), (1..=facts.len()).product::<usize>());
    for order in &orders {
        for again in [Again::Last, Again::Next] {
            let mut life = given.clone();
            tell(&mut life, order, again);
            assert_eq!(life.account.balance().posted, balance(posted), "{:?}", places(order));
            for (place, fact) in order {
                if let Told(tells) = fact {
                    assert_eq!(tells(&mut life), Ok(vec![]), "{:?}: {place} told again", places(order));
                }
            }
        }
    }
}

/// Charge 1 of 20.00; this much of it is left; top-up off.
fn paid_and_left(text: &str) -> Life {
    Life::with_credit(text)
}

// Two disputes of one charge, one won and one lost, and a refund made at the provider.
//   20.00 - 9.00 (lost) - 2.50 (recorded) = 8.50
#[test]
fn g2_order_two_disputes_and_a_recorded_refund() {
    let facts = [
        Told(|life| life.is_disputed("dp_1", 1, "6.00")),
        Told(|life| life.wins("dp_1")),
        Told(|life| life.is_disputed("dp_2", 1, "9.00")),
        Told(|life| life.loses("dp_2")),
        Told(|life| life.records_refund(1, "2.50", "re_x")),
    ];
    comes_to(&paid_and_left("20"), &facts, "8.50");
}

// A refund of our own that succeeds and fails, told in any order, beside a lost dispute and another refund.
//   20.00 - 0 (5.00 failed) - 6.00 (lost) - 3.00 (recorded) = 11.00
#[test]
fn g2_order_our_refund_succeeds_and_fails() {
    let facts = [
        Asked(|life| life.forces_refund(1, "5.00")),
        Told(|life| life.refund_succeeds(1)),
        Told(|life| life.refund_fails(1)),
        Told(|life| life.is_disputed("dp_1", 1, "6.00")),
        Told(|life| life.loses("dp_1")),
        Told(|life| life.records_refund(1, "3.00", "re_x")),
    ];
    comes_to(&paid_and_left("20"), &facts, "11");
}

// A refund of our own that is also recorded under its reference, beside a won dispute and another refund.
//   20.00 - 5.00 (ours, once) - 0 (7.00 won) - 3.00 (recorded) = 12.00
#[test]
fn g2_order_a_recorded_refund_is_our_own() {
    let facts = [
        Asked(|life| life.forces_refund(1, "5.00")),
        Told(|life| life.refund_succeeds_as(1, "re_1")),
        Told(|life| life.records_refund(1, "5.00", "re_1")),
        Told(|life| life.is_disputed("dp_1", 1, "7.00")),
        Told(|life| life.wins("dp_1")),
        Told(|life| life.records_refund(1, "3.00", "re_x")),
    ];
    comes_to(&paid_and_left("20"), &facts, "12");
}

// A refund of our own that is recorded under its reference too, and fails in the end.
//   20.00 - 0 (5.00 ours, failed) - 0 (recorded: it was ours) - 3.00 (recorded) = 17.00
#[test]
fn g2_order_a_recorded_refund_is_our_own_and_fails() {
    let facts = [
        Asked(|life| life.forces_refund(1, "5.00")),
        Told(|life| life.refund_succeeds_as(1, "re_1")),
        Told(|life| life.refund_fails(1)),
        Told(|life| life.records_refund(1, "5.00", "re_1")),
        Told(|life| life.records_refund(1, "3.00", "re_x")),
    ];
    comes_to(&paid_and_left("20"), &facts, "17");
}

// Charge 2 of 10.00 had failed, and was taken after all; a dispute of charge 1 beyond what it was.
//   charge 1: max(0, 20.00 - 30.00 (lost)) = 0; charge 2: 10.00 - 0 (10.00 won) - 4.00 (recorded) = 6.00
#[test]
fn g2_order_a_late_success_among_reversals() {
    let mut given = paid_and_left("20");
    given.tops_up("10.00").unwrap();
    given.charge_fails(Decline::Soft).unwrap();
    let facts = [
        Told(|life| life.charge_succeeds_with(2, "10.00")),
        Told(|life| life.is_disputed("dp_1", 2, "10.00")),
        Told(|life| life.wins("dp_1")),
        Told(|life| life.records_refund(2, "4.00", "re_x")),
        Told(|life| life.is_disputed("dp_2", 1, "30.00")),
        Told(|life| life.loses("dp_2")),
    ];
    comes_to(&given, &facts, "6");
}

// Charge 2 of 10.00 is open, and succeeds in time.
//   charge 1: 20.00 - 5.00 (lost) = 15.00; charge 2: 10.00 - 0 (4.00 won) - 3.00 (recorded) = 7.00
#[test]
fn g2_order_a_success_among_reversals() {
    let mut given = paid_and_left("20");
    given.tops_up("10.00").unwrap();
    let facts = [
        Told(|life| life.charge_succeeds_with(2, "10.00")),
        Told(|life| life.records_refund(2, "3.00", "re_x")),
        Told(|life| life.is_disputed("dp_1", 2, "4.00")),
        Told(|life| life.wins("dp_1")),
        Told(|life| life.is_disputed("dp_2", 1, "5.00")),
        Told(|life| life.loses("dp_2")),
    ];
    comes_to(&given, &facts, "22");
}

// Double disputes of charge 1, together beyond it, and one of the whole of charge 2.
//   charge 1: max(0, 20.00 - 0 (15.00 won) - 15.00 (lost)) = 5.00; charge 2: 10.00 - 10.00 (lost) = 0
#[test]
fn g2_order_double_disputes_beyond_the_charge() {
    let mut given = paid_and_left("20");
    given.buys("10.00").unwrap();
    let facts = [
        Told(|life| life.is_disputed("dp_1", 1, "15.00")),
        Told(|life| life.is_disputed("dp_2", 1, "15.00")),
        Told(|life| life.wins("dp_1")),
        Told(|life| life.loses("dp_2")),
        Told(|life| life.is_disputed("dp_3", 2, "10.00")),
        Told(|life| life.loses("dp_3")),
    ];
    comes_to(&given, &facts, "5");
}

// All of it is spent, and goes back twice over: by a dispute and by a refund, beside one of ours that fails.
//   max(0, 20.00 - 0 (5.00 failed) - 20.00 (lost) - 20.00 (recorded)) - 20.00 spent = -20.00
#[test]
fn g2_order_a_charge_that_goes_back_twice_over() {
    let mut given = paid_and_left("0");
    given.forces_refund(1, "5.00").unwrap();
    let facts = [
        Told(|life| life.refund_succeeds(1)),
        Told(|life| life.refund_fails(1)),
        Told(|life| life.is_disputed("dp_1", 1, "20.00")),
        Told(|life| life.loses("dp_1")),
        Told(|life| life.records_refund(1, "20.00", "re_x")),
    ];
    comes_to(&given, &facts, "-20");
}

// A grant among them, which pays the debt whenever it comes.
//   20.00 - 0 (12.00 won) - 6.00 (lost) - 5.00 (recorded) + 4.00 granted - 20.00 spent = -7.00
#[test]
fn g2_order_a_grant_among_reversals() {
    let facts = [
        Asked(|life| life.is_granted(1, "4.00")),
        Told(|life| life.is_disputed("dp_1", 1, "12.00")),
        Told(|life| life.wins("dp_1")),
        Told(|life| life.is_disputed("dp_2", 1, "6.00")),
        Told(|life| life.loses("dp_2")),
        Told(|life| life.records_refund(1, "5.00", "re_x")),
    ];
    comes_to(&paid_and_left("0"), &facts, "-7");
}
