//! The operator's numbers, checked as a whole before the machine sees them.

mod faults;

use alloc::vec::Vec;
use core::fmt;

use serde::{Deserialize, Deserializer, Serialize};

pub use self::faults::{PolicyFault, PolicyFaults};

use crate::currency::Currency;
use crate::event::TopUpSettings;
use crate::money::{Amount, Balance};
use crate::rejection::SettingFault;
use crate::text::{TermsVersion, Text};
use crate::time::{Span, Timestamp};

/// The numbers of a policy as people write them; a field left out has its default. Unknown fields are refused.
///
/// [`Policy::new`] checks them. The default is the documented product.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct PolicyNumbers {
    /// The name by which batches refer to this policy; `unnamed` where a file gives none.
    #[serde(default = "unnamed")]
    pub id: Text<64>,
    /// The currency of accounts under it (M2).
    pub currency: Currency,
    /// Charges are whole multiples of this; above zero (M3).
    pub charge_unit: Amount,
    /// The version of the developer agreement that must be accepted (A3).
    pub terms_required: TermsVersion,
    /// Since when that version is required (A6).
    pub terms_required_since: Timestamp,
    /// How long calls and charges go on under an older version after that (A6).
    pub terms_grace: Span,
    /// Whether a new account tops up automatically (E6).
    pub top_up_enabled: bool,
    /// A new account's threshold (E1).
    pub threshold: Amount,
    /// A new account's target (E2).
    pub target: Amount,
    /// What a threshold must be at least, or above (E5).
    pub threshold_min: LowerBound,
    /// What a threshold may be at most; no bound of its own where none (E5).
    pub threshold_max: Option<Amount>,
    /// What a target must be at least, or above (E5).
    pub target_min: LowerBound,
    /// What a target may be at most (E5).
    pub target_max: Amount,
    /// How far a target must be above its threshold; always more than nothing (E5).
    pub gap: LowerBound,
    /// No charge is smaller than this (E2).
    pub smallest_charge: Amount,
    /// Keys that may ever be created; at least 1 (C1).
    pub keys_ever: u16,
    /// Places in flight; at least 1 (D2).
    pub places_in_flight: u16,
    /// How long a call may hold its price (D6).
    pub hold: Span,
    /// How long after that it may still be settled (D6).
    pub late_window: Span,
    /// How far from its admission a hold may be extended (D6).
    pub extension: Span,
    /// How long the owner has to act on a charge (F4).
    pub action_deadline: Span,
    /// How long a charge may be asked again; shorter than the provider's memory of idempotency keys (F3).
    pub asking_window: Span,
    /// The waits after soft declines, in order; at most 16 (F5).
    pub retries: Vec<Span>,
    /// Failed charges of one payment method within the window that bar it; at least 1 (F5).
    pub failures_bound: u16,
    /// The window in which they are counted (F5).
    pub failures_window: Span,
    /// The smallest manual top-up (F7).
    pub manual_min: Amount,
    /// The largest manual top-up (F7).
    pub manual_max: Amount,
    /// What a manual top-up may lift the balance to at most (F7).
    pub maximum_balance: Amount,
    /// How far settling above a hold may take the available credit below zero; zero forbids it (D8).
    pub debt_at_settlement: Amount,
    /// What automatic charges may be capped at in a month, at most; no bound where none (E7).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub monthly_cap_max: Option<Amount>,
    /// What the number of automatic charges in a day may be capped at, at most; no bound where none (E7).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub daily_count_max: Option<u16>,
    /// What the spending limits of an account and of its keys may be at most; no bound where none (C6, I1).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limit_max: Option<Amount>,
    /// How long the record of an ended charge is kept, so that money can go back; at least 31 days, and no shorter than
    /// the window of failures (G1).
    #[serde(skip_serializing_if = "is_usual_window")]
    pub reversal_window: Span,
    /// Random characters of a key that may be shown, 1 to 8 (C3).
    pub shown_characters: u8,
    /// How far ahead of the store's clock a shell lets a command's time be (K2).
    pub skew: Span,
}

/// A lower bound that counts itself in or out (E5); written `{"above": "2"}` or `{"from": "5"}`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LowerBound {
    /// More than this.
    Above(Amount),
    /// This or more.
    From(Amount),
}

impl LowerBound {
    /// Whether `amount` is within the bound.
    ///
    /// ```
    /// use prepaid::{Amount, LowerBound};
    /// let two: Amount = "2.00".parse()?;
    /// assert!(!LowerBound::Above(two).allows(two));
    /// assert!(LowerBound::From(two).allows(two));
    /// # Ok::<(), prepaid::AmountError>(())
    /// ```
    #[must_use]
    pub fn allows(self, amount: Amount) -> bool {
        match self {
            Self::Above(bound) => amount > bound,
            Self::From(bound) => amount >= bound,
        }
    }
}

