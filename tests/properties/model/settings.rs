//! The settings of the automatic top-up (E5, E6, A6), and its caps (E7).

use rust_decimal::Decimal;
use serde_json::{Value, json};

use super::calendar::Window;
use super::values::{is_whole, json_amount, object, optional_amount, round_down};
use super::{Model, Policy, Step};

#[derive(Clone, Default, PartialEq)]
pub(super) struct Settings {
    pub(super) enabled: bool,
    pub(super) threshold: Decimal,
    pub(super) target: Decimal,
    pub(super) monthly_cap: Option<Decimal>,
    pub(super) daily_count: Option<u64>,
}

/// E7: an automatic charge that was ever requested. It counts in its day whatever its end.
#[derive(Clone)]
pub(super) struct Automatic {
    pub(super) charge: u64,
    pub(super) at: i64,
    /// How much counts in its month: nothing if it has failed or was abandoned.
    pub(super) counts: Decimal,
}

/// E7: a cap leaves no room until the next window.
#[derive(Clone)]
pub(super) struct Deferral {
    pub(super) until: i64,
    pub(super) cap: &'static str,
}

/// Set where it was not, or lowered.
fn is_reduced<T: PartialOrd>(old: Option<T>, new: Option<T>) -> bool {
    new.is_some_and(|new| old.is_none_or(|old| new < old))
}

impl Settings {
    /// A field left out keeps its value; a cap that is null is off.
    fn with(&self, command: &Value) -> Settings {
        let mut new = self.clone();
        new.enabled = command["enabled"].as_bool().unwrap_or(new.enabled);
        new.threshold = optional_amount(command, "threshold").unwrap_or(new.threshold);
        new.target = optional_amount(command, "target").unwrap_or(new.target);
        if command.get("monthly_cap").is_some() {
            new.monthly_cap = optional_amount(command, "monthly_cap");
        }
        if let Some(count) = command.get("daily_count") {
            new.daily_count = count.as_u64();
        }
        new
    }

    fn only_switches_off(&self, new: &Settings) -> bool {
        !new.enabled && Settings { enabled: self.enabled, ..new.clone() } == *self
    }

    /// A6: nothing but switching off, and setting or lowering caps.
    fn only_reduces(&self, new: &Settings) -> bool {
        (self.threshold, self.target) == (new.threshold, new.target)
            && (self.enabled || !new.enabled)
            && (self.monthly_cap == new.monthly_cap || is_reduced(self.monthly_cap, new.monthly_cap))
            && (self.daily_count == new.daily_count || is_reduced(self.daily_count, new.daily_count))
    }

    fn has_caps_of(&self, other: &Settings) -> bool {
        (self.monthly_cap, self.daily_count) == (other.monthly_cap, other.daily_count)
    }

    /// As in `account_opened`.
    pub(super) fn to_json(&self) -> Value {
        let mut json = json!({
            "enabled": self.enabled,
            "threshold": json_amount(self.threshold),
            "target": json_amount(self.target),
        });
        if let Some(cap) = self.monthly_cap {
            json["monthly_cap"] = json_amount(cap);
        }
        if let Some(count) = self.daily_count {
            json["daily_count"] = count.into();
        }
        json
    }

    /// E5, E7: every fault of the whole setting, in the order of docs/events.md.
    fn faults(&self, policy: &Policy) -> Vec<Value> {
        let Settings { threshold, target, .. } = *self;
        let of_cap = |wrong: &dyn Fn(Decimal) -> bool| self.monthly_cap.is_some_and(wrong);
        let found = [
            ("threshold_not_whole", !is_whole(threshold, policy.charge_unit)),
            ("threshold_too_low", !policy.threshold_min.admits(threshold)),
            ("threshold_too_high", policy.threshold_max.is_some_and(|most| threshold > most)),
            ("target_not_whole", !is_whole(target, policy.charge_unit)),
            ("target_too_low", !policy.target_min.admits(target)),
            ("target_too_high", policy.target_max.is_some_and(|most| target > most)),
            ("gap_too_small", target <= threshold || !policy.gap.admits(target - threshold)),
            ("monthly_cap_not_whole", of_cap(&|cap| !is_whole(cap, policy.charge_unit))),
            ("monthly_cap_too_low", of_cap(&|cap| cap < policy.smallest_charge)),
            ("monthly_cap_too_high", of_cap(&|cap| policy.monthly_cap_max.is_some_and(|most| cap > most))),
            ("daily_count_too_low", self.daily_count.is_some_and(|count| count < 1)),
            (
                "daily_count_too_high",
                self.daily_count.is_some_and(|count| policy.daily_count_max.is_some_and(|most| count > most)),
            ),
        ];
        found.into_iter().filter(|(_, is_so)| *is_so).map(|(fault, _)| object(fault, [])).collect()
    }
}

impl Model {
    /// J2: the only settings that a closing account takes.
    pub(super) fn is_nothing_but_switching_off(&self, command: &Value) -> bool {
        let old = &self.top_up.settings;
        let new = old.with(command);
        new == *old || old.only_switches_off(&new)
    }

    pub(super) fn set_top_up(&mut self, step: &mut Step, command: &Value) -> Result<(), Value> {
        let policy = step.policy;
        let old = &self.top_up.settings;
        let new = old.with(command);
        if new == *old {
            return Ok(());
        }
        // E6: only switching off always succeeds, also when the other fields are sent as they are.
        if !old.only_switches_off(&new) {
            if !old.only_reduces(&new) {
                self.check_terms(policy)?; // A6
            }
            let faults = new.faults(policy);
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
                ("monthly_cap", new.monthly_cap.map_or(Value::Null, json_amount)),
                ("daily_count", new.daily_count.map_or(Value::Null, Value::from)),
            ],
        );
        if !new.has_caps_of(old) {
            self.top_up.deferred = None; // E7
        }
        self.top_up.settings = new; // no wait and no pause is cleared
        Ok(())
    }

    // ---- caps (E7) ------------------------------------------------------------------------------

    /// What may be charged of `amount` now, or until when it is deferred, and by which cap. Where both stand in the
    /// way, the month is told.
    pub(super) fn within_caps(&self, policy: &Policy, amount: Decimal, at: i64) -> Result<Decimal, Deferral> {
        let mut amount = amount;
        if let Some(cap) = self.top_up.settings.monthly_cap {
            let month = Window::month(at);
            let used: Decimal = self
                .automatic
                .iter()
                .filter(|charge| month.holds(charge.at))
                .map(|charge| charge.counts)
                .sum();
            let room = round_down((cap - used).max(Decimal::ZERO), policy.charge_unit);
            amount = amount.min(room);
            if amount < policy.smallest_charge {
                return Err(Deferral { until: month.next, cap: "monthly" });
            }
        }
        if let Some(most) = self.top_up.settings.daily_count {
            let day = Window::day(at);
            let count = self.automatic.iter().filter(|charge| day.holds(charge.at)).count() as u64;
            if count >= most {
                return Err(Deferral { until: day.next, cap: "daily" });
            }
        }
        Ok(amount)
    }

    /// The deferral is over; E1 decides.
    pub(super) fn end_deferral(&mut self, step: &mut Step) {
        self.top_up.deferred = None;
        step.event("top_up_cap_reset", []);
    }
}
