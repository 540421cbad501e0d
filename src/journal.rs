//! The books of an account, kept from its events alone: double entry, exact, and sharing nothing with the machine's own
//! arithmetic, so that the one can be checked by the other. The chart of accounts and an example are in
//! `docs/journal.md`.

mod charges;
mod entry;
mod exact;
mod fault;
mod lots;

use alloc::vec::Vec;

use rust_decimal::Decimal;

use self::charges::{Change, Charges};
pub use self::entry::{Book, BookKind, Entry, Posting};
use self::exact::{add, negated, sub, total};
pub use self::fault::{JournalError, JournalFault, Subject};
use self::lots::Lots;
use crate::currency::Currency;
use crate::event::Event;
use crate::id::{AccountId, GrantId};
use crate::time::Timestamp;

/// The books of one account.
///
/// Events go in, in order; entries come out, each of which sums to zero. What the machine says of the account can then be
/// compared with what its events say: [`posted`](Self::posted) and [`held`](Self::held) to the last digit.
///
/// ```
/// use prepaid::{Book, Event, Journal, Timestamp};
/// let events: Vec<Event> = serde_json::from_str(r#"[
///     {"type": "account_opened", "account": "00000000-0000-0000-0000-000000000001",
///      "owner": "00000000-0000-0000-0000-000000000002", "currency": "USD",
///      "top_up": {"enabled": true, "threshold": "5", "target": "80"}},
///     {"type": "grant_issued", "grant": "00000000-0000-0000-0000-000000000003", "amount": "3", "source": "welcome"},
///     {"type": "call_charged", "call": "00000000-0000-0000-0000-000000000004", "key": 1, "amount": "0.06",
///      "origin": {"reference": "agreed"}}
/// ]"#)?;
/// let mut journal = Journal::new();
/// for event in &events {
///     let entry = journal.record(Timestamp::MIN, event)?;
///     let sum: rust_decimal::Decimal = entry.postings().iter().map(|posting| posting.amount).sum();
///     assert!(sum.is_zero());
/// }
/// assert_eq!(journal.posted().to_string(), "2.94");
/// assert_eq!(journal.balance(Book::UsageRevenue).to_string(), "-0.06"); // a credit: revenue
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Default)]
pub struct Journal {
    opened: Option<(AccountId, Currency)>,
    charges: Charges,
    lots: Lots,
    balances: [Decimal; Book::ALL.len()],
    posted: Decimal,
    held: Decimal,
}

/// What the books say of a grant that is credit, or that has ended and is still held by a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BookedGrant {
    /// Which grant.
    pub grant: GrantId,
    /// Its unheld remainder.
    pub left: Decimal,
    /// What open calls hold of it.
    pub held: Decimal,
    /// Whether it has expired or was voided (H3).
    pub ended: bool,
}

/// What an event does to the other side of the books; the side of the credit follows from the lots.
#[derive(Debug, Default)]
struct Counter(Vec<(Book, Decimal)>);

impl Counter {
    fn nothing() -> Self {
        Self::default()
    }

    fn debit(book: Book, amount: Decimal) -> Self {
        Self(alloc::vec![(book, amount)])
    }

    /// What came from, or went back to, the provider; what it took beyond the charge's contribution is an expense (G2).
    fn of(change: Change) -> Result<Self, JournalFault> {
        let beyond = sub(change.contribution, change.cash)?;
        Ok(Self(alloc::vec![(Book::CashClearing, change.cash), (Book::Disputes, beyond)]))
    }
}

impl Journal {
    /// Empty books.
    ///
    /// ```
    /// assert!(prepaid::Journal::new().posted().is_zero());
    /// ```
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Enters one event that happened at `at`, the instant of its batch. After an error the books are of no further use.
    ///
    /// # Errors
    /// [`JournalError`], when the event says something that those before it deny.
    ///
    /// ```
    /// use prepaid::{Event, Journal, JournalFault, Timestamp};
    /// let error = Journal::new().record(Timestamp::MIN, &Event::AccountResumed {}).unwrap_err();
    /// assert_eq!(error.why, JournalFault::NotOpened);
    /// ```
    pub fn record(&mut self, at: Timestamp, event: &Event) -> Result<Entry, JournalError> {
        self.enter(at, event).map_err(|why| JournalError { event: event.tag(), why })
    }

    fn enter(&mut self, at: Timestamp, event: &Event) -> Result<Entry, JournalFault> {
        if self.opened.is_none() && !matches!(event, Event::AccountOpened(_)) {
            return Err(JournalFault::NotOpened);
        }
        let before = self.credit()?;
        let mut postings = self.apply(at, event)?.0;
        self.lots.tidy()?;
        let after = self.credit()?;
        for ((book, before), (_, after)) in before.into_iter().zip(after) {
            postings.push((book, sub(after, before)?));
        }
        self.held = self.lots.held()?;
        self.posted = add(self.lots.purchased_left()?, self.lots.granted_left()?)?;
        self.post(&postings)
    }

