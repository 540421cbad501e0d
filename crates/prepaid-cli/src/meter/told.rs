//! The statement in words and columns, at most 100 wide.

use std::io::{self, Write};

use anstyle::{AnsiColor, Style};
use prepaid::{ChargeKind, Timestamp};

use super::statement::{Charge, Check, Money, Statement};
use crate::alphabet::{instant_words, money_words};

const HEAD: Style = Style::new().bold();
const WRONG: Style = AnsiColor::Red.on_default().bold();
/// The longest name of a log that fits.
const NAME: usize = 89;
/// So many days, charges and keys are told; the rest in one line.
const TOLD: usize = 40;

/// Where a statement is printed, and how many fractional digits its amounts have: the same throughout.
struct Sheet<'a, W> {
    to: &'a mut W,
    digits: usize,
}

/// As many as the longest amount has.
fn digits_of(statement: &Statement) -> usize {
    let amounts = [statement.charged, statement.billed, statement.closing].into_iter();
    let amounts = amounts
        .chain(statement.items.iter().map(|item| item.spend))
        .chain(statement.items.iter().flat_map(|item| item.quantities.iter().map(|each| each.spend)))
        .chain(statement.days.iter().map(|day| day.spend.into()))
        .chain(statement.keys.iter().map(|key| key.spend.into()))
        .chain(statement.charges.iter().map(|charge| charge.amount.into()))
        .chain(statement.checks.iter().flat_map(|check| [check.sum, check.should_be]))
        .chain(statement.lowest.iter().map(|lowest| Money(Some(lowest.posted.to_decimal()))));
    amounts.map(|amount| fraction(&money(amount))).max().unwrap_or(2)
}

fn fraction(amount: &str) -> usize {
    amount.split_once('.').map_or(0, |(_, fraction)| fraction.len())
}

/// A line of a table: what it says, a count, an amount.
struct Entry {
    what: String,
    count: String,
    amount: String,
}

/// Prints the statement.
pub(super) fn print(to: &mut impl Write, statement: &Statement) -> io::Result<()> {
    head(to, statement)?;
    let digits = digits_of(statement);
    let to = &mut Sheet { to, digits };
    balance(to, statement)?;
    requests(to, statement)?;
    table(to, "Spend by item", &statement.currency, &items(statement))?;
    let days = statement.days.iter().map(|day| entry(&day.date, day.requests.into(), day.spend.into()));
    table(to, "Spend by day (UTC)", &statement.currency, &days.collect::<Vec<_>>())?;
    if statement.keys.len() > 1 {
        let keys = statement.keys.iter().map(|key| entry(&key.label, key.requests.into(), key.spend.into()));
        table(to, "Spend by key", &statement.currency, &keys.collect::<Vec<_>>())?;
    }
    charges(to, statement)?;
    checks(to, &statement.checks)
}

fn head(to: &mut impl Write, statement: &Statement) -> io::Result<()> {
    let Statement { log, policy, currency, rows, out_of_order, sorted, notes, .. } = statement;
    writeln!(to, "{HEAD}Statement{HEAD:#}  {}", cut(log, NAME))?;
    let said = |at: Option<Timestamp>| at.map(short).unwrap_or_default();
    let (first, last) = (said(statement.first), said(statement.last));
    let requests = if *rows == 1 { "request" } else { "requests" };
    writeln!(to, "{} {requests}, {first} to {last} UTC", grouped(&rows.to_string()))?;
    writeln!(to, "in {currency} by the policy \"{policy}\"")?;
    if *out_of_order > 0 {
        let late = grouped(&out_of_order.to_string());
        let of = if *out_of_order == 1 {
            "row is earlier than the row before it"
        } else {
            "rows are earlier than the row before them"
        };
        let then = if *sorted { "the rows were sorted" } else { "they run at the latest time so far" };
        writeln!(to, "{late} {of}: {then}")?;
    }
    for note in notes {
        writeln!(to, "{note}")?;
    }
    writeln!(to)
}

