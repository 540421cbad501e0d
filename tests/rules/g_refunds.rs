//! G1, M3, M4. Refunds: asked here, or made at the provider. (What is owed of them: `g_owed.rs`;
//! disputes: `g_disputes.rs`; archiving: `g_archive.rs`.)

use crate::life::{Answer, Life, amount};
use prepaid::{Action, ChargeNumber, Decline, RefundNumber, RefundPhase, Rejection, StageTag};

const NOTHING: [&str; 0] = [];
const ASKED: [&str; 2] = ["refund_requested", "reversal_paused"];
const RECORDED: [&str; 2] = ["refund_recorded", "reversal_paused"];

/// Charge 1 of 20.00, none of it spent; top-up off.
pub fn paid() -> Life {
    Life::with_credit("20")
}

/// The same, and charge 2 of 30.00.
fn paid_twice() -> Life {
    let mut life = paid();
    life.buys("30.00").unwrap();
    life.posted_is("50");
    life
}

/// Refund 1 of 5.00 of charge 1 is asked.
pub fn asked() -> Life {
    let mut life = paid();
    life.refunds(1, "5.00").unwrap();
    life
}

fn above_contribution(asked: &str, contribution: &str) -> Answer {
    Err(Rejection::AboveContribution { amount: amount(asked), contribution: amount(contribution) })
}

fn above_refundable(asked: &str, at_most: &str) -> Answer {
    Err(Rejection::AboveRefundable { amount: amount(asked), at_most: amount(at_most) })
}

fn conflict(reference: &str) -> Answer {
    Err(Rejection::RefundConflict { reference: reference.parse().unwrap() })
}

// G1: the credit leaves when the refund is asked, not when the provider has sent it.
#[test]
fn g1_the_credit_leaves_when_the_refund_is_asked() {
    let mut life = paid();
    assert_eq!(life.refunds(1, "5.00").unwrap(), ASKED);
    life.posted_is("15");
    life.available_is("15");
    life.contributes(1, "15");
    assert_eq!(life.refund_succeeds(1).unwrap(), ["refund_succeeded"]);
    life.posted_is("15");
}

// G1: at most the charge's contribution, exactly or one cent more, forced or not; the other charge does not help.
#[test]
fn g1_a_refund_is_at_most_what_the_charge_contributes() {
    for ask in [Life::refunds, Life::operator_refunds, Life::forces_refund] {
        let mut life = paid_twice();
        assert_eq!(ask(&mut life, 1, "20.01"), above_contribution("20.01", "20"));
        assert_eq!(ask(&mut life, 1, "20.00").unwrap(), ASKED);
        assert_eq!(ask(&mut life, 1, "0.01"), above_contribution("0.01", "0"));
        assert_eq!(ask(&mut life, 2, "30.01"), above_contribution("30.01", "30"));
        assert_eq!(ask(&mut life, 2, "30.00").unwrap(), ["refund_requested"]);
        life.posted_is("0");
    }
}

// G1: of what was refunded before, recorded or disputed nothing can be refunded again; what failed can.
#[test]
fn g1_what_went_back_cannot_be_refunded_again() {
    let mut life = paid_twice();
    life.refunds(1, "5.00").unwrap();
    life.records_refund(1, "3.00", "re_x").unwrap();
    life.is_disputed("dp_1", 1, "8.00").unwrap();
    assert_eq!(life.refunds(1, "4.01"), above_contribution("4.01", "4"));
    life.refund_fails(1).unwrap();
    assert_eq!(life.refunds(1, "9.01"), above_contribution("9.01", "9"));
    life.wins("dp_1").unwrap();
    assert_eq!(life.refunds(1, "17.01"), above_contribution("17.01", "17"));
    assert_eq!(life.refunds(1, "17.00").unwrap(), ["refund_requested", "reversal_paused"]);
}

