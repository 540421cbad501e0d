//! Lots: grants beside the purchased credit, the order in which they are spent, and what holds draw on (chapter H).
//!
//! The purchased credit is a lot, too, but keeps no account of its own: it is what the grants' lots leave of the balance,
//! and below zero what it owes. So an account without grants pays nothing for them.

use alloc::vec::Vec;

use serde::{Deserialize, Serialize};

use super::Opened;
use super::wallet::is_zero;
use crate::event::GrantIssued;
use crate::evolve::Corrupt;
use crate::id::{CallId, GrantId};
use crate::money::{Amount, AmountError, Balance};
use crate::time::Timestamp;

/// A grant that the account still knows: one that is to start, is being spent, or has ended while calls hold some of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lot {
    /// What was granted.
    pub issued: GrantIssued,
    /// When.
    pub issued_at: Timestamp,
    /// Its unheld remainder.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub left: Amount,
    /// What open calls hold of it.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub held: Amount,
    /// Whether it can be spent.
    pub phase: LotPhase,
}

/// Whether a grant can be spent (H1, H3).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LotPhase {
    /// Not yet.
    Waiting,
    /// It can.
    Spendable,
    /// No longer: it has expired or was voided, and what calls hold of it is gone when it is given back.
    Ended,
}

/// What an open call holds of a grant (H2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Allotment {
    call: CallId,
    grant: GrantId,
    amount: Amount,
}

/// The grants the account knows, and how the open holds are allotted to them.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(crate) struct Lots {
    /// Those that have started, in burn order (H2).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) started: Vec<Lot>,
    /// Those that have not, in the order of their effective times and ids.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) waiting: Vec<Lot>,
    /// By call in the order of admission, and for each call in burn order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    allotted: Vec<Allotment>,
    /// The sum of the unheld remainders.
    #[serde(default, skip_serializing_if = "is_zero")]
    left: Amount,
}

impl Lot {
    pub(crate) fn of(issued: GrantIssued, issued_at: Timestamp) -> Self {
        Self { issued, issued_at, left: Amount::ZERO, held: Amount::ZERO, phase: LotPhase::Waiting }
    }

    /// Its place in the burn order; purchased credit stands behind every grant of priority 0 (H2).
    fn place(&self) -> impl Ord {
        let GrantIssued { priority, expires_at, grant, .. } = &self.issued;
        (*priority, expires_at.is_none(), *expires_at, self.issued_at, *grant)
    }

    /// Whether it is spent before the purchased credit.
    const fn is_before_purchased(&self) -> bool {
        self.issued.priority <= 0
    }

    const fn is_spent(&self) -> bool {
        self.left.is_zero() && self.held.is_zero()
    }
}

impl Lots {
    pub(crate) fn is_empty(&self) -> bool {
        self.started.is_empty() && self.waiting.is_empty()
    }

    /// The grant with this id, if the account knows it.
    pub(crate) fn find(&self, grant: GrantId) -> Option<&Lot> {
        self.started.iter().chain(&self.waiting).find(|lot| lot.issued.grant == grant)
    }

    /// The face values of the grants that have not started.
    pub(crate) fn waiting_total(&self) -> Result<Amount, AmountError> {
        self.waiting.iter().try_fold(Amount::ZERO, |sum, lot| sum.checked_add(lot.issued.amount))
    }

    /// The earliest expiry of a grant that can be spent, and which (K3).
    pub(crate) fn next_expiry(&self) -> Option<(Timestamp, GrantId)> {
        let spendable = self.started.iter().filter(|lot| lot.phase == LotPhase::Spendable);
        spendable.filter_map(|lot| lot.issued.expires_at.map(|at| (at, lot.issued.grant))).min()
    }

    /// The earliest start of a grant, and which (K3).
    pub(crate) fn next_start(&self) -> Option<(Timestamp, GrantId)> {
        self.waiting.first().and_then(|lot| lot.issued.effective_at.map(|at| (at, lot.issued.grant)))
    }

    /// A grant that has ended and to which something was given back: it is gone with the next look (H3).
    pub(crate) fn given_back_in_vain(&self) -> Option<&Lot> {
        self.started.iter().find(|lot| lot.phase == LotPhase::Ended && !lot.left.is_zero())
    }

    fn started_mut(&mut self, grant: GrantId) -> Result<&mut Lot, Corrupt> {
        self.started.iter_mut().find(|lot| lot.issued.grant == grant).ok_or(Corrupt("no such grant"))
    }

    fn wait(&mut self, lot: Lot) {
        let place = |lot: &Lot| (lot.issued.effective_at, lot.issued.grant);
        let at = self.waiting.partition_point(|other| place(other) < place(&lot));
        self.waiting.insert(at, lot);
    }

    fn start(&mut self, lot: Lot) -> Result<(), Corrupt> {
        let left = lot.issued.amount;
        self.left = self.left.checked_add(left)?;
        let at = self.started.partition_point(|other| other.place() < lot.place());
        self.started.insert(at, Lot { left, phase: LotPhase::Spendable, ..lot });
        Ok(())
    }