    /// The side of the credit: what is owed to the customer, and what the customer owes.
    fn credit(&self) -> Result<[(Book, Decimal); 3], JournalFault> {
        let purchased = self.lots.purchased_left()?;
        Ok([
            (Book::CustomerDebt, negated(purchased.min(Decimal::ZERO))?),
            (Book::CreditPurchased, negated(purchased.max(Decimal::ZERO))?),
            (Book::CreditGranted, negated(self.lots.granted_left()?)?),
        ])
    }

    fn post(&mut self, moved: &[(Book, Decimal)]) -> Result<Entry, JournalFault> {
        if !total(moved.iter().map(|(_, amount)| *amount))?.is_zero() {
            return Err(JournalFault::Unbalanced);
        }
        let mut postings = Vec::new();
        for (book, balance) in Book::ALL.iter().zip(&mut self.balances) {
            let amount = total(moved.iter().filter(|(of, _)| of == book).map(|(_, amount)| *amount))?;
            if !amount.is_zero() {
                *balance = add(*balance, amount)?;
                postings.push(Posting { book: *book, amount, balance: *balance });
            }
        }
        Ok(Entry::of(postings))
    }

    /// Moves the lots and the charges, and says what stands on the other side.
    #[expect(clippy::too_many_lines, reason = "one arm an event")]
    fn apply(&mut self, at: Timestamp, event: &Event) -> Result<Counter, JournalFault> {
        match event {
            Event::AccountOpened(opened) => {
                if self.opened.replace((opened.account, opened.currency)).is_some() {
                    return Err(JournalFault::OpenedTwice);
                }
            }
            Event::ChargeRequested(asked) => {
                self.charges.requested(asked.charge, asked.amount.to_decimal())?;
            }
            Event::ChargeResolved { charge, taken, .. } => {
                self.charges.resolved(*charge, taken.to_decimal())?;
            }
            Event::ChargeSucceeded { charge, amount, .. }
            | Event::ChargeSucceededLate { charge, amount, .. } => {
                let change = self.charges.credited(*charge, amount.to_decimal())?;
                return self.moved(change);
            }
            Event::ChargeFailed { charge, .. } | Event::ChargeAbandoned { charge, .. } => {
                self.charges.ended(*charge)?;
            }
            Event::ChargeArchived { charge } => self.charges.archived(*charge)?,
            Event::CallAuthorized { call, amount, .. } => self.lots.hold(*call, amount.to_decimal())?,
            Event::CallExtended { call, .. } => self.lots.is_open(*call)?,
            Event::CallReleased { call } => self.lots.release(*call)?,
            Event::CallExpired { call, .. } => self.lots.call_expired(*call)?,
            Event::CallForgotten { call } => self.lots.forget_call(*call)?,
            Event::CallCharged { amount, .. } => {
                self.lots.spend(amount.to_decimal())?;
                return used(amount.to_decimal());
            }
            Event::CallSettled { call, amount } => {
                self.lots.settle(*call, amount.to_decimal())?;
                return used(amount.to_decimal());
            }
            Event::CallSettledLate { call, amount, .. } => {
                self.lots.settle_late(*call, amount.to_decimal())?;
                return used(amount.to_decimal());
            }
            Event::GrantIssued(issued) => {
                if self.lots.issue(at, issued)? {
                    return Ok(Counter::debit(Book::Promotions, issued.amount.to_decimal()));
                }
            }
            Event::GrantStarted { grant } => {
                return Ok(Counter::debit(Book::Promotions, self.lots.start(at, *grant)?));
            }
            Event::GrantExpired { grant, amount } => {
                self.lots.expire(at, *grant, amount.to_decimal())?;
                return gone(amount.to_decimal());
            }
            Event::GrantVoided { grant, amount } => {
                self.lots.void(*grant, amount.to_decimal())?;
                return gone(amount.to_decimal());
            }
            Event::GrantLapsed { grant, amount } => {
                self.lots.lapse(*grant, amount.to_decimal())?;
                return gone(amount.to_decimal());
            }
            Event::CreditForfeited { amount } => {
                self.lots.take_purchased(amount.to_decimal())?;
                return gone(amount.to_decimal());
            }
            Event::DebtWrittenOff { amount, .. } => {
                self.lots.forgive(amount.to_decimal())?;
                return Ok(Counter::debit(Book::WriteOffs, amount.to_decimal()));
            }
            Event::RefundRequested { refund, charge, amount, .. } => {
                let change = self.charges.refund_requested(*refund, *charge, amount.to_decimal())?;
                return self.moved(change);
            }
            Event::RefundSucceeded { refund, reference } => {
                if let Some(change) = self.charges.refund_succeeded(*refund, reference)? {
                    return self.moved(change);
                }
            }
            Event::RefundFailed { refund, .. } => {
                let change = self.charges.refund_failed(*refund)?;
                return self.moved(change);
            }
            Event::RefundRecorded { charge, amount, reference } => {
                let change = self.charges.refund_recorded(*charge, amount.to_decimal(), reference)?;
                return self.moved(change);
            }
            Event::DisputeOpened { dispute, charge, amount } => {
                let change = self.charges.dispute_opened(dispute, *charge, amount.to_decimal())?;
                return self.moved(change);
            }
            Event::DisputeClosed { dispute, outcome } => {
                if let Some(change) = self.charges.dispute_closed(dispute, *outcome)? {
                    return self.moved(change);
                }
            }
            // What moves no money; a new event has to be placed here or above.
            Event::TermsAccepted(_)
            | Event::UseChosen(_)
            | Event::BillingUpdated(_)
            | Event::PaymentMethodLinked(_)
            | Event::FirstKeyRequested(_)
            | Event::FirstKeyDropped { .. }
            | Event::KeyCreated(_)
            | Event::KeyRelabelled { .. }
            | Event::KeyRevoked { .. }
            | Event::KeyLimited { .. }
            | Event::TopUpSet(_)
            | Event::TopUpReactivated {}
            | Event::ChargeActionRequired { .. }
            | Event::ChargeAskingEnded { .. }
            | Event::ChargeCancelling { .. }
            | Event::ChargeSuperseded { .. }
            | Event::ChargeMismatched { .. }
            | Event::TopUpRetryScheduled { .. }
            | Event::TopUpRetryDue {}
            | Event::TopUpPaused { .. }
            | Event::TopUpDeferred { .. }
            | Event::TopUpCapReset {}
            | Event::MethodBarred { .. }
            | Event::MethodBarEnded { .. }
            | Event::RefundAskingEnded { .. }
            | Event::ReversalPaused { .. }
            | Event::ReversalPauseEnded {}
            | Event::DisputesCleared {}
            | Event::SpendingLimited { .. }
            | Event::NoticeSet { .. }
            | Event::LowBalanceNoticed { .. }
            | Event::BalanceRecovered { .. }
            | Event::AccountSuspended { .. }
            | Event::AccountResumed {}
            | Event::AccountMigrated { .. }
            | Event::AccountClosing {}
            | Event::AccountClosed {} => {}
        }
        Ok(Counter::nothing())
    }

