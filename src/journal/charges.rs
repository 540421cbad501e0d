//! What each charge brought and what went back of it (F2, G1, G2), from its events alone.

use alloc::collections::BTreeMap;

use rust_decimal::Decimal;

use super::exact::{above_zero, add, sub};
use super::fault::{JournalFault, Subject};
use crate::command::DisputeOutcome;
use crate::id::{ChargeNumber, RefundNumber};
use crate::text::Text;

#[derive(Debug, Clone, Default)]
pub(super) struct Charges {
    asked: BTreeMap<ChargeNumber, Charge>,
    refunds: BTreeMap<RefundNumber, Refund>,
    /// Made at the provider, by its reference; gone when it turns out to be a refund of our own.
    recorded: BTreeMap<Text, (ChargeNumber, Decimal)>,
    disputes: BTreeMap<Text, Dispute>,
}

#[derive(Debug, Clone)]
struct Charge {
    asked: Decimal,
    /// What the operator's evidence says was taken; said just before the ending (F3b).
    resolved: Option<Decimal>,
    /// What it credited, once it has, less refunds asked and not failed, refunds recorded, and disputes not won.
    cash: Option<Decimal>,
}

#[derive(Debug, Clone)]
struct Refund {
    charge: ChargeNumber,
    amount: Decimal,
    failed: bool,
}

#[derive(Debug, Clone)]
struct Dispute {
    charge: ChargeNumber,
    amount: Decimal,
    closed: bool,
}

/// What an event moved at the provider, and in the purchased credit (G2). Where the provider took more back than it had
/// brought, the two differ.
#[derive(Debug, Clone, Copy)]
pub(super) struct Change {
    pub(super) cash: Decimal,
    pub(super) contribution: Decimal,
}

const fn unknown<T>(subject: Subject) -> Result<T, JournalFault> {
    Err(JournalFault::Unknown(subject))
}

impl Charges {
    fn find(&mut self, number: ChargeNumber) -> Result<&mut Charge, JournalFault> {
        self.asked.get_mut(&number).ok_or(JournalFault::Unknown(Subject::Charge))
    }

    pub(super) fn requested(&mut self, number: ChargeNumber, asked: Decimal) -> Result<(), JournalFault> {
        let charge = Charge { asked, resolved: None, cash: None };
        match self.asked.insert(number, charge) {
            Some(_) => Err(JournalFault::Known(Subject::Charge)),
            None => Ok(()),
        }
    }

    pub(super) fn resolved(&mut self, number: ChargeNumber, taken: Decimal) -> Result<(), JournalFault> {
        self.find(number)?.resolved = Some(taken);
        Ok(())
    }

    /// A charge ended without money: what evidence said of it has been heard.
    pub(super) fn ended(&mut self, number: ChargeNumber) -> Result<(), JournalFault> {
        let charge = self.find(number)?;
        if charge.cash.is_some() {
            return Err(JournalFault::Ended(Subject::Charge));
        }
        charge.resolved = None;
        Ok(())
    }

    /// A charge is credited, once, with what was asked, or with what the operator's evidence says (F2, F3b).
    pub(super) fn credited(&mut self, number: ChargeNumber, event: Decimal) -> Result<Change, JournalFault> {
        let charge = self.find(number)?;
        if charge.cash.is_some() {
            return Err(JournalFault::Ended(Subject::Charge));
        }
        let books = charge.resolved.take().unwrap_or(charge.asked);
        if books != event {
            return Err(JournalFault::Differs { books, event });
        }
        charge.cash = Some(event);
        Ok(Change { cash: event, contribution: event })
    }

    /// The records go; what the charge contributed stays in the balance (G1).
    pub(super) fn archived(&mut self, number: ChargeNumber) -> Result<(), JournalFault> {
        self.find(number)?;
        self.asked.remove(&number);
        self.refunds.retain(|_, refund| refund.charge != number);
        self.recorded.retain(|_, (charge, _)| *charge != number);
        self.disputes.retain(|_, dispute| dispute.charge != number);
        Ok(())
    }

