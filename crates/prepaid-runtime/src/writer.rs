//! The writer: takes what is waiting as a group, decides it in order, commits it once, and only then answers.

mod draft;

use std::collections::hash_map::Entry;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::{Duration, Instant};

use prepaid::{AccountId, Effect, Policy, Timestamp, effects, next_deadline};

use self::draft::{Draft, Item};
use crate::attempts::Attempts;
use crate::clock::{Clock, ClockError, instant};
use crate::forgetting::Forgetting;
use crate::gateway::Gateway;
use crate::handle::{Refused, Reply, Work};
use crate::perform::{Performed, Performers, name_of};
use crate::runtime::Options;
use crate::store::{Append, AppendError, EventStore, Group, Loaded, StoreError, Taken, Waking};
use crate::timer::Timer;

/// The longest rest without looking at the clock: it may be set.
const LONGEST_REST: Duration = Duration::from_secs(1);
/// How often a group is decided anew because another process was faster, before its callers are told to try again.
const PATIENCE: u32 = 100;

pub(crate) struct Writer<S> {
    store: S,
    clock: Arc<dyn Clock>,
    gateway: Arc<dyn Gateway>,
    policy: Policy,
    options: Options,
    performers: Performers,
    /// Accounts as they are committed.
    cache: HashMap<AccountId, Loaded>,
    timer: Timer,
    attempts: Attempts,
    is_ending: bool,
    forgetting: Forgetting,
    /// When to see what other processes have left undone, if they wrote anything.
    adopts_at: Instant,
    have_others_written: bool,
}

impl<S: EventStore> Writer<S> {
    pub(crate) fn new(
        store: S,
        clock: Arc<dyn Clock>,
        gateway: Arc<dyn Gateway>,
        policy: Policy,
        options: Options,
        performers: Performers,
    ) -> Self {
        Self {
            store,
            clock,
            gateway,
            policy,
            options,
            performers,
            cache: HashMap::new(),
            timer: Timer::default(),
            attempts: Attempts::default(),
            is_ending: false,
            forgetting: Forgetting::default(),
            adopts_at: instant(),
            have_others_written: false,
        }
    }

    /// What is owed and due in the store; what is owed is begun at that time.
    pub(crate) fn wake(&mut self, wakings: &[Waking], at: Instant) {
        for waking in wakings {
            self.timer.set(waking.account, waking.deadline);
            if waking.owes {
                self.timer.again(waking.account, at);
            }
        }
    }

    /// A process that asked for a charge may have died since: what it owed, and what it waited for, is seen to here, if it
    /// still stands after the same while again (K3, K5).
    fn adopt(&mut self) {
        let (now, rest) = (instant(), self.options.adopt);
        if now < self.adopts_at {
            return;
        }
        let later = now.checked_add(rest).unwrap_or(now);
        self.adopts_at = later;
        let have_others_written = self.store.changed_elsewhere().unwrap_or(true);
        self.see_others(have_others_written);
        if !self.have_others_written {
            return;
        }
        if let Ok(wakings) = self.store.wakings() {
            self.have_others_written = false;
            self.wake(&wakings, later);
        }
    }

    fn forget(&mut self) {
        if let (false, Ok(now)) = (self.is_ending, self.clock.now()) {
            self.forgetting.go_on(&mut self.store, now, self.options.retention);
        }
    }

    /// What another process has written makes stale what was loaded before.
    fn see_others(&mut self, have_written: bool) {
        if have_written {
            self.cache.clear();
            self.have_others_written = true;
        }
    }

    pub(crate) fn run(mut self, work: &Receiver<Work>) {
        loop {
            let (group, more) = self.next_group(work);
            if group.iter().any(|work| matches!(work, Work::End)) {
                self.is_ending = true;
                self.performers.end();
            }
            self.round(group);
            self.adopt();
            self.forget();
            if self.is_ending && !more && !self.attempts.is_any_under_way() {
                break;
            }
        }
        self.performers.join();
    }

