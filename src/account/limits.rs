//! Spending limits: of a key by day, week or month (C6), of the account by month (I1). All windows are UTC.

use serde::{Deserialize, Serialize};

use super::keys::{Key, Keys};
use super::onboarding::refuse_outdated;
use super::wallet::is_zero;
use super::{Opened, Stage, keys};
use crate::command::KeyLimit;
use crate::event::Event;
use crate::events::Events;
use crate::evolve::{Corrupt, WRONG_STAGE};
use crate::id::{KeyId, KeyNumber};
use crate::money::{Amount, AmountError};
use crate::policy::Policy;
use crate::rejection::Rejection;
use crate::time::{Interval, Timestamp, Window};

/// The account's limit, what its month has used, and the windows in which all usage is counted.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(crate) struct Spending {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) limit: Option<Amount>,
    #[serde(default, skip_serializing_if = "is_zero")]
    pub(crate) used: Amount,
    #[serde(default, skip_serializing_if = "Windows::is_empty")]
    windows: Windows,
}

/// The windows of the last admission: every counter belongs to the one of its kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
struct Windows {
    day: Interval,
    week: Interval,
    month: Interval,
}

impl Default for Windows {
    fn default() -> Self {
        Self { day: Interval::EMPTY, week: Interval::EMPTY, month: Interval::EMPTY }
    }
}

impl Windows {
    fn around(at: Timestamp) -> Self {
        let [day, week, month] = [Window::Day, Window::Week, Window::Month].map(|window| window.around(at));
        Self { day, week, month }
    }

    const fn of(&self, window: Window) -> &Interval {
        match window {
            Window::Day => &self.day,
            Window::Week => &self.week,
            Window::Month => &self.month,
        }
    }

    /// What a counter says at `now`: nothing, if its window has ended.
    fn counted(&self, window: Window, used: Amount, now: Timestamp) -> Amount {
        if self.of(window).contains(now) { used } else { Amount::ZERO }
    }

    fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// A day, with its week and its month; or none yet.
    fn are_of_one_day(&self) -> bool {
        self.is_empty() || *self == Self::around(self.day.from)
    }
}

/// What a key has used in the windows of the last admission (C6).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Used {
    /// In the day.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub day: Amount,
    /// In the week.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub week: Amount,
    /// In the month.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub month: Amount,
}

impl Used {
    pub(crate) fn is_nothing(&self) -> bool {
        *self == Self::default()
    }

    const fn of(&self, window: Window) -> Amount {
        match window {
            Window::Day => self.day,
            Window::Week => self.week,
            Window::Month => self.month,
        }
    }

    /// What is left of it when other windows begin.
    fn kept(&self, before: &Windows, after: &Windows) -> Self {
        let kept = |window: Window| {
            if before.of(window) == after.of(window) { self.of(window) } else { Amount::ZERO }
        };
        Self { day: kept(Window::Day), week: kept(Window::Week), month: kept(Window::Month) }
    }
}

/// A call's price, or what becomes of it, is counted in the windows of its admission.
#[derive(Clone, Copy)]
struct Change {
    admitted_at: Timestamp,
    minus: Amount,
    plus: Amount,
}

impl Change {
    fn on(self, used: Amount, window: &Interval) -> Result<Amount, AmountError> {
        if window.contains(self.admitted_at) {
            used.checked_sub(self.minus)?.checked_add(self.plus)
        } else {
            Ok(used)
        }
    }

    fn on_key(self, used: Used, windows: &Windows) -> Result<Used, AmountError> {
        Ok(Used {
            day: self.on(used.day, &windows.day)?,
            week: self.on(used.week, &windows.week)?,
            month: self.on(used.month, &windows.month)?,
        })
    }
}

impl Spending {
    /// What has been used in the windows of `now`.
    pub(crate) fn used_at(&self, key: &Key, now: Timestamp) -> Used {
        let used = |window: Window| self.windows.counted(window, key.used.of(window), now);
        Used { day: used(Window::Day), week: used(Window::Week), month: used(Window::Month) }
    }
}

