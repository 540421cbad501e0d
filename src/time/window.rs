//! Windows of the UTC calendar: days, weeks from Monday, months (C6, E7, I1).

use chrono::{DateTime, Datelike, Months, NaiveTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

use super::Timestamp;

/// A window in which spending is limited: a UTC day, a week from Monday, or a month.
///
/// ```
/// use prepaid::Window;
/// assert_eq!(Window::Week.around("2025-01-01T12:00:00Z".parse()?).until, "2025-01-06T00:00:00Z".parse()?);
/// # Ok::<(), prepaid::TimeError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Window {
    /// A day.
    Day,
    /// A week, from Monday.
    Week,
    /// A month.
    Month,
}

/// The time from one instant up to another, which is no part of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Interval {
    /// The first instant.
    pub from: Timestamp,
    /// The first instant after it.
    pub until: Timestamp,
}

impl Interval {
    /// An interval in which nothing lies.
    pub(crate) const EMPTY: Self = Self { from: Timestamp::MIN, until: Timestamp::MIN };

    /// Whether `at` lies in it.
    ///
    /// ```
    /// use prepaid::Window;
    /// let day = Window::Day.around("2025-01-01T12:00:00Z".parse()?);
    /// assert!(day.contains(day.from) && !day.contains(day.until));
    /// # Ok::<(), prepaid::TimeError>(())
    /// ```
    #[must_use]
    pub fn contains(&self, at: Timestamp) -> bool {
        self.from <= at && at < self.until
    }
}

impl Window {
    /// The window of this kind in which `at` lies, as far as time goes.
    ///
    /// ```
    /// use prepaid::Window;
    /// let month = Window::Month.around("2024-02-29T23:59:59Z".parse()?);
    /// assert_eq!(month.from, "2024-02-01T00:00:00Z".parse()?);
    /// assert_eq!(month.until, "2024-03-01T00:00:00Z".parse()?);
    /// # Ok::<(), prepaid::TimeError>(())
    /// ```
    #[must_use]
    pub fn around(self, at: Timestamp) -> Interval {
        let today = at.to_chrono().date_naive();
        let first = match self {
            Self::Day => Some(today),
            Self::Week => {
                today.checked_sub_signed(TimeDelta::days(today.weekday().num_days_from_monday().into()))
            }
            Self::Month => today.with_day(1),
        };
        let next = first.and_then(|first| match self {
            Self::Day => first.checked_add_signed(TimeDelta::days(1)),
            Self::Week => first.checked_add_signed(TimeDelta::days(7)),
            Self::Month => first.checked_add_months(Months::new(1)),
        });
        let midnight = |day: chrono::NaiveDate| {
            let time = DateTime::<Utc>::from_naive_utc_and_offset(day.and_time(NaiveTime::MIN), Utc);
            Timestamp::from_chrono(time).ok()
        };
        Interval {
            from: first.and_then(midnight).unwrap_or(Timestamp::MIN),
            until: next.and_then(midnight).unwrap_or(Timestamp::MAX),
        }
    }
}

impl core::fmt::Display for Window {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(match self {
            Self::Day => "day",
            Self::Week => "week",
            Self::Month => "month",
        })
    }
}
