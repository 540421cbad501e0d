//! The automatic top-up: when it fires (E1), its settings (E5, E6), and the manual one beside it (F7).

use alloc::boxed::Box;

use serde::{Deserialize, Serialize};

use super::caps::{Deferral, within_caps};
use super::charges;
use super::onboarding::{past_grace, refuse_outdated};
use super::recovery::Recovery;
use super::standing::{Standing, refuse_suspended};
use super::wallet::{refuse_without_room, room};
use super::{Opened, Stage, StageTag};
use crate::command::Setting;
use crate::event::{ChargeKind, Event, TopUpSettings};
use crate::events::Events;
use crate::evolve::Corrupt;
use crate::money::Amount;
use crate::policy::Policy;
use crate::rejection::{Rejection, TopUpOutlook};
use crate::time::Timestamp;

/// The settings in force, and where the recovery from failed charges stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct TopUp {
    pub(crate) settings: TopUpSettings,
    pub(crate) recovery: Recovery,
    /// A charge that waits for the next window of a cap (E7).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) deferral: Option<Deferral>,
}

impl TopUp {
    pub(crate) const fn new(settings: TopUpSettings) -> Self {
        Self { settings, recovery: Recovery::Clear {}, deferral: None }
    }

    /// A target level with its threshold would fire for ever, whatever the policy was (E5).
    pub(crate) fn fits(settings: &TopUpSettings) -> Result<(), Corrupt> {
        if settings.target > settings.threshold {
            Ok(())
        } else {
            Err(Corrupt("the target is not above the threshold"))
        }
    }

    /// A success, another payment method or a reactivation ends waits and pauses (F5).
    pub(crate) const fn clear(&mut self) {
        self.recovery = Recovery::Clear {};
    }
}

/// What E1 says, and of several obstacles the one to tell first (F6).
pub(crate) fn outlook(opened: &Opened, policy: &Policy, now: Timestamp) -> TopUpOutlook {
    if opened.stage.is_ending() {
        return TopUpOutlook::Closing;
    }
    let Stage::Active { profile, .. } = &opened.stage else {
        return TopUpOutlook::NotFunded;
    };
    let TopUp { settings, recovery, deferral } = &opened.top_up;
    if let Some(charge) = &opened.charges.open {
        return TopUpOutlook::Pending { charge: charge.number };
    }
    if !settings.enabled {
        return TopUpOutlook::Off;
    }
    if let Recovery::Paused { reason } = *recovery {
        return TopUpOutlook::Paused { reason };
    }
    if let Some(reason) = opened.reversals.pause {
        return TopUpOutlook::ReversalPaused { reason };
    }
    if opened.wallet.posted > settings.threshold {
        return TopUpOutlook::AboveThreshold;
    }
    if opened.reversals.disputes_method(&profile.method) {
        return TopUpOutlook::Disputed;
    }
    let waits_until = match *recovery {
        Recovery::Waiting { until, .. } => Some(until),
        Recovery::Clear {} | Recovery::Due { .. } | Recovery::Paused { .. } => None,
    };
    // Of a wait, a bar and a deferral, the one that ends last: nothing happens before.
    let waits = [
        waits_until.map(|at| (at, TopUpOutlook::RetryAt { at })),
        opened
            .charges
            .barred_until(&profile.method)
            .map(|until| (until, TopUpOutlook::BarredUntil { until })),
        deferral.map(|Deferral { until, cap }| (until, TopUpOutlook::DeferredUntil { until, cap })),
    ];
    // The first of those that end together is told: of equals, `max_by_key` takes the last.
    if let Some((_, outlook)) = waits.into_iter().rev().flatten().max_by_key(|(until, _)| *until) {
        return outlook;
    }
    match opened.standing {
        Standing::Suspended { .. } => return TopUpOutlook::Suspended,
        Standing::Good {} => {}
    }
    if past_grace(opened, policy, now) {
        return TopUpOutlook::TermsOutdated;
    }
    if amount(opened, policy).is_none() {
        return TopUpOutlook::OutOfRange;
    }
    TopUpOutlook::Due
}

/// What an initial or automatic charge would ask now (E2): nothing where no total has room for it (M1).
pub(crate) fn amount(opened: &Opened, policy: &Policy) -> Option<Amount> {
    policy.charge_amount(opened.wallet.posted, opened.top_up.settings.target, room(opened))
}

