//! What the provider and the operator say of a charge, and what that makes of it (F1 to F4).

use super::{ChargePhase, Counting, EndedCharge, IfNotTaken, OpenCharge, Outcome, Reports};
use crate::account::Opened;
use crate::account::recovery::{Consequence, follow};
use crate::account::reversals::end_of_pause;
use crate::account::wallet::{refuse_to_credit, refuse_without_room};
use crate::command::{Actor, Decline};
use crate::event::{CancelCause, ChargeKind, Event, PauseReason};
use crate::events::Events;
use crate::id::ChargeNumber;
use crate::money::Amount;
use crate::policy::Policy;
use crate::rejection::Rejection;
use crate::text::Text;
use crate::time::Timestamp;

/// A charge by its number, open or ended.
pub(crate) enum Found<'a> {
    Open(&'a OpenCharge),
    Ended(&'a EndedCharge),
}

pub(crate) fn find(opened: &Opened, number: ChargeNumber) -> Result<Found<'_>, Rejection> {
    let known = number > ChargeNumber(0) && number < opened.charges.next_number();
    match &opened.charges.open {
        Some(charge) if charge.number == number => Ok(Found::Open(charge)),
        Some(_) | None => opened.charges.ended(number).map(Found::Ended).ok_or(if known {
            Rejection::ChargeArchived { charge: number }
        } else {
            Rejection::ChargeUnknown { charge: number }
        }),
    }
}

/// What the provider can say that ends a charge without money.
pub(crate) enum Ending {
    /// Declined.
    Failed { decline: Decline, reason: Text },
    /// A look-up proved that there is no such charge.
    NotFound,
    /// Cancelled.
    Cancelled,
}

/// Money that the provider took, as it says or as the evidence does.
pub(crate) struct Taken<'a> {
    pub(crate) amount: Amount,
    pub(crate) reference: &'a Text,
    /// Until when the charge's record is kept then (G1).
    pub(crate) keep_until: Option<Timestamp>,
}

impl<'a> Taken<'a> {
    pub(crate) fn new(policy: &Policy, amount: Amount, reference: &'a Text, now: Timestamp) -> Self {
        Self { amount, reference, keep_until: Some(keep_until(policy, now)) }
    }
}

fn keep_until(policy: &Policy, now: Timestamp) -> Timestamp {
    now.saturating_add(policy.numbers().reversal_window)
}

pub(crate) fn succeeded(
    opened: &Opened,
    number: ChargeNumber,
    taken: &Taken<'_>,
) -> Result<Events, Rejection> {
    match find(opened, number)? {
        Found::Open(charge) => success_of_open(opened, charge, taken),
        Found::Ended(charge) => success_of_ended(opened, charge, taken),
    }
}

fn mismatched(charge: ChargeNumber, expected: Amount, reported: Amount, reference: &Text) -> Events {
    Events::one(Event::ChargeMismatched { charge, expected, reported, reference: reference.clone() })
}

fn success_of_open(opened: &Opened, charge: &OpenCharge, taken: &Taken<'_>) -> Result<Events, Rejection> {
    let Taken { amount, reference, .. } = *taken;
    let (number, expected) = (charge.number, charge.amount);
    match &charge.phase {
        ChargePhase::Unresolved { reports, .. } if reports.contains(amount) => Ok(Events::none()),
        ChargePhase::Unresolved { reports, .. } if expected == amount => {
            Err(unresolved(number, expected, reports))
        }
        ChargePhase::Asking { .. }
        | ChargePhase::LookingUp {}
        | ChargePhase::ActionRequired { .. }
        | ChargePhase::Cancelling { .. }
        | ChargePhase::Unresolved { .. } => {
            if amount != expected {
                return Ok(mismatched(number, expected, amount, reference));
            }
            credit(opened, charge, taken)
        }
    }
}

/// Only the operator can go on from here (F2).
fn unresolved(charge: ChargeNumber, expected: Amount, reports: &Reports) -> Rejection {
    Rejection::ChargeUnresolved { charge, expected, reported: reports.last().unwrap_or(expected) }
}

