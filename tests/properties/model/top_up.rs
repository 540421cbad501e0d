//! Top-ups: the automatic one, its settings, retries, pauses and bars, the manual one (E, F5 to F7).

use rust_decimal::Decimal;
use serde_json::{Value, json};

use super::charges::Kind;
use super::table::Stage;
use super::values::{add, amount_in, is_whole, json_amount, json_instant, object, optional_amount, round_up};
use super::{Model, Policy, Step};

/// The account's settings (E5), and where it stands in the schedule of retries (F5).
#[derive(Clone, Default)]
pub(super) struct TopUp {
    pub(super) enabled: bool,
    pub(super) threshold: Decimal,
    pub(super) target: Decimal,
    /// How many delays of the schedule have been used.
    step: usize,
    pub(super) wait_until: Option<i64>,
    paused: Option<&'static str>,
}

impl TopUp {
    /// F5: after a success, another payment method, an explicit reactivation.
    pub(super) fn begin_afresh(&mut self) {
        self.step = 0;
        self.wait_until = None;
        self.paused = None;
    }
}

/// F5: a charge that failed or was abandoned.
#[derive(Clone)]
pub(super) struct Failure {
    pub(super) charge: u64,
    pub(super) fingerprint: String,
    pub(super) at: i64,
}

/// F5: nothing more is asked of this method.
#[derive(Clone)]
pub(super) struct Bar {
    pub(super) fingerprint: String,
    pub(super) until: i64,
}

impl Model {
    // ---- the automatic top-up -------------------------------------------------------------------

    /// E1, with the charge of E2.
    pub(super) fn judge_top_up(&mut self, step: &mut Step) {
        let fires = self.top_up.enabled
            && self.stage == Stage::Active
            && self.suspended.is_none()
            && self.open_charge.is_none()
            && self.top_up.paused.is_none()
            && self.top_up.wait_until.is_none()
            && self.check_grace(step.policy, step.at).is_ok()
            && self.barred_until().is_none()
            && self.posted() <= self.top_up.threshold;
        if fires && let Ok(amount) = self.top_up_amount(step.policy) {
            self.request_charge(step, Kind::AutoTopUp, amount);
        }
    }

    /// E2, also for the initial funding (B1): up to the target, rounded up, and at least the smallest charge.
    pub(super) fn top_up_amount(&self, policy: &Policy) -> Result<Decimal, Value> {
        let missing = add(self.top_up.target, -self.posted(), "amount")?;
        Ok(round_up(missing.max(policy.smallest_charge), policy.charge_unit))
    }

    /// E5, E6, A6.
    pub(super) fn set_top_up(&mut self, step: &mut Step, command: &Value) -> Result<(), Value> {
        let policy = step.policy;
        let enabled = command["enabled"].as_bool();
        let threshold = optional_amount(command, "threshold");
        let target = optional_amount(command, "target");

        // A field left out keeps its value.
        let mut new = self.top_up.clone();
        new.enabled = enabled.unwrap_or(new.enabled);
        new.threshold = threshold.unwrap_or(new.threshold);
        new.target = target.unwrap_or(new.target);
        let old = &self.top_up;
        if (new.enabled, new.threshold, new.target) == (old.enabled, old.threshold, old.target) {
            return Ok(());
        }
        // E6: only switching off always succeeds, also when the other fields are sent as they are.
        let only_switches_off = !new.enabled && (new.threshold, new.target) == (old.threshold, old.target);
        if !only_switches_off {
            self.check_terms(policy)?; // A6
            let faults = faults(policy, new.threshold, new.target);
            if !faults.is_empty() {
                return Err(object("settings_invalid", [("faults", faults.into())]));
            }
        }
        step.event(
            "top_up_set",
            [
                ("enabled", new.enabled.into()),
                ("threshold", json_amount(new.threshold)),
                ("target", json_amount(new.target)),
            ],
        );
        self.top_up = new; // no wait and no pause is cleared
        Ok(())
    }

    // ---- retries and pauses (F5) ----------------------------------------------------------------

    /// A soft decline of an automatic charge: the next waits, or the schedule is at its end.
    pub(super) fn wait_for_retry(&mut self, step: &mut Step) {
        match step.policy.retries.get(self.top_up.step) {
            Some(delay) => {
                let until = step.at + delay; // counted from the failure
                self.top_up.step += 1;
                self.top_up.wait_until = Some(until);
                step.event(
                    "top_up_retry_scheduled",
                    [("step", self.top_up.step.into()), ("until", json_instant(until))],
                );
            }
            None => self.pause(step, "retries_exhausted"),
        }
    }

    /// A pause that stands already stays as it is. A pause ends a wait.
    pub(super) fn pause(&mut self, step: &mut Step, reason: &'static str) {
        if self.top_up.paused.is_none() {
            self.top_up.paused = Some(reason);
            self.top_up.wait_until = None;
            step.event("top_up_paused", [("reason", reason.into())]);
        }
    }

    /// The retry is due: the wait is over, the step stays, E1 decides.
    pub(super) fn end_wait(&mut self, step: &mut Step) {
        self.top_up.wait_until = None;
        step.event("top_up_retry_due", []);
    }

