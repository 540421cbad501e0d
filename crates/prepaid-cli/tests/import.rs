//! `prepaid import`: customers become accounts that replay; one wrong line refuses the file; no key is ever repeated.
#![expect(clippy::expect_used, clippy::indexing_slicing, reason = "tests")]

mod program;

use std::collections::BTreeMap;

use prepaid::{Account, Batch, StageTag, replay};
use program::{Ended, Folder, prepaid, text_of};
use serde_json::{Value, json};

const SAMPLE: &str = "examples/customers/sample.jsonl";
const AT: &str = "2025-03-01T00:00:00Z";

/// The accounts of a log, by the ends of their ids.
fn accounts(log: &str) -> BTreeMap<String, Account> {
    let mut batches: BTreeMap<String, Vec<Batch>> = BTreeMap::new();
    for line in log.lines() {
        let line: Value = serde_json::from_str(line).expect("a line of JSON");
        let account = line["account"].as_str().expect("an id").chars().skip(32).collect();
        let batch = serde_json::from_value(line).expect("a batch");
        batches.entry(account).or_default().push(batch);
    }
    let replayed = |(id, batches): (String, Vec<Batch>)| (id, replay(&batches).expect("it replays"));
    batches.into_iter().map(replayed).collect()
}

/// The first customer of the sample, changed.
fn customer(change: impl FnOnce(&mut Value)) -> String {
    let text = text_of(SAMPLE);
    let mut line = serde_json::from_str(text.lines().next().expect("a line")).expect("JSON");
    change(&mut line);
    line.to_string()
}

/// Imports these lines at the usual time, with a log.
fn import(folder: &Folder, lines: &str) -> Ended {
    let file = folder.write("customers.jsonl", lines);
    prepaid(&["import", &file, "--at", AT, "--log", &folder.place("log.jsonl")])
}

#[test]
fn the_sample_becomes_accounts_that_work() {
    let folder = Folder::new("import-sample");
    let log = folder.place("log.jsonl");
    let ended = prepaid(&["import", SAMPLE, "--at", AT, "--log", &log]);
    assert_eq!(ended.status, 0, "{}", ended.err);
    let summary = json!({
        "accounts": 5, "keys": 5, "grants": 4, "opening_balances": "373.575", "currency": "USD",
        "topped_up_at_once": {"accounts": 1, "amount": "16.93"}, "log": log,
    });
    assert_eq!(ended.value(), summary);

    let accounts = accounts(&folder.read("log.jsonl"));
    assert_eq!(accounts.len(), 5);
    for (id, account) in &accounts {
        assert_eq!(account.stage(), StageTag::Active, "{id}");
        assert!(account.charges().is_empty(), "{id} was charged for its first key");
        let source = account.lots().first().map(|lot| lot.issued.source.as_str());
        assert!(source.is_none_or(|source| source == "migration"), "{id}");
    }
    let of = |n: u8| &accounts[&format!("000{n}")];
    assert_eq!(of(1).balance().posted.to_string(), "42.5");
    assert_eq!(of(1).keys()[0].shown.to_string(), "old_Qk3f");
    let settings = serde_json::to_value(of(2).top_up_settings()).expect("JSON");
    let asked = json!({"enabled": true, "threshold": "100", "target": "400", "monthly_cap": "1200", "daily_count": 3});
    assert_eq!((settings, of(2).keys().len()), (asked, 2));
    assert_eq!(of(3).open_charge().map(|charge| charge.amount.to_string()).as_deref(), Some("16.93"));
    assert!(
        of(4).open_charge().is_none() && of(4).balance().posted.to_string() == "0",
        "it was switched off"
    );
    assert_eq!(of(5).last_instant().map(|at| at.to_string()).as_deref(), Some("2025-03-01T00:05:00Z"));
}

#[test]
fn the_log_is_played_on_and_the_words_say_what_was_done() {
    let ended = prepaid(&["import", SAMPLE, "--at", AT, "--text"]);
    assert_eq!(ended.status, 0, "{}", ended.err);
    for said in [
        "accounts          5",
        "opening balances  4, together 373.575 USD",
        "warning: 1 of the accounts is topped up at once, for 16.93 USD",
        "nothing was written: no --log was given",
    ] {
        assert!(ended.out.contains(said), "{said:?} is not in\n{}", ended.out);
    }
}