    /// The purchased credit follows the charge's contribution (G2).
    fn moved(&mut self, change: Change) -> Result<Counter, JournalFault> {
        self.lots.move_purchased(change.contribution)?;
        Counter::of(change)
    }
}

fn used(amount: Decimal) -> Result<Counter, JournalFault> {
    Ok(Counter::debit(Book::UsageRevenue, negated(amount)?))
}

fn gone(amount: Decimal) -> Result<Counter, JournalFault> {
    Ok(Counter::debit(Book::Breakage, negated(amount)?))
}

/// What the books say.
impl Journal {
    /// Whose books they are; none before the account was opened.
    ///
    /// ```
    /// assert_eq!(prepaid::Journal::new().account(), None);
    /// ```
    #[must_use]
    pub fn account(&self) -> Option<AccountId> {
        self.opened.map(|(account, _)| account)
    }

    /// The currency they are kept in; none before the account was opened (M2).
    ///
    /// ```
    /// assert_eq!(prepaid::Journal::new().currency(), None);
    /// ```
    #[must_use]
    pub fn currency(&self) -> Option<Currency> {
        self.opened.map(|(_, currency)| currency)
    }

    /// All credit less settled usage: what is left of the purchased credit and of the grants, less what is owed (M5).
    ///
    /// ```
    /// assert!(prepaid::Journal::new().posted().is_zero());
    /// ```
    #[must_use]
    pub const fn posted(&self) -> Decimal {
        self.posted
    }

    /// What open calls hold (M5).
    ///
    /// ```
    /// assert!(prepaid::Journal::new().held().is_zero());
    /// ```
    #[must_use]
    pub const fn held(&self) -> Decimal {
        self.held
    }

    /// The purchased credit that no open call holds; below zero what it owes (H4).
    ///
    /// ```
    /// assert!(prepaid::Journal::new().purchased().is_zero());
    /// ```
    #[must_use]
    pub const fn purchased(&self) -> Decimal {
        self.lots.purchased().unheld
    }

    /// The grants that are credit, or have ended and are still held, in burn order (H2).
    ///
    /// ```
    /// assert_eq!(prepaid::Journal::new().grants().count(), 0);
    /// ```
    pub fn grants(&self) -> impl Iterator<Item = BookedGrant> {
        self.lots.grants().map(|(grant, lot)| BookedGrant {
            grant,
            left: lot.unheld,
            held: lot.held,
            ended: lot.ended,
        })
    }

    /// The balance of one account of the chart; debits are above zero, credits below.
    ///
    /// ```
    /// use prepaid::{Book, Journal};
    /// assert!(Book::ALL.iter().all(|book| Journal::new().balance(*book).is_zero()));
    /// ```
    #[must_use]
    pub fn balance(&self, book: Book) -> Decimal {
        let mut all = Book::ALL.iter().zip(&self.balances);
        all.find(|(of, _)| **of == book).map_or(Decimal::ZERO, |(_, balance)| *balance)
    }
}
