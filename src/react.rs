//! The rules that watch the state: each sees what a turn has made of it, once, and adds its events.

use crate::account::{Account, top_up};
use crate::event::Event;
use crate::policy::Policy;
use crate::rejection::Rejection;
use crate::time::Timestamp;

/// The one automatic charge that the new state calls for, if any (E1, E3).
pub(crate) fn react(account: &Account, policy: &Policy, now: Timestamp) -> Result<Option<Event>, Rejection> {
    match account {
        Account::Vacant => Ok(None),
        Account::Opened(opened) => top_up::due_charge(opened.get(), policy, now),
    }
}
