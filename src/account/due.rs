//! What time alone changes: the next deadline, and the changes that are due (K3).

use super::caps::Deferral;
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
    fn deadlines(&self) -> [Option<Timestamp>; 10] {
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
        let at = |(at, _)| at;
        [
            self.calls.open.front().map(|call| call.deadline),
            self.calls.late.front().map(|call| call.late_until),
            self.lots.next_expiry().map(at),
            self.lots.next_start().map(at),
            self.top_up.deferral.map(|Deferral { until, .. }| until),
            asking,
            self.reversals.next_asking_end().map(|(at, _)| at),
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
        let charge = self.charges.open.as_ref().map(|charge| charge.number);
        match deadlines.iter().position(|deadline| *deadline == Some(at))? {
            0 => {
                let call = self.calls.open.front()?.call;
                let late_until = at.saturating_add(policy.numbers().late_window);
                Some(Event::CallExpired { call, late_until })
            }
            1 => Some(Event::CallForgotten { call: self.calls.late.front()?.call }),
            2 => {
                let (_, grant) = self.lots.next_expiry()?;
                Some(Event::GrantExpired { grant, amount: self.lots.find(grant)?.left })
            }
            3 => Some(Event::GrantStarted { grant: self.lots.next_start()?.1 }),
            4 => Some(Event::TopUpCapReset {}),
            5 => Some(Event::ChargeAskingEnded { charge: charge? }),
            6 => Some(Event::RefundAskingEnded { refund: self.reversals.next_asking_end()?.1 }),
            7 => Some(Event::ChargeCancelling { charge: charge?, cause: CancelCause::Deadline }),
            8 => Some(Event::TopUpRetryDue {}),
            _ => {
                let fingerprint = self.charges.bars.first()?.fingerprint.clone();
                Some(Event::MethodBarEnded { fingerprint })
            }
        }
    }
}
