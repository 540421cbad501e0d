//! G2, G3. Disputes, and what a charge contributes whatever went back of it. (The order of facts: `g_order.rs`.)

use crate::life::{Answer, Life, amount};
use prepaid::{
    ChargeNumber, Decline, DisputeOutcome, DisputePhase, EndedCharge, Event, Outcome, RefundNumber,
    Rejection, ReversalReason, TopUpOutlook,
};

const NOTHING: [&str; 0] = [];
const DISPUTED: [&str; 2] = ["dispute_opened", "reversal_paused"];

/// Charge 1 of 20.00, none of it spent; top-up off.
fn paid() -> Life {
    Life::with_credit("20")
}

fn unknown(dispute: &str) -> Answer {
    Err(Rejection::DisputeUnknown { dispute: dispute.parse().unwrap() })
}

fn conflict(dispute: &str) -> Answer {
    Err(Rejection::DisputeConflict { dispute: dispute.parse().unwrap() })
}

fn closed(dispute: &str, outcome: DisputeOutcome) -> Answer {
    Err(Rejection::DisputeClosed { dispute: dispute.parse().unwrap(), outcome })
}

// G2: a dispute takes its own amount when it is opened; a lost one keeps it.
#[test]
fn g2_a_dispute_takes_its_amount_when_it_is_opened() {
    let mut life = paid();
    assert_eq!(life.is_disputed("dp_1", 1, "8.00").unwrap(), DISPUTED);
    life.posted_is("12");
    life.contributes(1, "12");
    assert_eq!(life.loses("dp_1").unwrap(), ["dispute_closed"]);
    life.posted_is("12");
    life.contributes(1, "12");
}

// G2: won is said from the account's side: the credit comes back.
#[test]
fn g2_a_won_dispute_brings_the_credit_back() {
    let mut life = paid();
    life.is_disputed("dp_1", 1, "8.00").unwrap();
    assert_eq!(life.wins("dp_1").unwrap(), ["dispute_closed", "reversal_pause_ended"]);
    life.posted_is("20");
    life.contributes(1, "20");
}

// G2: an amount below the charge unit is a fact, too.
#[test]
fn g2_a_dispute_is_taken_to_the_last_digit() {
    let mut life = paid();
    life.is_disputed("dp_1", 1, "7.995").unwrap();
    life.posted_is("12.005");
}

// G2, K6: a dispute is known by its id, with its charge and amount, also after it was closed.
#[test]
fn g2_a_dispute_opened_again_changes_nothing() {
    for outcome in [None, Some(DisputeOutcome::Won), Some(DisputeOutcome::Lost)] {
        let mut life = paid();
        life.buys("10.00").unwrap();
        life.is_disputed("dp_1", 1, "8.00").unwrap();
        if let Some(outcome) = outcome {
            life.dispute_ends("dp_1", outcome).unwrap();
        }
        let before = life.account.balance();
        assert_eq!(life.is_disputed("dp_1", 1, "8.00").unwrap(), NOTHING, "{outcome:?}");
        assert_eq!(life.is_disputed("dp_1", 1, "8.01"), conflict("dp_1"), "{outcome:?}");
        assert_eq!(life.is_disputed("dp_1", 2, "8.00"), conflict("dp_1"), "{outcome:?}");
        assert_eq!(life.account.balance(), before);
    }
}

// G2: one final outcome: told again it changes nothing, another one is refused.
#[test]
fn g2_the_outcome_of_a_dispute_is_final() {
    let (won, lost) = (DisputeOutcome::Won, DisputeOutcome::Lost);
    for (first, other, posted) in [(won, lost, "20"), (lost, won, "12")] {
        let mut life = paid();
        life.is_disputed("dp_1", 1, "8.00").unwrap();
        life.dispute_ends("dp_1", first).unwrap();
        assert_eq!(life.dispute_ends("dp_1", first).unwrap(), NOTHING);
        assert_eq!(life.dispute_ends("dp_1", other), closed("dp_1", first));
        life.posted_is(posted);
    }
}

