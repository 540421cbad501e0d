//! Money going back: refunds, what a charge still contributes, the archive of ended charges (G1 to G3).

use rust_decimal::Decimal;
use serde_json::Value;

use super::charges::End;
use super::table::Stage;
use super::values::{
    amount_in, amount_text, is_whole, json_amount, json_instant, largest, number, object, text, units,
};
use super::{Model, Step};

/// A refund that was asked for here.
#[derive(Clone)]
pub(super) struct Refund {
    pub(super) number: u64,
    charge: u64,
    amount: Decimal,
    requested_at: i64,
    pub(super) ask_until: i64,
    pub(super) state: RefundState,
    /// The provider's, once it has succeeded; also if it fails later.
    reference: Option<String>,
}

#[derive(Clone, PartialEq)]
pub(super) enum RefundState {
    /// Its outcome is unknown; it may be asked (again).
    Asked,
    /// Its outcome is unknown; the asking window is over.
    LookedUp,
    Succeeded,
    Failed,
}

impl Refund {
    fn is_open(&self) -> bool {
        matches!(self.state, RefundState::Asked | RefundState::LookedUp)
    }
}

/// A refund that was made at the provider.
#[derive(Clone)]
pub(super) struct Recorded {
    charge: u64,
    amount: Decimal,
    reference: String,
}

impl Model {
    // ---- contributions (G2) ---------------------------------------------------------------------

    /// `credited - refunds asked and not failed - disputed amounts not won`, in units of the last digit: a sum of what
    /// went back need not be an amount.
    fn left(&self, charge: u64) -> i128 {
        let Some(End::Succeeded { credited }) = self.ended_charges[&charge].end else {
            return 0;
        };
        let asked = self
            .refunds
            .iter()
            .filter(|refund| refund.charge == charge && refund.state != RefundState::Failed)
            .map(|refund| refund.amount);
        let recorded =
            self.recorded.iter().filter(|refund| refund.charge == charge).map(|refund| refund.amount);
        let disputed = self
            .disputes
            .iter()
            .filter(|dispute| dispute.charge == charge && !dispute.is_won())
            .map(|dispute| dispute.amount);
        units(credited) - asked.chain(recorded).chain(disputed).map(units).sum::<i128>()
    }

    /// What is left of it, never below zero.
    pub(super) fn contribution(&self, charge: u64) -> Decimal {
        Decimal::from_i128_with_scale(self.left(charge).max(0), 12).normalize()
    }

    /// M1: what went back of a charge beyond what it had credited.
    fn excess(&self, charge: u64) -> i128 {
        (-self.left(charge)).max(0)
    }

    /// Makes a change to the lists, and moves the purchased credit by the change of the charge's contribution, by
    /// nothing else.
    pub(super) fn reverse(
        &mut self,
        at: i64,
        charge: u64,
        revise: impl FnOnce(&mut Model),
    ) -> Result<(), Value> {
        let before = self.clone();
        revise(self);
        if let Err(refusal) = self.check_excess() {
            *self = before;
            return Err(refusal);
        }
        let difference = self.contribution(charge) - before.contribution(charge);
        if let Err(refusal) = before.check_balances(difference) {
            *self = before;
            return Err(refusal);
        }
        self.move_purchased(difference);
        // G1: the record is kept for the reversal window after this, too.
        self.ended_charges.get_mut(&charge).unwrap().reversed_at = Some(at);
        Ok(())
    }

    /// M1: what went back of all charges beyond what they had credited is a total, too.
    fn check_excess(&self) -> Result<(), Value> {
        let on_record = self.ended_charges.keys().map(|number| self.excess(*number)).sum::<i128>();
        if on_record + self.archived_excess <= units(largest()) {
            Ok(())
        } else {
            Err(object("out_of_range", [("field", "excess".into())]))
        }
    }

    /// G2: a reversal of a charge not known as succeeded is premature.
    pub(super) fn check_succeeded(&self, charge: u64) -> Result<(), Value> {
        let charge = self.charge(charge)?;
        match charge.end {
            Some(End::Succeeded { .. }) => Ok(()),
            _ => Err(charge.refusal("charge_not_succeeded")),
        }
    }

    // ---- refunds asked by command ---------------------------------------------------------------

