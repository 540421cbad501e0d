//! What is asked of reversals, and what the provider says of them (chapter G).

use super::{Dispute, DisputeBar, DisputePhase, Known, RecordedRefund, RefundPhase, Reversals};
use crate::account::charges::{EndedCharge, Outcome, ended_charge};
use crate::account::recovery::Recovery;
use crate::account::wallet::refuse_beyond_range;
use crate::account::{Opened, Stage, StageTag};
use crate::command::{Actor, DisputeOutcome};
use crate::event::{Event, RefundCause, ReversalReason};
use crate::events::Events;
use crate::id::{ChargeNumber, RefundNumber};
use crate::money::Amount;
use crate::policy::Policy;
use crate::rejection::Rejection;
use crate::text::Text;
use crate::time::Timestamp;

/// The pause by a reversal, where it is new; an account on its way out has nothing to pause (G4).
fn pause(opened: &Opened, reason: ReversalReason) -> Option<Event> {
    let is_new = match (opened.reversals.pause, reason) {
        (None, _) | (Some(ReversalReason::Refund), ReversalReason::Dispute) => true,
        (Some(ReversalReason::Dispute), _) | (Some(ReversalReason::Refund), ReversalReason::Refund) => false,
    };
    (is_new && !opened.stage.is_ending()).then_some(Event::ReversalPaused { reason })
}

/// The end of the pause by a reversal, where one stands and no dispute keeps it (G4).
pub(crate) fn end_of_pause(opened: &Opened) -> Option<Event> {
    opened.reversals.pause?;
    opened.reversals.standing(None).is_none().then_some(Event::ReversalPauseEnded {})
}

/// A charge from which money can go back: one that is known to have succeeded (G2).
fn succeeded(charge: Option<&EndedCharge>, number: ChargeNumber) -> Result<&EndedCharge, Rejection> {
    match charge.map(|charge| (charge, charge.outcome)) {
        Some((charge, Outcome::Succeeded { .. })) => Ok(charge),
        Some((_, Outcome::Failed {} | Outcome::Abandoned {})) | None => {
            Err(Rejection::ChargeNotSucceeded { charge: number })
        }
    }
}

/// Refuses what would move the balance out of its range by the change of a charge's contribution (G2, M1).
fn refuse_move(
    opened: &Opened,
    charge: &EndedCharge,
    revise: impl FnOnce(&mut Reversals),
) -> Result<(), Rejection> {
    let before = opened.reversals.contribution(charge);
    let mut reversals = opened.reversals.clone();
    revise(&mut reversals);
    opened.charges.excess(&reversals).map_err(|_| Rejection::OutOfRange { field: "excess" })?;
    refuse_beyond_range(opened.wallet.contribute(before, reversals.contribution(charge)))
}

/// Who asks for a refund, and whether it is forced, which is the operator's to say; what a closed account owes its owner
/// is refunded on the operator's command (G1, J2).
pub(crate) fn cause(opened: &Opened, actor: Actor, forced: bool) -> Result<RefundCause, Rejection> {
    if opened.stage.tag() < StageTag::Linked {
        return Err(opened.out_of_order(StageTag::Linked));
    }
    match (actor, forced) {
        (Actor::Operator, true) => Ok(RefundCause::Forced),
        (Actor::Operator, false) => Ok(RefundCause::Operator),
        // Who else may not ask was refused before (K7).
        (Actor::Owner | Actor::Gateway | Actor::Provider | Actor::Clock, _) => {
            if let Stage::Closed(_) = &opened.stage {
                return Err(opened.out_of_order(StageTag::Linked));
            }
            if forced { Err(Rejection::FieldForbidden { field: "forced" }) } else { Ok(RefundCause::Owner) }
        }
    }
}

