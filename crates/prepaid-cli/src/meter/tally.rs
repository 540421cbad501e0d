//! The books of a run: what the batches say, added up as they come.

use std::collections::BTreeMap;

use prepaid::{
    Account, Amount, Balance, Batch, ChargeKind, ChargeNumber, Decline, Event, PauseReason, QuoteOrigin,
    RejectionTag, Timestamp,
};

use super::rows::{Row, Rows, UNSTATED};

/// Requests and what they came to.
#[derive(Debug, Default, Clone, Copy)]
pub(super) struct Spend {
    pub(super) requests: u64,
    pub(super) amount: Amount,
}

impl Spend {
    /// The sum of a run's amounts stays far below the range; were it to leave it, the books would not foot.
    fn add(&mut self, amount: Amount) {
        self.requests = self.requests.saturating_add(1);
        self.amount = self.amount.checked_add(amount).unwrap_or(Amount::MAX);
    }
}

/// The admitted rows of one item by one version of the price list.
#[derive(Debug)]
pub(super) struct Sold {
    pub(super) item: u32,
    pub(super) version: Timestamp,
    pub(super) requests: u64,
    /// How much of each quantity of the log; none where no row stated it.
    pub(super) counts: Vec<Option<u128>>,
}

/// A charge from its request to its end.
#[derive(Debug)]
pub(super) struct Charged {
    pub(super) number: ChargeNumber,
    pub(super) kind: ChargeKind,
    pub(super) amount: Amount,
    pub(super) requested_at: Timestamp,
    pub(super) ended: Option<(Timestamp, &'static str)>,
}

/// The books.
#[derive(Debug)]
pub(super) struct Tally {
    /// By day since 1970.
    pub(super) days: BTreeMap<i64, Spend>,
    pub(super) keys: Vec<Spend>,
    pub(super) sold: Vec<Sold>,
    pub(super) refused: BTreeMap<RejectionTag, Spend>,
    pub(super) charges: Vec<Charged>,
    pub(super) admitted: u64,
    /// Why the automatic top-up is paused, if it is.
    pub(super) paused: Option<&'static str>,
    /// What was there and when, at the lowest since the initial funding.
    pub(super) lowest: Option<(Balance, Timestamp)>,
    /// Where the item that was sold last stands in `sold`.
    last_sold: usize,
    day: (i64, Spend),
}

/// How a charge ended, if this says so.
const fn ending(event: &Event) -> Option<(ChargeNumber, &'static str)> {
    if let Event::ChargeSucceeded { charge, .. } | Event::ChargeSucceededLate { charge, .. } = event {
        return Some((*charge, SUCCEEDED));
    }
    if let Event::ChargeFailed { charge, decline, .. } = event {
        return Some(match decline {
            Decline::Soft => (*charge, "failed softly"),
            Decline::Hard => (*charge, "failed for good"),
        });
    }
    if let Event::ChargeAbandoned { charge, .. } = event { Some((*charge, "abandoned")) } else { None }
}

const fn paused_words(reason: PauseReason) -> &'static str {
    match reason {
        PauseReason::HardDecline => "a charge was declined for good",
        PauseReason::ChargeAbandoned => "a charge was abandoned",
        PauseReason::RetriesExhausted => "every retry failed",
    }
}

/// How a charge ends that credits the account.
pub(super) const SUCCEEDED: &str = "succeeded";

const DAY: i64 = 86_400_000_000;

impl Tally {
    pub(super) fn new(rows: &Rows) -> Self {
        Self {
            days: BTreeMap::new(),
            keys: vec![Spend::default(); rows.keys.len()],
            sold: Vec::new(),
            refused: BTreeMap::new(),
            charges: Vec::new(),
            admitted: 0,
            paused: None,
            lowest: None,
            last_sold: 0,
            day: (i64::MIN, Spend::default()),
        }
    }

    /// Hears a batch. Whether it is one that may change what is owed or what falls due.
    pub(super) fn hears(&mut self, batch: &Batch, account: &Account) -> bool {
        let mut plain = true;
        for event in &batch.events {
            if let Event::CallCharged { amount, .. } | Event::CallSettled { amount, .. } = event {
                self.billed(batch.at, *amount);
                continue;
            }
            plain = false;
            if let Event::TopUpPaused { reason } = event {
                self.paused = Some(paused_words(*reason));
            } else if let Event::TopUpReactivated {} = event {
                self.paused = None;
            }
            if let Event::ChargeRequested(request) = event {
                self.charges.push(Charged {
                    number: request.charge,
                    kind: request.kind,
                    amount: request.amount,
                    requested_at: batch.at,
                    ended: None,
                });
            } else if let Some((charge, outcome)) = ending(event) {
                self.ended(charge, batch.at, outcome);
            }
        }
        let posted = account.balance().posted;
        if self.lowest.is_some_and(|(lowest, _)| posted < lowest)
            || (self.lowest.is_none() && posted > Balance::ZERO)
        {
            self.lowest = Some((posted, batch.at));
        }
        !plain
    }

    fn billed(&mut self, at: Timestamp, amount: Amount) {
        let day = at.as_micros().div_euclid(DAY);
        if day != self.day.0 {
            self.turn_day(day);
        }
        self.day.1.add(amount);
    }

    /// Writes the day's sum down and begins another.
    fn turn_day(&mut self, day: i64) {
        let (before, spend) = std::mem::replace(&mut self.day, (day, Spend::default()));
        if spend.requests > 0 {
            self.days.insert(before, spend);
        }
        if let Some(spend) = self.days.remove(&day) {
            self.day.1 = spend;
        }
    }

    /// Closes the books.
    pub(super) fn close(&mut self) {
        self.turn_day(i64::MIN);
    }

    fn ended(&mut self, charge: ChargeNumber, at: Timestamp, outcome: &'static str) {
        if let Some(charged) = self.charges.iter_mut().rev().find(|charged| charged.number == charge) {
            charged.ended = Some((at, outcome));
        }
    }

    /// A row was admitted, and billed at its price.
    pub(super) fn admitted(&mut self, rows: &Rows, row: &Row) {
        self.admitted = self.admitted.saturating_add(1);
        if let Some(spend) = usize::try_from(row.key).ok().and_then(|key| self.keys.get_mut(key)) {
            spend.add(row.quote.amount());
        }
        let QuoteOrigin::Listed { version, .. } = **row.quote.origin() else { return };
        let is_it = |sold: &Sold| sold.item == row.item && sold.version == version;
        if !self.sold.get(self.last_sold).is_some_and(is_it) {
            self.last_sold = self.sold.iter().position(is_it).unwrap_or_else(|| {
                let counts = vec![None; rows.quantities.len()];
                self.sold.push(Sold { item: row.item, version, requests: 0, counts });
                self.sold.len().saturating_sub(1)
            });
        }
        let Some(sold) = self.sold.get_mut(self.last_sold) else { return };
        sold.requests = sold.requests.saturating_add(1);
        for (sum, count) in sold.counts.iter_mut().zip(rows.counts_of(row)) {
            if *count != UNSTATED {
                *sum = Some(sum.unwrap_or(0).saturating_add(u128::from(*count)));
            }
        }
    }

    /// A row was refused; nothing was billed.
    pub(super) fn refused(&mut self, tag: RejectionTag, row: &Row) {
        self.refused.entry(tag).or_default().add(row.quote.amount());
    }
}
