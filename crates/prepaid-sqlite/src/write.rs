//! Appending: one transaction a group.

use std::collections::BTreeMap;

use prepaid::{AccountId, Amount, CallId, Digest, Event, Key, Snapshot};
use prepaid_runtime::{Append, AppendError, Fact, Group, State, StoreError, Taken, item_of};
use rusqlite::Connection;

use crate::fault::Fault;
use crate::names::Names;
use crate::read::{self, account_row, all, one, run};
use crate::rows::{
    AccountRow, DAY, HOUR, StoredBatch, UsageOf, int, parsed, sum_of_key, sum_of_request, sum_of_snapshot,
    sum_of_usage, text,
};
use crate::sql;

/// After how many batches a snapshot is written: that much is applied anew when an account is read, and a commit of one
/// batch seldom writes a whole state.
pub(crate) const SNAPSHOT_EVERY: i64 = 16;

/// An account in this group.
struct Touched {
    row: AccountRow,
    before: AccountRow,
    /// Whether anything but calls happened to it: only then its keys may be others.
    is_more_than_calls: bool,
}

/// Why a group does not get in.
enum Stop {
    Taken { index: usize, taken: Taken },
    Fault(Fault),
}

impl<E: Into<Fault>> From<E> for Stop {
    fn from(error: E) -> Self {
        Self::Fault(error.into())
    }
}

/// What is added up in one row of usage: account (its id and number), day, key, item.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Billed {
    account: AccountId,
    number: i64,
    day: i64,
    key: u32,
    item: i64,
}

/// One group on its way into the file.
struct Writing<'a> {
    conn: &'a Connection,
    names: &'a mut Names,
    accounts: BTreeMap<AccountId, Touched>,
    /// Keys of this group: their rows are written with the states.
    keys: BTreeMap<[u8; 32], AccountId>,
    /// Added up here first: a group often bills one key and item many times.
    usage: BTreeMap<Billed, (i64, Amount)>,
    position: i64,
    hour: Option<i64>,
}

/// Writes a group in the open transaction, which is to be rolled back on an error.
pub(crate) fn group(conn: &Connection, names: &mut Names, group: &Group) -> Result<(), AppendError> {
    let mut writing = match Writing::begin(conn, names) {
        Ok(writing) => writing,
        Err(fault) => return Err(AppendError::Failed(fault.into())),
    };
    match writing.all(group) {
        Ok(()) => Ok(()),
        Err(Stop::Taken { index, taken }) => Err(AppendError::Taken { index, taken }),
        Err(Stop::Fault(fault)) => Err(AppendError::Failed(fault.into())),
    }
}

impl<'a> Writing<'a> {
    fn begin(conn: &'a Connection, names: &'a mut Names) -> Result<Self, Fault> {
        let last = one(conn, sql::LAST, [], |row| Ok((row.get(0)?, row.get(1)?)))?;
        let (position, hour) = last.unwrap_or_default();
        let (accounts, keys, usage) = (BTreeMap::new(), BTreeMap::new(), BTreeMap::new());
        Ok(Self { conn, names, accounts, keys, usage, position, hour })
    }

    fn all(&mut self, group: &Group) -> Result<(), Stop> {
        for (index, append) in group.appends.iter().enumerate() {
            if let Some(taken) = self.one(append)? {
                return Err(Stop::Taken { index, taken });
            }
        }
        for state in &group.states {
            self.state(state)?;
        }
        self.close_accounts()?;
        self.close_usage()?;
        Ok(())
    }

    /// The account's row, which is made where there is none.
    fn touch(&mut self, account: AccountId) -> Result<&mut Touched, Fault> {
        use std::collections::btree_map::Entry;
        let vacant = match self.accounts.entry(account) {
            Entry::Occupied(found) => return Ok(found.into_mut()),
            Entry::Vacant(vacant) => vacant,
        };
        let row = if let Some(row) = account_row(self.conn, account)? {
            row
        } else {
            self.conn.prepare_cached(sql::ADD_ACCOUNT)?.execute([account.0.as_bytes()])?;
            let number = self.conn.last_insert_rowid();
            AccountRow { account, number, seq: 0, deadline: None, owes: false }
        };
        let before = AccountRow { ..row };
        Ok(vacant.insert(Touched { row, before, is_more_than_calls: false }))
    }

    fn one(&mut self, append: &Append) -> Result<Option<Taken>, Fault> {
        let touched = self.touch(append.account)?;
        let seq = touched.row.seq.saturating_add(1);
        if append.seq != seq.unsigned_abs() {
            return Ok(Some(Taken::Seq));
        }
        touched.row.seq = seq;
        let number = touched.row.number;
        self.batch(append, number, seq)?;
        if let Some((request, content)) = &append.request {
            let crc = sum_of_request(append.account, request.as_str(), self.position, content).end();
            let row = (number, request.as_str(), self.position, &content.0, crc);
            if self.conn.prepare_cached(sql::ADD_REQUEST)?.execute(row)? == 0 {
                return Ok(Some(Taken::Request));
            }
        }
        for event in &append.batch.events {
            if let Some(taken) = self.event(append, number, event)? {
                return Ok(Some(taken));
            }
        }
        Ok(None)
    }

