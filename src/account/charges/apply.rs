//! How the events of charges change the state.

use super::{Archived, ChargePhase, Counting, EndedCharge, IfNotTaken, OpenCharge, Outcome, Reports};
use crate::account::{Opened, StageTag};
use crate::event::{ChargeKind, ChargeRequested};
use crate::evolve::{Corrupt, WRONG_STAGE};
use crate::id::ChargeNumber;
use crate::money::Amount;
use crate::text::Text;
use crate::time::Timestamp;

const NOT_OPEN: Corrupt = Corrupt("the charge is not open");
const WRONG_PHASE: Corrupt = Corrupt("the charge has not come so far, or farther");
const NOT_ENDED: Corrupt = Corrupt("the charge has not ended");

impl Opened {
    pub(crate) fn apply_requested(&mut self, at: Timestamp, asked: &ChargeRequested) -> Result<(), Corrupt> {
        let ChargeRequested { charge, kind, amount, token, fingerprint, ask_until } = asked.clone();
        let fits = match kind {
            ChargeKind::InitialFunding => self.stage.tag() == StageTag::Funding,
            ChargeKind::AutoTopUp | ChargeKind::Manual => self.stage.tag() == StageTag::Active,
        };
        if !fits {
            return Err(WRONG_STAGE);
        }
        if self.charges.open.is_some() {
            return Err(Corrupt("another charge is open"));
        }
        if charge != self.charges.next_number() {
            return Err(Corrupt("the charge's number is out of order"));
        }
        if amount.is_zero() || ask_until <= at {
            return Err(Corrupt("the charge asks for nothing, or at no time"));
        }
        self.charges.open = Some(OpenCharge {
            number: charge,
            kind,
            amount,
            token,
            fingerprint,
            requested_at: at,
            phase: ChargePhase::Asking { until: ask_until },
            counting: Counting::Counts,
        });
        Ok(())
    }

    fn open_charge_mut(&mut self, number: ChargeNumber) -> Result<&mut OpenCharge, Corrupt> {
        self.charges.open.as_mut().filter(|charge| charge.number == number).ok_or(NOT_OPEN)
    }

    fn ended_charge_mut(&mut self, number: ChargeNumber) -> Result<&mut EndedCharge, Corrupt> {
        self.charges.ended_mut(number).ok_or(NOT_ENDED)
    }

    pub(crate) fn apply_action_required(
        &mut self,
        at: Timestamp,
        charge: ChargeNumber,
        reference: &Text,
        until: Timestamp,
    ) -> Result<(), Corrupt> {
        let open = self.open_charge_mut(charge)?;
        match open.phase {
            ChargePhase::Asking { .. } | ChargePhase::LookingUp {} if until > at => {
                open.phase = ChargePhase::ActionRequired { reference: reference.clone(), until };
                Ok(())
            }
            ChargePhase::Asking { .. }
            | ChargePhase::LookingUp {}
            | ChargePhase::ActionRequired { .. }
            | ChargePhase::Cancelling { .. }
            | ChargePhase::Unresolved { .. } => Err(WRONG_PHASE),
        }
    }

    pub(crate) fn apply_asking_ended(&mut self, charge: ChargeNumber) -> Result<(), Corrupt> {
        let open = self.open_charge_mut(charge)?;
        match open.phase {
            ChargePhase::Asking { .. } => {
                open.phase = ChargePhase::LookingUp {};
                Ok(())
            }
            ChargePhase::LookingUp {}
            | ChargePhase::ActionRequired { .. }
            | ChargePhase::Cancelling { .. }
            | ChargePhase::Unresolved { .. } => Err(WRONG_PHASE),
        }
    }

    pub(crate) fn apply_cancelling(&mut self, charge: ChargeNumber) -> Result<(), Corrupt> {
        let open = self.open_charge_mut(charge)?;
        let reference = match &open.phase {
            ChargePhase::ActionRequired { reference, .. } => Some(reference.clone()),
            ChargePhase::Cancelling { reference } => reference.clone(),
            ChargePhase::Asking { .. } | ChargePhase::LookingUp {} => None,
            ChargePhase::Unresolved { .. } => return Err(Corrupt("the charge is unresolved")),
        };
        open.phase = ChargePhase::Cancelling { reference };
        Ok(())
    }

