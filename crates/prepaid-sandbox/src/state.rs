//! What the book says: the sum of its changes.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use prepaid::{AccountId, Amount, ChargeNumber, Currency, DisputeOutcome, RefundNumber, Span, Timestamp};
use serde::{Deserialize, Serialize};

use crate::card::Card;
use crate::protocol::{
    Asked, AskedBack, BookedCharge, BookedDispute, BookedPayment, BookedRefund, Delivery, News, PaymentState,
    RefundState,
};

/// One line of the book: what one request did, all or nothing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Entry {
    pub(crate) at: Timestamp,
    pub(crate) changes: Vec<Change>,
}

/// One change. Payments and refunds are numbered from 1, in the order of their entries.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(crate) enum Change {
    Payment {
        asked: Asked,
        answered: PaymentState,
        state: PaymentState,
    },
    PaymentMoved {
        payment: u64,
        state: PaymentState,
    },
    Refund {
        asked: AskedBack,
        payment: u64,
        answered: RefundState,
    },
    RefundMoved {
        refund: u64,
        state: RefundState,
    },
    DisputeOpened {
        id: String,
        payment: u64,
        amount: Amount,
    },
    DisputeEnded {
        id: String,
        outcome: DisputeOutcome,
    },
    Told {
        account: AccountId,
        news: News,
    },
    /// How far the clock is ahead of the machine's, from here on.
    Clock {
        ahead: Span,
    },
}

#[derive(Debug)]
pub(crate) struct Payment {
    pub(crate) number: u64,
    pub(crate) at: Timestamp,
    pub(crate) asked: Asked,
    pub(crate) card: Card,
    /// What was said first, and is said again.
    pub(crate) answered: PaymentState,
    pub(crate) state: PaymentState,
}

#[derive(Debug)]
pub(crate) struct Refund {
    pub(crate) number: u64,
    pub(crate) at: Timestamp,
    pub(crate) asked: AskedBack,
    pub(crate) payment: u64,
    pub(crate) answered: RefundState,
    pub(crate) state: RefundState,
}

#[derive(Debug)]
pub(crate) struct Dispute {
    pub(crate) payment: u64,
    pub(crate) amount: Amount,
    pub(crate) outcome: Option<DisputeOutcome>,
}

/// A payment or a refund.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Named {
    Payment(u64),
    Refund(u64),
}

#[derive(Debug, Default)]
pub(crate) struct State {
    pub(crate) payments: BTreeMap<u64, Payment>,
    pub(crate) refunds: BTreeMap<u64, Refund>,
    pub(crate) disputes: BTreeMap<String, Dispute>,
    /// In the order of entries: refunds and payments share one space of keys.
    by_key: HashMap<String, Vec<Named>>,
    /// Those of which the rest comes late.
    pub(crate) waiting: BTreeSet<Named>,
    events: Vec<Delivery>,
    pub(crate) ahead: Option<Span>,
    pub(crate) last: Option<Timestamp>,
}

impl Payment {
    pub(crate) fn reference(&self) -> String {
        format!("pay_{}", self.number)
    }

    pub(crate) fn news(&self, state: PaymentState) -> Change {
        let (charge, reference) = (self.asked.charge, self.reference());
        Change::Told { account: self.asked.account, news: News::Payment { charge, reference, state } }
    }

    pub(crate) const fn account(&self) -> AccountId {
        self.asked.account
    }

    pub(crate) const fn charge(&self) -> ChargeNumber {
        self.asked.charge
    }

    pub(crate) const fn currency(&self) -> Currency {
        self.asked.currency
    }
}

impl Refund {
    pub(crate) fn reference(&self) -> String {
        format!("re_{}", self.number)
    }

    pub(crate) fn news(&self, account: AccountId, state: RefundState) -> Change {
        let (refund, reference): (RefundNumber, _) = (self.asked.refund, self.reference());
        Change::Told { account, news: News::Refund { refund, reference, state } }
    }
}

fn next<T>(known: &BTreeMap<u64, T>) -> u64 {
    known.last_key_value().map_or(1, |(last, _)| last.saturating_add(1))
}

impl State {
    pub(crate) fn next_payment(&self) -> u64 {
        next(&self.payments)
    }

    pub(crate) fn next_refund(&self) -> u64 {
        next(&self.refunds)
    }

    /// What was asked last under a key, and when.
    pub(crate) fn last_under(&self, key: &str) -> Option<(Named, Timestamp)> {
        let named = *self.by_key.get(key)?.last()?;
        let at = match named {
            Named::Payment(number) => self.payments.get(&number)?.at,
            Named::Refund(number) => self.refunds.get(&number)?.at,
        };
        Some((named, at))
    }

    /// The payment under a key: one that took money, or else the last one.
    pub(crate) fn payment_under(&self, key: &str) -> Option<&Payment> {
        let all = || {
            self.by_key.get(key).into_iter().flatten().filter_map(|named| match named {
                Named::Payment(number) => self.payments.get(number),
                Named::Refund(_) => None,
            })
        };
        all().find(|payment| payment.state.taken().is_some()).or_else(|| all().next_back())
    }

