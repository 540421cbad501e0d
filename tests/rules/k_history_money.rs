//! K4: what a damaged log cannot tell of charges, refunds and disputes.

use prepaid::{Decline, DisputeOutcome, StageTag};
use serde_json::{Value, json};

use crate::life::Life;

const LATER: &str = "2025-01-02T00:00:00Z";
const WRONG_STAGE: &str = "the stage does not fit";
const WRONG_PHASE: &str = "the charge has not come so far, or farther";

fn requested(charge: u32, amount: &str) -> Value {
    json!({"type": "charge_requested", "charge": charge, "kind": "manual", "amount": amount, "token": "pm_1",
        "fingerprint": "card-1", "ask_until": LATER})
}

fn of_charge(kind: &str, charge: u32) -> Value {
    json!({"type": kind, "charge": charge, "amount": "5", "decline": "soft", "reason": "declined", "reference": "ch",
        "cause": "deadline", "until": LATER})
}

fn mismatched(charge: u32, reported: &str) -> Value {
    json!({"type": "charge_mismatched", "charge": charge, "expected": "5", "reported": reported, "reference": "ch"})
}

fn with(mut event: Value, field: &str, value: Value) -> Value {
    event[field] = value;
    event
}

/// Charge 2, of 5.00, is asked for.
fn asking() -> Life {
    let mut life = Life::with_credit("20");
    life.tops_up("5").unwrap();
    life
}

/// Charge 2 was asked for, and another amount was reported.
fn unresolved() -> Life {
    let mut life = asking();
    life.charge_succeeds_with(2, "4").unwrap();
    life
}

#[test]
fn k4_a_history_asks_for_one_charge_after_another() {
    let life = Life::with_credit("20");
    assert_eq!(life.told(&requested(2, "5")), "");
    for number in [0, 1, 3] {
        assert_eq!(life.told(&requested(number, "5")), "the charge's number is out of order", "{number}");
    }
    let nothing = "the charge asks for nothing, or at no time";
    assert_eq!(life.told(&requested(2, "0")), nothing);
    assert_eq!(life.told(&with(requested(2, "5"), "ask_until", json!(life.now))), nothing);
    assert_eq!(asking().told(&requested(3, "5")), "another charge is open");
    assert_eq!(Life::at_stage(StageTag::Linked).told(&requested(1, "5")), WRONG_STAGE);
    let first = with(requested(2, "5"), "kind", json!("initial_funding"));
    assert_eq!(life.told(&first), WRONG_STAGE);
}

#[test]
fn k4_a_history_brings_a_charge_on_step_by_step() {
    let life = asking();
    let (action, asking_ended) =
        (of_charge("charge_action_required", 2), of_charge("charge_asking_ended", 2));
    assert_eq!((life.told(&action), life.told(&asking_ended)), ("", ""));
    assert_eq!(life.told(&with(action.clone(), "until", json!(life.now))), WRONG_PHASE);
    assert_eq!(life.told(&of_charge("charge_asking_ended", 1)), "the charge is not open");
    let mut acting = asking();
    acting.charge_requires_action().unwrap();
    assert_eq!((acting.told(&action), acting.told(&asking_ended)), (WRONG_PHASE, WRONG_PHASE));
    let cancelling = of_charge("charge_cancelling", 2);
    assert_eq!((life.told(&cancelling), unresolved().told(&cancelling)), ("", "the charge is unresolved"));
    assert_eq!(unresolved().told(&asking_ended), WRONG_PHASE);
    // What was on its way to being cancelled still is, with the reference it had.
    acting.owner_cancels(2).unwrap();
    assert_eq!(acting.told(&cancelling), "");
    assert_eq!(Life::at_stage(StageTag::Funding).told(&of_charge("charge_superseded", 1)), WRONG_STAGE);
    assert_eq!((life.told(&of_charge("charge_superseded", 2)), acting.told(&action)), ("", WRONG_PHASE));
}

#[test]
fn k4_a_history_reports_another_amount_once() {
    let (life, nothing_new) = (asking(), "the report says nothing new");
    assert_eq!((life.told(&mismatched(2, "4")), life.told(&mismatched(2, "5"))), ("", nothing_new));
    let life = unresolved();
    assert_eq!((life.told(&mismatched(2, "4")), life.told(&mismatched(2, "3"))), (nothing_new, ""));
    // The same of a charge that has ended: what it credited, and what was reported before.
    let mut ended = Life::with_credit("20");
    assert_eq!((ended.told(&mismatched(1, "20")), ended.told(&mismatched(1, "19"))), (nothing_new, ""));
    ended.charge_succeeds_with(1, "19").unwrap();
    assert_eq!(ended.told(&mismatched(1, "19")), nothing_new);
    assert_eq!(ended.told(&mismatched(9, "19")), "the charge has not ended");
}

#[test]
fn k4_a_history_ends_a_charge_as_it_can_end() {
    let (failed, abandoned) = (of_charge("charge_failed", 2), of_charge("charge_abandoned", 2));
    assert_eq!((asking().told(&failed), asking().told(&abandoned)), ("", ""));
    assert_eq!((unresolved().told(&failed), unresolved().told(&abandoned)), ("", WRONG_PHASE));
    let mut cancelling = asking();
    cancelling.operator_cancels(2).unwrap();
    assert_eq!((cancelling.told(&failed), cancelling.told(&abandoned)), (WRONG_PHASE, ""));
    cancelling.charge_succeeds_with(2, "4").unwrap();
    assert_eq!((cancelling.told(&failed), cancelling.told(&abandoned)), (WRONG_PHASE, ""));
    let succeeded = of_charge("charge_succeeded", 2);
    let nothing = with(succeeded.clone(), "amount", json!("0"));
    assert_eq!((asking().told(&succeeded), asking().told(&nothing)), ("", "a success of nothing"));
    assert_eq!(asking().told(&of_charge("charge_succeeded", 3)), "the charge is not open");
    let late = of_charge("charge_succeeded_late", 1);
    assert_eq!(asking().told(&late), "the charge has succeeded");
}

