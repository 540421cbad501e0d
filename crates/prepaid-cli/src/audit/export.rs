//! The books as a journal that other programs read, with an assertion of the balance after every posting.
//!
//! All three formats are written so that the program accepts no imbalance and no wrong assertion, however small: hledger
//! balances to the declared precision of a commodity, so that is twelve digits; Beancount has a tolerance, which is set
//! to zero, and asserts once a day, so every transaction has a day of its own.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use chrono::{Days, NaiveDate};
use clap::ValueEnum;
use prepaid::{AccountId, AuditLine, Book, BookKind, Currency, Entry, Event, Posting};

use super::sums::Units;

/// Whose format.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Format {
    Hledger,
    Ledger,
    Beancount,
}

/// The day before the first transaction of a Beancount journal, where days only count.
const DAY_ZERO: Option<NaiveDate> = NaiveDate::from_ymd_opt(1000, 1, 1);
/// The last year that Beancount reads.
const LAST_YEAR: &str = "9999-12-31";

/// A journal being written.
#[derive(Debug)]
pub(super) struct Export {
    format: Format,
    currencies: BTreeMap<AccountId, Currency>,
    declared: BTreeSet<(AccountId, Book)>,
    body: String,
    transactions: u64,
}

impl Export {
    pub(super) const fn begin(format: Format) -> Self {
        Self {
            format,
            currencies: BTreeMap::new(),
            declared: BTreeSet::new(),
            body: String::new(),
            transactions: 0,
        }
    }

    /// Adds the entries of a batch. None if the format has no room for more.
    pub(super) fn add(&mut self, line: u64, batch: &AuditLine<'_>, entries: &[Entry]) -> Option<()> {
        for (event, entry) in batch.events.iter().zip(entries) {
            if let Event::AccountOpened(opened) = event {
                self.currencies.insert(opened.account, opened.currency);
            }
            if !entry.postings().is_empty() {
                self.transactions = self.transactions.checked_add(1)?;
                self.declare(batch.account, entry.postings())?;
                self.transaction(line, batch, event, entry.postings())?;
            }
        }
        Some(())
    }

    /// The whole journal.
    pub(super) fn finish(self) -> String {
        let mut text = String::from(match self.format {
            Format::Hledger => "; Written by prepaid audit for hledger.\ndecimal-mark .\n",
            Format::Ledger => "; Written by prepaid audit for Ledger.\n",
            Format::Beancount => {
                "; Written by prepaid audit for Beancount. Dates only count the transactions, so that a balance can be\n\
                 ; asserted after each; when it happened is in the metadata.\n\
                 option \"title\" \"prepaid\"\noption \"tolerance_multiplier\" \"0\"\n"
            }
        });
        for currency in self.currencies.values().collect::<BTreeSet<_>>() {
            let declared = match self.format {
                Format::Hledger => format!("commodity 1.000000000000 {currency}"),
                Format::Ledger => format!("commodity {currency}"),
                Format::Beancount => format!("1000-01-01 commodity {currency}"),
            };
            text.push_str(&declared);
            text.push('\n');
        }
        text.push('\n');
        text.push_str(&self.body);
        text
    }

    fn day(&self, after: u64) -> Option<String> {
        let day = DAY_ZERO?.checked_add_days(Days::new(self.transactions.checked_add(after)?))?;
        let day = day.to_string();
        (day.len() == LAST_YEAR.len()).then_some(day)
    }

    fn declare(&mut self, account: AccountId, postings: &[Posting]) -> Option<()> {
        for posting in postings {
            if self.declared.insert((account, posting.book)) {
                let name = name(self.format, posting.book, account);
                let line = match self.format {
                    Format::Hledger | Format::Ledger => format!("account {name}\n\n"),
                    Format::Beancount => {
                        format!("{} open {name} {}\n", self.day(0)?, self.currencies.get(&account)?)
                    }
                };
                self.body.push_str(&line);
            }
        }
        Some(())
    }

    fn transaction(
        &mut self,
        line: u64,
        batch: &AuditLine<'_>,
        event: &Event,
        postings: &[Posting],
    ) -> Option<()> {
        let (at, seq, tag) = (batch.at.to_string(), batch.seq, event.tag());
        let date = at.get(..LAST_YEAR.len())?;
        let currency = *self.currencies.get(&batch.account)?;
        let (day, next) = match self.format {
            Format::Hledger | Format::Ledger => (date.to_string(), String::new()),
            Format::Beancount => (self.day(0)?, self.day(1)?),
        };
        let to = &mut self.body;
        match self.format {
            Format::Hledger => writeln!(to, "{day} {tag}  ; at:{at}, seq:{seq}, line:{line}"),
            Format::Ledger => writeln!(to, "{day} {tag}\n    ; at {at}, seq {seq}, line {line}"),
            Format::Beancount => {
                writeln!(to, "{day} * \"{tag}\"\n  at: \"{at}\"\n  seq: {seq}\n  line: {line}")
            }
        }
        .ok()?;
        let mut assertions = String::new();
        for posting in postings {
            let name = name(self.format, posting.book, batch.account);
            let amount = Units::of(posting.amount)?.whole_text();
            let balance = Units::of(posting.balance)?.whole_text();
            match self.format {
                Format::Hledger | Format::Ledger => {
                    writeln!(to, "    {name}  {amount} {currency} = {balance} {currency}")
                }
                Format::Beancount => {
                    writeln!(assertions, "{next} balance {name}  {balance} {currency}").ok()?;
                    writeln!(to, "  {name}  {amount} {currency}")
                }
            }
            .ok()?;
        }
        to.push_str(&assertions);
        to.push('\n');
        Some(())
    }
}

/// The name of an account of the chart, for one prepaid account.
fn name(format: Format, book: Book, account: AccountId) -> String {
    let kind = match (book.kind(), format) {
        (BookKind::Asset, _) => "assets",
        (BookKind::Liability, _) => "liabilities",
        (BookKind::Income, Format::Beancount) => "income",
        (BookKind::Income, Format::Hledger | Format::Ledger) => "revenues",
        (BookKind::Expense, _) => "expenses",
    };
    match format {
        Format::Hledger | Format::Ledger => format!("{kind}:{book}:{account}"),
        // Every part of a name begins with a capital letter there.
        Format::Beancount => {
            format!("{}:{}:A-{account}", capitals(kind), capitals(book.as_str()))
        }
    }
}

fn capitals(name: &str) -> String {
    let words = name.split('_').filter_map(|word| {
        let (first, rest) = word.split_at_checked(1)?;
        Some(format!("{}{rest}", first.to_uppercase()))
    });
    words.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_fit_the_format() {
        let account = AccountId(uuid::Uuid::from_u128(1));
        let id = "00000000-0000-0000-0000-000000000001";
        assert_eq!(
            name(Format::Hledger, Book::UsageRevenue, account),
            format!("revenues:usage_revenue:{id}")
        );
        assert_eq!(
            name(Format::Beancount, Book::UsageRevenue, account),
            format!("Income:UsageRevenue:A-{id}")
        );
    }
}
