//! When to look at which account again.

use std::cmp::Reverse;
use std::collections::{BTreeSet, BinaryHeap, HashMap};
use std::time::{Duration, Instant};

use prepaid::{AccountId, Timestamp};

/// Deadlines of accounts, by the clock, and second tries, by the time that has passed.
#[derive(Debug, Default)]
pub(crate) struct Timer {
    /// One an account: an account whose deadline moves to and fro leaves nothing behind.
    deadlines: BTreeSet<(Timestamp, AccountId)>,
    deadline_of: HashMap<AccountId, Timestamp>,
    retries: BinaryHeap<Reverse<(Instant, AccountId)>>,
}

impl Timer {
    /// The account's next deadline is this, or it has none.
    pub(crate) fn set(&mut self, account: AccountId, deadline: Option<Timestamp>) {
        let before = match deadline {
            Some(at) => self.deadline_of.insert(account, at),
            None => self.deadline_of.remove(&account),
        };
        if before == deadline {
            return;
        }
        if let Some(before) = before {
            self.deadlines.remove(&(before, account));
        }
        if let Some(at) = deadline {
            self.deadlines.insert((at, account));
        }
    }

    /// Look at the account again after a while.
    pub(crate) fn again(&mut self, account: AccountId, at: Instant) {
        self.retries.push(Reverse((at, account)));
    }

    /// The accounts whose deadline has come by `now`.
    pub(crate) fn due(&mut self, now: Timestamp, most: usize) -> Vec<AccountId> {
        let mut due = Vec::new();
        while let Some((at, account)) = self.deadlines.first().copied() {
            if at > now || due.len() >= most {
                break;
            }
            self.set(account, None);
            due.push(account);
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
    pub(crate) fn rest(&self, clock: Timestamp, now: Instant, longest: Duration) -> Duration {
        let deadline = self.deadlines.first().map(|(at, _)| {
            let micros = at.as_micros().saturating_sub(clock.as_micros()).max(0);
            Duration::from_micros(micros.unsigned_abs())
        });
        let retry = self.retries.peek().map(|Reverse((at, _))| at.saturating_duration_since(now));
        [deadline, retry].into_iter().flatten().fold(longest, Duration::min)
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

    use super::*;

    #[test]
    fn a_deadline_that_moves_to_and_fro_leaves_nothing_behind() {
        let [hour, year] = ["2025-01-01T01:00:00Z", "2026-01-01T00:00:00Z"].map(|at| at.parse().unwrap());
        let (mut timer, account) = (Timer::default(), AccountId(uuid::Uuid::from_u128(1)));
        for _ in 0..1_000 {
            timer.set(account, Some(year));
            timer.set(account, Some(hour));
            timer.set(account, None);
            timer.set(account, Some(year));
        }
        assert_eq!((timer.deadlines.len(), timer.deadline_of.len()), (1, 1));
        assert_eq!(timer.due(hour, 9), []);
        assert_eq!(timer.due(year, 9), [account]);
        assert_eq!((timer.deadlines.len(), timer.deadline_of.len()), (0, 0));
    }
}