fn balance(to: &mut Sheet<'_, impl Write>, statement: &Statement) -> io::Result<()> {
    let succeeded =
        statement.charges.iter().filter(|charge| charge.outcome == super::tally::SUCCEEDED).count();
    let mut entries = vec![
        Entry { what: "opening".into(), count: String::new(), amount: money(statement.opening) },
        Entry {
            what: "+ charges".into(),
            count: grouped(&succeeded.to_string()),
            amount: money(statement.charged),
        },
        Entry {
            what: "- calls".into(),
            count: grouped(&statement.admitted.to_string()),
            amount: money(statement.billed),
        },
        Entry { what: "closing".into(), count: String::new(), amount: money(statement.closing) },
    ];
    if let Some(lowest) = &statement.lowest {
        entries.push(Entry {
            what: format!("lowest, at {}", short(lowest.at)),
            count: String::new(),
            amount: money_words(&lowest.posted.to_string()),
        });
    }
    table(to, "Balance", &statement.currency, &entries)
}

fn requests(to: &mut Sheet<'_, impl Write>, statement: &Statement) -> io::Result<()> {
    let mut entries = vec![entry("admitted", statement.admitted.into(), statement.billed)];
    for refused in &statement.refused {
        let what = format!("refused: {}", refused.tag.as_str().replace('_', " "));
        // Nothing was billed: what they would have cost is in --json.
        let count = grouped(&refused.requests.to_string());
        entries.push(Entry { what, count, amount: String::new() });
    }
    if statement.refused.is_empty() {
        entries.push(Entry { what: "refused".into(), count: "0".into(), amount: String::new() });
    }
    table(to, "Requests", &statement.currency, &entries)
}

/// Each item; its quantity beside it, or its quantities under it where there are several.
fn items(statement: &Statement) -> Vec<Entry> {
    let mut entries = Vec::new();
    for item in &statement.items {
        let versions = statement.items.iter().filter(|other| other.name == item.name).count();
        let mut what = item.name.to_string();
        if let [only] = item.quantities.as_slice() {
            what = format!("{what}, {} {}", grouped(&only.count.to_string()), only.name);
        }
        if versions > 1 {
            what = format!("{what}, from {}", short(item.version));
        }
        entries.push(entry(&what, item.requests.into(), item.spend));
        for quantity in item.quantities.iter().filter(|_| item.quantities.len() > 1) {
            entries.push(entry(&format!("  {}", quantity.name), quantity.count, quantity.spend));
        }
    }
    entries
}

fn charges(to: &mut Sheet<'_, impl Write>, statement: &Statement) -> io::Result<()> {
    writeln!(to.to, "{HEAD}Charges{HEAD:#}")?;
    let amounts = aligned(statement.charges.iter().map(|charge| money(charge.amount.into())), to.digits);
    for (n, (charge, amount)) in statement.charges.iter().zip(&amounts).enumerate() {
        // The first and the last tell most.
        if is_left_out(n, amounts.len()) {
            continue;
        }
        writeln!(to.to, "{}", charge_line(charge, amount))?;
        if is_left_out(n.saturating_add(1), amounts.len()) {
            let more = amounts.len().saturating_sub(TOLD);
            writeln!(to.to, "  ... {} more, all in --json ...", grouped(&more.to_string()))?;
        }
    }
    writeln!(to.to)
}

fn charge_line(charge: &Charge, amount: &str) -> String {
    let kind = match charge.kind {
        ChargeKind::InitialFunding => "initial funding",
        ChargeKind::AutoTopUp => "automatic top-up",
        ChargeKind::Manual => "manual top-up",
    };
    let at = short(charge.requested_at);
    format!("  {:>5}  {at}  {kind:<16}  {amount:>14}  {}", charge.number.0, charge.outcome)
}

/// Whether the entry stands in the middle of a long list.
fn is_left_out(n: usize, of: usize) -> bool {
    let half = TOLD / 2;
    of > TOLD && n >= half && n < of.saturating_sub(half)
}

