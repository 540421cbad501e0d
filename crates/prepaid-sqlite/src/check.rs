//! The whole file, checked: everything that is derived, derived anew from the batches.

use std::collections::{BTreeMap, BTreeSet};

use prepaid::{Account, AccountId, Amount, CallId, Digest, Event, effects, next_deadline};
use prepaid_runtime::{BatchRow, Fact, UsageRow, item_of};
use rusqlite::Connection;

use crate::fault::Fault;
use crate::read::{self, all, one, reading};
use crate::rows::{AccountRow, DAY, UsageOf, account_id, change, count, sum_of_request, text, usage_row};
use crate::write::added;
use crate::{open, sql};

/// What a check went through.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Checked {
    /// How many accounts.
    pub accounts: u64,
    /// How many batches.
    pub batches: u64,
}

pub(crate) fn check(conn: &Connection) -> Result<Checked, Fault> {
    reading(conn, || {
        open::integrity(conn, "PRAGMA integrity_check(1)")?;
        let (mut after, mut checked) = (0, Checked { accounts: 0, batches: 0 });
        let next = |after: i64| {
            one(conn, sql::ALL_ACCOUNTS, [after], |row| AccountRow::read(account_id(row, 6)?, row))
        };
        while let Some(row) = next(after)? {
            after = row.number;
            Replayed::of(conn, &row)?.compare(conn, &row)?;
            checked.accounts = checked.accounts.saturating_add(1);
            checked.batches = checked.batches.saturating_add(count(row.seq)?);
        }
        let stored = one(conn, sql::COUNT_BATCHES, [], |row| Ok(row.get(0)?))?.unwrap_or_default();
        if count(stored)? == checked.batches {
            return Ok(checked);
        }
        Err(Fault::damaged(format_args!("there are {stored} batches: expected {}", checked.batches)))
    })
}

/// An account, and what else its batches say.
#[derive(Default)]
struct Replayed {
    state: Account,
    seq: i64,
    calls: BTreeMap<CallId, (u32, String)>,
    usage: BTreeMap<UsageOf, (u64, Amount)>,
    /// Requests by their position.
    requests: BTreeSet<(i64, String)>,
    /// The state after the batch that the snapshot is of.
    kept: Option<Account>,
}

impl Replayed {
    fn of(conn: &Connection, row: &AccountRow) -> Result<Self, Fault> {
        let kept_at = read::snapshot(conn, row)?.map(|(_, seq)| seq);
        let mut replayed = Self::default();
        let mut statement = conn.prepare_cached(sql::BATCHES)?;
        let mut rows = statement.query((row.number, 0, -1))?;
        while let Some(found) = rows.next()? {
            let change = change(found)?;
            replayed.take(row.account, change.position, &change.row)?;
            if kept_at == Some(replayed.seq) {
                replayed.kept = Some(replayed.state.clone());
            }
        }
        Ok(replayed)
    }

    fn take(&mut self, account: AccountId, position: u64, row: &BatchRow) -> Result<(), Fault> {
        self.seq = self.seq.saturating_add(1);
        let what = format!("batch {} of account {account}", self.seq);
        if row.account != account || row.seq != count(self.seq)? {
            return Err(Fault::damaged(format_args!("{what} is missing")));
        }
        if self.state.last_instant().is_some_and(|last| row.batch.at < last) {
            return Err(Fault::damaged(format_args!("{what} is earlier than the one before it")));
        }
        let state = std::mem::take(&mut self.state);
        self.state = read::applied(state, &row.batch)
            .map_err(|error| Fault::damaged(format_args!("{what}: {error}")))?;
        let balance = self.state.balance();
        if (balance.posted, balance.held) != (row.posted, row.held) {
            return Err(Fault::damaged(format_args!(
                "{what} says {} posted and {} held: its events make {} and {}",
                row.posted, row.held, balance.posted, balance.held
            )));
        }
        if let Some(request) = &row.request {
            self.requests.insert((crate::rows::int(position)?, request.to_string()));
        }
        let day = row.batch.at.as_micros().div_euclid(DAY);
        row.batch.events.iter().for_each(|event| self.count(day, event));
        Ok(())
    }

