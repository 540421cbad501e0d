//! `prepaid changes` and `prepaid export`: what a store holds, to the last batch, in the order of commits.
#![expect(
    clippy::arithmetic_side_effects,
    clippy::disallowed_methods,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "tests look at files and close pipes"
)]

mod program;

use std::collections::BTreeMap;
use std::fs;
use std::io::Read as _;
#[cfg(unix)]
use std::os::unix::fs::PermissionsExt as _;
use std::process::Stdio;

use prepaid::{
    AccountId, Action, Actor, CallId, Command, Currency, Digest, GrantId, KeyId, OwnerId, Policy, Quote,
    UseKind,
};
use prepaid_runtime::{Options, Runtime, Submission, SystemClock, Untouched};
use prepaid_sqlite::SqliteStore;
use program::{Folder, prepaid, root};
use serde_json::Value;
use uuid::Uuid;

const ACCOUNTS: u128 = 3;
const CALLS: u128 = 6;

/// What one account does: opened, taken over from elsewhere, given credit, and charged for calls.
fn life(n: u128) -> Vec<Command> {
    let id = |of: u128| Uuid::from_u128(of * 1_000 + n);
    let text = |text: &str| text.parse().expect("a text");
    let mut life = vec![
        Action::Open { account: account(n), owner: OwnerId(id(2)), currency: None }.by(Actor::Owner),
        Action::AcceptTerms {
            version: "TOS_2024_04_20".parse().expect("a version"),
            by: text("Ada"),
            entity: None,
        }
        .by(Actor::Owner),
        Action::ChooseUse { kind: UseKind::Personal, billing_ref: None, billing_digest: None }
            .by(Actor::Owner),
        Action::LinkPaymentMethod {
            token: "pm_1".parse().expect("a token"),
            fingerprint: None,
            brand: "visa".parse().expect("a brand"),
            last_four: "4242".parse().expect("four digits"),
            expires: "2031-01".parse().expect("a month"),
        }
        .by(Actor::Owner),
        Action::SetTopUp {
            threshold: None,
            target: None,
            enabled: Some(false),
            monthly_cap: prepaid::Setting::default(),
            daily_count: prepaid::Setting::default(),
        }
        .by(Actor::Owner),
        Action::IssueGrant {
            grant: GrantId(id(5)),
            amount: "3".parse().expect("an amount"),
            source: text("welcome"),
            priority: 0,
            effective_at: None,
            expires_at: None,
        }
        .by(Actor::Operator),
        Action::Migrate { reference: text("old") }.by(Actor::Operator),
        Action::CreateKey {
            key: KeyId(id(3)),
            digest: Digest([u8::try_from(n).expect("few accounts"); 32]),
            shown: "ppk_A1b2".parse().expect("a shown part"),
            label: None,
            expires_at: None,
        }
        .by(Actor::Owner),
    ];
    life.extend((0..CALLS).map(|call| {
        let quote = Quote::agreed("0.06".parse().expect("an amount"), Currency::USD, text("contract 7"));
        Action::ChargeCall { call: CallId(id(100 + call)), key: KeyId(id(3)), quote }.by(Actor::Gateway)
    }));
    life
}

fn account(n: u128) -> AccountId {
    AccountId(Uuid::from_u128(1_000 + n))
}

/// A store in which several accounts took turns; how many batches it has.
fn store(folder: &Folder, name: &str) -> (String, usize) {
    let file = folder.place(name);
    let store = SqliteStore::open(&file).expect("a store");
    let (clock, options) = (SystemClock::default(), Options::default());
    let runtime = Runtime::start(store, Untouched, Policy::default(), clock, options).expect("it starts");
    let lives: Vec<Vec<Command>> = (1..=ACCOUNTS).map(life).collect();
    let mut batches = 0;
    for turn in 0..lives[0].len() {
        for (n, life) in (1..=ACCOUNTS).zip(&lives) {
            let submission = Submission::new(account(n), life[turn].clone());
            let request = format!("turn {turn}").parse().expect("a request's id");
            let answer =
                runtime.handle().submit(submission.with_request(request)).expect("there is room").wait();
            batches += usize::from(!answer.expect("it is accepted").batch.events.is_empty());
        }
    }
    runtime.shut_down();
    (file, batches)
}

