//! Sums over accounts, exact: a sum of many accounts may leave the range of one, so they are integers here.

use std::collections::BTreeMap;

use prepaid::{Audit, Book, Currency};
use rust_decimal::Decimal;

/// Fractional digits of every amount (M1).
pub(super) const DIGITS: u32 = 12;

/// Units of 10^-12.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Units(i128);

impl Units {
    /// None where the value has more digits, which no book has.
    pub(super) fn of(value: Decimal) -> Option<Self> {
        let missing = DIGITS.checked_sub(value.scale())?;
        value.mantissa().checked_mul(10_i128.checked_pow(missing)?).map(Self)
    }

    fn and(self, other: Self) -> Option<Self> {
        self.0.checked_add(other.0).map(Self)
    }

    /// With all twelve digits.
    pub(super) fn whole_text(self) -> String {
        let sign = if self.0 < 0 { "-" } else { "" };
        let digits = format!("{:013}", self.0.unsigned_abs());
        let (whole, fraction) = digits.split_at(digits.len().saturating_sub(12));
        format!("{sign}{whole}.{fraction}")
    }

    /// Without trailing zeros, as amounts are written everywhere.
    pub(super) fn text(self) -> String {
        let whole = self.whole_text();
        whole.trim_end_matches('0').trim_end_matches('.').into()
    }
}

/// The sums of a log, by currency: every account of the chart, and what the balances make together.
#[derive(Debug, Default)]
pub(super) struct Sums {
    pub(super) accounts: usize,
    pub(super) currencies: BTreeMap<Currency, Totals>,
}

#[derive(Debug, Default)]
pub(super) struct Totals {
    pub(super) books: BTreeMap<Book, Units>,
    pub(super) posted: Units,
    pub(super) held: Units,
}

impl Sums {
    /// The sums of all accounts of an audit; none if they are too large to be told exactly.
    pub(super) fn of(audit: &Audit) -> Option<Self> {
        let mut sums = Self::default();
        for (_, journal) in audit.accounts() {
            sums.accounts = sums.accounts.checked_add(1)?;
            let totals = sums.currencies.entry(journal.currency()?).or_default();
            for book in Book::ALL {
                let sum = totals.books.entry(*book).or_default();
                *sum = sum.and(Units::of(journal.balance(*book))?)?;
            }
            totals.posted = totals.posted.and(Units::of(journal.posted())?)?;
            totals.held = totals.held.and(Units::of(journal.held())?)?;
        }
        Some(sums)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_digit_is_told() {
        let told = |text: &str| Units::of(text.parse().ok()?).map(|units| (units.whole_text(), units.text()));
        let both = |whole: &str, short: &str| Some((whole.to_string(), short.to_string()));
        assert_eq!(told("-0.000000000001"), both("-0.000000000001", "-0.000000000001"));
        assert_eq!(told("0"), both("0.000000000000", "0"));
        assert_eq!(told("1200.50"), both("1200.500000000000", "1200.5"));
        assert_eq!(told("-100"), both("-100.000000000000", "-100"));
        assert_eq!(told("0.0000000000001"), None);
    }
}