    fn batch(&mut self, append: &Append, number: i64, seq: i64) -> Result<(), Fault> {
        self.position = self.position.saturating_add(1);
        let at = append.batch.at.as_micros();
        let hour = Some(at.div_euclid(HOUR));
        if self.hour != hour {
            self.conn.prepare_cached(sql::ADD_HOUR)?.execute((self.position, hour))?;
            self.hour = hour;
        }
        let events = serde_json::to_string(&append.batch.events).map_err(Fault::other)?;
        let (posted, held) = (append.balance.posted.to_string(), append.balance.held.to_string());
        let stored = StoredBatch {
            account: append.account,
            position: self.position,
            seq,
            at,
            policy: append.policy.as_str(),
            request: append.request.as_ref().map(|(request, _)| request.as_str()),
            events: &events,
            posted: &posted,
            held: &held,
        };
        let crc = stored.sum().end();
        let policy = self.names.number(self.conn, stored.policy)?;
        let StoredBatch { position, request, .. } = stored;
        let row = (position, number, seq, at, policy, request, &events, &posted, &held, crc);
        self.conn.prepare_cached(sql::ADD_BATCH)?.execute(row)?;
        Ok(())
    }

    /// What must be unique, and what is counted.
    fn event(&mut self, append: &Append, number: i64, event: &Event) -> Result<Option<Taken>, Fault> {
        let fact = Fact::of(event);
        match fact {
            Fact::CallAdmitted { call, key, origin, billed } => {
                let item = self.names.number(self.conn, &item_of(origin))?;
                if let Some(amount) = billed {
                    self.bill(append, number, (key.0, item), amount);
                }
                return self.admit(number, call, key.0, item);
            }
            Fact::CallBilled { call, amount } => {
                let params = (number, call.0.as_bytes());
                let found = one(self.conn, sql::CALL, params, |row| Ok((row.get(0)?, row.get(1)?)))?;
                if let Some(of) = found {
                    self.bill(append, number, of, amount);
                }
                return Ok(None);
            }
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
        if let Some(touched) = self.accounts.get_mut(&append.account) {
            touched.is_more_than_calls = true;
        }
        if let Fact::KeyAsked(created) = fact { self.key(append.account, &created.digest) } else { Ok(None) }
    }

    /// (account, call) is unique (D5).
    fn admit(&self, number: i64, call: CallId, key: u32, item: i64) -> Result<Option<Taken>, Fault> {
        let row = (number, call.0.as_bytes(), key, item);
        let added = self.conn.prepare_cached(sql::ADD_CALL)?.execute(row)?;
        Ok((added == 0).then_some(Taken::Call(call)))
    }

    /// A digest is of one key. Within its own account that is the machine's to guard, which may have dropped a key of
    /// this digest a moment ago.
    fn key(&mut self, account: AccountId, digest: &Digest) -> Result<Option<Taken>, Fault> {
        let stored = read::key_owner(self.conn, digest)?.map(|owner| owner.account);
        let in_group = self.keys.insert(digest.0, account);
        let is_elsewhere = [stored, in_group].into_iter().flatten().any(|owner| owner != account);
        Ok(is_elsewhere.then_some(Taken::Key))
    }

    fn bill(&mut self, append: &Append, number: i64, (key, item): (u32, i64), amount: Amount) {
        let day = append.batch.at.as_micros().div_euclid(DAY);
        let billed = Billed { account: append.account, number, day, key, item };
        let (calls, sum) = self.usage.entry(billed).or_insert((0, Amount::ZERO));
        *calls = calls.saturating_add(1);
        *sum = added(*sum, amount);
    }

    fn state(&mut self, state: &State) -> Result<(), Fault> {
        let (account, seq) = (state.account, int(state.seq)?);
        if seq == 0 && !self.accounts.contains_key(&account) {
            return Ok(());
        }
        let touched = self.touch(account)?;
        if touched.row.seq != seq {
            let last = touched.row.seq;
            return Err(Fault::other(format_args!(
                "the state of {account} is of {seq} batches, not of {last}"
            )));
        }
        touched.row.owes = state.owes;
        touched.row.deadline = state.deadline.map(prepaid::Timestamp::as_micros);
        let (number, before) = (touched.row.number, touched.before.seq);
        let (is_new, has_keys) = (seq != before, touched.is_more_than_calls || seq == before);
        if has_keys {
            let keys = state.state.keys().iter().chain(state.state.pending_key());
            keep_keys(self.conn, account, number, keys)?;
        }
        if is_new && seq.div_euclid(SNAPSHOT_EVERY) != before.div_euclid(SNAPSHOT_EVERY) {
            keep_snapshot(self.conn, account, number, seq, &state.state)?;
        }
        Ok(())
    }

    fn close_accounts(&self) -> Result<(), Fault> {
        for Touched { row, before, .. } in self.accounts.values() {
            let crc = row.sum().end();
            let AccountRow { number, seq, deadline, owes, .. } = *row;
            if row.is_awake() == before.is_awake() {
                let mut set = self.conn.prepare_cached(sql::SET_ACCOUNT)?;
                set.execute((number, seq, deadline, owes, crc))?;
            } else {
                let mut set = self.conn.prepare_cached(sql::WAKE_ACCOUNT)?;
                set.execute((number, seq, deadline, owes, crc, row.is_awake()))?;
            }
        }
        Ok(())
    }

    fn close_usage(&mut self) -> Result<(), Fault> {
        for (Billed { account, number, day, key, item }, (calls, amount)) in &self.usage {
            let name = self.names.name(self.conn, *item)?;
            let of = UsageOf { day: *day, key: *key, item: name };
            let known = one(self.conn, sql::SUM, (number, day, key, item), |row| {
                let (calls, amount) = (row.get(0)?, text(row, 1)?);
                let what = || format!("the usage of account {account}");
                sum_of_usage(*account, &of, calls, amount).check(row.get(2)?, what)?;
                Ok((calls, parsed::<Amount>("an amount", amount)?))
            })?;
            let (before, sum) = known.unwrap_or((0, Amount::ZERO));
            let calls = before.saturating_add(*calls);
            let amount = added(sum, *amount).to_string();
            let crc = sum_of_usage(*account, &of, calls, &amount).end();
            let mut set = self.conn.prepare_cached(sql::SET_SUM)?;
            set.execute((number, day, key, item, calls, &amount, crc))?;
        }
        Ok(())
    }
}

/// What an account has settled in all stays in range (M1), and so does every part of it.
pub(crate) fn added(sum: Amount, amount: Amount) -> Amount {
    sum.checked_add(amount).unwrap_or(Amount::MAX)
}

/// Keeps the table of keys equal to the account's.
fn keep_keys<'k>(
    conn: &Connection,
    account: AccountId,
    number: i64,
    keys: impl Iterator<Item = &'k Key>,
) -> Result<(), Fault> {
    let known = all(conn, sql::KEYS_OF, [number], |row| Ok((row.get(0)?, row.get(1)?)))?;
    let mut gone: BTreeMap<[u8; 32], [u8; 16]> = known.into_iter().collect();
    let mut new = Vec::new();
    for key in keys {
        if gone.remove(&key.digest.0) != Some(key.id.0.into_bytes()) {
            new.push(key);
        }
    }
    for digest in gone.keys() {
        conn.prepare_cached(sql::DROP_KEY)?.execute([digest])?;
    }
    for key in new {
        let crc = sum_of_key(account, &key.digest, key.id).end();
        let row = (&key.digest.0, number, key.id.0.as_bytes(), crc);
        conn.prepare_cached(sql::ADD_KEY)?.execute(row)?;
    }
    Ok(())
}