// G2: an outcome told before the dispute is premature: refused, and accepted when it is told again.
#[test]
fn g2_an_outcome_before_the_dispute_is_premature() {
    for outcome in [DisputeOutcome::Won, DisputeOutcome::Lost] {
        let mut life = paid();
        assert_eq!(life.dispute_ends("dp_1", outcome), unknown("dp_1"));
        life.is_disputed("dp_1", 1, "8.00").unwrap();
        assert_eq!(life.dispute_ends("dp_2", outcome), unknown("dp_2"));
        assert_eq!(life.dispute_ends("dp_1", outcome).unwrap().first(), Some(&"dispute_closed"));
    }
}

// G2: the contribution is never below zero: no charge takes back more than it brought.
#[test]
fn g2_a_dispute_beyond_the_charge_takes_no_more_than_the_charge() {
    for (disputed, posted) in [("19.99", "5.01"), ("20.00", "5"), ("20.01", "5"), ("5000.00", "5")] {
        let mut life = paid();
        life.buys("5.00").unwrap();
        life.is_disputed("dp_1", 1, disputed).unwrap();
        life.posted_is(posted);
        life.contributes(2, "5");
        life.wins("dp_1").unwrap();
        life.posted_is("25");
    }
}

// G2: two disputes of one charge, more together than it is: max(0, 20 - 15 - 12), and one of them won.
#[test]
fn g2_double_disputes_take_the_charge_once() {
    let both = || {
        let mut life = paid();
        life.is_disputed("dp_1", 1, "15.00").unwrap();
        life.posted_is("5");
        assert_eq!(life.is_disputed("dp_2", 1, "12.00").unwrap(), ["dispute_opened"]);
        life.posted_is("0");
        life
    };
    let mut life = both();
    life.wins("dp_1").unwrap();
    life.posted_is("8"); // 20 - 12
    life.loses("dp_2").unwrap();
    life.posted_is("8");
    let mut life = both();
    life.wins("dp_2").unwrap();
    life.posted_is("5"); // 20 - 15
    life.wins("dp_1").unwrap();
    life.posted_is("20");
    let mut life = both();
    life.loses("dp_1").unwrap();
    life.loses("dp_2").unwrap();
    life.posted_is("0");
}

// G2: refund and dispute of one charge: a refund first, then the whole charge disputed, then won or lost.
#[test]
fn g2_a_won_dispute_after_a_refund_brings_back_the_rest_only() {
    let refunded_and_disputed = || {
        let mut life = paid();
        life.refunds(1, "6.00").unwrap();
        life.refund_succeeds(1).unwrap();
        life.is_disputed("dp_1", 1, "20.00").unwrap();
        life.posted_is("0"); // max(0, 20 - 6 - 20)
        life
    };
    let mut life = refunded_and_disputed();
    life.wins("dp_1").unwrap();
    life.posted_is("14");
    let mut life = refunded_and_disputed();
    life.loses("dp_1").unwrap();
    life.posted_is("0");
    // A refund that fails then brings nothing: the dispute has it all.
    life.refund_fails(1).unwrap();
    life.posted_is("0");
}

// G2: a refund after a won dispute takes its amount, and not less for what was once disputed.
#[test]
fn g2_a_refund_after_a_won_dispute_takes_its_whole_amount() {
    let mut life = paid();
    life.is_disputed("dp_1", 1, "20.00").unwrap();
    life.wins("dp_1").unwrap();
    life.records_refund(1, "20.00", "re_x").unwrap();
    life.posted_is("0");
}

