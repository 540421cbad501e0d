//! Where credit lies, in the order in which it is spent (H2), and what open calls hold of it (D3, D4, H3, H4).

use alloc::collections::BTreeMap;
use alloc::vec::Vec;

use rust_decimal::Decimal;

use super::exact::{above_zero, add, sub, total};
use super::fault::{JournalFault, Subject};
use crate::event::GrantIssued;
use crate::id::{CallId, GrantId};
use crate::time::Timestamp;

/// A lot's place in the burn order: the order of the fields is the rule (H2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Place {
    priority: i16,
    expiry: Expiry,
    origin: Origin,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Expiry {
    At(Timestamp),
    Never,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Origin {
    Granted(Timestamp, GrantId),
    Purchased,
}

const PURCHASED: Place = Place { priority: 0, expiry: Expiry::Never, origin: Origin::Purchased };

/// One lot: `unheld` may be below zero for the purchased one, which then owes (H4).
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Lot {
    pub(super) unheld: Decimal,
    pub(super) held: Decimal,
    pub(super) ended: bool,
}

#[derive(Debug, Clone)]
struct Hold {
    amount: Decimal,
    parts: Vec<(Place, Decimal)>,
}

#[derive(Debug, Clone, Default)]
pub(super) struct Lots {
    purchased: Lot,
    grants: BTreeMap<Place, Lot>,
    /// Issued, and not credit yet: from when it is, its place and its face value (H1).
    waiting: BTreeMap<GrantId, (Timestamp, Place, Decimal)>,
    calls: BTreeMap<CallId, Hold>,
    /// Expired, and not settled late yet: their former holds (D6).
    late: BTreeMap<CallId, Decimal>,
}

impl Place {
    fn of(issued: &GrantIssued, at: Timestamp) -> Self {
        let expiry = issued.expires_at.map_or(Expiry::Never, Expiry::At);
        Self { priority: issued.priority, expiry, origin: Origin::Granted(at, issued.grant) }
    }

    const fn grant(&self) -> Option<GrantId> {
        match self.origin {
            Origin::Granted(_, grant) => Some(grant),
            Origin::Purchased => None,
        }
    }
}

impl Lots {
    pub(super) const fn purchased(&self) -> Lot {
        self.purchased
    }

    /// The grants that are credit, in burn order.
    pub(super) fn grants(&self) -> impl Iterator<Item = (GrantId, Lot)> {
        self.grants.iter().filter_map(|(place, lot)| place.grant().map(|grant| (grant, *lot)))
    }

    /// What is left of the purchased credit, with what calls hold of it; below zero it is a debt.
    pub(super) fn purchased_left(&self) -> Result<Decimal, JournalFault> {
        add(self.purchased.unheld, self.purchased.held)
    }

    /// What is left of all grants, with what calls hold of them.
    pub(super) fn granted_left(&self) -> Result<Decimal, JournalFault> {
        total(self.grants.values().flat_map(|lot| [lot.unheld, lot.held]))
    }

    /// What open calls hold.
    pub(super) fn held(&self) -> Result<Decimal, JournalFault> {
        total(self.calls.values().map(|hold| hold.amount))
    }

    /// Purchased credit comes or, below zero, goes.
    pub(super) fn move_purchased(&mut self, change: Decimal) -> Result<(), JournalFault> {
        self.purchased.unheld = add(self.purchased.unheld, change)?;
        Ok(())
    }

    /// Purchased credit goes that must be there.
    pub(super) fn take_purchased(&mut self, amount: Decimal) -> Result<(), JournalFault> {
        self.purchased.take(amount)
    }

    /// A part of the debt is forgiven; there is no debt but what the purchased lot owes.
    pub(super) fn forgive(&mut self, amount: Decimal) -> Result<(), JournalFault> {
        let there = above_zero(sub(Decimal::ZERO, self.purchased_left()?)?);
        if amount > there {
            return Err(JournalFault::Beyond { there, asked: amount });
        }
        self.move_purchased(amount)
    }

    /// A grant is given. True if it is credit at once (H1).
    pub(super) fn issue(&mut self, at: Timestamp, issued: &GrantIssued) -> Result<bool, JournalFault> {
        let is_known = self.grants().any(|(grant, _)| grant == issued.grant);
        if is_known || self.waiting.contains_key(&issued.grant) {
            return Err(JournalFault::Known(Subject::Grant));
        }
        let (place, face) = (Place::of(issued, at), issued.amount.to_decimal());
        match issued.effective_at {
            Some(from) if from > at => {
                self.waiting.insert(issued.grant, (from, place, face));
                Ok(false)
            }
            Some(_) | None => {
                self.grants.insert(place, Lot { unheld: face, ..Lot::default() });
                Ok(true)
            }
        }
    }

    /// A grant is credit from now on; its face value.
    pub(super) fn start(&mut self, at: Timestamp, grant: GrantId) -> Result<Decimal, JournalFault> {
        let Some((from, place, face)) = self.waiting.remove(&grant) else {
            return Err(JournalFault::Unknown(Subject::Grant));
        };
        if at < from {
            return Err(JournalFault::TooEarly(Subject::Grant));
        }
        self.grants.insert(place, Lot { unheld: face, ..Lot::default() });
        Ok(face)
    }

    fn grant(&mut self, grant: GrantId) -> Result<(&Place, &mut Lot), JournalFault> {
        let mut all = self.grants.iter_mut();
        all.find(|(place, _)| place.grant() == Some(grant)).ok_or(JournalFault::Unknown(Subject::Grant))
    }

    /// A grant has expired: its unheld remainder is gone (H3).
    pub(super) fn expire(
        &mut self,
        at: Timestamp,
        grant: GrantId,
        gone: Decimal,
    ) -> Result<(), JournalFault> {
        let (place, lot) = self.grant(grant)?;
        if !matches!(place.expiry, Expiry::At(end) if end <= at) {
            return Err(JournalFault::TooEarly(Subject::Grant));
        }
        lot.end(gone)
    }

    /// A grant was taken back: its unheld remainder is gone, or all of it before it was credit (H3).
    pub(super) fn void(&mut self, grant: GrantId, gone: Decimal) -> Result<(), JournalFault> {
        if self.waiting.remove(&grant).is_none() {
            return self.grant(grant)?.1.end(gone);
        }
        same(Decimal::ZERO, gone)
    }

    /// What was given back to a grant that had ended is gone (H3).
    pub(super) fn lapse(&mut self, grant: GrantId, gone: Decimal) -> Result<(), JournalFault> {
        let (_, lot) = self.grant(grant)?;
        if !lot.ended {
            return Err(JournalFault::TooEarly(Subject::Grant));
        }
        same(lot.unheld, gone)?;
        lot.unheld = Decimal::ZERO;
        Ok(())
    }

    /// Every lot that can be drawn on, in burn order.
    fn spendable(&mut self) -> impl Iterator<Item = (Place, &mut Lot)> {
        let mut grants = self.grants.iter_mut().map(|(place, lot)| (*place, lot)).peekable();
        let mut purchased = Some(&mut self.purchased);
        let all = core::iter::from_fn(move || {
            let granted = grants.next_if(|(place, _)| purchased.is_none() || *place < PURCHASED);
            granted.or_else(|| purchased.take().map(|lot| (PURCHASED, lot)))
        });
        all.filter(|(_, lot)| !lot.ended)
    }

    /// Takes up to `amount` from the unheld lots in burn order: the parts, and what they do not cover.
    fn draw(&mut self, amount: Decimal) -> Result<(Vec<(Place, Decimal)>, Decimal), JournalFault> {
        let (mut parts, mut missing) = (Vec::new(), amount);
        for (place, lot) in self.spendable() {
            let part = above_zero(lot.unheld.min(missing));
            if !part.is_zero() {
                lot.take(part)?;
                missing = sub(missing, part)?;
                parts.push((place, part));
            }
        }
        Ok((parts, missing))
    }

    /// Takes `amount` from the unheld lots; what they do not cover the purchased lot owes (H2).
    pub(super) fn spend(&mut self, amount: Decimal) -> Result<(), JournalFault> {
        let (_, missing) = self.draw(amount)?;
        self.purchased.unheld = sub(self.purchased.unheld, missing)?;
        Ok(())
    }

    /// A call holds its price; no admission makes what is available negative (D3, D8).
    pub(super) fn hold(&mut self, call: CallId, amount: Decimal) -> Result<(), JournalFault> {
        if self.calls.contains_key(&call) || self.late.contains_key(&call) {
            return Err(JournalFault::Known(Subject::Call));
        }
        let (parts, missing) = self.draw(amount)?;
        if !missing.is_zero() {
            return Err(JournalFault::Beyond { there: sub(amount, missing)?, asked: amount });
        }
        for (place, part) in &parts {
            let lot = self.at(*place)?;
            lot.held = add(lot.held, *part)?;
        }
        self.calls.insert(call, Hold { amount, parts });
        Ok(())
    }

    fn at(&mut self, place: Place) -> Result<&mut Lot, JournalFault> {
        if place == PURCHASED {
            return Ok(&mut self.purchased);
        }
        self.grants.get_mut(&place).ok_or(JournalFault::Unknown(Subject::Grant))
    }

    /// Ends a hold: the first `billed` of its allotment are spent, the rest goes back to the same lots. What is left of
    /// `billed`, and the former hold.
    fn end_hold(&mut self, call: CallId, billed: Decimal) -> Result<(Decimal, Decimal), JournalFault> {
        let Some(Hold { amount, parts }) = self.calls.remove(&call) else {
            return Err(JournalFault::Unknown(Subject::Call));
        };
        let mut owing = billed;
        for (place, part) in parts {
            let spent = part.min(owing);
            owing = sub(owing, spent)?;
            let lot = self.at(place)?;
            lot.held = sub(lot.held, part)?;
            lot.unheld = add(lot.unheld, sub(part, spent)?)?;
        }
        Ok((owing, amount))
    }

    /// A call is billed: from its hold, and above it from the unheld lots (D4, D8).
    pub(super) fn settle(&mut self, call: CallId, billed: Decimal) -> Result<(), JournalFault> {
        let (above, _) = self.end_hold(call, billed)?;
        self.spend(above)
    }

    pub(super) fn release(&mut self, call: CallId) -> Result<(), JournalFault> {
        self.end_hold(call, Decimal::ZERO).map(drop)
    }

    pub(super) fn call_expired(&mut self, call: CallId) -> Result<(), JournalFault> {
        let (_, former) = self.end_hold(call, Decimal::ZERO)?;
        self.late.insert(call, former);
        Ok(())
    }

    /// An expired call is billed, for at most its former hold (D6).
    pub(super) fn settle_late(&mut self, call: CallId, billed: Decimal) -> Result<(), JournalFault> {
        let Some(there) = self.late.remove(&call) else {
            return Err(JournalFault::Unknown(Subject::Call));
        };
        if billed > there {
            return Err(JournalFault::Beyond { there, asked: billed });
        }
        self.spend(billed)
    }

    pub(super) fn is_open(&self, call: CallId) -> Result<(), JournalFault> {
        self.calls.get(&call).map(|_| ()).ok_or(JournalFault::Unknown(Subject::Call))
    }

    pub(super) fn forget_call(&mut self, call: CallId) -> Result<(), JournalFault> {
        self.late.remove(&call).map(|_| ()).ok_or(JournalFault::Unknown(Subject::Call))
    }

    /// What the purchased lot owes is paid from every unheld grant, and what is spent is forgotten (H4, H1).
    pub(super) fn tidy(&mut self) -> Result<(), JournalFault> {
        let owed = above_zero(sub(Decimal::ZERO, self.purchased.unheld)?);
        if !owed.is_zero() {
            // The purchased lot itself has nothing to give: it is the one that owes.
            let (_, missing) = self.draw(owed)?;
            self.move_purchased(sub(owed, missing)?)?;
        }
        self.grants.retain(|_, lot| !(lot.unheld.is_zero() && lot.held.is_zero()));
        Ok(())
    }
}

impl Lot {
    fn take(&mut self, amount: Decimal) -> Result<(), JournalFault> {
        if amount > self.unheld {
            return Err(JournalFault::Beyond { there: self.unheld, asked: amount });
        }
        self.unheld = sub(self.unheld, amount)?;
        Ok(())
    }

    fn end(&mut self, gone: Decimal) -> Result<(), JournalFault> {
        if self.ended {
            return Err(JournalFault::Ended(Subject::Grant));
        }
        same(self.unheld, gone)?;
        *self = Self { unheld: Decimal::ZERO, ended: true, ..*self };
        Ok(())
    }
}

/// An event must say what the books say.
fn same(books: Decimal, event: Decimal) -> Result<(), JournalFault> {
    if books == event { Ok(()) } else { Err(JournalFault::Differs { books, event }) }
}
