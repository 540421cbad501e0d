//! Reading: each function sees one state of the file, whatever is written meanwhile.

use prepaid::{Account, AccountId, Batch, Digest, KeyId, Snapshot, Timestamp, evolve};
use prepaid_runtime::{
    BatchRow, Change, KeyOwner, Loaded, Page, Remembered, RequestId, UsagePlace, UsageRow, Waking,
};
use rusqlite::{Connection, Params, Row};
use uuid::Uuid;

use crate::chain;
use crate::fault::Fault;
use crate::rows::{
    AccountRow, DAY, UsageOf, account_id, change, count, instant, sum_of_key, sum_of_snapshot, text,
};
use crate::{sql, usage};

/// Reads in one transaction, so that all of it is of one commit.
pub(crate) fn reading<T>(conn: &Connection, read: impl FnOnce() -> Result<T, Fault>) -> Result<T, Fault> {
    run(conn, sql::BEGIN_READING)?;
    let read = read();
    let ended = run(conn, sql::COMMIT);
    // One that could not be ended is undone, or nothing could be read any more.
    crate::write::roll_back(conn);
    let read = read?;
    ended.map(|()| read)
}

/// Runs a statement that has neither values nor rows.
pub(crate) fn run(conn: &Connection, sql: &'static str) -> Result<(), Fault> {
    conn.prepare_cached(sql)?.execute([])?;
    Ok(())
}