// G1: unless forced, at most the unheld purchased credit: what is spent, and what is held, is not there.
#[test]
fn g1_a_refund_is_at_most_the_unheld_purchased_credit() {
    for ask in [Life::refunds, Life::operator_refunds] {
        let mut life = paid();
        life.spends("6.00").unwrap();
        life.authorizes(1, "4.00").unwrap();
        life.purchased_is("10");
        assert_eq!(ask(&mut life, 1, "10.01"), above_refundable("10.01", "10"));
        assert_eq!(ask(&mut life, 1, "10.00").unwrap(), ASKED);
        assert_eq!(ask(&mut life, 1, "0.01"), above_refundable("0.01", "0"));
        life.releases(1).unwrap();
        assert_eq!(ask(&mut life, 1, "4.00").unwrap(), ["refund_requested"]);
        life.posted_is("0");
    }
}

// G1: grants are no purchased credit: they cannot be sent back, whether they are spent first or last.
#[test]
fn g1_granted_credit_is_not_refunded() {
    for (rank, refundable) in [(0, "20"), (1, "12.5")] {
        let mut life = paid();
        life.is_granted_with(1, "7.50", rank, None).unwrap();
        life.spends("7.50").unwrap();
        life.posted_is("20");
        life.purchased_is(refundable);
        let more = if rank == 0 { "20.01" } else { "12.51" };
        let answer = life.refunds(1, more);
        let refused = if rank == 0 { above_contribution(more, "20") } else { above_refundable(more, "12.5") };
        assert_eq!(answer, refused);
        assert_eq!(life.refunds(1, refundable).unwrap(), ASKED);
    }
}

// G1: in debt there is no purchased credit at all; only by force is anything sent back.
#[test]
fn g1_with_a_debt_only_force_refunds() {
    let mut life = paid_twice();
    life.spends("40.00").unwrap();
    life.is_disputed("dp_1", 1, "15.00").unwrap();
    life.posted_is("-5");
    assert_eq!(life.refunds(2, "0.01"), above_refundable("0.01", "0"));
    assert_eq!(life.forces_refund(2, "0.01").unwrap(), ["refund_requested"]);
    life.posted_is("-5.01");
}

// G1: the operator may force a refund of what is spent or held: below zero, if it must be.
#[test]
fn g1_the_operator_may_force_a_refund_of_spent_credit() {
    let mut life = paid();
    life.spends("15.00").unwrap();
    life.authorizes(1, "5.00").unwrap();
    assert_eq!(life.operator_refunds(1, "0.01"), above_refundable("0.01", "0"));
    assert_eq!(life.forces_refund(1, "20.00").unwrap(), ASKED);
    life.posted_is("-15");
    life.available_is("-20");
    // D4: the open call ends as it would.
    assert_eq!(life.settles_whole(1).unwrap(), ["call_settled"]);
    life.posted_is("-20");
}

// G1: to force is the operator's.
#[test]
fn g1_the_owner_cannot_force() {
    let mut life = paid();
    let forced = Action::Refund { charge: ChargeNumber(1), amount: amount("1.00"), forced: true };
    assert_eq!(life.owner(forced), Err(Rejection::FieldForbidden { field: "forced" }));
    life.posted_is("20");
}

// M3: a refund asked by command is whole charge units; the purchased credit below one stays.
#[test]
fn m3_a_refund_is_whole_charge_units() {
    let not_whole = |text, unit| Err(Rejection::AmountNotWhole { amount: amount(text), unit: amount(unit) });
    for ask in [Life::refunds, Life::operator_refunds, Life::forces_refund] {
        let mut life = paid();
        assert_eq!(ask(&mut life, 1, "5.001"), not_whole("5.001", "0.01"));
        assert_eq!(ask(&mut life, 1, "0.000000000001"), not_whole("0.000000000001", "0.01"));
        assert_eq!(ask(&mut life, 1, "5.00").unwrap(), ASKED);
    }
    let mut life = paid();
    life.changes_policy(|numbers| numbers.charge_unit = amount("0.25"));
    assert_eq!(life.refunds(1, "5.01"), not_whole("5.01", "0.25"));
    assert_eq!(life.refunds(1, "5.25").unwrap(), ASKED);
    let mut life = paid();
    life.spends("10.005").unwrap();
    assert_eq!(life.refunds(1, "10.00"), above_refundable("10.00", "9.995"));
    assert_eq!(life.refunds(1, "9.99").unwrap(), ASKED);
    life.posted_is("0.005");
}

