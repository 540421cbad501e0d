//! What follows from charges that end without money, and how they come to be cancelled: F4, F5; and what a cap lets
//! be asked, or puts off: E7. Read from the rules' text; the machine is asked for its records only.

use prepaid::{
    Account, Action, Actor, Batch, CancelCause, Cap, ChargeKind, ChargeNumber, ChargePhase, Counting,
    Decline, EndedCharge, Event, IfNotTaken, OpenCharge, Outcome, PauseReason, Snapshot, StageTag, Timestamp,
    TopUpSettings,
};
use rust_decimal::Decimal;
use serde_json::{Value, json};

use super::{holds, items};
use crate::node::{Move, Node};
use crate::scenes::Scene;

pub fn check(scene: &Scene, here: &Node, chosen: &Move, batch: &Batch, there: &Node) -> Result<(), String> {
    for event in &batch.events {
        match event {
            Event::ChargeCancelling { charge, cause } => cancelling(here, chosen, batch, *charge, *cause)?,
            Event::ChargeFailed { charge, decline, .. } => {
                holds(!is_cancelled(here, batch), "F4: a charge that was cancelled fails")?;
                let pause = (*decline == Decline::Hard).then_some(PauseReason::HardDecline);
                failed(scene, here, batch, there, *charge, pause)?;
            }
            Event::ChargeAbandoned { charge, .. } => {
                let told = matches!(chosen.command.action, Action::ChargeCancelled { .. });
                holds(told || is_cancelled(here, batch), "F4: a charge is abandoned unasked")?;
                // Of an automatic charge it counts as a hard decline, of any other as none.
                let pause = is_automatic(here, *charge).then_some(PauseReason::ChargeAbandoned);
                failed(scene, here, batch, there, *charge, pause)?;
            }
            Event::TopUpDeferred { until, cap } => deferred(scene, there, batch.at, *until, *cap)?,
            _ => {}
        }
    }
    replaced(here, chosen, batch)
}

fn open_charge(here: &Node, number: ChargeNumber) -> Result<&OpenCharge, String> {
    let open = here.account.open_charge().filter(|open| open.number == number);
    open.ok_or_else(|| "E4: a charge ends, or is cancelled, that was not open".to_owned())
}

fn is_automatic(here: &Node, number: ChargeNumber) -> bool {
    open_charge(here, number).is_ok_and(|open| open.kind == ChargeKind::AutoTopUp)
}

/// F4: once action is required, and then at its deadline, by the owner, or by another method; by the operator always.
fn cancelling(
    here: &Node,
    chosen: &Move,
    batch: &Batch,
    number: ChargeNumber,
    cause: CancelCause,
) -> Result<(), String> {
    let required = match &open_charge(here, number)?.phase {
        ChargePhase::ActionRequired { until, .. } => Some(*until),
        _ => None,
    };
    let asked = matches!(chosen.command.action, Action::CancelCharge { .. });
    let operator = chosen.command.actor == Actor::Operator;
    let due = required.is_some_and(|until| until <= batch.at);
    let may_be = match cause {
        CancelCause::Deadline => due,
        CancelCause::Owner => asked && !operator && required.is_some() && !due,
        CancelCause::Operator => asked && operator && !due,
        CancelCause::MethodReplaced => links_another(here, chosen) && required.is_some() && !due,
    };
    holds(may_be, &format!("F4: a charge is cancelled, and not because of {cause:?}"))
}

/// F4: another method cancels a charge that requires action.
fn replaced(here: &Node, chosen: &Move, batch: &Batch) -> Result<(), String> {
    let phase = here.account.open_charge().map(|open| &open.phase);
    let waits = matches!(phase, Some(ChargePhase::ActionRequired { .. }));
    let linked = batch.events.iter().any(|event| matches!(event, Event::PaymentMethodLinked(_)));
    let missing = waits && linked && links_another(here, chosen) && !is_cancelled(here, batch);
    holds(!missing, "F4: another method leaves the charge that requires action")
}

/// Whether a command links a method that is told from the linked one by its fingerprint, or token.
fn links_another(here: &Node, chosen: &Move) -> bool {
    let Action::LinkPaymentMethod { token, fingerprint, .. } = &chosen.command.action else { return false };
    let linked = fingerprint.as_ref().map_or(token.as_str(), |fingerprint| fingerprint.as_str());
    current_method(&here.account).as_deref() != Some(linked)
}

/// Whether the open charge is abandoned if nothing was taken: its cancellation is owed, or was when another amount was
/// reported, by its phase or by an event of this batch.
fn is_cancelled(here: &Node, batch: &Batch) -> bool {
    let begins =
        |event: &Event| matches!(event, Event::ChargeCancelling { .. } | Event::ChargeSuperseded { .. });
    let phase = here.account.open_charge().map(|open| &open.phase);
    let owed = matches!(
        phase,
        Some(
            ChargePhase::Cancelling { .. }
                | ChargePhase::Unresolved { if_not_taken: IfNotTaken::IsAbandoned, .. }
        )
    );
    owed || batch.events.iter().any(begins)
}

