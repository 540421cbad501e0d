//! The writer: takes what is waiting as a group, decides it in order, commits it once, and only then answers.

mod draft;

use std::collections::hash_map::Entry;
use std::collections::{HashMap, HashSet};
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::{Duration, Instant};

use prepaid::{AccountId, Action, Actor, Policy, Timestamp, effects};

use self::draft::{Draft, Item};
use crate::clock::{Clock, ClockError, instant};
use crate::handle::{Refused, Reply, Submission, Work};
use crate::perform::{Performed, Performers, name_of};
use crate::runtime::Options;
use crate::store::{AppendError, EventStore, Group, Loaded, StoreError, Taken, Waking};
use crate::timer::Timer;

/// The longest rest without looking at the clock: it may be set.
const LONGEST_REST: Duration = Duration::from_secs(1);
/// How often a group is decided anew because another process was faster, before its callers are told to try again.
const PATIENCE: u32 = 100;

pub(crate) struct Writer<S> {
    store: S,
    clock: Box<dyn Clock>,
    policy: Policy,
    options: Options,
    performers: Performers,
    /// Accounts as they are committed.
    cache: HashMap<AccountId, Loaded>,
    timer: Timer,
    /// The effects that are being performed, or are not to be performed again before an instant.
    performing: HashMap<(AccountId, String), Attempt>,
    forgotten_at: Option<Timestamp>,
}

/// What is known of the attempts at an effect.
#[derive(Clone, Copy)]
enum Attempt {
    UnderWay { tries: u32 },
    Again { at: Instant, tries: u32 },
}

impl<S: EventStore> Writer<S> {
    pub(crate) fn new(
        store: S,
        clock: Box<dyn Clock>,
        policy: Policy,
        options: Options,
        performers: Performers,
    ) -> Self {
        Self {
            store,
            clock,
            policy,
            options,
            performers,
            cache: HashMap::new(),
            timer: Timer::default(),
            performing: HashMap::new(),
            forgotten_at: None,
        }
    }

    /// What is owed and due when the store is opened.
    pub(crate) fn wake(&mut self, wakings: &[Waking]) {
        let now = instant();
        for waking in wakings {
            self.timer.set(waking.account, waking.deadline);
            if waking.owes {
                self.timer.again(waking.account, now);
            }
        }
    }

    pub(crate) fn run(mut self, work: &Receiver<Work>) {
        let mut ending = false;
        loop {
            let (group, more) = self.next_group(work, ending);
            ending |= group.iter().any(|work| matches!(work, Work::End));
            self.round(group);
            if ending && !more && !self.is_performing() {
                break;
            }
            if ending {
                self.performers.end();
            }
        }
        self.performers.end();
        self.performers.join();
    }

    fn is_performing(&self) -> bool {
        self.performing.values().any(|attempt| matches!(attempt, Attempt::UnderWay { .. }))
    }