// M3: that is of refunds asked here; what the provider did is a fact, to the last digit.
#[test]
fn m3_a_refund_made_at_the_provider_is_taken_as_it_is() {
    let mut life = paid();
    assert_eq!(life.records_refund(1, "5.005", "re_x").unwrap(), RECORDED);
    life.posted_is("14.995");
}

// M4: refunds, recorded refunds and disputes are positive.
#[test]
fn m4_nothing_is_no_reversal() {
    let nothing = Err(Rejection::AmountZero {});
    let mut life = paid();
    assert_eq!(life.refunds(1, "0"), nothing);
    assert_eq!(life.forces_refund(1, "0.00"), nothing);
    assert_eq!(life.records_refund(1, "0", "re_x"), nothing);
    assert_eq!(life.is_disputed("dp_1", 1, "0"), nothing);
}

// G1: the credit comes back if the refund fails; a second failure changes nothing, and a success after it no credit.
#[test]
fn g1_the_credit_comes_back_if_the_refund_fails() {
    let mut life = asked();
    life.posted_is("15");
    assert_eq!(life.refund_fails(1).unwrap(), ["refund_failed"]);
    life.posted_is("20");
    life.contributes(1, "20");
    assert_eq!(life.refund_fails(1).unwrap(), NOTHING);
    assert_eq!(life.refund_succeeds(1).unwrap(), ["refund_succeeded"]);
    life.posted_is("20");
    assert_eq!(life.refund_succeeds(1).unwrap(), NOTHING);
    life.posted_is("20");
}

// G1: also when a failure follows a success, once.
#[test]
fn g1_a_failure_after_a_success_brings_it_back_once() {
    let mut life = asked();
    life.refund_succeeds(1).unwrap();
    assert_eq!(life.later("9d").refund_fails(1).unwrap(), ["refund_failed"]);
    life.posted_is("20");
    assert_eq!(life.refund_fails(1).unwrap(), NOTHING);
    assert_eq!(life.refund_succeeds(1).unwrap(), NOTHING);
    life.posted_is("20");
}

// G1: a repeated success changes nothing, whatever reference comes with it.
#[test]
fn g1_a_repeated_success_changes_nothing() {
    let mut life = asked();
    assert_eq!(life.refund_succeeds_as(1, "re_a").unwrap(), ["refund_succeeded"]);
    assert_eq!(life.refund_succeeds_as(1, "re_a").unwrap(), NOTHING);
    assert_eq!(life.refund_succeeds_as(1, "re_b").unwrap(), NOTHING);
    assert_eq!(life.refund(1).phase, RefundPhase::Succeeded { reference: "re_a".parse().unwrap() });
    life.posted_is("15");
}

// G1: a result of a refund that nobody asked for is refused.
#[test]
fn g1_an_unknown_refund_has_no_result() {
    let mut life = asked();
    let unknown = Err(Rejection::RefundUnknown { refund: RefundNumber(2) });
    assert_eq!(life.refund_succeeds(2), unknown);
    assert_eq!(life.refund_fails(2), unknown);
}

