//! What is entered in the books: postings over a small chart of accounts.

use alloc::vec::Vec;

use rust_decimal::Decimal;

crate::tags::names! {
    /// An account of the chart. What each is for is said in `docs/journal.md`.
    Book {
        CashClearing => "cash_clearing",
        CustomerDebt => "customer_debt",
        CreditPurchased => "credit_purchased",
        CreditGranted => "credit_granted",
        UsageRevenue => "usage_revenue",
        Breakage => "breakage",
        Promotions => "promotions",
        Disputes => "disputes",
        WriteOffs => "write_offs",
    }
}

crate::tags::names! {
    /// What kind of account it is: assets and expenses grow by debits, liabilities and income by credits.
    BookKind {
        Asset => "asset",
        Liability => "liability",
        Income => "income",
        Expense => "expense",
    }
}

impl Book {
    /// What kind of account it is.
    ///
    /// ```
    /// use prepaid::{Book, BookKind};
    /// assert_eq!(Book::Breakage.kind(), BookKind::Income);
    /// ```
    #[must_use]
    pub const fn kind(self) -> BookKind {
        match self {
            Self::CashClearing | Self::CustomerDebt => BookKind::Asset,
            Self::CreditPurchased | Self::CreditGranted => BookKind::Liability,
            Self::UsageRevenue | Self::Breakage => BookKind::Income,
            Self::Promotions | Self::Disputes | Self::WriteOffs => BookKind::Expense,
        }
    }
}

/// One side of an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Posting {
    /// On which account of the chart.
    pub book: Book,
    /// How much: a debit above zero, a credit below; never zero.
    pub amount: Decimal,
    /// The balance of that account after it.
    pub balance: Decimal,
}

/// What one event moved; most move nothing. The postings sum to zero, at most one for each account of the chart.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Entry(Vec<Posting>);

impl Entry {
    pub(super) const fn of(postings: Vec<Posting>) -> Self {
        Self(postings)
    }

    /// The postings, in the order of the chart.
    ///
    /// ```
    /// assert!(prepaid::Entry::default().postings().is_empty());
    /// ```
    #[must_use]
    pub fn postings(&self) -> &[Posting] {
        &self.0
    }
}
