//! Words for calls and debts (chapter D).

use prepaid::{Action, Timestamp};

use super::{Answer, Life, amount, call, key, price};

impl Life {
    /// A one-step call at this price, with key 1.
    pub fn spends(&mut self, text: &str) -> Answer {
        self.calls += 1;
        let call = call(self.calls);
        self.gateway(Action::ChargeCall { call, key: key(1), quote: price(text) })
    }

    /// A one-step call at this price, with the `by`-th key.
    pub fn spends_by(&mut self, text: &str, by: u128) -> Answer {
        self.calls += 1;
        let call = call(self.calls);
        self.gateway(Action::ChargeCall { call, key: key(by), quote: price(text) })
    }

    /// Authorises call `n` at this price, with key 1, in one place.
    pub fn authorizes(&mut self, n: u128, text: &str) -> Answer {
        self.gateway(Action::AuthorizeCall { call: call(n), key: key(1), quote: price(text), units: 1 })
    }

    /// Authorises call `n` at this price, with key 1, in so many places.
    pub fn authorizes_in(&mut self, n: u128, text: &str, units: u16) -> Answer {
        self.gateway(Action::AuthorizeCall { call: call(n), key: key(1), quote: price(text), units })
    }

    /// Authorises call `n` at this price, with the `by`-th key.
    pub fn authorizes_by(&mut self, n: u128, text: &str, by: u128) -> Answer {
        self.gateway(Action::AuthorizeCall { call: call(n), key: key(by), quote: price(text), units: 1 })
    }

    /// Settles call `n` at this amount.
    pub fn settles(&mut self, n: u128, text: &str) -> Answer {
        self.gateway(Action::SettleCall { call: call(n), amount: Some(amount(text)) })
    }

    /// Settles call `n` at its whole hold.
    pub fn settles_whole(&mut self, n: u128) -> Answer {
        self.gateway(Action::SettleCall { call: call(n), amount: None })
    }

    pub fn releases(&mut self, n: u128) -> Answer {
        self.gateway(Action::ReleaseCall { call: call(n) })
    }

    /// Moves the deadline of call `n`.
    pub fn extends(&mut self, n: u128, until: Timestamp) -> Answer {
        self.gateway(Action::ExtendCall { call: call(n), until })
    }

    /// Whether call `n` is open.
    pub fn is_open(&self, n: u128) -> bool {
        self.account.open_calls().any(|open| open.call == call(n))
    }

    /// Whether call `n` expired and may still be settled.
    pub fn is_late(&self, n: u128) -> bool {
        self.account.late_calls().any(|late| late.call == call(n))
    }

    /// From now on settling above a hold may take the available credit this far below zero (D8).
    pub fn allows_debt(&mut self, text: &str) {
        self.changes_policy(|numbers| numbers.debt_at_settlement = amount(text));
    }
}