    /// The refund under a key, as [`Self::payment_under`].
    pub(crate) fn refund_under(&self, key: &str) -> Option<&Refund> {
        let all = || {
            self.by_key.get(key).into_iter().flatten().filter_map(|named| match named {
                Named::Refund(number) => self.refunds.get(number),
                Named::Payment(_) => None,
            })
        };
        let sent = |refund: &&Refund| !matches!(refund.state, RefundState::Failed { .. });
        all().find(sent).or_else(|| all().next_back())
    }

    /// How much of a payment has not gone back.
    pub(crate) fn left(&self, payment: &Payment) -> Amount {
        let refunds = self.refunds.values().filter(|refund| {
            refund.payment == payment.number && !matches!(refund.state, RefundState::Failed { .. })
        });
        let disputes = self.disputes.values().filter(|dispute| {
            dispute.payment == payment.number && dispute.outcome != Some(DisputeOutcome::Won)
        });
        let mut back =
            refunds.map(|refund| refund.asked.amount).chain(disputes.map(|dispute| dispute.amount));
        let taken = payment.state.taken().unwrap_or(Amount::ZERO);
        back.try_fold(taken, Amount::checked_sub).unwrap_or(Amount::ZERO)
    }

    pub(crate) fn events_after(&self, after: u64, limit: usize) -> Vec<Delivery> {
        let known = usize::try_from(after).unwrap_or(usize::MAX);
        self.events.iter().skip(known).take(limit).cloned().collect()
    }

    pub(crate) fn apply(&mut self, entry: Entry) {
        let Entry { at, changes } = entry;
        self.last = Some(at);
        for change in changes {
            self.change(at, change);
        }
    }

    fn change(&mut self, at: Timestamp, change: Change) {
        match change {
            Change::Payment { asked, answered, state } => {
                let number = self.next_payment();
                let card = Card::of(&asked.token, &asked.key);
                if card == Card::Late {
                    self.waiting.insert(Named::Payment(number));
                }
                self.by_key.entry(asked.key.clone()).or_default().push(Named::Payment(number));
                self.payments.insert(number, Payment { number, at, asked, card, answered, state });
            }
            Change::PaymentMoved { payment, state } => {
                self.waiting.remove(&Named::Payment(payment));
                if let Some(payment) = self.payments.get_mut(&payment) {
                    payment.state = state;
                }
            }
            Change::Refund { asked, payment, answered } => {
                let number = self.next_refund();
                let card = self.payments.get(&payment).map(|payment| &payment.card);
                let late = matches!(card, Some(Card::RefundLate | Card::RefundFailsLater));
                if late && !matches!(answered, RefundState::Failed { .. }) {
                    self.waiting.insert(Named::Refund(number));
                }
                self.by_key.entry(asked.key.clone()).or_default().push(Named::Refund(number));
                let state = answered.clone();
                self.refunds.insert(number, Refund { number, at, asked, payment, answered, state });
            }
            Change::RefundMoved { refund, state } => {
                self.waiting.remove(&Named::Refund(refund));
                if let Some(refund) = self.refunds.get_mut(&refund) {
                    refund.state = state;
                }
            }
            Change::DisputeOpened { id, payment, amount } => {
                self.disputes.insert(id, Dispute { payment, amount, outcome: None });
            }
            Change::DisputeEnded { id, outcome } => {
                if let Some(dispute) = self.disputes.get_mut(&id) {
                    dispute.outcome = Some(outcome);
                }
            }
            Change::Told { account, news } => {
                let number = u64::try_from(self.events.len()).unwrap_or(u64::MAX).saturating_add(1);
                self.events.push(Delivery { number, account, news });
            }
            Change::Clock { ahead } => self.ahead = Some(ahead),
        }
    }

    /// Everything, by charge key.
    pub(crate) fn booked(&self) -> Vec<BookedCharge> {
        let mut charges: Vec<BookedCharge> = Vec::new();
        let mut places: HashMap<&str, usize> = HashMap::new();
        let mut charge_of: HashMap<u64, usize> = HashMap::new();
        for payment in self.payments.values() {
            let Asked { key, account, charge, amount, currency, token: _ } = &payment.asked;
            let place = *places.entry(key).or_insert_with(|| {
                let (payments, refunds, disputes) = (Vec::new(), Vec::new(), Vec::new());
                let (key, account, charge) = (key.clone(), *account, *charge);
                charges.push(BookedCharge { key, account, charge, payments, refunds, disputes });
                charges.len().saturating_sub(1)
            });
            charge_of.insert(payment.number, place);
            if let Some(booked) = charges.get_mut(place) {
                let (reference, state) = (payment.reference(), payment.state.clone());
                let (asked, currency) = (*amount, *currency);
                booked.payments.push(BookedPayment { reference, asked, currency, state });
            }
        }
        for refund in self.refunds.values() {
            if let Some(booked) = charge_of.get(&refund.payment).and_then(|place| charges.get_mut(*place)) {
                let (key, amount) = (refund.asked.key.clone(), refund.asked.amount);
                booked.refunds.push(BookedRefund { key, amount, state: refund.state.clone() });
            }
        }
        for (id, Dispute { payment, amount, outcome }) in &self.disputes {
            if let Some(booked) = charge_of.get(payment).and_then(|place| charges.get_mut(*place)) {
                let (id, amount, outcome) = (id.clone(), *amount, *outcome);
                booked.disputes.push(BookedDispute { id, amount, outcome });
            }
        }
        charges
    }
}
