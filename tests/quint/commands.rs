//! From a step of a trace to the command it asks.

use std::sync::atomic::{AtomicU64, Ordering};

use prepaid::{
    Action, Actor, Amount, CallId, ChargeNumber, Command, Currency, Decline, DisputeOutcome, Quote,
    RefundNumber, Setting,
};
use serde_json::Value;
use uuid::Uuid;

use super::Step;
use super::account::{KEY, method, minute, thousandths};

impl Step {
    fn number(&self, name: &str) -> Option<i64> {
        self.arguments.get(name).and_then(Value::as_i64)
    }

    fn text(&self, name: &str) -> &str {
        self.arguments.get(name).and_then(Value::as_str).unwrap_or("")
    }

    fn amount(&self) -> Amount {
        thousandths(self.number("amount").unwrap())
    }

    fn quote(&self) -> Quote {
        Quote::agreed(self.amount(), Currency::USD, "agreed".parse().unwrap())
    }

    fn charge(&self) -> ChargeNumber {
        ChargeNumber(self.number("charge").unwrap().try_into().unwrap())
    }

    fn refund(&self) -> RefundNumber {
        RefundNumber(self.number("refund").unwrap().try_into().unwrap())
    }

    fn call(&self) -> CallId {
        /// A call without a name is one that nothing else speaks of.
        static NAMELESS: AtomicU64 = AtomicU64::new(100);
        CallId(Uuid::from_u128(match self.text("call") {
            "c1" => 1,
            "c2" => 2,
            _ => u128::from(NAMELESS.fetch_add(1, Ordering::Relaxed)),
        }))
    }
}

pub(super) fn command(step: &Step) -> Command {
    let actor: Actor = serde_json::from_value(Value::String(step.by.clone())).unwrap();
    action(step).by(actor)
}

fn action(step: &Step) -> Action {
    let reason = || "as the model says".parse().unwrap();
    let reference = || step.text("reference").parse().unwrap();
    match step.name.as_str() {
        "authorize_call" => Action::AuthorizeCall {
            call: step.call(),
            key: KEY,
            quote: step.quote(),
            units: step.number("units").unwrap().try_into().unwrap(),
        },
        "charge_call" => Action::ChargeCall { call: step.call(), key: KEY, quote: step.quote() },
        "settle_call" => {
            Action::SettleCall { call: step.call(), amount: step.number("amount").map(thousandths) }
        }
        "release_call" => Action::ReleaseCall { call: step.call() },
        "extend_call" => {
            Action::ExtendCall { call: step.call(), until: minute(step.number("until").unwrap()) }
        }
        "top_up" => Action::TopUp { amount: step.amount() },
        "set_top_up" => Action::SetTopUp {
            threshold: step.number("threshold").map(thousandths),
            target: step.number("target").map(thousandths),
            enabled: step.arguments.get("enabled").map(|switch| switch == "on"),
            monthly_cap: Setting::Kept,
            daily_count: Setting::Kept,
        },
        "reactivate_top_up" => Action::ReactivateTopUp {},
        "link_payment_method" => method(step.text("token")),
        "charge_succeeded" => Action::ChargeSucceeded {
            charge: step.charge(),
            amount: step.amount(),
            reference: "ch".parse().unwrap(),
        },
        "charge_action_required" => {
            Action::ChargeActionRequired { charge: step.charge(), reference: "ch".parse().unwrap() }
        }
        "charge_failed" => Action::ChargeFailed {
            charge: step.charge(),
            decline: if step.text("decline") == "hard" { Decline::Hard } else { Decline::Soft },
            reason: reason(),
        },
        "charge_cancelled" => Action::ChargeCancelled { charge: step.charge() },
        "charge_not_found" => Action::ChargeNotFound { charge: step.charge() },
        "cancel_charge" => Action::CancelCharge { charge: step.charge() },
        "resolve_charge" => {
            Action::ResolveCharge { charge: step.charge(), taken: step.amount(), evidence: reason() }
        }
        "refund" => Action::Refund {
            charge: step.charge(),
            amount: step.amount(),
            forced: step.arguments.contains_key("forced"),
        },
        "refund_succeeded" => Action::RefundSucceeded { refund: step.refund(), reference: reference() },
        "refund_failed" => Action::RefundFailed { refund: step.refund(), reason: reason() },
        "record_refund" => {
            Action::RecordRefund { charge: step.charge(), amount: step.amount(), reference: reference() }
        }
        "open_dispute" => Action::OpenDispute {
            dispute: step.text("dispute").parse().unwrap(),
            charge: step.charge(),
            amount: step.amount(),
        },
        "close_dispute" => Action::CloseDispute {
            dispute: step.text("dispute").parse().unwrap(),
            outcome: if step.text("outcome") == "won" { DisputeOutcome::Won } else { DisputeOutcome::Lost },
        },
        "suspend" => Action::Suspend { reason: reason() },
        "resume" => Action::Resume {},
        "tick" => Action::Tick {},
        other => panic!("the replay does not know `{other}`"),
    }
}