pub(crate) fn one<T>(
    conn: &Connection,
    sql: &str,
    params: impl Params,
    read: impl FnOnce(&Row<'_>) -> Result<T, Fault>,
) -> Result<Option<T>, Fault> {
    let mut statement = conn.prepare_cached(sql)?;
    let mut rows = statement.query(params)?;
    rows.next()?.map(read).transpose()
}

pub(crate) fn all<T>(
    conn: &Connection,
    sql: &str,
    params: impl Params,
    mut read: impl FnMut(&Row<'_>) -> Result<T, Fault>,
) -> Result<Vec<T>, Fault> {
    let mut statement = conn.prepare_cached(sql)?;
    let mut rows = statement.query(params)?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        found.push(read(row)?);
    }
    Ok(found)
}

pub(crate) fn account_row(conn: &Connection, account: AccountId) -> Result<Option<AccountRow>, Fault> {
    one(conn, sql::ACCOUNT, [account.0.as_bytes()], AccountRow::read)
}

/// An account as it is stored, and how many batches were applied after its snapshot.
pub(crate) struct Found {
    pub(crate) loaded: Loaded,
    pub(crate) row: AccountRow,
    pub(crate) replayed: i64,
}

/// The account from its snapshot and the batches after it, or from all of its batches.
pub(crate) fn load(conn: &Connection, account: AccountId) -> Result<Option<Found>, Fault> {
    let Some(row) = account_row(conn, account)? else { return Ok(None) };
    let (mut state, from) = snapshot(conn, &row)?.unwrap_or((Account::Vacant, 0));
    chain::each(conn, &row, from, |change| {
        let BatchRow { seq, batch, .. } = change.row;
        state = applied(std::mem::take(&mut state), &batch)
            .map_err(|error| Fault::damaged(format_args!("batch {seq} of account {account}: {error}")))?;
        Ok(true)
    })?;
    let loaded = Loaded { account: state, seq: count(row.seq)? };
    Ok(Some(Found { loaded, row, replayed: row.seq.saturating_sub(from) }))
}

pub(crate) fn applied(state: Account, batch: &Batch) -> Result<Account, prepaid::CorruptHistory> {
    batch.events.iter().try_fold(state, |state, event| evolve(state, batch.at, event))
}

/// The account's stored state and its number of batches; none where this version cannot read it.
pub(crate) fn snapshot(conn: &Connection, row: &AccountRow) -> Result<Option<(Account, i64)>, Fault> {
    // Of another format, or no longer sound: a cache, so it is dropped.
    let read = |state: &str| serde_json::from_str::<Snapshot>(state).ok().map(Snapshot::into_account);
    let found = snapshot_as(conn, row, |seq, state| read(state).map(|state| (state, seq)))?;
    Ok(found.flatten())
}

/// After which batch the account's state was kept, and its usage added up.
pub(crate) fn kept_at(conn: &Connection, row: &AccountRow) -> Result<Option<i64>, Fault> {
    snapshot_as(conn, row, |seq, _| seq)
}

fn snapshot_as<T>(
    conn: &Connection,
    row: &AccountRow,
    read: impl FnOnce(i64, &str) -> T,
) -> Result<Option<T>, Fault> {
    one(conn, sql::SNAPSHOT, [row.number], |found| {
        let (seq, state): (i64, _) = (found.get(0)?, text(found, 1)?);
        let what = || format!("the state of account {}", row.account);
        sum_of_snapshot(row.account, seq, state).check(found.get(2)?, what)?;
        if seq > row.seq {
            return Err(Fault::damaged(format_args!("{} is of a batch that is not there", what())));
        }
        Ok(read(seq, state))
    })
}

/// Where the batch of a request is, if it is remembered: mostly there is none.
pub(crate) fn place(conn: &Connection, number: i64, kind: i64, id: &[u8]) -> Result<Option<i64>, Fault> {
    one(conn, sql::PLACE, (number, kind, id), |row| Ok(row.get(0)?))
}

/// What a request did whose batch is there.
pub(crate) fn remembered(
    conn: &Connection,
    account: AccountId,
    request: &RequestId,
    position: i64,
) -> Result<Remembered, Fault> {
    let found = one(conn, sql::BATCH_AT, [position], |row| Ok((change(row)?.row, row.get(11)?)))?;
    let (row, content): (Option<BatchRow>, Option<[u8; 32]>) = found.unzip();
    let row = row.filter(|row| row.account == account && row.request.as_ref() == Some(request));
    let Some((BatchRow { seq, batch, posted, held, .. }, content)) = row.zip(content) else {
        return Err(Fault::damaged(format_args!("a request of account {account} has no batch")));
    };
    let available = posted.checked_sub(held).map_err(Fault::damaged)?;
    let balance = prepaid::Balances { posted, held, available };
    Ok(Remembered { content: Digest(content), seq, batch, balance })
}

pub(crate) fn batches(conn: &Connection, account: AccountId, page: Page) -> Result<Vec<BatchRow>, Fault> {
    let Some(row) = account_row(conn, account)? else { return Ok(Vec::new()) };
    // A place that no batch has is after all of them.
    let after = i64::try_from(page.after).unwrap_or(i64::MAX);
    let limit = usize::try_from(page.limit).unwrap_or(usize::MAX);
    let mut found = Vec::new();
    if limit > 0 {
        chain::each(conn, &row, after, |change| {
            found.push(change.row);
            Ok(found.len() < limit)
        })?;
    }
    Ok(found)
}

/// Each has a place under its number, so the calls between them are not read; and it says which was before it, so that a
/// place that is missing is noticed.
pub(crate) fn batches_beside_calls(
    conn: &Connection,
    account: AccountId,
    page: Page,
) -> Result<Vec<BatchRow>, Fault> {
    let Some(row) = account_row(conn, account)? else { return Ok(Vec::new()) };
    let after = i64::try_from(page.after).unwrap_or(i64::MAX);
    let limit = usize::try_from(page.limit).unwrap_or(usize::MAX);
    let missing =
        |seq| Fault::damaged(format_args!("a batch of account {account} is not found after batch {seq}"));
    let params = (row.number, after.to_be_bytes(), page.limit);
    let places: Vec<([u8; 8], i64, i64)> =
        all(conn, sql::BESIDE_AFTER, params, |found| Ok((found.get(0)?, found.get(1)?, found.get(2)?)))?;
    let (mut found, mut last) = (Vec::new(), after);
    for (id, position, previous) in places {
        let seq = i64::from_be_bytes(id);
        // Before the first there may be some that were not asked for.
        if previous > last || (!found.is_empty() && previous != last) {
            return Err(missing(last));
        }
        let batch = one(conn, sql::BATCH_AT, [position], change)?.map(|change| change.row);
        let batch = batch.filter(|batch| batch.account == account && i64::try_from(batch.seq) == Ok(seq));
        found.push(batch.ok_or_else(|| missing(last))?);
        last = seq;
    }
    if found.len() < limit && last_beside_calls(conn, row.number)?.ok_or_else(|| missing(last))? > last {
        return Err(missing(last));
    }
    Ok(found)
}

/// The number of an account's last batch that is more than calls; there is none before its first batch.
pub(crate) fn last_beside_calls(conn: &Connection, number: i64) -> Result<Option<i64>, Fault> {
    one(conn, sql::LAST_BESIDE, [number], |row| Ok(row.get(0)?))
}

pub(crate) fn batch(conn: &Connection, account: AccountId, seq: u64) -> Result<Option<Batch>, Fault> {
    let Some(after) = seq.checked_sub(1) else { return Ok(None) };
    Ok(batches(conn, account, Page { after, limit: 1 })?.pop().map(|row| row.batch))
}

/// An account's time never runs backwards (K2), so that halving finds the place.
pub(crate) fn last_before(conn: &Connection, account: AccountId, at: Timestamp) -> Result<u64, Fault> {
    let Some(row) = account_row(conn, account)? else { return Ok(0) };
    // Everything up to `low` is before the instant, nothing above `high` is.
    let (mut low, mut high) = (0, row.seq);
    while low < high {
        let middle = high.saturating_sub(high.saturating_sub(low) / 2);
        if chain::instant(conn, &row, middle)? < at.as_micros() {
            low = middle;
        } else {
            high = middle.saturating_sub(1);
        }
    }
    count(low)
}

pub(crate) fn changes(conn: &Connection, page: Page) -> Result<Vec<Change>, Fault> {
    let after = i64::try_from(page.after).unwrap_or(i64::MAX);
    all(conn, sql::CHANGES, (after, page.limit), change)
}

pub(crate) fn key_owner(conn: &Connection, digest: &Digest) -> Result<Option<KeyOwner>, Fault> {
    one(conn, sql::KEY, [&digest.0], |row| {
        let account = account_id(row, 0)?;
        let key = KeyId(Uuid::from_bytes(row.get(1)?));
        sum_of_key(account, digest, key).check(row.get(2)?, || format!("a key of account {account}"))?;
        Ok(KeyOwner { account, key })
    })
}

pub(crate) fn usage(
    conn: &Connection,
    account: AccountId,
    (from, until): (Timestamp, Timestamp),
    after: Option<&UsagePlace>,
    limit: u32,
) -> Result<Vec<UsageRow>, Fault> {
    let Some(row) = account_row(conn, account)? else { return Ok(Vec::new()) };
    // The first day that begins at the instant or later.
    let first = |at: Timestamp| at.as_micros().saturating_add(DAY - 1).div_euclid(DAY);
    let after = after.map(|UsagePlace { day, key, item }| UsageOf {
        day: day.as_micros().div_euclid(DAY),
        key: key.0,
        item: item.clone(),
    });
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    usage::of(conn, &row, (first(from), first(until)), after.as_ref(), limit)
}

pub(crate) fn accounts(
    conn: &Connection,
    after: Option<AccountId>,
    limit: u32,
) -> Result<Vec<AccountId>, Fault> {
    match after {
        Some(after) => all(conn, sql::ACCOUNTS, (after.0.as_bytes(), limit), |row| account_id(row, 0)),
        None => all(conn, sql::FIRST_ACCOUNTS, [limit], |row| account_id(row, 0)),
    }
}

pub(crate) fn wakings(conn: &Connection) -> Result<Vec<Waking>, Fault> {
    all(conn, sql::AWAKE, [], |row| AccountRow::read(row)?.waking())
}

/// How often somebody else has written.
pub(crate) fn data_version(conn: &Connection) -> Result<i64, Fault> {
    one(conn, sql::DATA_VERSION, [], |row| Ok(row.get(0)?))?
        .ok_or_else(|| Fault::other("the store does not say whether it was changed"))
}

/// The instant of a stored deadline, or none.
pub(crate) fn deadline(row: &AccountRow) -> Result<Option<Timestamp>, Fault> {
    row.deadline.map(instant).transpose()
}