/// A refund is at most what the charge contributes, and what purchased credit is left unheld (G1).
pub(crate) fn refund(
    opened: &Opened,
    policy: &Policy,
    (number, amount): (ChargeNumber, Amount),
    cause: RefundCause,
    now: Timestamp,
) -> Result<Events, Rejection> {
    let charge = ended_charge(opened, number)?;
    if amount.is_zero() {
        return Err(Rejection::AmountZero {});
    }
    let charge = succeeded(charge, number)?;
    let unit = policy.numbers().charge_unit;
    if !amount.is_whole(unit) {
        return Err(Rejection::AmountNotWhole { amount, unit });
    }
    let contribution = opened.reversals.contribution(charge);
    if amount > contribution {
        return Err(Rejection::AboveContribution { amount, contribution });
    }
    let at_most = opened.purchased().credit();
    match cause {
        RefundCause::Forced => {}
        RefundCause::Owner | RefundCause::Operator | RefundCause::Closing => {
            if amount > at_most {
                return Err(Rejection::AboveRefundable { amount, at_most });
            }
        }
    }
    let after = contribution.checked_sub(amount).unwrap_or(Amount::ZERO);
    refuse_beyond_range(opened.wallet.contribute(contribution, after))?;
    let asked = request(opened, policy, (number, amount), cause, now);
    Ok([asked].into_iter().chain(pause(opened, ReversalReason::Refund)).collect())
}

/// The request for a refund (G1, J2).
pub(crate) fn request(
    opened: &Opened,
    policy: &Policy,
    (charge, amount): (ChargeNumber, Amount),
    cause: RefundCause,
    now: Timestamp,
) -> Event {
    let ask_until = now.saturating_add(policy.numbers().asking_window);
    Event::RefundRequested { refund: opened.reversals.next_refund(), charge, amount, cause, ask_until }
}

pub(crate) fn refund_succeeded(
    opened: &Opened,
    number: RefundNumber,
    reference: &Text,
) -> Result<Events, Rejection> {
    let refund = opened.reversals.known(number)?;
    match &refund.phase {
        RefundPhase::Succeeded { .. } | RefundPhase::Failed { reference: Some(_) } => {
            return Ok(Events::none());
        }
        // Failure is final, but from now on the refund is known by its reference (G1).
        RefundPhase::Failed { reference: None } | RefundPhase::Asking { .. } | RefundPhase::LookingUp {} => {}
    }
    // A refund recorded under this reference turns out to be this one, and counts once; or it is another.
    match opened.reversals.known_by(reference) {
        Some(Known::Own(..)) => return Err(Rejection::RefundConflict { reference: reference.clone() }),
        Some(Known::Recorded(charge, amount)) if (charge, amount) != (refund.charge, refund.amount) => {
            return Err(Rejection::RefundConflict { reference: reference.clone() });
        }
        Some(Known::Recorded(..)) | None => {}
    }
    let charge = succeeded(opened.charges.ended(refund.charge), refund.charge)?;
    refuse_move(opened, charge, |reversals| {
        reversals.recorded.retain(|known| known.reference != *reference);
    })?;
    Ok(Events::one(Event::RefundSucceeded { refund: number, reference: reference.clone() }))
}

/// The credit comes back, also when a failure follows a success, once (G1).
pub(crate) fn refund_failed(
    opened: &Opened,
    number: RefundNumber,
    reason: &Text,
) -> Result<Events, Rejection> {
    let refund = opened.reversals.known(number)?;
    match refund.phase {
        RefundPhase::Failed { .. } => Ok(Events::none()),
        RefundPhase::Asking { .. } | RefundPhase::LookingUp {} | RefundPhase::Succeeded { .. } => {
            let charge = succeeded(opened.charges.ended(refund.charge), refund.charge)?;
            refuse_move(opened, charge, |reversals| reversals.refunds.retain(|own| own.number != number))?;
            Ok(Events::one(Event::RefundFailed { refund: number, reason: reason.clone() }))
        }
    }
}

/// A refund made at the provider is a fact, also where it takes the balance below zero; once by its reference (G1).
pub(crate) fn record(
    opened: &Opened,
    number: ChargeNumber,
    amount: Amount,
    reference: &Text,
) -> Result<Events, Rejection> {
    let charge = ended_charge(opened, number)?;
    match opened.reversals.known_by(reference) {
        Some(Known::Own(known, of) | Known::Recorded(known, of)) if (known, of) == (number, amount) => {
            return Ok(Events::none());
        }
        Some(Known::Own(..) | Known::Recorded(..)) => {
            return Err(Rejection::RefundConflict { reference: reference.clone() });
        }
        None => {}
    }
    if amount.is_zero() {
        return Err(Rejection::AmountZero {});
    }
    let charge = succeeded(charge, number)?;
    let recorded = RecordedRefund { charge: number, amount, reference: reference.clone() };
    refuse_move(opened, charge, |reversals| reversals.recorded.push(recorded))?;
    let recorded = Event::RefundRecorded { charge: number, amount, reference: reference.clone() };
    Ok([recorded].into_iter().chain(pause(opened, ReversalReason::Refund)).collect())
}