impl fmt::Display for LowerBound {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Above(bound) => write!(f, "above {bound}"),
            Self::From(bound) => write!(f, "at least {bound}"),
        }
    }
}

/// A checked policy. Its numbers hold together: [`Policy::new`] is the only way to one.
///
/// ```
/// use prepaid::{Policy, PolicyNumbers};
/// let policy = Policy::new(PolicyNumbers { places_in_flight: 50, ..PolicyNumbers::documented() })?;
/// assert_eq!(policy.numbers().places_in_flight, 50);
/// # Ok::<(), prepaid::PolicyFaults>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Policy(PolicyNumbers);

fn unnamed() -> Text<64> {
    Text::constant("unnamed")
}

/// Policies written before there was a reversal window have this one.
const REVERSAL_WINDOW: Span = Span::from_days(540);

#[expect(clippy::trivially_copy_pass_by_ref, reason = "the signature serde calls")]
fn is_usual_window(window: &Span) -> bool {
    *window == REVERSAL_WINDOW
}

/// No amount in a policy may exceed this, so that no sum of a few of them leaves the range (M1).
const LARGEST: Amount = Amount::hundredths(u32::MAX);

impl PolicyNumbers {
    /// The documented product: on, 10 and 20 dollars, adjustable strictly above 2 and 10.
    ///
    /// ```
    /// use prepaid::PolicyNumbers;
    /// assert_eq!(PolicyNumbers::documented().threshold, "10".parse()?);
    /// # Ok::<(), prepaid::AmountError>(())
    /// ```
    #[must_use]
    pub fn documented() -> Self {
        let dollars = |n: u32| Amount::hundredths(n.saturating_mul(100));
        Self {
            id: Text::constant("documented"),
            currency: Currency::USD,
            charge_unit: Amount::hundredths(1),
            terms_required: Text::constant("TOS_2024_04_20"),
            // 2024-04-20T00:00:00Z
            terms_required_since: Timestamp::from_micros(1_713_571_200_000_000).unwrap_or(Timestamp::MIN),
            terms_grace: Span::from_days(30),
            top_up_enabled: true,
            threshold: dollars(10),
            target: dollars(20),
            threshold_min: LowerBound::Above(dollars(2)),
            threshold_max: None,
            target_min: LowerBound::Above(dollars(10)),
            target_max: dollars(1000),
            gap: LowerBound::Above(Amount::ZERO),
            smallest_charge: Amount::hundredths(50),
            keys_ever: 100,
            places_in_flight: 10,
            hold: Span::from_hours(1),
            late_window: Span::from_hours(24),
            extension: Span::from_hours(24),
            action_deadline: Span::from_hours(24),
            asking_window: Span::from_hours(23),
            retries: [1, 24, 72].into_iter().map(Span::from_hours).collect(),
            failures_bound: 10,
            failures_window: Span::from_days(30),
            manual_min: dollars(1),
            manual_max: dollars(300),
            maximum_balance: dollars(1000),
            debt_at_settlement: Amount::ZERO,
            monthly_cap_max: None,
            daily_count_max: None,
            limit_max: None,
            reversal_window: REVERSAL_WINDOW,
            shown_characters: 4,
            skew: Span::from_minutes(5),
        }
    }

    /// The product's later published rule: threshold 5 to 900, target 10 to 1000, inclusive, at least 10 apart (E5).
    ///
    /// ```
    /// use prepaid::{LowerBound, PolicyNumbers};
    /// assert_eq!(PolicyNumbers::published_2026().gap, LowerBound::From("10".parse()?));
    /// # Ok::<(), prepaid::AmountError>(())
    /// ```
    #[must_use]
    pub fn published_2026() -> Self {
        let dollars = |n: u32| Amount::hundredths(n.saturating_mul(100));
        Self {
            id: Text::constant("published-2026"),
            threshold_min: LowerBound::From(dollars(5)),
            threshold_max: Some(dollars(900)),
            target_min: LowerBound::From(dollars(10)),
            target_max: dollars(1000),
            gap: LowerBound::From(dollars(10)),
            ..Self::documented()
        }
    }
}

impl Default for PolicyNumbers {
    fn default() -> Self {
        Self::documented()
    }
}

impl Default for Policy {
    /// The documented product ([`PolicyNumbers::documented`]).
    fn default() -> Self {
        Self(PolicyNumbers::documented())
    }
}

impl<'de> Deserialize<'de> for Policy {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        Self::new(PolicyNumbers::deserialize(from)?).map_err(serde::de::Error::custom)
    }
}

