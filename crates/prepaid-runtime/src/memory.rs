//! A store in memory: for tests and for trying things out; copies share it, and nothing outlives the process.

mod usage;

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use prepaid::{AccountId, Batch, CallId, Digest, GrantId, Timestamp, replay};

use self::usage::Usage;
use crate::fact::{Fact, is_more_than_calls};
use crate::request::RequestId;
use crate::store::{
    Append, AppendError, BatchRow, Change, EventStore, Forgotten, Group, KeyOwner, Loaded, Page, ReadStore,
    Remembered, StoreError, Taken, UsagePlace, UsageRow, Waking,
};

/// A store in memory.
///
/// ```
/// use prepaid_runtime::{EventStore, MemoryStore};
/// let account = prepaid::AccountId(uuid::Uuid::from_u128(1));
/// assert_eq!(MemoryStore::default().load(account)?.seq, 0);
/// # Ok::<(), prepaid_runtime::StoreError>(())
/// ```
#[derive(Debug, Clone, Default)]
pub struct MemoryStore {
    shared: Arc<Mutex<Shared>>,
    /// How many changes this copy has seen: others may have written more.
    seen: u64,
}

#[derive(Debug, Default)]
struct Shared {
    /// In the order of commits.
    rows: Vec<Append>,
    /// Where an account's batches lie among them.
    places: BTreeMap<AccountId, Vec<usize>>,
    wakings: HashMap<AccountId, Waking>,
    requests: HashMap<(AccountId, RequestId), usize>,
    keys: HashMap<Digest, KeyOwner>,
    usage: Usage,
}

impl Shared {
    fn taken(&self, append: &Append, before: &[Append]) -> Option<Taken> {
        let earlier = before.iter().filter(|other| other.account == append.account);
        let known = self.places.get(&append.account).map_or(0, Vec::len);
        let next = u64::try_from(known.saturating_add(earlier.clone().count()))
            .unwrap_or(u64::MAX)
            .saturating_add(1);
        if append.seq != next {
            return Some(Taken::Seq);
        }
        let request = append.request.as_ref().map(|(request, _)| request);
        let again = |other: &Append| other.request.as_ref().map(|(request, _)| request) == request;
        if let Some(request) = request
            && (self.requests.contains_key(&(append.account, request.clone())) || earlier.clone().any(again))
        {
            return Some(Taken::Request);
        }
        append.batch.events.iter().find_map(|event| match Fact::of(event) {
            Fact::CallAdmitted { call, .. } => {
                let known = self.usage.knows(append.account, call)
                    || earlier.clone().any(|other| admits(&other.batch, call));
                known.then_some(Taken::Call(call))
            }
            Fact::GrantIssued(issued) => {
                let known = self.has_grant(append.account, issued.grant)
                    || earlier.clone().any(|other| issues(&other.batch, issued.grant));
                known.then_some(Taken::Grant(issued.grant))
            }
            Fact::KeyAsked(created) => {
                // Within the account the machine sees to it.
                let is_known = self.keys.get(&created.digest).is_some_and(|of| of.account != append.account);
                let mut others = before.iter().filter(|other| other.account != append.account);
                let is_asked = others.any(|other| asks_for(&other.batch, &created.digest));
                (is_known || is_asked).then_some(Taken::Key)
            }
            Fact::CallBilled { .. }
            | Fact::CallMoved(_)
            | Fact::ChargeAsked(_)
            | Fact::ChargeCredited { .. }
            | Fact::ChargeEnded { .. }
            | Fact::Reversed(_)
            | Fact::GrantStarted(_)
            | Fact::CreditGone(_)
            | Fact::WrittenOff(_)
            | Fact::Nothing => None,
        })
    }

    fn row(append: &Append) -> BatchRow {
        let Append { account, seq, batch, request, policy, balance } = append;
        BatchRow {
            account: *account,
            seq: *seq,
            batch: batch.clone(),
            request: request.as_ref().map(|(request, _)| request.clone()),
            policy: policy.clone(),
            posted: balance.posted,
            held: balance.held,
        }
    }