/// Refuses a call that would pass its key's limit, or the account's; one at price zero passes (D2, C6, I1).
pub(crate) fn refuse_beyond_limits(
    opened: &Opened,
    key: &Key,
    price: Amount,
    now: Timestamp,
) -> Result<(), Rejection> {
    if price.is_zero() {
        return Ok(());
    }
    let spending = &opened.spending;
    let is_beyond = |used: Amount, limit: Amount| used.checked_add(price).map_or(true, |used| used > limit);
    if let Some(KeyLimit { amount: limit, window }) = key.limit {
        let used = spending.windows.counted(window, key.used.of(window), now);
        if is_beyond(used, limit) {
            let resets_at = window.around(now).until;
            return Err(Rejection::KeyLimitReached { key: key.id, window, limit, used, resets_at });
        }
    }
    if let Some(limit) = spending.limit {
        let used = spending.windows.counted(Window::Month, spending.used, now);
        if is_beyond(used, limit) {
            let resets_at = Window::Month.around(now).until;
            return Err(Rejection::SpendingLimitReached { limit, used, resets_at });
        }
    }
    Ok(())
}

/// Refuses an admission that would take a counter out of the range of amounts (M1).
pub(crate) fn refuse_uncountable(
    opened: &Opened,
    key: &Key,
    price: Amount,
    now: Timestamp,
) -> Result<(), Rejection> {
    let spending = &opened.spending;
    let change = Change { admitted_at: now, minus: Amount::ZERO, plus: price };
    let is_new_day = now >= spending.windows.day.until;
    let windows = if is_new_day { Windows::around(now) } else { spending.windows };
    let month = if spending.windows.month == windows.month { spending.used } else { Amount::ZERO };
    let used = if is_new_day { key.used.kept(&spending.windows, &windows) } else { key.used };
    let fits = change.on_key(used, &windows).is_ok() && change.on(month, &windows.month).is_ok();
    if fits { Ok(()) } else { Err(Rejection::OutOfRange { field: "used" }) }
}

/// Refuses an ending that would take a counter out of the range of amounts (M1).
pub(crate) fn refuse_uncountable_ending(
    opened: &Opened,
    key: KeyNumber,
    admitted_at: Timestamp,
    (minus, plus): (Amount, Amount),
) -> Result<(), Rejection> {
    let (spending, change) = (&opened.spending, Change { admitted_at, minus, plus });
    let key = opened.stage.keys().and_then(|keys| keys.numbered(key));
    let fits = key.is_some_and(|key| change.on_key(key.used, &spending.windows).is_ok())
        && change.on(spending.used, &spending.windows.month).is_ok();
    if fits { Ok(()) } else { Err(Rejection::OutOfRange { field: "used" }) }
}

/// Refuses a limit above the policy's, and one that does not reduce while the terms are outdated (A6, I1).
fn refuse_limit(
    opened: &Opened,
    policy: &Policy,
    limit: Option<Amount>,
    reduces: bool,
) -> Result<(), Rejection> {
    if !reduces {
        refuse_outdated(opened, policy)?;
    }
    match (limit, policy.numbers().limit_max) {
        (Some(amount), Some(at_most)) if amount > at_most => {
            Err(Rejection::AmountOutOfBounds { amount, at_least: Amount::ZERO, at_most })
        }
        (Some(_) | None, Some(_) | None) => Ok(()),
    }
}

pub(crate) fn limit_key(
    opened: &Opened,
    policy: &Policy,
    id: KeyId,
    limit: Option<KeyLimit>,
) -> Result<Events, Rejection> {
    let key = keys::active(opened, id)?;
    if key.limit == limit {
        return Ok(Events::none());
    }
    let reduces = match (key.limit, limit) {
        (None, Some(_)) => true,
        (Some(before), Some(after)) => before.window == after.window && after.amount < before.amount,
        (_, None) => false,
    };
    refuse_limit(opened, policy, limit.map(|limit| limit.amount), reduces)?;
    Ok(Events::one(Event::KeyLimited { key: key.number, limit }))
}

