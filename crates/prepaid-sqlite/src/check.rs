//! The whole file, checked: everything that is derived, derived anew from the batches.

use std::collections::{BTreeMap, BTreeSet};

use prepaid::{Account, AccountId, Amount, CallId, Digest, Event, effects, next_deadline};
use prepaid_runtime::{BatchRow, Fact, is_more_than_calls, item_of};
use rusqlite::Connection;

use crate::fault::Fault;
use crate::read::{self, all, one, reading};
use crate::rows::{AccountRow, DAY, UsageOf, count, int, place_of_request};
use crate::usage::{self, Sums, add, kept};
use crate::{chain, open, sql};

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
        let next = |after: i64| one(conn, sql::ALL_ACCOUNTS, [after], AccountRow::read);
        while let Some(row) = next(after)? {
            after = row.number;
            Replayed::of(conn, &row)?.compare(conn, &row)?;
            checked.accounts = checked.accounts.saturating_add(1);
            checked.batches = checked.batches.saturating_add(count(row.seq)?);
        }
        has_order(conn)?;
        let stored = one(conn, sql::COUNT_BATCHES, [], |row| Ok(row.get(0)?))?.unwrap_or_default();
        if count(stored)? == checked.batches {
            return Ok(checked);
        }
        Err(Fault::damaged(format_args!("there are {stored} batches: expected {}", checked.batches)))
    })
}

/// What no account has to itself: everything belongs to one, and every request will be found when it is to be forgotten.
fn has_order(conn: &Connection) -> Result<(), Fault> {
    if one(conn, sql::ORPHANS, [], |row| Ok(row.get(0)?))? != Some(0) {
        return Err(Fault::damaged("there are rows of accounts that are not there"));
    }
    let firsts = one(conn, sql::FIRST_REMEMBERED, [], |row| Ok((row.get(0)?, row.get(1)?)))?;
    let (first_hour, first_request): (Option<i64>, Option<i64>) = firsts.unwrap_or_default();
    if first_request.is_some_and(|request| first_hour.is_none_or(|hour| hour > request)) {
        return Err(Fault::damaged("there are requests that no hour has"));
    }
    Ok(())
}

/// An account, and what else its batches say.
#[derive(Default)]
struct Replayed {
    state: Account,
    seq: i64,
    calls: BTreeMap<CallId, (u32, String)>,
    usage: Sums,
    /// Where calls, requests and every so many-th batch are: what can be stored of it.
    places: BTreeSet<(i64, Vec<u8>, i64)>,
    /// The requests among them that cannot have been forgotten: those of batches from that instant on.
    remembered: BTreeSet<(i64, Vec<u8>, i64)>,
    forgotten: i64,
    /// The batches that are more than calls: number, position, and the number of the one before.
    beside_calls: Vec<(i64, i64, i64)>,
    /// The state and the usage after the batch that the snapshot is of.
    kept: (Option<Account>, Sums),
}

impl Replayed {
    fn of(conn: &Connection, row: &AccountRow) -> Result<Self, Fault> {
        let kept_at = read::kept_at(conn, row)?;
        let forgotten = one(conn, sql::FORGOTTEN, [], |found| Ok(found.get(0)?))?.unwrap_or(i64::MIN);
        let mut replayed = Self { forgotten, ..Self::default() };
        chain::each(conn, row, 0, |change| {
            replayed.take(row.account, change.position, &change.row)?;
            if kept_at == Some(replayed.seq) {
                replayed.kept = (Some(replayed.state.clone()), replayed.usage.clone());
            }
            Ok(true)
        })?;
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
        let position = int(position)?;
        if let Some(request) = &row.request {
            let (kind, id) = place_of_request(request.as_str());
            self.places.insert((kind, id.clone(), position));
            if row.batch.at.as_micros() >= self.forgotten {
                self.remembered.insert((kind, id, position));
            }
        }
        if self.seq.rem_euclid(chain::MARK_EVERY) == 0 {
            self.places.insert((sql::MARK, self.seq.to_be_bytes().into(), position));
        }
        if is_more_than_calls(&row.batch) {
            let before = self.beside_calls.last().map_or(0, |(seq, ..)| *seq);
            self.beside_calls.push((self.seq, position, before));
        }
        let day = row.batch.at.as_micros().div_euclid(DAY);
        row.batch.events.iter().for_each(|event| self.count(day, position, event));
        Ok(())
    }

