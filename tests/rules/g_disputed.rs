//! G4. While a dispute is open or lost: what does not end the pause, and the payment method that is not asked.

use crate::g_pause::{disputed, lost, paid, paused_by};
use crate::life::{Answer, Life, card};
use prepaid::{Action, ChargeKind, Decline, PauseReason, Rejection, ReversalReason, TopUpOutlook};

const NOTHING: [&str; 0] = [];

fn stands(dispute: &str) -> Answer {
    Err(Rejection::DisputeStands { dispute: dispute.parse().unwrap() })
}

// G4: while a dispute is open or lost, the owner's reactivation is refused, naming it.
#[test]
fn g4_while_a_dispute_stands_the_owner_cannot_reactivate() {
    for mut life in [disputed(), lost()] {
        assert_eq!(life.reactivates(), stands("dp_1"));
        life.outlook_is(paused_by(ReversalReason::Dispute));
    }
}

// G4: the refusal is whole: not even a pause of F5 is cleared; the operator's reactivation clears all of it.
#[test]
fn g4_a_reactivation_that_a_dispute_forbids_clears_nothing() {
    let mut life = paid();
    life.spends("5.00").unwrap();
    life.charge_fails(Decline::Hard).unwrap();
    life.is_disputed("dp_1", 1, "1.00").unwrap();
    assert_eq!(life.reactivates(), stands("dp_1"));
    life.outlook_is(TopUpOutlook::Paused { reason: PauseReason::HardDecline });
    assert_eq!(
        life.operator_reactivates().unwrap(),
        ["top_up_reactivated", "disputes_cleared", "reversal_pause_ended", "charge_requested"]
    );
}

// G4: nothing is asked of the disputed method, until the dispute is won or the operator reactivates.
#[test]
fn g4_nothing_is_asked_of_a_disputed_method() {
    for mut life in [disputed(), lost()] {
        assert_eq!(life.tops_up("5.00"), stands("dp_1"));
        let reactivated = life.operator_reactivates().unwrap();
        assert_eq!(reactivated, ["disputes_cleared", "reversal_pause_ended", "charge_requested"]);
        life.charge_succeeds().unwrap();
        assert_eq!(life.tops_up("5.00").unwrap(), ["charge_requested"]);
    }
    let mut life = disputed();
    life.wins("dp_1").unwrap();
    assert_eq!(life.tops_up("5.00").unwrap(), ["charge_requested"]);
}

// G4: a manual top-up that was asked before the dispute, and succeeds after it, does not clear its pause.
#[test]
fn g4_a_manual_success_does_not_clear_a_disputes_pause() {
    let mut life = paid();
    life.tops_up("5.00").unwrap();
    life.is_disputed("dp_1", 1, "6.00").unwrap();
    assert_eq!(life.charge_succeeds().unwrap(), ["charge_succeeded"]);
    life.outlook_is(paused_by(ReversalReason::Dispute));
}

// G4: another payment method ends the pause whatever becomes of the dispute, and is asked at once.
#[test]
fn g4_another_method_ends_a_disputes_pause() {
    for mut life in [disputed(), lost()] {
        let linked = life.links("card-2").unwrap();
        assert_eq!(linked, ["payment_method_linked", "reversal_pause_ended", "charge_requested"]);
        life.asks_for(ChargeKind::AutoTopUp, "11.00");
        life.charge_succeeds().unwrap();
        assert_eq!(life.tops_up("5.00").unwrap(), ["charge_requested"]);
    }
}

// G4: but the disputed one stays barred if it is linked again, under whatever token.
#[test]
fn g4_a_disputed_method_stays_barred_when_it_is_linked_again() {
    let relinked = |life: &mut Life| {
        life.links("card-2").unwrap();
        life.charge_succeeds().unwrap();
        let mut same = card("card-1");
        if let Action::LinkPaymentMethod { token, .. } = &mut same {
            *token = "pm_other".parse().unwrap();
        }
        assert_eq!(life.owner(same).unwrap(), ["payment_method_linked"]);
        assert_eq!(life.spends("15.00").unwrap(), ["call_charged"]);
        life.outlook_is(TopUpOutlook::Disputed);
        assert_eq!(life.tops_up("5.00"), stands("dp_1"));
        // No pause is left that an owner could clear.
        assert_eq!(life.reactivates().unwrap(), NOTHING);
        life.outlook_is(TopUpOutlook::Disputed);
    };
    let mut life = disputed();
    relinked(&mut life);
    assert_eq!(life.clone().wins("dp_1").unwrap(), ["dispute_closed"]); // 11.00: above the threshold
    assert_eq!(life.loses("dp_1").unwrap(), ["dispute_closed"]);
    life.outlook_is(TopUpOutlook::Disputed);
    assert_eq!(life.operator_reactivates().unwrap(), ["disputes_cleared", "charge_requested"]);
    let mut life = lost();
    relinked(&mut life);
    assert_eq!(life.links("card-3").unwrap(), ["payment_method_linked", "charge_requested"]);
}

