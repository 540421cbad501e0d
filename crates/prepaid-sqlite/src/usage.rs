//! What keys have used, by day and item: added up in rows up to the batch of the snapshot, and from there on in the
//! batches alone.

use std::collections::BTreeMap;

use prepaid::{Amount, Batch, CallId, Event};
use prepaid_runtime::{Fact, UsageRow, item_of};
use rusqlite::Connection;

use crate::chain;
use crate::fault::Fault;
use crate::names::Names;
use crate::read::{self, one};
use crate::rows::{AccountRow, DAY, UsageOf, change, parsed, sum_of_usage, text, usage_row};
use crate::sql;

/// A call that was billed.
pub(crate) struct Used {
    day: i64,
    by: By,
    amount: Amount,
}

enum By {
    Key {
        key: u32,
        item: String,
    },
    /// What an earlier batch admitted says the key and the item.
    Call(CallId),
}

/// What a batch bills.
pub(crate) fn used_in(batch: &Batch) -> impl Iterator<Item = Used> {
    let day = batch.at.as_micros().div_euclid(DAY);
    batch.events.iter().filter_map(move |event| match Fact::of(event) {
        Fact::CallAdmitted { key, origin, billed, .. } => {
            let by = By::Key { key: key.0, item: item_of(origin) };
            billed.map(|amount| Used { day, by, amount })
        }
        Fact::CallBilled { call, amount } => Some(Used { day, by: By::Call(call), amount }),
        Fact::CallMoved(_)
        | Fact::KeyAsked(_)
        | Fact::ChargeAsked(_)
        | Fact::ChargeCredited { .. }
        | Fact::ChargeEnded { .. }
        | Fact::Reversed(_)
        | Fact::GrantIssued(_)
        | Fact::GrantStarted(_)
        | Fact::CreditGone(_)
        | Fact::WrittenOff(_)
        | Fact::Nothing => None,
    })
}

/// What an account has settled in all stays in range (M1), and so does every part of it.
fn added(sum: Amount, amount: Amount) -> Amount {
    sum.checked_add(amount).unwrap_or(Amount::MAX)
}

/// Usage that is being added up: how many calls, and how much.
pub(crate) type Sums = BTreeMap<UsageOf, (i64, Amount)>;

pub(crate) fn add(sums: &mut Sums, of: UsageOf, calls: i64, amount: Amount) {
    let (count, sum) = sums.entry(of).or_insert((0, Amount::ZERO));
    *count = count.saturating_add(calls);
    *sum = added(*sum, amount);
}

fn take(conn: &Connection, row: &AccountRow, sums: &mut Sums, used: Used) -> Result<(), Fault> {
    let Used { day, by, amount } = used;
    let (key, item) = match by {
        By::Key { key, item } => (key, item),
        By::Call(call) => admitted(conn, row, call)?,
    };
    add(sums, UsageOf { day, key, item }, 1, amount);
    Ok(())
}

/// The key and the item of a call.
fn admitted(conn: &Connection, row: &AccountRow, call: CallId) -> Result<(u32, String), Fault> {
    let params = (row.number, sql::CALL, call.0.as_bytes());
    let position: Option<i64> = one(conn, sql::PLACE, params, |found| Ok(found.get(0)?))?;
    let batch = match position {
        Some(position) => one(conn, sql::BATCH_AT, [position], change)?.map(|change| change.row),
        None => None,
    };
    let of = |event: &Event| {
        let Fact::CallAdmitted { call: known, key, origin, .. } = Fact::of(event) else { return None };
        (known == call).then(|| (key.0, item_of(origin)))
    };
    batch
        .filter(|batch| batch.account == row.account)
        .and_then(|batch| batch.batch.events.iter().find_map(of))
        .ok_or_else(|| Fault::damaged(format_args!("call {call} of account {} has no batch", row.account)))
}

/// What the account's batches say since its usage was last added up.
fn since(conn: &Connection, row: &AccountRow) -> Result<Sums, Fault> {
    let from = read::kept_at(conn, row)?;
    if from.is_none() && one(conn, sql::HAS_USAGE, [row.number], |found| Ok(found.get(0)?))? == Some(true) {
        return Err(Fault::damaged(format_args!(
            "the usage of account {} does not say up to where it is added up",
            row.account
        )));
    }
    let mut sums = Sums::new();
    chain::each(conn, row, from.unwrap_or_default(), |change| {
        used_in(&change.row.batch).try_for_each(|used| take(conn, row, &mut sums, used))?;
        Ok(true)
    })?;
    Ok(sums)
}