    fn count(&mut self, day: i64, position: i64, event: &Event) {
        match Fact::of(event) {
            Fact::CallAdmitted { call, key, origin, billed } => {
                self.calls.insert(call, (key.0, item_of(origin)));
                self.places.insert((sql::CALL, call.0.as_bytes().into(), position));
                if let Some(amount) = billed {
                    self.bill(day, call, amount);
                }
            }
            Fact::CallBilled { call, amount } => self.bill(day, call, amount),
            Fact::GrantIssued(issued) => {
                self.places.insert((sql::GRANT, issued.grant.0.as_bytes().into(), position));
            }
            Fact::CallMoved(_)
            | Fact::KeyAsked(_)
            | Fact::ChargeAsked(_)
            | Fact::ChargeCredited { .. }
            | Fact::ChargeEnded { .. }
            | Fact::Reversed(_)
            | Fact::GrantStarted(_)
            | Fact::CreditGone(_)
            | Fact::WrittenOff(_)
            | Fact::Nothing => {}
        }
    }

    fn bill(&mut self, day: i64, call: CallId, amount: Amount) {
        let Some((key, item)) = self.calls.get(&call) else { return };
        add(&mut self.usage, UsageOf { day, key: *key, item: item.clone() }, 1, amount);
    }

    fn compare(&self, conn: &Connection, row: &AccountRow) -> Result<(), Fault> {
        let differs = |what: &str| {
            Err(Fault::damaged(format_args!("account {}: {what} not what its batches make", row.account)))
        };
        let stored = read::snapshot(conn, row)?.map(|(state, _)| state);
        // One that this version cannot read is none.
        if stored.is_some() && stored != self.kept.0 {
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
        if !self.has_places(conn, row, sql::CALL, true)? {
            return differs("its calls are");
        }
        if !self.has_places(conn, row, sql::GRANT, true)? {
            return differs("its grants are");
        }
        if !self.has_places(conn, row, sql::MARK, true)? || !self.has_beside_calls(conn, row)? {
            return differs("its batches' places are");
        }
        if !self.has_usage(conn, row)? {
            return differs("its usage is");
        }
        // Those that are remembered; the others were forgotten.
        if !self.has_places(conn, row, sql::REQUEST, false)?
            || !self.has_places(conn, row, sql::UUID_REQUEST, false)?
        {
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

    /// Whether each place of a kind is one that a batch has, and, where none is ever forgotten, each of those is there.
    fn has_places(
        &self,
        conn: &Connection,
        row: &AccountRow,
        kind: i64,
        all_of: bool,
    ) -> Result<bool, Fault> {
        let stored: Vec<(i64, Vec<u8>, i64)> =
            all(conn, sql::PLACES, (row.number, kind), |found| Ok((kind, found.get(0)?, found.get(1)?)))?;
        let known =
            self.places.range((kind, Vec::new(), i64::MIN)..(kind.saturating_add(1), Vec::new(), i64::MIN));
        let is_whole = if all_of {
            known.count() == stored.len()
        } else {
            let stored: BTreeSet<_> = stored.iter().collect();
            self.remembered.iter().filter(|place| place.0 == kind).all(|place| stored.contains(place))
        };
        Ok(is_whole && stored.iter().all(|place| self.places.contains(place)))
    }

    /// Whether each batch that is more than calls has its place, and the last of them is known.
    fn has_beside_calls(&self, conn: &Connection, row: &AccountRow) -> Result<bool, Fault> {
        let params = (row.number, 0_i64.to_be_bytes(), i64::MAX);
        let stored = all(conn, sql::BESIDE_AFTER, params, |found| {
            Ok((i64::from_be_bytes(found.get(0)?), found.get(1)?, found.get(2)?))
        })?;
        let last = read::last_beside_calls(conn, row.number)?;
        Ok(stored == self.beside_calls && last == self.beside_calls.last().map(|(seq, ..)| *seq))
    }

    fn has_usage(&self, conn: &Connection, row: &AccountRow) -> Result<bool, Fault> {
        let stored: BTreeSet<_> = kept(conn, row, (i64::MIN, 0), i64::MAX, |_| false)?
            .into_iter()
            .map(|row| (row.day, row.key, row.item, row.calls, row.amount))
            .collect();
        let expected = usage::rows(self.kept.1.clone())?;
        let expected: BTreeSet<_> =
            expected.into_iter().map(|row| (row.day, row.key, row.item, row.calls, row.amount)).collect();
        Ok(stored == expected)
    }
}