// G4: the method barred is the one the charge was asked of, not the one linked now.
#[test]
fn g4_a_dispute_bars_the_method_its_charge_was_asked_of() {
    let mut life = paid();
    life.links("card-2").unwrap();
    life.is_disputed("dp_1", 1, "6.00").unwrap(); // of card-1
    life.outlook_is(paused_by(ReversalReason::Dispute));
    assert_eq!(life.reactivates(), stands("dp_1"));
    // card-2 is not disputed; but its success does not clear the pause.
    assert_eq!(life.tops_up("5.00").unwrap(), ["charge_requested"]);
    assert_eq!(life.charge_succeeds().unwrap(), ["charge_succeeded"]);
    life.outlook_is(paused_by(ReversalReason::Dispute));
    assert_eq!(life.links("card-3").unwrap(), ["payment_method_linked", "reversal_pause_ended"]);
    life.outlook_is(TopUpOutlook::AboveThreshold);
    life.links("card-1").unwrap();
    assert_eq!(life.tops_up("5.00"), stands("dp_1"));
}

// G4: of several disputes each has to be won; the one opened first is named.
#[test]
fn g4_every_dispute_has_to_be_cleared() {
    let two = || {
        let mut life = disputed();
        life.is_disputed("dp_2", 1, "1.00").unwrap();
        life
    };
    let mut life = two();
    assert_eq!(life.reactivates(), stands("dp_1"));
    assert_eq!(life.wins("dp_1").unwrap(), ["dispute_closed"]);
    assert_eq!(life.reactivates(), stands("dp_2"));
    assert_eq!(life.tops_up("5.00"), stands("dp_2"));
    assert_eq!(life.wins("dp_2").unwrap(), ["dispute_closed", "reversal_pause_ended"]);
    let mut life = two();
    life.loses("dp_1").unwrap();
    assert_eq!(life.wins("dp_2").unwrap(), ["dispute_closed"]);
    assert_eq!(life.reactivates(), stands("dp_1"));
    assert_eq!(
        life.operator_reactivates().unwrap(),
        ["disputes_cleared", "reversal_pause_ended", "charge_requested"]
    );
}

// G4: a dispute that stands keeps also a pause that a refund set later, when another method had ended its own.
#[test]
fn g4_a_standing_dispute_keeps_a_later_refunds_pause() {
    let mut life = disputed();
    life.links("card-2").unwrap();
    life.charge_succeeds().unwrap();
    assert_eq!(life.refunds(1, "1.00").unwrap(), ["refund_requested", "reversal_paused"]);
    life.outlook_is(paused_by(ReversalReason::Refund));
    assert_eq!(life.reactivates(), stands("dp_1"));
    life.tops_up("5.00").unwrap(); // card-2 is not disputed
    assert_eq!(life.charge_succeeds().unwrap(), ["charge_succeeded"]);
    assert_eq!(life.wins("dp_1").unwrap(), ["dispute_closed", "reversal_pause_ended"]);
}

// G4: what the operator has cleared is cleared: a later pause by a refund is the owner's to end.
#[test]
fn g4_a_cleared_dispute_keeps_no_later_pause() {
    for mut life in [disputed(), lost()] {
        life.operator_reactivates().unwrap();
        life.charge_succeeds().unwrap();
        life.refunds(1, "1.00").unwrap();
        life.outlook_is(paused_by(ReversalReason::Refund));
        assert_eq!(life.reactivates().unwrap(), ["reversal_pause_ended"]);
    }
}

// G4: but a new dispute stands again, and the cleared one does not come back with it.
#[test]
fn g4_a_new_dispute_stands_by_itself() {
    let mut life = disputed();
    life.operator_reactivates().unwrap();
    life.charge_succeeds().unwrap();
    assert_eq!(life.is_disputed("dp_2", 1, "1.00").unwrap(), ["dispute_opened", "reversal_paused"]);
    assert_eq!(life.reactivates(), stands("dp_2"));
    assert_eq!(life.wins("dp_2").unwrap(), ["dispute_closed", "reversal_pause_ended"]);
}

// F6: a disputed method is told before a cap that has put the charge off, which would end by itself.
#[test]
fn f6_a_disputed_method_is_told_before_a_deferral() {
    let mut life = paid();
    life.caps(prepaid::Setting::Kept, prepaid::Setting::To(1)).unwrap();
    life.spends("5.00").unwrap();
    life.charge_succeeds().unwrap();
    assert_eq!(life.spends("10.00").unwrap(), ["call_charged", "top_up_deferred"]);
    life.is_disputed("dp_1", 1, "1.00").unwrap();
    life.links("card-2").unwrap();
    assert!(matches!(life.outlook(), TopUpOutlook::DeferredUntil { .. }));
    life.links("card-1").unwrap();
    life.outlook_is(TopUpOutlook::Disputed);
}
