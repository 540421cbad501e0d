//! G4. Every reversal pauses the automatic top-up, and some things end the pause. (Disputes that stand:
//! `g_disputed.rs`.)

use crate::life::{Answer, Life, amount, card};
use prepaid::{
    Action, ChargeKind, ChargeNumber, Decline, PauseReason, Rejection, ReversalReason, StageTag, TopUpOutlook,
};

const NOTHING: [&str; 0] = [];

/// Charge 1 of 20.00 by card-1; 15.00 are left; the top-up is on and would fire at 10.00.
pub fn paid() -> Life {
    let mut life = Life::funded();
    life.spends("5.00").unwrap();
    life.outlook_is(TopUpOutlook::AboveThreshold);
    life
}

/// A refund of 6.00 has paused the top-up at 9.00, below the threshold.
pub fn refunded() -> Life {
    let mut life = paid();
    life.refunds(1, "6.00").unwrap();
    life.posted_is("9");
    life.outlook_is(paused_by(ReversalReason::Refund));
    life
}

/// A dispute of 6.00 has.
pub fn disputed() -> Life {
    let mut life = paid();
    life.is_disputed("dp_1", 1, "6.00").unwrap();
    life.posted_is("9");
    life.outlook_is(paused_by(ReversalReason::Dispute));
    life
}

/// The same, and it is lost.
pub fn lost() -> Life {
    let mut life = disputed();
    assert_eq!(life.loses("dp_1").unwrap(), ["dispute_closed"]);
    life
}

pub fn paused_by(reason: ReversalReason) -> TopUpOutlook {
    TopUpOutlook::ReversalPaused { reason }
}

impl Life {
    #[track_caller]
    pub fn outlook_is(&self, expected: TopUpOutlook) {
        assert_eq!(self.outlook(), expected);
    }
}

type Happens = fn(&mut Life) -> Answer;

/// Everything that reverses, with its event and the reason it gives: each takes the balance below the threshold.
const REVERSALS: [(Happens, &str, ReversalReason); 5] = [
    (|life| life.refunds(1, "6.00"), "refund_requested", ReversalReason::Refund),
    (|life| life.operator_refunds(1, "6.00"), "refund_requested", ReversalReason::Refund),
    (|life| life.forces_refund(1, "20.00"), "refund_requested", ReversalReason::Refund),
    (|life| life.records_refund(1, "6.00", "re_x"), "refund_recorded", ReversalReason::Refund),
    (|life| life.is_disputed("dp_1", 1, "6.00"), "dispute_opened", ReversalReason::Dispute),
];

// G4: a refund asked or recorded and a dispute opened pause in the same step, with the reason, and fire nothing (E3).
#[test]
fn g4_every_reversal_pauses_in_its_own_step_and_never_fires() {
    for (reverses, event, reason) in REVERSALS {
        let mut life = paid();
        assert_eq!(reverses(&mut life).unwrap(), [event, "reversal_paused"]);
        assert_eq!(*life.last_event(), prepaid::Event::ReversalPaused { reason });
        life.asks_for_nothing();
        life.outlook_is(paused_by(reason));
    }
}

// G4: also where the top-up is off, or the account suspended: the pause is there when it is on again.
#[test]
fn g4_a_reversal_pauses_also_what_is_off() {
    for (reverses, event, reason) in REVERSALS {
        let mut life = paid();
        life.switches(false).unwrap();
        life.is_suspended_for("review").unwrap();
        assert_eq!(reverses(&mut life).unwrap(), [event, "reversal_paused"]);
        life.outlook_is(TopUpOutlook::Off);
        life.resumes().unwrap();
        assert_eq!(life.switches(true).unwrap(), ["top_up_set"]);
        life.outlook_is(paused_by(reason));
    }
}

// G4: what is no reversal pauses nothing.
#[test]
fn g4_results_of_reversals_pause_nothing() {
    let mut life = refunded();
    life.reactivates().unwrap();
    life.charge_succeeds().unwrap();
    assert_eq!(life.refund_succeeds(1).unwrap(), ["refund_succeeded"]);
    assert_eq!(life.records_refund(1, "6.00", "re_1").unwrap(), NOTHING);
    assert_eq!(life.refund_fails(1).unwrap(), ["refund_failed"]);
    life.outlook_is(TopUpOutlook::AboveThreshold);
    let mut life = disputed();
    life.operator_reactivates().unwrap();
    life.charge_succeeds().unwrap();
    assert_eq!(life.loses("dp_1").unwrap(), ["dispute_closed"]);
    life.outlook_is(TopUpOutlook::AboveThreshold);
}