#[test]
fn k4_a_history_archives_what_is_over() {
    let mut life = Life::funded();
    let archived = json!({"type": "charge_archived", "charge": 1});
    let (needed, span) = ("the charge's record is still needed", prepaid::Span::from_days(540));
    let until = life.now.saturating_add(span);
    assert_eq!(life.told_at(until, &archived), "");
    assert_eq!(
        life.told_at(prepaid::Timestamp::from_micros(until.as_micros() - 1).unwrap(), &archived),
        needed
    );
    life.is_disputed("dp_1", 1, "1").unwrap();
    assert_eq!(life.told_at(until, &archived), needed);
}

fn refunded(refund: u32, amount: &str) -> Value {
    json!({"type": "refund_requested", "refund": refund, "charge": 1, "amount": amount, "cause": "owner",
        "ask_until": LATER})
}

fn of_refund(kind: &str) -> Value {
    json!({"type": kind, "refund": 1, "reference": "re_1", "reason": "account closed"})
}

fn recorded(amount: &str) -> Value {
    json!({"type": "refund_recorded", "charge": 1, "amount": amount, "reference": "re_9"})
}

#[test]
fn k4_a_history_sends_something_back() {
    let mut life = Life::with_credit("20");
    assert_eq!(life.told(&refunded(1, "5")), "");
    let nothing = "the refund sends nothing back, or at no time";
    assert_eq!(life.told(&refunded(1, "0")), nothing);
    assert_eq!(life.told(&with(refunded(1, "5"), "ask_until", json!(life.now))), nothing);
    assert_eq!(life.told(&refunded(2, "5")), "the refund's number is out of order");
    assert_eq!(life.told(&with(refunded(1, "5"), "charge", json!(9))), "no such charge");
    let on_record = "the refund is of nothing, or on record";
    assert_eq!((life.told(&recorded("5")), life.told(&recorded("0"))), ("", on_record));
    life.records_refund(1, "5", "re_9").unwrap();
    assert_eq!(life.told(&recorded("5")), on_record);
    // Only of a charge that succeeded.
    life.tops_up("5").unwrap();
    life.charge_fails(Decline::Hard).unwrap();
    assert_eq!(life.told(&with(refunded(1, "5"), "charge", json!(2))), "the charge has not succeeded");
}

#[test]
fn k4_a_history_ends_a_refund_as_it_can_end() {
    let mut life = Life::with_credit("20");
    let (ended, succeeded, failed) =
        (of_refund("refund_asking_ended"), of_refund("refund_succeeded"), of_refund("refund_failed"));
    assert_eq!(life.told(&succeeded), "no such refund");
    life.refunds(1, "5").unwrap();
    assert_eq!([&ended, &succeeded, &failed].map(|event| life.told(event)), ["", "", ""]);
    life.refund_succeeds(1).unwrap();
    let not_asked = "the refund is not asked any more";
    assert_eq!(
        [&ended, &succeeded, &failed].map(|event| life.told(event)),
        [not_asked, "the refund has succeeded", ""]
    );
    life.refund_fails(1).unwrap();
    let twice = ["the refund is not asked any more", "the refund has succeeded", "the refund has failed"];
    assert_eq!([&ended, &succeeded, &failed].map(|event| life.told(event)), twice);
}

#[test]
fn k4_a_history_opens_and_closes_a_dispute_once() {
    let opened =
        |amount: &str| json!({"type": "dispute_opened", "dispute": "dp_1", "charge": 1, "amount": amount});
    let closed =
        |outcome: DisputeOutcome| json!({"type": "dispute_closed", "dispute": "dp_1", "outcome": outcome});
    let (mut life, about) = (Life::with_credit("20"), "the dispute is about nothing, or exists");
    assert_eq!((life.told(&opened("5")), life.told(&opened("0"))), ("", about));
    assert_eq!(life.told(&closed(DisputeOutcome::Won)), "no such dispute");
    life.is_disputed("dp_1", 1, "5").unwrap();
    assert_eq!((life.told(&opened("5")), life.told(&closed(DisputeOutcome::Won))), (about, ""));
    life.loses("dp_1").unwrap();
    assert_eq!(life.told(&closed(DisputeOutcome::Won)), "the dispute has its outcome");
}

#[test]
fn k4_a_history_stays_within_the_range_of_amounts() {
    let out_of_range = "an amount would leave its range";
    let grant = |n: u128, amount: &str| json!({"type": "grant_issued", "grant": crate::life::grant(n), "amount": amount, "source": "welcome"});
    let mut life = asking();
    life.is_granted(1, "30").unwrap();
    assert_eq!(life.told(&grant(2, "78999999999999949.999999999999")), "");
    assert_eq!(life.told(&grant(2, "78999999999999950")), out_of_range);
    let succeeded = |amount: &str| with(of_charge("charge_succeeded", 2), "amount", json!(amount));
    assert_eq!(life.told(&succeeded("78999999999999949.999999999999")), "");
    assert_eq!(life.told(&succeeded("78999999999999950")), out_of_range);
}
