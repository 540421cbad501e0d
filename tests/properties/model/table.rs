//! Who may send which command (K7), in which currency (M2), and in which stage (A2, J2).

use serde_json::Value;

use super::values::{object, text};
use super::{Model, Policy, Step};

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Stage {
    Vacant,
    Registered,
    Agreed,
    Described,
    Linked,
    Funding,
    Active,
    Closing,
    Closed,
}

impl Stage {
    pub(super) fn name(self) -> &'static str {
        match self {
            Stage::Vacant => "vacant",
            Stage::Registered => "registered",
            Stage::Agreed => "agreed",
            Stage::Described => "described",
            Stage::Linked => "linked",
            Stage::Funding => "funding",
            Stage::Active => "active",
            Stage::Closing => "closing",
            Stage::Closed => "closed",
        }
    }
}

/// K7.
pub(super) fn check_actor(command: &Value, actor: &str) -> Result<(), Value> {
    let kind = text(command, "type");
    let may_send: &[&str] = match kind {
        "accept_terms"
        | "choose_use"
        | "link_payment_method"
        | "update_billing"
        | "create_key"
        | "top_up" => &["owner"],
        "open" | "relabel_key" | "revoke_key" | "limit_key" | "set_top_up" | "reactivate_top_up"
        | "cancel_charge" | "refund" | "limit_spending" | "set_notice" | "close" => &["owner", "operator"],
        "charge_succeeded"
        | "charge_action_required"
        | "charge_failed"
        | "charge_cancelled"
        | "charge_not_found"
        | "open_dispute"
        | "close_dispute" => &["provider"],
        "refund_succeeded" | "refund_failed" | "record_refund" => &["provider", "operator"],
        "resolve_charge" | "suspend" | "resume" | "issue_grant" | "void_grant" | "migrate" | "write_off" => {
            &["operator"]
        }
        "authorize_call" | "charge_call" | "extend_call" | "settle_call" | "release_call" => &["gateway"],
        "tick" => &["clock"],
        other => panic!("no such command: {other}"),
    };
    if may_send.contains(&actor) {
        Ok(())
    } else {
        Err(object("wrong_actor", [("command", kind.into()), ("actor", actor.into())]))
    }
}

impl Model {
    /// M2: the policy's currency, the request's and the quote's must be the account's. An account that is being opened
    /// takes the policy's.
    pub(super) fn check_currency(&self, policy: &Policy, command: &Value) -> Result<(), Value> {
        let opening = text(command, "type") == "open";
        let expected = match self.stage {
            Stage::Vacant if opening => &policy.currency,
            Stage::Vacant => return Ok(()), // out of order, whatever the currency
            _ => &self.currency,
        };
        let of_request = if opening { command["currency"].as_str() } else { None };
        let of_quote = command["quote"]["currency"].as_str();
        for given in [Some(policy.currency.as_str()), of_request, of_quote].into_iter().flatten() {
            if given != expected {
                return Err(object(
                    "currency_mismatch",
                    [("expected", expected.as_str().into()), ("given", given.into())],
                ));
            }
        }
        Ok(())
    }

    /// A2, J2, by the table of stages in docs/events.md: the stage a command needs, whether a later one does, too, and
    /// whether a closing and a closed account take it.
    pub(super) fn check_stage(&self, step: &Step, command: &Value) -> Result<(), Value> {
        let kind = text(command, "type");
        let (needs, or_later, closing, closed) = match kind {
            "open" => (Stage::Vacant, false, false, false),
            "accept_terms" | "suspend" | "resume" => (Stage::Registered, true, true, false),
            "choose_use" => (Stage::Agreed, false, false, false),
            "link_payment_method" | "update_billing" => {
                (Stage::Described, true, self.method.is_some(), false)
            }
            "create_key" => (Stage::Linked, true, false, false),
            "migrate" => (Stage::Linked, false, false, false),
            "relabel_key" | "limit_key" => (Stage::Funding, true, false, false),
            "revoke_key" => (Stage::Funding, true, true, false),
            "set_top_up" => (Stage::Registered, true, self.is_nothing_but_switching_off(command), false),
            "reactivate_top_up" | "limit_spending" => (Stage::Registered, true, false, false),
            "set_notice" => (Stage::Registered, true, command["level"].is_null(), false),
            "top_up" | "authorize_call" | "charge_call" => (Stage::Active, true, false, false),
            "extend_call" | "settle_call" | "release_call" => (Stage::Active, true, true, false),
            "issue_grant" => (Stage::Agreed, true, false, false),
            "void_grant" => (Stage::Agreed, true, true, false),
            "refund" => (Stage::Linked, true, true, step.actor == "operator"),
            _ => (Stage::Registered, true, true, true),
        };
        let takes = match self.stage {
            Stage::Closing => closing,
            Stage::Closed => closed,
            stage => stage == needs || (or_later && stage > needs),
        };
        // B4: migrating again under the same reference changes nothing.
        let repeats = kind == "migrate"
            && self.stage == Stage::Active
            && self.migrated_from.as_deref() == Some(text(command, "reference"));
        if takes || repeats {
            Ok(())
        } else {
            Err(object("out_of_order", [("needs", needs.name().into()), ("is", self.stage.name().into())]))
        }
    }
}
