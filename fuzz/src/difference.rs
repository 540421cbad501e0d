//! Conservation by difference, for a life whose beginning is not known: what each event moves, against what it says.

use prepaid::{Account, Batch, Command, Event, Policy, Timestamp, evolve, step};
use rust_decimal::Decimal;

use crate::life::{changed, remark, tell};

/// One command to an account of unknown history, and what must hold after it. False if the account turns out to be
/// none that the machine could have made: `check` knows much of a state and cannot know all of its past.
pub(crate) fn stepped(account: &mut Account, policy: &Policy, command: &Command, now: Timestamp) -> bool {
    let before = account.clone();
    let answer = step(account, policy, command, now);
    tell(command, now, &answer);
    let Some(batch) = changed(&before, account, answer) else { return true };
    let folded = conserved(before, &batch);
    assert_eq!(&folded, account, "folding the batch gives another state (L2)");
    match account.check() {
        Ok(()) => true,
        Err(violation) => {
            assert!(!MONEY.contains(&violation.rule), "{violation} after {command:?}");
            remark(format_args!("no account's state: {violation}"));
            false
        }
    }
}

/// What no state may break that did not break it before.
const MONEY: [&str; 4] = ["M5", "H2", "D3", "E4"];

/// Folds a batch, and weighs every event of it (M5).
fn conserved(before: Account, batch: &Batch) -> Account {
    let mut account = before;
    for event in &batch.events {
        let was = account.clone();
        account = match evolve(account, batch.at, event) {
            Ok(account) => account,
            Err(error) => panic!("the machine's own event: {error}"),
        };
        let posted = account.balance().posted.to_decimal() - was.balance().posted.to_decimal();
        let held = account.balance().held.to_decimal() - was.balance().held.to_decimal();
        assert_eq!(posted, said(&was, &account, batch.at, event), "what {event:?} moves (M5)");
        assert_eq!(held, said_held(&was, event), "what {event:?} holds or frees (M5)");
    }
    account
}

/// What an event says it moves.
fn said(before: &Account, after: &Account, at: Timestamp, event: &Event) -> Decimal {
    match event {
        Event::ChargeSucceeded { charge, amount, .. } | Event::ChargeSucceededLate { charge, amount, .. } => {
            between(Decimal::ZERO, contributed(before, after, *charge), amount.to_decimal(), event)
        }
        Event::RefundRequested { charge, amount, .. }
        | Event::RefundRecorded { charge, amount, .. }
        | Event::DisputeOpened { charge, amount, .. } => {
            between(-amount.to_decimal(), contributed(before, after, *charge), Decimal::ZERO, event)
        }
        // What comes back is no more than went; how much depends on what else has gone back of the charge (G2).
        Event::RefundFailed { refund, .. } => {
            let known = before.refunds().iter().find(|known| known.number == *refund);
            let refund = known.expect("a refund that fails is known");
            between(
                Decimal::ZERO,
                contributed(before, after, refund.charge),
                refund.amount.to_decimal(),
                event,
            )
        }
        Event::RefundSucceeded { refund, .. } => {
            let known = before.refunds().iter().find(|known| known.number == *refund);
            let refund = known.expect("a refund that succeeds is known");
            // The same money under the same reference may have been recorded before: it leaves once (G3).
            between(
                Decimal::ZERO,
                contributed(before, after, refund.charge),
                refund.amount.to_decimal(),
                event,
            )
        }
        Event::DisputeClosed { dispute, .. } => {
            let known = before.disputes().iter().find(|known| known.dispute == *dispute);
            let dispute = known.expect("a dispute that is closed is known");
            between(
                Decimal::ZERO,
                contributed(before, after, dispute.charge),
                dispute.amount.to_decimal(),
                event,
            )
        }
        Event::CallCharged { amount, .. }
        | Event::CallSettled { amount, .. }
        | Event::CallSettledLate { amount, .. }
        | Event::GrantExpired { amount, .. }
        | Event::GrantLapsed { amount, .. }
        | Event::GrantVoided { amount, .. }
        | Event::CreditForfeited { amount } => -amount.to_decimal(),
        Event::DebtWrittenOff { amount, .. } => amount.to_decimal(),
        Event::GrantIssued(issued) if issued.effective_at.is_none_or(|start| start <= at) => {
            issued.amount.to_decimal()
        }
        Event::GrantStarted { grant } => {
            let waiting = before.waiting_grants().iter().find(|lot| lot.issued.grant == *grant);
            waiting.expect("a grant that starts was waiting").issued.amount.to_decimal()
        }
        _ => Decimal::ZERO,
    }
}

/// What an event says it holds, or frees.
fn said_held(before: &Account, event: &Event) -> Decimal {
    match event {
        Event::CallAuthorized { amount, .. } => amount.to_decimal(),
        Event::CallSettled { call, .. } | Event::CallReleased { call } | Event::CallExpired { call, .. } => {
            let open = before.open_calls().find(|open| open.call == *call);
            -open.expect("a call that ends was open").amount.to_decimal()
        }
        _ => Decimal::ZERO,
    }
}

/// By how much an event changes what a charge contributes.
fn contributed(before: &Account, after: &Account, charge: prepaid::ChargeNumber) -> Decimal {
    let of =
        |account: &Account| account.contribution(charge).map_or(Decimal::ZERO, prepaid::Amount::to_decimal);
    of(after) - of(before)
}

fn between(least: Decimal, moved: Decimal, most: Decimal, event: &Event) -> Decimal {
    assert!(least <= moved && moved <= most, "{event:?} moves {moved}: not from {least} to {most} (G2)");
    moved
}