// G2: every event moves the balance by the change of the contribution, and by nothing else: 20.00, step by step.
#[test]
fn g2_every_reversal_moves_the_balance_by_the_change_of_the_contribution() {
    type Happens = fn(&mut Life) -> Answer;
    let mut life = paid();
    life.spends("1.00").unwrap();
    let steps: [(&str, Happens, &str); 10] = [
        ("a dispute of 9", |life| life.is_disputed("dp_1", 1, "9.00"), "11"),
        ("a refund of 4", |life| life.refunds(1, "4.00"), "7"),
        ("it succeeds", |life| life.refund_succeeds(1), "7"),
        ("recorded, 5", |life| life.records_refund(1, "5.00", "re_x"), "2"),
        ("a dispute of 6: 4 beyond", |life| life.is_disputed("dp_2", 1, "6.00"), "0"),
        ("the first is won", |life| life.wins("dp_1"), "5"),
        ("the refund fails", |life| life.refund_fails(1), "9"),
        ("the second is lost", |life| life.loses("dp_2"), "9"),
        ("a refund by force, of the rest", |life| life.forces_refund(1, "9.00"), "0"),
        ("it fails", |life| life.refund_fails(2), "9"),
    ];
    for (what, happens, contribution) in steps {
        happens(&mut life).unwrap();
        life.contributes(1, contribution);
        let posted = amount(contribution).to_decimal() - amount("1").to_decimal();
        assert_eq!(life.account.balance().posted.to_decimal(), posted, "{what}");
    }
}

// G2: a charge is disputed by itself: the other's contribution stays, and so does its credit.
#[test]
fn g2_a_dispute_is_of_its_own_charge() {
    let mut life = paid();
    life.buys("10.00").unwrap();
    life.is_disputed("dp_1", 2, "10.00").unwrap();
    life.contributes(1, "20");
    life.contributes(2, "0");
    life.posted_is("20");
    assert_eq!(life.account.disputes().first().map(|dispute| dispute.charge), Some(ChargeNumber(2)));
}

// G2: a charge that was taken late can be disputed from then on.
#[test]
fn g2_a_late_success_can_be_disputed() {
    let mut life = paid();
    life.tops_up("10.00").unwrap();
    life.charge_fails(Decline::Hard).unwrap();
    let premature = Err(Rejection::ChargeNotSucceeded { charge: ChargeNumber(2) });
    assert_eq!(life.is_disputed("dp_1", 2, "10.00"), premature);
    life.charge_succeeds_with(2, "10.00").unwrap();
    life.posted_is("30");
    assert_eq!(life.is_disputed("dp_1", 2, "10.00").unwrap(), DISPUTED);
    life.posted_is("20");
}

// G2, D8: a dispute of spent credit leaves a debt; while it stands no call is admitted, not even a free one.
#[test]
fn g2_while_a_debt_stands_no_call_is_admitted() {
    let mut life = paid();
    life.spends("15.00").unwrap();
    life.authorizes(1, "5.00").unwrap();
    life.is_disputed("dp_1", 1, "20.00").unwrap();
    life.posted_is("-15");
    let debt = Err(Rejection::Debt { debt: amount("15") });
    assert_eq!(life.spends("0.01"), debt);
    assert_eq!(life.spends("0"), debt);
    assert_eq!(life.authorizes(2, "0"), debt);
    // D4: what is open ends as it would, also further below zero.
    assert_eq!(life.settles_whole(1).unwrap(), ["call_settled"]);
    life.posted_is("-20");
    life.wins("dp_1").unwrap();
    life.posted_is("0");
    assert_eq!(life.spends("0").unwrap(), ["call_charged"]);
}

// G2: exactly nothing is no debt: then only credit is missing.
#[test]
fn g2_a_balance_of_zero_is_no_debt() {
    let mut life = paid();
    life.spends("12.00").unwrap();
    life.is_disputed("dp_1", 1, "8.00").unwrap();
    life.posted_is("0");
    assert_eq!(life.spends("0").unwrap(), ["call_charged"]);
    let missing = Rejection::InsufficientCredit {
        short: amount("0.01"),
        held: amount("0"),
        outlook: TopUpOutlook::Off,
    };
    assert_eq!(life.spends("0.01"), Err(missing));
    life.records_refund(1, "0.000000000001", "re_x").unwrap();
    assert_eq!(life.spends("0"), Err(Rejection::Debt { debt: amount("0.000000000001") }));
}