/// Changes to a good line, and what is said of them.
fn wrong() -> Vec<(String, &'static str)> {
    let set = |pointer: &'static str, value: Value| {
        customer(|line| {
            let (parent, name) = pointer.rsplit_once('/').expect("a path");
            line.pointer_mut(parent).expect("the place is there")[name] = value;
        })
    };
    let without = |name: &str| customer(|line| drop(line.as_object_mut().expect("an object").remove(name)));
    let too_many: Vec<Value> = (0..101)
        .map(|n| {
            json!({"key": format!("30000000-0000-4000-8000-{n:012}"), "digest": format!("{n:064}"), "shown": "k_a"})
        })
        .collect();
    vec![
        ("no JSON".into(), "the line is no JSON object"),
        ("[1]".into(), "the line is [1]: must be an object, a customer"),
        (without("owner"), "field owner is missing: must be a UUID as text"),
        (without("reference"), "field reference is missing: must be a text"),
        (without("keys"), "field keys is missing: must be a list"),
        (without("grant"), "field grant is missing: must be a UUID as text, where there is a balance"),
        (set("/account", json!("12")), r#"field account: "12" must be a UUID"#),
        (set("/at", json!("yesterday")), r#"field at: "yesterday" must be an RFC 3339 time"#),
        (set("/use", json!("private")), r#"field use: "private" must be one of personal, business"#),
        (set("/balance", json!("-3")), r#"field balance: "-3" must not be negative"#),
        (set("/balance", json!(3)), r#"field balance is 3: must be an amount as text, such as "10.00""#),
        (
            set("/balance2", json!("3")),
            "field balance2 is unknown: must be one of the known names; did you mean balance?",
        ),
        (
            set("/terms/version", json!("old")),
            "field terms.version: terms TOS_2024_04_20 are required, not old",
        ),
        (
            set("/billing_ref", json!("crm:1")),
            "field billing_digest is missing: a billing reference and its digest",
        ),
        (set("/method/last_four", json!("42")), "field method.last_four: must be exactly four digits"),
        (set("/method/cvc", json!("123")), "field method.cvc is unknown"),
        (set("/keys/0/secret", json!("x")), "field keys[1].secret is unknown"),
        (
            set("/keys/0/digest", json!("abc")),
            "field keys[1].digest: must be 64 lower-case hexadecimal digits",
        ),
        (
            set("/keys/0/shown", json!("old_Qk3fQk")),
            "field keys[1].shown: shown part has 6 random characters, at most 4",
        ),
        (
            set("/keys/0/expires_at", json!("2025-01-01T00:00:00Z")),
            "field keys[1].expires_at: expires_at 2025-01-01T00:00:00Z must be after 2025-03-01T00:00:00Z",
        ),
        (set("/keys", json!(too_many)), "field keys has 101: must have at most 100, the policy's keys_ever"),
        (
            set("/top_up", json!({"threshold": "1", "monthly_cap": "0.10"})),
            "field top_up: settings are refused: threshold 1 must be above 2; monthly cap 0.1 must be at least",
        ),
        (
            set("/top_up", json!({"daily_count": "2"})),
            r#"field top_up.daily_count is "2": must be a whole number from 0"#,
        ),
        (set("/balance", json!("79000000000000000")), "field balance: "),
    ]
}

#[test]
fn every_fault_is_told_with_its_line_and_nothing_is_written() {
    let folder = Folder::new("import-faults");
    for (line, said) in wrong() {
        let ended = import(&folder, &format!("\n{line}\n"));
        assert_eq!((ended.status, ended.out.as_str()), (2, ""), "{line}: {}", ended.err);
        assert!(
            ended.err.contains(&format!("customers.jsonl:2: {said}")),
            "{said:?} is not in {}",
            ended.err
        );
        assert_eq!(folder.names(), ["customers.jsonl"]);
    }
    let file = folder.write("customers.jsonl", customer(|_| ()));
    let ended = prepaid(&["import", &file, "--log", &folder.place("log.jsonl")]);
    assert_eq!(ended.status, 2);
    assert!(ended.err.contains("customers.jsonl:1: field at is missing: must be a time"), "{}", ended.err);
    let ended = import(&folder, "\n");
    assert!(ended.status == 2 && ended.err.contains("the file is empty"), "{}", ended.err);
    let ended = prepaid(&["import", &file, "--at", "soon"]);
    assert!(ended.status == 2 && ended.err.contains("must be an RFC 3339 time"), "{}", ended.err);
    let ended = prepaid(&["import", &file, "--at", AT, "--log", &file]);
    assert!(ended.status == 2 && ended.err.contains("is one of the inputs"), "{}", ended.err);
}

#[test]
fn one_wrong_line_refuses_them_all_and_every_wrong_one_is_told() {
    let folder = Folder::new("import-whole");
    let mut lines: Vec<String> = text_of(SAMPLE).lines().map(String::from).collect();
    lines[1] = lines[1].replace("\"310\"", "\"three hundred\"");
    lines[4] = lines[4].replace("2028-05", "2028-13");
    let ended = import(&folder, &lines.join("\n"));
    assert_eq!((ended.status, ended.out.as_str()), (2, ""));
    assert!(ended.err.contains("customers.jsonl:2: field balance"), "{}", ended.err);
    assert!(ended.err.contains("customers.jsonl:5: field method.expires"), "{}", ended.err);
    assert_eq!(ended.err.lines().count(), 2);
    assert_eq!(folder.names(), ["customers.jsonl"]);
}

#[test]
fn an_id_or_a_digest_that_is_there_twice_is_told_with_both_lines() {
    let folder = Folder::new("import-twice");
    let sample: Vec<Value> =
        text_of(SAMPLE).lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    for (pointer, said) in [
        ("/account", "field account: \"10000000-0000-4000-8000-000000000001\" is on line 1 already"),
        ("/grant", "field grant: \"50000000-0000-4000-8000-000000000001\" is on line 1 already"),
        ("/keys/0/key", "field keys[1].key: \"30000000-0000-4000-8000-000000000001\" is on line 1 already"),
        ("/keys/0/digest", "field keys[1].digest is on line 1 already: must be another key's digest"),
    ] {
        let mut lines = sample.clone();
        let first = lines[0].pointer(pointer).expect("it is there").clone();
        *lines[1].pointer_mut(pointer).expect("it is there") = first;
        let text: Vec<String> = lines.iter().map(Value::to_string).collect();
        let ended = import(&folder, &text.join("\n"));
        assert_eq!(ended.status, 2, "{pointer}");
        assert!(ended.err.contains(&format!("customers.jsonl:2: {said}")), "{}", ended.err);
        assert_eq!(folder.names(), ["customers.jsonl"]);
    }
    let twice = customer(|line| {
        let key = line["keys"][0].clone();
        line["keys"].as_array_mut().expect("a list").push(key);
    });
    let ended = import(&folder, &twice);
    assert!(
        ended.err.contains("field keys[2].key") && ended.err.contains("on this line already"),
        "{}",
        ended.err
    );
}

/// A whole key has come into every field where somebody may put one: it is refused, and never repeated (C2).
#[test]
fn no_key_is_ever_repeated() {
    let folder = Folder::new("import-canary");
    let key = "ppk_0123456789abcdefghijklmnopqrstuvwxyzABCDEFGabcdef";
    let places: [fn(&mut Value, Value); 12] = [
        |line, key| line["keys"][0]["key"] = key,
        |line, key| line["keys"][0]["digest"] = key,
        |line, key| line["keys"][0]["shown"] = key,
        |line, key| line["keys"][0]["secret"] = key,
        |line, key| line["keys"][0]["expires_at"] = key,
        |line, key| line["keys"] = json!([key]),
        |line, key| line["keys"] = key,
        |line, key| line["keys"] = json!({ "laptop": key }),
        |line, key| line["keys"][0][key.as_str().unwrap_or_default()] = json!(true),
        |line, key| line["account"] = key,
        |line, key| line["top_up"] = json!([key]),
        |line, key| line["use"] = key,
    ];
    for (n, put) in places.into_iter().enumerate() {
        let line = customer(|line| put(line, json!(key)));
        let ended = import(&folder, &line);
        assert_eq!(ended.status, 2, "place {n}");
        let characters: Vec<char> = key.chars().collect();
        for piece in characters.windows(12) {
            let piece: String = piece.iter().collect();
            assert!(!ended.err.contains(&piece) && !ended.out.contains(&piece), "place {n}: {}", ended.err);
        }
    }
    let doubled = customer(|_| ()).replacen('{', &format!("{{\"{key}\": 1, \"{key}\": 2, "), 1);
    assert!(!import(&folder, &doubled).err.contains(key));
}

#[test]
fn the_command_of_the_guide_works() {
    let guide = text_of("docs/embedding.md");
    let lines = guide.lines().map(str::trim).filter_map(|line| line.strip_prefix("prepaid import "));
    let commands: Vec<&str> = lines.collect();
    assert!(!commands.is_empty(), "the guide shows no import");
    let folder = Folder::new("import-guide");
    for command in commands {
        let mut arguments = vec!["import".to_string()];
        arguments.extend(
            command
                .split_whitespace()
                .map(|word| if word == "log.jsonl" { folder.place(word) } else { word.to_string() }),
        );
        let ended = prepaid(&arguments.iter().map(String::as_str).collect::<Vec<_>>());
        assert_eq!(ended.status, 0, "{command}: {}", ended.err);
        if command.contains("--log") {
            assert_eq!(accounts(&folder.read("log.jsonl")).len(), 5);
        }
    }
}