/// Adds up what the account has used up to its last stored batch, and what it uses now.
pub(crate) fn keep(
    conn: &Connection,
    names: &mut Names,
    row: &AccountRow,
    now: impl IntoIterator<Item = Used>,
) -> Result<(), Fault> {
    let (account, number) = (row.account, row.number);
    let mut sums = since(conn, row)?;
    now.into_iter().try_for_each(|used| take(conn, row, &mut sums, used))?;
    for (of, (calls, amount)) in sums {
        let item = names.number(conn, &of.item)?;
        let known = one(conn, sql::SUM, (number, of.day, of.key, item), |found| {
            let (calls, amount) = (found.get(0)?, text(found, 1)?);
            let what = || format!("the usage of account {account}");
            sum_of_usage(account, &of, calls, amount).check(found.get(2)?, what)?;
            Ok((calls, parsed::<Amount>("an amount", amount)?))
        })?;
        let (before, sum): (i64, Amount) = known.unwrap_or((0, Amount::ZERO));
        let calls = before.saturating_add(calls);
        let amount = added(sum, amount).to_string();
        let crc = sum_of_usage(account, &of, calls, &amount).end();
        let mut set = conn.prepare_cached(sql::SET_SUM)?;
        set.execute((number, of.day, of.key, item, calls, &amount, crc))?;
    }
    Ok(())
}

/// The rows that have been added up, in the order day, key: from a day and a key on, of days before another, until the
/// rows up to a key's last of a day are enough.
pub(crate) fn kept(
    conn: &Connection,
    row: &AccountRow,
    (day, key): (i64, u32),
    until: i64,
    mut is_enough: impl FnMut(&UsageRow) -> bool,
) -> Result<Vec<UsageRow>, Fault> {
    let mut statement = conn.prepare_cached(sql::USAGE)?;
    let mut stored = statement.query((row.number, day, key, until))?;
    let (mut found, mut last_of) = (Vec::new(), None);
    while let Some(stored) = stored.next()? {
        let usage = usage_row(row.account, stored)?;
        let of = (usage.day, usage.key);
        if last_of.is_some_and(|last| last != of) {
            break;
        }
        if is_enough(&usage) {
            last_of = Some(of);
        }
        found.push(usage);
    }
    Ok(found)
}

/// What the account has used on such days, in the order day, key, item: at most so many rows, after a place.
pub(crate) fn of(
    conn: &Connection,
    row: &AccountRow,
    (from, until): (i64, i64),
    after: Option<&UsageOf>,
    limit: usize,
) -> Result<Vec<UsageRow>, Fault> {
    let is_later = |of: &UsageOf| after.is_none_or(|after| of > after);
    let mut sums = since(conn, row)?;
    sums.retain(|of, _| (from..until).contains(&of.day) && is_later(of));
    let begin = after.map_or((from, 0), |after| (after.day, after.key).max((from, 0)));
    let mut later = 0_usize;
    // Rows of one day and key are stored in the order of their items' numbers: all of them are read, or none.
    let stored = kept(conn, row, begin, until, |kept| {
        later = later.saturating_add(usize::from(is_later(&of_row(kept))));
        later >= limit
    })?;
    for kept in stored {
        let of = of_row(&kept);
        if is_later(&of) {
            add(&mut sums, of, crate::rows::int(kept.calls)?, kept.amount);
        }
    }
    rows(sums.into_iter().take(limit))
}

fn of_row(row: &UsageRow) -> UsageOf {
    UsageOf { day: row.day.as_micros().div_euclid(DAY), key: row.key.0, item: row.item.clone() }
}

/// The sums as they are read.
pub(crate) fn rows(sums: impl IntoIterator<Item = (UsageOf, (i64, Amount))>) -> Result<Vec<UsageRow>, Fault> {
    let row = |(of, (calls, amount)): (UsageOf, (i64, Amount))| {
        let day = crate::rows::instant(of.day.saturating_mul(DAY))?;
        let (key, item, calls) = (prepaid::KeyNumber(of.key), of.item, crate::rows::count(calls)?);
        Ok(UsageRow { key, item, day, calls, amount })
    };
    sums.into_iter().map(row).collect()
}
