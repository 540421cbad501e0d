//! When time alone changes something next, and what (K3).

use prepaid::{ChargePhase, LotPhase, RefundPhase, Timestamp, TopUpOutlook, next_deadline};

use super::Seen;
use super::said::{Says, id, listed, time};

pub(super) fn say(seen: &Seen<'_>, says: &mut Says) {
    let Some(next) = next_deadline(seen.account) else {
        says.add("K3", "nothing changes by time alone");
        return;
    };
    let mut due: Vec<String> =
        deadlines(seen).into_iter().filter(|(at, _)| *at == next).map(|(_, what)| what).collect();
    if due.is_empty() {
        // The account tells a wait only while it stands in the way.
        due.push("a wait of the top-up, or a bar, ends".into());
    }
    says.add("K3", format!("next change by time alone: {}, {}", time(next), listed(&due)));
}

/// Everything that has an instant of its own, in the order of K3.
fn deadlines(seen: &Seen<'_>) -> Vec<(Timestamp, String)> {
    let account = seen.account;
    let mut all = Vec::new();
    all.extend(account.open_calls().map(|call| (call.deadline, format!("call {} expires", id(&call.call)))));
    let late = account.late_calls();
    all.extend(
        late.map(|call| (call.late_until, format!("call {} can no longer be settled", id(&call.call)))),
    );
    for lot in account.lots().iter().filter(|lot| lot.phase == LotPhase::Spendable) {
        all.extend(lot.issued.expires_at.map(|at| (at, format!("grant {} expires", id(&lot.issued.grant)))));
    }
    for lot in account.waiting_grants() {
        let starts = lot.issued.effective_at;
        all.extend(starts.map(|at| (at, format!("grant {} becomes credit", id(&lot.issued.grant)))));
    }
    if let Some(charge) = account.open_charge() {
        let number = charge.number;
        match &charge.phase {
            ChargePhase::Asking { until } => all.push((*until, format!("charge {number} is only looked up"))),
            ChargePhase::ActionRequired { until, .. } => {
                all.push((*until, format!("charge {number} is cancelled")));
            }
            ChargePhase::LookingUp {} | ChargePhase::Cancelling { .. } | ChargePhase::Unresolved { .. } => {}
        }
    }
    for refund in account.refunds() {
        if let RefundPhase::Asking { until } = refund.phase {
            all.push((until, format!("refund {} is only looked up", refund.number)));
        }
    }
    all.extend(wait(seen));
    all
}

/// What the top-up waits for, where a refusal would tell it (F6).
fn wait(seen: &Seen<'_>) -> Option<(Timestamp, String)> {
    match seen.account.top_up_outlook(seen.policy, seen.at) {
        TopUpOutlook::RetryAt { at } => Some((at, "the wait after a soft decline ends".into())),
        TopUpOutlook::BarredUntil { until } => Some((until, "the bar on the payment method ends".into())),
        TopUpOutlook::DeferredUntil { until, .. } => {
            Some((until, "the next window of the cap begins".into()))
        }
        TopUpOutlook::NotFunded
        | TopUpOutlook::Pending { .. }
        | TopUpOutlook::Off
        | TopUpOutlook::Paused { .. }
        | TopUpOutlook::ReversalPaused { .. }
        | TopUpOutlook::AboveThreshold
        | TopUpOutlook::Disputed
        | TopUpOutlook::Suspended
        | TopUpOutlook::TermsOutdated
        | TopUpOutlook::Closing
        | TopUpOutlook::OutOfRange
        | TopUpOutlook::Due => None,
    }
}
