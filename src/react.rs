//! The rules that watch the state: one after another, each sees what a turn and the rules before it have made of it, and
//! adds its events until it finds nothing more. Every event makes what called for it false, so this ends.

use crate::account::{Opened, charges, closing, notices, top_up};
use crate::event::Event;
use crate::policy::Policy;
use crate::time::Timestamp;

/// The next event that a rule asks for, if any.
pub(crate) type Rule = fn(&Opened, &Policy, Timestamp) -> Option<Event>;

/// What is gone, what is no longer needed and what closing leaves to do come before the balance is judged: H3, G1, J2;
/// then E1 with E7; then I2.
pub(crate) const RULES: [Rule; 5] =
    [LAPSE, charges::due_for_archive, CLOSE, top_up::due_charge, |opened, _, _| notices::due_notice(opened)];

/// What a change that was due brings about at its own instant, before the next one is made (K3).
pub(crate) const AT_ONCE: [Rule; 2] = [LAPSE, CLOSE];

const LAPSE: Rule = |opened, _, _| lapse(opened);
const CLOSE: Rule = closing::next_step;

/// What was given back to a grant that has ended is gone (H3).
fn lapse(opened: &Opened) -> Option<Event> {
    let lot = opened.lots.given_back_in_vain()?;
    Some(Event::GrantLapsed { grant: lot.issued.grant, amount: lot.left })
}