#[test]
fn an_exported_log_is_accepted_with_its_head_and_a_changed_character_is_found() {
    let folder = Folder::new("export");
    let (file, batches) = store(&folder, "accounts.db");
    let log = folder.place("log.jsonl");
    let exported = prepaid(&["export", &file, "--out", &log]);
    assert_eq!((exported.status, exported.err.as_str()), (0, ""));
    // It names owners and payment tokens.
    #[cfg(unix)]
    assert_eq!(fs::metadata(&log).map(|of| of.permissions().mode() & 0o777).ok(), Some(0o600));
    let (told, text) = (exported.value(), folder.read("log.jsonl"));
    assert_eq!(told["lines"].as_u64().map(usize::try_from), Some(Ok(batches)));
    assert_eq!(text.lines().count(), batches);
    let head = told["head"].as_str().expect("a head");

    let audited = prepaid(&["audit", &log, "--head", head]);
    assert_eq!(audited.status, 0, "{}", audited.err);
    assert_eq!(audited.value()["accounts"], 3);
    // Three times 3.00 given, and six calls at 0.06.
    assert_eq!(audited.value()["currencies"]["USD"]["posted"], "7.92");
    let forged = folder.write("forged.jsonl", text.replacen("\"amount\":\"3\"", "\"amount\":\"4\"", 1));
    assert_eq!(prepaid(&["audit", &forged]).status, 1);
    let shorter: String = text.split_inclusive('\n').take(batches - 1).collect();
    let shorter = folder.write("shorter.jsonl", shorter);
    assert_eq!(prepaid(&["audit", &shorter]).status, 0, "only the head tells that an end is missing");
    assert_eq!(prepaid(&["audit", &shorter, "--head", head]).status, 1);

    let printed = prepaid(&["export", &file]);
    assert_eq!((printed.status, printed.out.as_str()), (0, text.as_str()));
    assert!(printed.err.contains(head), "{}", printed.err);
}

#[test]
fn the_log_of_one_account_is_accepted_too() {
    let folder = Folder::new("export-account");
    let (file, batches) = store(&folder, "accounts.db");
    let id = account(2).to_string();
    let log = folder.place("one.jsonl");
    let exported = prepaid(&["export", &file, "--account", &id, "--out", &log]);
    assert_eq!(exported.status, 0, "{}", exported.err);
    let head = exported.value()["head"].as_str().expect("a head").to_string();
    let audited = prepaid(&["audit", &log, "--head", &head]).value();
    assert_eq!((audited["accounts"].as_u64(), audited["lines"].as_u64()), (Some(1), Some(14)));
    assert_eq!(audited["currencies"]["USD"]["posted"], "2.64");
    let text = folder.read("one.jsonl");
    assert_eq!(text.lines().count() * 3, batches);
    assert!(text.lines().all(|line| line.contains(&id)));
    let explained = prepaid(&["explain", &log, "--at", "2100-01-01T00:00:00Z"]);
    assert_eq!(explained.status, 0, "{}", explained.err);
}

#[test]
fn changes_resumed_page_by_page_give_each_batch_once_and_in_order() {
    let folder = Folder::new("changes");
    let (file, batches) = store(&folder, "accounts.db");
    let (mut all, mut after) = (Vec::new(), 0_u64);
    loop {
        let page = prepaid(&["changes", &file, "--after", &after.to_string(), "--limit", "4"]);
        assert_eq!((page.status, page.err.as_str()), (0, ""));
        let lines = page.lines();
        assert!(lines.len() <= 4);
        let Some(last) = lines.last() else { break };
        after = last["position"].as_u64().expect("a position");
        all.extend(lines);
    }
    assert_eq!(all.len(), batches);
    assert_eq!(prepaid(&["changes", &file]).lines(), all, "in one go as in pages");
    let positions: Vec<u64> = all.iter().filter_map(|line| line["position"].as_u64()).collect();
    assert!(positions.is_sorted_by(|one, next| one < next), "{positions:?}");
    let mut last: BTreeMap<&str, u64> = BTreeMap::new();
    for line in &all {
        let seq = last.entry(line["account"].as_str().expect("an id")).or_default();
        *seq += 1;
        assert_eq!(line["seq"], *seq);
        assert!(line["request"].as_str().is_some_and(|request| request.starts_with("turn ")));
    }
    let called = |line: &&Value| line["events"][0]["type"] == "call_charged";
    assert_eq!(all.iter().filter(called).count(), 18);
    let schema = prepaid(&["schema"]).value();
    let described = schema["$defs"]["change"]["properties"].as_object().expect("a description").keys();
    assert!(described.eq(all[0].as_object().expect("an object").keys()), "as the schema says");
    let log: Vec<Value> = prepaid(&["export", &file]).lines();
    for (line, logged) in all.iter().zip(&log) {
        let fields = ["account", "seq", "at", "request", "policy", "events", "posted", "held"];
        assert!(fields.iter().all(|field| line[*field] == logged[*field]), "{line} and {logged}");
    }
}

