//! The invariants of the state, checked against its parts (M5, D3, E4, K2).

use super::calls::{Calls, OpenCall};
use super::charges::{ChargePhase, Charges, Counting, Outcome};
use super::keys::Keys;
use super::lots::{Lot, LotPhase};
use super::reversals::Reversals;
use super::wallet::came;
use super::{Account, Opened, Origin, Stage};
use crate::event::ChargeKind;
use crate::id::{CallId, ChargeNumber, GrantId};
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
        self.check_lots()?;
        self.check_calls()?;
        self.charges.check()?;
        self.check_reversals()?;
        self.check_stage()?;
        self.check_keys()?;
        self.check_past()?;
        let settings = self.top_up.settings;
        ensure(settings.target > settings.threshold, "E5", "the target is not above the threshold")?;
        let deadline = self.next_deadline();
        ensure(deadline.is_none_or(|at| at > self.last), "K3", "a deadline lies in the past")
    }

    fn check_money(&self) -> Result<(), Violation> {
        let wallet = self.wallet;
        let plus = [wallet.credited, wallet.granted, wallet.written_off];
        let posted = Balance::total(&plus, &[wallet.settled, wallet.lapsed, wallet.forfeited]);
        ensure(posted == Ok(wallet.posted), "M5", "posted is not what came less what went")?;
        let archived = self.charges.archived.map(|archived| archived.contributed);
        let contributions = self.charges.ended.iter().map(|charge| self.reversals.contribution(charge));
        let credited = sum(contributions.chain(archived));
        ensure(credited == Ok(wallet.credited), "M5", "credited is not what the charges contribute")?;
        let came = came(self).and_then(|came| came.checked_add(self.charges.asked()));
        ensure(came.is_ok(), "M1", "more came than one amount can say")?;
        ensure(self.charges.excess(&self.reversals).is_ok(), "M1", "more went back than one amount can say")?;
        let held = sum(self.calls.open.iter().map(|call| call.amount));
        ensure(held == Ok(wallet.held), "M5", "held is not the sum of the open holds")
    }

    fn check_lots(&self) -> Result<(), Violation> {
        let lots = &self.lots;
        ensure(lots.is_in_order(), "H2", "lots are not in burn order")?;
        let left = sum(lots.started.iter().map(|lot| lot.left));
        ensure(
            left == Ok(lots.left()),
            "H2",
            "what is left of the grants is not the sum of their remainders",
        )?;
        for lot in &lots.started {
            let Lot { issued, left, held, phase, .. } = lot;
            ensure(!(left.is_zero() && held.is_zero()), "H1", "a grant that is spent is still known")?;
            ensure(
                sum([*left, *held].into_iter()).is_ok_and(|all| all <= issued.amount),
                "H1",
                "a grant grew",
            )?;
            ensure(
                lots.allotted_to(issued.grant) == Ok(*held),
                "H2",
                "held is not what calls hold of the grant",
            )?;
            ensure(
                *phase == LotPhase::Spendable || left.is_zero(),
                "H3",
                "credit of a grant that has ended",
            )?;
            ensure(*phase != LotPhase::Waiting, "H1", "a grant waits that has started")?;
        }
        let untouched = |lot: &Lot| {
            lot.left.is_zero()
                && lot.held.is_zero()
                && lot.phase == LotPhase::Waiting
                && lot.issued.effective_at.is_some()
        };
        ensure(lots.waiting.iter().all(untouched), "H1", "a grant was spent before it started")?;
        let all = || lots.started.iter().chain(&lots.waiting).map(|lot| lot.issued.grant);
        ensure(is_unique(all), "K6", "two grants have one id")?;
        let known = |(call, grant): (CallId, GrantId)| {
            self.calls.open.iter().any(|open| open.call == call) && lots.find(grant).is_some()
        };
        ensure(lots.allotments().all(known), "H2", "a call that is not open holds credit of a grant")?;
        let within = |call: &OpenCall| lots.allotted_by(call.call).is_ok_and(|part| part <= call.amount);
        ensure(self.calls.open.iter().all(within), "H2", "a call holds more of grants than it holds")?;
        let owes = self.purchased().is_debt();
        ensure(!owes || lots.left().is_zero(), "H4", "an unheld remainder beside a debt")
    }

    fn check_reversals(&self) -> Result<(), Violation> {
        let Reversals { refunds, recorded, disputes, last_refund, pause } = &self.reversals;
        ensure(refunds.is_sorted_by(|a, b| a.number < b.number), "K1", "refunds are not in order")?;
        ensure(refunds.last().map(|refund| refund.number) <= *last_refund, "K1", "a refund has no number")?;
        let succeeded = |number: ChargeNumber| {
            self.charges
                .ended(number)
                .is_some_and(|charge| matches!(charge.outcome, Outcome::Succeeded { .. }))
        };
        let charges = refunds.iter().map(|refund| refund.charge);
        let mut charges = charges
            .chain(recorded.iter().map(|refund| refund.charge))
            .chain(disputes.iter().map(|dispute| dispute.charge));
        ensure(charges.all(succeeded), "G2", "a reversal of a charge that has not succeeded")?;
        let amounts = refunds.iter().map(|refund| refund.amount);
        let mut amounts = amounts
            .chain(recorded.iter().map(|refund| refund.amount))
            .chain(disputes.iter().map(|dispute| dispute.amount));
        ensure(amounts.all(|amount| !amount.is_zero()), "M4", "a reversal of nothing")?;
        ensure(
            is_unique(|| recorded.iter().map(|refund| &refund.reference)),
            "G1",
            "a refund on record twice",
        )?;
        ensure(
            is_unique(|| disputes.iter().map(|dispute| &dispute.dispute)),
            "G2",
            "two disputes have one id",
        )?;
        ensure(pause.is_none() || !self.stage.is_ending(), "G4", "a pause of an account on its way out")
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
        let keys = self.stage.keys().map_or(0, |keys| keys.as_slice().len());
        let known = |key: crate::id::KeyNumber| usize::try_from(key.0).is_ok_and(|n| (1..=keys).contains(&n));
        let mut made_with =
            calls.open.iter().map(|call| call.key).chain(calls.late.iter().map(|call| call.key));
        ensure(made_with.all(known), "D2", "a call was made with no key")?;
        let ids = || calls.open.iter().map(|call| call.call).chain(calls.late.iter().map(|call| call.call));
        ensure(is_unique(ids), "D5", "a call is remembered twice")
    }

    fn check_stage(&self) -> Result<(), Violation> {
        let open = self.charges.open.as_ref();
        // Only grants come before the first charge (H1).
        let untouched = self.wallet.credited.is_zero()
            && self.wallet.settled.is_zero()
            && self.calls == Calls::default()
            && self.reversals == Reversals::default();
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
            Stage::Active { origin, .. } => {
                let by_charge = self.charges.archived.is_some()
                    || self.charges.ended.iter().any(|charge| {
                        charge.kind == ChargeKind::InitialFunding
                            && matches!(charge.outcome, Outcome::Succeeded { .. })
                    });
                let funded = by_charge || *origin != Origin::Charge;
                ensure(funded, "B4", "active without a successful initial funding")?;
                let needless = open.is_none_or(|charge| {
                    charge.kind != ChargeKind::InitialFunding || charge.counting == Counting::Superseded
                });
                ensure(needless, "B4", "an initial funding is open for an account that was funded")
            }
            Stage::Closing(_) => {
                let keys = self.stage.keys().is_none_or(Keys::are_revoked);
                ensure(keys, "J2", "a key works while the account is closing")
            }
            Stage::Closed(_) => {
                let ended = open.is_none() && self.calls == Calls::default() && self.lots.is_empty();
                ensure(ended, "J2", "something is open of an account that is closed")
            }
        }
    }

    /// Nothing that has happened lies after the last change (K2).
    fn check_past(&self) -> Result<(), Violation> {
        let (calls, charges) = (&self.calls, &self.charges);
        let open = calls.open.iter().map(|call| call.admitted_at);
        let late = calls.late.iter().map(|call| call.admitted_at);
        let asked = charges.open.iter().map(|charge| charge.requested_at);
        let ended = charges.ended.iter().flat_map(|charge| [charge.requested_at, charge.ended_at]);
        let reversed = charges.ended.iter().filter_map(|charge| charge.reversed_at);
        let refunds = self.reversals.refunds.iter().map(|refund| refund.requested_at);
        let lots = self.lots.started.iter().chain(&self.lots.waiting).map(|lot| lot.issued_at);
        let keys = self.stage.keys().map_or(&[][..], Keys::as_slice).iter().map(|key| key.created_at);
        let mut all =
            open.chain(late).chain(asked).chain(ended).chain(reversed).chain(refunds).chain(lots).chain(keys);
        ensure(all.all(|at| at <= self.last), "K2", "something happened after the last change")
    }

    fn check_keys(&self) -> Result<(), Violation> {
        let keys = self.stage.keys().map_or(&[][..], Keys::as_slice);
        ensure(self.counters_agree(), "I1", "what the keys have used is not what the account has")?;
        let numbered = (1..).zip(keys).all(|(number, key)| key.number.0 == number);
        ensure(numbered, "C1", "keys are not numbered in order")?;
        ensure(is_unique(|| keys.iter().map(|key| key.id)), "K6", "two keys have one id")?;
        ensure(is_unique(|| keys.iter().map(|key| key.digest)), "C4", "two keys have one digest")
    }
}

impl Charges {
    fn check(&self) -> Result<(), Violation> {
        let numbers = || {
            let ended = self.ended.iter().map(|charge| charge.number);
            ended.chain(self.open.iter().map(|charge| charge.number))
        };
        ensure(numbers().is_sorted_by(|a, b| a < b), "K1", "charges are not numbered in order")?;
        let whole = (1..).zip(numbers()).all(|(number, charge)| charge.0 == number);
        ensure(whole || self.archived.is_some(), "K1", "a charge is missing")?;
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
