//! Generated lives against the independent model: the same events, refusals, balances, deadlines and effects.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use prepaid::{Account, Rejection, step};
use proptest::prelude::*;
use proptest::test_runner::TestRunner;

use crate::against::Beside;
use crate::choice::Choice;
use crate::generate::{lives, search};
use crate::policies::{dawn, policy, with_newer_terms};

/// How often each command, event, rejection and stage came up.
type Seen = BTreeMap<String, u64>;

fn live(first: u8, choices: &[Choice], seen: &mut Seen) -> Result<(), TestCaseError> {
    let (mut policy, mut now) = (policy(first), dawn());
    let (mut account, mut beside) = (Account::default(), Beside::new(&policy));
    let renewal = usize::from(first / 8);
    for (n, choice) in choices.iter().enumerate() {
        if n == renewal && first % 2 == 0 {
            policy = with_newer_terms(&policy, now);
            beside.under(&policy);
        }
        now = choice.when(&account, now);
        let command = choice.command(&account, now);
        let before = account.clone();
        let answer = step(&mut account, &policy, &command, now);
        let context = || format!("at {now} after step {n}: {command:?}\nbefore: {before:?}");
        beside
            .step(&command, now, &answer, &account)
            .map_err(|difference| TestCaseError::fail(format!("{difference}\n{}", context())))?;
        count(seen, "command", command.action.tag().as_str());
        match &answer {
            Ok(batch) => batch.events.iter().for_each(|event| count(seen, "event", event.tag().as_str())),
            Err(rejection) => {
                let is_defect = matches!(rejection, Rejection::Defect { .. });
                prop_assert!(!is_defect, "{}", context());
                count(seen, "rejection", rejection.tag().as_str());
            }
        }
        count(seen, "stage", account.stage().as_str());
    }
    Ok(())
}

fn count(seen: &mut Seen, kind: &str, name: &str) {
    *seen.entry(format!("{kind} {name}")).or_default() += 1;
}

#[test]
fn generated_lives_agree_with_the_model() {
    let seen = Mutex::new(Seen::new());
    let mut runner = TestRunner::new(search(100_000));
    // A panic of the model must not keep the life that it came of from being made shorter.
    let lived = runner.run(&lives(51), |(first, choices)| {
        live(first, &choices, &mut seen.lock().unwrap_or_else(PoisonError::into_inner))
    });
    lived.unwrap();
    let seen = seen.into_inner().unwrap();
    for (what, times) in &seen {
        println!("{times:>9} {what}");
    }
    let never: Vec<String> = everything().filter(|what| !seen.contains_key(what)).collect();
    assert!(never.is_empty(), "these never came up in the generated lives: {never:?}");
}

/// Everything that a life can show; a defect never may.
fn everything() -> impl Iterator<Item = String> {
    let commands = prepaid::ActionTag::ALL.iter().map(|tag| format!("command {tag}"));
    let events = prepaid::EventTag::ALL.iter().map(|tag| format!("event {tag}"));
    let rejections = prepaid::RejectionTag::ALL.iter().map(|tag| format!("rejection {tag}"));
    let stages = prepaid::StageTag::ALL.iter().map(|tag| format!("stage {tag}"));
    let all = commands.chain(events).chain(rejections).chain(stages);
    all.filter(|what| what != "rejection defect")
}