pub(crate) fn limit_spending(
    opened: &Opened,
    policy: &Policy,
    limit: Option<Amount>,
) -> Result<Events, Rejection> {
    let before = opened.spending.limit;
    if before == limit {
        return Ok(Events::none());
    }
    let reduces = limit.is_some_and(|after| before.is_none_or(|before| after < before));
    refuse_limit(opened, policy, limit, reduces)?;
    Ok(Events::one(Event::SpendingLimited { limit }))
}

impl Opened {
    /// Counts an admitted call's price; the first in a new day begins new counters.
    pub(crate) fn count(&mut self, at: Timestamp, key: KeyNumber, price: Amount) -> Result<(), Corrupt> {
        if at >= self.spending.windows.day.until {
            self.begin_windows(at)?;
        }
        self.recount(key, Change { admitted_at: at, minus: Amount::ZERO, plus: price })
    }

    /// Counts what was settled of a call instead of what it held (I1).
    pub(crate) fn count_instead(
        &mut self,
        key: KeyNumber,
        admitted_at: Timestamp,
        (minus, plus): (Amount, Amount),
    ) -> Result<(), Corrupt> {
        self.recount(key, Change { admitted_at, minus, plus })
    }

    fn recount(&mut self, key: KeyNumber, change: Change) -> Result<(), Corrupt> {
        let windows = self.spending.windows;
        let key = self.stage.keys_mut().ok_or(WRONG_STAGE)?.numbered_mut(key)?;
        key.used = change.on_key(key.used, &windows)?;
        self.spending.used = change.on(self.spending.used, &windows.month)?;
        Ok(())
    }

    fn begin_windows(&mut self, at: Timestamp) -> Result<(), Corrupt> {
        let (before, after) = (self.spending.windows, Windows::around(at));
        for key in self.stage.keys_mut().ok_or(WRONG_STAGE)?.iter_mut() {
            key.used = key.used.kept(&before, &after);
        }
        if before.month != after.month {
            self.spending.used = Amount::ZERO;
        }
        self.spending.windows = after;
        Ok(())
    }

    pub(crate) fn apply_key_limited(
        &mut self,
        key: KeyNumber,
        limit: Option<KeyLimit>,
    ) -> Result<(), Corrupt> {
        match &mut self.stage {
            Stage::Active { keys, .. } => {
                keys.numbered_mut(key)?.limit = limit;
                Ok(())
            }
            Stage::Registered {}
            | Stage::Agreed { .. }
            | Stage::Described { .. }
            | Stage::Linked(_)
            | Stage::Funding { .. }
            | Stage::Closing(_)
            | Stage::Closed(_) => Err(WRONG_STAGE),
        }
    }

    /// What the keys have used in a month is what the account has; each counts at least what its open calls hold, and a
    /// day no more than its week and its month (C6, I1).
    pub(crate) fn counters_agree(&self) -> bool {
        let (keys, windows) = (self.stage.keys().map_or(&[][..], Keys::as_slice), &self.spending.windows);
        let months = keys.iter().try_fold(Amount::ZERO, |sum, key| sum.checked_add(key.used.month));
        let counts = |key: &Key| {
            let Used { day, week, month } = key.used;
            let covers = |held: Used| held.day <= day && held.week <= week && held.month <= month;
            self.held_by(key.number).is_ok_and(covers) && day <= week && day <= month
        };
        windows.are_of_one_day() && months == Ok(self.spending.used) && keys.iter().all(counts)
    }

    /// What the open calls made with a key hold in the windows of the last admission.
    fn held_by(&self, key: KeyNumber) -> Result<Used, AmountError> {
        let mut calls = self.calls.open.iter().filter(|call| call.key == key);
        calls.try_fold(Used::default(), |held, call| {
            let change = Change { admitted_at: call.admitted_at, minus: Amount::ZERO, plus: call.amount };
            change.on_key(held, &self.spending.windows)
        })
    }
}