    /// What is waiting, as much as one transaction takes; and whether there may be more.
    fn next_group(&mut self, work: &Receiver<Work>) -> (Vec<Work>, bool) {
        let is_at_its_end = self.is_ending && !self.attempts.is_any_under_way();
        let is_forgetting = self.forgetting.is_under_way() && !self.is_ending;
        let rest = match self.clock.now() {
            _ if is_at_its_end => Duration::ZERO,
            // Nothing is done before it is right: what is due would only be found due again.
            Err(_) => LONGEST_REST,
            Ok(_) if is_forgetting => Duration::ZERO,
            Ok(now) => self.timer.rest(now, instant(), LONGEST_REST),
        };
        let mut group = match work.recv_timeout(rest) {
            Ok(first) => vec![first],
            Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => Vec::new(),
        };
        while group.len() < self.options.group {
            match work.try_recv() {
                Ok(next) => group.push(next),
                Err(_) => return (group, false),
            }
        }
        (group, true)
    }

    /// Decides a group and what time has made due, commits, answers, performs.
    fn round(&mut self, group: Vec<Work>) {
        let now = match self.clock.now() {
            Ok(now) => now,
            Err(error) => return self.refuse_all(group, &error),
        };
        let mut items: Vec<Item> = Vec::new();
        for work in group {
            match work {
                Work::Asked(submission, reply) => items.push(Item::asked(*submission, reply)),
                Work::Performed(performed) => self.take_result(*performed, &mut items),
                Work::Policy(policy) => self.policy = *policy,
                Work::End => {}
            }
        }
        let room = self.options.group;
        items.extend(self.timer.due(now, room).into_iter().map(Item::tick));
        items.extend(self.timer.retries(instant(), room).into_iter().map(Item::tick));
        if items.is_empty() {
            return;
        }
        let touched: HashSet<AccountId> = items.iter().map(Item::account).collect();
        if self.commit(items, now) {
            self.look_after(touched, now);
        } else {
            // Nothing was written: what is due and owed stays so.
            for account in touched {
                self.look_again(account);
            }
        }
    }

    /// Without a time nothing is decided; results of the gateway come again.
    fn refuse_all(&mut self, group: Vec<Work>, error: &ClockError) {
        for work in group {
            match work {
                Work::Asked(_, reply) => answer(reply, Err(Refused::Clock(*error))),
                Work::Performed(performed) => self.has_ended(performed.account, performed.name),
                Work::Policy(policy) => self.policy = *policy,
                Work::End => {}
            }
        }
    }

    /// The results of an effect are commands of the provider.
    fn take_result(&mut self, performed: Performed, items: &mut Vec<Item>) {
        let Performed { account, name, results } = performed;
        self.has_ended(account, name);
        items.extend(results.into_iter().map(|result| Item::result(account, result, &self.gateway)));
    }

    /// An attempt has ended: if the effect is still owed after a while, whatever the results were, it is performed again.
    fn has_ended(&mut self, account: AccountId, name: String) {
        let Options { retry, longest_retry, .. } = self.options;
        let at = self.attempts.end(account, name, instant(), retry, longest_retry);
        self.timer.again(account, at);
    }

    fn look_again(&mut self, account: AccountId) {
        let now = instant();
        self.timer.again(account, now.checked_add(LONGEST_REST).unwrap_or(now));
    }

    /// Commits what the items do, deciding anew where another process was faster, and answers. Whether it was committed.
    fn commit(&mut self, mut items: Vec<Item>, now: Timestamp) -> bool {
        for _ in 0..PATIENCE {
            match self.store.begin() {
                Ok(have_others_written) => self.see_others(have_others_written),
                Err(error) => {
                    self.see_others(true);
                    tell_failure(items, &Refused::Store(error));
                    return false;
                }
            }
            let mut draft = Draft::begin(&mut self.store, &mut self.cache, &self.policy, now);
            if !draft.decide(&mut items) {
                continue;
            }
            let group = draft.into_group();
            match self.write(&group) {
                Ok(()) => {
                    self.keep(group);
                    items.into_iter().for_each(Item::tell);
                    return true;
                }
                Err(AppendError::Taken { index, taken }) => {
                    self.settle_taken(&mut items, &group, index, taken);
                }
                Err(AppendError::Failed(error)) => {
                    tell_failure(items, &Refused::Store(error));
                    return false;
                }
                Err(AppendError::Unknown(error)) => {
                    tell_failure(items, &Refused::Unknown(error));
                    return false;
                }
            }
        }
        self.store.end();
        tell_failure(items, &Refused::Store(StoreError::Held));
        false
    }