// G1: a refund made at the provider is recorded as such, once by its reference.
#[test]
fn g1_a_refund_made_at_the_provider_is_recorded_once() {
    let mut life = paid_twice();
    assert_eq!(life.records_refund(1, "5.00", "re_x").unwrap(), RECORDED);
    life.posted_is("45");
    assert_eq!(life.records_refund(1, "5.00", "re_x").unwrap(), NOTHING);
    assert_eq!(life.records_refund(1, "5.01", "re_x"), conflict("re_x"));
    assert_eq!(life.records_refund(2, "5.00", "re_x"), conflict("re_x"));
    life.posted_is("45");
    // Another reference is another refund, also of the same charge and amount.
    assert_eq!(life.records_refund(1, "5.00", "re_y").unwrap(), ["refund_recorded"]);
    life.posted_is("40");
    assert_eq!(life.account.recorded_refunds().len(), 2);
}

// G1: the operator may record one, too.
#[test]
fn g1_the_operator_may_record_a_refund() {
    let mut life = paid();
    let (charge, reference) = (ChargeNumber(1), "re_x".parse().unwrap());
    let record = Action::RecordRefund { charge, amount: amount("5.00"), reference };
    assert_eq!(life.operator(record).unwrap(), RECORDED);
    life.posted_is("15");
}

// G1: also below zero, where the credit is spent; but no further than the charge contributes (G2).
#[test]
fn g1_a_recorded_refund_may_take_the_balance_below_zero() {
    for (recorded, posted) in
        [("4.99", "0.01"), ("5.00", "0"), ("5.01", "-0.01"), ("20.00", "-15"), ("25.00", "-15")]
    {
        let mut life = paid();
        life.spends("15.00").unwrap();
        assert_eq!(life.records_refund(1, recorded, "re_x").unwrap(), RECORDED);
        life.posted_is(posted);
    }
}

// G1: a recorded refund turns out to be our own, told after the success: it is that one, and counts once.
#[test]
fn g1_a_recorded_refund_that_is_our_own_counts_once_told_last() {
    let mut life = asked();
    life.refund_succeeds_as(1, "re_1").unwrap();
    assert_eq!(life.records_refund(1, "5.00", "re_1").unwrap(), NOTHING);
    life.posted_is("15");
    assert_eq!(life.records_refund(1, "5.01", "re_1"), conflict("re_1"));
    // Also if it fails later: the credit comes back, and the reference stays known.
    life.refund_fails(1).unwrap();
    life.posted_is("20");
    assert_eq!(life.records_refund(1, "5.00", "re_1").unwrap(), NOTHING);
    assert_eq!(life.records_refund(1, "4.00", "re_1"), conflict("re_1"));
    life.posted_is("20");
}

// G1: the same, told first: two refunds until the success says that they are one.
#[test]
fn g1_a_recorded_refund_that_is_our_own_counts_once_told_first() {
    let mut life = asked();
    life.records_refund(1, "5.00", "re_1").unwrap();
    life.posted_is("10");
    assert_eq!(life.refund_succeeds_as(1, "re_1").unwrap(), ["refund_succeeded"]);
    life.posted_is("15");
    assert_eq!(life.account.recorded_refunds().len(), 0); // it is that refund's now
    assert_eq!(life.records_refund(1, "5.00", "re_1").unwrap(), NOTHING);
    life.refund_fails(1).unwrap();
    life.posted_is("20");
    assert_eq!(life.records_refund(1, "5.00", "re_1").unwrap(), NOTHING);
    life.posted_is("20");
}

// G1: under another reference it is another refund, and counts beside our own.
#[test]
fn g1_another_reference_is_another_refund() {
    let mut life = asked();
    life.records_refund(1, "5.00", "re_x").unwrap();
    life.refund_succeeds_as(1, "re_1").unwrap();
    life.posted_is("10");
}