/// Money that came after a failure was recorded is credited once; what another amount credits, F3b decides (F1, F2).
fn success_of_ended(opened: &Opened, charge: &EndedCharge, taken: &Taken<'_>) -> Result<Events, Rejection> {
    let Taken { amount, reference, .. } = *taken;
    let (number, asked, reports) = (charge.number, charge.amount, &charge.reports);
    if reports.contains(amount) {
        return Ok(Events::none());
    }
    match charge.outcome {
        Outcome::Succeeded { credited } if credited == amount => Ok(Events::none()),
        Outcome::Succeeded { credited } => Ok(mismatched(number, credited, amount, reference)),
        Outcome::Failed {} | Outcome::Abandoned {} if amount != asked => {
            Ok(mismatched(number, asked, amount, reference))
        }
        Outcome::Failed {} | Outcome::Abandoned {} if reports.last().is_some() => {
            Err(unresolved(number, asked, reports))
        }
        Outcome::Failed {} | Outcome::Abandoned {} => credit_late(opened, charge, taken),
    }
}

/// A succeeded manual top-up ends the pause by a reversal, as far as disputes let it (G4).
fn clears(opened: &Opened, kind: ChargeKind) -> Option<Event> {
    match kind {
        ChargeKind::Manual => end_of_pause(opened),
        ChargeKind::InitialFunding | ChargeKind::AutoTopUp => None,
    }
}

fn credit(opened: &Opened, charge: &OpenCharge, taken: &Taken<'_>) -> Result<Events, Rejection> {
    let Taken { amount, reference, keep_until } = *taken;
    refuse_to_credit(opened, amount)?;
    let (kind, charge, reference) = (charge.kind, charge.number, reference.clone());
    let event = Event::ChargeSucceeded { charge, amount, reference, keep_until };
    Ok([event].into_iter().chain(clears(opened, kind)).collect())
}

/// A late success makes another initial or automatic charge needless (F1).
fn credit_late(opened: &Opened, charge: &EndedCharge, taken: &Taken<'_>) -> Result<Events, Rejection> {
    let Taken { amount, reference, keep_until } = *taken;
    refuse_without_room(opened, amount)?;
    let (kind, charge, reference) = (charge.kind, charge.number, reference.clone());
    let mut events = Events::one(Event::ChargeSucceededLate { charge, amount, reference, keep_until });
    if let Some(other) = &opened.charges.open
        && other.counting == Counting::Counts
    {
        match other.kind {
            ChargeKind::InitialFunding | ChargeKind::AutoTopUp => {
                events.push(Event::ChargeSuperseded { charge: other.number });
            }
            ChargeKind::Manual => {}
        }
    }
    if let Some(event) = clears(opened, kind) {
        events.push(event);
    }
    Ok(events)
}

pub(crate) fn action_required(
    opened: &Opened,
    policy: &Policy,
    number: ChargeNumber,
    reference: &Text,
    now: Timestamp,
) -> Result<Events, Rejection> {
    match find(opened, number)? {
        Found::Open(OpenCharge { phase: ChargePhase::Asking { .. } | ChargePhase::LookingUp {}, .. }) => {
            let until = now.saturating_add(policy.numbers().action_deadline);
            let reference = reference.clone();
            Ok(Events::one(Event::ChargeActionRequired { charge: number, reference, until }))
        }
        // Repeated, or overtaken by what happened since.
        Found::Open(OpenCharge {
            phase:
                ChargePhase::ActionRequired { .. }
                | ChargePhase::Cancelling { .. }
                | ChargePhase::Unresolved { .. },
            ..
        })
        | Found::Ended(_) => Ok(Events::none()),
    }
}

/// A charge that ends without money (F3, F4, F5).
pub(crate) fn ended(
    opened: &Opened,
    policy: &Policy,
    number: ChargeNumber,
    ending: Ending,
    now: Timestamp,
) -> Result<Events, Rejection> {
    let charge = match find(opened, number)? {
        Found::Open(charge) => charge,
        Found::Ended(EndedCharge { outcome: Outcome::Succeeded { .. }, .. }) => {
            return Err(Rejection::ChargeSucceeded { charge: number });
        }
        Found::Ended(EndedCharge { outcome: Outcome::Failed {} | Outcome::Abandoned {}, .. }) => {
            return Ok(Events::none());
        }
    };
    match &charge.phase {
        ChargePhase::Unresolved { reports, .. } => Err(unresolved(number, charge.amount, reports)),
        ChargePhase::Cancelling { .. } => Ok(end(opened, policy, charge, Ending::Cancelled, now)),
        ChargePhase::Asking { .. } | ChargePhase::LookingUp {} | ChargePhase::ActionRequired { .. } => {
            Ok(end(opened, policy, charge, ending, now))
        }
    }
}

