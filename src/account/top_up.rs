//! The automatic top-up: when it fires (E1), its settings (E5, E6), and the manual one beside it (F7).

use alloc::boxed::Box;

use serde::{Deserialize, Serialize};

use super::charges;
use super::onboarding::{past_grace, refuse_outdated};
use super::recovery::Recovery;
use super::standing::{Standing, refuse_suspended};
use super::{Opened, Stage, StageTag};
use crate::event::{ChargeKind, Event, EventTag, TopUpSettings};
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
}

impl TopUp {
    pub(crate) const fn new(settings: TopUpSettings) -> Self {
        Self { settings, recovery: Recovery::Clear {} }
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
    let Stage::Active { profile, .. } = &opened.stage else {
        return TopUpOutlook::NotFunded;
    };
    let TopUp { settings, recovery } = &opened.top_up;
    if let Some(charge) = &opened.charges.open {
        return TopUpOutlook::Pending { charge: charge.number };
    }
    if !settings.enabled {
        return TopUpOutlook::Off;
    }
    if let Recovery::Paused { reason } = *recovery {
        return TopUpOutlook::Paused { reason };
    }
    if opened.wallet.posted > settings.threshold {
        return TopUpOutlook::AboveThreshold;
    }
    let waits_until = match *recovery {
        Recovery::Waiting { until, .. } => Some(until),
        Recovery::Clear {} | Recovery::Due { .. } | Recovery::Paused { .. } => None,
    };
    // Of a wait and a bar, the one that ends later: nothing happens before.
    match (waits_until, opened.charges.barred_until(&profile.method)) {
        (Some(at), bar) if bar.is_none_or(|until| until <= at) => return TopUpOutlook::RetryAt { at },
        (_, Some(until)) => return TopUpOutlook::BarredUntil { until },
        (_, None) => {}
    }
    match opened.standing {
        Standing::Suspended { .. } => return TopUpOutlook::Suspended,
        Standing::Good {} => {}
    }
    if past_grace(opened, policy, now) {
        return TopUpOutlook::TermsOutdated;
    }
    TopUpOutlook::Due
}

/// The automatic charge that is due now, if any (E1, E2).
pub(crate) fn due_charge(
    opened: &Opened,
    policy: &Policy,
    now: Timestamp,
) -> Result<Option<Event>, Rejection> {
    match outlook(opened, policy, now) {
        TopUpOutlook::Due => {}
        TopUpOutlook::NotFunded
        | TopUpOutlook::Pending { .. }
        | TopUpOutlook::Off
        | TopUpOutlook::Paused { .. }
        | TopUpOutlook::AboveThreshold
        | TopUpOutlook::RetryAt { .. }
        | TopUpOutlook::BarredUntil { .. }
        | TopUpOutlook::Suspended
        | TopUpOutlook::TermsOutdated => return Ok(None),
    }
    let amount = policy
        .charge_amount(opened.wallet.posted, opened.top_up.settings.target)
        // Policies keep settings far from the range's end, and this is asked after the command's own events.
        .map_err(|_| Rejection::Defect { event: EventTag::ChargeRequested })?;
    Ok(charges::request(opened, policy, ChargeKind::AutoTopUp, amount, now))
}

pub(crate) fn set_top_up(
    opened: &Opened,
    policy: &Policy,
    threshold: Option<Amount>,
    target: Option<Amount>,
    enabled: Option<bool>,
) -> Result<Events, Rejection> {
    let before = opened.top_up.settings;
    let after = TopUpSettings {
        enabled: enabled.unwrap_or(before.enabled),
        threshold: threshold.unwrap_or(before.threshold),
        target: target.unwrap_or(before.target),
    };
    if after == before {
        return Ok(Events::none());
    }
    // Off means off: what only switches off needs no other valid field, and no accepted terms (E6, A6).
    let only_off = after == TopUpSettings { enabled: false, ..before };
    if !only_off {
        refuse_outdated(opened, policy)?;
        let faults = policy.setting_faults(&after);
        if !faults.is_empty() {
            return Err(Rejection::SettingsInvalid { faults });
        }
    }
    Ok(Events::one(Event::TopUpSet(Box::new(after))))
}

pub(crate) fn reactivate(opened: &Opened) -> Events {
    match opened.top_up.recovery {
        Recovery::Clear {} => Events::none(),
        Recovery::Waiting { .. } | Recovery::Due { .. } | Recovery::Paused { .. } => {
            Events::one(Event::TopUpReactivated {})
        }
    }
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
    let charge = charges::request(opened, policy, ChargeKind::Manual, amount, now);
    charge.map(Events::one).ok_or_else(|| opened.out_of_order(StageTag::Active))
}
