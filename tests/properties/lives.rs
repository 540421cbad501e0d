//! Generated lives against the independent model: the same events, refusals, balances, deadlines and effects.

use std::collections::BTreeMap;
use std::sync::Mutex;

use prepaid::{Account, Policy, Rejection, effects, next_deadline, step};
use proptest::prelude::*;
use proptest::test_runner::TestRunner;
use serde_json::{Value, json};

use crate::choice::Choice;
use crate::generate::{lives, search};
use crate::model;
use crate::policies::{dawn, policy, with_newer_terms};

/// How often each command, event, rejection and stage came up.
type Seen = BTreeMap<String, u64>;

fn model_policy(policy: &Policy) -> model::Policy {
    model::Policy::from_json(&serde_json::to_value(policy).unwrap())
}

/// Leaves of a refusal the schema says nothing about are not compared: which total left the range, and the fields
/// of a setting's fault.
fn comparable(rejection: &Value) -> Value {
    let mut rejection = rejection.clone();
    if rejection["type"] == "out_of_range" {
        return json!({"type": "out_of_range"});
    }
    if let Some(faults) = rejection.get_mut("faults").and_then(Value::as_array_mut) {
        for fault in faults {
            *fault = json!({"type": fault["type"]});
        }
    }
    rejection
}

fn live(first: u8, choices: &[Choice], seen: &mut Seen) -> Result<(), TestCaseError> {
    let (mut policy, mut now) = (policy(first), dawn());
    let mut oracle_policy = model_policy(&policy);
    let (mut account, mut oracle) = (Account::default(), model::Model::new());
    let renewal = usize::from(first / 8);
    for (n, choice) in choices.iter().enumerate() {
        if n == renewal && first % 2 == 0 {
            policy = with_newer_terms(&policy, now);
            oracle_policy = model_policy(&policy);
        }
        now = choice.when(&account, now);
        let command = choice.command(&account, now);
        let spoken = serde_json::to_value(&command).unwrap();
        let before = account.clone();
        let answer = step(&mut account, &policy, &command, now);
        let expected = oracle.step(&oracle_policy, &spoken, now.as_micros());
        let context = || format!("at {now} after step {n}: {spoken}\nbefore: {before:?}");
        count(seen, "command", command.action.tag().as_str());
        match (&answer, &expected) {
            (Ok(batch), Ok(events)) => {
                let ours = serde_json::to_value(&batch.events).unwrap();
                prop_assert_eq!(&ours, &Value::Array(events.clone()), "{}", context());
                batch.events.iter().for_each(|event| count(seen, "event", event.tag().as_str()));
            }
            (Err(rejection), Err(expected)) => {
                let ours = serde_json::to_value(rejection).unwrap();
                prop_assert_eq!(comparable(&ours), comparable(expected), "{}", context());
                let is_defect = matches!(rejection, Rejection::Defect { .. });
                prop_assert!(!is_defect, "{}", context());
                count(seen, "rejection", rejection.tag().as_str());
            }
            (ours, theirs) => {
                return Err(TestCaseError::fail(format!(
                    "library {ours:?}\nmodel {theirs:?}\n{}",
                    context()
                )));
            }
        }
        count(seen, "stage", account.stage().as_str());
        let balance = account.balance();
        prop_assert_eq!(account.stage().as_str(), oracle.stage(), "{}", context());
        prop_assert_eq!(balance.posted.to_decimal(), oracle.posted(), "{}", context());
        prop_assert_eq!(balance.held.to_decimal(), oracle.held(), "{}", context());
        prop_assert_eq!(balance.available.to_decimal(), oracle.available(), "{}", context());
        let lots: Vec<_> = account
            .lots()
            .iter()
            .map(|lot| (lot.issued.grant.to_string(), lot.left.to_decimal(), lot.held.to_decimal()))
            .collect();
        prop_assert_eq!(lots, oracle.lots(), "{}", context());
        prop_assert_eq!(account.purchased().to_decimal(), oracle.purchased(), "{}", context());
        let deadline = next_deadline(&account).map(prepaid::Timestamp::as_micros);
        prop_assert_eq!(deadline, oracle.next_deadline(), "{}", context());
        let owed: Vec<Value> =
            effects(&account).map(|effect| serde_json::to_value(effect).unwrap()).collect();
        prop_assert_eq!(owed, oracle.effects(), "{}", context());
        let last = account.last_instant().map(prepaid::Timestamp::as_micros);
        prop_assert_eq!(last, oracle.last_at(), "{}", context());
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
    runner.run(&lives(51), |(first, choices)| live(first, &choices, &mut seen.lock().unwrap())).unwrap();
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