impl Policy {
    /// Checks the numbers.
    ///
    /// # Errors
    /// [`PolicyFaults`] lists every fault, with the field, its value and what would be right.
    ///
    /// ```
    /// use prepaid::{Policy, PolicyNumbers};
    /// let faults = Policy::new(PolicyNumbers { keys_ever: 0, ..PolicyNumbers::documented() }).unwrap_err();
    /// assert_eq!(faults.to_string(), "keys_ever is 0: must be at least 1");
    /// ```
    pub fn new(numbers: PolicyNumbers) -> Result<Self, PolicyFaults> {
        let policy = Self(numbers);
        let faults = policy.faults();
        if faults.is_empty() { Ok(policy) } else { Err(PolicyFaults(faults)) }
    }

    /// The later published profile ([`PolicyNumbers::published_2026`]).
    ///
    /// ```
    /// assert_eq!(prepaid::Policy::published_2026().numbers().id.as_str(), "published-2026");
    /// ```
    #[must_use]
    pub fn published_2026() -> Self {
        Self(PolicyNumbers::published_2026())
    }

    /// The numbers.
    ///
    /// ```
    /// assert_eq!(prepaid::Policy::default().numbers().places_in_flight, 10);
    /// ```
    #[must_use]
    pub const fn numbers(&self) -> &PolicyNumbers {
        &self.0
    }

    /// The settings of a new account (B5).
    pub(crate) const fn default_top_up(&self) -> TopUpSettings {
        TopUpSettings {
            enabled: self.0.top_up_enabled,
            threshold: self.0.threshold,
            target: self.0.target,
            monthly_cap: None,
            daily_count: None,
        }
    }

    /// Every fault of the settings (E5).
    pub(crate) fn setting_faults(&self, settings: &TopUpSettings) -> Vec<SettingFault> {
        let Self(numbers) = self;
        let TopUpSettings { threshold, target, monthly_cap, daily_count, enabled: _ } = *settings;
        let unit = numbers.charge_unit;
        let mut faults = Vec::new();
        if !threshold.is_whole(unit) {
            faults.push(SettingFault::ThresholdNotWhole { given: threshold, unit });
        }
        if !numbers.threshold_min.allows(threshold) {
            faults.push(SettingFault::ThresholdTooLow { given: threshold, bound: numbers.threshold_min });
        }
        if let Some(at_most) = numbers.threshold_max
            && threshold > at_most
        {
            faults.push(SettingFault::ThresholdTooHigh { given: threshold, at_most });
        }
        if !target.is_whole(unit) {
            faults.push(SettingFault::TargetNotWhole { given: target, unit });
        }
        if !numbers.target_min.allows(target) {
            faults.push(SettingFault::TargetTooLow { given: target, bound: numbers.target_min });
        }
        if target > numbers.target_max {
            faults.push(SettingFault::TargetTooHigh { given: target, at_most: numbers.target_max });
        }
        let gap = target.checked_sub(threshold);
        if !gap.is_ok_and(|gap| !gap.is_zero() && numbers.gap.allows(gap)) {
            faults.push(SettingFault::GapTooSmall { threshold, target, gap: numbers.gap });
        }
        self.cap_faults(monthly_cap, daily_count, &mut faults);
        faults
    }

    /// Every fault of the caps (E7).
    fn cap_faults(&self, monthly: Option<Amount>, daily: Option<u16>, faults: &mut Vec<SettingFault>) {
        let Self(numbers) = self;
        let (unit, at_least) = (numbers.charge_unit, numbers.smallest_charge);
        if let Some(given) = monthly {
            if !given.is_whole(unit) {
                faults.push(SettingFault::MonthlyCapNotWhole { given, unit });
            }
            if given < at_least {
                faults.push(SettingFault::MonthlyCapTooLow { given, at_least });
            }
            if let Some(at_most) = numbers.monthly_cap_max.filter(|at_most| given > *at_most) {
                faults.push(SettingFault::MonthlyCapTooHigh { given, at_most });
            }
        }
        if let Some(given) = daily {
            if given == 0 {
                faults.push(SettingFault::DailyCountTooLow { given });
            }
            if let Some(at_most) = numbers.daily_count_max.filter(|at_most| given > *at_most) {
                faults.push(SettingFault::DailyCountTooHigh { given, at_most });
            }
        }
    }

    /// The charge that lifts `posted` to `target`: rounded up, and never below the smallest charge (E2). At most what
    /// there is room for, in whole charge units; none where that is less than the smallest charge.
    pub(crate) fn charge_amount(&self, posted: Balance, target: Amount, room: Amount) -> Option<Amount> {
        let (unit, smallest) = (self.0.charge_unit, self.0.smallest_charge);
        let most = room.rounded_down(unit);
        let gap = posted.shortfall(target).and_then(|gap| gap.rounded_up(unit));
        let amount = gap.unwrap_or(most).max(smallest).min(most);
        (amount >= smallest).then_some(amount)
    }

    /// When calls and charges stop under an older version of the terms (A6).
    pub(crate) fn grace_end(&self) -> Timestamp {
        self.0.terms_required_since.saturating_add(self.0.terms_grace)
    }
}
