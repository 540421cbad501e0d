//! Credit that is given, goes back, or is limited; and the end of an account.

use prepaid::{
    Action, Actor, Amount, DisputeOutcome, KeyLimit, Lot, Outcome, RefundNumber, Timestamp, Window,
};

use super::{HOUR, Moves, amount, grant_id, key, more, text};

impl Moves<'_> {
    pub(super) fn grants(&mut self) {
        let known: Vec<Lot> =
            self.account.lots().iter().chain(self.account.waiting_grants()).cloned().collect();
        let hour = |hours: i64| self.in_micros(hours * HOUR);
        let first = [(0, None, None), (1, None, None), (-1, Some(hour(1)), None)];
        let second = [(0, None, Some(hour(1))), (1, Some(hour(1)), Some(hour(2)))];
        let all = first.into_iter().map(|terms| (1, terms)).chain(second.map(|terms| (2, terms)));
        for (n, terms) in all.collect::<Vec<_>>() {
            if !known.iter().any(|lot| lot.issued.grant == grant_id(n)) {
                self.grant(n, terms);
            }
        }
        for lot in &known {
            let issued = &lot.issued;
            let again = |amount| Action::IssueGrant {
                grant: issued.grant,
                amount,
                source: issued.source.clone(),
                priority: issued.priority,
                effective_at: issued.effective_at,
                expires_at: issued.expires_at,
            };
            self.usual(again(issued.amount));
            self.usual(again(more(issued.amount)));
            self.usual(Action::VoidGrant { grant: issued.grant });
        }
        self.usual(Action::VoidGrant { grant: grant_id(3) });
    }

    fn grant(
        &mut self,
        n: u128,
        (priority, effective_at, expires_at): (i16, Option<Timestamp>, Option<Timestamp>),
    ) {
        self.usual(Action::IssueGrant {
            grant: grant_id(n),
            amount: amount("4"),
            source: text("welcome"),
            priority,
            effective_at,
            expires_at,
        });
    }

    pub(super) fn ages(&mut self) {
        if self.account.lots().is_empty() {
            self.grant(1, (5, None, Some(self.in_micros(32 * 24 * HOUR))));
        }
    }

    /// Of the last charge that contributes: a dollar, all of it, and a cent more.
    fn reversible(&self) -> Vec<(prepaid::ChargeNumber, Amount)> {
        let succeeded = self.account.charges().iter().rev();
        let mut succeeded = succeeded.filter(|charge| matches!(charge.outcome, Outcome::Succeeded { .. }));
        let Some(charge) = succeeded.next().map(|charge| charge.number) else { return Vec::new() };
        let all = self.account.contribution(charge).unwrap();
        let beyond = all.checked_add(amount("0.01")).unwrap();
        [amount("1"), all, beyond].map(|amount| (charge, amount)).to_vec()
    }

    pub(super) fn refunds(&mut self) {
        for (charge, amount) in self.reversible() {
            self.add(Action::Refund { charge, amount, forced: false }, Actor::Owner);
            self.add(Action::Refund { charge, amount, forced: true }, Actor::Operator);
            for reference in ["re_1", "re_2"] {
                self.usual(Action::RecordRefund { charge, amount, reference: text(reference) });
            }
        }
        for (charge, amount) in self.reversible().into_iter().take(1) {
            self.add(Action::Refund { charge, amount, forced: true }, Actor::Owner);
        }
        // Of a charge that has not succeeded, or not yet.
        let failed = self.account.charges().iter().rev().find(|charge| charge.outcome == Outcome::Failed {});
        let failed = failed.map(|charge| charge.number);
        for charge in failed.into_iter().chain([self.next_charge()]) {
            self.add(Action::Refund { charge, amount: amount("1"), forced: false }, Actor::Owner);
        }
        let numbers: Vec<RefundNumber> = self.account.refunds().iter().map(|refund| refund.number).collect();
        let next = RefundNumber(numbers.last().map_or(1, |last| last.0 + 1));
        for refund in numbers.into_iter().chain([next]) {
            for reference in ["re_1", "re_2"] {
                self.usual(Action::RefundSucceeded { refund, reference: text(reference) });
            }
            self.usual(Action::RefundFailed { refund, reason: text("account closed") });
        }
    }

    pub(super) fn disputes(&mut self) {
        for (charge, amount) in self.reversible() {
            self.usual(Action::OpenDispute { dispute: text("dp_1"), charge, amount });
        }
        for outcome in [DisputeOutcome::Won, DisputeOutcome::Lost] {
            self.usual(Action::CloseDispute { dispute: text("dp_1"), outcome });
        }
    }

    pub(super) fn limits(&mut self) {
        for (key_limit, limit) in [(Some("0"), Some("0")), (Some("10"), Some("15")), (None, None)] {
            let of_key = key_limit.map(|text| KeyLimit { amount: amount(text), window: Window::Day });
            self.usual(Action::LimitKey { key: key(1), limit: of_key });
            self.usual(Action::LimitSpending { limit: limit.map(amount) });
        }
        for level in [Some("10"), None] {
            self.usual(Action::SetNotice { level: level.map(amount) });
        }
    }

    pub(super) fn closing(&mut self) {
        self.usual(Action::Close {});
        let debt = self.account.balance().posted.debt();
        for amount in [debt, more(debt)] {
            self.usual(Action::WriteOff { amount, reason: text("bankrupt") });
        }
    }
}
