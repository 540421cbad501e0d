//! Calls: in one step, and with a hold.

use std::collections::BTreeSet;

use prepaid::{Action, Amount};

use super::{HOUR, MINUTE, Moves, amount, call, key, less, more};

impl Moves<'_> {
    /// Free; down to the threshold, and a unit below it; everything, and a unit more than there is.
    fn prices(&self) -> BTreeSet<Amount> {
        let available = self.account.balance().available.credit();
        let threshold = self.account.top_up_settings().map_or(Amount::ZERO, |settings| settings.threshold);
        let down = self.account.balance().posted.credit().checked_sub(threshold).unwrap_or(Amount::ZERO);
        let all = [Amount::ZERO, down, more(down), available, more(available)];
        all.into_iter().filter(|price| *price <= more(available)).collect()
    }

    pub(super) fn calls(&mut self) {
        for price in self.prices() {
            self.usual(Action::ChargeCall { call: call(9), key: key(1), quote: self.quote(price) });
        }
        let quote = self.quote(amount("1"));
        self.usual(Action::ChargeCall { call: call(9), key: key(2), quote });
    }

    pub(super) fn holds(&mut self) {
        for n in [1, 2] {
            self.hold(n);
        }
        let open: Vec<_> = self.account.open_calls().cloned().collect();
        let late: Vec<_> = self.account.late_calls().cloned().collect();
        for hold in &open {
            let debt = self.policy.numbers().debt_at_settlement;
            let above = hold.amount.checked_add(debt).unwrap();
            let settled = [None, Some(Amount::ZERO), less(hold.amount), Some(above), Some(more(above))];
            for amount in settled.into_iter().collect::<BTreeSet<_>>() {
                self.usual(Action::SettleCall { call: hold.call, amount });
            }
            self.usual(Action::ReleaseCall { call: hold.call });
            let bound = hold.admitted_at.saturating_add(self.policy.numbers().extension);
            let later = hold.deadline.saturating_add("30m".parse().unwrap());
            for until in [hold.deadline, later, bound, bound.saturating_add("1s".parse().unwrap())] {
                self.usual(Action::ExtendCall { call: hold.call, until });
            }
            // The same again, and another under its id.
            let (again, other) = (self.quote(hold.amount), self.quote(more(hold.amount)));
            let (call, units) = (hold.call, hold.units);
            self.usual(Action::AuthorizeCall { call, key: key(1), quote: again, units });
            self.usual(Action::AuthorizeCall { call, key: key(1), quote: other, units });
        }
        for hold in &late {
            for amount in [None, Some(more(hold.amount)), Some(Amount::ZERO)] {
                self.usual(Action::SettleCall { call: hold.call, amount });
            }
            self.usual(Action::ReleaseCall { call: hold.call });
        }
        // One that never was, or has ended.
        self.usual(Action::SettleCall { call: call(3), amount: None });
        self.usual(Action::ReleaseCall { call: call(3) });
        self.usual(Action::ExtendCall { call: call(3), until: self.in_micros(HOUR + MINUTE) });
    }

    fn hold(&mut self, n: u128) {
        let id = call(n);
        if self.account.open_calls().any(|open| open.call == id) {
            return;
        }
        let mut prices = self.prices();
        prices.insert(amount("3"));
        let units = if n == 2 { 2 } else { 1 };
        for price in prices {
            self.usual(Action::AuthorizeCall { call: id, key: key(1), quote: self.quote(price), units: 1 });
        }
        if units == 2 {
            self.usual(Action::AuthorizeCall {
                call: id,
                key: key(1),
                quote: self.quote(amount("1")),
                units,
            });
        }
    }
}
