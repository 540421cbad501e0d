//! Why an event does not fit the books.

use rust_decimal::Decimal;

use crate::event::EventTag;

/// An event that cannot be entered: the log it stands in says something that its own events deny.
///
/// ```
/// use prepaid::{Event, Journal, Timestamp};
/// let error = Journal::new().record(Timestamp::MIN, &Event::AccountClosing {}).unwrap_err();
/// assert_eq!(error.to_string(), "account_closing: the account was not opened before");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{event}: {why}")]
pub struct JournalError {
    /// The event.
    pub event: EventTag,
    /// Why.
    pub why: JournalFault,
}

/// Why an event does not fit the books.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum JournalFault {
    /// The first event is another than `account_opened`.
    #[error("the account was not opened before")]
    NotOpened,
    /// The account was opened before.
    #[error("the account was opened before")]
    OpenedTwice,
    /// What it speaks of is not on the books.
    #[error("no such {0} is on the books")]
    Unknown(Subject),
    /// What it brings is on the books already.
    #[error("this {0} is on the books already")]
    Known(Subject),
    /// What it speaks of has had its ending.
    #[error("this {0} has ended already")]
    Ended(Subject),
    /// What it speaks of has not come to that yet.
    #[error("it is too early for that: this {0} is not so far")]
    TooEarly(Subject),
    /// The event names another amount than the books.
    #[error("it says {event}, the books say {books}")]
    Differs {
        /// What the books say.
        books: Decimal,
        /// What the event says.
        event: Decimal,
    },
    /// More is taken than is there, where nothing may fall below zero.
    #[error("it takes {asked} where there is {there}")]
    Beyond {
        /// What is there.
        there: Decimal,
        /// What is taken.
        asked: Decimal,
    },
    /// A sum would leave the range of M1, where decimals are exact.
    #[error("a sum of the books would leave the range of exact decimals")]
    OutOfRange,
    /// The entry does not sum to zero: a fault in this crate.
    #[error("the entry does not balance: this is a fault in prepaid")]
    Unbalanced,
}

crate::tags::names! {
    /// What an event of the books can speak of.
    Subject {
        Call => "call",
        Charge => "charge",
        Grant => "grant",
        Refund => "refund",
        Dispute => "dispute",
    }
}
