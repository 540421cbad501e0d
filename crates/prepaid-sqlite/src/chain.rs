//! An account's batches by their number: each knows where the one before it is, and every so many-th has a place.

use prepaid_runtime::Change;
use rusqlite::Connection;

use crate::fault::Fault;
use crate::read::one;
use crate::rows::{AccountRow, change, int};
use crate::sql;

/// Every so many-th batch has a place: so many are gone through, at most, to find another.
pub(crate) const MARK_EVERY: i64 = 16;

fn missing(row: &AccountRow, seq: i64) -> Fault {
    Fault::damaged(format_args!("batch {seq} of account {} is missing", row.account))
}

/// The next batch from this one on that has a place: its number and its position.
fn marked(conn: &Connection, row: &AccountRow, seq: i64) -> Result<(i64, i64), Fault> {
    let next = seq.saturating_add(MARK_EVERY - 1).div_euclid(MARK_EVERY).saturating_mul(MARK_EVERY);
    if next > row.seq {
        return Ok((row.seq, row.last));
    }
    let params = (row.number, sql::MARK, next.to_be_bytes());
    let position = one(conn, sql::PLACE, params, |found| Ok(found.get(0)?))?;
    Ok((next, position.ok_or_else(|| missing(row, next))?))
}

/// The instant of a batch of the account.
pub(crate) fn instant(conn: &Connection, row: &AccountRow, seq: i64) -> Result<i64, Fault> {
    let (mut at, mut position) = marked(conn, row, seq)?;
    loop {
        let link = one(conn, sql::LINK, [position], |found| {
            let of: (i64, i64) = (found.get(0)?, found.get(1)?);
            Ok((of, found.get(2)?))
        })?;
        match link {
            Some((of, _)) if of == (row.number, at) && at == seq => break,
            Some((of, previous)) if of == (row.number, at) && at > seq => position = previous,
            Some(_) | None => return Err(missing(row, at)),
        }
        at = at.saturating_sub(1);
    }
    // Read whole, and checked against its sum: what it says decides where a statement begins.
    let batch = one(conn, sql::BATCH_AT, [position], change)?.ok_or_else(|| missing(row, seq))?;
    Ok(batch.row.batch.at.as_micros())
}

/// From a batch of the account to the next one that has a place, the last of them first.
fn stretch(conn: &Connection, row: &AccountRow, from: i64) -> Result<Vec<Change>, Fault> {
    let (mut seq, mut position) = marked(conn, row, from)?;
    let mut found = Vec::new();
    while seq >= from {
        let batch = one(conn, sql::BATCH_AT, [position], |row| Ok((change(row)?, row.get(10)?)))?;
        let (batch, previous) = batch.ok_or_else(|| missing(row, seq))?;
        if batch.row.account != row.account || int(batch.row.seq)? != seq {
            return Err(missing(row, seq));
        }
        found.push(batch);
        (seq, position) = (seq.saturating_sub(1), previous);
    }
    Ok(found)
}

/// Goes through the batches after a number, in their order, until it is told that it is enough.
pub(crate) fn each(
    conn: &Connection,
    row: &AccountRow,
    after: i64,
    mut take: impl FnMut(Change) -> Result<bool, Fault>,
) -> Result<(), Fault> {
    let mut next = after.saturating_add(1);
    while next <= row.seq {
        for batch in stretch(conn, row, next)?.into_iter().rev() {
            next = next.saturating_add(1);
            if !take(batch)? {
                return Ok(());
            }
        }
    }
    Ok(())
}