    /// Writes a group; where the answer to the commit was lost, it is read back.
    fn write(&mut self, group: &Group) -> Result<(), AppendError> {
        let Some(first) = group.appends.first() else {
            self.store.end();
            return Ok(());
        };
        match self.store.append(group) {
            Err(AppendError::Unknown(lost)) => {
                let read_back = self.store.batch(first.account, first.seq).and_then(|batch| match batch {
                    None => Ok(Some(AppendError::Failed(lost))),
                    Some(_) if self.has_all(group)? => Ok(None),
                    Some(_) => Ok(Some(AppendError::Taken { index: 0, taken: Taken::Seq })),
                });
                match read_back {
                    Ok(written) => written.map_or(Ok(()), Err),
                    Err(error) => Err(AppendError::Unknown(error)),
                }
            }
            written => written,
        }
    }

    /// Whether a group is there. Every batch is looked at: another process may have made the first of them, too.
    fn has_all(&mut self, group: &Group) -> Result<bool, StoreError> {
        for Append { account, seq, batch, request, .. } in &group.appends {
            let found = match request {
                None => self.store.batch(*account, *seq)?,
                Some((request, _)) => {
                    let remembered = self.store.remembered(*account, request)?;
                    remembered.filter(|known| known.seq == *seq).map(|known| known.batch)
                }
            };
            if found.as_ref() != Some(batch) {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// One batch of a group did not fit: what it means for its item; the others are decided anew.
    fn settle_taken(&mut self, items: &mut [Item], group: &Group, index: usize, taken: Taken) {
        let Some(append) = group.appends.get(index) else { return };
        self.cache.remove(&append.account);
        let refused = match taken {
            Taken::Seq | Taken::Request => return,
            Taken::Call(call) => Refused::CallConflict { call },
            Taken::Grant(grant) => Refused::GrantConflict { grant },
            Taken::Key => Refused::KeyConflict,
        };
        if let Some(item) = items.iter_mut().find(|item| item.made(index)) {
            item.refuse(refused);
        }
    }

    fn keep(&mut self, group: Group) {
        if self.cache.len() > self.options.accounts {
            self.cache.clear();
        }
        for state in group.states {
            self.cache.insert(state.account, Loaded { account: state.state, seq: state.seq });
        }
    }

    fn loaded(&mut self, account: AccountId) -> Result<&Loaded, StoreError> {
        Ok(match self.cache.entry(account) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(place) => place.insert(self.store.load(account)?),
        })
    }

    /// Performs what the accounts owe, each effect once at a time, and notes when time changes them.
    fn look_after(&mut self, accounts: HashSet<AccountId>, now: Timestamp) {
        for account in accounts {
            let Ok(loaded) = self.loaded(account) else {
                self.look_again(account);
                continue;
            };
            let owed: Vec<(String, Effect)> =
                effects(&loaded.account).map(|effect| (name_of(&effect), effect)).collect();
            match next_deadline(&loaded.account) {
                // It was ticked, in vain.
                Some(at) if at <= now => self.look_again(account),
                deadline => self.timer.set(account, deadline),
            }
            self.attempts.keep(account, |name| owed.iter().any(|(owed, _)| owed == name));
            for (name, effect) in owed {
                if !self.is_ending && self.attempts.begin(account, name, instant()) {
                    self.performers.perform(account, effect);
                }
            }
        }
    }
}

fn tell_failure(items: Vec<Item>, failure: &Refused) {
    for item in items {
        item.tell_failure(failure);
    }
}

pub(crate) fn answer(reply: Option<Reply>, with: Result<crate::handle::Answer, Refused>) {
    if let Some(reply) = reply {
        // Whoever asked may have gone: what was done is done.
        drop(reply.send(with));
    }
}
