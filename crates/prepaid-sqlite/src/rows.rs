//! Rows, as they are written and read, each checked against its sum.

use prepaid::{AccountId, Batch, Digest, Events, KeyId, KeyNumber, Timestamp};
use prepaid_runtime::{BatchRow, Change, UsageRow, Waking};
use rusqlite::Row;
use uuid::Uuid;

use crate::fault::Fault;
use crate::sql;
use crate::sum::Sum;

/// A day in microseconds.
pub(crate) const DAY: i64 = 86_400_000_000;
/// An hour in microseconds.
pub(crate) const HOUR: i64 = 3_600_000_000;

/// SQLite's integers are signed; no count of ours comes near their end.
pub(crate) fn int(value: u64) -> Result<i64, Fault> {
    i64::try_from(value).map_err(|_| Fault::other(format_args!("{value} is more than the store can count")))
}

pub(crate) fn count(value: i64) -> Result<u64, Fault> {
    u64::try_from(value).map_err(|_| Fault::damaged("a number is below zero"))
}

pub(crate) fn instant(micros: i64) -> Result<Timestamp, Fault> {
    Timestamp::from_micros(micros).map_err(|error| Fault::damaged(format_args!("an instant {error}")))
}

/// A text of ours that has a form, such as an amount or a name.
pub(crate) fn parsed<T: std::str::FromStr<Err: std::fmt::Display>>(
    what: &str,
    text: &str,
) -> Result<T, Fault> {
    text.parse().map_err(|error| Fault::damaged(format_args!("{what} {error}")))
}

fn uuid(row: &Row<'_>, column: usize) -> Result<Uuid, Fault> {
    Ok(Uuid::from_bytes(row.get(column)?))
}

pub(crate) fn account_id(row: &Row<'_>, column: usize) -> Result<AccountId, Fault> {
    Ok(AccountId(uuid(row, column)?))
}

pub(crate) fn text<'a>(row: &'a Row<'_>, column: usize) -> Result<&'a str, Fault> {
    let value = row.get_ref(column)?;
    value.as_str().map_err(|_| Fault::damaged("a text is missing"))
}

fn maybe_text<'a>(row: &'a Row<'_>, column: usize) -> Result<Option<&'a str>, Fault> {
    let value = row.get_ref(column)?;
    value.as_str_or_null().map_err(|_| Fault::damaged("a text is not one"))
}

/// The row of an account, and where its last batch is.
#[derive(Debug, Clone, Copy)]
pub(crate) struct AccountRow {
    pub(crate) account: AccountId,
    pub(crate) number: i64,
    pub(crate) seq: i64,
    /// The position of its last batch; 0 before the first.
    pub(crate) last: i64,
    pub(crate) deadline: Option<i64>,
    pub(crate) owes: bool,
}

impl AccountRow {
    /// From the columns number, seq, last, deadline, owes, awake, crc, crc of the last batch's place, account.
    pub(crate) fn read(row: &Row<'_>) -> Result<Self, Fault> {
        let (account, number, deadline, owes) = (account_id(row, 8)?, row.get(0)?, row.get(3)?, row.get(4)?);
        // What is missing reads as a wrong type, which is damage.
        let (seq, last): (i64, i64) = (row.get(1)?, row.get(2)?);
        let read = Self { account, number, seq, last, deadline, owes };
        let what = || format!("account {account}");
        read.sum().check(row.get(6)?, what)?;
        read.sum_of_last().check(row.get(7)?, what)?;
        if row.get::<_, bool>(5)? != read.is_awake() {
            return Err(Fault::damaged(format_args!("{} is not as it was written", what())));
        }
        Ok(read)
    }

    /// Whether something is to be done for it by itself.
    pub(crate) const fn is_awake(&self) -> bool {
        self.owes || self.deadline.is_some()
    }

    pub(crate) fn sum(&self) -> Sum {
        let deadline = self.deadline.map(i64::to_le_bytes);
        Sum::of("account", self.account.0.as_bytes())
            .int(self.number)
            .int(i64::from(self.owes))
            .maybe(deadline.as_ref().map(<[u8; 8]>::as_slice))
    }

    pub(crate) fn sum_of_last(&self) -> Sum {
        Sum::of("last", self.account.0.as_bytes()).int(self.number).int(self.seq).int(self.last)
    }

    pub(crate) fn waking(&self) -> Result<Waking, Fault> {
        let deadline = self.deadline.map(instant).transpose()?;
        Ok(Waking { account: self.account, owes: self.owes, deadline })
    }
}