/// The ending of an open charge and what follows from it for waits, pauses and bars.
fn end(opened: &Opened, policy: &Policy, charge: &OpenCharge, ending: Ending, now: Timestamp) -> Events {
    let (number, keep_until) = (charge.number, Some(keep_until(policy, now)));
    let failed = |decline, reason| Event::ChargeFailed { charge: number, decline, reason, keep_until };
    let (event, decline) = match ending {
        Ending::Failed { decline: Decline::Soft, reason } => {
            (failed(Decline::Soft, reason), Consequence::Wait)
        }
        Ending::Failed { decline: Decline::Hard, reason } => {
            (failed(Decline::Hard, reason), Consequence::Pause(PauseReason::HardDecline))
        }
        Ending::NotFound => (failed(Decline::Soft, Text::constant("not_found")), Consequence::Wait),
        Ending::Cancelled => (
            Event::ChargeAbandoned { charge: number, keep_until },
            Consequence::PauseIfAutomatic(PauseReason::ChargeAbandoned),
        ),
    };
    let mut events = Events::one(event);
    // Nothing is charged by an account on its way out, so nothing waits (J2).
    if charge.counting == Counting::Counts && !opened.stage.is_ending() {
        events.append(follow(opened, policy, charge, decline, now));
    }
    events
}

pub(crate) fn cancel(opened: &Opened, number: ChargeNumber, actor: Actor) -> Result<Events, Rejection> {
    let charge = match find(opened, number)? {
        Found::Open(charge) => charge,
        Found::Ended(charge) => {
            return Err(match charge.outcome {
                Outcome::Succeeded { .. } => Rejection::ChargeSucceeded { charge: number },
                Outcome::Failed {} | Outcome::Abandoned {} if charge.reports.last().is_some() => {
                    unresolved(number, charge.amount, &charge.reports)
                }
                Outcome::Failed {} | Outcome::Abandoned {} => Rejection::ChargeEnded { charge: number },
            });
        }
    };
    // Who else may not cancel was refused before (K7).
    let cause = match actor {
        Actor::Operator => CancelCause::Operator,
        Actor::Owner | Actor::Gateway | Actor::Provider | Actor::Clock => CancelCause::Owner,
    };
    match &charge.phase {
        ChargePhase::Unresolved { reports, .. } => Err(unresolved(number, charge.amount, reports)),
        ChargePhase::Cancelling { .. } => Ok(Events::none()),
        ChargePhase::Asking { .. } | ChargePhase::LookingUp {} if cause == CancelCause::Owner => {
            Err(Rejection::ActionNotRequired { charge: number })
        }
        ChargePhase::Asking { .. } | ChargePhase::LookingUp {} | ChargePhase::ActionRequired { .. } => {
            Ok(Events::one(Event::ChargeCancelling { charge: number, cause }))
        }
    }
}

/// The operator ends by evidence what no provider result will end (F3b).
pub(crate) fn resolve(
    opened: &Opened,
    policy: &Policy,
    number: ChargeNumber,
    (taken, evidence): (Amount, &Text),
    now: Timestamp,
) -> Result<Events, Rejection> {
    let money = Taken::new(policy, taken, evidence, now);
    let mut events = Events::one(Event::ChargeResolved { charge: number, taken, evidence: evidence.clone() });
    match find(opened, number)? {
        Found::Open(charge) if taken.is_zero() => {
            let ending = match &charge.phase {
                ChargePhase::Cancelling { .. }
                | ChargePhase::Unresolved { if_not_taken: IfNotTaken::IsAbandoned, .. } => Ending::Cancelled,
                ChargePhase::Asking { .. }
                | ChargePhase::LookingUp {}
                | ChargePhase::ActionRequired { .. }
                | ChargePhase::Unresolved { if_not_taken: IfNotTaken::Fails, .. } => Ending::NotFound,
            };
            events.append(end(opened, policy, charge, ending, now));
        }
        Found::Open(charge) => events.append(credit(opened, charge, &money)?),
        Found::Ended(charge) => match charge.outcome {
            Outcome::Succeeded { credited } if credited == taken => return Ok(Events::none()),
            Outcome::Succeeded { .. } => return Err(Rejection::ChargeSucceeded { charge: number }),
            Outcome::Failed {} | Outcome::Abandoned {} if taken.is_zero() => return Ok(Events::none()),
            Outcome::Failed {} | Outcome::Abandoned {} if charge.reports.last().is_none() => {
                return Err(Rejection::ChargeEnded { charge: number });
            }
            Outcome::Failed {} | Outcome::Abandoned {} => {
                events.append(credit_late(opened, charge, &money)?);
            }
        },
    }
    Ok(events)
}