    /// More, or less, of a charge has gone back.
    fn goes_back(
        &mut self,
        number: ChargeNumber,
        more: Decimal,
        less: Decimal,
    ) -> Result<Change, JournalFault> {
        let charge = self.find(number)?;
        let before = charge.cash.ok_or(JournalFault::TooEarly(Subject::Charge))?;
        let after = add(sub(before, more)?, less)?;
        charge.cash = Some(after);
        Ok(Change { cash: sub(after, before)?, contribution: sub(above_zero(after), above_zero(before))? })
    }

    /// A refund is asked: at most what the charge contributes (G1).
    pub(super) fn refund_requested(
        &mut self,
        refund: RefundNumber,
        charge: ChargeNumber,
        amount: Decimal,
    ) -> Result<Change, JournalFault> {
        let there = above_zero(self.find(charge)?.cash.unwrap_or_default());
        if amount > there {
            return Err(JournalFault::Beyond { there, asked: amount });
        }
        if self.refunds.insert(refund, Refund { charge, amount, failed: false }).is_some() {
            return Err(JournalFault::Known(Subject::Refund));
        }
        self.goes_back(charge, amount, Decimal::ZERO)
    }

    /// A refund went through. If it was recorded under its reference before, it was one and the same (G1).
    pub(super) fn refund_succeeded(
        &mut self,
        number: RefundNumber,
        reference: &Text,
    ) -> Result<Option<Change>, JournalFault> {
        let Some(refund) = self.refunds.get(&number) else { return unknown(Subject::Refund) };
        // Failed or not: one that was recorded under this reference was this one.
        let (charge, amount) = (refund.charge, refund.amount);
        if self.recorded.get(reference) != Some(&(charge, amount)) {
            return Ok(None);
        }
        self.recorded.remove(reference);
        self.goes_back(charge, Decimal::ZERO, amount).map(Some)
    }

    pub(super) fn refund_failed(&mut self, number: RefundNumber) -> Result<Change, JournalFault> {
        let Some(refund) = self.refunds.get_mut(&number) else { return unknown(Subject::Refund) };
        if refund.failed {
            return Err(JournalFault::Ended(Subject::Refund));
        }
        refund.failed = true;
        let (charge, amount) = (refund.charge, refund.amount);
        self.goes_back(charge, Decimal::ZERO, amount)
    }

    pub(super) fn refund_recorded(
        &mut self,
        charge: ChargeNumber,
        amount: Decimal,
        reference: &Text,
    ) -> Result<Change, JournalFault> {
        if self.recorded.insert(reference.clone(), (charge, amount)).is_some() {
            return Err(JournalFault::Known(Subject::Refund));
        }
        self.goes_back(charge, amount, Decimal::ZERO)
    }

    pub(super) fn dispute_opened(
        &mut self,
        id: &Text,
        charge: ChargeNumber,
        amount: Decimal,
    ) -> Result<Change, JournalFault> {
        if self.disputes.insert(id.clone(), Dispute { charge, amount, closed: false }).is_some() {
            return Err(JournalFault::Known(Subject::Dispute));
        }
        self.goes_back(charge, amount, Decimal::ZERO)
    }

    /// A dispute that is won brings the money back; one that is lost changes nothing more.
    pub(super) fn dispute_closed(
        &mut self,
        id: &Text,
        outcome: DisputeOutcome,
    ) -> Result<Option<Change>, JournalFault> {
        let Some(dispute) = self.disputes.get_mut(id) else { return unknown(Subject::Dispute) };
        if dispute.closed {
            return Err(JournalFault::Ended(Subject::Dispute));
        }
        dispute.closed = true;
        let (charge, amount) = (dispute.charge, dispute.amount);
        match outcome {
            DisputeOutcome::Lost => Ok(None),
            DisputeOutcome::Won => self.goes_back(charge, Decimal::ZERO, amount).map(Some),
        }
    }
}