    fn rows_of(&self, account: AccountId) -> impl DoubleEndedIterator<Item = &Append> {
        let places = self.places.get(&account).map_or(&[][..], Vec::as_slice);
        places.iter().filter_map(|place| self.rows.get(*place))
    }

    fn has_grant(&self, account: AccountId, grant: GrantId) -> bool {
        self.rows_of(account).any(|row| issues(&row.batch, grant))
    }

    fn loaded(&self, account: AccountId) -> Result<Loaded, StoreError> {
        let batches: Vec<&Batch> = self.rows_of(account).map(|row| &row.batch).collect();
        let seq = u64::try_from(batches.len()).unwrap_or(u64::MAX);
        let account = replay(batches).map_err(|error| StoreError::Damaged(error.to_string()))?;
        Ok(Loaded { account, seq })
    }
}

fn admits(batch: &Batch, call: CallId) -> bool {
    let admitted = |event| matches!(Fact::of(event), Fact::CallAdmitted { call: known, .. } if known == call);
    batch.events.iter().any(admitted)
}

fn issues(batch: &Batch, grant: GrantId) -> bool {
    let issues = |event| matches!(Fact::of(event), Fact::GrantIssued(issued) if issued.grant == grant);
    batch.events.iter().any(issues)
}

fn asks_for(batch: &Batch, digest: &Digest) -> bool {
    let asks = |event| matches!(Fact::of(event), Fact::KeyAsked(created) if created.digest == *digest);
    batch.events.iter().any(asks)
}

impl MemoryStore {
    fn shared(&self) -> MutexGuard<'_, Shared> {
        self.shared.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn count(rows: usize) -> u64 {
    u64::try_from(rows).unwrap_or(u64::MAX)
}

impl EventStore for MemoryStore {
    fn load(&mut self, account: AccountId) -> Result<Loaded, StoreError> {
        self.shared().loaded(account)
    }

    fn remembered(
        &mut self,
        account: AccountId,
        request: &RequestId,
    ) -> Result<Option<Remembered>, StoreError> {
        let shared = self.shared();
        let place = shared.requests.get(&(account, request.clone()));
        let append = place.and_then(|place| shared.rows.get(*place));
        Ok(append.and_then(|append| {
            let (_, content) = append.request.as_ref()?;
            let (seq, batch, balance) = (append.seq, append.batch.clone(), append.balance);
            Some(Remembered { content: *content, seq, batch, balance })
        }))
    }

    fn has_call(&mut self, account: AccountId, call: CallId) -> Result<bool, StoreError> {
        Ok(self.shared().usage.knows(account, call))
    }

    fn has_grant(&mut self, account: AccountId, grant: GrantId) -> Result<bool, StoreError> {
        Ok(self.shared().has_grant(account, grant))
    }

    fn batch(&mut self, account: AccountId, seq: u64) -> Result<Option<Batch>, StoreError> {
        let shared = self.shared();
        Ok(shared.rows_of(account).find(|row| row.seq == seq).map(|row| row.batch.clone()))
    }

    fn append(&mut self, group: &Group) -> Result<(), AppendError> {
        let mut shared = self.shared();
        for (index, append) in group.appends.iter().enumerate() {
            let before = group.appends.get(..index).unwrap_or_default();
            if let Some(taken) = shared.taken(append, before) {
                return Err(AppendError::Taken { index, taken });
            }
        }
        for append in &group.appends {
            let place = shared.rows.len();
            shared.places.entry(append.account).or_default().push(place);
            if let Some((request, _)) = &append.request {
                shared.requests.insert((append.account, request.clone()), place);
            }
            shared.usage.note(append);
            shared.rows.push(append.clone());
        }
        for state in &group.states {
            let (account, owes, deadline) = (state.account, state.owes, state.deadline);
            shared.wakings.insert(account, Waking { account, owes, deadline });
            shared.keys.retain(|_, owner| owner.account != account);
            let keys = state.state.keys().iter().chain(state.state.pending_key());
            let owners: Vec<_> = keys.map(|key| (key.digest, KeyOwner { account, key: key.id })).collect();
            shared.keys.extend(owners);
        }
        drop(shared);
        // What others have written meanwhile is still to be told.
        self.seen = self.seen.saturating_add(count(group.appends.len()));
        Ok(())
    }

