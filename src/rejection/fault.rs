//! What can be wrong with the settings of the automatic top-up.

use serde::Serialize;

use crate::money::Amount;
use crate::policy::LowerBound;

/// One fault of a top-up setting (E5).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum SettingFault {
    /// The threshold is not whole charge units.
    #[error("threshold {given} must be a whole number of {unit}")]
    ThresholdNotWhole {
        /// The threshold.
        given: Amount,
        /// The charge unit.
        unit: Amount,
    },
    /// The threshold is too low.
    #[error("threshold {given} must be {bound}")]
    ThresholdTooLow {
        /// The threshold.
        given: Amount,
        /// What the policy asks.
        bound: LowerBound,
    },
    /// The threshold is too high.
    #[error("threshold {given} must be at most {at_most}")]
    ThresholdTooHigh {
        /// The threshold.
        given: Amount,
        /// The policy's maximum.
        at_most: Amount,
    },
    /// The target is not whole charge units.
    #[error("target {given} must be a whole number of {unit}")]
    TargetNotWhole {
        /// The target.
        given: Amount,
        /// The charge unit.
        unit: Amount,
    },
    /// The target is too low.
    #[error("target {given} must be {bound}")]
    TargetTooLow {
        /// The target.
        given: Amount,
        /// What the policy asks.
        bound: LowerBound,
    },
    /// The target is too high.
    #[error("target {given} must be at most {at_most}")]
    TargetTooHigh {
        /// The target.
        given: Amount,
        /// The policy's maximum.
        at_most: Amount,
    },
    /// The target is not far enough above the threshold; never level with it or below.
    #[error("target {target} must be above threshold {threshold} (gap {gap})")]
    GapTooSmall {
        /// The threshold.
        threshold: Amount,
        /// The target.
        target: Amount,
        /// What the policy asks of the difference.
        gap: LowerBound,
    },
    /// The monthly cap is not whole charge units (E7).
    #[error("monthly cap {given} must be a whole number of {unit}")]
    MonthlyCapNotWhole {
        /// The cap.
        given: Amount,
        /// The charge unit.
        unit: Amount,
    },
    /// The monthly cap would leave no room for any charge (E7).
    #[error("monthly cap {given} must be at least the smallest charge, {at_least}")]
    MonthlyCapTooLow {
        /// The cap.
        given: Amount,
        /// The smallest charge.
        at_least: Amount,
    },
    /// The monthly cap is too high (E7).
    #[error("monthly cap {given} must be at most {at_most}")]
    MonthlyCapTooHigh {
        /// The cap.
        given: Amount,
        /// The policy's maximum.
        at_most: Amount,
    },
    /// The daily count would leave no room for any charge (E7).
    #[error("daily count {given} must be at least 1")]
    DailyCountTooLow {
        /// The count.
        given: u16,
    },
    /// The daily count is too high (E7).
    #[error("daily count {given} must be at most {at_most}")]
    DailyCountTooHigh {
        /// The count.
        given: u16,
        /// The policy's maximum.
        at_most: u16,
    },
}

/// Writes faults one after another.
pub(super) struct Listed<'a>(pub(super) &'a [SettingFault]);

impl core::fmt::Display for Listed<'_> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        for (n, fault) in self.0.iter().enumerate() {
            let separator = if n == 0 { "" } else { "; " };
            write!(f, "{separator}{fault}")?;
        }
        Ok(())
    }
}
