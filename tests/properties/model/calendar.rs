//! The UTC windows of spending limits and caps (C6, E7, I1).

use super::values::{DAY, civil, days_since_1970};

/// A window: its first instant, and the first of the next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Window {
    start: i64,
    pub(super) next: i64,
}

impl Window {
    pub(super) fn holds(self, at: i64) -> bool {
        self.start <= at && at < self.next
    }

    fn of_days(first: i64, next: i64) -> Window {
        Window { start: first * DAY, next: next * DAY }
    }

    pub(super) fn day(at: i64) -> Window {
        let today = at.div_euclid(DAY);
        Window::of_days(today, today + 1)
    }

    /// From Monday. The first day of 1970 was a Thursday.
    pub(super) fn week(at: i64) -> Window {
        let today = at.div_euclid(DAY);
        let monday = today - (today + 3).rem_euclid(7);
        Window::of_days(monday, monday + 7)
    }

    pub(super) fn month(at: i64) -> Window {
        let (year, month, _) = civil(at.div_euclid(DAY));
        let (next_year, next_month) = if month == 12 { (year + 1, 1) } else { (year, month + 1) };
        Window::of_days(days_since_1970(year, month, 1), days_since_1970(next_year, next_month, 1))
    }

    /// By the name it has in a key's limit.
    pub(super) fn named(name: &str, at: i64) -> Window {
        match name {
            "day" => Window::day(at),
            "week" => Window::week(at),
            "month" => Window::month(at),
            other => panic!("no such window: {other}"),
        }
    }
}
