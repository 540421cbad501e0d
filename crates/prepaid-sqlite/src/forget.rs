//! Forgetting requests that were remembered long enough (K6).

use prepaid::Timestamp;
use rusqlite::Connection;

use crate::fault::Fault;
use crate::read::{all, reading, run};
use crate::rows::HOUR;
use crate::{sql, write};

/// How many batches are looked at in one transaction: others write in between.
const STRIDE: i64 = 5_000;

/// A run of batches that were written in one hour.
struct Run {
    first: i64,
    /// Where the next run begins; the last one has no end yet.
    until: Option<i64>,
    hour: i64,
}

/// Forgets every request from before an instant, and says how many there were.
pub(crate) fn requests(conn: &Connection, before: Timestamp) -> Result<u64, Fault> {
    let before = before.as_micros();
    let runs = reading(conn, || {
        all(conn, sql::OLD_HOURS, [before.div_euclid(HOUR)], |row| {
            Ok(Run { first: row.get(0)?, until: row.get(1)?, hour: row.get(2)? })
        })
    })?;
    let mut forgotten = 0_u64;
    for run_of in runs {
        let mut from = Some(run_of.first);
        while let Some(first) = from {
            let (count, next) = in_transaction(conn, || stride(conn, &run_of, first, before))?;
            forgotten = forgotten.saturating_add(count);
            from = next;
        }
    }
    Ok(forgotten)
}

fn in_transaction<T>(conn: &Connection, write: impl FnOnce() -> Result<T, Fault>) -> Result<T, Fault> {
    write::roll_back(conn);
    run(conn, sql::BEGIN_WRITING)?;
    let written = write().and_then(|written| run(conn, sql::COMMIT).map(|()| written));
    write::roll_back(conn);
    written
}

/// One stretch of a run: how many were forgotten, and where to go on. A run of which nothing will be forgotten any more
/// is dropped at its end.
fn stride(conn: &Connection, of: &Run, first: i64, before: i64) -> Result<(u64, Option<i64>), Fault> {
    let until = of.until.unwrap_or(i64::MAX);
    let mut forgotten = 0_u64;
    let mut last = None;
    let old = all(conn, sql::OLD_REQUESTS, (first, until, STRIDE), |row| {
        let (position, number, at): (i64, i64, i64) = (row.get(0)?, row.get(1)?, row.get(3)?);
        last = Some(position);
        let request: Option<String> = row.get(2)?;
        Ok(request.filter(|_| at < before).map(|request| (number, request, position)))
    })?;
    for (number, request, position) in old.into_iter().flatten() {
        let gone = conn.prepare_cached(sql::FORGET)?.execute((number, request, position))?;
        forgotten = forgotten.saturating_add(u64::try_from(gone).unwrap_or(u64::MAX));
    }
    let next = last.map(|last| last.saturating_add(1));
    if next.is_none() && of.until.is_some() && of.hour.saturating_add(1).saturating_mul(HOUR) <= before {
        conn.prepare_cached(sql::DROP_HOUR)?.execute([of.first])?;
    }
    Ok((forgotten, next))
}