    /// G1.
    pub(super) fn refund(&mut self, step: &mut Step, command: &Value) -> Result<(), Value> {
        let charge = number(command, "charge");
        let amount = amount_in(command, "amount");
        let forced = command["forced"].as_bool().unwrap_or(false);
        let unit = step.policy.charge_unit;
        let asked = ("amount", json_amount(amount));
        if forced && step.actor == "owner" {
            return Err(object("field_forbidden", [("field", "forced".into())]));
        }
        self.charge(charge)?;
        if amount.is_zero() {
            return Err(object("amount_zero", []));
        }
        self.check_succeeded(charge)?;
        if !is_whole(amount, unit) {
            return Err(object("amount_not_whole", [asked, ("unit", json_amount(unit))]));
        }
        let contribution = self.contribution(charge);
        if amount > contribution {
            return Err(object("above_contribution", [asked, ("contribution", json_amount(contribution))]));
        }
        let refundable = self.purchased().max(Decimal::ZERO);
        if !forced && amount > refundable {
            return Err(object("above_refundable", [asked, ("at_most", json_amount(refundable))]));
        }
        let cause = if forced { "forced" } else { step.actor };
        self.request_refund(step, charge, amount, cause)?;
        self.pause_for_reversal(step, "refund");
        Ok(())
    }

    /// The credit leaves when the refund is asked.
    pub(super) fn request_refund(
        &mut self,
        step: &mut Step,
        charge: u64,
        amount: Decimal,
        cause: &str,
    ) -> Result<(), Value> {
        let refund = Refund {
            number: self.refunds_ever + 1,
            charge,
            amount,
            requested_at: step.at,
            ask_until: step.at + step.policy.asking_window,
            state: RefundState::Asked,
            reference: None,
        };
        let told = refund.clone();
        self.reverse(step.at, charge, |model| {
            model.refunds_ever += 1;
            model.refunds.push(refund);
        })?;
        step.event(
            "refund_requested",
            [
                ("refund", told.number.into()),
                ("charge", charge.into()),
                ("amount", json_amount(amount)),
                ("cause", cause.into()),
                ("ask_until", json_instant(told.ask_until)),
            ],
        );
        Ok(())
    }

    fn refund_numbered(&self, number: u64) -> Result<&Refund, Value> {
        let gone =
            if (1..=self.refunds_ever).contains(&number) { "refund_archived" } else { "refund_unknown" };
        self.refunds
            .iter()
            .find(|refund| refund.number == number)
            .ok_or_else(|| object(gone, [("refund", number.into())]))
    }

    fn set_refund(&mut self, number: u64, state: RefundState) {
        self.refunds.iter_mut().find(|refund| refund.number == number).unwrap().state = state;
    }

    /// From now on it is only looked up.
    pub(super) fn end_asking_refund(&mut self, step: &mut Step, number: u64) {
        self.set_refund(number, RefundState::LookedUp);
        step.event("refund_asking_ended", [("refund", number.into())]);
    }

    /// A success repeated changes nothing. After a failure the refund stays failed, but is known by its reference from
    /// then on. Recorded before under this reference, of the
    /// same charge and amount, it counts once: the record is this refund's. Of others it is a conflict.
    pub(super) fn refund_succeeded(&mut self, step: &mut Step, command: &Value) -> Result<(), Value> {
        let number = number(command, "refund");
        let reference = text(command, "reference");
        let refund = self.refund_numbered(number)?;
        if refund.reference.is_some() {
            return Ok(()); // it has succeeded before
        }
        let has_failed = refund.state == RefundState::Failed;
        let (charge, amount) = (refund.charge, refund.amount);
        let is_recorded_elsewhere = self
            .recorded
            .iter()
            .any(|other| other.reference == reference && (other.charge, other.amount) != (charge, amount));
        if is_recorded_elsewhere || self.own_refund_under(reference).is_some() {
            return Err(object("refund_conflict", [("reference", reference.into())]));
        }
        self.reverse(step.at, charge, |model| {
            model.recorded.retain(|other| other.reference != reference);
            if !has_failed {
                model.set_refund(number, RefundState::Succeeded);
            }
            let refund = model.refunds.iter_mut().find(|refund| refund.number == number);
            refund.unwrap().reference = Some(reference.to_owned());
        })?;
        step.event("refund_succeeded", [("refund", number.into()), ("reference", reference.into())]);
        Ok(())
    }

    /// The credit comes back, also when the failure follows a success, once.
    pub(super) fn refund_failed(&mut self, step: &mut Step, command: &Value) -> Result<(), Value> {
        let number = number(command, "refund");
        let refund = self.refund_numbered(number)?;
        if refund.state == RefundState::Failed {
            return Ok(());
        }
        self.reverse(step.at, refund.charge, |model| model.set_refund(number, RefundState::Failed))?;
        step.event("refund_failed", [("refund", number.into()), ("reason", command["reason"].clone())]);
        Ok(())
    }