    pub(crate) fn apply_superseded(&mut self, charge: ChargeNumber) -> Result<(), Corrupt> {
        // A late success makes the account active, or finds it active or closing (F1).
        if self.stage.tag() != StageTag::Active && self.stage.tag() != StageTag::Closing {
            return Err(WRONG_STAGE);
        }
        let open = self.open_charge_mut(charge)?;
        open.counting = Counting::Superseded;
        match &mut open.phase {
            // Only the operator can end it; without blame now.
            ChargePhase::Unresolved { if_not_taken, .. } => {
                *if_not_taken = IfNotTaken::IsAbandoned;
                Ok(())
            }
            ChargePhase::Asking { .. }
            | ChargePhase::LookingUp {}
            | ChargePhase::ActionRequired { .. }
            | ChargePhase::Cancelling { .. } => self.apply_cancelling(charge),
        }
    }

    pub(crate) fn apply_mismatched(&mut self, charge: ChargeNumber, reported: Amount) -> Result<(), Corrupt> {
        let Ok(open) = self.open_charge_mut(charge) else {
            let ended = self.ended_charge_mut(charge)?;
            let expected = match ended.outcome {
                Outcome::Succeeded { credited } => credited,
                Outcome::Failed {} | Outcome::Abandoned {} => ended.amount,
            };
            if reported == expected || ended.reports.contains(reported) {
                return Err(Corrupt("the report says nothing new"));
            }
            ended.reports = core::mem::take(&mut ended.reports).with(reported);
            return Ok(());
        };
        if reported == open.amount
            || matches!(&open.phase, ChargePhase::Unresolved { reports, .. } if reports.contains(reported))
        {
            return Err(Corrupt("the report says nothing new"));
        }
        let (before, if_not_taken) = match &mut open.phase {
            ChargePhase::Unresolved { reports, if_not_taken } => (core::mem::take(reports), *if_not_taken),
            ChargePhase::Cancelling { .. } => (Reports::default(), IfNotTaken::IsAbandoned),
            ChargePhase::Asking { .. } | ChargePhase::LookingUp {} | ChargePhase::ActionRequired { .. } => {
                (Reports::default(), IfNotTaken::Fails)
            }
        };
        open.phase = ChargePhase::Unresolved { reports: before.with(reported), if_not_taken };
        Ok(())
    }

    /// The evidence itself changes nothing: the ending that follows in the same batch does.
    pub(crate) fn apply_resolved(&mut self, charge: ChargeNumber) -> Result<(), Corrupt> {
        self.open_charge_mut(charge).map(|_| ()).or_else(|_| self.ended_charge_mut(charge).map(|_| ()))
    }

    fn end_charge(
        &mut self,
        at: Timestamp,
        number: ChargeNumber,
        outcome: Outcome,
        keep_until: Option<Timestamp>,
    ) -> Result<OpenCharge, Corrupt> {
        let open = self.charges.open.take_if(|charge| charge.number == number).ok_or(NOT_OPEN)?;
        let reports = match &open.phase {
            ChargePhase::Unresolved { reports, .. } => reports.clone(),
            ChargePhase::Asking { .. }
            | ChargePhase::LookingUp {}
            | ChargePhase::ActionRequired { .. }
            | ChargePhase::Cancelling { .. } => Reports::default(),
        };
        self.charges.ended.push(EndedCharge {
            number,
            kind: open.kind,
            amount: open.amount,
            fingerprint: open.fingerprint.clone(),
            requested_at: open.requested_at,
            ended_at: at,
            outcome,
            counting: open.counting,
            reports,
            keep_until,
            reversed_at: None,
        });
        Ok(open)
    }

