//! `prepaid play`: every example runs as it expects, the log is chained, what is not as expected is told.
#![expect(clippy::disallowed_methods, clippy::expect_used, clippy::indexing_slicing, reason = "tests")]

mod program;

use std::fmt::Write as _;
use std::fs;

use prepaid::{Account, Batch, replay};
use program::{Ended, Folder, prepaid, root, text_of};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

fn scripts() -> Vec<String> {
    let mut scripts = vec!["examples/first-day.jsonl".to_string()];
    for entry in fs::read_dir(root().join("examples/scripts")).expect("the folder is there") {
        let name = entry.expect("an entry").file_name().to_string_lossy().into_owned();
        scripts.push(format!("examples/scripts/{name}"));
    }
    scripts.sort();
    scripts
}

/// A log's batches; fails where the chain is broken.
fn chained(log: &str) -> Vec<Value> {
    let mut prev = "0".repeat(64);
    let mut batches = Vec::new();
    for line in log.lines() {
        let batch: Value = serde_json::from_str(line).expect("a line of JSON");
        assert_eq!(batch["prev"], json!(prev), "the line before has another digest");
        prev = Sha256::digest(line.as_bytes()).iter().fold(String::new(), |mut text, byte| {
            write!(text, "{byte:02x}").expect("a text takes everything");
            text
        });
        batches.push(batch);
    }
    batches
}

#[test]
fn every_example_ends_as_it_expects_and_its_log_replays() {
    let folder = Folder::new("examples");
    assert!(scripts().len() >= 5);
    for script in scripts() {
        let log = folder.place("log.jsonl");
        let Ended { status, out, err } = prepaid(&["play", &script, "--log", &log]);
        assert_eq!(status, 0, "{script}: {err}");
        let written = text_of(&script);
        assert_eq!(out.lines().count(), written.lines().count(), "{script}: an answer a line");
        assert!(written.contains("\"expect\""), "{script} expects nothing");

        let batches = chained(&fs::read_to_string(&log).expect("the log is there"));
        folder.remove("log.jsonl");
        let seqs: Vec<u64> = batches.iter().filter_map(|batch| batch["seq"].as_u64()).collect();
        assert_eq!(seqs, (1..).take(batches.len()).collect::<Vec<u64>>(), "{script}");
        let stored: Vec<Batch> =
            batches.iter().map(|batch| serde_json::from_value(batch.clone()).expect("a batch")).collect();
        let account: Account = replay(&stored).expect("the log replays");
        let last: Value = serde_json::from_str(out.lines().last().expect("a line")).expect("JSON");
        assert_eq!(last["balance"], json!(account.balance()), "{script}");
        let logged = batches.last().expect("a batch");
        assert_eq!(logged["posted"], last["balance"]["posted"], "{script}");
        assert_eq!(logged["policy"], "documented");
        assert_eq!(logged["request"], Value::Null);
    }
}

#[test]
fn words_carry_the_same_facts() {
    let Ended { status, out, .. } = prepaid(&["play", "examples/first-day.jsonl", "--text"]);
    assert_eq!(status, 0);
    for said in [
        "2025-01-01 09:05:00  owner: create key ..0001 \"laptop\"",
        "charge 1 of 20.00 asked (initial funding)",
        "refused, key_revoked: key ..0002 is revoked",
        "balance 20.00, 0.24 of it held, 19.76 available",
        "# A second key costs nothing",
    ] {
        assert!(out.contains(said), "{said:?} is not in\n{out}");
    }
    assert!(!out.contains('\u{1b}'), "colours in a pipe");
}

const LINE: &str = r#"{"at": "2025-01-01T00:00:00Z", "actor": "owner", "command": {"type": "open", "account": "10000000-0000-4000-8000-000000000001", "owner": "20000000-0000-4000-8000-000000000001"}"#;

