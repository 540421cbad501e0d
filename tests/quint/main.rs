//! The traces of the second model, replayed: what the model in `prepaid.qnt` says of every step, the core must say, too.
#![expect(
    unreachable_pub,
    clippy::unwrap_used,
    clippy::panic,
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    reason = "tests stop at the first surprise"
)]

mod account;
mod commands;
mod readings;

use std::collections::BTreeMap;
use std::fmt::Write as _;

use prepaid::{Account, Batch, Policy, Rejection, step};
use serde::Deserialize;
use serde_json::{Map, Value};

/// One step of a trace, as `cargo xtask assure model` writes it.
#[derive(Debug, Deserialize)]
struct Step {
    /// Minutes after the account was funded.
    at: i64,
    by: String,
    #[serde(rename = "do")]
    name: String,
    /// The events in their order, or the refusal.
    is: Value,
    /// What can be read afterwards, where it is not as before.
    #[serde(default)]
    now: BTreeMap<String, String>,
    #[serde(flatten)]
    arguments: Map<String, Value>,
}

/// How many may disagree before the rest is no longer told.
const TOLD: usize = 12;

#[test]
fn the_core_does_what_the_second_model_says() {
    let other = other_traces();
    let lines = other.as_deref().unwrap_or(include_str!("traces/traces.jsonl"));
    let policy = account::policy();
    let funded = account::funded(&policy);
    let (mut steps, mut told, mut wrong) = (0, String::new(), 0_usize);
    for (n, line) in lines.lines().enumerate() {
        let trace: Vec<Step> = serde_json::from_str(line).unwrap();
        steps += trace.len() - 1;
        if let Err(difference) = replay(&trace, &policy, funded.clone()) {
            wrong += 1;
            if wrong <= TOLD {
                write!(told, "\ntrace {}: {difference}\n", n + 1).unwrap();
            }
        }
    }
    assert!(wrong == 0, "{wrong} of {} traces disagree\n{told}", lines.lines().count());
    assert!(steps > 0, "there are no steps");
}

/// Others than the committed ones, where `cargo xtask assure model` says so.
#[expect(clippy::disallowed_methods, reason = "which traces to replay is not the core's business")]
fn other_traces() -> Option<String> {
    std::env::var_os("PREPAID_WALKS").map(|path| std::fs::read_to_string(path).unwrap())
}

/// Says where the core and the trace part.
fn replay(trace: &[Step], policy: &Policy, mut account: Account) -> Result<(), String> {
    let mut expected = BTreeMap::new();
    for (n, asked) in trace.iter().enumerate() {
        let answer = if n == 0 { asked.is.clone() } else { take(&mut account, policy, asked) };
        for (name, value) in &asked.now {
            // An empty text says that it is gone, but for a pause, which has no name where there is none.
            if value.is_empty() && name != "reversal" {
                expected.remove(name);
            } else {
                expected.insert(name.clone(), value.clone());
            }
        }
        let found = readings::readings(&account, policy);
        if answer == asked.is && found == expected {
            continue;
        }
        let lines = trace[..=n].iter().map(|step| {
            format!("  {} {} {} {}", step.at, step.by, step.name, Value::Object(step.arguments.clone()))
        });
        let mut said = lines.collect::<Vec<_>>().join("\n");
        write!(said, "\n  the model: {}\n  the core:  {answer}", asked.is).unwrap();
        for name in expected.keys().chain(found.keys()) {
            let (model, core) = (expected.get(name), found.get(name));
            if model != core {
                write!(said, "\n  {name}: the model {model:?}, the core {core:?}").unwrap();
            }
        }
        return Err(format!("step {n}\n{said}"));
    }
    Ok(())
}

/// The core's answer in the words of a trace.
fn take(account: &mut Account, policy: &Policy, asked: &Step) -> Value {
    let before = account.clone();
    match step(account, policy, &commands::command(asked), account::minute(asked.at)) {
        Ok(Batch { events, .. }) => {
            let names = events.iter().map(|event| serde_json::to_value(event).unwrap()["type"].clone());
            Value::Array(names.collect())
        }
        Err(rejection) => {
            assert_eq!(*account, before, "a refusal changed something");
            Value::String(refusal(&rejection))
        }
    }
}

fn refusal(rejection: &Rejection) -> String {
    let said = serde_json::to_value(rejection).unwrap();
    let name = said["type"].as_str().unwrap();
    if let Rejection::InsufficientCredit { short, .. } = rejection {
        let outlook = said["outlook"]["state"].as_str().unwrap();
        return format!("{name} {} {outlook}", readings::thousandths(short.to_decimal()));
    }
    if let Rejection::SettingsInvalid { .. } = rejection {
        let faults = said["faults"].as_array().unwrap().iter();
        let faults: Vec<&str> = faults.map(|fault| fault["type"].as_str().unwrap()).collect();
        return format!("{name} {}", faults.join(" "));
    }
    name.to_owned()
}
