//! The statement: what came in, what went out, what is left, added up in more than one way.

use std::path::Path;

use prepaid::{
    Amount, Balances, ChargeKind, ChargeNumber, Policy, PriceListNumbers, RejectionTag, Text, Timestamp,
};
use rust_decimal::Decimal;
use serde::{Serialize, Serializer};

use super::drive::Outcome;
use super::rows::Rows;
use super::tally::{Charged, SUCCEEDED, Sold, Spend};

/// The statement of a run, as `--json` prints it.
#[derive(Debug, Serialize)]
pub(super) struct Statement {
    pub(super) log: String,
    pub(super) policy: String,
    pub(super) currency: String,
    /// The time of the row that ran first, the latest time of a row, and the time of the last thing that happened.
    pub(super) first: Option<Timestamp>,
    pub(super) last: Option<Timestamp>,
    pub(super) closed_at: Option<Timestamp>,
    pub(super) rows: u64,
    pub(super) out_of_order: u64,
    pub(super) sorted: bool,
    pub(super) opening: Money,
    pub(super) charged: Money,
    pub(super) billed: Money,
    pub(super) closing: Money,
    pub(super) final_balance: Balances,
    pub(super) lowest: Option<Lowest>,
    /// The sums made a second way; each must agree.
    pub(super) checks: Vec<Check>,
    pub(super) admitted: u64,
    pub(super) refused: Vec<Refused>,
    pub(super) items: Vec<Item>,
    pub(super) days: Vec<Day>,
    pub(super) keys: Vec<Key>,
    pub(super) charges: Vec<Charge>,
    /// What else is to be known of the run.
    pub(super) notes: Vec<String>,
}

/// A sum, made by this program with decimals of its own; none where it could not be made exactly.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Money(pub(super) Option<Decimal>);

#[derive(Debug, Serialize)]
pub(super) struct Lowest {
    pub(super) posted: prepaid::Balance,
    pub(super) at: Timestamp,
}

#[derive(Debug, Serialize)]
pub(super) struct Check {
    pub(super) what: &'static str,
    pub(super) sum: Money,
    pub(super) should_be: Money,
    pub(super) agrees: bool,
}

#[derive(Debug, Serialize)]
pub(super) struct Refused {
    #[serde(rename = "type")]
    pub(super) tag: RejectionTag,
    pub(super) requests: u64,
    /// What they would have cost.
    pub(super) worth: Amount,
}

#[derive(Debug, Serialize)]
pub(super) struct Item {
    #[serde(rename = "item")]
    pub(super) name: Text,
    pub(super) version: Timestamp,
    pub(super) requests: u64,
    pub(super) spend: Money,
    pub(super) quantities: Vec<Quantity>,
}

#[derive(Debug, Serialize)]
pub(super) struct Quantity {
    #[serde(rename = "quantity")]
    pub(super) name: Text,
    pub(super) count: u128,
    pub(super) spend: Money,
}

#[derive(Debug, Serialize)]
pub(super) struct Day {
    #[serde(rename = "day")]
    pub(super) date: String,
    pub(super) requests: u64,
    pub(super) spend: Amount,
}

#[derive(Debug, Serialize)]
pub(super) struct Key {
    #[serde(rename = "key")]
    pub(super) label: String,
    pub(super) requests: u64,
    pub(super) spend: Amount,
}

#[derive(Debug, Serialize)]
pub(super) struct Charge {
    #[serde(rename = "charge")]
    pub(super) number: ChargeNumber,
    pub(super) kind: ChargeKind,
    pub(super) amount: Amount,
    pub(super) requested_at: Timestamp,
    pub(super) ended_at: Option<Timestamp>,
    pub(super) outcome: &'static str,
}

impl Money {
    fn sum(amounts: impl IntoIterator<Item = Self>) -> Self {
        let zero = Some(Decimal::ZERO);
        Self(amounts.into_iter().fold(zero, |sum, amount| sum?.checked_add(amount.0?)))
    }

    fn less(self, other: Self) -> Self {
        Self(self.0.and_then(|amount| amount.checked_sub(other.0?)))
    }
}

impl From<Amount> for Money {
    fn from(amount: Amount) -> Self {
        Self(Some(amount.to_decimal()))
    }
}

impl Serialize for Money {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        self.0.map(|amount| amount.normalize().to_string()).serialize(to)
    }
}

