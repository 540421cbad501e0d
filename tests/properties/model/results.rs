//! What the provider reports of a charge, what the operator resolves, what is cancelled (F1 to F4).

use serde_json::Value;

use super::charges::{End, Loss, Way};
use super::values::{amount_in, json_amount, json_instant, number, text};
use super::{Model, Step};

/// The reason of a failure that no provider gave a reason for: a look-up, or the operator, says there is no charge.
const NOT_FOUND: &str = "not_found";

impl Model {
    pub(super) fn charge_succeeded(&mut self, step: &mut Step, command: &Value) -> Result<(), Value> {
        let number = number(command, "charge");
        let reported = amount_in(command, "amount");
        let reference = text(command, "reference");
        let charge = self.charge(number)?;

        // A repeated result changes nothing. After a success, what was credited is what another report is compared with.
        let (expected, repeats_success) = match charge.end {
            Some(End::Succeeded { credited }) => (credited, reported == credited),
            _ => (charge.amount, false),
        };
        if repeats_success || charge.other_amounts.contains(&reported) {
            return Ok(());
        }
        if reported != expected {
            // F2: another amount credits nothing and is recorded.
            step.event(
                "charge_mismatched",
                [
                    ("charge", number.into()),
                    ("expected", json_amount(expected)),
                    ("reported", json_amount(reported)),
                    ("reference", reference.into()),
                ],
            );
            self.charge_mut(number).other_amounts.push(reported);
            return Ok(());
        }
        charge.check_not_mismatched()?;
        self.check_creditable(number, reported)?;
        self.credit(step, number, reported, reference);
        Ok(())
    }

    pub(super) fn charge_action_required(&mut self, step: &mut Step, command: &Value) -> Result<(), Value> {
        let number = number(command, "charge");
        let reference = text(command, "reference");
        let charge = self.charge(number)?;
        let is_news = charge.end.is_none()
            && !charge.is_mismatched()
            && matches!(charge.way, Way::Asked | Way::LookedUp);
        if is_news {
            let until = step.at + step.policy.action_deadline; // F4
            let charge = self.charge_mut(number);
            charge.way = Way::ActionRequired { until };
            charge.reference = Some(reference.to_owned());
            step.event(
                "charge_action_required",
                [("charge", number.into()), ("reference", reference.into()), ("until", json_instant(until))],
            );
        }
        Ok(())
    }

    /// `charge_failed`, `charge_cancelled`, `charge_not_found`.
    pub(super) fn charge_not_successful(&mut self, step: &mut Step, command: &Value) -> Result<(), Value> {
        let number = number(command, "charge");
        let charge = self.charge(number)?;
        match charge.end {
            Some(End::Succeeded { .. }) => return Err(charge.refusal("charge_succeeded")), // F1
            Some(End::Failed | End::Abandoned) => return Ok(()),                           // F1
            None => charge.check_not_mismatched()?,                                        // F2
        }
        let loss = match text(command, "type") {
            // F4: cancelling, whatever ends it without money leaves it abandoned; cancelled unasked, too.
            _ if charge.way == Way::Cancelling => Loss::Abandoned,
            "charge_cancelled" => Loss::Abandoned,
            "charge_not_found" => Loss::Soft(NOT_FOUND), // F3
            _ if text(command, "decline") == "soft" => Loss::Soft(text(command, "reason")),
            _ => Loss::Hard(text(command, "reason")),
        };
        self.lose(step, &loss);
        Ok(())
    }

    /// F3b.
    pub(super) fn resolve_charge(&mut self, step: &mut Step, command: &Value) -> Result<(), Value> {
        let number = number(command, "charge");
        let taken = amount_in(command, "taken");
        let evidence = text(command, "evidence");
        let charge = self.charge(number)?;
        match charge.end {
            Some(End::Succeeded { credited }) if taken == credited => return Ok(()),
            Some(End::Succeeded { .. }) => return Err(charge.refusal("charge_succeeded")),
            Some(_) if taken.is_zero() => return Ok(()),
            Some(_) if !charge.is_mismatched() => return Err(charge.refusal("charge_ended")),
            _ => {}
        }
        let is_cancelling = charge.way == Way::Cancelling;
        self.check_creditable(number, taken)?;
        step.event(
            "charge_resolved",
            [("charge", number.into()), ("taken", json_amount(taken)), ("evidence", evidence.into())],
        );
        if !taken.is_zero() {
            self.credit(step, number, taken, evidence);
        } else if is_cancelling {
            self.lose(step, &Loss::Abandoned);
        } else {
            self.lose(step, &Loss::Soft(NOT_FOUND));
        }
        Ok(())
    }

    /// F4: the owner once action is required, the operator at any time.
    pub(super) fn cancel_charge(&mut self, step: &mut Step, command: &Value) -> Result<(), Value> {
        let charge = self.charge(number(command, "charge"))?;
        if matches!(charge.end, Some(End::Succeeded { .. })) {
            return Err(charge.refusal("charge_succeeded"));
        }
        charge.check_not_mismatched()?;
        if charge.end.is_some() {
            return Err(charge.refusal("charge_ended"));
        }
        match charge.way {
            Way::Cancelling => return Ok(()),
            Way::Asked | Way::LookedUp if step.actor == "owner" => {
                return Err(charge.refusal("action_not_required"));
            }
            _ => {}
        }
        let cause = step.actor.to_owned();
        self.begin_cancelling(step, &cause);
        Ok(())
    }
}
