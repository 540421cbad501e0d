//! Bounded response: from every state a short way leads back to an account that works, or to one that is closed.

use prepaid::{
    Account, Action, Actor, Amount, CallId, Command, DisputeOutcome, DisputePhase, KeyState, Quote, StageTag,
    decide,
};

use crate::alphabet::{accept, choose_use, create_key, link, open, other_method, text};
use crate::node::{Move, Node};
use crate::scenes::Scene;

/// What a short way leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cure {
    Works,
    Ended,
}

/// No way may be longer.
const LONGEST: usize = 12;

/// The way from a state to an account that works, or else to a closed one, and its length.
pub fn cure(scene: &Scene, from: &Node) -> Result<(Cure, usize), String> {
    if let Some(steps) = way(scene, from, works, mend) {
        return Ok((Cure::Works, steps));
    }
    if let Some(steps) = way(scene, from, |_, node| node.account.stage() == StageTag::Closed, end) {
        return Ok((Cure::Ended, steps));
    }
    Err(format!("no short way back to work, and none to an end: {:?}", from.account))
}

fn way(
    scene: &Scene,
    from: &Node,
    reached: fn(&Scene, &Node) -> bool,
    tries: fn(&Account) -> Vec<Command>,
) -> Option<usize> {
    let mut node = from.clone();
    for steps in 0..=LONGEST {
        if reached(scene, &node) {
            return Some(steps);
        }
        // People try one thing after another until something happens.
        let next = tries(&node.account).into_iter().find_map(|command| {
            let (answer, account) = node.ask(&scene.policy, &Move { command, at: node.now });
            answer.ok().filter(|batch| !batch.events.is_empty()).map(|_| account)
        });
        node.account = next?;
    }
    None
}

/// It would admit a call of one dollar.
fn works(scene: &Scene, node: &Node) -> bool {
    let Some(key) = working_key(&node.account) else { return false };
    let quote = Quote::agreed("1".parse().unwrap(), scene.policy.numbers().currency, text("agreed"));
    let call = Action::ChargeCall { call: CallId(uuid::Uuid::from_u128(99)), key: key.id, quote };
    decide(&node.account, &scene.policy, &call.by(Actor::Gateway), node.now).is_ok()
}

fn working_key(account: &Account) -> Option<&prepaid::Key> {
    let working = |key: &&prepaid::Key| matches!(key.state, KeyState::Active {}) && key.expires_at.is_none();
    account.keys().iter().find(working)
}

/// What owner and operator try, in this order, to have an account work again.
fn mend(account: &Account) -> Vec<Command> {
    let mut tries = match account.stage() {
        StageTag::Vacant => return vec![open().by(Actor::Owner)],
        StageTag::Registered => return vec![accept("TOS_2024_04_20"), accept("TOS_2025_06_01")],
        StageTag::Agreed => return vec![choose_use()],
        StageTag::Described => return vec![link(1)],
        StageTag::Closing | StageTag::Closed => return Vec::new(),
        StageTag::Linked | StageTag::Funding | StageTag::Active => Vec::new(),
    };
    tries.push(Action::Resume {}.by(Actor::Operator));
    tries.extend(resolved(account, |open| open.amount));
    tries.extend([accept("TOS_2024_04_20"), accept("TOS_2025_06_01")]);
    tries.extend(account.open_calls().map(|open| Action::ReleaseCall { call: open.call }.by(Actor::Gateway)));
    tries.extend(written_off(account));
    if working_key(account).is_none() {
        tries.extend((1..=3).map(create_key));
    }
    tries.push(Action::LimitSpending { limit: None }.by(Actor::Owner));
    tries.extend(
        account.keys().iter().map(|key| Action::LimitKey { key: key.id, limit: None }.by(Actor::Owner)),
    );
    if account.balance().available.credit() < "1".parse().unwrap() {
        tries.push(Action::TopUp { amount: "20".parse().unwrap() }.by(Actor::Owner));
        tries.push(other_method());
    }
    tries
}

/// What they try to have it closed.
fn end(account: &Account) -> Vec<Command> {
    let mut tries: Vec<Command> = written_off(account).into_iter().collect();
    tries.push(Action::Close {}.by(Actor::Operator));
    let calls = account.open_calls().map(|call| call.call).chain(account.late_calls().map(|call| call.call));
    tries.extend(calls.map(|call| Action::ReleaseCall { call }.by(Actor::Gateway)));
    tries.extend(resolved(account, |_| Amount::ZERO));
    let open = account.disputes().iter().filter(|dispute| dispute.phase == DisputePhase::Open);
    tries.extend(open.map(|dispute| {
        let dispute = dispute.dispute.clone();
        Action::CloseDispute { dispute, outcome: DisputeOutcome::Lost }.by(Actor::Provider)
    }));
    tries
}

fn resolved(account: &Account, taken: fn(&prepaid::OpenCharge) -> Amount) -> Option<Command> {
    let open = account.open_charge()?;
    let resolve = Action::ResolveCharge { charge: open.number, taken: taken(open), evidence: text("seen") };
    Some(resolve.by(Actor::Operator))
}

fn written_off(account: &Account) -> Option<Command> {
    let amount = account.balance().posted.debt();
    (!amount.is_zero()).then(|| Action::WriteOff { amount, reason: text("bankrupt") }.by(Actor::Operator))
}
