//! Forgetting requests that were remembered long enough (K6).

use prepaid::Timestamp;
use prepaid_runtime::Forgotten;
use rusqlite::Connection;

use crate::fault::Fault;
use crate::read::{all, one, run};
use crate::rows::{HOUR, count, place_of_request};
use crate::{sql, write};

/// How many batches are looked at in one stretch, which is one transaction: others write in between.
const STRETCH: i64 = 1_000;

/// A run of batches that were written in one hour.
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
    let found = one(conn, sql::OLD_HOUR, (before.div_euclid(HOUR), from), |row| {
        Ok(Run { first: row.get(0)?, until: row.get(1)?, hour: row.get(2)? })
    })?;
    let Some(Run { first, until, hour }) = found else { return Ok(Forgotten { requests: 0, next: None }) };
    let (mut requests, mut last) = (0_u64, None);
    let stretch = (first.max(from), until.unwrap_or(i64::MAX), STRETCH);
    let old = all(conn, sql::OLD_REQUESTS, stretch, |row| {
        let (position, number, at): (i64, i64, i64) = (row.get(0)?, row.get(1)?, row.get(3)?);
        last = Some(position);
        let request: Option<String> = row.get(2)?;
        Ok(request.filter(|_| at < before).map(|request| (number, request, position)))
    })?;
    for (number, request, position) in old.into_iter().flatten() {
        let (kind, id) = place_of_request(&request);
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
