//! The invariants of the state, checked against its parts (M5, D3, E4, K2).

use super::calls::Calls;
use super::charges::{ChargePhase, Charges, Counting, Outcome};
use super::{Account, Opened, Stage};
use crate::event::ChargeKind;
use crate::money::{Amount, AmountError, Balance};

/// An invariant that does not hold: the value was not made by this library, or there is a fault in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
#[error("{what} ({rule})")]
pub struct Violation {
    /// The rule that does not hold.
    pub rule: &'static str,
    /// What is wrong.
    pub what: &'static str,
}

const fn ensure(holds: bool, rule: &'static str, what: &'static str) -> Result<(), Violation> {
    if holds { Ok(()) } else { Err(Violation { rule, what }) }
}

fn sum(amounts: impl Iterator<Item = Amount>) -> Result<Amount, AmountError> {
    let mut total = Amount::ZERO;
    for amount in amounts {
        total = total.checked_add(amount)?;
    }
    Ok(total)
}

impl Account {
    /// Checks every invariant of the state against its parts.
    ///
    /// # Errors
    /// The first [`Violation`] found.
    ///
    /// ```
    /// assert_eq!(prepaid::Account::Vacant.check(), Ok(()));
    /// ```
    pub fn check(&self) -> Result<(), Violation> {
        self.opened().map_or(Ok(()), Opened::check)
    }
}

impl Opened {
    pub(crate) fn check(&self) -> Result<(), Violation> {
        self.check_money()?;
        self.check_calls()?;
        self.charges.check()?;
        self.check_stage()?;
        self.check_keys()?;
        let settings = self.top_up.settings;
        ensure(settings.target > settings.threshold, "E5", "the target is not above the threshold")?;
        let deadline = self.next_deadline();
        ensure(deadline.is_none_or(|at| at > self.last), "K3", "a deadline lies in the past")
    }

    fn check_money(&self) -> Result<(), Violation> {
        let wallet = self.wallet;
        let posted = Balance::from(wallet.credited).checked_sub(wallet.settled);
        ensure(posted == Ok(wallet.posted), "M5", "posted is not credited less settled")?;
        let credited = sum(self.charges.ended.iter().filter_map(|charge| match charge.outcome {
            Outcome::Succeeded { credited } => Some(credited),
            Outcome::Failed {} | Outcome::Abandoned {} => None,
        }));
        ensure(credited == Ok(wallet.credited), "M5", "credited is not the sum of the charges")?;
        let held = sum(self.calls.open.iter().map(|call| call.amount));
        ensure(held == Ok(wallet.held), "M5", "held is not the sum of the open holds")
    }

    fn check_calls(&self) -> Result<(), Violation> {
        let calls = &self.calls;
        let units = calls.open.iter().try_fold(0_u32, |sum, call| sum.checked_add(u32::from(call.units)));
        ensure(units == Some(calls.in_flight), "D2", "places in flight are not the sum of the open calls")?;
        ensure(calls.open.iter().all(|call| call.units > 0), "D2", "an open call takes no place")?;
        ensure(
            calls.open.iter().is_sorted_by_key(|call| (call.deadline, call.call)),
            "D6",
            "open calls are not in the order of their deadlines",
        )?;
        ensure(
            calls.late.iter().is_sorted_by_key(|call| (call.late_until, call.call)),
            "D6",
            "late calls are not in the order of their windows",
        )?;
        let keys = match &self.stage {
            Stage::Active { keys, .. } => keys.as_slice().len(),
            Stage::Registered {}
            | Stage::Agreed { .. }
            | Stage::Described { .. }
            | Stage::Linked(_)
            | Stage::Funding { .. } => 0,
        };
        let known = |key: crate::id::KeyNumber| usize::try_from(key.0).is_ok_and(|n| (1..=keys).contains(&n));
        let mut made_with =
            calls.open.iter().map(|call| call.key).chain(calls.late.iter().map(|call| call.key));
        ensure(made_with.all(known), "D2", "a call was made with no key")?;
        let ids = || calls.open.iter().map(|call| call.call).chain(calls.late.iter().map(|call| call.call));
        ensure(is_unique(ids), "D5", "a call is remembered twice")
    }

    fn check_stage(&self) -> Result<(), Violation> {
        let open = self.charges.open.as_ref();
        let untouched = self.wallet == super::wallet::Wallet::default() && self.calls == Calls::default();
        match &self.stage {
            Stage::Registered {} | Stage::Agreed { .. } | Stage::Described { .. } => {
                ensure(self.charges == Charges::default() && untouched, "A2", "money before a payment method")
            }
            Stage::Linked(_) => ensure(open.is_none() && untouched, "B3", "an open charge without a key"),
            Stage::Funding { .. } => {
                let initial = open.is_some_and(|charge| charge.kind == ChargeKind::InitialFunding);
                let counts = open.is_some_and(|charge| charge.counting == Counting::Counts);
                ensure(
                    initial && counts && untouched,
                    "B1",
                    "a pending first key without its initial funding",
                )
            }
            Stage::Active { .. } => {
                let funded = self.charges.ended.iter().any(|charge| {
                    charge.kind == ChargeKind::InitialFunding
                        && matches!(charge.outcome, Outcome::Succeeded { .. })
                });
                ensure(funded, "B4", "active without a successful initial funding")?;
                let needless = open.is_none_or(|charge| {
                    charge.kind != ChargeKind::InitialFunding || charge.counting == Counting::Superseded
                });
                ensure(needless, "B4", "an initial funding is open for an account that was funded")
            }
        }
    }

    fn check_keys(&self) -> Result<(), Violation> {
        let Stage::Active { keys, .. } = &self.stage else {
            return Ok(());
        };
        let keys = keys.as_slice();
        let numbered = (1..).zip(keys).all(|(number, key)| key.number.0 == number);
        ensure(numbered, "C1", "keys are not numbered in order")?;
        ensure(is_unique(|| keys.iter().map(|key| key.id)), "K6", "two keys have one id")?;
        ensure(is_unique(|| keys.iter().map(|key| key.digest)), "C4", "two keys have one digest")
    }
}

impl Charges {
    fn check(&self) -> Result<(), Violation> {
        let numbers = self.ended.iter().map(|charge| charge.number);
        let numbers = numbers.chain(self.open.iter().map(|charge| charge.number));
        let numbered = (1..).zip(numbers).all(|(number, charge)| charge.0 == number);
        ensure(numbered, "K1", "charges are not numbered in order")?;
        let positive = self.ended.iter().map(|charge| charge.amount);
        let positive = positive.chain(self.open.iter().map(|charge| charge.amount));
        ensure(positive.into_iter().all(|amount| !amount.is_zero()), "M4", "a charge of nothing")?;
        let reported = self.open.as_ref().is_none_or(|charge| match &charge.phase {
            ChargePhase::Unresolved { reports, .. } => reports.last().is_some(),
            ChargePhase::Asking { .. }
            | ChargePhase::LookingUp {}
            | ChargePhase::ActionRequired { .. }
            | ChargePhase::Cancelling { .. } => true,
        });
        ensure(reported, "F2", "an unresolved charge without a report")?;
        ensure(self.bars.is_sorted(), "F5", "bars are not in the order of their ends")?;
        ensure(is_unique(|| self.bars.iter().map(|bar| &bar.fingerprint)), "F5", "a method is barred twice")
    }
}

/// Whether no two of the items are the same; for the few items of one account.
fn is_unique<T: PartialEq, I: Iterator<Item = T>>(items: impl Fn() -> I) -> bool {
    items().enumerate().all(|(n, item)| items().skip(n.saturating_add(1)).all(|other| other != item))
}
