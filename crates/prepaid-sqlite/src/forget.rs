//! Forgetting requests that were remembered long enough (K6).

use prepaid::Timestamp;
use prepaid_runtime::{Change, Forgotten};
use rusqlite::Connection;

use crate::fault::Fault;
use crate::read::{all, one, run};
use crate::rows::{HOUR, change, count, int, place_of_request};
use crate::{sql, write};

/// How many batches are looked at in one stretch, which is one transaction: others write in between.
const STRETCH: i64 = 1_000;

/// A run of batches of which the latest is of an hour.
struct Run {
    first: i64,
    /// Where the next run begins; the last one has no end yet.
    until: Option<i64>,
    hour: i64,
}

/// Forgets a stretch of the requests from before an instant, from a position on.
pub(crate) fn requests(conn: &Connection, before: Timestamp, from: u64) -> Result<Forgotten, Fault> {
    let before = before.as_micros();
    let from = i64::try_from(from).unwrap_or(i64::MAX);
    write::roll_back(conn);
    run(conn, sql::BEGIN_WRITING)?;
    let forgotten = stretch(conn, before, from).and_then(|done| run(conn, sql::COMMIT).map(|()| done));
    write::roll_back(conn);
    forgotten
}

fn stretch(conn: &Connection, before: i64, from: i64) -> Result<Forgotten, Fault> {
    let found = one(conn, sql::HOUR_AT, [from], |row| {
        Ok(Run { first: row.get(0)?, until: row.get(1)?, hour: row.get(2)? })
    })?;
    // Later runs are of later hours.
    let found = found.filter(|run| run.hour <= before.div_euclid(HOUR));
    let Some(Run { first, until, hour }) = found else { return Ok(Forgotten { requests: 0, next: None }) };
    conn.prepare_cached(sql::SET_FORGOTTEN)?.execute([before])?;
    let (mut requests, mut last) = (0_u64, None);
    let stretch = (first.max(from), until.unwrap_or(i64::MAX), STRETCH);
    let old = all(conn, sql::STRETCH, stretch, |row| {
        // Read whole: an instant that is not as it was written forgets nothing.
        let (number, Change { position, row: batch }) = (row.get(12)?, change(row)?);
        let position = int(position)?;
        last = Some(position);
        let is_old = batch.batch.at.as_micros() < before;
        Ok(batch.request.filter(|_| is_old).map(|request| (number, request, position)))
    })?;
    for (number, request, position) in old.into_iter().flatten() {
        let number: i64 = number;
        let (kind, id) = place_of_request(request.as_str());
        let gone = conn.prepare_cached(sql::FORGET)?.execute((number, kind, id, position))?;
        requests = requests.saturating_add(u64::try_from(gone).unwrap_or(u64::MAX));
    }
    let next = if let Some(last) = last {
        Some(last.saturating_add(1))
    } else {
        // The run is at its end. One of which nothing will be forgotten any more is dropped.
        if until.is_some() && hour.saturating_add(1).saturating_mul(HOUR) <= before {
            conn.prepare_cached(sql::DROP_HOUR)?.execute([first])?;
        }
        until
    };
    Ok(Forgotten { requests, next: next.map(count).transpose()? })
}
