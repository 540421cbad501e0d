//! Closing an account, writing off its debt (J2).

use rust_decimal::Decimal;
use serde_json::Value;

use super::disputes::Dispute;
use super::limits::Notice;
use super::table::Stage;
use super::values::{amount_in, json_amount, object, round_down};
use super::{Model, Step};

impl Model {
    /// What is owed: a negative `posted`.
    pub(super) fn debt(&self) -> Decimal {
        (-self.posted()).max(Decimal::ZERO)
    }

    /// D2, J2.
    pub(super) fn check_no_debt(&self) -> Result<(), Value> {
        if self.debt().is_zero() { Ok(()) } else { Err(object("debt", [("debt", json_amount(self.debt()))])) }
    }

    pub(super) fn close(&mut self, step: &mut Step) -> Result<(), Value> {
        if self.stage >= Stage::Closing {
            return Ok(());
        }
        self.check_no_debt()?;
        self.revoke_every_key(step);
        step.event("account_closing", []);
        self.stage = Stage::Closing;
        self.top_up.begin_afresh();
        self.top_up.deferred = None;
        self.bars.clear();
        self.reversal_pause = None;
        self.disputes.iter_mut().for_each(Dispute::clear);
        self.notice = Notice::default();
        Ok(())
    }

    /// A call whose hold has expired has not ended until its late window has. An open refund does not matter.
    pub(super) fn complete_closing(&mut self, step: &mut Step) {
        let is_complete = self.stage == Stage::Closing
            && self.open_calls.is_empty()
            && self.expired_calls.is_empty()
            && self.open_charge.is_none()
            && !self.disputes.iter().any(Dispute::is_open);
        if !is_complete {
            return;
        }
        self.void_all_grants(step);

        // The purchased remainder goes to the charges, newest first, each at most its contribution, in whole charge
        // units.
        let newest_first: Vec<u64> = self.ended_charges.keys().rev().copied().collect();
        for charge in newest_first {
            let remainder = self.purchased().max(Decimal::ZERO);
            let amount = round_down(remainder.min(self.contribution(charge)), step.policy.charge_unit);
            if !amount.is_zero() {
                self.request_refund(step, charge, amount, "closing").unwrap();
            }
        }
        let remainder = self.purchased();
        if remainder > Decimal::ZERO {
            step.event("credit_forfeited", [("amount", json_amount(remainder))]);
            self.ledger.gone += remainder;
            self.move_purchased(-remainder);
        }
        self.stage = Stage::Closed;
        step.event("account_closed", []);
    }

    pub(super) fn write_off(&mut self, step: &mut Step, command: &Value) -> Result<(), Value> {
        let amount = amount_in(command, "amount");
        if amount.is_zero() {
            return Err(object("amount_zero", []));
        }
        if amount > self.debt() {
            return Err(object(
                "above_debt",
                [("amount", json_amount(amount)), ("debt", json_amount(self.debt()))],
            ));
        }
        self.check_room(amount)?;
        step.event(
            "debt_written_off",
            [("amount", json_amount(amount)), ("reason", command["reason"].clone())],
        );
        self.ledger.written_off += amount;
        self.move_purchased(amount);
        Ok(())
    }
}
