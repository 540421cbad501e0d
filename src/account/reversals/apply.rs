//! How the events of reversals change the state: the balance moves by the change of a charge's contribution, and by
//! nothing else (G2).

use super::{Dispute, DisputeBar, DisputePhase, RecordedRefund, Refund, RefundPhase, Reversals};
use crate::account::Opened;
use crate::account::charges::Outcome;
use crate::command::DisputeOutcome;
use crate::event::ReversalReason;
use crate::evolve::Corrupt;
use crate::id::{ChargeNumber, RefundNumber};
use crate::money::Amount;
use crate::text::Text;
use crate::time::Timestamp;

const NO_REFUND: Corrupt = Corrupt("no such refund");
const NO_DISPUTE: Corrupt = Corrupt("no such dispute");

impl Reversals {
    fn refund_mut(&mut self, number: RefundNumber) -> Result<&mut Refund, Corrupt> {
        self.refunds.iter_mut().find(|refund| refund.number == number).ok_or(NO_REFUND)
    }

    fn dispute_mut(&mut self, id: &Text) -> Result<&mut Dispute, Corrupt> {
        self.disputes.iter_mut().find(|dispute| dispute.dispute == *id).ok_or(NO_DISPUTE)
    }
}

impl Opened {
    /// Changes what is known of a succeeded charge's reversals, and with it the balance.
    fn reverse(
        &mut self,
        at: Timestamp,
        number: ChargeNumber,
        revise: impl FnOnce(&mut Reversals) -> Result<(), Corrupt>,
    ) -> Result<(), Corrupt> {
        let charge = self.charges.ended_mut(number).ok_or(Corrupt("no such charge"))?;
        if !matches!(charge.outcome, Outcome::Succeeded { .. }) {
            return Err(Corrupt("the charge has not succeeded"));
        }
        charge.reversed_at = Some(at);
        let before = self.reversals.contribution(charge);
        revise(&mut self.reversals)?;
        let after = self.reversals.contribution(charge);
        self.charges.excess(&self.reversals)?;
        self.wallet = self.wallet.contribute(before, after)?;
        self.pay_debt()
    }

    pub(crate) fn apply_refund_requested(
        &mut self,
        at: Timestamp,
        number: RefundNumber,
        (charge, amount): (ChargeNumber, Amount),
        until: Timestamp,
    ) -> Result<(), Corrupt> {
        if amount.is_zero() || until <= at {
            return Err(Corrupt("the refund sends nothing back, or at no time"));
        }
        if number != self.reversals.next_refund() {
            return Err(Corrupt("the refund's number is out of order"));
        }
        self.reverse(at, charge, |reversals| {
            let phase = RefundPhase::Asking { until };
            reversals.refunds.push(Refund { number, charge, amount, requested_at: at, phase });
            reversals.last_refund = Some(number);
            Ok(())
        })
    }

    pub(crate) fn apply_refund_asking_ended(&mut self, number: RefundNumber) -> Result<(), Corrupt> {
        let refund = self.reversals.refund_mut(number)?;
        match refund.phase {
            RefundPhase::Asking { .. } => {
                refund.phase = RefundPhase::LookingUp {};
                Ok(())
            }
            RefundPhase::LookingUp {} | RefundPhase::Succeeded { .. } | RefundPhase::Failed { .. } => {
                Err(Corrupt("the refund is not asked any more"))
            }
        }
    }

    /// A refund that was recorded under this reference was this one, and counts once; failure is final (G1).
    pub(crate) fn apply_refund_succeeded(
        &mut self,
        at: Timestamp,
        number: RefundNumber,
        reference: &Text,
    ) -> Result<(), Corrupt> {
        let charge = self.reversals.refund_mut(number)?.charge;
        self.reverse(at, charge, |reversals| {
            let refund = reversals.refund_mut(number)?;
            refund.phase = match &refund.phase {
                RefundPhase::Asking { .. } | RefundPhase::LookingUp {} => {
                    RefundPhase::Succeeded { reference: reference.clone() }
                }
                RefundPhase::Failed { reference: None } => {
                    RefundPhase::Failed { reference: Some(reference.clone()) }
                }
                RefundPhase::Succeeded { .. } | RefundPhase::Failed { reference: Some(_) } => {
                    return Err(Corrupt("the refund has succeeded"));
                }
            };
            let amount = refund.amount;
            let this = RecordedRefund { charge, amount, reference: reference.clone() };
            reversals.recorded.retain(|known| *known != this);
            Ok(())
        })
    }