/// The columns of a batch, as they are stored.
pub(crate) struct StoredBatch<'a> {
    pub(crate) account: AccountId,
    pub(crate) position: i64,
    pub(crate) seq: i64,
    pub(crate) previous: i64,
    pub(crate) at: i64,
    pub(crate) policy: &'a str,
    pub(crate) request: Option<&'a str>,
    /// The digest of what the request asks.
    pub(crate) content: Option<&'a [u8]>,
    pub(crate) events: &'a str,
    pub(crate) posted: &'a str,
    pub(crate) held: &'a str,
}

impl StoredBatch<'_> {
    pub(crate) fn sum(&self) -> Sum {
        Sum::of("batch", self.account.0.as_bytes())
            .int(self.position)
            .int(self.seq)
            .int(self.previous)
            .int(self.at)
            .text(self.policy)
            .maybe(self.request.map(str::as_bytes))
            .maybe(self.content)
            .text(self.events)
            .text(self.posted)
            .text(self.held)
    }
}

/// From the columns account, position, seq, at, policy, request, events, posted, held, crc, previous, content.
pub(crate) fn change(row: &Row<'_>) -> Result<Change, Fault> {
    let (position, seq, at) = (row.get(1)?, row.get(2)?, row.get(3)?);
    let stored = StoredBatch {
        account: account_id(row, 0)?,
        position,
        seq,
        previous: row.get(10)?,
        at,
        policy: text(row, 4)?,
        request: maybe_text(row, 5)?,
        content: row.get_ref(11)?.as_blob_or_null().map_err(|_| Fault::damaged("a digest is not one"))?,
        events: text(row, 6)?,
        posted: text(row, 7)?,
        held: text(row, 8)?,
    };
    let what = || format!("batch {seq} of account {}", stored.account);
    stored.sum().check(row.get(9)?, what)?;
    let events: Events = serde_json::from_str(stored.events)
        .map_err(|error| Fault::damaged(format_args!("{}: {error}", what())))?;
    let request = stored.request.map(|request| parsed("a request's id", request)).transpose()?;
    let row = BatchRow {
        account: stored.account,
        seq: count(seq)?,
        batch: Batch { at: instant(at)?, events },
        request,
        policy: parsed("a policy's id", stored.policy)?,
        posted: parsed("a balance", stored.posted)?,
        held: parsed("an amount", stored.held)?,
    };
    Ok(Change { position: count(position)?, row })
}

/// Of which kind the place of a request is, and its id there: a UUID in its usual form is as many bytes as it says.
pub(crate) fn place_of_request(request: &str) -> (i64, Vec<u8>) {
    match Uuid::try_parse(request) {
        Ok(id) if id.hyphenated().to_string() == request => (sql::UUID_REQUEST, id.as_bytes().to_vec()),
        Ok(_) | Err(_) => (sql::REQUEST, request.as_bytes().to_vec()),
    }
}

pub(crate) fn sum_of_key(account: AccountId, digest: &Digest, key: KeyId) -> Sum {
    Sum::of("key", account.0.as_bytes()).bytes(&digest.0).bytes(key.0.as_bytes())
}

pub(crate) fn sum_of_snapshot(account: AccountId, seq: i64, state: &str) -> Sum {
    Sum::of("snapshot", account.0.as_bytes()).int(seq).text(state)
}

/// What is added up in one row.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct UsageOf {
    pub(crate) day: i64,
    pub(crate) key: u32,
    pub(crate) item: String,
}

pub(crate) fn sum_of_usage(account: AccountId, of: &UsageOf, calls: i64, amount: &str) -> Sum {
    Sum::of("usage", account.0.as_bytes())
        .int(of.day)
        .int(i64::from(of.key))
        .text(&of.item)
        .int(calls)
        .text(amount)
}

/// From the columns day, key, item, calls, amount, crc.
pub(crate) fn usage_row(account: AccountId, row: &Row<'_>) -> Result<UsageRow, Fault> {
    let of = UsageOf { day: row.get(0)?, key: row.get(1)?, item: text(row, 2)?.into() };
    let (calls, amount) = (row.get(3)?, text(row, 4)?);
    sum_of_usage(account, &of, calls, amount)
        .check(row.get(5)?, || format!("the usage of account {account}"))?;
    Ok(UsageRow {
        key: KeyNumber(of.key),
        day: instant(of.day.saturating_mul(DAY))?,
        item: of.item,
        calls: count(calls)?,
        amount: parsed("an amount", amount)?,
    })
}