    /// Credit, funding and the end of waits and pauses, in one step (B1, F1, F2).
    fn credit_charge(&mut self, kind: ChargeKind, amount: Amount) -> Result<(), Corrupt> {
        if amount.is_zero() {
            return Err(Corrupt("a success of nothing"));
        }
        self.wallet = self.wallet.contribute(Amount::ZERO, amount)?;
        self.pay_debt()?;
        self.top_up.clear();
        match kind {
            ChargeKind::InitialFunding => self.become_active(),
            ChargeKind::AutoTopUp | ChargeKind::Manual => Ok(()),
        }
    }

    pub(crate) fn apply_succeeded(
        &mut self,
        at: Timestamp,
        charge: ChargeNumber,
        amount: Amount,
        keep_until: Option<Timestamp>,
    ) -> Result<(), Corrupt> {
        let open = self.end_charge(at, charge, Outcome::Succeeded { credited: amount }, keep_until)?;
        self.credit_charge(open.kind, amount)
    }

    pub(crate) fn apply_succeeded_late(
        &mut self,
        charge: ChargeNumber,
        amount: Amount,
        keep_until: Option<Timestamp>,
    ) -> Result<(), Corrupt> {
        let ended = self.ended_charge_mut(charge)?;
        match ended.outcome {
            Outcome::Succeeded { .. } => return Err(Corrupt("the charge has succeeded")),
            Outcome::Failed {} | Outcome::Abandoned {} => {
                ended.outcome = Outcome::Succeeded { credited: amount };
                ended.keep_until = keep_until;
            }
        }
        let kind = ended.kind;
        self.credit_charge(kind, amount)
    }

    pub(crate) fn apply_failed(
        &mut self,
        at: Timestamp,
        charge: ChargeNumber,
        keep_until: Option<Timestamp>,
    ) -> Result<(), Corrupt> {
        let open = self.open_charge_mut(charge)?;
        match open.phase {
            ChargePhase::Asking { .. }
            | ChargePhase::LookingUp {}
            | ChargePhase::ActionRequired { .. }
            | ChargePhase::Unresolved { if_not_taken: IfNotTaken::Fails, .. } => {}
            ChargePhase::Cancelling { .. }
            | ChargePhase::Unresolved { if_not_taken: IfNotTaken::IsAbandoned, .. } => {
                return Err(WRONG_PHASE);
            }
        }
        let open = self.end_charge(at, charge, Outcome::Failed {}, keep_until)?;
        self.abandon_first_key(&open);
        Ok(())
    }

    pub(crate) fn apply_abandoned(
        &mut self,
        at: Timestamp,
        charge: ChargeNumber,
        keep_until: Option<Timestamp>,
    ) -> Result<(), Corrupt> {
        if let ChargePhase::Unresolved { if_not_taken: IfNotTaken::Fails, .. } =
            self.open_charge_mut(charge)?.phase
        {
            return Err(WRONG_PHASE);
        }
        let open = self.end_charge(at, charge, Outcome::Abandoned {}, keep_until)?;
        self.abandon_first_key(&open);
        Ok(())
    }

    /// The records go, what the charge contributes stays (G1).
    pub(crate) fn apply_archived(&mut self, at: Timestamp, number: ChargeNumber) -> Result<(), Corrupt> {
        let charge = self.charges.ended(number).ok_or(NOT_ENDED)?;
        if charge.keep_until.is_none_or(|until| at < until) || self.reversals.keeps(number) {
            return Err(Corrupt("the charge's record is still needed"));
        }
        let (credited, contributes) = (charge.outcome.credited(), self.reversals.contribution(charge));
        let excess = self.reversals.excess(charge)?;
        let zero = Amount::ZERO;
        let none = Archived { last: number, credited: zero, contributed: zero, excess: zero };
        let before = self.charges.archived.unwrap_or(none);
        self.charges.archived = Some(Archived {
            last: before.last.max(number),
            credited: before.credited.checked_add(credited)?,
            contributed: before.contributed.checked_add(contributes)?,
            excess: before.excess.checked_add(excess)?,
        });
        self.charges.ended.retain(|charge| charge.number != number);
        self.reversals.refunds.retain(|refund| refund.charge != number);
        self.reversals.recorded.retain(|refund| refund.charge != number);
        self.reversals.disputes.retain(|dispute| dispute.charge != number);
        Ok(())
    }
}
