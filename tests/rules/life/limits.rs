//! Words for limits and notices (chapters C and I).

use prepaid::{Action, KeyLimit, Window};

use super::{Answer, Life, amount, key};

impl Life {
    /// Limits what the n-th key may spend in a window.
    pub fn limits_key(&mut self, n: u128, text: &str, window: Window) -> Answer {
        let limit = Some(KeyLimit { amount: amount(text), window });
        self.owner(Action::LimitKey { key: key(n), limit })
    }

    /// Lifts the limit of the n-th key.
    pub fn unlimits_key(&mut self, n: u128) -> Answer {
        self.owner(Action::LimitKey { key: key(n), limit: None })
    }

    /// Limits what the account may spend in a month; `None` lifts the limit.
    pub fn limits_spending(&mut self, limit: Option<&str>) -> Answer {
        self.owner(Action::LimitSpending { limit: limit.map(amount) })
    }

    /// What the n-th key has used in this day, this week and this month.
    pub fn used(&self, n: u128) -> (String, String, String) {
        let used = self.account.used_by(key(n), self.now).expect("the key is known");
        (used.day.to_string(), used.week.to_string(), used.month.to_string())
    }

    #[track_caller]
    pub fn used_is(&self, n: u128, day: &str, week: &str, month: &str) {
        let used = (day.to_string(), week.to_string(), month.to_string());
        assert_eq!(self.used(n), used, "key {n}: used in the day, the week, the month");
    }

    /// Sets the level of the low-balance notice; `None` switches it off.
    pub fn sets_notice(&mut self, level: Option<&str>) -> Answer {
        self.owner(Action::SetNotice { level: level.map(amount) })
    }
}