    /// Takes `amount` from the unheld remainders in burn order, as far as they and the purchased credit before them go;
    /// `take` is told what comes from which grant. What is left over is the purchased lot's to owe (H2, H4).
    fn draw(
        &mut self,
        amount: Amount,
        purchased: Amount,
        mut take: impl FnMut(&mut Lot, Amount) -> Result<(), AmountError>,
    ) -> Result<(), AmountError> {
        let (mut need, mut purchased) = (amount, purchased);
        for lot in &mut self.started {
            if !lot.is_before_purchased() {
                need = need.checked_sub(need.min(purchased))?;
                purchased = Amount::ZERO;
            }
            if need.is_zero() {
                break;
            }
            if lot.phase == LotPhase::Spendable && !lot.left.is_zero() {
                let part = lot.left.min(need);
                lot.left = lot.left.checked_sub(part)?;
                self.left = self.left.checked_sub(part)?;
                need = need.checked_sub(part)?;
                take(lot, part)?;
            }
        }
        Ok(())
    }

    fn drop_spent(&mut self) {
        self.started.retain(|lot| !lot.is_spent());
    }

    /// Allots a hold to lots (H2).
    fn allot(&mut self, call: CallId, amount: Amount, purchased: Amount) -> Result<(), AmountError> {
        let mut allotted = core::mem::take(&mut self.allotted);
        let drawn = self.draw(amount, purchased, |lot, part| {
            lot.held = lot.held.checked_add(part)?;
            allotted.push(Allotment { call, grant: lot.issued.grant, amount: part });
            Ok(())
        });
        self.allotted = allotted;
        drawn
    }

    /// Gives a hold back to its lots, but for `settled`, which is taken from them in the same order (H2).
    fn give_back(&mut self, call: CallId, hold: Amount, settled: Amount) -> Result<(), Corrupt> {
        let Some(from) = self.allotted.iter().position(|part| part.call == call) else { return Ok(()) };
        let parts = self.allotted.iter().skip(from).take_while(|part| part.call == call).count();
        let range = from..from.saturating_add(parts);
        let mut granted = self.allotted.iter().skip(from).take(parts);
        let granted = granted.try_fold(Amount::ZERO, |sum, part| sum.checked_add(part.amount))?;
        let (mut need, mut purchased) = (settled, hold.checked_sub(granted)?);
        for Allotment { grant, amount, .. } in self.allotted.drain(range) {
            let lot = self.started.iter_mut().find(|lot| lot.issued.grant == grant);
            let lot = lot.ok_or(Corrupt("a hold draws on no grant"))?;
            if !lot.is_before_purchased() {
                need = need.checked_sub(need.min(purchased))?;
                purchased = Amount::ZERO;
            }
            let spent = amount.min(need);
            need = need.checked_sub(spent)?;
            let back = amount.checked_sub(spent)?;
            lot.held = lot.held.checked_sub(amount)?;
            lot.left = lot.left.checked_add(back)?;
            self.left = self.left.checked_add(back)?;
        }
        self.drop_spent();
        Ok(())
    }

    /// What open calls hold of this grant.
    pub(crate) fn allotted_to(&self, grant: GrantId) -> Result<Amount, AmountError> {
        let mut parts = self.allotted.iter().filter(|part| part.grant == grant);
        parts.try_fold(Amount::ZERO, |sum, part| sum.checked_add(part.amount))
    }

    /// What this call holds of grants.
    pub(crate) fn allotted_by(&self, call: CallId) -> Result<Amount, AmountError> {
        let mut parts = self.allotted.iter().filter(|part| part.call == call);
        parts.try_fold(Amount::ZERO, |sum, part| sum.checked_add(part.amount))
    }

    pub(crate) fn allotments(&self) -> impl Iterator<Item = (CallId, GrantId)> {
        self.allotted.iter().map(|part| (part.call, part.grant))
    }

    pub(crate) const fn left(&self) -> Amount {
        self.left
    }

    pub(crate) fn is_in_order(&self) -> bool {
        let waiting = |lot: &Lot| (lot.issued.effective_at, lot.issued.grant);
        self.started.is_sorted_by(|a, b| a.place() < b.place()) && self.waiting.is_sorted_by_key(waiting)
    }
}

impl Opened {
    /// The unheld purchased credit; below zero what it owes (H4).
    pub(crate) fn purchased(&self) -> Balance {
        self.wallet.available().checked_sub(self.lots.left()).unwrap_or(Balance::MIN)
    }

    /// What the purchased lot owes is paid at once from every unheld lot in burn order (H4).
    pub(crate) fn pay_debt(&mut self) -> Result<(), Corrupt> {
        let owed = self.purchased().debt();
        if !owed.is_zero() && !self.lots.started.is_empty() {
            self.lots.draw(owed, Amount::ZERO, |_, _| Ok(()))?;
            self.lots.drop_spent();
        }
        Ok(())
    }

