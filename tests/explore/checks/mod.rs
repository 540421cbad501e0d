//! The rules, checked in every state and over every step. None of it asks the machine what it would do: states are
//! judged by their stored form, steps by their events, and the witness adds up the whole life.

mod by_the_book;
mod over_time;
mod recovery;
mod stepping;

use prepaid::{Account, Batch, LotPhase, Rejection, Snapshot};
use serde_json::Value;

use crate::node::{Move, Node};
use crate::scenes::Scene;
use crate::witness::nothing_left_due;

pub use over_time::late;

/// Over a step. What has changed, if it has.
pub fn step(
    scene: &Scene,
    here: &Node,
    chosen: &Move,
    answer: &Result<Batch, Rejection>,
    account: Account,
) -> Result<Option<Node>, String> {
    let batch = match answer {
        Err(Rejection::Defect { event }) => return Err(format!("a defect, in {event}")),
        Ok(batch) if !batch.events.is_empty() => batch,
        Ok(_) | Err(_) => {
            holds(account == here.account, "L3: refused or empty, and the account has changed")?;
            return Ok(None);
        }
    };
    over_time::laws(scene, here, chosen, batch, &account)?;
    let there = here.follow(&scene.policy, batch, account)?;
    there.witness.agrees(&scene.policy, &there.account)?;
    nothing_left_due(&scene.policy, &there.account, batch)?;
    stepping::check(scene, here, chosen, batch, &there)?;
    recovery::check(scene, here, chosen, batch, &there)?;
    Ok(Some(there))
}

/// In a state, the one of this number.
pub fn state(scene: &Scene, here: &Node, id: usize) -> Result<(), String> {
    let Some(settings) = here.account.top_up_settings() else { return Ok(()) };
    let stored = serde_json::to_value(Snapshot::of(&here.account)).unwrap();
    let opened = &stored["account"]["opened"];
    by_the_book::settings(&scene.policy, &settings)?;
    holds(
        by_the_book::top_up_blocked(&scene.policy, here.now, opened).is_some()
            || here.account.open_charge().is_some()
            || here.account.balance().posted > prepaid::Balance::from(settings.threshold),
        "E3: a top-up is left due",
    )?;
    over_time::deadline(here, opened)?;
    over_time::tick_is_empty(scene, here)?;
    by_the_book::effects(&here.account, opened)?;
    lots(here)?;
    calls(scene, here)?;
    if id % READ_BACK != 0 {
        return Ok(());
    }
    let read: Snapshot = serde_json::from_value(stored).map_err(|fault| format!("K4: {fault}"))?;
    holds(read.into_account() == here.account, "K4: the stored form is read as another account")
}

/// Of so many states one is read back from its stored form.
const READ_BACK: usize = 16;

/// H3: of a grant that has expired nothing is spendable.
fn lots(here: &Node) -> Result<(), String> {
    for lot in here.account.lots() {
        let expired = lot.issued.expires_at.is_some_and(|at| at <= here.now);
        holds(!expired || lot.phase == LotPhase::Ended, "H3: a grant is spendable past its expiry")?;
        holds(
            lot.phase != LotPhase::Ended || lot.left.is_zero(),
            "H3: credit is left in a grant that ended",
        )?;
    }
    Ok(())
}

/// D2: places in flight. D5: an id is open or late, not both, and once.
fn calls(scene: &Scene, here: &Node) -> Result<(), String> {
    let taken: u32 = here.account.open_calls().map(|call| u32::from(call.units)).sum();
    holds(taken <= u32::from(scene.policy.numbers().places_in_flight), "D2: too many places are taken")?;
    let open = here.account.open_calls().map(|call| call.call);
    let mut ids: Vec<_> = open.chain(here.account.late_calls().map(|call| call.call)).collect();
    let known = ids.len();
    ids.sort();
    ids.dedup();
    holds(ids.len() == known, "D5: a call is known twice")
}

pub fn holds(it_does: bool, otherwise: &str) -> Result<(), String> {
    if it_does { Ok(()) } else { Err(otherwise.to_owned()) }
}

/// The items of a list that may be left out.
fn items(list: &Value) -> &[Value] {
    list.as_array().map_or(&[], Vec::as_slice)
}
