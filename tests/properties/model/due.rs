//! What time alone changes (K3).

use super::charges::Way;
use super::reversals::RefundState;
use super::{Model, Step};

/// The kinds of changes that time alone makes, in the order of K3.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Due {
    HoldExpiry,
    LateWindow,
    GrantExpiry,
    GrantStart,
    CapReset,
    AskingWindow,
    RefundAskingWindow,
    ActionDeadline,
    Retry,
    BarEnd,
}

/// A change by time, kind, id: a number for refunds, else a text. There is one open charge, one wait and one deferral, so
/// these need no id.
type Change<'a> = (i64, Due, u64, &'a str);

impl Model {
    pub(super) fn is_due(&self, now: i64) -> bool {
        self.next_deadline().is_some_and(|deadline| deadline <= now)
    }

    /// The next change that time alone makes.
    pub(super) fn next_due(&self) -> Option<Change<'_>> {
        let mut all: Vec<Change> = Vec::new();
        for (id, call) in &self.open_calls {
            all.push((call.deadline, Due::HoldExpiry, 0, id));
        }
        for (id, call) in &self.expired_calls {
            all.push((call.late_until, Due::LateWindow, 0, id));
        }
        for grant in self.grants.values().filter(|grant| !grant.ended) {
            if let Some(expires_at) = grant.expires_at {
                all.push((expires_at, Due::GrantExpiry, 0, &grant.id));
            }
            if let Some(effective_at) = grant.effective_at.filter(|_| !grant.started) {
                all.push((effective_at, Due::GrantStart, 0, &grant.id));
            }
        }
        if let Some(deferral) = &self.top_up.deferred {
            all.push((deferral.until, Due::CapReset, 0, ""));
        }
        if let Some(charge) = self.open_charge.as_ref().filter(|charge| !charge.is_mismatched()) {
            match charge.way {
                Way::Asked => all.push((charge.ask_until, Due::AskingWindow, 0, "")),
                Way::ActionRequired { until } => all.push((until, Due::ActionDeadline, 0, "")),
                Way::LookedUp | Way::Cancelling => {}
            }
        }
        for refund in self.refunds.iter().filter(|refund| refund.state == RefundState::Asked) {
            all.push((refund.ask_until, Due::RefundAskingWindow, refund.number, ""));
        }
        if let Some(until) = self.top_up.wait_until {
            all.push((until, Due::Retry, 0, ""));
        }
        for bar in &self.bars {
            all.push((bar.until, Due::BarEnd, 0, &bar.fingerprint));
        }
        all.into_iter().min()
    }

    /// Makes every change that is due at or before `now`, each at its own instant.
    pub(super) fn make_due_changes(&mut self, step: &mut Step, now: i64) {
        while let Some((at, kind, number, id)) = self.next_due() {
            if at > now {
                break;
            }
            let id = id.to_owned();
            step.at = at;
            match kind {
                Due::HoldExpiry => self.expire_hold(step, &id),
                Due::LateWindow => self.forget_call(step, &id),
                Due::GrantExpiry => self.expire_grant(step, &id),
                Due::GrantStart => self.start_grant(step, &id),
                Due::CapReset => self.end_deferral(step),
                Due::AskingWindow => self.end_asking(step),
                Due::RefundAskingWindow => self.end_asking_refund(step, number),
                Due::ActionDeadline => self.begin_cancelling(step, "deadline"),
                Due::Retry => self.end_wait(step),
                Due::BarEnd => self.end_bar(step, &id),
            }
            // H3 and J2 do not wait for the tick that makes the change; what is asked is asked when it is told.
            step.at = now;
            self.lapse_given_back(step);
            self.complete_closing(step);
        }
    }
}