pub(crate) fn keep_snapshot(
    conn: &Connection,
    account: AccountId,
    number: i64,
    seq: i64,
    state: &prepaid::Account,
) -> Result<(), Fault> {
    let text = serde_json::to_string(&Snapshot::of(state)).map_err(Fault::other)?;
    let crc = sum_of_snapshot(account, seq, &text).end();
    conn.prepare_cached(sql::SET_SNAPSHOT)?.execute((number, seq, &text, crc))?;
    Ok(())
}

/// What a failed commit means.
pub(crate) enum Committed {
    Yes,
    /// Nothing was written.
    No(StoreError),
    /// All of it was, or nothing: SQLite counts it as undone, but the file may hold it.
    Unclear(StoreError),
}

pub(crate) fn commit(conn: &Connection) -> Committed {
    let Err(Fault(error)) = run(conn, sql::COMMIT) else { return Committed::Yes };
    if conn.is_autocommit() && !matches!(error, StoreError::Full) {
        return Committed::Unclear(error);
    }
    // Still open, or there was no room: the frame that commits is written last, so it is not there.
    roll_back(conn);
    Committed::No(error)
}

/// An open transaction ends undone; where that fails too, the next one tries it again before it begins.
pub(crate) fn roll_back(conn: &Connection) {
    if !conn.is_autocommit() {
        drop(run(conn, sql::ROLLBACK));
    }
}