// G2, D8: a reversal never refuses for what is held: the available credit is below zero until the calls end.
#[test]
fn g2_a_reversal_of_held_credit_leaves_less_than_nothing_available() {
    let mut life = paid();
    life.authorizes(1, "15.00").unwrap();
    life.is_disputed("dp_1", 1, "8.00").unwrap();
    life.posted_is("12");
    life.held_is("15");
    life.available_is("-3");
    assert_eq!(life.spends("0.01").unwrap_err().tag().as_str(), "insufficient_credit");
    life.releases(1).unwrap();
    life.available_is("12");
}

// G3: every reversal and its cause is an event that says all of it.
#[test]
fn g3_every_reversal_is_an_event() {
    let mut life = paid();
    let from = life.batches.len();
    life.is_disputed("dp_1", 1, "500.00").unwrap();
    life.loses("dp_1").unwrap();
    life.is_disputed("dp_2", 1, "1.00").unwrap();
    life.wins("dp_2").unwrap();
    life.records_refund(1, "2.50", "re_x").unwrap();
    let told: Vec<Event> =
        life.batches.iter().skip(from).flat_map(|batch| batch.events.iter().cloned()).collect();
    let charge = ChargeNumber(1);
    let opened =
        |id: &str, text| Event::DisputeOpened { dispute: id.parse().unwrap(), charge, amount: amount(text) };
    let ended = |id: &str, outcome| Event::DisputeClosed { dispute: id.parse().unwrap(), outcome };
    let expected = [
        opened("dp_1", "500"), // its own amount, not what it could take
        Event::ReversalPaused { reason: ReversalReason::Dispute },
        ended("dp_1", DisputeOutcome::Lost),
        opened("dp_2", "1"),
        ended("dp_2", DisputeOutcome::Won),
        Event::RefundRecorded { charge, amount: amount("2.50"), reference: "re_x".parse().unwrap() },
    ];
    assert_eq!(told, expected);
}

// G3: and so is how a refund of our own ended, and why.
#[test]
fn g3_the_ending_of_a_refund_is_an_event() {
    let mut life = paid();
    life.refunds(1, "5.00").unwrap();
    life.refund_succeeds_as(1, "re_a").unwrap();
    let refund = RefundNumber(1);
    let succeeded = Event::RefundSucceeded { refund, reference: "re_a".parse().unwrap() };
    assert_eq!(*life.last_event(), succeeded);
    life.refund_fails(1).unwrap();
    let failed = Event::RefundFailed { refund, reason: "account closed".parse().unwrap() };
    assert_eq!(*life.last_event(), failed);
}

// G3: nothing is edited in place: the charge stays what it was, and each dispute keeps its amount.
#[test]
fn g3_a_reversal_edits_nothing_in_place() {
    let mut life = paid();
    let before = life.account.charge(ChargeNumber(1)).cloned();
    assert_eq!(before.as_ref().unwrap().outcome, Outcome::Succeeded { credited: amount("20") });
    life.refunds(1, "5.00").unwrap();
    life.refund_fails(1).unwrap();
    life.records_refund(1, "3.00", "re_x").unwrap();
    life.is_disputed("dp_1", 1, "30.00").unwrap();
    life.wins("dp_1").unwrap();
    life.is_disputed("dp_2", 1, "30.00").unwrap();
    life.loses("dp_2").unwrap();
    let after = life.account.charge(ChargeNumber(1)).cloned().unwrap();
    assert_eq!(Some(EndedCharge { reversed_at: None, ..after }), before);
    let disputes = life.account.disputes().iter().map(|dispute| (dispute.amount, dispute.phase));
    let (won, lost) = (DisputePhase::Won, DisputePhase::Lost);
    assert!(disputes.eq([(amount("30"), won), (amount("30"), lost)]));
    assert_eq!(life.refund(1).amount, amount("5"));
}
