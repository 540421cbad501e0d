//! What reading promises.

use prepaid::{AccountId, Action, Actor, Amount, Audit, Balance, KeyNumber, Timestamp};

use super::lives::{Lives, account, amount, call, charge_call, key_of, price, success, time};
use super::{Case, Harness, said, same};
use crate::fact::is_more_than_calls;
use crate::read::{self, LogLines, Movement};
use crate::store::{BatchRow, Page, ReadStore, UsageRow};

/// A few accounts with calls, charges and grants over some days.
fn busy<H: Harness>(harness: &mut H) -> Result<(H::Place, Lives), String> {
    let place = harness.fresh();
    let (mut store, mut lives) = (harness.open(&place)?, Lives::begin()?);
    for n in 1..=3 {
        lives.funds(n)?;
    }
    lives.writes(&mut store)?;
    for day in 1..=5_u128 {
        lives.now = time(&format!("2025-01-0{day}T12:00:00Z"))?;
        for n in 1..=3_u128 {
            let id = day.saturating_mul(10).saturating_add(n);
            lives.does(n, &charge_call(n, id, "2.025")?, None)?;
            let hold = Action::AuthorizeCall {
                call: call(id.saturating_add(100)),
                key: key_of(n),
                quote: price("1.5", "contract 8")?,
                units: 1,
            };
            lives.does(n, &hold.by(Actor::Gateway), None)?;
            let settle =
                Action::SettleCall { call: call(id.saturating_add(100)), amount: Some(amount("1.25")?) };
            lives.does(n, &settle.by(Actor::Gateway), Some(&format!("settle-{id}")))?;
            if lives.state(n)?.open_charge().is_some() {
                let success = success(lives.state(n)?)?;
                lives.does(n, &success, None)?;
            }
            lives.writes(&mut store)?;
        }
    }
    Ok((place, lives))
}

/// No position is given before a smaller one, and a cursor misses nothing.
///
/// # Errors
/// What was otherwise.
pub fn changes_come_in_the_order_of_commits<H: Harness>(harness: &mut H) -> Case {
    let (place, lives) = busy(harness)?;
    let mut reader = harness.read(&place)?;
    let mut page = Page { after: 0, limit: 7 };
    let mut next: std::collections::BTreeMap<AccountId, u64> = std::collections::BTreeMap::new();
    loop {
        let changes = reader.changes(page).map_err(said)?;
        for change in &changes {
            if change.position <= page.after {
                return Err(format!("position {} after {}", change.position, page.after));
            }
            page.after = change.position;
            let seq = next.entry(change.row.account).or_insert(0);
            *seq = seq.saturating_add(1);
            same("the account's next batch", &change.row.seq, seq)?;
        }
        if changes.is_empty() {
            break;
        }
    }
    let all: std::collections::BTreeMap<_, _> =
        lives.accounts.iter().map(|(id, (_, seq))| (*id, *seq)).collect();
    same("all of them", &next, &all)
}

/// By number, without gaps, from any on; and the last before an instant is found.
///
/// # Errors
/// What was otherwise.
pub fn batches_are_read_by_pages<H: Harness>(harness: &mut H) -> Case {
    let (place, lives) = busy(harness)?;
    let mut reader = harness.read(&place)?;
    let (_, last) = lives.accounts.get(&account(2)).ok_or("an account is missing")?;
    for limit in [1, 3, 1_000] {
        let (mut page, mut read) = (Page { after: 0, limit }, Vec::new());
        loop {
            let rows = reader.batches(account(2), page).map_err(said)?;
            let Some(end) = rows.last() else { break };
            page.after = end.seq;
            read.extend(rows);
        }
        let numbers: Vec<u64> = read.iter().map(|row| row.seq).collect();
        same("numbers", &numbers, &(1..=*last).collect())?;
        let account = prepaid::replay(read.iter().map(|row| &row.batch)).map_err(said)?;
        same("the account", &account, lives.state(2)?)?;
        let balance = account.balance();
        let row = read.last().ok_or("no row")?;
        same("the balance", &(row.posted, row.held), &(balance.posted, balance.held))?;
        let requests = read.iter().filter(|row| row.request.is_some()).count();
        same("requests", &requests, &5)?;
        batches_beside_calls(&mut reader, &read)?;
    }
    let noon = time("2025-01-03T12:00:00Z")?;
    let before = reader.last_before(account(2), noon).map_err(said)?;
    let until = reader.last_before(account(2), Timestamp::from_micros(noon.as_micros() | 1).map_err(said)?);
    let rows = reader.batches(account(2), Page { after: before, limit: 1 }).map_err(said)?;
    same("the first at that instant", &rows.first().map(|row| row.batch.at), &Some(noon))?;
    same("more after it", &(until.map_err(said)? > before), &true)?;
    same("none before", &reader.last_before(account(2), Timestamp::MIN).map_err(said)?, &0)
}

