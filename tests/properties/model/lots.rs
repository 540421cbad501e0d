//! What the credit consists of: the grants and the purchased lot, each with what open calls hold of it (H2 to H4, M5).

use std::collections::BTreeMap;

use rust_decimal::Decimal;
use serde_json::Value;

use super::Model;
use super::grants::Grant;
use super::values::{largest, object, units};

/// The credit of one grant, or the purchased credit as a whole.
#[derive(Clone, Default)]
pub(super) struct Lot {
    /// Below zero only for the purchased lot, where it owes (H4).
    pub(super) unheld: Decimal,
    /// By the id of the open call.
    pub(super) held: BTreeMap<String, Decimal>,
}

impl Lot {
    pub(super) fn all_held(&self) -> Decimal {
        self.held.values().sum()
    }

    fn total(&self) -> Decimal {
        self.unheld + self.all_held()
    }

    /// Takes up to `amount` of what is not held.
    fn take_unheld(&mut self, amount: Decimal) -> Decimal {
        let taken = self.unheld.min(amount).max(Decimal::ZERO);
        self.unheld -= taken;
        taken
    }
}

/// M5: what went into the credit and out of it, beside what charges contribute and calls have used.
#[derive(Clone, Default)]
pub(super) struct Ledger {
    /// Face value of the grants that ever took effect.
    pub(super) granted: Decimal,
    /// Remainders that expired, were voided, lapsed or were forfeited.
    pub(super) gone: Decimal,
    pub(super) written_off: Decimal,
}

/// A lot by its name: a grant's id, or none for the purchased lot.
type Name = Option<String>;

impl Model {
    /// H2: priority, earliest expiry, granted before purchased, issue time, id. No expiry is the latest; the purchased
    /// credit has priority 0. Only grants that have started hold credit.
    fn burn_order(&self) -> Vec<Name> {
        let mut order: Vec<_> = self
            .grants
            .values()
            .filter(|grant| grant.started)
            .map(|grant| {
                let expiry = grant.expires_at.unwrap_or(i64::MAX);
                (grant.priority, expiry, false, grant.issued_at, Some(grant.id.clone()))
            })
            .collect();
        order.push((0, i64::MAX, true, 0, None));
        order.sort();
        order.into_iter().map(|(_, _, _, _, name)| name).collect()
    }

    /// The grants that have started and are still known, in burn order.
    pub(super) fn grants_in_burn_order(&self) -> Vec<&Grant> {
        self.burn_order().iter().flatten().map(|id| &self.grants[id]).collect()
    }

    fn lot_mut(&mut self, name: &Name) -> &mut Lot {
        match name {
            Some(id) => &mut self.grants.get_mut(id).unwrap().lot,
            None => &mut self.purchased,
        }
    }

    /// H3: what is not held of a grant that has ended cannot be spent; it is about to lapse.
    fn spendable(&self) -> Vec<Name> {
        let mut order = self.burn_order();
        order.retain(|name| name.as_ref().is_none_or(|id| !self.grants[id].ended));
        order
    }

    /// All credit less settled usage.
    pub(super) fn credit_in_lots(&self) -> Decimal {
        self.purchased.total() + self.grants.values().map(|grant| grant.lot.total()).sum::<Decimal>()
    }

    /// H2: allots a hold to the lots, in burn order. It was checked that they cover it.
    pub(super) fn hold(&mut self, call: &str, amount: Decimal) {
        let mut rest = amount;
        for name in self.spendable() {
            let lot = self.lot_mut(&name);
            let part = lot.take_unheld(rest);
            if !part.is_zero() {
                lot.held.insert(call.to_owned(), part);
                rest -= part;
            }
        }
        assert!(rest.is_zero(), "a hold that is not covered");
    }

    /// H2: the call ends, `billed` of its allotment is taken in burn order, the rest given back; what is billed beyond
    /// the allotment is drawn on the lots that are not held.
    pub(super) fn end_hold(&mut self, call: &str, billed: Decimal) {
        let mut rest = billed;
        for name in self.burn_order() {
            let lot = self.lot_mut(&name);
            if let Some(part) = lot.held.remove(call) {
                let taken = part.min(rest);
                rest -= taken;
                lot.unheld += part - taken;
            }
        }
        self.draw(rest);
    }

    /// H2: draws on the lots that are not held, in burn order; what they do not cover is the purchased lot's to owe.
    pub(super) fn draw(&mut self, amount: Decimal) {
        let mut rest = amount;
        for name in self.spendable() {
            rest -= self.lot_mut(&name).take_unheld(rest);
        }
        self.purchased.unheld -= rest;
        self.pay_what_is_owed();
    }

