//! How often everything came up: traces that never reach a corner say nothing of it.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use anyhow::{Result, ensure};

use super::convert::{Answer, Step};

/// What must come up, by kind.
#[rustfmt::skip]
static EXPECTED: [(&str, &[&str]); 6] = [
    ("command", &[
        "authorize_call", "cancel_charge", "charge_action_required", "charge_call", "charge_cancelled", "charge_failed",
        "charge_not_found", "charge_succeeded", "close_dispute", "extend_call", "link_payment_method", "open_dispute",
        "reactivate_top_up", "record_refund", "refund", "refund_failed", "refund_succeeded", "release_call",
        "resolve_charge", "resume", "set_top_up", "settle_call", "suspend", "tick", "top_up",
    ]),
    ("refusal", &[
        "above_contribution", "above_hold", "above_refundable", "action_not_required", "already_extended",
        "amount_not_whole", "amount_out_of_bounds", "amount_zero", "balance_too_high", "call_conflict", "call_not_open",
        "charge_ended", "charge_not_succeeded", "charge_open", "charge_succeeded", "charge_unknown", "charge_unresolved",
        "debt", "dispute_closed", "dispute_conflict", "dispute_stands", "dispute_unknown", "field_forbidden",
        "insufficient_credit", "method_barred", "refund_conflict", "refund_unknown", "settings_invalid", "suspended",
        "time_out_of_bounds", "too_many_in_flight", "units_zero",
    ]),
    ("event", &[
        "account_resumed", "account_suspended", "call_authorized", "call_charged", "call_expired", "call_extended",
        "call_forgotten", "call_released", "call_settled", "call_settled_late", "charge_abandoned",
        "charge_action_required", "charge_asking_ended", "charge_cancelling", "charge_failed", "charge_mismatched",
        "charge_requested", "charge_resolved", "charge_succeeded", "charge_succeeded_late", "charge_superseded",
        "dispute_closed", "dispute_opened", "disputes_cleared", "method_bar_ended", "method_barred",
        "payment_method_linked", "refund_asking_ended", "refund_failed", "refund_recorded", "refund_requested",
        "refund_succeeded", "reversal_pause_ended", "reversal_paused", "top_up_paused", "top_up_reactivated",
        "top_up_retry_due", "top_up_retry_scheduled", "top_up_set",
    ]),
    ("phase of a charge", &[
        "abandoned", "action_required", "asking", "cancelling", "failed", "looking_up", "succeeded", "unresolved",
    ]),
    ("recovery", &["charge_abandoned", "clear", "due", "hard_decline", "retries_exhausted", "waiting"]),
    ("outlook", &[
        "above_threshold", "barred_until", "disputed", "off", "paused", "pending", "retry_at", "suspended",
    ]),
];

/// Counted over all traces.
#[derive(Debug, Default)]
pub(super) struct Counts {
    traces: u64,
    steps: u64,
    idle: u64,
    seen: BTreeMap<(&'static str, String), u64>,
}

impl Counts {
    pub(super) fn add(&mut self, step: &Step) {
        if step.name == "begin" {
            self.traces = self.traces.saturating_add(1);
            return;
        }
        self.steps = self.steps.saturating_add(1);
        self.count("command", &step.name);
        match &step.is {
            Answer::Refused(refusal) => self.count("refusal", word(refusal, 0)),
            Answer::Told(events) if events.is_empty() => self.idle = self.idle.saturating_add(1),
            Answer::Told(events) => events.iter().for_each(|event| self.count("event", event)),
        }
        for (name, value) in &step.now {
            match word(name, 0) {
                "charge" => self.count("phase of a charge", word(value, 3)),
                "recovery" => self.count("recovery", word(value, 0)),
                "outlook" => self.count("outlook", word(value, 0)),
                _ => {}
            }
        }
    }

    fn count(&mut self, kind: &'static str, name: &str) {
        let entry = self.seen.entry((kind, name.to_owned())).or_default();
        *entry = entry.saturating_add(1);
    }

    fn of(&self, kind: &'static str, name: &str) -> u64 {
        self.seen.get(&(kind, name.to_owned())).copied().unwrap_or(0)
    }

    /// Fails if something that is expected never came up, or something came up that is not.
    pub(super) fn must_be_complete(&self) -> Result<()> {
        let expected =
            EXPECTED.iter().flat_map(|(kind, names)| names.iter().map(|name| (*kind, (*name).to_owned())));
        let missing: Vec<_> = expected.clone().filter(|known| !self.seen.contains_key(known)).collect();
        let expected: Vec<_> = expected.collect();
        let strange: Vec<_> = self.seen.keys().filter(|known| !expected.contains(known)).collect();
        ensure!(missing.is_empty(), "never came up: {missing:?}");
        ensure!(strange.is_empty(), "came up and is not expected: {strange:?}");
        Ok(())
    }

    /// A table for people.
    pub(super) fn table(&self) -> String {
        let mut text = format!(
            "{} traces, {} steps, {} of them accepted without changing anything.\n\n| what | how often |\n|---|---|\n",
            self.traces, self.steps, self.idle
        );
        for (kind, names) in &EXPECTED {
            let counts = names.iter().map(|name| format!("`{name}` {}", self.of(kind, name)));
            let counts: Vec<String> = counts.collect();
            // Writing to a text cannot fail.
            let _ = writeln!(text, "| {kind} | {} |", counts.join(", "));
        }
        text
    }
}

fn word(text: &str, n: usize) -> &str {
    text.split(' ').nth(n).unwrap_or("")
}