/// Those of the batches that are more than calls, by pages of any size.
fn batches_beside_calls(reader: &mut impl ReadStore, all: &[BatchRow]) -> Case {
    let expected: Vec<_> = all.iter().filter(|row| is_more_than_calls(&row.batch)).cloned().collect();
    same("some but not all", &(!expected.is_empty() && expected.len() < all.len()), &true)?;
    for limit in [1, 3, 1_000] {
        let (mut page, mut read) = (Page { after: 0, limit }, Vec::new());
        loop {
            let rows = reader.batches_beside_calls(account(2), page).map_err(said)?;
            let Some(end) = rows.last() else { break };
            page.after = end.seq;
            read.extend(rows);
        }
        same("beside calls", &read, &expected)?;
    }
    let rows = reader.batches_beside_calls(account(2), Page { after: u64::MAX, limit: 9 }).map_err(said)?;
    same("after all", &rows.len(), &0)
}

/// A settlement counts under the item of its admission, by the day it was billed.
///
/// # Errors
/// What was otherwise.
pub fn usage_is_counted_by_key_item_and_day<H: Harness>(harness: &mut H) -> Case {
    let (place, _) = busy(harness)?;
    let mut reader = harness.read(&place)?;
    let (from, until) = (time("2025-01-02T00:00:00Z")?, time("2025-01-05T00:00:00Z")?);
    let rows = reader.usage(account(1), from, until, None, 100).map_err(said)?;
    let got: Vec<_> =
        rows.iter().map(|row| (row.day, row.key, row.item.clone(), row.calls, row.amount)).collect();
    let mut expected = Vec::new();
    for day in 2..=4 {
        let day = time(&format!("2025-01-0{day}T00:00:00Z"))?;
        expected.push((day, KeyNumber(1), "contract 7".to_owned(), 1, amount("2.025")?));
        expected.push((day, KeyNumber(1), "contract 8".to_owned(), 1, amount("1.25")?));
    }
    same("usage", &got, &expected)?;
    let fourth = rows.get(3).map(UsageRow::place);
    let fifth = reader.usage(account(1), from, until, fourth.as_ref(), 1).map_err(said)?;
    same("the fifth row", &fifth.as_slice(), &rows.get(4..5).unwrap_or_default())
}

/// A call that is billed between two pages, of an item before those that were read, doubles no row and hides none; what is
/// still to be read says what it says then.
///
/// # Errors
/// What was otherwise.
pub fn usage_is_read_by_pages_while_calls_are_billed<H: Harness>(harness: &mut H) -> Case {
    let place = harness.fresh();
    let (mut store, mut lives) = (harness.open(&place)?, Lives::begin()?);
    lives.funds(1)?;
    let mut id = 0_u128;
    let mut bills = |lives: &mut Lives, item: &str| {
        id = id.saturating_add(1);
        let charge = Action::ChargeCall { call: call(id), key: key_of(1), quote: price("0.01", item)? };
        lives.does(1, &charge.by(Actor::Gateway), None)
    };
    // More than a store adds up at once.
    for _ in 0..5 {
        for item in ["item y", "item e", "item x", "item c"] {
            bills(&mut lives, item)?;
        }
    }
    lives.writes(&mut store)?;
    let mut reader = harness.read(&place)?;
    let (from, until) = (time("2025-01-01T00:00:00Z")?, time("2025-01-02T00:00:00Z")?);
    let first = reader.usage(account(1), from, until, None, 2).map_err(said)?;
    for item in ["item a", "item d", "item x", "item z", "item e"] {
        bills(&mut lives, item)?;
    }
    lives.writes(&mut store)?;
    let after = first.last().map(UsageRow::place);
    let second = reader.usage(account(1), from, until, after.as_ref(), 2).map_err(said)?;
    let after = second.last().map(UsageRow::place);
    let third = reader.usage(account(1), from, until, after.as_ref(), 2).map_err(said)?;
    let got: Vec<_> = first.iter().chain(&second).chain(&third).map(|row| (&*row.item, row.calls)).collect();
    let expected = vec![("item c", 5), ("item e", 5), ("item x", 6), ("item y", 5), ("item z", 1)];
    same("rows", &got, &expected)
}

