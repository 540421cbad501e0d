//! Appending: one transaction a group.

use std::collections::{BTreeMap, HashMap};

use prepaid::{AccountId, Digest, Event, Key, Snapshot};
use prepaid_runtime::{Append, AppendError, Fact, Group, State, StoreError, Taken, is_more_than_calls};
use rusqlite::Connection;

use crate::fault::Fault;
use crate::names::Names;
use crate::read::{self, account_row, all, one, run};
use crate::rows::{AccountRow, HOUR, StoredBatch, int, place_of_request, sum_of_key, sum_of_snapshot};
use crate::usage::Used;
use crate::{chain, sql, usage};

/// After how many batches a snapshot is written: that much is applied anew when an account is read, and a commit of one
/// batch seldom writes a whole state.
pub(crate) const SNAPSHOT_EVERY: i64 = 16;

/// An account in this group.
struct Touched {
    row: AccountRow,
    before: AccountRow,
    /// Whether anything but calls happened to it: only then its keys may be others.
    is_more_than_calls: bool,
    /// What it has used in this group.
    used: Vec<Used>,
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

/// One group on its way into the file.
struct Writing<'a> {
    conn: &'a Connection,
    names: &'a mut Names,
    accounts: BTreeMap<AccountId, Touched>,
    /// Keys of this group: their rows are written with the states.
    keys: BTreeMap<[u8; 32], AccountId>,
    /// The rows of accounts as they are committed, as far as they are known.
    known: &'a Known,
    position: i64,
    hour: Option<i64>,
}

/// The rows of accounts that were looked at lately.
pub(crate) type Known = HashMap<AccountId, AccountRow>;

/// Writes a group in the open transaction, which is to be rolled back on an error. Gives the rows that it leaves.
pub(crate) fn group(
    conn: &Connection,
    names: &mut Names,
    known: &Known,
    group: &Group,
) -> Result<Vec<AccountRow>, AppendError> {
    let mut writing = match Writing::begin(conn, names, known) {
        Ok(writing) => writing,
        Err(fault) => return Err(AppendError::Failed(fault.into())),
    };
    match writing.all(group) {
        Ok(()) => Ok(writing.accounts.into_values().map(|touched| touched.row).collect()),
        Err(Stop::Taken { index, taken }) => Err(AppendError::Taken { index, taken }),
        Err(Stop::Fault(fault)) => Err(AppendError::Failed(fault.into())),
    }
}

impl<'a> Writing<'a> {
    fn begin(conn: &'a Connection, names: &'a mut Names, known: &'a Known) -> Result<Self, Fault> {
        let last = one(conn, sql::LAST, [], |row| Ok((row.get(0)?, row.get(1)?)))?;
        let (position, hour) = last.unwrap_or_default();
        let (accounts, keys) = (BTreeMap::new(), BTreeMap::new());
        Ok(Self { conn, names, accounts, keys, known, position, hour })
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
        self.close()?;
        Ok(())
    }

    /// The account's row, which is made where there is none.
    fn touch(&mut self, account: AccountId) -> Result<&mut Touched, Fault> {
        use std::collections::btree_map::Entry;
        let vacant = match self.accounts.entry(account) {
            Entry::Occupied(found) => return Ok(found.into_mut()),
            Entry::Vacant(vacant) => vacant,
        };
        let known = match self.known.get(&account) {
            Some(known) => Some(*known),
            None => account_row(self.conn, account)?,
        };
        let row = if let Some(row) = known {
            row
        } else {
            self.conn.prepare_cached(sql::ADD_ACCOUNT)?.execute([account.0.as_bytes()])?;
            let number = self.conn.last_insert_rowid();
            AccountRow { account, number, seq: 0, last: 0, deadline: None, owes: false }
        };
        Ok(vacant.insert(Touched { row, before: row, is_more_than_calls: false, used: Vec::new() }))
    }

