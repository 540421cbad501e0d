//! The laws of the machine, over generated lives.
//!
//! L1 `decide` equals `step` on a clone. L2 folding the batch gives `step`'s state. L3 refused or empty: the state is
//! equal to the byte. L4 an accepted `step(c, t)` equals `step(tick, t); step(c, t)`. L5 a tick at `t` right after an
//! accepted step at `t` is empty.

use prepaid::{Account, Action, Actor, Batch, Policy, Snapshot, decide, evolve, next_deadline, step};
use proptest::prelude::*;

use crate::choice::Choice;
use crate::generate::{lives, search};
use crate::policies::{dawn, policy, with_newer_terms};

/// Lives a life, showing every step to `see`: the account before it, the command, its time, the answer, the account.
fn live(
    first: u8,
    choices: &[Choice],
    mut see: impl FnMut(&Moment<'_>) -> Result<(), TestCaseError>,
) -> Result<(), TestCaseError> {
    let (mut policy, mut now, mut account) = (policy(first), dawn(), Account::default());
    for (n, choice) in choices.iter().enumerate() {
        if n == usize::from(first / 8) && first % 2 == 0 {
            policy = with_newer_terms(&policy, now);
        }
        now = choice.when(&account, now);
        let command = choice.command(&account, now);
        let before = account.clone();
        let answer = step(&mut account, &policy, &command, now);
        see(&Moment {
            policy: &policy,
            before: &before,
            command: &command,
            now,
            answer: &answer,
            after: &account,
        })?;
    }
    Ok(())
}

struct Moment<'a> {
    policy: &'a Policy,
    before: &'a Account,
    command: &'a prepaid::Command,
    now: prepaid::Timestamp,
    answer: &'a Result<Batch, prepaid::Rejection>,
    after: &'a Account,
}

fn bytes(account: &Account) -> Vec<u8> {
    serde_json::to_vec(&Snapshot::of(account)).unwrap()
}

proptest! {
    #![proptest_config(search(2_000))]

    #[test]
    fn l1_decide_equals_step_on_a_clone((first, choices) in lives(60)) {
        live(first, &choices, |m| {
            prop_assert_eq!(&decide(m.before, m.policy, m.command, m.now), m.answer);
            Ok(())
        })?;
    }

    #[test]
    fn l2_folding_the_batch_gives_the_state((first, choices) in lives(60)) {
        live(first, &choices, |m| {
            let Ok(batch) = m.answer else { return Ok(()) };
            let stored = serde_json::to_string(batch).unwrap();
            let batch: Batch = serde_json::from_str(&stored).unwrap();
            let mut folded = m.before.clone();
            for event in &batch.events {
                folded = evolve(folded, batch.at, event).map_err(|e| TestCaseError::fail(e.to_string()))?;
            }
            prop_assert_eq!(&folded, m.after);
            Ok(())
        })?;
    }

    #[test]
    fn l3_refused_or_empty_leaves_the_state_equal_to_the_byte((first, choices) in lives(60)) {
        live(first, &choices, |m| {
            if !m.answer.as_ref().is_ok_and(|batch| !batch.events.is_empty()) {
                prop_assert_eq!(bytes(m.before), bytes(m.after));
            }
            Ok(())
        })?;
    }

    #[test]
    fn l4_a_step_is_a_tick_and_a_step((first, choices) in lives(60)) {
        live(first, &choices, |m| {
            let (Ok(batch), Some(_)) = (m.answer, m.before.id()) else { return Ok(()) };
            let mut account = m.before.clone();
            let tick = Action::Tick {}.by(Actor::Clock);
            let ticked = step(&mut account, m.policy, &tick, m.now).unwrap();
            let stepped = step(&mut account, m.policy, m.command, m.now).unwrap();
            let events: Vec<_> = ticked.events.iter().chain(stepped.events.iter()).collect();
            prop_assert_eq!(events, batch.events.iter().collect::<Vec<_>>());
            prop_assert_eq!(&account, m.after);
            Ok(())
        })?;
    }

    #[test]
    fn l5_a_tick_right_after_a_step_is_empty((first, choices) in lives(60)) {
        live(first, &choices, |m| {
            let (Ok(batch), Some(_)) = (m.answer, m.after.id()) else { return Ok(()) };
            let ticked = decide(m.after, m.policy, &Action::Tick {}.by(Actor::Clock), batch.at).unwrap();
            prop_assert!(ticked.events.is_empty(), "{:?}", ticked);
            prop_assert!(next_deadline(m.after).is_none_or(|at| at > batch.at));
            Ok(())
        })?;
    }

    #[test]
    fn k4_a_snapshot_survives_its_stored_form((first, choices) in lives(60)) {
        live(first, &choices, |m| {
            let read: Snapshot = serde_json::from_slice(&bytes(m.after)).unwrap();
            prop_assert_eq!(&read.into_account(), m.after);
            Ok(())
        })?;
    }
}