/// In the order of their ids.
///
/// # Errors
/// What was otherwise.
pub fn accounts_are_read_by_pages<H: Harness>(harness: &mut H) -> Case {
    let (place, _) = busy(harness)?;
    let mut reader = harness.read(&place)?;
    let first = reader.accounts(None, 2).map_err(said)?;
    same("first", &first, &vec![account(1), account(2)])?;
    same("rest", &reader.accounts(first.last().copied(), 2).map_err(said)?, &vec![account(3)])
}

/// Whatever the range, and ranges that follow each other go on where the last one ended.
///
/// # Errors
/// What was otherwise.
pub fn statements_foot<H: Harness>(harness: &mut H) -> Case {
    let (place, lives) = busy(harness)?;
    let mut reader = harness.read(&place)?;
    let mut closing = Balance::ZERO;
    let (mut calls, mut charged) = (0_u64, Amount::ZERO);
    for (day, next) in (1..=6).zip(2..) {
        let (from, until) =
            (time(&format!("2025-01-0{day}T00:00:00Z"))?, time(&format!("2025-01-0{next}T00:00:00Z"))?);
        let statement = read::statement(&mut reader, account(1), from, until).map_err(said)?;
        same("opening", &statement.opening, &closing)?;
        closing = statement.closing;
        calls = calls.saturating_add(statement.calls);
        charged = charged.checked_add(statement.sum(Movement::Charge).map_err(said)?).map_err(said)?;
    }
    same("closing", &closing, &lives.state(1)?.balance().posted)?;
    same("calls", &calls, &10)?;
    let rows = read::charges(&mut reader, account(1)).map_err(said)?;
    let credited = rows.iter().filter_map(|row| match row.ended {
        Some((_, prepaid::Outcome::Succeeded { credited })) => Some(credited),
        Some((_, prepaid::Outcome::Failed {} | prepaid::Outcome::Abandoned {})) | None => None,
    });
    let credited = credited.clone().try_fold(Amount::ZERO, Amount::checked_add).map_err(said)?;
    same("charged", &charged, &credited)
}

/// Numbered, and no two alike.
///
/// # Errors
/// What was otherwise.
pub fn charges_have_receipts<H: Harness>(harness: &mut H) -> Case {
    let (place, lives) = busy(harness)?;
    let mut reader = harness.read(&place)?;
    let mut receipts = std::collections::BTreeSet::new();
    for n in 1..=3 {
        let rows = read::charges(&mut reader, account(n)).map_err(said)?;
        let open = usize::from(lives.state(n)?.open_charge().is_some());
        same("charges", &rows.len(), &lives.state(n)?.charges().len().saturating_add(open))?;
        for row in rows {
            if !receipts.insert(row.receipt.to_string()) {
                return Err(format!("receipt {} is there twice", row.receipt));
            }
        }
    }
    Ok(())
}

/// Line for line.
///
/// # Errors
/// What the audit says.
pub fn the_log_passes_the_audit<H: Harness>(harness: &mut H) -> Case {
    let (place, _) = busy(harness)?;
    let mut reader = harness.read(&place)?;
    let (mut lines, mut audit) = (LogLines::of(&mut reader), Audit::new());
    let mut count = 0_u64;
    while let Some(line) = lines.next_line().map_err(said)? {
        check_line(&mut audit, &line)?;
        count = count.saturating_add(1);
    }
    same("lines", &(count > 30), &true)
}

/// A line as the audit reads it.
#[derive(serde::Deserialize)]
struct LogLine {
    account: AccountId,
    seq: u64,
    at: Timestamp,
    events: prepaid::Events,
    posted: Balance,
    held: Amount,
}

fn check_line(audit: &mut Audit, line: &str) -> Case {
    let LogLine { account, seq, at, events, posted, held } = serde_json::from_str(line).map_err(said)?;
    let line = prepaid::AuditLine { account, seq, at, events: &events, posted, held };
    audit.check(&line).map(drop).map_err(said)
}