    /// Bills a call that held nothing: from the unheld lots in burn order (D7, D6).
    pub(crate) fn bill(&mut self, amount: Amount) -> Result<(), Corrupt> {
        let purchased = self.purchased().credit();
        self.wallet = self.wallet.bill(amount)?;
        if !self.lots.started.is_empty() {
            self.lots.draw(amount, purchased, |_, _| Ok(()))?;
            self.lots.drop_spent();
            self.pay_debt()?;
        }
        Ok(())
    }

    /// Holds a call's price, allotted to the unheld lots in burn order (D3, H2).
    pub(crate) fn hold(&mut self, call: CallId, amount: Amount) -> Result<(), Corrupt> {
        if !self.lots.started.is_empty() {
            let purchased = self.purchased().credit();
            self.lots.allot(call, amount, purchased)?;
        }
        self.wallet = self.wallet.hold(amount)?;
        Ok(())
    }

    /// Frees a call's hold and bills `amount` of it, and beyond it from the unheld lots (D4, D8).
    pub(crate) fn settle(&mut self, call: CallId, hold: Amount, amount: Amount) -> Result<(), Corrupt> {
        let covered = amount.min(hold);
        self.wallet = self.wallet.free(hold)?.bill(covered)?;
        self.lots.give_back(call, hold, covered)?;
        let beyond = amount.checked_sub(covered)?;
        if beyond.is_zero() { self.pay_debt() } else { self.bill(beyond) }
    }

    /// Takes a grant's unheld remainder out of the balance; it stays known while calls hold some of it (H3).
    fn end_lot(&mut self, grant: GrantId, amount: Amount) -> Result<(), Corrupt> {
        let lot = self.lots.started_mut(grant)?;
        if lot.left != amount {
            return Err(Corrupt("the grant's remainder is another"));
        }
        (lot.left, lot.phase) = (Amount::ZERO, LotPhase::Ended);
        self.lots.left = self.lots.left.checked_sub(amount)?;
        self.lots.drop_spent();
        self.wallet = self.wallet.lapse(amount)?;
        Ok(())
    }

    pub(crate) fn apply_granted(&mut self, at: Timestamp, issued: &GrantIssued) -> Result<(), Corrupt> {
        let soonest = issued.effective_at.map_or(at, |effective| effective.max(at));
        if issued.amount.is_zero() || issued.expires_at.is_some_and(|expiry| expiry <= soonest) {
            return Err(Corrupt("the grant gives nothing, or for no time"));
        }
        if self.lots.find(issued.grant).is_some() {
            return Err(Corrupt("the grant exists"));
        }
        let lot = Lot::of(issued.clone(), at);
        if soonest > at {
            self.lots.wait(lot);
            return Ok(());
        }
        self.start_lot(lot)
    }

    fn start_lot(&mut self, lot: Lot) -> Result<(), Corrupt> {
        self.wallet = self.wallet.grant(lot.issued.amount)?;
        self.lots.start(lot)?;
        self.pay_debt()
    }

    pub(crate) fn apply_grant_started(&mut self, at: Timestamp, grant: GrantId) -> Result<(), Corrupt> {
        let place = self.lots.waiting.iter().position(|lot| lot.issued.grant == grant);
        let lot = self.lots.waiting.remove(place.ok_or(Corrupt("the grant does not wait"))?);
        if lot.issued.effective_at.is_some_and(|effective| at < effective) {
            return Err(Corrupt("the grant has not reached its effective time"));
        }
        self.start_lot(lot)
    }

    pub(crate) fn apply_grant_expired(
        &mut self,
        at: Timestamp,
        grant: GrantId,
        amount: Amount,
    ) -> Result<(), Corrupt> {
        let lot = self.lots.started_mut(grant)?;
        if lot.phase != LotPhase::Spendable || lot.issued.expires_at.is_none_or(|expiry| at < expiry) {
            return Err(Corrupt("the grant has not reached its expiry"));
        }
        self.end_lot(grant, amount)
    }

    pub(crate) fn apply_grant_voided(&mut self, grant: GrantId, amount: Amount) -> Result<(), Corrupt> {
        if let Some(place) = self.lots.waiting.iter().position(|lot| lot.issued.grant == grant) {
            self.lots.waiting.remove(place);
            return if amount.is_zero() { Ok(()) } else { Err(Corrupt("the grant has not started")) };
        }
        if self.lots.started_mut(grant)?.phase != LotPhase::Spendable {
            return Err(Corrupt("the grant has ended"));
        }
        self.end_lot(grant, amount)
    }

    pub(crate) fn apply_grant_lapsed(&mut self, grant: GrantId, amount: Amount) -> Result<(), Corrupt> {
        if amount.is_zero() || self.lots.started_mut(grant)?.phase != LotPhase::Ended {
            return Err(Corrupt("nothing was given back to a grant that has ended"));
        }
        self.end_lot(grant, amount)
    }
}
