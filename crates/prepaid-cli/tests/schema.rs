//! `prepaid schema`: exactly the core's names, and what the core writes has the fields the schema says.
#![expect(clippy::expect_used, clippy::indexing_slicing, reason = "tests")]

mod program;

use std::collections::BTreeSet;

use prepaid::{
    Account, Action, ActionTag, Actor, Command, EffectTag, EventTag, Policy, PolicyNumbers, RejectionTag,
    Snapshot, Timestamp, effects, step,
};
use program::{prepaid, text_of};
use serde_json::Value;

fn schema() -> Value {
    prepaid(&["schema"]).value()
}

/// The `type` of every subschema, in order.
fn types(schema: &Value, of: &str) -> Vec<String> {
    let each = schema["$defs"][of]["oneOf"].as_array().expect("a list of subschemas");
    each.iter().map(|one| one["properties"]["type"]["const"].as_str().expect("a name").to_string()).collect()
}

fn names<T: Copy>(all: &[T], name: fn(T) -> &'static str) -> Vec<String> {
    all.iter().map(|tag| name(*tag).to_string()).collect()
}

#[test]
fn every_name_has_exactly_one_subschema_and_there_are_no_others() {
    let schema = schema();
    assert_eq!(types(&schema, "command"), names(ActionTag::ALL, ActionTag::as_str));
    assert_eq!(types(&schema, "event"), names(EventTag::ALL, EventTag::as_str));
    assert_eq!(types(&schema, "rejection"), names(RejectionTag::ALL, RejectionTag::as_str));
    assert_eq!(types(&schema, "effect"), names(EffectTag::ALL, EffectTag::as_str));
}

#[test]
fn the_document_has_the_parts_it_should_have() {
    let schema = schema();
    assert_eq!(schema["$schema"], "https://json-schema.org/draft/2020-12/schema");
    for part in [
        "command",
        "event",
        "rejection",
        "effect",
        "snapshot",
        "policy",
        "price_list",
        "script_line",
        "customer",
        "log_line",
        "change",
        "batch",
    ] {
        assert!(schema["$defs"][part].is_object(), "{part}");
    }
    for closed in ["policy", "price_list", "script_line", "customer"] {
        assert_eq!(schema["$defs"][closed]["additionalProperties"], false, "{closed}");
    }
    let commands = schema["$defs"]["command"]["oneOf"].as_array().expect("a list");
    assert!(commands.iter().all(|command| command["additionalProperties"] == false));
}

/// The fields of an object that the subschema does not have, and required ones that the object does not have.
fn misfits(object: &Value, schema: &Value) -> Vec<String> {
    let names = |value: &Value| -> BTreeSet<String> {
        value.as_object().map(|object| object.keys().cloned().collect()).unwrap_or_default()
    };
    let required = schema["required"].as_array().expect("a list").iter();
    let required: BTreeSet<String> = required.filter_map(|name| name.as_str().map(String::from)).collect();
    let (has, known) = (names(object), names(&schema["properties"]));
    has.difference(&known).chain(required.difference(&has)).cloned().collect()
}

#[test]
fn a_policy_has_the_fields_the_schema_names() {
    // What is left out where it says nothing is said here.
    let amount = "100".parse().ok();
    let policy = serde_json::to_value(PolicyNumbers {
        monthly_cap_max: amount,
        daily_count_max: Some(9),
        limit_max: amount,
        reversal_window: "600d".parse().expect("a length of time"),
        ..PolicyNumbers::documented()
    });
    let policy = policy.expect("JSON");
    let schema = schema();
    assert_eq!(misfits(&policy, &schema["$defs"]["policy"]), Vec::<String>::new());
    let fields = schema["$defs"]["policy"]["properties"].as_object().expect("fields").len();
    assert_eq!(Some(fields), policy.as_object().map(serde_json::Map::len));
}

/// The account after the first lines of the first day.
fn after(lines: usize) -> Account {
    let mut account = Account::default();
    for line in text_of("examples/first-day.jsonl").lines().take(lines) {
        let line: Value = serde_json::from_str(line).expect("JSON");
        let action: Action<Value> = serde_json::from_value(line["command"].clone()).expect("a command");
        let Ok(action) = action.quoted(|_| Err("no call yet")) else { continue };
        let actor: Actor = serde_json::from_value(line["actor"].clone()).expect("an actor");
        let at: Timestamp = serde_json::from_value(line["at"].clone()).expect("a time");
        let command = Command { actor, action };
        // The refusals of the first day are part of it.
        drop(step(&mut account, &Policy::default(), &command, at));
    }
    account
}

#[test]
fn effects_and_snapshots_have_the_fields_the_schema_names() {
    let schema = schema();
    let account = after(6);
    let owed: Vec<Value> = effects(&account).map(|owed| serde_json::to_value(owed).expect("JSON")).collect();
    assert_eq!(owed.len(), 1);
    let make = &schema["$defs"]["effect"]["oneOf"][0];
    assert_eq!(misfits(&owed[0], make), Vec::<String>::new());

    let stored = serde_json::to_value(Snapshot::of(&account)).expect("JSON");
    let snapshot = &schema["$defs"]["snapshot"];
    assert_eq!(misfits(&stored, snapshot), Vec::<String>::new());
    let opened = &snapshot["properties"]["account"]["oneOf"][1]["properties"]["opened"];
    assert_eq!(misfits(&stored["account"]["opened"], opened), Vec::<String>::new());
}