pub(crate) fn open_dispute(
    opened: &Opened,
    dispute: &Text,
    number: ChargeNumber,
    amount: Amount,
) -> Result<Events, Rejection> {
    let charge = ended_charge(opened, number)?;
    match opened.reversals.dispute(dispute) {
        Some(known) if (known.charge, known.amount) == (number, amount) => return Ok(Events::none()),
        Some(_) => return Err(Rejection::DisputeConflict { dispute: dispute.clone() }),
        None => {}
    }
    if amount.is_zero() {
        return Err(Rejection::AmountZero {});
    }
    let charge = succeeded(charge, number)?;
    let (phase, bar) = (DisputePhase::Open, DisputeBar::Stands);
    let fingerprint = charge.fingerprint.clone();
    let asked = Dispute { dispute: dispute.clone(), charge: number, amount, fingerprint, phase, bar };
    refuse_move(opened, charge, |reversals| reversals.disputes.push(asked))?;
    let event = Event::DisputeOpened { dispute: dispute.clone(), charge: number, amount };
    Ok([event].into_iter().chain(pause(opened, ReversalReason::Dispute)).collect())
}

pub(crate) fn close_dispute(
    opened: &Opened,
    id: &Text,
    outcome: DisputeOutcome,
) -> Result<Events, Rejection> {
    let unknown = || Rejection::DisputeUnknown { dispute: id.clone() };
    let dispute = opened.reversals.dispute(id).ok_or_else(unknown)?;
    let closed = |was| Rejection::DisputeClosed { dispute: id.clone(), outcome: was };
    match (dispute.phase, outcome) {
        (DisputePhase::Won, DisputeOutcome::Won) | (DisputePhase::Lost, DisputeOutcome::Lost) => {
            return Ok(Events::none());
        }
        (DisputePhase::Won, DisputeOutcome::Lost) => return Err(closed(DisputeOutcome::Won)),
        (DisputePhase::Lost, DisputeOutcome::Won) => return Err(closed(DisputeOutcome::Lost)),
        (DisputePhase::Open, DisputeOutcome::Won | DisputeOutcome::Lost) => {}
    }
    let mut events = Events::one(Event::DisputeClosed { dispute: id.clone(), outcome });
    match outcome {
        DisputeOutcome::Lost => {}
        DisputeOutcome::Won => {
            let charge = succeeded(opened.charges.ended(dispute.charge), dispute.charge)?;
            refuse_move(opened, charge, |reversals| reversals.disputes.retain(|other| other.dispute != *id))?;
            let paused = opened.reversals.pause.is_some();
            if paused && opened.reversals.standing(Some(id)).is_none() {
                events.push(Event::ReversalPauseEnded {});
            }
        }
    }
    Ok(events)
}

/// What a reactivation clears: F5's waits and pauses, and, as far as disputes let the actor, G4's.
pub(crate) fn reactivate(opened: &Opened, actor: Actor) -> Result<Events, Rejection> {
    let reversals = &opened.reversals;
    let mut events = match opened.top_up.recovery {
        Recovery::Clear {} => Events::none(),
        Recovery::Waiting { .. } | Recovery::Due { .. } | Recovery::Paused { .. } => {
            Events::one(Event::TopUpReactivated {})
        }
    };
    match (actor, reversals.standing(None)) {
        (Actor::Operator, Some(_)) => events.push(Event::DisputesCleared {}),
        // Who else may not ask was refused before (K7).
        (Actor::Owner | Actor::Gateway | Actor::Provider | Actor::Clock, Some(dispute)) => {
            if reversals.pause.is_some() {
                return Err(Rejection::DisputeStands { dispute: dispute.dispute.clone() });
            }
        }
        (_, None) => {}
    }
    if reversals.pause.is_some() {
        events.push(Event::ReversalPauseEnded {});
    }
    Ok(events)
}