    /// Bought credit comes, or (below zero) goes.
    pub(super) fn move_purchased(&mut self, amount: Decimal) {
        self.purchased.unheld += amount;
        self.pay_what_is_owed();
    }

    /// H4: what the purchased lot owes is paid at once from every unheld lot in burn order. Then what is spent is
    /// forgotten (H1).
    pub(super) fn pay_what_is_owed(&mut self) {
        for id in self.spendable().iter().flatten() {
            let owed = (-self.purchased.unheld).max(Decimal::ZERO);
            let paid = self.grants.get_mut(id).unwrap().lot.take_unheld(owed);
            self.purchased.unheld += paid;
        }
        self.forget_spent_grants();
    }

    /// H1: a grant that is spent, or has ended with nothing of it held, is forgotten.
    pub(super) fn forget_spent_grants(&mut self) {
        self.grants.retain(|_, grant| {
            let begun = grant.started || grant.ended;
            !begun || !grant.lot.unheld.is_zero() || !grant.lot.held.is_empty()
        });
    }

    /// G2: what all charges contribute, archived ones too.
    fn contributed(&self) -> Decimal {
        self.ended_charges.keys().map(|number| self.contribution(*number)).sum::<Decimal>()
            + self.archived_charges.values().sum::<Decimal>()
    }

    /// The grants that are still to start.
    fn to_come(&self) -> Decimal {
        let waiting = self.grants.values().filter(|grant| !grant.started && !grant.ended);
        waiting.map(|grant| grant.amount).sum()
    }

    /// M1: all that ever came, or waits to, is one amount: what was credited, whatever went back since, grants, and debts
    /// given up. In units, whose sums never round.
    fn came(&self) -> i128 {
        let credited = self.ended_charges.values().map(|charge| units(charge.credited())).sum::<i128>();
        let Ledger { granted, written_off, .. } = &self.ledger;
        let rest = [*granted, *written_off, self.to_come()].map(units).iter().sum::<i128>();
        credited + self.archived_credited + rest
    }

    /// M1: what can still come.
    pub(super) fn room(&self) -> Decimal {
        Decimal::from_i128_with_scale(units(largest()) - self.came(), 12).normalize()
    }

    /// M1: so much more has room, beside what the open charge asks for.
    pub(super) fn check_room(&self, more: Decimal) -> Result<(), Value> {
        let asked = self.open_charge.as_ref().map_or(Decimal::ZERO, |charge| charge.amount);
        self.check_room_beside(more, asked)
    }

    /// M1: so much more has room, beside what is kept for something else.
    pub(super) fn check_room_beside(&self, more: Decimal, kept: Decimal) -> Result<(), Value> {
        if self.came() + units(more) + units(kept) <= units(largest()) {
            Ok(())
        } else {
            Err(object("out_of_range", [("field", "posted".into())]))
        }
    }

    /// M1: the balances stay in range when so much comes, or goes.
    pub(super) fn check_balances(&self, change: Decimal) -> Result<(), Value> {
        let posted = units(self.posted()) + units(change);
        let all = [posted, posted - units(self.held())];
        if all.iter().all(|balance| balance.abs() <= units(largest())) {
            Ok(())
        } else {
            Err(object("out_of_range", [("field", "posted".into())]))
        }
    }

    /// M5 and H4, after every step: the model's books agree.
    pub(super) fn check_books(&self) {
        let contributed = self.contributed();
        let Ledger { granted, gone, written_off } = &self.ledger;
        // Of all of these the sum is in range, of some of them it need not be.
        let came = [contributed, *granted, *written_off].map(units).iter().sum::<i128>();
        let went = [self.used, *gone].map(units).iter().sum::<i128>();
        assert_eq!(units(self.posted()), came - went, "M5: posted");
        let held = self.purchased.all_held()
            + self.grants.values().map(|grant| grant.lot.all_held()).sum::<Decimal>();
        assert_eq!(self.held(), held, "M5: held");
        let unheld = |grant: &Grant| grant.lot.unheld > Decimal::ZERO;
        let owes = self.purchased.unheld < Decimal::ZERO;
        assert!(!owes || !self.grants.values().any(unheld), "H4: a debt beside an unheld grant");
        assert!(!self.grants.values().any(|grant| grant.ended && unheld(grant)), "H3: an ended grant");
    }
}
