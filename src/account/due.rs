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

/// The kinds of changes that time alone makes, in the order in which K3 lists them.
#[derive(Clone, Copy)]
enum Kind {
    HoldExpiry,
    LateWindow,
    GrantExpiry,
    GrantStart,
    CapReset,
    Asking,
    RefundAsking,
    Action,
    Retry,
    BarEnd,
}

impl Opened {
    pub(crate) fn next_deadline(&self) -> Option<Timestamp> {
        self.deadlines().into_iter().filter_map(|(_, at)| at).min()
    }

    /// The earliest deadline of each kind, in the order of the kinds.
    fn deadlines(&self) -> [(Kind, Option<Timestamp>); 10] {
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
            (Kind::HoldExpiry, self.calls.open.front().map(|call| call.deadline)),
            (Kind::LateWindow, self.calls.late.front().map(|call| call.late_until)),
            (Kind::GrantExpiry, self.lots.next_expiry().map(|(at, _)| at)),
            (Kind::GrantStart, self.lots.next_start().map(|(at, _)| at)),
            (Kind::CapReset, self.top_up.deferral.map(|deferral| deferral.until)),
            (Kind::Asking, asking),
            (Kind::RefundAsking, self.reversals.next_asking_end().map(|(at, _)| at)),
            (Kind::Action, action),
            (Kind::Retry, retry),
            (Kind::BarEnd, self.charges.bars.first().map(|bar| bar.until)),
        ]
    }

    /// The first change that is due at `now`, in the order time, kind, id (K3); its durations count from its own
    /// instant, so that a late tick gives the same holds as ticks on time.
    pub(crate) fn due(&self, policy: &Policy, now: Timestamp) -> Option<Event> {
        let at = self.next_deadline().filter(|at| *at <= now)?;
        let (kind, _) = self.deadlines().into_iter().find(|(_, deadline)| *deadline == Some(at))?;
        let charge = self.charges.open.as_ref().map(|charge| charge.number);
        Some(match kind {
            Kind::HoldExpiry => {
                let call = self.calls.open.front()?.call;
                let late_until = at.saturating_add(policy.numbers().late_window);
                Event::CallExpired { call, late_until }
            }
            Kind::LateWindow => Event::CallForgotten { call: self.calls.late.front()?.call },
            Kind::GrantExpiry => {
                let (_, grant) = self.lots.next_expiry()?;
                Event::GrantExpired { grant, amount: self.lots.find(grant)?.left }
            }
            Kind::GrantStart => Event::GrantStarted { grant: self.lots.next_start()?.1 },
            Kind::CapReset => Event::TopUpCapReset {},
            Kind::Asking => Event::ChargeAskingEnded { charge: charge? },
            Kind::RefundAsking => Event::RefundAskingEnded { refund: self.reversals.next_asking_end()?.1 },
            Kind::Action => Event::ChargeCancelling { charge: charge?, cause: CancelCause::Deadline },
            Kind::Retry => Event::TopUpRetryDue {},
            Kind::BarEnd => {
                Event::MethodBarEnded { fingerprint: self.charges.bars.first()?.fingerprint.clone() }
            }
        })
    }
}
