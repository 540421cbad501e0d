//! The audit of a log: every balance it tells, derived anew from its events, batch by batch.

use alloc::collections::BTreeMap;
use alloc::vec::Vec;

use rust_decimal::Decimal;

use crate::event::Event;
use crate::id::AccountId;
use crate::journal::{Entry, Journal, JournalError};
use crate::money::{Amount, Balance};
use crate::time::Timestamp;

/// A batch as a log tells it: whose, the how manyth, when, what happened, and the balance after it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AuditLine<'a> {
    /// Whose account.
    pub account: AccountId,
    /// Which of its batches, from 1.
    pub seq: u64,
    /// When.
    pub at: Timestamp,
    /// What happened.
    pub events: &'a [Event],
    /// The balance after it, as the machine said.
    pub posted: Balance,
    /// What open calls hold after it, as the machine said.
    pub held: Amount,
}

/// A batch that cannot be as it is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("batch {seq} of account {account}: {why}")]
pub struct AuditError {
    /// Whose account.
    pub account: AccountId,
    /// Which of its batches, as it is told.
    pub seq: u64,
    /// What is wrong.
    pub why: AuditFault,
}

/// What is wrong with a batch: what was expected, and what was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AuditFault {
    /// A batch is missing, doubled, or in another place.
    #[error("seq is {found}: expected {expected}")]
    Seq {
        /// The number that comes next.
        expected: u64,
        /// The number told.
        found: u64,
    },
    /// Time runs backwards (K2).
    #[error("it happened at {found}: expected no time before {last}")]
    TimeBackwards {
        /// When the batch before it happened.
        last: Timestamp,
        /// When this one is said to have happened.
        found: Timestamp,
    },
    /// A batch that changed nothing is not stored.
    #[error("it has no events: expected at least one")]
    Empty,
    /// The account that is opened is another.
    #[error("it opens account {found}: expected its own id")]
    OtherAccount {
        /// The account it opens.
        found: AccountId,
    },
    /// An event does not fit those before it.
    #[error("event {number} of it, {error}")]
    Event {
        /// Which event of the batch, from 1.
        number: usize,
        /// Why it does not fit.
        error: JournalError,
    },
    /// The balance is another than the events make.
    #[error("posted is {found}: expected {expected}, which is what its events make")]
    Posted {
        /// What the events make.
        expected: Decimal,
        /// What is told.
        found: Balance,
    },
    /// What is held is other than the events make.
    #[error("held is {found}: expected {expected}, which is what its events make")]
    Held {
        /// What the events make.
        expected: Decimal,
        /// What is told.
        found: Amount,
    },
}

/// The audit of a log of any number of accounts.
///
/// It is strict: the first batch in which anything differs is an error, and after it the audit is of no further use.
///
/// ```
/// use prepaid::{AccountId, Amount, Audit, AuditFault, AuditLine, Balance, Timestamp};
/// let account = AccountId(uuid::Uuid::from_u128(1));
/// let line = AuditLine { account, seq: 2, at: Timestamp::MIN, events: &[], posted: Balance::ZERO, held: Amount::ZERO };
/// let error = Audit::new().check(&line).unwrap_err();
/// assert_eq!(error.why, AuditFault::Seq { expected: 1, found: 2 });
/// ```
#[derive(Debug, Clone, Default)]
pub struct Audit {
    accounts: BTreeMap<AccountId, Audited>,
}

#[derive(Debug, Clone)]
struct Audited {
    journal: Journal,
    seq: u64,
    last: Timestamp,
}

impl Default for Audited {
    fn default() -> Self {
        Self { journal: Journal::new(), seq: 0, last: Timestamp::MIN }
    }
}

impl Audit {
    /// An audit that has seen nothing yet.
    ///
    /// ```
    /// assert_eq!(prepaid::Audit::new().accounts().count(), 0);
    /// ```
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes the next batch of the log; gives the entries of its events, one for each.
    ///
    /// # Errors
    /// [`AuditError`], when anything in it is other than the events up to it make.
    ///
    /// ```
    /// use prepaid::{Amount, Audit, AuditLine, Balance, Event, Timestamp};
    /// let opened: Event = serde_json::from_str(r#"{"type": "account_opened",
    ///     "account": "00000000-0000-0000-0000-000000000001", "owner": "00000000-0000-0000-0000-000000000002",
    ///     "currency": "USD", "top_up": {"enabled": true, "threshold": "5", "target": "80"}}"#)?;
    /// let Event::AccountOpened(about) = &opened else { panic!("it is one") };
    /// let line = AuditLine { account: about.account, seq: 1, at: Timestamp::MIN, events: &[opened.clone()],
    ///     posted: Balance::ZERO, held: Amount::ZERO };
    /// assert_eq!(Audit::new().check(&line)?.len(), 1);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn check(&mut self, line: &AuditLine<'_>) -> Result<Vec<Entry>, AuditError> {
        let audited = self.accounts.entry(line.account).or_default();
        let checked = audited.check(line);
        checked.map_err(|why| AuditError { account: line.account, seq: line.seq, why })
    }

    /// The books of every account so far, by id.
    ///
    /// ```
    /// let audit = prepaid::Audit::new();
    /// assert!(audit.accounts().all(|(id, journal)| journal.account() == Some(id)));
    /// ```
    pub fn accounts(&self) -> impl Iterator<Item = (AccountId, &Journal)> {
        self.accounts.iter().map(|(id, audited)| (*id, &audited.journal))
    }
}

impl Audited {
    fn check(&mut self, line: &AuditLine<'_>) -> Result<Vec<Entry>, AuditFault> {
        let expected = self.seq.saturating_add(1);
        if line.seq != expected {
            return Err(AuditFault::Seq { expected, found: line.seq });
        }
        if line.at < self.last {
            return Err(AuditFault::TimeBackwards { last: self.last, found: line.at });
        }
        if line.events.is_empty() {
            return Err(AuditFault::Empty);
        }
        let mut entries = Vec::with_capacity(line.events.len());
        for (before, event) in line.events.iter().enumerate() {
            let entry = self.journal.record(line.at, event);
            let number = before.saturating_add(1);
            entries.push(entry.map_err(|error| AuditFault::Event { number, error })?);
        }
        match self.journal.account() {
            Some(found) if found != line.account => return Err(AuditFault::OtherAccount { found }),
            Some(_) | None => {}
        }
        if line.posted.to_decimal() != self.journal.posted() {
            return Err(AuditFault::Posted { expected: self.journal.posted(), found: line.posted });
        }
        if line.held.to_decimal() != self.journal.held() {
            return Err(AuditFault::Held { expected: self.journal.held(), found: line.held });
        }
        (self.seq, self.last) = (line.seq, line.at);
        Ok(entries)
    }
}
