//! Which effects are being performed, and which are to be performed again, and when.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use prepaid::AccountId;

/// The attempts at the effects of accounts, each effect by its name.
#[derive(Debug, Default)]
pub(crate) struct Attempts {
    of: HashMap<AccountId, HashMap<String, Attempt>>,
    under_way: usize,
}

#[derive(Debug, Clone, Copy)]
enum Attempt {
    UnderWay { tries: u32 },
    Again { at: Instant, tries: u32 },
}

impl Attempts {
    pub(crate) const fn is_any_under_way(&self) -> bool {
        self.under_way > 0
    }

    /// Begins one, unless it is under way already or waits for its time.
    pub(crate) fn begin(&mut self, account: AccountId, name: String, now: Instant) -> bool {
        let attempts = self.of.entry(account).or_default();
        let tries = match attempts.get(&name) {
            Some(Attempt::UnderWay { .. }) => return false,
            Some(Attempt::Again { at, .. }) if *at > now => return false,
            Some(Attempt::Again { tries, .. }) => *tries,
            None => 0,
        };
        attempts.insert(name, Attempt::UnderWay { tries });
        self.under_way = self.under_way.saturating_add(1);
        true
    }

    /// One has ended, whatever came of it: while the effect is owed, it waits; each time twice as long, from `first` to
    /// `longest`. Gives the instant of the next.
    pub(crate) fn end(
        &mut self,
        account: AccountId,
        name: String,
        now: Instant,
        first: Duration,
        longest: Duration,
    ) -> Instant {
        let attempts = self.of.entry(account).or_default();
        let tries = match attempts.get(&name) {
            Some(Attempt::UnderWay { tries }) => {
                self.under_way = self.under_way.saturating_sub(1);
                tries.saturating_add(1)
            }
            Some(Attempt::Again { tries, .. }) => *tries,
            None => 1,
        };
        let factor = 2_u32.saturating_pow(tries.saturating_sub(1).min(16));
        let at = now.checked_add(first.saturating_mul(factor).min(longest)).unwrap_or(now);
        attempts.insert(name, Attempt::Again { at, tries });
        at
    }

    /// Forgets the attempts at what is no longer owed.
    pub(crate) fn keep(&mut self, account: AccountId, is_owed: impl Fn(&str) -> bool) {
        if let Some(attempts) = self.of.get_mut(&account) {
            attempts.retain(|name, attempt| {
                matches!(attempt, Attempt::UnderWay { .. }) || is_owed(name.as_str())
            });
            if attempts.is_empty() {
                self.of.remove(&account);
            }
        }
    }
}
