//! Time and determinism: K2 to K4 and the laws L1, L2, L4 and L5.

use prepaid::{Account, Batch, Timestamp, decide, evolve, next_deadline};
use serde_json::Value;

use super::{holds, items};
use crate::node::{Move, Node};
use crate::scenes::Scene;

/// K2, L1, L2 over a step that changed something.
pub fn laws(
    scene: &Scene,
    here: &Node,
    chosen: &Move,
    batch: &Batch,
    account: &Account,
) -> Result<(), String> {
    let at = here.account.last_instant().map_or(chosen.at, |last| last.max(chosen.at));
    holds(batch.at == at, "K2: the batch has another time")?;
    let decided = decide(&here.account, &scene.policy, &chosen.command, chosen.at);
    holds(decided.as_ref() == Ok(batch), "L1: decide gives another batch")?;
    let mut folded = here.account.clone();
    for event in &batch.events {
        folded = evolve(folded, batch.at, event).map_err(|fault| format!("L2: {fault}"))?;
    }
    holds(folded == *account, "L2: the events give another account")
}

/// K3: the next deadline is the earliest instant that the stored form names, and lies ahead.
pub fn deadline(here: &Node, opened: &Value) -> Result<(), String> {
    let next = next_deadline(&here.account);
    holds(next.is_none_or(|at| at > here.now), "K3: a deadline has passed")?;
    let (charge, top_up) = (&opened["charges"]["open"]["phase"], &opened["top_up"]);
    let refunds = items(&opened["reversals"]["refunds"]).iter();
    let ends = items(&opened["lots"]["started"]).iter().chain(items(&opened["lots"]["waiting"]));
    let instants = [
        &charge["asking"]["until"],
        &charge["action_required"]["until"],
        &top_up["recovery"]["waiting"]["until"],
        &top_up["deferral"]["until"],
    ]
    .into_iter()
    .chain(items(&opened["calls"]["open"]).iter().map(|call| &call["deadline"]))
    .chain(items(&opened["calls"]["late"]).iter().map(|call| &call["late_until"]))
    .chain(refunds.map(|refund| &refund["phase"]["asking"]["until"]))
    .chain(items(&opened["lots"]["waiting"]).iter().map(|lot| &lot["issued"]["effective_at"]))
    .chain(ends.filter(|lot| lot["phase"] != "ended").map(|lot| &lot["issued"]["expires_at"]))
    .chain(items(&opened["charges"]["bars"]).iter().map(|bar| &bar["until"]));
    let named = instants.filter_map(Value::as_str).map(|text| text.parse::<Timestamp>().unwrap()).min();
    holds(next == named, &format!("K3: the next deadline is {next:?}, the stored form names {named:?}"))
}

/// L5: a tick right after a step is empty.
pub fn tick_is_empty(scene: &Scene, here: &Node) -> Result<(), String> {
    if here.now == scene.begins {
        return Ok(()); // the scene's policy is new, and no step was judged under it yet
    }
    let tick = prepaid::Action::Tick {}.by(prepaid::Actor::Clock);
    let ticked = decide(&here.account, &scene.policy, &tick, here.now);
    holds(ticked.is_ok_and(|batch| batch.events.is_empty()), "L5: a tick right after a step does something")
}

/// L4, with a command that comes when something is due, and K2, with one that comes from the past.
pub fn late(scene: &Scene, here: &Node, chosen: &Move) -> Result<(), String> {
    if here.account.last_instant().is_none() {
        return Ok(()); // nothing has happened to a vacant account yet
    }
    let hour = 3_600_000_000;
    let earlier = Timestamp::from_micros(here.now.as_micros() - hour).unwrap();
    let now = decide(&here.account, &scene.policy, &chosen.command, here.now);
    let before = decide(&here.account, &scene.policy, &chosen.command, earlier);
    holds(now == before, "K2: the past gives another answer than the present")?;
    let Some(tick) = here.tick() else { return Ok(()) };
    let (ticked, account) = here.ask(&scene.policy, &tick);
    let ticked = ticked.map_err(|refusal| format!("K3: a tick is refused: {refusal}"))?;
    holds(!ticked.events.is_empty(), "K3: nothing is due at the next deadline")?;
    let late = Move { command: chosen.command.clone(), at: tick.at };
    let (at_once, after) = here.ask(&scene.policy, &late);
    let (then, afterwards) = Node { account: account.clone(), ..here.clone() }.ask(&scene.policy, &late);
    let same = match (&at_once, &then) {
        (Ok(whole), Ok(rest)) => {
            whole.events.iter().eq(ticked.events.iter().chain(&rest.events)) && after == afterwards
        }
        (Err(one), Err(other)) => one == other && after == here.account,
        (Ok(_), Err(_)) | (Err(_), Ok(_)) => false,
    };
    holds(same, "L4: a late command is not a tick and the command")?;
    late_tick(scene, here, &ticked, &account)
}

/// K3: one tick past two deadlines leaves the credit, the lots, the holds and the late calls that two ticks on time do.
fn late_tick(scene: &Scene, here: &Node, first: &Batch, account: &Account) -> Result<(), String> {
    let on_time = Node { account: account.clone(), now: first.at, ..here.clone() };
    let Some(second) = on_time.tick() else { return Ok(()) };
    let (_, twice) = on_time.ask(&scene.policy, &second);
    let (_, once) = here.ask(&scene.policy, &second);
    let same = once.balance() == twice.balance()
        && once.lots() == twice.lots()
        && once.waiting_grants() == twice.waiting_grants()
        && once.open_calls().eq(twice.open_calls())
        && once.late_calls().eq(twice.late_calls());
    holds(same, "K3: a late tick leaves other credit, lots or holds than ticks on time")
}