    fn count(&mut self, day: i64, event: &Event) {
        match Fact::of(event) {
            Fact::CallAdmitted { call, key, origin, billed } => {
                self.calls.insert(call, (key.0, item_of(origin).clone()));
                if let Some(amount) = billed {
                    self.bill(day, call, amount);
                }
            }
            Fact::CallBilled { call, amount } => self.bill(day, call, amount),
            Fact::KeyAsked(_)
            | Fact::ChargeAsked(_)
            | Fact::ChargeCredited { .. }
            | Fact::ChargeEnded { .. }
            | Fact::Reversed(_)
            | Fact::GrantIssued(_)
            | Fact::GrantStarted(_)
            | Fact::CreditGone(_)
            | Fact::WrittenOff(_)
            | Fact::Nothing => {}
        }
    }

    fn bill(&mut self, day: i64, call: CallId, amount: Amount) {
        let Some((key, item)) = self.calls.get(&call) else { return };
        let (calls, sum) = self.usage.entry(UsageOf { day, key: *key, item: item.clone() }).or_default();
        *calls = calls.saturating_add(1);
        *sum = added(*sum, amount);
    }

    fn compare(&self, conn: &Connection, row: &AccountRow) -> Result<(), Fault> {
        let differs = |what: &str| {
            Err(Fault::damaged(format_args!("account {}: {what} not what its batches make", row.account)))
        };
        let stored = read::snapshot(conn, row)?.map(|(state, _)| state);
        if stored != self.kept {
            return differs("its stored state is");
        }
        if self.seq != row.seq {
            return differs("its number of batches is");
        }
        let owes = effects(&self.state).next().is_some();
        if owes != row.owes || next_deadline(&self.state) != read::deadline(row)? {
            return differs("what it owes and waits for is");
        }
        if !self.has_keys(conn, row)? {
            return differs("its keys are");
        }
        if !self.has_calls(conn, row)? {
            return differs("its calls are");
        }
        if !self.has_usage(conn, row)? {
            return differs("its usage is");
        }
        if !self.has_requests(conn, row)? {
            return differs("its requests are");
        }
        Ok(())
    }

    fn has_keys(&self, conn: &Connection, row: &AccountRow) -> Result<bool, Fault> {
        let digests = all(conn, sql::KEYS_OF, [row.number], |found| Ok(Digest(found.get(0)?)))?;
        let keys = self.state.keys().iter().chain(self.state.pending_key());
        let expected: BTreeMap<Digest, _> = keys.map(|key| (key.digest, key.id)).collect();
        for digest in &digests {
            let owner = read::key_owner(conn, digest)?;
            if owner.map(|owner| (owner.account, owner.key))
                != expected.get(digest).map(|key| (row.account, *key))
            {
                return Ok(false);
            }
        }
        Ok(digests.len() == expected.len())
    }

    fn has_calls(&self, conn: &Connection, row: &AccountRow) -> Result<bool, Fault> {
        for (call, (key, item)) in &self.calls {
            let found = one(conn, sql::CALL_NAMED, (row.number, call.0.as_bytes()), |found| {
                Ok((found.get::<_, u32>(0)?, text(found, 1)?.to_owned()))
            })?;
            if !found.is_some_and(|(k, i)| k == *key && i == *item) {
                return Ok(false);
            }
        }
        let stored: i64 =
            one(conn, sql::COUNT_CALLS, [row.number], |found| Ok(found.get(0)?))?.unwrap_or_default();
        Ok(usize::try_from(stored).is_ok_and(|stored| stored == self.calls.len()))
    }

    fn has_usage(&self, conn: &Connection, row: &AccountRow) -> Result<bool, Fault> {
        let params = (row.number, i64::MIN, i64::MAX, -1, 0);
        let stored = all(conn, sql::USAGE, params, |found| usage_row(row.account, found))?;
        let expected = self.usage.iter().map(|(of, (calls, amount))| {
            let day = crate::rows::instant(of.day.saturating_mul(DAY))?;
            let (key, item) = (prepaid::KeyNumber(of.key), of.item.clone());
            Ok(UsageRow { key, item, day, calls: *calls, amount: *amount })
        });
        Ok(stored == expected.collect::<Result<Vec<_>, Fault>>()?)
    }

    /// Those that are remembered; the others were forgotten.
    fn has_requests(&self, conn: &Connection, row: &AccountRow) -> Result<bool, Fault> {
        let stored = all(conn, sql::REQUESTS_OF, [row.number], |found| {
            let (request, position) = (text(found, 0)?, found.get(1)?);
            let content = Digest(found.get(2)?);
            sum_of_request(row.account, request, position, &content)
                .check(found.get(3)?, || format!("a request of account {}", row.account))?;
            Ok((position, request.to_owned()))
        })?;
        Ok(stored.iter().all(|request| self.requests.contains(request)))
    }
}