    fn one(&mut self, append: &Append) -> Result<Option<Taken>, Fault> {
        let position = self.position.saturating_add(1);
        let touched = self.touch(append.account)?;
        let seq = touched.row.seq.saturating_add(1);
        if append.seq != seq.unsigned_abs() {
            return Ok(Some(Taken::Seq));
        }
        let (number, previous) = (touched.row.number, touched.row.last);
        (touched.row.seq, touched.row.last) = (seq, position);
        touched.used.extend(usage::used_in(&append.batch));
        let is_more = is_more_than_calls(&append.batch);
        touched.is_more_than_calls |= is_more;
        self.position = position;
        self.batch(append, number, seq, previous)?;
        if seq.rem_euclid(chain::MARK_EVERY) == 0 {
            self.place(number, sql::MARK, &seq.to_be_bytes())?;
        }
        if is_more {
            let before = read::last_beside_calls(self.conn, number)?.unwrap_or_default();
            let place = (number, seq.to_be_bytes(), position, before);
            self.conn.prepare_cached(sql::ADD_BESIDE)?.execute(place)?;
            self.conn.prepare_cached(sql::SET_LAST_BESIDE)?.execute((number, position, seq))?;
        }
        if let Some((request, _)) = &append.request {
            let (kind, id) = place_of_request(request.as_str());
            if !self.place(number, kind, &id)? {
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

    /// Says where this batch is found, unless there is such a place.
    fn place(&self, number: i64, kind: i64, id: &[u8]) -> Result<bool, Fault> {
        let row = (number, kind, id, self.position);
        Ok(self.conn.prepare_cached(sql::ADD_PLACE)?.execute(row)? > 0)
    }

    fn batch(&mut self, append: &Append, number: i64, seq: i64, previous: i64) -> Result<(), Fault> {
        let at = append.batch.at.as_micros();
        let hour = Some(at.div_euclid(HOUR));
        // An account whose time is behind makes no new run, and is as old as the run says, or older (K2).
        if self.hour < hour {
            self.conn.prepare_cached(sql::ADD_HOUR)?.execute((self.position, hour))?;
            self.hour = hour;
        }
        let events = serde_json::to_string(&append.batch.events).map_err(Fault::other)?;
        let (posted, held) = (append.balance.posted.to_string(), append.balance.held.to_string());
        let stored = StoredBatch {
            account: append.account,
            position: self.position,
            seq,
            previous,
            at,
            policy: append.policy.as_str(),
            request: append.request.as_ref().map(|(request, _)| request.as_str()),
            content: append.request.as_ref().map(|(_, content)| content.0.as_slice()),
            events: &events,
            posted: &posted,
            held: &held,
        };
        let crc = stored.sum().end();
        let policy = self.names.number(self.conn, stored.policy)?;
        let StoredBatch { position, request, content, .. } = stored;
        let row =
            (position, number, seq, previous, at, policy, request, content, &events, &posted, &held, crc);
        self.conn.prepare_cached(sql::ADD_BATCH)?.execute(row)?;
        Ok(())
    }

    /// What must be unique, and what is counted.
    fn event(&mut self, append: &Append, number: i64, event: &Event) -> Result<Option<Taken>, Fault> {
        match Fact::of(event) {
            // (account, call) is unique (D5).
            Fact::CallAdmitted { call, .. } => {
                let is_new = self.place(number, sql::CALL, call.0.as_bytes())?;
                Ok((!is_new).then_some(Taken::Call(call)))
            }
            // (account, grant) is unique (H1).
            Fact::GrantIssued(issued) => {
                let is_new = self.place(number, sql::GRANT, issued.grant.0.as_bytes())?;
                Ok((!is_new).then_some(Taken::Grant(issued.grant)))
            }
            Fact::KeyAsked(created) => self.key(append.account, &created.digest),
            Fact::CallBilled { .. }
            | Fact::CallMoved(_)
            | Fact::ChargeAsked(_)
            | Fact::ChargeCredited { .. }
            | Fact::ChargeEnded { .. }
            | Fact::Reversed(_)
            | Fact::GrantStarted(_)
            | Fact::CreditGone(_)
            | Fact::WrittenOff(_)
            | Fact::Nothing => Ok(None),
        }
    }

    /// A digest is of one key. Within its own account that is the machine's to guard, which may have dropped a key of
    /// this digest a moment ago.
    fn key(&mut self, account: AccountId, digest: &Digest) -> Result<Option<Taken>, Fault> {
        let stored = read::key_owner(self.conn, digest)?.map(|owner| owner.account);
        let in_group = self.keys.insert(digest.0, account);
        let is_elsewhere = [stored, in_group].into_iter().flatten().any(|owner| owner != account);
        Ok(is_elsewhere.then_some(Taken::Key))
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
        let (number, before, used) = (touched.row.number, touched.before, std::mem::take(&mut touched.used));
        let is_new = seq != before.seq;
        let has_keys = touched.is_more_than_calls || !is_new;
        if has_keys {
            let keys = state.state.keys().iter().chain(state.state.pending_key());
            keep_keys(self.conn, account, number, keys)?;
        }
        if is_new && seq.div_euclid(SNAPSHOT_EVERY) != before.seq.div_euclid(SNAPSHOT_EVERY) {
            keep_snapshot(self.conn, self.names, &before, used, seq, &state.state)?;
        }
        Ok(())
    }

    /// Where each account's last batch is, and what is to be done for it by itself, if that has changed.
    fn close(&self) -> Result<(), Fault> {
        for Touched { row, before, .. } in self.accounts.values() {
            let AccountRow { number, seq, last, deadline, owes, .. } = *row;
            if seq != before.seq {
                let crc = row.sum_of_last().end();
                self.conn.prepare_cached(sql::SET_LAST)?.execute((number, last, seq, crc))?;
            }
            let crc = row.sum().end();
            if row.is_awake() != before.is_awake() {
                let mut set = self.conn.prepare_cached(sql::WAKE_ACCOUNT)?;
                set.execute((number, deadline, owes, crc, row.is_awake()))?;
            } else if before.seq == 0 || (deadline, owes) != (before.deadline, before.owes) {
                let mut set = self.conn.prepare_cached(sql::SET_ACCOUNT)?;
                set.execute((number, deadline, owes, crc))?;
            }
        }
        Ok(())
    }
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

/// Keeps an account's state after a batch, and what it has used up to there: up to the batch of the row, and then.
pub(crate) fn keep_snapshot(
    conn: &Connection,
    names: &mut Names,
    row: &AccountRow,
    used: Vec<Used>,
    seq: i64,
    state: &prepaid::Account,
) -> Result<(), Fault> {
    usage::keep(conn, names, row, used)?;
    let text = serde_json::to_string(&Snapshot::of(state)).map_err(Fault::other)?;
    let crc = sum_of_snapshot(row.account, seq, &text).end();
    conn.prepare_cached(sql::SET_SNAPSHOT)?.execute((row.number, seq, &text, crc))?;
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