// G4: nothing that happens since ends the pause, but for what the rule names.
#[test]
fn g4_a_pause_outlasts_everything_the_rule_does_not_name() {
    let others: [(&str, Happens); 13] = [
        ("usage", |life| life.spends("1.00")),
        ("switched off and on", |life| {
            life.switches(false)?;
            life.switches(true)
        }),
        ("other settings", |life| life.sets("15.00", "50.00")),
        ("suspended and resumed", |life| {
            life.is_suspended_for("review")?;
            life.resumes()
        }),
        ("a year", |life| {
            life.later("365d");
            life.spends("0.01")
        }),
        ("a grant", |life| life.is_granted(1, "1.00")),
        ("the same card under another token", |life| {
            let mut same = card("card-1");
            if let Action::LinkPaymentMethod { token, .. } = &mut same {
                *token = "pm_other".parse().unwrap();
            }
            life.owner(same)
        }),
        ("a manual top-up that fails", |life| {
            life.links("card-1")?;
            if life.tops_up("5.00").is_ok() {
                life.charge_fails(Decline::Soft)?;
            }
            life.spends("0.01")
        }),
        ("a refund that succeeds", |life| {
            life.forces_refund(1, "0.01")?;
            let last = u32::try_from(life.account.refunds().len()).unwrap();
            life.refund_succeeds(last)
        }),
        ("a refund that fails", |life| {
            life.forces_refund(1, "0.01")?;
            let last = u32::try_from(life.account.refunds().len()).unwrap();
            life.refund_fails(last)
        }),
        ("another refund", |life| life.records_refund(1, "0.01", "re_y")),
        ("terms accepted", |life| {
            life.requires_terms("TOS_2025_01_01", "2025-01-01T00:00:00Z");
            life.accepts_terms("TOS_2025_01_01")
        }),
        ("another key", |life| life.owner(crate::life::new_key(2))),
    ];
    for (life, reason) in [
        (refunded(), ReversalReason::Refund),
        (disputed(), ReversalReason::Dispute),
        (lost(), ReversalReason::Dispute),
    ] {
        for (what, happens) in others {
            let mut life = life.clone();
            happens(&mut life).unwrap();
            life.asks_for_nothing();
            assert_eq!(life.outlook(), paused_by(reason), "{what}");
        }
    }
}

// G4: a second reversal of the kind says nothing new; a dispute's pause replaces a refund's, not the other way round.
#[test]
fn g4_a_pause_by_a_dispute_replaces_one_by_a_refund() {
    let mut life = refunded();
    assert_eq!(life.refunds(1, "1.00").unwrap(), ["refund_requested"]);
    assert_eq!(life.records_refund(1, "1.00", "re_x").unwrap(), ["refund_recorded"]);
    life.outlook_is(paused_by(ReversalReason::Refund));
    assert_eq!(life.is_disputed("dp_1", 1, "1.00").unwrap(), ["dispute_opened", "reversal_paused"]);
    life.outlook_is(paused_by(ReversalReason::Dispute));
    assert_eq!(life.refunds(1, "1.00").unwrap(), ["refund_requested"]);
    assert_eq!(life.records_refund(1, "1.00", "re_y").unwrap(), ["refund_recorded"]);
    assert_eq!(life.is_disputed("dp_2", 1, "1.00").unwrap(), ["dispute_opened"]);
    life.outlook_is(paused_by(ReversalReason::Dispute));
}

// G4: what ends a pause by a refund; and then E1 holds, at 9.00 below the threshold, in the same step.
#[test]
fn g4_a_pause_by_a_refund_is_cleared() {
    let mut life = refunded();
    assert_eq!(life.clone().reactivates().unwrap(), ["reversal_pause_ended", "charge_requested"]);
    assert_eq!(life.clone().operator_reactivates().unwrap(), ["reversal_pause_ended", "charge_requested"]);
    let linked = life.clone().links("card-2").unwrap();
    assert_eq!(linked, ["payment_method_linked", "reversal_pause_ended", "charge_requested"]);
    life.tops_up("5.00").unwrap();
    assert_eq!(life.charge_succeeds().unwrap(), ["charge_succeeded", "reversal_pause_ended"]);
    life.posted_is("14");
    life.outlook_is(TopUpOutlook::AboveThreshold);
}