    pub(crate) fn apply_refund_failed(&mut self, at: Timestamp, number: RefundNumber) -> Result<(), Corrupt> {
        let charge = self.reversals.refund_mut(number)?.charge;
        self.reverse(at, charge, |reversals| {
            let refund = reversals.refund_mut(number)?;
            let reference = match &refund.phase {
                RefundPhase::Asking { .. } | RefundPhase::LookingUp {} => None,
                RefundPhase::Succeeded { reference } => Some(reference.clone()),
                RefundPhase::Failed { .. } => return Err(Corrupt("the refund has failed")),
            };
            refund.phase = RefundPhase::Failed { reference };
            Ok(())
        })
    }

    pub(crate) fn apply_refund_recorded(
        &mut self,
        at: Timestamp,
        charge: ChargeNumber,
        amount: Amount,
        reference: &Text,
    ) -> Result<(), Corrupt> {
        if amount.is_zero() || self.reversals.recorded.iter().any(|known| known.reference == *reference) {
            return Err(Corrupt("the refund is of nothing, or on record"));
        }
        self.reverse(at, charge, |reversals| {
            reversals.recorded.push(RecordedRefund { charge, amount, reference: reference.clone() });
            Ok(())
        })
    }

    pub(crate) fn apply_dispute_opened(
        &mut self,
        at: Timestamp,
        id: &Text,
        charge: ChargeNumber,
        amount: Amount,
    ) -> Result<(), Corrupt> {
        if amount.is_zero() || self.reversals.dispute(id).is_some() {
            return Err(Corrupt("the dispute is about nothing, or exists"));
        }
        let fingerprint = self.charges.ended(charge).ok_or(Corrupt("no such charge"))?.fingerprint.clone();
        // An account on its way out asks for nothing: there is nothing to bar (J2).
        let bar = if self.stage.is_ending() { DisputeBar::Cleared } else { DisputeBar::Stands };
        self.reverse(at, charge, |reversals| {
            let phase = DisputePhase::Open;
            reversals.disputes.push(Dispute { dispute: id.clone(), charge, amount, fingerprint, phase, bar });
            Ok(())
        })
    }

    pub(crate) fn apply_dispute_closed(
        &mut self,
        at: Timestamp,
        id: &Text,
        outcome: DisputeOutcome,
    ) -> Result<(), Corrupt> {
        let charge = self.reversals.dispute_mut(id)?.charge;
        self.reverse(at, charge, |reversals| {
            let dispute = reversals.dispute_mut(id)?;
            if dispute.phase != DisputePhase::Open {
                return Err(Corrupt("the dispute has its outcome"));
            }
            dispute.phase = match outcome {
                DisputeOutcome::Won => DisputePhase::Won,
                DisputeOutcome::Lost => DisputePhase::Lost,
            };
            Ok(())
        })
    }

    pub(crate) fn apply_reversal_paused(&mut self, reason: ReversalReason) {
        self.reversals.pause = Some(reason);
    }

    pub(crate) fn apply_reversal_pause_ended(&mut self) -> Result<(), Corrupt> {
        self.reversals.pause.take().map(|_| ()).ok_or(Corrupt("no reversal pauses the top-up"))
    }

    pub(crate) fn apply_disputes_cleared(&mut self) {
        for dispute in &mut self.reversals.disputes {
            if dispute.stands() {
                dispute.bar = DisputeBar::Cleared;
            }
        }
    }
}