    /// What is waiting, as much as one transaction takes; and whether there may be more.
    fn next_group(&mut self, work: &Receiver<Work>, ending: bool) -> (Vec<Work>, bool) {
        let rest = if ending && !self.is_performing() {
            Duration::ZERO
        } else {
            self.timer.rest(self.clock.now().ok(), instant(), LONGEST_REST)
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
        let mut to_see: Vec<AccountId> = self.timer.retries(instant(), room);
        let ticks = self.timer.due(now, room);
        items.extend(ticks.iter().chain(&to_see).map(|account| Item::tick(*account)));
        if items.is_empty() {
            return;
        }
        to_see.extend(ticks);
        let seen = self.commit(items, now);
        self.look_after(to_see.into_iter().chain(seen));
        self.forget_requests(now);
    }

    /// Without a time nothing is decided; results of the gateway come again.
    fn refuse_all(&mut self, group: Vec<Work>, error: &ClockError) {
        for work in group {
            match work {
                Work::Asked(_, reply) => answer(reply, Err(Refused::Clock(*error))),
                Work::Performed(performed) => {
                    let Performed { account, name, .. } = *performed;
                    self.try_again(account, name);
                }
                Work::Policy(policy) => self.policy = *policy,
                Work::End => {}
            }
        }
    }

    /// The results of an effect are commands of the provider; where there are none, it is performed again later.
    fn take_result(&mut self, performed: Performed, items: &mut Vec<Item>) {
        let Performed { account, name, outcome } = performed;
        match outcome {
            Ok(results) if !results.is_empty() => {
                self.performing.remove(&(account, name));
                let commands = results.into_iter().map(|action: Action| action.by(Actor::Provider));
                items.extend(commands.map(|command| Item::asked(Submission::new(account, command), None)));
            }
            Ok(_) | Err(_) => self.try_again(account, name),
        }
    }

    fn try_again(&mut self, account: AccountId, name: String) {
        let tries = match self.performing.get(&(account, name.clone())) {
            Some(Attempt::UnderWay { tries } | Attempt::Again { tries, .. }) => tries.saturating_add(1),
            None => 1,
        };
        let factor = 2_u32.saturating_pow(tries.saturating_sub(1).min(16));
        let wait = self.options.retry.saturating_mul(factor).min(self.options.longest_retry);
        let at = instant().checked_add(wait).unwrap_or_else(instant);
        self.performing.insert((account, name), Attempt::Again { at, tries });
        self.timer.again(account, at);
    }

    /// Commits what the items do, deciding anew where another process was faster, and answers. Gives the accounts that
    /// were touched.
    fn commit(&mut self, mut items: Vec<Item>, now: Timestamp) -> HashSet<AccountId> {
        for _ in 0..PATIENCE {
            if self.store.changed_elsewhere().unwrap_or(true) {
                self.cache.clear();
            }
            let mut draft = Draft::begin(&mut self.store, &mut self.cache, &self.policy, now);
            if !draft.decide(&mut items) {
                continue;
            }
            let touched = draft.touched();
            let group = draft.into_group();
            match self.write(&group) {
                Ok(()) => {
                    self.keep(group);
                    items.into_iter().for_each(Item::tell);
                    return touched;
                }
                Err(AppendError::Taken { index, taken }) => {
                    self.settle_taken(&mut items, &group, index, taken);
                }
                Err(AppendError::Failed(error)) => {
                    tell_failure(items, &Refused::Store(error));
                    return touched;
                }
                Err(AppendError::Unknown(error)) => {
                    tell_failure(items, &Refused::Unknown(error));
                    return touched;
                }
            }
        }
        tell_failure(items, &Refused::Store(StoreError::Held));
        HashSet::new()
    }

    /// Writes a group; where the answer to the commit was lost, it is read back.
    fn write(&mut self, group: &Group) -> Result<(), AppendError> {
        let Some(first) = group.appends.first() else { return Ok(()) };
        match self.store.append(group) {
            Err(AppendError::Unknown(lost)) => match self.store.batch(first.account, first.seq) {
                // All of it or nothing: one batch speaks for the group.
                Ok(Some(batch)) if batch == first.batch => Ok(()),
                Ok(Some(_)) => Err(AppendError::Taken { index: 0, taken: Taken::Seq }),
                Ok(None) => Err(AppendError::Failed(lost)),
                Err(error) => Err(AppendError::Unknown(error)),
            },
            written => written,
        }
    }

    /// One batch of a group did not fit: what it means for its item; the others are decided anew.
    fn settle_taken(&mut self, items: &mut [Item], group: &Group, index: usize, taken: Taken) {
        let Some(append) = group.appends.get(index) else { return };
        self.cache.remove(&append.account);
        let refused = match taken {
            Taken::Seq | Taken::Request => return,
            Taken::Call(call) => Refused::CallConflict { call },
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
            self.timer.set(state.account, state.deadline);
            self.cache.insert(state.account, Loaded { account: state.state, seq: state.seq });
        }
    }

    fn loaded(&mut self, account: AccountId) -> Result<&Loaded, StoreError> {
        Ok(match self.cache.entry(account) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(place) => place.insert(self.store.load(account)?),
        })
    }

    /// Performs what the accounts owe, each effect once at a time.
    fn look_after(&mut self, accounts: impl Iterator<Item = AccountId>) {
        let now = instant();
        for account in accounts.collect::<HashSet<_>>() {
            let Ok(loaded) = self.loaded(account) else {
                self.timer.again(account, now.checked_add(LONGEST_REST).unwrap_or(now));
                continue;
            };
            let owed: Vec<_> = effects(&loaded.account).collect();
            for effect in owed {
                let key = (account, name_of(&effect));
                let tries = match self.performing.get(&key) {
                    Some(Attempt::UnderWay { .. }) => continue,
                    Some(Attempt::Again { at, .. }) if *at > now => continue,
                    Some(Attempt::Again { tries, .. }) => *tries,
                    None => 0,
                };
                self.performing.insert(key, Attempt::UnderWay { tries });
                self.performers.perform(account, effect);
            }
        }
    }

    /// Once an hour the requests are forgotten that were remembered long enough (K6).
    fn forget_requests(&mut self, now: Timestamp) {
        let hour = 3_600_000_000;
        let last = self.forgotten_at.map_or(i64::MIN, Timestamp::as_micros);
        if now.as_micros().saturating_sub(hour) < last {
            return;
        }
        self.forgotten_at = Some(now);
        let before = now.as_micros().saturating_sub(self.options.retention.as_micros());
        if let Ok(before) = Timestamp::from_micros(before) {
            // It is tried again in an hour.
            drop(self.store.forget_requests(before));
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
