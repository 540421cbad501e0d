//! Top-ups: the automatic one, its retries, pauses and bars, the manual one (E, F5 to F7).

use rust_decimal::Decimal;
use serde_json::{Value, json};

use super::charges::Kind;
use super::settings::{Deferral, Settings};
use super::table::Stage;
use super::values::{amount_in, is_whole, json_amount, json_instant, object, round_up};
use super::{Model, Policy, Step};

/// The account's settings (E5), and where it stands in the schedule of retries (F5).
#[derive(Clone, Default)]
pub(super) struct TopUp {
    pub(super) settings: Settings,
    /// How many delays of the schedule have been used.
    step: usize,
    pub(super) wait_until: Option<i64>,
    paused: Option<&'static str>,
    /// E7.
    pub(super) deferred: Option<Deferral>,
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

    /// E1, with the charge of E2, within the caps of E7.
    pub(super) fn judge_top_up(&mut self, step: &mut Step) {
        let fires = self.top_up.settings.enabled
            && self.stage == Stage::Active
            && self.suspended.is_none()
            && self.open_charge.is_none()
            && self.top_up.paused.is_none()
            && self.reversal_pause.is_none()
            && self.top_up.wait_until.is_none()
            && self.top_up.deferred.is_none()
            && self.check_grace(step.policy, step.at).is_ok()
            && self.barred_until().is_none()
            && self.method_dispute().is_none()
            && self.posted() <= self.top_up.settings.threshold;
        if fires && let Some(amount) = self.top_up_amount(step.policy) {
            match self.within_caps(step.policy, amount, step.at) {
                Ok(amount) => self.request_charge(step, Kind::AutoTopUp, amount),
                Err(deferral) => {
                    step.event(
                        "top_up_deferred",
                        [("until", json_instant(deferral.until)), ("cap", deferral.cap.into())],
                    );
                    self.top_up.deferred = Some(deferral);
                }
            }
        }
    }

    /// E2, also for the initial funding (B1): up to the target, rounded up, and at least the smallest charge; at most
    /// what can still be credited (M1), and nothing where that is less than the smallest charge.
    pub(super) fn top_up_amount(&self, policy: &Policy) -> Option<Decimal> {
        let missing = self.top_up.settings.target - self.posted();
        let room = self.room();
        let most = room - room % policy.charge_unit;
        let amount = round_up(missing.max(policy.smallest_charge), policy.charge_unit).min(most);
        (amount >= policy.smallest_charge).then_some(amount)
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

    pub(super) fn reactivate_after_failures(&mut self, step: &mut Step) {
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
        self.check_method_not_disputed()?; // G4
        self.check_room(amount)?; // M1
        self.request_charge(step, Kind::Manual, amount);
        Ok(())
    }

    // ---- the outlook of a call that lacks credit (F6) -------------------------------------------

    /// The first that is so, in the order of docs/events.md.
    pub(super) fn outlook(&self, policy: &Policy, at: i64) -> Value {
        if self.stage >= Stage::Closing {
            json!({"state": "closing"})
        } else if self.stage != Stage::Active {
            json!({"state": "not_funded"})
        } else if let Some(open) = &self.open_charge {
            json!({"state": "pending", "charge": open.number})
        } else if !self.top_up.settings.enabled {
            json!({"state": "off"})
        } else if let Some(reason) = self.top_up.paused.or(self.reversal_pause) {
            json!({"state": "paused", "reason": reason})
        } else if self.posted() > self.top_up.settings.threshold {
            json!({"state": "above_threshold"})
        } else if self.method_dispute().is_some() {
            json!({"state": "disputed"})
        } else if let Some(waiting) = self.waiting() {
            waiting
        } else if self.suspended.is_some() {
            json!({"state": "suspended"})
        } else if self.check_grace(policy, at).is_err() {
            json!({"state": "terms_outdated"})
        } else if self.top_up_amount(policy).is_none() {
            json!({"state": "out_of_range"})
        } else {
            json!({"state": "due"})
        }
    }
    /// The wait, the bar or the deferral, of these the one that ends last; at the same instant the first named.
    fn waiting(&self) -> Option<Value> {
        let retry = self.top_up.wait_until.map(|at| {
            let told = json!({"state": "retry_at", "at": json_instant(at)});
            (at, told)
        });
        let bar = self.barred_until().map(|until| {
            let told = json!({"state": "barred_until", "until": json_instant(until)});
            (until, told)
        });
        let deferral = self.top_up.deferred.as_ref().map(|Deferral { until, cap }| {
            let told = json!({"state": "deferred_until", "until": json_instant(*until), "cap": cap});
            (*until, told)
        });
        let all: Vec<(i64, Value)> = [retry, bar, deferral].into_iter().flatten().collect();
        let last = all.iter().map(|(until, _)| *until).max();
        all.into_iter().find(|(until, _)| Some(*until) == last).map(|(_, told)| told)
    }
}
