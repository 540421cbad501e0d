//! The books of a life, kept beside it: after every step they must say what the machine says (M5).

use prepaid::{Account, Audit, AuditLine, Batch, BookedGrant, Journal};
use rust_decimal::Decimal;

use self::booked::booked;
use super::Life;

#[path = "../../properties/booked.rs"]
mod booked;

/// Takes the batch, as a log would tell it, and compares every figure with the account's.
pub(super) fn audit(audit: &mut Audit, account: &Account, seq: usize, batch: &Batch) {
    let (Some(id), balance) = (account.id(), account.balance()) else { return };
    let (events, posted, held) = (&*batch.events, balance.posted, balance.held);
    let line = AuditLine { account: id, seq: seq.try_into().unwrap(), at: batch.at, events, posted, held };
    let before = journal_of(audit).cloned().unwrap_or_default();
    let mut again = before.clone();
    for (entry, event) in audit.check(&line).unwrap().iter().zip(events) {
        let sum: Decimal = entry.postings().iter().map(|posting| posting.amount).sum();
        assert!(sum.is_zero(), "both sides of {event:?} are as large");
        assert_eq!(again.record(batch.at, event).as_ref(), Ok(entry), "an entry is what its event says");
        for posting in entry.postings() {
            assert_eq!(again.balance(posting.book), posting.balance, "the balance after {event:?}");
        }
    }
    let journal = journal_of(audit).unwrap();
    assert_eq!((journal.account(), journal.currency()), (Some(id), account.currency()));
    assert_eq!(journal.purchased(), account.purchased().to_decimal(), "what is left of what was bought (H4)");
    let lots: Vec<BookedGrant> = account.lots().iter().map(booked).collect();
    assert_eq!(journal.grants().collect::<Vec<_>>(), lots, "the grants in burn order (H2)");
}

fn journal_of(audit: &Audit) -> Option<&Journal> {
    audit.accounts().next().map(|(_, journal)| journal)
}

impl Life {
    /// The books so far.
    pub fn journal(&self) -> &Journal {
        journal_of(&self.audit).unwrap()
    }
}