#[test]
fn what_is_not_as_expected_is_told_with_its_line_and_the_run_goes_on() {
    let folder = Folder::new("expect");
    let rows = [
        (r#"["terms_accepted"]"#, "expected [terms_accepted], got [account_opened]"),
        (r#"{"rejected": "debt"}"#, "expected rejected debt, got [account_opened]"),
        (r#"{"balance": {"posted": "1.50", "held": "0"}}"#, "expected posted 1.5, got 0"),
    ];
    for (expect, said) in rows {
        let tick = r#"{"at": "2025-01-01T00:00:00Z", "actor": "clock", "command": {"type": "tick"}}"#;
        let script = folder.write("script.jsonl", format!("\n{LINE}, \"expect\": {expect}}}\n{tick}\n"));
        let log = folder.place("log.jsonl");
        let Ended { status, out, err } = prepaid(&["play", &script, "--log", &log]);
        assert_eq!((status, out.lines().count()), (1, 2), "{err}");
        assert!(err.contains(&format!("script.jsonl:2: {said}")), "{err}");
        assert_eq!(folder.names(), ["log.jsonl", "script.jsonl"]);
        folder.remove("log.jsonl");
    }
    for expect in [r#"["account_opened"]"#, r#"{"balance": {"posted": "0.00"}}"#] {
        let script = folder.write("script.jsonl", format!("{LINE}, \"expect\": {expect}}}"));
        assert_eq!(prepaid(&["play", &script]).status, 0);
    }
}

#[test]
fn accounts_are_told_apart_by_their_ids() {
    let folder = Folder::new("accounts");
    let other = LINE.replace("10000000-0000-4000-8000-000000000001", "10000000-0000-4000-8000-000000000002");
    let suspend = |account: &str| {
        format!(
            r#"{{"at": "2025-01-01T00:00:00Z", "actor": "operator", "command": {{"type": "suspend", "reason": "x"}}{account}}}"#
        )
    };
    let named = suspend(r#", "account": "10000000-0000-4000-8000-000000000002""#);
    let script = folder.write("script.jsonl", format!("{LINE}}}\n{other}}}\n{named}\n"));
    let log = folder.place("log.jsonl");
    let ended = prepaid(&["play", &script, "--log", &log]);
    assert_eq!(ended.status, 0, "{}", ended.err);
    let seqs: Vec<Value> =
        chained(&fs::read_to_string(&log).expect("there")).iter().map(|batch| batch["seq"].clone()).collect();
    assert_eq!(seqs, [1, 1, 2]);

    let script = folder.write("script.jsonl", format!("{LINE}}}\n{other}}}\n{}\n", suspend("")));
    let ended = prepaid(&["play", &script]);
    assert_eq!((ended.status, ended.out.as_str()), (2, ""));
    assert!(ended.err.contains("script.jsonl:3: field account is missing"), "{}", ended.err);
}

#[test]
fn the_example_with_listed_prices_ends_as_it_expects() {
    let play = ["play", "examples/listed-prices.jsonl", "--prices", "examples/prices/tokens.toml"];
    let Ended { status, err, .. } = prepaid(&play);
    assert_eq!(status, 0, "{err}");
    assert!(prepaid(&["play", "--help"]).out.contains(&play.join(" ")));
}

#[test]
fn a_log_is_a_new_file_or_nothing_runs() {
    let folder = Folder::new("new-log");
    let script = folder.write("script.jsonl", format!("{LINE}}}\n"));
    let other = folder.write("other.jsonl", "mine");
    for (log, said) in [
        (script.clone(), "is one of the inputs"),
        (other, "exists already: must be a new file"),
        (folder.place("."), "exists and is no regular file"),
    ] {
        let ended = prepaid(&["play", &script, "--log", &log]);
        assert_eq!((ended.status, ended.out.as_str()), (2, ""), "{log}");
        assert!(ended.err.contains(said), "{}", ended.err);
    }
    assert_eq!(folder.read("other.jsonl"), "mine");
}

#[cfg(target_os = "linux")]
#[test]
fn the_log_is_written_whatever_becomes_of_the_output() {
    let folder = Folder::new("output");
    let run = |name: &str, out: std::process::Stdio| {
        let log = folder.place(name);
        let mut run = std::process::Command::new(env!("CARGO_BIN_EXE_prepaid"));
        run.args(["play", "examples/first-day.jsonl", "--log", &log]).current_dir(root()).stdout(out);
        run.status().expect("it starts").code()
    };
    let (reader, writer) = std::io::pipe().expect("a pipe");
    drop(reader);
    assert_eq!(run("closed", writer.into()), Some(0));
    let full = fs::OpenOptions::new().write(true).open("/dev/full").expect("a full device");
    assert_eq!(run("full", full.into()), Some(3));
    assert!(folder.read("closed") == folder.read("full") && !chained(&folder.read("full")).is_empty());
}

#[test]
fn a_call_is_priced_at_the_accounts_time_where_the_lines_is_earlier() {
    let folder = Folder::new("late-line");
    let prices = folder.write(
        "prices.toml",
        "currency = \"USD\"\n[[version]]\nfrom = \"2025-01-01T00:00:00Z\"\nitems.image.images.price = \"0.05\"\n\
         [[version]]\nfrom = \"2025-01-01T09:05:02Z\"\nitems.image.images.price = \"0.07\"\n",
    );
    let mut script = text_of("examples/first-day.jsonl").lines().take(8).collect::<Vec<_>>().join("\n");
    script.push_str(
        "\n{\"at\": \"2025-01-01T08:00:00Z\", \"actor\": \"gateway\", \"command\": {\"type\": \"charge_call\", \
         \"call\": \"40000000-0000-4000-8000-000000000009\", \"key\": \"30000000-0000-4000-8000-000000000001\", \
         \"quote\": {\"item\": \"image\", \"quantities\": {\"images\": 1}}}, \"expect\": [\"call_charged\"]}",
    );
    let script = folder.write("script.jsonl", script);
    let ended = prepaid(&["play", &script, "--prices", &prices]);
    assert_eq!(ended.status, 0, "{}", ended.err);
    assert_eq!(ended.lines().last().expect("a line")["balance"]["posted"], "19.93");
    let euro = folder.write("euro.toml", folder.read("prices.toml").replace("USD", "EUR"));
    let ended = prepaid(&["play", &script, "--prices", &euro]);
    assert!(ended.status == 2 && ended.err.contains("field currency is EUR"), "{}", ended.err);
}

#[test]
fn calls_are_priced_by_the_list_in_force_at_the_lines_instant() {
    let folder = Folder::new("priced");
    let prices = folder.write(
        "prices.toml",
        "currency = \"USD\"\n[[version]]\nfrom = \"2025-01-01T00:00:00Z\"\nitems.image.images.price = \"0.05\"\n\
         [[version]]\nfrom = \"2025-01-01T12:00:00Z\"\nitems.image.images.price = \"0.07\"\n",
    );
    let mut script = text_of("examples/first-day.jsonl").lines().take(8).collect::<Vec<_>>().join("\n");
    for (n, at) in ["11:59:59", "12:00:00"].iter().enumerate() {
        write!(
            script,
            "\n{{\"at\": \"2025-01-01T{at}Z\", \"actor\": \"gateway\", \"command\": {{\"type\": \"charge_call\", \
             \"call\": \"40000000-0000-4000-8000-00000000000{n}\", \"key\": \"30000000-0000-4000-8000-000000000001\", \
             \"quote\": {{\"item\": \"image\", \"quantities\": {{\"images\": 2}}}}}}}}"
        )
        .expect("a text takes everything");
    }
    let script = folder.write("script.jsonl", script);
    let ended = prepaid(&["play", &script, "--prices", &prices]);
    assert_eq!(ended.status, 0, "{}", ended.err);
    let posted: Vec<Value> =
        ended.lines().iter().rev().take(2).map(|line| line["balance"]["posted"].clone()).collect();
    assert_eq!(posted, ["19.76", "19.9"]);

    let ended = prepaid(&["play", &script]);
    assert_eq!(ended.status, 2);
    assert!(
        ended.err.contains("script.jsonl:9: field command.quote.item is \"image\": needs a price list"),
        "{}",
        ended.err
    );
}
