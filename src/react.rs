//! The rules that watch the state: each sees what a turn has made of it, and adds its events one at a time, until none
//! has anything more to say. Every event makes what called for it false, so this ends.

use crate::account::{Account, Opened, charges, closing, notices, top_up};
use crate::event::Event;
use crate::policy::Policy;
use crate::rejection::Rejection;
use crate::time::Timestamp;

/// The next event that the state calls for, if any.
pub(crate) fn react(account: &Account, policy: &Policy, now: Timestamp) -> Result<Option<Event>, Rejection> {
    let Some(opened) = account.opened() else { return Ok(None) };
    // H3, G1, J2: what is gone, what is no longer needed, and what closing leaves to do, before the balance is judged.
    let settled = lapse(opened)
        .or_else(|| charges::due_for_archive(opened, now))
        .or_else(|| closing::next_step(opened, policy, now));
    if settled.is_some() {
        return Ok(settled);
    }
    // E1, E3, E7; then I2.
    let charge = top_up::due_charge(opened, policy, now)?;
    Ok(charge.or_else(|| notices::due_notice(opened)))
}

/// What was given back to a grant that has ended is gone (H3).
fn lapse(opened: &Opened) -> Option<Event> {
    let lot = opened.lots.given_back_in_vain()?;
    Some(Event::GrantLapsed { grant: lot.issued.grant, amount: lot.left })
}
