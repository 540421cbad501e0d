//! `prepaid explain`: for every state the sentences that say why, with their rules, and what is waited for.
#![expect(clippy::expect_used, clippy::indexing_slicing, reason = "tests")]

mod later;
#[path = "../program/mod.rs"]
mod program;
mod states;

use program::{Ended, Folder, prepaid};
use serde_json::{Value, json};

/// The log of a script, under a policy if there is one.
fn played(folder: &Folder, script: &str, policy: Option<&str>) -> String {
    let (script, log) = (folder.write("script.jsonl", script), folder.place("log.jsonl"));
    let mut arguments = vec!["play", &script, "--log", &log];
    arguments.extend(policy.iter().flat_map(|policy| ["--policy", policy]));
    let ended = prepaid(&arguments);
    assert_eq!(ended.status, 0, "{}", ended.err);
    let text = folder.read("log.jsonl");
    folder.remove("log.jsonl");
    folder.write("told.jsonl", text)
}

fn explain(log: &str, at: &str, more: &[&str]) -> Ended {
    let mut arguments = vec!["explain", log, "--at", at];
    arguments.extend(more);
    prepaid(&arguments)
}

/// What is said of the only account: each sentence with its rule.
fn says(log: &str, at: &str, more: &[&str]) -> Vec<String> {
    let ended = explain(log, at, more);
    assert_eq!(ended.status, 0, "{}", ended.err);
    let told = ended.value();
    let each = told["says"].as_array().expect("a list").iter();
    each.map(|said| {
        format!("{} ({})", said["text"].as_str().unwrap_or(""), said["rule"].as_str().unwrap_or(""))
    })
    .collect()
}

/// A line of a script.
fn line(at: &str, actor: &str, command: &Value) -> String {
    json!({"at": at, "actor": actor, "command": command}).to_string() + "\n"
}

/// The first lines of an account's life: as many of them as are asked for, all on the morning of the first.
fn begun(lines: usize) -> String {
    let commands = [
        (
            "owner",
            json!({"type": "open", "account": "10000000-0000-4000-8000-000000000001", "owner": "20000000-0000-4000-8000-000000000001"}),
        ),
        ("owner", json!({"type": "accept_terms", "version": "TOS_2024_04_20", "by": "Ada"})),
        ("owner", json!({"type": "choose_use", "use": "personal"})),
        (
            "owner",
            json!({"type": "link_payment_method", "token": "pm_1", "fingerprint": "fp_1", "brand": "visa", "last_four": "4242", "expires": "2028-11"}),
        ),
        ("owner", json!({"type": "create_key", "key": KEY, "digest": "a1".repeat(32), "shown": "ppk_Qk3f"})),
        ("provider", json!({"type": "charge_succeeded", "charge": 1, "amount": "20", "reference": "pi_1"})),
    ];
    commands.iter().take(lines).map(|(actor, command)| line("2025-01-01T09:00:00Z", actor, command)).collect()
}

const KEY: &str = "30000000-0000-4000-8000-000000000001";

fn call(kind: &str, n: u8, amount: &str) -> Value {
    json!({"type": kind, "call": format!("40000000-0000-4000-8000-00000000000{n}"), "key": KEY,
        "quote": {"amount": amount, "reference": "a batch"}})
}

/// Whatever is done at 10:00 of the first day, after the account was funded.
fn funded(commands: &[(&str, Value)]) -> String {
    let rest: String =
        commands.iter().map(|(actor, command)| line("2025-01-01T10:00:00Z", actor, command)).collect();
    begun(6) + &rest
}
