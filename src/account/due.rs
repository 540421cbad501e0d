//! What time alone changes: the next deadline, and the changes that are due (K3).

use super::charges::ChargePhase;
use super::recovery::Recovery;
use super::{Account, Opened};
use crate::event::{CancelCause, Event};
use crate::policy::Policy;
use crate::time::Timestamp;

/// The earliest instant at which time alone changes something (K3). Tick then, or later.
///
/// ```
/// use prepaid::{Account, next_deadline};
/// assert_eq!(next_deadline(&Account::Vacant), None);
/// ```
#[must_use]
pub fn next_deadline(account: &Account) -> Option<Timestamp> {
    account.opened().and_then(Opened::next_deadline)
}

impl Opened {
    pub(crate) fn next_deadline(&self) -> Option<Timestamp> {
        self.deadlines().into_iter().flatten().min()
    }

    /// The earliest deadline of each kind, in the order in which K3 lists the kinds.
    fn deadlines(&self) -> [Option<Timestamp>; 6] {
        let (asking, action) = match self.charges.open.as_ref().map(|charge| &charge.phase) {
            Some(ChargePhase::Asking { until }) => (Some(*until), None),
            Some(ChargePhase::ActionRequired { until, .. }) => (None, Some(*until)),
            Some(
                ChargePhase::LookingUp {} | ChargePhase::Cancelling { .. } | ChargePhase::Unresolved { .. },
            )
            | None => (None, None),
        };
        let retry = match self.top_up.recovery {
            Recovery::Waiting { until, .. } => Some(until),
            Recovery::Clear {} | Recovery::Due { .. } | Recovery::Paused { .. } => None,
        };
        [
            self.calls.open.front().map(|call| call.deadline),
            self.calls.late.front().map(|call| call.late_until),
            asking,
            action,
            retry,
            self.charges.bars.first().map(|bar| bar.until),
        ]
    }

    /// The first change that is due at `now`, in the order time, kind, id (K3); its durations count from its own
    /// instant, so that a late tick gives the same holds as ticks on time.
    pub(crate) fn due(&self, policy: &Policy, now: Timestamp) -> Option<Event> {
        let deadlines = self.deadlines();
        let at = deadlines.iter().flatten().min().copied().filter(|at| *at <= now)?;
        let is_due = |deadline: Option<Timestamp>| deadline == Some(at);
        let [hold, late, asking, action, retry, bar] = deadlines;
        let charge = self.charges.open.as_ref().map(|charge| charge.number);
        if is_due(hold) {
            let call = self.calls.open.front()?.call;
            let late_until = at.saturating_add(policy.numbers().late_window);
            return Some(Event::CallExpired { call, late_until });
        }
        if is_due(late) {
            return Some(Event::CallForgotten { call: self.calls.late.front()?.call });
        }
        if is_due(asking) {
            return Some(Event::ChargeAskingEnded { charge: charge? });
        }
        if is_due(action) {
            return Some(Event::ChargeCancelling { charge: charge?, cause: CancelCause::Deadline });
        }
        if is_due(retry) {
            return Some(Event::TopUpRetryDue {});
        }
        if is_due(bar) {
            let fingerprint = self.charges.bars.first()?.fingerprint.clone();
            return Some(Event::MethodBarEnded { fingerprint });
        }
        None
    }
}
