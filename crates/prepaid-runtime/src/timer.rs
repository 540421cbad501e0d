//! When to look at which account again.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap};
use std::time::{Duration, Instant};

use prepaid::{AccountId, Timestamp};

/// Deadlines of accounts, by the clock, and second tries, by the time that has passed.
#[derive(Debug, Default)]
pub(crate) struct Timer {
    deadlines: BinaryHeap<Reverse<(Timestamp, AccountId)>>,
    /// The deadline that counts: others of the account in the heap are stale.
    latest: HashMap<AccountId, Timestamp>,
    retries: BinaryHeap<Reverse<(Instant, AccountId)>>,
}

impl Timer {
    /// The account's next deadline is this, or it has none.
    pub(crate) fn set(&mut self, account: AccountId, deadline: Option<Timestamp>) {
        match deadline {
            None => drop(self.latest.remove(&account)),
            Some(at) if self.latest.get(&account) == Some(&at) => {}
            Some(at) => {
                self.latest.insert(account, at);
                self.deadlines.push(Reverse((at, account)));
            }
        }
    }

    /// Look at the account again after a while.
    pub(crate) fn again(&mut self, account: AccountId, at: Instant) {
        self.retries.push(Reverse((at, account)));
    }

    /// The accounts whose deadline has come by `now`.
    pub(crate) fn due(&mut self, now: Timestamp, most: usize) -> Vec<AccountId> {
        let mut due = Vec::new();
        while let Some(Reverse((at, account))) = self.deadlines.peek().copied() {
            if at > now || due.len() >= most {
                break;
            }
            self.deadlines.pop();
            if self.latest.get(&account) == Some(&at) {
                self.latest.remove(&account);
                due.push(account);
            }
        }
        due
    }

    /// The accounts to look at again by `now`.
    pub(crate) fn retries(&mut self, now: Instant, most: usize) -> Vec<AccountId> {
        let mut due = Vec::new();
        while let Some(Reverse((at, account))) = self.retries.peek().copied() {
            if at > now || due.len() >= most {
                break;
            }
            self.retries.pop();
            if !due.contains(&account) {
                due.push(account);
            }
        }
        due
    }

    /// How long nothing of this is due, at most `longest`.
    pub(crate) fn rest(&self, clock: Option<Timestamp>, now: Instant, longest: Duration) -> Duration {
        let deadline = self.deadlines.peek().zip(clock).map(|(Reverse((at, _)), clock)| {
            let micros = at.as_micros().saturating_sub(clock.as_micros()).max(0);
            Duration::from_micros(micros.unsigned_abs())
        });
        let retry = self.retries.peek().map(|Reverse((at, _))| at.saturating_duration_since(now));
        [deadline, retry].into_iter().flatten().fold(longest, Duration::min)
    }
}