// G4: a manual top-up that succeeds late clears as one that succeeds.
#[test]
fn g4_a_late_manual_success_clears_the_pause() {
    let mut life = paid();
    life.tops_up("5.00").unwrap();
    life.charge_fails(Decline::Soft).unwrap();
    life.refunds(1, "6.00").unwrap();
    let late = life.charge_succeeds_with(2, "5.00").unwrap();
    assert_eq!(late, ["charge_succeeded_late", "reversal_pause_ended"]);
    life.outlook_is(TopUpOutlook::AboveThreshold);
}

// G4, F3b: and so does one that is resolved by evidence.
#[test]
fn g4_a_manual_success_by_evidence_clears_the_pause() {
    let mut life = refunded();
    life.tops_up("5.00").unwrap();
    let resolved = life.resolves(2, "5.00").unwrap();
    assert_eq!(resolved, ["charge_resolved", "charge_succeeded", "reversal_pause_ended"]);
}

// G4, F1: an automatic success, in time or late, ends F5's waits and pauses, not a reversal's.
#[test]
fn g4_an_automatic_success_does_not_clear_the_pause() {
    let mut life = paid();
    life.spends("5.00").unwrap();
    life.asks_for(ChargeKind::AutoTopUp, "10.00");
    // What is open when the reversal comes runs to its end.
    assert_eq!(life.refunds(1, "6.00").unwrap(), ["refund_requested", "reversal_paused"]);
    let mut late = life.clone();
    assert_eq!(life.charge_succeeds().unwrap(), ["charge_succeeded"]);
    life.posted_is("14");
    life.outlook_is(paused_by(ReversalReason::Refund));
    late.charge_fails(Decline::Hard).unwrap();
    late.outlook_is(TopUpOutlook::Paused { reason: PauseReason::HardDecline });
    assert_eq!(late.charge_succeeds_with(2, "10.00").unwrap(), ["charge_succeeded_late"]);
    late.outlook_is(paused_by(ReversalReason::Refund));
}

// G4: a won dispute clears the pause, and never charges where the credit is back above the threshold.
#[test]
fn g4_a_won_dispute_clears_the_pause() {
    let mut life = disputed();
    assert_eq!(life.wins("dp_1").unwrap(), ["dispute_closed", "reversal_pause_ended"]);
    life.posted_is("15");
    life.outlook_is(TopUpOutlook::AboveThreshold);
    assert_eq!(life.spends("5.00").unwrap(), ["call_charged", "charge_requested"]);
}

// G4: a won dispute clears also the pause that a refund set after the operator had cleared the dispute's.
#[test]
fn g4_a_won_dispute_clears_a_refunds_pause_too() {
    let mut life = paid();
    life.is_disputed("dp_1", 1, "1.00").unwrap();
    assert_eq!(life.operator_reactivates().unwrap(), ["disputes_cleared", "reversal_pause_ended"]);
    assert_eq!(life.refunds(1, "1.00").unwrap(), ["refund_requested", "reversal_paused"]);
    life.outlook_is(paused_by(ReversalReason::Refund));
    assert_eq!(life.wins("dp_1").unwrap(), ["dispute_closed", "reversal_pause_ended"]);
}

// F6: a call that the credit does not cover is told of the pause.
#[test]
fn f6_insufficient_credit_tells_of_the_reversal() {
    for (mut life, reason) in [(refunded(), ReversalReason::Refund), (lost(), ReversalReason::Dispute)] {
        let outlook = paused_by(reason);
        let missing = Rejection::InsufficientCredit { short: amount("1.00"), held: amount("0"), outlook };
        assert_eq!(life.spends("10.00"), Err(missing));
    }
}

// G4: an account on its way out has nothing to pause.
#[test]
fn g4_an_account_that_is_closing_is_not_paused() {
    let mut life = Life::at_stage(StageTag::Closing);
    assert_eq!(life.refunds(1, "1.00").unwrap(), ["refund_requested"]);
    assert_eq!(life.is_disputed("dp_1", 1, "1.00").unwrap(), ["dispute_opened"]);
    life.outlook_is(TopUpOutlook::Closing);
    assert_eq!(life.account.charge(ChargeNumber(1)).map(|charge| charge.number), Some(ChargeNumber(1)));
}