impl Statement {
    /// Adds everything up.
    pub(super) fn of(
        log: &Path,
        rows: &Rows,
        run: &Outcome,
        policy: &Policy,
        prices: &PriceListNumbers,
    ) -> Self {
        let tally = &run.tally;
        let opening = Money(Some(Decimal::ZERO));
        let succeeded = |charge: &&Charged| charge.ended.is_some_and(|(_, outcome)| outcome == SUCCEEDED);
        let charged =
            Money::sum(tally.charges.iter().filter(succeeded).map(|charge| Money::from(charge.amount)));
        let billed = Money::sum(tally.days.values().map(|day| Money::from(day.amount)));
        let closing = Money::sum([opening, charged]).less(billed);
        let items: Vec<Item> = tally.sold.iter().filter_map(|sold| item(sold, rows, prices)).collect();
        let final_balance = run.account.balance();
        let by_counts = Money::sum(items.iter().map(|item| item.spend));
        let by_keys = Money::sum(tally.keys.iter().map(|spend| Money::from(spend.amount)));
        let checks = vec![
            check("opening + charges - calls = the account's balance", closing, posted(&final_balance)),
            check("quantities x listed prices = calls by day", by_counts, billed),
            check("calls by key = calls by day", by_keys, billed),
        ];
        Self {
            log: log.display().to_string(),
            policy: policy.numbers().id.to_string(),
            currency: policy.numbers().currency.to_string(),
            first: rows.each.first().map(|row| row.at),
            last: rows.each.iter().map(|row| row.at).max(),
            closed_at: run.account.last_instant(),
            rows: u64::try_from(rows.each.len()).unwrap_or(u64::MAX),
            out_of_order: rows.out_of_order,
            sorted: rows.sorted,
            opening,
            charged,
            billed,
            closing,
            final_balance,
            lowest: tally.lowest.map(|(posted, at)| Lowest { posted, at }),
            checks,
            admitted: tally.admitted,
            refused: tally.refused.iter().map(|(tag, spend)| refused(*tag, *spend)).collect(),
            items,
            days: tally.days.iter().map(|(day, spend)| dated(*day, *spend)).collect(),
            keys: rows.keys.iter().zip(&tally.keys).map(|(key, spend)| named(key.as_str(), *spend)).collect(),
            charges: tally.charges.iter().map(charge).collect(),
            notes: notes(run),
        }
    }

    /// Whether every sum agrees.
    pub(super) fn foots(&self) -> bool {
        self.checks.iter().all(|check| check.agrees)
    }
}

fn notes(run: &Outcome) -> Vec<String> {
    let mut notes = Vec::new();
    if !run.is_funded {
        notes.push("the initial funding never succeeded: every row was refused".into());
    }
    if let Some(reason) = run.tally.paused {
        notes.push(format!("the automatic top-up is paused at the end: {reason}"));
    }
    let asked = run.tally.charges.len();
    if asked < run.planned {
        let planned = run.planned;
        let unused = planned.saturating_sub(asked);
        notes.push(format!("of the {planned} entries of --charges, the last {unused} were not used"));
    }
    notes
}

fn posted(balance: &Balances) -> Money {
    Money(Some(balance.posted.to_decimal()))
}

fn check(what: &'static str, sum: Money, should_be: Money) -> Check {
    Check { what, sum, should_be, agrees: sum.0.is_some() && sum == should_be }
}

/// What an item came to, from the counts and the numbers of the price list alone.
fn item(sold: &Sold, rows: &Rows, prices: &PriceListNumbers) -> Option<Item> {
    let name = rows.items.get(usize::try_from(sold.item).ok()?)?.clone();
    let version = prices.versions.iter().find(|version| version.from == sold.version)?;
    let units = version.items.get(&name)?;
    let quantities: Vec<Quantity> = rows
        .quantities
        .iter()
        .zip(&sold.counts)
        .filter_map(|(quantity, count)| {
            let (count, price) = ((*count)?, units.get(quantity)?);
            let spend = i128::try_from(count)
                .ok()
                .and_then(|count| Decimal::try_from_i128_with_scale(count, 0).ok())
                .and_then(|count| count.checked_mul(price.price.to_decimal()))
                .and_then(|spend| spend.checked_div(Decimal::from(price.per)));
            Some(Quantity { name: quantity.clone(), count, spend: Money(spend) })
        })
        .collect();
    let spend = Money::sum(quantities.iter().map(|quantity| quantity.spend));
    Some(Item { name, version: sold.version, requests: sold.requests, spend, quantities })
}

const fn refused(tag: RejectionTag, spend: Spend) -> Refused {
    Refused { tag, requests: spend.requests, worth: spend.amount }
}

fn dated(day: i64, spend: Spend) -> Day {
    let micros = day.saturating_mul(86_400_000_000);
    let text = Timestamp::from_micros(micros).map(|at| at.to_string()).unwrap_or_default();
    let date = text.split('T').next().unwrap_or_default().to_string();
    Day { date, requests: spend.requests, spend: spend.amount }
}

fn named(key: &str, spend: Spend) -> Key {
    Key { label: key.into(), requests: spend.requests, spend: spend.amount }
}

fn charge(charged: &Charged) -> Charge {
    Charge {
        number: charged.number,
        kind: charged.kind,
        amount: charged.amount,
        requested_at: charged.requested_at,
        ended_at: charged.ended.map(|(at, _)| at),
        outcome: charged.ended.map_or("open", |(_, outcome)| outcome),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_agree_only_when_they_are_the_same_and_exact() {
        let money = |n: i64| Money(Some(Decimal::from(n)));
        assert!(check("same", money(2), money(2)).agrees);
        assert!(!check("other", money(2), money(3)).agrees);
        assert!(!check("not exact", Money(None), Money(None)).agrees);
        assert_eq!(Money::sum([money(1), Money(None)]), Money(None));
        assert_eq!(Money::sum([money(1), money(2)]).less(money(4)), money(-1));
    }
}
