//! Who may send which command (K7), in which currency (M2), and in which stage (A2).

use serde_json::Value;

use super::values::{object, text};
use super::{Model, Policy};

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Stage {
    Vacant,
    Registered,
    Agreed,
    Described,
    Linked,
    Funding,
    Active,
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
        "open" | "relabel_key" | "revoke_key" | "set_top_up" | "reactivate_top_up" | "cancel_charge" => {
            &["owner", "operator"]
        }
        "charge_succeeded"
        | "charge_action_required"
        | "charge_failed"
        | "charge_cancelled"
        | "charge_not_found" => &["provider"],
        "resolve_charge" | "suspend" | "resume" => &["operator"],
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

    /// A2, by the table of stages in docs/events.md.
    pub(super) fn check_stage(&self, command: &Value) -> Result<(), Value> {
        let kind = text(command, "type");
        let (needs, or_later) = match kind {
            "open" => (Stage::Vacant, false),
            "choose_use" => (Stage::Agreed, false),
            "link_payment_method" | "update_billing" => (Stage::Described, true),
            "create_key" => (Stage::Linked, true),
            "relabel_key" | "revoke_key" => (Stage::Funding, true),
            "top_up" | "authorize_call" | "charge_call" | "extend_call" | "settle_call" | "release_call" => {
                (Stage::Active, true)
            }
            _ => (Stage::Registered, true),
        };
        if self.stage == needs || (or_later && self.stage > needs) {
            Ok(())
        } else {
            Err(object("out_of_order", [("needs", needs.name().into()), ("is", self.stage.name().into())]))
        }
    }
}