/// The automatic charge that is due now, if any, or that a cap puts off (E1, E2, E7).
pub(crate) fn due_charge(opened: &Opened, policy: &Policy, now: Timestamp) -> Option<Event> {
    match outlook(opened, policy, now) {
        TopUpOutlook::Due => {}
        TopUpOutlook::NotFunded
        | TopUpOutlook::Pending { .. }
        | TopUpOutlook::Off
        | TopUpOutlook::Paused { .. }
        | TopUpOutlook::ReversalPaused { .. }
        | TopUpOutlook::AboveThreshold
        | TopUpOutlook::RetryAt { .. }
        | TopUpOutlook::BarredUntil { .. }
        | TopUpOutlook::DeferredUntil { .. }
        | TopUpOutlook::Disputed
        | TopUpOutlook::Suspended
        | TopUpOutlook::Closing
        | TopUpOutlook::OutOfRange
        | TopUpOutlook::TermsOutdated => return None,
    }
    match within_caps(opened, policy, amount(opened, policy)?, now) {
        Ok(amount) => charges::request(opened, policy, ChargeKind::AutoTopUp, amount, now),
        Err(Deferral { until, cap }) => Some(Event::TopUpDeferred { until, cap }),
    }
}

/// What a command asks of the settings; what is left out stays as it is (E5).
pub(crate) struct SettingsAsked {
    pub(crate) threshold: Option<Amount>,
    pub(crate) target: Option<Amount>,
    pub(crate) enabled: Option<bool>,
    pub(crate) monthly_cap: Setting<Amount>,
    pub(crate) daily_count: Setting<u16>,
}

impl SettingsAsked {
    fn over(&self, before: TopUpSettings) -> TopUpSettings {
        TopUpSettings {
            enabled: self.enabled.unwrap_or(before.enabled),
            threshold: self.threshold.unwrap_or(before.threshold),
            target: self.target.unwrap_or(before.target),
            monthly_cap: self.monthly_cap.over(before.monthly_cap),
            daily_count: self.daily_count.over(before.daily_count),
        }
    }
}

/// Whether settings only switch off, or set or lower a cap: that is possible also while the terms are outdated (A6).
fn only_reduces(before: TopUpSettings, after: TopUpSettings) -> bool {
    let TopUpSettings { enabled, monthly_cap, daily_count, .. } = after;
    let levels_stay = after == TopUpSettings { enabled, monthly_cap, daily_count, ..before };
    levels_stay
        && enabled <= before.enabled
        && is_lowered(before.monthly_cap, monthly_cap)
        && is_lowered(before.daily_count, daily_count)
}

fn is_lowered<T: PartialOrd>(before: Option<T>, after: Option<T>) -> bool {
    match (before, after) {
        (None, _) => true,
        (Some(_), None) => false,
        (Some(before), Some(after)) => after <= before,
    }
}

pub(crate) fn set_top_up(
    opened: &Opened,
    policy: &Policy,
    asked: &SettingsAsked,
) -> Result<Events, Rejection> {
    let before = opened.top_up.settings;
    let after = asked.over(before);
    // Off means off: what only switches off needs no other valid field, and no accepted terms (E6, A6).
    let only_off = after == TopUpSettings { enabled: false, ..before };
    if opened.stage.is_ending() && !only_off && after != before {
        return Err(opened.out_of_order(StageTag::Registered));
    }
    if after == before {
        return Ok(Events::none());
    }
    if !only_off {
        if !only_reduces(before, after) {
            refuse_outdated(opened, policy)?;
        }
        let faults = policy.setting_faults(&after);
        if !faults.is_empty() {
            return Err(Rejection::SettingsInvalid { faults });
        }
    }
    Ok(Events::one(Event::TopUpSet(Box::new(after))))
}

/// A manual top-up is checked against every bound before anything is charged (F7).
pub(crate) fn top_up(
    opened: &Opened,
    policy: &Policy,
    amount: Amount,
    now: Timestamp,
) -> Result<Events, Rejection> {
    let numbers = policy.numbers();
    opened.active_keys()?;
    refuse_suspended(opened)?;
    refuse_outdated(opened, policy)?;
    if !amount.is_whole(numbers.charge_unit) {
        return Err(Rejection::AmountNotWhole { amount, unit: numbers.charge_unit });
    }
    let (at_least, at_most) = (numbers.manual_min, numbers.manual_max);
    if amount < at_least || amount > at_most {
        return Err(Rejection::AmountOutOfBounds { amount, at_least, at_most });
    }
    let at_most = numbers.maximum_balance;
    if !opened.wallet.posted.checked_add(amount).is_ok_and(|posted| posted <= at_most) {
        return Err(Rejection::BalanceTooHigh { amount, at_most });
    }
    charges::refuse_asking(opened)?;
    refuse_without_room(opened, amount)?;
    let charge = charges::request(opened, policy, ChargeKind::Manual, amount, now);
    charge.map(Events::one).ok_or_else(|| opened.out_of_order(StageTag::Active))
}

impl Opened {
    /// Other caps are looked at anew (E7).
    pub(crate) fn apply_top_up_set(&mut self, settings: &TopUpSettings) -> Result<(), Corrupt> {
        TopUp::fits(settings)?;
        let before = self.top_up.settings;
        if (before.monthly_cap, before.daily_count) != (settings.monthly_cap, settings.daily_count) {
            self.top_up.deferral = None;
        }
        self.top_up.settings = *settings;
        Ok(())
    }
}
