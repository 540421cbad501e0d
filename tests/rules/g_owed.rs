//! G1, K5. What the provider is owed of a refund, for how long, and who asked for it.

use crate::g_refunds::{asked, paid};
use crate::life::{Answer, Life, amount, span};
use prepaid::{ChargeNumber, Effect, Event, RefundCause, RefundNumber, effects};

const NOTHING: [&str; 0] = [];

fn owed(life: &Life) -> Vec<Effect> {
    effects(&life.account).collect()
}

/// Refund, charge, amount, the charge's key and the refund's own, of what is asked or looked up.
fn asks(effect: &Effect) -> (u32, u32, String, String, String) {
    match effect {
        Effect::SendRefund { refund, charge, amount, charge_key, idempotency_key, .. }
        | Effect::LookUpRefund { refund, charge, amount, charge_key, idempotency_key, .. } => {
            (refund.0, charge.0, amount.to_string(), charge_key.to_string(), idempotency_key.to_string())
        }
        Effect::MakeCharge { .. } | Effect::LookUpCharge { .. } | Effect::CancelCharge { .. } => {
            unreachable!("no charge is open")
        }
    }
}

// G1, K5: an asked refund is owed, under a key of account, number, microsecond and amount, with that of its charge.
#[test]
fn k5_an_asked_refund_is_owed_under_one_key() {
    let mut life = paid();
    life.at("2025-01-01T00:00:00.000007Z").refunds(1, "5.00").unwrap();
    assert_eq!(life.owes(), ["send_refund"]);
    let account = life.account.id().unwrap();
    // 2025-01-01T00:00:00Z is 1735689600 seconds after 1970.
    let charge_key = format!("{account}-1-1735689600000000-20");
    let own_key = format!("{account}-r1-1735689600000007-5");
    let first = owed(&life);
    assert_eq!(asks(first.first().unwrap()), (1, 1, "5".to_string(), charge_key, own_key));
    // Nothing said since changes it; nor does a crash, and reading the state back.
    life.later("1h").spends("1.00").unwrap();
    life.links("card-2").unwrap();
    assert_eq!(owed(&life), first);
    assert!(effects(&prepaid::replay(&life.batches).unwrap()).eq(first.clone()));
    let stored = serde_json::to_string(&life.account).unwrap();
    assert!(effects(&serde_json::from_str(&stored).unwrap()).eq(first));
}

// G1, F3: for 23 hours it may be asked again; from that microsecond on it is only looked up, under the same key.
#[test]
fn g1_a_refund_is_asked_for_23_hours_then_only_looked_up() {
    let mut life = asked();
    let first = asks(owed(&life).first().unwrap());
    life.later("23h");
    assert_eq!(life.next_deadline(), Some(life.now));
    life.micros(-1);
    assert_eq!(life.tick().unwrap(), NOTHING);
    assert_eq!(life.owes(), ["send_refund"]);
    life.micros(1);
    assert_eq!(life.tick().unwrap(), ["refund_asking_ended"]);
    assert_eq!(life.owes(), ["look_up_refund"]);
    assert_eq!(asks(owed(&life).first().unwrap()), first);
    assert_eq!(life.next_deadline(), None);
    life.later("300d").tick().unwrap();
    assert_eq!(life.owes(), ["look_up_refund"]);
    life.posted_is("15");
}

// G1: the window is fixed when the refund is asked, by the policy of then.
#[test]
fn g1_the_asking_window_of_a_refund_is_fixed_with_it() {
    let mut life = asked();
    life.changes_policy(|numbers| numbers.asking_window = span("1h"));
    assert_eq!(life.later("22h").tick().unwrap(), NOTHING);
    assert_eq!(life.later("1h").tick().unwrap(), ["refund_asking_ended"]);
}

// G1: what a look-up finds ends it like any result.
#[test]
fn g1_a_refund_that_is_looked_up_ends() {
    let mut life = asked();
    life.later("23h").tick().unwrap();
    assert_eq!(life.clone().refund_succeeds(1).unwrap(), ["refund_succeeded"]);
    assert_eq!(life.refund_fails(1).unwrap(), ["refund_failed"]);
    life.posted_is("20");
}

// K5: nothing is owed of a refund that has an outcome, or that was made at the provider.
#[test]
fn k5_nothing_is_owed_of_a_refund_that_ended() {
    let mut life = asked();
    life.refund_succeeds(1).unwrap();
    assert_eq!(life.owes(), NOTHING);
    life.refund_fails(1).unwrap();
    assert_eq!(life.owes(), NOTHING);
    life.records_refund(1, "5.00", "re_x").unwrap();
    assert_eq!(life.owes(), NOTHING);
}

// K1, K5: refunds have numbers of their own, so two of one amount at one instant are two; the charge's effect is first.
#[test]
fn k5_two_refunds_at_one_instant_are_two() {
    let mut life = paid();
    life.refunds(1, "5.00").unwrap();
    life.refunds(1, "5.00").unwrap();
    life.tops_up("10.00").unwrap();
    assert_eq!(life.owes(), ["make_charge", "send_refund", "send_refund"]);
    let asked: Vec<_> = owed(&life).iter().skip(1).map(asks).collect();
    let [first, second] = asked.as_slice() else { unreachable!("two refunds are asked") };
    assert_eq!((first.0, second.0), (1, 2));
    assert_ne!(first.4, second.4);
    life.refund_succeeds(1).unwrap();
    assert_eq!(life.owes(), ["make_charge", "send_refund"]);
    assert_eq!(asks(owed(&life).last().unwrap()).0, 2);
    life.refund_fails(2).unwrap();
    life.refunds(1, "1.00").unwrap();
    assert_eq!(life.account.refunds().last().unwrap().number, RefundNumber(3));
}

// K3: asking windows that end together: the charge's comes first, then the refunds' by number.
#[test]
fn k3_asking_windows_end_charge_first_then_refunds_by_number() {
    let mut life = paid();
    life.refunds(1, "1.00").unwrap();
    life.refunds(1, "2.00").unwrap();
    life.tops_up("10.00").unwrap();
    let ended = life.later("23h").tick().unwrap();
    assert_eq!(ended, ["charge_asking_ended", "refund_asking_ended", "refund_asking_ended"]);
    let ended = |n| Event::RefundAskingEnded { refund: RefundNumber(n) };
    assert!(life.batches.last().unwrap().events.iter().skip(1).eq(&[ended(1), ended(2)]));
}

// G3: who asked, and whether by force, is on record.
#[test]
fn g3_a_refund_says_who_asked_for_it() {
    type Asks = fn(&mut Life, u32, &str) -> Answer;
    let rows: [(Asks, RefundCause); 3] = [
        (Life::refunds, RefundCause::Owner),
        (Life::operator_refunds, RefundCause::Operator),
        (Life::forces_refund, RefundCause::Forced),
    ];
    for (ask, expected) in rows {
        let mut life = paid();
        ask(&mut life, 1, "5.00").unwrap();
        let asked = life.batches.last().unwrap().events.iter().next().unwrap().clone();
        let ask_until = life.now.saturating_add(span("23h"));
        let (refund, charge) = (RefundNumber(1), ChargeNumber(1));
        let says = Event::RefundRequested { refund, charge, amount: amount("5"), cause: expected, ask_until };
        assert_eq!(asked, says);
    }
}
