//! What the events of one step may be: D2, D3, D8, E1, E2, E6, F1 to F3, G4, H2.

use prepaid::{
    Account, Action, Balance, Batch, ChargeKind, ChargeRequested, Event, Outcome, Standing, TopUpSettings,
};
use rust_decimal::{Decimal, RoundingStrategy};

use super::{by_the_book, holds, recovery};
use crate::node::{Move, Node};
use crate::scenes::Scene;

pub fn check(scene: &Scene, here: &Node, chosen: &Move, batch: &Batch, there: &Node) -> Result<(), String> {
    for event in &batch.events {
        match event {
            Event::ChargeRequested(asked) if asked.kind == ChargeKind::AutoTopUp => {
                top_up(scene, asked, batch, there)?;
            }
            Event::ChargeFailed { charge, .. } | Event::ChargeAbandoned { charge, .. } => {
                let ended = here.account.charge(*charge).map(|charge| charge.outcome);
                holds(!matches!(ended, Some(Outcome::Succeeded { .. })), "F1: a success is not final")?;
            }
            Event::ChargeSucceeded { charge, amount, .. }
            | Event::ChargeSucceededLate { charge, amount, .. } => {
                let open = here.account.open_charge().filter(|open| open.number == *charge);
                let asked =
                    open.map(|open| open.amount).or(here.account.charge(*charge).map(|ended| ended.amount));
                let resolved = matches!(chosen.command.action, Action::ResolveCharge { .. });
                holds(resolved || asked == Some(*amount), "F2: credited is not what was asked")?;
            }
            Event::CallAuthorized { amount, .. } | Event::CallCharged { amount, .. } => {
                let spoken = serde_json::to_value(&chosen.command).unwrap();
                let price = &spoken["command"]["quote"]["amount"];
                holds(
                    *price == amount.to_string().as_str(),
                    "D3: another price is held or billed than quoted",
                )?;
                admitted(&here.account, amount.is_zero(), there.account.balance().available)?;
            }
            _ => {}
        }
    }
    unchanged(here, there)?;
    switched(here, chosen, there)?;
    if let [Event::CallCharged { amount, .. }] = batch.events.iter().collect::<Vec<_>>()[..] {
        burned(&here.account, amount.to_decimal(), &there.account)?;
    }
    Ok(())
}

/// D2, D3, D8: what is admitted is admitted to a sound account, and leaves it so.
fn admitted(before: &Account, free: bool, available: Balance) -> Result<(), String> {
    holds(matches!(before.standing(), Some(Standing::Good {})), "D2: a call is admitted while suspended")?;
    holds(!before.balance().posted.is_debt(), "D9: a call is admitted beside a debt")?;
    holds(free || !available.is_debt(), "D8: an admission makes `available` negative")
}

/// E1, E2, E4, G4: an automatic charge is asked when it may be, of what is missing, and not by a reversal.
fn top_up(scene: &Scene, asked: &ChargeRequested, batch: &Batch, there: &Node) -> Result<(), String> {
    let stored = serde_json::to_value(&there.account).unwrap();
    if let Some(why) = by_the_book::top_up_blocked(&scene.policy, there.now, &stored["opened"]) {
        return Err(format!("E1: a top-up is asked although {why}"));
    }
    let settings = there.account.top_up_settings().unwrap();
    let posted = there.account.balance().posted.to_decimal();
    holds(posted <= settings.threshold.to_decimal(), "E1: a top-up is asked above the threshold")?;
    let amount = asked.amount.to_decimal();
    let whole = gap(scene, &settings, posted);
    let within = recovery::cut(scene, &settings, &there.account, there.now, whole);
    holds(Some(amount) == within, &format!("E2, E7: {amount} is asked instead of {whole} or {within:?}"))?;
    let reversal = |event: &&Event| {
        matches!(
            event,
            Event::RefundRequested { .. } | Event::RefundRecorded { .. } | Event::DisputeOpened { .. }
        )
    };
    holds(!batch.events.iter().any(|event| reversal(&event)), "G4: a reversal fires a top-up")
}

/// E2: what is missing to the target, rounded up to cents, or the smallest charge.
fn gap(scene: &Scene, settings: &TopUpSettings, posted: Decimal) -> Decimal {
    let missing = settings.target.to_decimal() - posted;
    let up = missing.round_dp_with_strategy(2, RoundingStrategy::ToPositiveInfinity);
    up.max(scene.policy.numbers().smallest_charge.to_decimal())
}

/// F3, K5: amount, method and time of an open charge are fixed when it is requested.
fn unchanged(here: &Node, there: &Node) -> Result<(), String> {
    let (Some(before), Some(after)) = (here.account.open_charge(), there.account.open_charge()) else {
        return Ok(());
    };
    let same = before.number != after.number
        || (before.amount == after.amount
            && before.token == after.token
            && before.fingerprint == after.fingerprint
            && before.requested_at == after.requested_at
            && before.kind == after.kind);
    holds(same, "F3: an open charge has changed what it asks")
}

/// E6: nothing but an explicit command switches the top-up on.
fn switched(here: &Node, chosen: &Move, there: &Node) -> Result<(), String> {
    let on = |node: &Node| node.account.top_up_settings().map(|settings| settings.enabled);
    let explicit = matches!(chosen.command.action, Action::SetTopUp { .. } | Action::Open { .. });
    holds(explicit || on(here) == on(there), "E6: the top-up is switched without a command")
}

/// H2: a one-step call draws on the unheld lots in burn order: priority, expiry, granted before purchased, time, id.
fn burned(before: &Account, amount: Decimal, after: &Account) -> Result<(), String> {
    let mut lots: Vec<_> = before
        .lots()
        .iter()
        .filter(|lot| lot.phase == prepaid::LotPhase::Spendable)
        .map(|lot| {
            let never = prepaid::Timestamp::MAX;
            let expiry = lot.issued.expires_at.unwrap_or(never);
            ((lot.issued.priority, expiry, 0, lot.issued_at, Some(lot.issued.grant)), lot.left.to_decimal())
        })
        .collect();
    let purchased = before.purchased().to_decimal();
    lots.push(((0, prepaid::Timestamp::MAX, 1, prepaid::Timestamp::MAX, None), purchased));
    lots.sort();
    let mut rest = amount;
    for ((.., grant), left) in lots {
        let drawn = rest.min(left.max(Decimal::ZERO));
        rest -= drawn;
        let now = match grant {
            None => after.purchased().to_decimal(),
            Some(grant) => after
                .lots()
                .iter()
                .find(|lot| lot.issued.grant == grant)
                .map_or(Decimal::ZERO, |lot| lot.left.to_decimal()),
        };
        holds(now == left - drawn, &format!("H2: {grant:?} had {left} and has {now}, {amount} were spent"))?;
    }
    holds(rest.is_zero(), "H2: spent from nowhere")
}