// G1: of another charge or amount it is a conflict, and nothing is merged.
#[test]
fn g1_a_success_under_a_reference_of_another_refund_is_a_conflict() {
    for (charge, text) in [(1, "4.99"), (2, "5.00")] {
        let mut life = paid_twice();
        life.refunds(1, "5.00").unwrap();
        life.records_refund(charge, text, "re_1").unwrap();
        let before = life.account.balance();
        assert_eq!(life.refund_succeeds_as(1, "re_1"), conflict("re_1"));
        assert_eq!(life.account.balance(), before);
        assert_eq!(life.owes(), ["send_refund"]);
    }
}

// G1: no two refunds of our own have one reference, also not where the first has failed since.
#[test]
fn g1_two_refunds_of_our_own_have_two_references() {
    let mut life = asked();
    life.refunds(1, "5.00").unwrap();
    life.refund_succeeds_as(1, "re_1").unwrap();
    assert_eq!(life.refund_succeeds_as(2, "re_1"), conflict("re_1"));
    life.refund_fails(1).unwrap();
    assert_eq!(life.refund_succeeds_as(2, "re_1"), conflict("re_1"));
    assert_eq!(life.refund_succeeds_as(2, "re_2").unwrap(), ["refund_succeeded"]);
    life.posted_is("15");
}

// G1, G2: what has not succeeded has nothing to send back: premature, to be tried again. An unknown charge is unknown.
#[test]
fn g2_a_refund_of_a_charge_that_has_not_succeeded_is_premature() {
    type Becomes = fn(&mut Life);
    let premature = Err(Rejection::ChargeNotSucceeded { charge: ChargeNumber(2) });
    let states: [(&str, Becomes); 5] = [
        ("open", |_| {}),
        ("requires action", |life| drop(life.charge_requires_action().unwrap())),
        ("failed", |life| drop(life.charge_fails(Decline::Soft).unwrap())),
        ("abandoned", |life| drop(life.charge_is_cancelled().unwrap())),
        ("reported with another amount", |life| drop(life.charge_succeeds_with(2, "7.00").unwrap())),
    ];
    for (what, becomes) in states {
        let mut life = paid();
        life.tops_up("10.00").unwrap();
        becomes(&mut life);
        assert_eq!(life.refunds(2, "1.00"), premature, "{what}");
        assert_eq!(life.forces_refund(2, "1.00"), premature, "{what}");
        assert_eq!(life.records_refund(2, "1.00", "re_x"), premature, "{what}");
        assert_eq!(life.is_disputed("dp_1", 2, "1.00"), premature, "{what}");
        life.posted_is("20");
    }
    let unknown = Err(Rejection::ChargeUnknown { charge: ChargeNumber(2) });
    let mut life = paid();
    assert_eq!(life.refunds(2, "1.00"), unknown);
    assert_eq!(life.records_refund(2, "1.00", "re_x"), unknown);
    assert_eq!(life.is_disputed("dp_1", 2, "1.00"), unknown);
}

// G2: told again once the charge is known as succeeded, also late, it is accepted.
#[test]
fn g2_a_premature_refund_is_accepted_after_a_late_success() {
    let mut life = paid();
    life.tops_up("10.00").unwrap();
    life.charge_fails(Decline::Soft).unwrap();
    assert!(life.records_refund(2, "10.00", "re_x").is_err());
    life.charge_succeeds_with(2, "10.00").unwrap();
    life.posted_is("30");
    assert_eq!(life.records_refund(2, "10.00", "re_x").unwrap(), RECORDED);
    life.posted_is("20");
}

// G1: before a payment method is linked no charge can have succeeded.
#[test]
fn g1_before_a_payment_method_there_is_nothing_to_refund() {
    let mut life = Life::at_stage(StageTag::Described);
    let refused = Rejection::OutOfOrder { needs: StageTag::Linked, is: StageTag::Described };
    assert_eq!(life.refunds(1, "1.00"), Err(refused));
    let mut life = Life::at_stage(StageTag::Linked);
    assert_eq!(life.refunds(1, "1.00"), Err(Rejection::ChargeUnknown { charge: ChargeNumber(1) }));
}