    fn wakings(&mut self) -> Result<Vec<Waking>, StoreError> {
        let shared = self.shared();
        let awake = shared.wakings.values().filter(|waking| waking.owes || waking.deadline.is_some());
        Ok(awake.copied().collect())
    }

    fn changed_elsewhere(&mut self) -> Result<bool, StoreError> {
        let seen = count(self.shared().rows.len());
        Ok(std::mem::replace(&mut self.seen, seen) != seen)
    }

    fn forget_requests(&mut self, before: Timestamp, _: u64) -> Result<Forgotten, StoreError> {
        let mut shared = self.shared();
        let Shared { rows, requests, .. } = &mut *shared;
        let remembered = count(requests.len());
        requests.retain(|_, place| rows.get(*place).is_some_and(|row| row.batch.at >= before));
        let requests = remembered.saturating_sub(count(requests.len()));
        Ok(Forgotten { requests, next: None })
    }
}

impl ReadStore for MemoryStore {
    fn account(&mut self, account: AccountId) -> Result<Loaded, StoreError> {
        self.shared().loaded(account)
    }

    fn key_owner(&mut self, digest: &Digest) -> Result<Option<KeyOwner>, StoreError> {
        Ok(self.shared().keys.get(digest).copied())
    }

    fn batches(&mut self, account: AccountId, page: Page) -> Result<Vec<BatchRow>, StoreError> {
        let shared = self.shared();
        let rows = shared.rows_of(account).filter(|row| row.seq > page.after);
        Ok(rows.take(limit(page.limit)).map(Shared::row).collect())
    }

    fn batches_beside_calls(&mut self, account: AccountId, page: Page) -> Result<Vec<BatchRow>, StoreError> {
        let shared = self.shared();
        let later = shared.rows_of(account).filter(|row| row.seq > page.after);
        let rows = later.filter(|row| is_more_than_calls(&row.batch));
        Ok(rows.take(limit(page.limit)).map(Shared::row).collect())
    }

    fn last_before(&mut self, account: AccountId, at: Timestamp) -> Result<u64, StoreError> {
        Ok(self.shared().rows_of(account).rev().find(|row| row.batch.at < at).map_or(0, |row| row.seq))
    }

    fn changes(&mut self, page: Page) -> Result<Vec<Change>, StoreError> {
        let shared = self.shared();
        let rows = (1_u64..).zip(&shared.rows).filter(|(position, _)| *position > page.after);
        Ok(rows
            .take(limit(page.limit))
            .map(|(position, row)| Change { position, row: Shared::row(row) })
            .collect())
    }

    fn usage(
        &mut self,
        account: AccountId,
        from: Timestamp,
        until: Timestamp,
        after: Option<&UsagePlace>,
        count: u32,
    ) -> Result<Vec<UsageRow>, StoreError> {
        Ok(self.shared().usage.rows(account, (from, until), after, limit(count)))
    }

    fn accounts(&mut self, after: Option<AccountId>, limit: u32) -> Result<Vec<AccountId>, StoreError> {
        let shared = self.shared();
        let later = shared.places.keys().filter(|account| after.is_none_or(|after| **account > after));
        Ok(later.take(self::limit(limit)).copied().collect())
    }
}

fn limit(rows: u32) -> usize {
    usize::try_from(rows).unwrap_or(usize::MAX)
}
