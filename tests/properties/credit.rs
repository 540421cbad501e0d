//! Choices about credit that is given, goes back, or is limited; and about the end of an account.

use prepaid::{
    Account, Action, Amount, CallId, ChargeNumber, DisputeOutcome, GrantId, KeyLimit, Outcome, RefundNumber,
    Timestamp, Window,
};
use uuid::Uuid;

use crate::choice::{Choice, moved};
use crate::policies::amount;

const HOUR: i64 = 3_600_000_000;

impl Choice {
    /// Grants, refunds, disputes, limits, notices, write-offs, closing.
    pub fn credit(self, account: &Account, now: Timestamp) -> Action {
        match self.what % 24 {
            0..=3 => self.grant(account, now),
            4 => Action::VoidGrant { grant: self.known_grant(account) },
            5 | 6 => Action::Refund {
                charge: self.succeeded_charge(account),
                amount: self.refundable(account),
                forced: self.other % 4 == 0,
            },
            7 | 8 => self.refund_result(account),
            9 => Action::RecordRefund {
                charge: self.succeeded_charge(account),
                amount: self.refundable(account),
                reference: self.refund_reference(),
            },
            10 | 11 => Action::OpenDispute {
                dispute: self.dispute_id(),
                charge: self.succeeded_charge(account),
                amount: self.refundable(account),
            },
            12 | 13 => Action::CloseDispute {
                dispute: self.known_dispute(account),
                outcome: if self.other % 2 == 0 { DisputeOutcome::Won } else { DisputeOutcome::Lost },
            },
            14 | 15 => {
                let window = [Window::Day, Window::Week, Window::Month][usize::from(self.other % 3)];
                let limit = KeyLimit { amount: self.limit(account), window };
                Action::LimitKey { key: self.key(account), limit: (self.other % 5 > 0).then_some(limit) }
            }
            16 | 17 => {
                let limit = (self.other % 5 > 0).then(|| self.limit(account));
                Action::LimitSpending { limit }
            }
            18 => Action::SetNotice { level: (self.other % 4 > 0).then(|| self.edge(account)) },
            19 => {
                let debt = account.balance().posted.debt();
                let amount = if self.other % 2 == 0 { debt } else { self.edge(account) };
                Action::WriteOff { amount, reason: "bankrupt".parse().unwrap() }
            }
            20 if self.other % 4 == 0 => Action::Close {},
            21 => Action::Migrate { reference: "customer 4711".parse().unwrap() },
            22 => Action::ReactivateTopUp {},
            _ => self.grant(account, now),
        }
    }

    /// What brings an account that is closing to its end.
    pub fn wind_up(self, account: &Account) -> Action {
        if let Some(open) = account.open_calls().next() {
            let call: CallId = open.call;
            return if self.other % 2 == 0 {
                Action::ReleaseCall { call }
            } else {
                Action::SettleCall { call, amount: None }
            };
        }
        if account.open_charge().is_some() {
            return self.result(account);
        }
        if let Some(dispute) = account.disputes().iter().find(|one| one.phase == prepaid::DisputePhase::Open)
        {
            let outcome = if self.other % 2 == 0 { DisputeOutcome::Won } else { DisputeOutcome::Lost };
            return Action::CloseDispute { dispute: dispute.dispute.clone(), outcome };
        }
        Action::Tick {}
    }

    fn grant(self, account: &Account, now: Timestamp) -> Action {
        let effective_at = match self.other % 8 {
            0 => Some(moved(now, HOUR)),
            1 => Some(moved(now, 1)),
            2 => Some(now),
            3 => Some(moved(now, -HOUR)),
            _ => None,
        };
        let expires_at = match self.wait / 16 {
            0 => Some(now),
            1 => Some(moved(now, 1)),
            2 | 3 => Some(moved(now, HOUR)),
            4 => effective_at,
            5 => effective_at.map(|at| moved(at, 10 * 60_000_000)),
            6 => account.open_calls().next().map(|open| open.deadline),
            _ => None,
        };
        let face = match self.amount / 64 {
            0 => self.edge(account),
            1 => amount("0.3"),
            2 => amount("2.5"),
            _ => amount("7"),
        };
        Action::IssueGrant {
            grant: GrantId(Uuid::from_u128(u128::from(self.id % 12))),
            amount: face,
            source: if self.id % 16 == 15 { "apology" } else { "welcome" }.parse().unwrap(),
            priority: [0, 0, -1, 3][usize::from(self.id / 16 % 4)],
            effective_at,
            expires_at,
        }
    }

    fn known_grant(self, account: &Account) -> GrantId {
        let known: Vec<GrantId> =
            account.lots().iter().chain(account.waiting_grants()).map(|lot| lot.issued.grant).collect();
        match self.id % 8 {
            0 => GrantId(Uuid::from_u128(u128::from(self.id % 12))),
            _ if known.is_empty() => GrantId(Uuid::from_u128(1)),
            n => known[usize::from(n) % known.len()],
        }
    }

    /// A charge that has succeeded, mostly.
    fn succeeded_charge(self, account: &Account) -> ChargeNumber {
        let succeeded = |charge: &&prepaid::EndedCharge| matches!(charge.outcome, Outcome::Succeeded { .. });
        let known: Vec<ChargeNumber> =
            account.charges().iter().filter(succeeded).map(|charge| charge.number).collect();
        match self.id % 8 {
            0 => self.charge(account),
            _ if known.is_empty() => ChargeNumber(1),
            n => known[usize::from(n) % known.len()],
        }
    }

    /// What of a charge could go back: all it contributes, all unheld purchased credit, a part, or an edge.
    fn refundable(self, account: &Account) -> Amount {
        let contribution = account.contribution(self.succeeded_charge(account)).unwrap_or(Amount::ZERO);
        match self.amount % 8 {
            0 => contribution,
            1 => contribution.checked_add(amount("0.01")).unwrap_or(contribution),
            2 => self.cents(account),
            3 => Amount::try_from(account.purchased().credit().to_decimal().trunc()).unwrap(),
            4 => self.edge(account),
            5 => amount("12"),
            _ => amount("1"),
        }
    }

    fn refund(self, account: &Account) -> RefundNumber {
        let Some(last) = account.refunds().last().map(|refund| refund.number.0) else {
            return RefundNumber(1); // it never was, or is archived
        };
        match self.id % 8 {
            0 => RefundNumber(last + 1),
            n => RefundNumber(last.saturating_sub(u32::from(n / 3))),
        }
    }

    /// What the provider says of a refund.
    pub fn refund_result(self, account: &Account) -> Action {
        let refund = self.refund(account);
        if self.amount % 2 == 0 {
            Action::RefundSucceeded { refund, reference: self.refund_reference() }
        } else {
            Action::RefundFailed { refund, reason: "account closed".parse().unwrap() }
        }
    }

    fn refund_reference(self) -> prepaid::Text {
        format!("re_{}", self.other % 4).parse().unwrap()
    }

    fn dispute_id(self) -> prepaid::Text {
        format!("dp_{}", self.other % 6).parse().unwrap()
    }

    fn known_dispute(self, account: &Account) -> prepaid::Text {
        let known = account.disputes();
        match self.id % 8 {
            0 => self.dispute_id(),
            _ if known.is_empty() => self.dispute_id(),
            n => known[usize::from(n) % known.len()].dispute.clone(),
        }
    }

    /// A limit near what has been used, or far.
    fn limit(self, account: &Account) -> Amount {
        match self.amount % 6 {
            0 => amount("0"),
            1 => amount("25"),
            2 => amount("25.000000000001"),
            3 => amount("5"),
            _ => self.edge(account),
        }
    }
}