    pub(super) fn reactivate_top_up(&mut self, step: &mut Step) {
        if self.top_up.step > 0 || self.top_up.paused.is_some() {
            self.top_up.begin_afresh();
            step.event("top_up_reactivated", []);
        }
    }

    // ---- bars (F5) ------------------------------------------------------------------------------

    /// A failure was recorded: do as many as the policy's bound lie in its last window? The bar ends when that many no
    /// longer do, that is when the oldest of the newest `bound` failures leaves the window.
    pub(super) fn bar_if_too_many(&mut self, step: &mut Step, fingerprint: &str) {
        let policy = step.policy;
        if self.bars.iter().any(|bar| bar.fingerprint == fingerprint) {
            return;
        }
        let newest_first = self.failures.iter().rev();
        let in_window = newest_first.take_while(|failure| failure.at + policy.failures_window > step.at);
        let of_method = in_window.filter(|failure| failure.fingerprint == fingerprint);
        let bound = usize::try_from(policy.failures_bound).unwrap();
        let newest: Vec<i64> = of_method.take(bound).map(|failure| failure.at).collect();
        if newest.len() == bound
            && let Some(oldest) = newest.last()
        {
            let until = oldest + policy.failures_window;
            self.bars.push(Bar { fingerprint: fingerprint.to_owned(), until });
            step.event(
                "method_barred",
                [("fingerprint", fingerprint.into()), ("until", json_instant(until))],
            );
        }
    }

    pub(super) fn end_bar(&mut self, step: &mut Step, fingerprint: &str) {
        self.bars.retain(|bar| bar.fingerprint != fingerprint);
        step.event("method_bar_ended", [("fingerprint", fingerprint.into())]);
    }

    /// The end of the bar of the current method.
    fn barred_until(&self) -> Option<i64> {
        let current = self.method.as_ref()?.fingerprint();
        self.bars.iter().find(|bar| bar.fingerprint == current).map(|bar| bar.until)
    }

    pub(super) fn check_not_barred(&self) -> Result<(), Value> {
        match self.barred_until() {
            None => Ok(()),
            Some(until) => Err(object("method_barred", [("until", json_instant(until))])),
        }
    }

    // ---- the manual top-up (F7) -----------------------------------------------------------------

    pub(super) fn manual_top_up(&mut self, step: &mut Step, command: &Value) -> Result<(), Value> {
        let policy = step.policy;
        let amount = amount_in(command, "amount");
        let asked = ("amount", json_amount(amount));
        self.check_suspension()?; // J1
        self.check_terms(policy)?; // A6
        if !is_whole(amount, policy.charge_unit) {
            return Err(object("amount_not_whole", [asked, ("unit", json_amount(policy.charge_unit))]));
        }
        if amount < policy.manual_min || amount > policy.manual_max {
            return Err(object(
                "amount_out_of_bounds",
                [
                    asked,
                    ("at_least", json_amount(policy.manual_min)),
                    ("at_most", json_amount(policy.manual_max)),
                ],
            ));
        }
        if self.posted() + amount > policy.maximum_balance {
            return Err(object(
                "balance_too_high",
                [asked, ("at_most", json_amount(policy.maximum_balance))],
            ));
        }
        self.check_no_charge_open()?; // E4
        self.check_not_barred()?; // F5
        self.request_charge(step, Kind::Manual, amount);
        Ok(())
    }

    // ---- the outlook of a call that lacks credit (F6) -------------------------------------------

    /// The first that is so, in the order of docs/events.md.
    pub(super) fn outlook(&self, policy: &Policy, at: i64) -> Value {
        if self.stage != Stage::Active {
            json!({"state": "not_funded"})
        } else if let Some(open) = &self.open_charge {
            json!({"state": "pending", "charge": open.number})
        } else if !self.top_up.enabled {
            json!({"state": "off"})
        } else if let Some(reason) = self.top_up.paused {
            json!({"state": "paused", "reason": reason})
        } else if self.posted() > self.top_up.threshold {
            json!({"state": "above_threshold"})
        } else if let Some(until) = self.top_up.wait_until.filter(|until| self.barred_until() <= Some(*until))
        {
            json!({"state": "retry_at", "at": json_instant(until)})
        } else if let Some(until) = self.barred_until() {
            json!({"state": "barred_until", "until": json_instant(until)})
        } else if self.suspended.is_some() {
            json!({"state": "suspended"})
        } else if self.check_grace(policy, at).is_err() {
            json!({"state": "terms_outdated"})
        } else {
            json!({"state": "due"})
        }
    }
}

/// E5: every fault of the whole resulting setting, in the order of docs/events.md.
fn faults(policy: &Policy, threshold: Decimal, target: Decimal) -> Vec<Value> {
    let found = [
        ("threshold_not_whole", !is_whole(threshold, policy.charge_unit)),
        ("threshold_too_low", !policy.threshold_min.admits(threshold)),
        ("threshold_too_high", policy.threshold_max.is_some_and(|most| threshold > most)),
        ("target_not_whole", !is_whole(target, policy.charge_unit)),
        ("target_too_low", !policy.target_min.admits(target)),
        ("target_too_high", policy.target_max.is_some_and(|most| target > most)),
        ("gap_too_small", target <= threshold || !policy.gap.admits(target - threshold)),
    ];
    found.into_iter().filter(|(_, is_so)| *is_so).map(|(fault, _)| object(fault, [])).collect()
}
