//! Disputes (G2), and the pause that every reversal makes (G4).

use rust_decimal::Decimal;
use serde_json::Value;

use super::table::Stage;
use super::values::{amount_in, json_amount, number, object, text};
use super::{Model, Step};

#[derive(Clone)]
pub(super) struct Dispute {
    id: String,
    pub(super) charge: u64,
    pub(super) amount: Decimal,
    /// Of the payment method the charge was asked of.
    fingerprint: String,
    outcome: Option<String>,
    /// The operator lets the method be asked again.
    cleared: bool,
}

impl Dispute {
    pub(super) fn is_open(&self) -> bool {
        self.outcome.is_none()
    }

    pub(super) fn is_won(&self) -> bool {
        self.outcome.as_deref() == Some("won")
    }

    /// G4: open or lost, and not cleared by the operator. It bars its method.
    pub(super) fn stands(&self) -> bool {
        !self.is_won() && !self.cleared
    }

    /// J2: the request to close ends what it bars; or the operator cleared it (G4).
    pub(super) fn clear(&mut self) {
        if self.stands() {
            self.cleared = true;
        }
    }

    fn refusal(&self) -> Value {
        object("dispute_stands", [("dispute", self.id.as_str().into())])
    }
}

impl Model {
    /// G2.
    pub(super) fn open_dispute(&mut self, step: &mut Step, command: &Value) -> Result<(), Value> {
        let id = text(command, "dispute");
        let charge = number(command, "charge");
        let amount = amount_in(command, "amount");
        let fingerprint = self.charge(charge)?.fingerprint.clone();
        if let Some(known) = self.disputes.iter().find(|dispute| dispute.id == id) {
            if (known.charge, known.amount) == (charge, amount) {
                return Ok(());
            }
            return Err(object("dispute_conflict", [("dispute", id.into())]));
        }
        if amount.is_zero() {
            return Err(object("amount_zero", []));
        }
        self.check_succeeded(charge)?;
        let dispute = Dispute {
            id: id.to_owned(),
            charge,
            amount,
            fingerprint,
            outcome: None,
            cleared: self.stage >= Stage::Closing,
        };
        self.reverse(step.at, charge, |model| model.disputes.push(dispute))?;
        step.event(
            "dispute_opened",
            [("dispute", id.into()), ("charge", charge.into()), ("amount", json_amount(amount))],
        );
        self.pause_for_reversal(step, "dispute");
        Ok(())
    }

    /// One final outcome. A won dispute brings the credit back.
    pub(super) fn close_dispute(&mut self, step: &mut Step, command: &Value) -> Result<(), Value> {
        let id = text(command, "dispute");
        let outcome = text(command, "outcome");
        let place = self
            .disputes
            .iter()
            .position(|dispute| dispute.id == id)
            .ok_or_else(|| object("dispute_unknown", [("dispute", id.into())]))?;
        if let Some(known) = &self.disputes[place].outcome {
            if known == outcome {
                return Ok(());
            }
            return Err(object(
                "dispute_closed",
                [("dispute", id.into()), ("outcome", known.as_str().into())],
            ));
        }
        self.reverse(step.at, self.disputes[place].charge, |model| {
            model.disputes[place].outcome = Some(outcome.to_owned());
        })?;
        step.event("dispute_closed", [("dispute", id.into()), ("outcome", outcome.into())]);
        if outcome == "won" {
            self.end_reversal_pause_unless_disputed(step);
        }
        Ok(())
    }

    // ---- the pause (G4) -------------------------------------------------------------------------

    /// A pause by a dispute replaces one by a refund, not the other way round.
    pub(super) fn pause_for_reversal(&mut self, step: &mut Step, reason: &'static str) {
        let is_new = match self.reversal_pause {
            None => true,
            Some(standing) => standing == "refund" && reason == "dispute",
        };
        if is_new && self.stage < Stage::Closing {
            self.reversal_pause = Some(reason);
            step.event("reversal_paused", [("reason", reason.into())]);
        }
    }

    /// Another payment method, the operator's reactivation.
    pub(super) fn end_reversal_pause(&mut self, step: &mut Step) {
        if self.reversal_pause.take().is_some() {
            step.event("reversal_pause_ended", []);
        }
    }

    /// A won dispute, a succeeded manual top-up.
    pub(super) fn end_reversal_pause_unless_disputed(&mut self, step: &mut Step) {
        if self.standing_dispute().is_none() {
            self.end_reversal_pause(step);
        }
    }

    /// The first that was opened, of any method.
    fn standing_dispute(&self) -> Option<&Dispute> {
        self.disputes.iter().find(|dispute| dispute.stands())
    }

    /// The first that bars the current method.
    pub(super) fn method_dispute(&self) -> Option<&Dispute> {
        let current = self.method.as_ref()?.fingerprint();
        self.disputes.iter().find(|dispute| dispute.stands() && dispute.fingerprint == current)
    }

    pub(super) fn check_method_not_disputed(&self) -> Result<(), Value> {
        self.method_dispute().map_or(Ok(()), |dispute| Err(dispute.refusal()))
    }

    /// F5, G4.
    pub(super) fn reactivate_top_up(&mut self, step: &mut Step) -> Result<(), Value> {
        let by_operator = step.actor == "operator";
        if !by_operator
            && self.reversal_pause.is_some()
            && let Some(dispute) = self.standing_dispute()
        {
            return Err(dispute.refusal());
        }
        self.reactivate_after_failures(step);
        if by_operator && self.standing_dispute().is_some() {
            self.disputes.iter_mut().for_each(Dispute::clear);
            step.event("disputes_cleared", []);
        }
        self.end_reversal_pause(step);
        Ok(())
    }
}