#[test]
fn changes_are_told_in_words() {
    let folder = Folder::new("changes-words");
    let (file, _) = store(&folder, "accounts.db");
    let told = prepaid(&["changes", &file, "--text", "--after", "18", "--limit", "1"]);
    assert_eq!(told.status, 0, "{}", told.err);
    let lines: Vec<&str> = told.out.lines().collect();
    assert!(lines[0].starts_with("19  20") && lines[0].ends_with("batch 7, request turn 6"), "{}", told.out);
    assert!(lines[0].contains(&account(1).to_string()), "{}", told.out);
    assert_eq!(lines.last().copied(), Some("    balance 3.00"));
}

#[test]
fn what_is_no_store_is_refused_and_nothing_is_written_over() {
    let folder = Folder::new("no-store");
    let (file, _) = store(&folder, "accounts.db");
    let bytes = fs::read(&file).expect("the store");
    let changed = |name: &str, at: usize, to: u8| {
        let mut bytes = bytes.clone();
        bytes[at] = to;
        folder.write(name, bytes)
    };
    // The places of `user_version` and `application_id` in the head of a SQLite file.
    let newer = changed("newer.db", 63, 99);
    let other = changed("other.db", 71, 0);
    let text = folder.write("text.db", "this is no database");
    let empty = folder.write("empty.db", "");
    let folder_itself = folder.place("");
    let no_store = "is no store: must be the SQLite file that prepaid-sqlite keeps";
    let missing = folder.place("missing.db");
    for verb in ["changes", "export"] {
        for (file, said) in [
            (&missing, "cannot read"),
            (&folder_itself, "is a directory: must be a file"),
            (&text, no_store),
            (&empty, no_store),
            (&other, "the file is a database of another program"),
            (&newer, "the store has schema 99, and this program knows 2: use a newer program"),
        ] {
            let ended = prepaid(&[verb, file]);
            assert_eq!((ended.status, ended.out.as_str()), (2, ""), "{verb} {file}");
            assert!(ended.err.contains(said) && ended.err.contains(file.as_str()), "{verb}: {}", ended.err);
        }
    }
    assert!(!folder.names().contains(&"missing.db".to_string()), "reading makes no store");

    let kept = folder.write("kept.jsonl", "kept");
    let ended = prepaid(&["export", &file, "--out", &kept]);
    assert_eq!(ended.status, 2);
    assert!(
        ended.err.contains("option --out is") && ended.err.contains("must be a new file"),
        "{}",
        ended.err
    );
    assert_eq!(folder.read("kept.jsonl"), "kept");
    let ended = prepaid(&["export", &file, "--out", &file]);
    assert!(ended.err.contains("is one of the inputs"), "{}", ended.err);

    let nobody = account(9).to_string();
    let ended = prepaid(&["export", &file, "--account", &nobody, "--out", &folder.place("nobody.jsonl")]);
    assert_eq!(ended.status, 2);
    let said = format!("option --account is {nobody}: must be an account of this store");
    assert!(ended.err.contains(&said), "{}", ended.err);
    assert!(!folder.names().iter().any(|name| name.contains("nobody")), "{:?}", folder.names());
    for wrong in [["--limit", "0"], ["--after", "-1"]] {
        assert_eq!(prepaid(&["changes", &file, wrong[0], wrong[1]]).status, 2, "{wrong:?}");
    }
}

#[test]
fn a_closed_pipe_is_no_failure() {
    let folder = Folder::new("store-pipe");
    let (file, _) = store(&folder, "accounts.db");
    for verb in ["changes", "export"] {
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_prepaid"));
        command.args([verb, &file]).current_dir(root()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("the program starts");
        drop(child.stdout.take());
        let mut said = String::new();
        child.stderr.take().expect("its errors").read_to_string(&mut said).expect("text");
        let status = child.wait().expect("it ends");
        assert!(status.success(), "{verb}: {status}: {said}");
        assert!(!said.contains("panicked"), "{verb}: {said}");
    }
}
