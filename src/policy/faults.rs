//! What can be wrong with a policy's numbers.

use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::fmt;

use super::{LARGEST, LowerBound, Policy};
use crate::money::Amount;
use crate::rejection::SettingFault;
use crate::time::Span;

/// Everything that is wrong with a policy's numbers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PolicyFaults(pub Vec<PolicyFault>);

/// One thing that is wrong with a policy's numbers.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{field} is {value}: must be {needs}")]
pub struct PolicyFault {
    /// Which field.
    pub field: &'static str,
    /// Its value.
    pub value: String,
    /// What would be right.
    pub needs: String,
}

impl fmt::Display for PolicyFaults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (n, fault) in self.0.iter().enumerate() {
            let separator = if n == 0 { "" } else { "; " };
            write!(f, "{separator}{fault}")?;
        }
        Ok(())
    }
}

impl core::error::Error for PolicyFaults {}

impl Policy {
    /// Every fault of the numbers.
    pub(super) fn faults(&self) -> Vec<PolicyFault> {
        let mut faults = Faults(Vec::new());
        self.check_money(&mut faults);
        self.check_bounds(&mut faults);
        self.check_spans(&mut faults);
        faults.0
    }

    fn check_money(&self, faults: &mut Faults) {
        let Self(n) = self;
        let unit = n.charge_unit;
        faults.refuse_if(unit.is_zero(), "charge_unit", unit, "above zero");
        faults.refuse_if(unit > LARGEST, "charge_unit", unit, "at most 42949672.95");
        if unit.is_zero() {
            // Nothing is a whole number of nothing: what follows would only be noise.
            return;
        }
        for (field, amount) in [
            ("smallest_charge", n.smallest_charge),
            ("manual_min", n.manual_min),
            ("manual_max", n.manual_max),
        ] {
            let right = amount.is_whole(unit) && !amount.is_zero() && amount <= LARGEST;
            faults.refuse_if(!right, field, amount, "whole charge units, above zero and at most 42949672.95");
        }
        for (field, amount) in [
            ("target_max", n.target_max),
            ("maximum_balance", n.maximum_balance),
            ("debt_at_settlement", n.debt_at_settlement),
        ] {
            faults.refuse_if(amount > LARGEST, field, amount, "at most 42949672.95");
        }
        let cap = n.monthly_cap_max.filter(|cap| *cap < n.smallest_charge || *cap > LARGEST);
        if let Some(cap) = cap {
            faults.refuse_if(
                true,
                "monthly_cap_max",
                cap,
                "at least smallest_charge and at most 42949672.95",
            );
        }
        if let Some(limit) = n.limit_max.filter(|limit| *limit > LARGEST) {
            faults.refuse_if(true, "limit_max", limit, "at most 42949672.95");
        }
        faults.refuse_if(n.manual_max < n.manual_min, "manual_max", n.manual_max, "at least manual_min");
        // Gap zero would let the target equal the threshold, and a top-up fire again at once (E5).
        faults.refuse_if(
            n.gap == LowerBound::From(Amount::ZERO),
            "gap",
            n.gap,
            "above 0, or at least something",
        );
        for fault in self.setting_faults(&self.default_top_up()) {
            let (field, value) = match fault {
                SettingFault::ThresholdNotWhole { given, .. }
                | SettingFault::ThresholdTooLow { given, .. }
                | SettingFault::ThresholdTooHigh { given, .. } => ("threshold", given),
                SettingFault::TargetNotWhole { given, .. }
                | SettingFault::TargetTooLow { given, .. }
                | SettingFault::TargetTooHigh { given, .. }
                | SettingFault::GapTooSmall { target: given, .. } => ("target", given),
                // A policy's own settings have no caps.
                SettingFault::MonthlyCapNotWhole { given, .. }
                | SettingFault::MonthlyCapTooLow { given, .. }
                | SettingFault::MonthlyCapTooHigh { given, .. } => ("monthly_cap", given),
                SettingFault::DailyCountTooLow { .. } | SettingFault::DailyCountTooHigh { .. } => {
                    ("daily_count", Amount::ZERO)
                }
            };
            faults.0.push(PolicyFault {
                field,
                value: value.to_string(),
                needs: alloc::format!("a valid setting: {fault}"),
            });
        }
    }

    fn check_bounds(&self, faults: &mut Faults) {
        let Self(n) = self;
        for (field, count) in [
            ("keys_ever", n.keys_ever),
            ("places_in_flight", n.places_in_flight),
            ("failures_bound", n.failures_bound),
            ("daily_count_max", n.daily_count_max.unwrap_or(1)),
        ] {
            faults.refuse_if(count == 0, field, count, "at least 1");
        }
        let shown = n.shown_characters;
        faults.refuse_if(!(1..=8).contains(&shown), "shown_characters", shown, "from 1 to 8");
        faults.refuse_if(n.retries.len() > 16, "retries", n.retries.len(), "at most 16 waits");
    }

    fn check_spans(&self, faults: &mut Faults) {
        let Self(n) = self;
        for (field, span) in [
            ("hold", n.hold),
            ("late_window", n.late_window),
            ("extension", n.extension),
            ("action_deadline", n.action_deadline),
            ("asking_window", n.asking_window),
            ("failures_window", n.failures_window),
        ]
        .into_iter()
        .chain(n.retries.iter().map(|wait| ("retries", *wait)))
        {
            faults.refuse_if(span.is_zero(), field, span, "longer than nothing");
        }
        // Caps and bars are counted from the records.
        let kept = n.reversal_window;
        let long_enough = kept >= Span::from_days(31) && kept >= n.failures_window;
        faults.refuse_if(!long_enough, "reversal_window", kept, "at least 31d, and at least failures_window");
    }
}

/// Collects faults as they are found.
struct Faults(Vec<PolicyFault>);

impl Faults {
    fn refuse_if(&mut self, wrong: bool, field: &'static str, value: impl fmt::Display, needs: &str) {
        if wrong {
            self.0.push(PolicyFault { field, value: value.to_string(), needs: needs.to_string() });
        }
    }
}