    // ---- refunds made at the provider -----------------------------------------------------------

    /// A refund of our own that has ever succeeded under this reference.
    fn own_refund_under(&self, reference: &str) -> Option<&Refund> {
        self.refunds.iter().find(|refund| refund.reference.as_deref() == Some(reference))
    }

    /// Once by its reference, also below zero.
    pub(super) fn record_refund(&mut self, step: &mut Step, command: &Value) -> Result<(), Value> {
        let charge = number(command, "charge");
        let amount = amount_in(command, "amount");
        let reference = text(command, "reference");
        self.charge(charge)?;
        let own = self.own_refund_under(reference).map(|refund| (refund.charge, refund.amount));
        let recorded = self.recorded.iter().find(|refund| refund.reference == reference);
        if let Some(known) = own.or(recorded.map(|refund| (refund.charge, refund.amount))) {
            if known == (charge, amount) {
                return Ok(());
            }
            return Err(object("refund_conflict", [("reference", reference.into())]));
        }
        if amount.is_zero() {
            return Err(object("amount_zero", []));
        }
        self.check_succeeded(charge)?;
        self.reverse(step.at, charge, |model| {
            model.recorded.push(Recorded { charge, amount, reference: reference.to_owned() });
        })?;
        step.event(
            "refund_recorded",
            [("charge", charge.into()), ("amount", json_amount(amount)), ("reference", reference.into())],
        );
        self.pause_for_reversal(step, "refund");
        Ok(())
    }

    // ---- what the world is owed (K5) ------------------------------------------------------------

    pub(super) fn refund_effects(&self) -> Vec<Value> {
        self.refunds
            .iter()
            .filter(|refund| refund.is_open())
            .map(|refund| {
                let key = format!(
                    "{}-r{}-{}-{}",
                    self.account,
                    refund.number,
                    refund.requested_at,
                    amount_text(refund.amount)
                );
                let asked = refund.state == RefundState::Asked;
                object(
                    if asked { "send_refund" } else { "look_up_refund" },
                    [
                        ("refund", refund.number.into()),
                        ("charge", refund.charge.into()),
                        ("amount", json_amount(refund.amount)),
                        ("currency", self.currency.as_str().into()),
                        (
                            "charge_key",
                            self.ended_charges[&refund.charge].idempotency_key(&self.account).into(),
                        ),
                        ("idempotency_key", key.into()),
                        ("until", if asked { json_instant(refund.ask_until) } else { Value::Null }),
                    ],
                )
            })
            .collect()
    }

    // ---- the archive (G1) -----------------------------------------------------------------------

    /// The policy's reversal window has passed since its ending and since the last of its reversals came to something,
    /// nothing of it is open or bars its method, and no closing account is to refund it, nor a closed one that owes it.
    fn is_to_be_archived(&self, charge: u64, window: i64, at: i64) -> bool {
        let ended = &self.ended_charges[&charge];
        let after_reversal = ended.reversed_at.map_or(i64::MIN, |at| at.saturating_add(window));
        let kept_until = ended.keep_until.unwrap().max(after_reversal);
        let refund_open = self.refunds.iter().any(|refund| refund.charge == charge && refund.is_open());
        let disputed = self
            .disputes
            .iter()
            .any(|dispute| dispute.charge == charge && (dispute.is_open() || dispute.stands()));
        let owed =
            self.stage == Stage::Closing || self.stage == Stage::Closed && self.purchased() > Decimal::ZERO;
        at >= kept_until && !refund_open && !disputed && !owed
    }

    pub(super) fn archive(&mut self, step: &mut Step) {
        let numbers: Vec<u64> = self.ended_charges.keys().copied().collect();
        for number in numbers {
            if self.is_to_be_archived(number, step.policy.reversal_window, step.at) {
                let contribution = self.contribution(number);
                self.archived_charges.insert(number, contribution);
                self.archived_credited += units(self.ended_charges[&number].credited());
                self.archived_excess += self.excess(number);
                self.ended_charges.remove(&number);
                self.refunds.retain(|refund| refund.charge != number);
                self.recorded.retain(|refund| refund.charge != number);
                self.disputes.retain(|dispute| dispute.charge != number);
                step.event("charge_archived", [("charge", number.into())]);
            }
        }
    }
}