/// F5: a wait, a pause or nothing, and a bar where the window is full; of a superseded charge nothing.
fn failed(
    scene: &Scene,
    here: &Node,
    batch: &Batch,
    there: &Node,
    number: ChargeNumber,
    pause: Option<PauseReason>,
) -> Result<(), String> {
    let open = open_charge(here, number)?;
    // An account on its way out asks nothing more: there is nothing to wait for, pause or bar (J2).
    if there.account.stage() >= StageTag::Closing {
        return Ok(());
    }
    let method = open.fingerprint.as_str();
    let (before, after) = (stored(&here.account), stored(&there.account));
    let stands = items(&after["charges"]["bars"]).iter();
    let bar = stands.filter(|bar| bar["fingerprint"] == method).map(|bar| &bar["until"]).next();
    let counts = open.counting == Counting::Counts;
    let full = fills_the_window(scene, &there.account, batch.at, method).filter(|_| counts);
    holds(bar == full.map(|until| json!(until)).as_ref(), "F5: another bar than its window makes")?;
    let (before, after) = (&before["top_up"]["recovery"], &after["top_up"]["recovery"]);
    let step = ["waiting", "due"].iter().find_map(|phase| before[phase]["step"].as_u64()).unwrap_or(0);
    let wait = scene.policy.numbers().retries.get(usize::try_from(step).unwrap());
    let wait = wait.map(|wait| batch.at.saturating_add(*wait));
    let concerns = counts && current_method(&there.account).as_deref() == Some(method);
    let expected = if !concerns || before.get("paused").is_some() {
        None
    } else if let Some(reason) = pause {
        Some(json!({"paused": {"reason": reason}}))
    } else if open.kind == ChargeKind::AutoTopUp {
        Some(match wait {
            Some(until) => json!({"waiting": {"step": step + 1, "until": until}}),
            None => json!({"paused": {"reason": PauseReason::RetriesExhausted}}),
        })
    } else {
        None
    };
    // A wait may have ended in the same step; else nothing has changed.
    let until: Option<Timestamp> = before["waiting"]["until"].as_str().map(|until| until.parse().unwrap());
    let ended = until.is_some_and(|until| until <= batch.at);
    let left = if ended { json!({"due": {"step": step}}) } else { before.clone() };
    let expected = expected.unwrap_or(left);
    holds(*after == expected, &format!("F5: {before} became {after}, not {expected}"))
}

fn stored(account: &Account) -> Value {
    let mut stored = serde_json::to_value(Snapshot::of(account)).unwrap();
    stored["account"]["opened"].take()
}

/// The fingerprint of the linked method, or its token where it has none.
fn current_method(account: &Account) -> Option<String> {
    let stored = stored(account);
    let stage = stored["stage"].as_object()?.values().next()?;
    let profile = stage.get("profile").unwrap_or(stage);
    let method = &profile["method"];
    method["fingerprint"].as_str().or(method["token"].as_str()).map(str::to_owned)
}

/// F5: when as many failures of a method as the policy's bound lie in its last window, until when they do.
fn fills_the_window(scene: &Scene, account: &Account, now: Timestamp, method: &str) -> Option<Timestamp> {
    let numbers = scene.policy.numbers();
    let failed = |charge: &&EndedCharge| {
        charge.fingerprint.as_str() == method
            && charge.counting == Counting::Counts
            && !matches!(charge.outcome, Outcome::Succeeded { .. })
    };
    let mut leave: Vec<Timestamp> = account
        .charges()
        .iter()
        .filter(failed)
        .map(|charge| charge.ended_at.saturating_add(numbers.failures_window))
        .collect();
    leave.sort();
    let latest = leave.iter().rev().nth(usize::from(numbers.failures_bound) - 1);
    latest.filter(|until| **until > now).copied()
}

/// E7: what automatic charges count in the window around an instant, told by how its text begins; not the open one.
fn counted(account: &Account, window: &str) -> (Decimal, usize) {
    let automatic = account.charges().iter().filter(|charge| charge.kind == ChargeKind::AutoTopUp);
    let within = automatic.filter(|charge| charge.requested_at.to_string().starts_with(window));
    within.fold((Decimal::ZERO, 0), |(sum, count), charge| match charge.outcome {
        Outcome::Succeeded { credited } => (sum + credited.to_decimal(), count + 1),
        Outcome::Failed {} | Outcome::Abandoned {} => (sum, count + 1),
    })
}

/// E7: what the month leaves of a wanted amount, in whole cents; none where that is less than the smallest charge.
pub fn cut(
    scene: &Scene,
    settings: &TopUpSettings,
    account: &Account,
    now: Timestamp,
    wanted: Decimal,
) -> Option<Decimal> {
    let Some(cap) = settings.monthly_cap else { return Some(wanted) };
    let (used, _) = counted(account, &now.to_string()[..7]);
    let left = (cap.to_decimal() - used).round_dp_with_strategy(2, rust_decimal::RoundingStrategy::ToZero);
    (left >= scene.policy.numbers().smallest_charge.to_decimal()).then(|| left.min(wanted))
}

/// E7: a charge is put off by a cap that leaves no room, to its next window.
fn deferred(scene: &Scene, there: &Node, at: Timestamp, until: Timestamp, cap: Cap) -> Result<(), String> {
    let settings = there.account.top_up_settings().unwrap();
    let (now, next) = (at.to_string(), until.to_string());
    let month = cut(scene, &settings, &there.account, at, Decimal::MAX);
    let full = match cap {
        Cap::Monthly => month.is_none(),
        // Where both stand in the way, the month is told, which ends later.
        Cap::Daily => {
            let (_, asked) = counted(&there.account, &now[..10]);
            settings.daily_count.is_some_and(|most| asked >= usize::from(most)) && month.is_some()
        }
    };
    holds(full, "E7: a charge is put off by a cap that has room")?;
    let length = match cap {
        Cap::Monthly => 7,
        Cap::Daily => 10,
    };
    let begins = if cap == Cap::Monthly { "-01T00:00:00Z" } else { "T00:00:00Z" };
    let before = Timestamp::from_micros(until.as_micros() - 1).unwrap().to_string();
    let is_next = next.ends_with(begins) && before[..length] == now[..length];
    holds(is_next, "E7: a charge is put off to another instant than its window's end")
}