fn checks(to: &mut Sheet<'_, impl Write>, checks: &[Check]) -> io::Result<()> {
    writeln!(to.to, "{HEAD}Sums made a second way{HEAD:#}")?;
    let sums = aligned(checks.iter().map(|check| money(check.sum)), to.digits);
    for (Check { what, should_be, agrees, .. }, sum) in checks.iter().zip(&sums) {
        if *agrees {
            writeln!(to.to, "  {what:<60}{sum:>26}")?;
        } else {
            writeln!(to.to, "  {WRONG}{what:<60}{sum:>26}{WRONG:#}\n    is not {}", money(*should_be))?;
        }
    }
    let agree = checks.iter().all(|check| check.agrees);
    writeln!(to.to, "  {}", if agree { "the statement foots" } else { "the statement does not foot" })
}

/// A table with its amounts under one another.
fn table(to: &mut Sheet<'_, impl Write>, title: &str, currency: &str, entries: &[Entry]) -> io::Result<()> {
    writeln!(to.to, "{HEAD}{title:<46}{:>16}{currency:>26}{HEAD:#}", "number")?;
    let amounts = aligned(entries.iter().map(|entry| entry.amount.clone()), to.digits);
    for (n, (Entry { what, count, .. }, amount)) in entries.iter().zip(&amounts).enumerate() {
        if is_left_out(n, entries.len()) {
            continue;
        }
        let line = format!("  {:<44}{count:>16}{amount:>26}", cut(what, 44));
        writeln!(to.to, "{}", line.trim_end())?;
        if is_left_out(n.saturating_add(1), entries.len()) {
            let more = entries.len().saturating_sub(TOLD);
            writeln!(to.to, "  ... {} more, all in --json ...", grouped(&more.to_string()))?;
        }
    }
    writeln!(to.to)
}

fn entry(what: &str, count: u128, amount: Money) -> Entry {
    Entry { what: what.into(), count: grouped(&count.to_string()), amount: money(amount) }
}

/// The amounts with so many fractional digits, so that their points stand under one another.
fn aligned(amounts: impl Iterator<Item = String>, digits: usize) -> Vec<String> {
    let mut amounts: Vec<String> = amounts.collect();
    for amount in
        amounts.iter_mut().filter(|amount| amount.starts_with(|c: char| c == '-' || c.is_ascii_digit()))
    {
        let missing = digits.saturating_sub(fraction(amount));
        if !amount.contains('.') && missing > 0 {
            amount.push('.');
        }
        amount.push_str(&"0".repeat(missing));
    }
    amounts
}

fn money(amount: Money) -> String {
    match amount.0 {
        Some(amount) => grouped(&money_words(&amount.normalize().to_string())),
        None => "not exact".into(),
    }
}

/// The whole part in groups of three.
fn grouped(number: &str) -> String {
    let (whole, fraction) =
        number.split_once('.').map_or((number, None), |(whole, rest)| (whole, Some(rest)));
    let mut said = String::new();
    let digits = whole.chars().filter(char::is_ascii_digit).count();
    let mut left = digits;
    for c in whole.chars() {
        if c.is_ascii_digit() {
            if left != digits && left.checked_rem(3) == Some(0) {
                said.push(',');
            }
            left = left.saturating_sub(1);
        }
        said.push(c);
    }
    if let Some(fraction) = fraction {
        said.push('.');
        said.push_str(fraction);
    }
    said
}

/// A time to the second.
fn short(at: Timestamp) -> String {
    let words = instant_words(&at.to_string());
    words.split('.').next().unwrap_or_default().to_string()
}

/// At most so many characters.
fn cut(text: &str, most: usize) -> String {
    if text.chars().count() <= most {
        return text.into();
    }
    let start: String = text.chars().take(most.saturating_sub(3)).collect();
    format!("{start}...")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_grouped_in_threes() {
        for (number, said) in [
            ("0", "0"),
            ("999", "999"),
            ("1000", "1,000"),
            ("-1234567.5", "-1,234,567.5"),
            ("12.3456", "12.3456"),
        ] {
            assert_eq!(grouped(number), said);
        }
    }

    #[test]
    fn points_stand_under_one_another() {
        let amounts = ["1.00", "0.025", "10.5"].map(String::from);
        assert_eq!(aligned(amounts.into_iter(), 3), ["1.000", "0.025", "10.500"]);
    }
}
