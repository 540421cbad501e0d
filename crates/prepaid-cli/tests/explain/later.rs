//! What time has changed, and is not in the log yet; the form of what is said; and what cannot be explained.

use serde_json::json;

use crate::program::{Folder, prepaid};
use crate::{begun, call, explain, funded, played, says};

/// An account closed with a debt: both disputes took more than was left, and are lost.
fn closed_with_a_debt() -> String {
    let open = |id: &str| json!({"type": "open_dispute", "dispute": id, "charge": 1, "amount": "10"});
    let lost = |id: &str| json!({"type": "close_dispute", "dispute": id, "outcome": "lost"});
    funded(&[
        ("owner", json!({"type": "set_top_up", "enabled": false})),
        ("gateway", call("charge_call", 1, "5")),
        ("provider", open("dp_1")),
        ("owner", json!({"type": "close"})),
        ("provider", open("dp_2")),
        ("provider", lost("dp_1")),
        ("provider", lost("dp_2")),
    ])
}

/// The disputed card is linked again, after another had ended the pause.
fn disputed_again() -> String {
    let link = |token: &str| {
        json!({"type": "link_payment_method", "token": token, "fingerprint": token, "brand": "visa", "last_four": "4242",
            "expires": "2028-11"})
    };
    funded(&[
        ("provider", json!({"type": "open_dispute", "dispute": "dp_1", "charge": 1, "amount": "5"})),
        ("owner", link("fp_2")),
        ("owner", link("fp_1")),
        ("gateway", call("charge_call", 1, "8")),
    ])
}

#[test]
fn what_comes_later_is_explained_as_of_then() {
    let folder = Folder::new("explain-later");
    let refund = funded(&[("owner", json!({"type": "refund", "charge": 1, "amount": "5"}))]);
    let grant = json!({"type": "issue_grant", "grant": "50000000-0000-4000-8000-000000000001", "amount": "5",
        "source": "promotion", "effective_at": "2025-01-03T00:00:00Z", "expires_at": "2025-02-01T00:00:00Z"});
    let armed = funded(&[("owner", json!({"type": "set_notice", "level": "5"}))]);
    let rows = [
        (
            begun(5),
            "charge 1 of 20.00 (the initial funding) is open, its outcome unknown: it is only looked up, until there \
                    is a result or evidence (F3)",
        ),
        (begun(5), "to be done at the payment provider: look up charge 1 (K5)"),
        (
            refund,
            "refund 1 of 5.00 of charge 1 is under way: it is only looked up, until there is a result (G1)",
        ),
        (
            funded(&[("operator", grant)]),
            "next change by time alone: 2025-01-03 00:00:00, grant ..0001 becomes credit (K3)",
        ),
        (armed, "a low balance is noticed at 5.00 or below (I2)"),
        (closed_with_a_debt(), "a debt of 5.00 stays on record, which the operator may write off (J2)"),
        (disputed_again(), "no top-up: the payment method is disputed (G4)"),
    ];
    for (script, sentence) in rows {
        let log = played(&folder, &script, None);
        let said = says(&log, "2025-01-02T12:00:00Z", &[]);
        assert!(said.iter().any(|said| said == sentence), "{sentence:?} is not in {said:#?}");
    }
}

#[test]
fn a_bar_on_the_payment_method_is_told_with_its_end() {
    let folder = Folder::new("explain-bar");
    let policy = folder.write("policy.json", r#"{"failures_bound": 1}"#);
    let failed = json!({"type": "charge_failed", "charge": 2, "decline": "soft", "reason": "no"});
    let log = played(
        &folder,
        &funded(&[("gateway", call("charge_call", 1, "12")), ("provider", failed)]),
        Some(&policy),
    );
    let said = says(&log, "2025-01-02T00:00:00Z", &["--policy", &policy]);
    for sentence in [
        "no top-up: the payment method is barred until 2025-01-31 10:00:00 after too many failures (F5)",
        "next change by time alone: 2025-01-31 10:00:00, the bar on the payment method ends (K3)",
    ] {
        assert!(said.iter().any(|said| said == sentence), "{sentence:?} is not in {said:#?}");
    }
}

#[test]
fn outdated_terms_are_told_with_the_end_of_their_grace() {
    let folder = Folder::new("explain-outdated");
    let log = played(&folder, &funded(&[]), None);
    let policy = folder.write(
        "policy.json",
        r#"{"terms_required": "TOS_2", "terms_required_since": "2025-01-10T00:00:00Z", "terms_grace": "30d"}"#,
    );
    let start = "the terms TOS_2 are not accepted: no new key, no manual top-up, no settings;";
    for (at, rest, calls) in [
        (
            "2025-01-20T00:00:00Z",
            "calls and automatic charges go on until 2025-02-09 00:00:00 (A6)",
            "calls are admitted as long as 20.00 of available credit covers them (D8)",
        ),
        (
            "2025-02-09T00:00:00Z",
            "since 2025-02-09 00:00:00 calls are refused and nothing is charged (A6)",
            "calls are refused: the terms are outdated, and their grace is over (D2)",
        ),
    ] {
        let said = says(&log, at, &["--policy", &policy]);
        assert_eq!(said[..2], [format!("{start} {rest}"), calls.to_string()]);
    }
}

#[test]
fn what_is_due_and_not_in_the_log_counts_as_done_and_is_told() {
    let folder = Folder::new("explain-undone");
    let log = played(&folder, &funded(&[("gateway", call("authorize_call", 1, "2"))]), None);
    let said = says(&log, "2025-01-01T12:00:00Z", &[]);
    let undone = "due by now and not in the log, told as done: call ..0001 expired: its hold is free, it may be settled \
                  until 2025-01-02 11:00:00 (K3)";
    assert!(said.contains(&undone.to_string()), "{said:#?}");
    assert!(
        said.contains(&"1 call has expired and may be settled until 2025-01-02 11:00:00 (D6)".to_string())
    );
}

#[test]
fn json_has_one_object_an_account_and_words_have_the_same() {
    let folder = Folder::new("explain-json");
    let log = folder.place("log.jsonl");
    let sample = "examples/customers/sample.jsonl";
    assert_eq!(prepaid(&["import", sample, "--at", "2025-03-01T00:00:00Z", "--log", &log]).status, 0);
    let ended = explain(&log, "2025-03-01T00:01:00Z", &[]);
    let told = ended.lines();
    assert_eq!(told.len(), 4, "the fifth is opened later");
    let third = json!({
        "account": "10000000-0000-4000-8000-000000000003",
        "at": "2025-03-01T00:01:00Z",
        "stage": "active",
        "balance": {"posted": "3.075", "held": "0", "available": "3.075"},
        "says": [
            {"rule": "D8", "text": "calls are admitted as long as 3.075 of available credit covers them"},
            {"rule": "F3", "text": "charge 1 of 16.93 (a top-up) is open, its outcome unknown: it is asked until 2025-03-01 23:00:00, and then only looked up"},
            {"rule": "K5", "text": "to be done at the payment provider: ask for charge 1 of 16.93"},
            {"rule": "H2", "text": "grant ..0003 (migration): 3.075 left of 3.075"},
            {"rule": "H2", "text": "0.00 of what was bought is left and not held"},
            {"rule": "K3", "text": "next change by time alone: 2025-03-01 23:00:00, charge 1 is only looked up"},
        ],
        "waits_until": "2025-03-01T23:00:00Z",
    });
    assert_eq!(told[2], third);

    let only = ["--account", "10000000-0000-4000-8000-000000000004"];
    let told = explain(&log, "2025-03-01T00:01:00Z", &only).lines();
    assert_eq!((told.len(), &told[0]["account"]), (1, &json!(only[1])));
    assert!(told[0].get("waits_until").is_none());
    let words = explain(&log, "2025-03-01T00:01:00Z", &["--text", "--account", only[1]]);
    for said in [
        "10000000-0000-4000-8000-000000000004  active at 2025-03-01 00:01:00",
        "  balance 0.00",
        "  - no top-up: it is off (E6)",
    ] {
        assert!(words.out.contains(said), "{said:?} is not in {}", words.out);
    }
}

#[test]
fn what_cannot_be_explained_is_refused_with_its_place() {
    let folder = Folder::new("explain-wrong");
    let log = played(&folder, &funded(&[]), None);
    let text = folder.read("told.jsonl");
    let lines: Vec<&str> = text.lines().collect();
    let id = "10000000-0000-4000-8000-000000000001";
    let unknown = "10000000-0000-4000-8000-000000000009";
    let rows: [(&[&str], String); 5] = [
        (
            &["--at", "2025-01-02T00:00:00Z", "--account", unknown],
            format!("option --account is {unknown}: is not in the log: must be one of {id}"),
        ),
        (
            &["--at", "2024-01-01T00:00:00Z", "--account", id],
            format!("option --account is {id}: is opened at 2025-01-01 09:00:00 only"),
        ),
        (&["--at", "tomorrow"], "must be an RFC 3339 time".into()),
        (&["--at", "2025-01-02T00:00:00Z", "--account", "12"], "invalid value '12' for '--account".into()),
        (&["--at", "2025-01-02T00:00:00Z", "--policy", "nowhere.json"], "cannot read nowhere.json".into()),
    ];
    for (more, said) in rows {
        let mut arguments = vec!["explain", log.as_str()];
        arguments.extend(more);
        let ended = prepaid(&arguments);
        assert!(
            ended.status == 2 && ended.out.is_empty() && ended.err.contains(&said),
            "{said:?}: {}",
            ended.err
        );
    }
    let replaced = |n: usize, from: &str, to: &str| {
        let changed =
            |(at, line): (usize, &&str)| if at == n { line.replace(from, to) } else { (*line).to_string() };
        lines.iter().enumerate().map(changed).collect::<Vec<_>>().join("\n")
    };
    let broken = [
        (replaced(1, "{", "["), "log.jsonl:2: the line is no JSON object"),
        (
            replaced(1, "\"at\":\"2025", "\"at\":\"x2025"),
            "log.jsonl:2: field at: \"x2025-01-01T09:00:00Z\" must be an RFC 3339",
        ),
        (
            replaced(1, "terms_accepted", "terms_accepted2"),
            "log.jsonl:2: field events[1].type: \"terms_accepted2\" is unknown",
        ),
        (replaced(1, "\"by\":\"Ada\"", "\"by\":7"), "log.jsonl:2: field events[1].by is 7: must be a text"),
        (replaced(1, "\"seq\":2", "\"seq\":3"), "log.jsonl:2: field seq is 3: must be 2, the account's next"),
        (
            replaced(2, "use_chosen\",\"use\":\"personal\"", "account_resumed\""),
            "log.jsonl:3: field events: account_resumed cannot have happened to an account that is agreed",
        ),
    ];
    for (text, said) in broken {
        let file = folder.write("log.jsonl", text);
        let ended = explain(&file, "2025-01-02T00:00:00Z", &[]);
        assert!(
            ended.status == 2 && ended.out.is_empty() && ended.err.contains(said),
            "{said:?}: {}",
            ended.err
        );
    }
    let newer = folder.write("log.jsonl", text.replace("\"request\":null", "\"request\":null,\"later\":1"));
    assert_eq!(explain(&newer, "2025-01-02T00:00:00Z", &[]).status, 0, "what programs add later is ignored");
    let euros = folder.write("policy.json", r#"{"currency": "EUR", "id": "euros"}"#);
    let ended = explain(&log, "2025-01-02T00:00:00Z", &["--policy", &euros]);
    assert!(
        ended.err.contains("option --policy has the currency EUR: must be the account's, USD"),
        "{}",
        ended.err
    );
    let other = folder.write("policy.json", r#"{"id": "mine"}"#);
    let ended = explain(&log, "2025-01-02T00:00:00Z", &["--policy", &other]);
    let warning = "the log was written under the policy \"documented\", and this is told by \"mine\"";
    assert!(ended.status == 0 && ended.err.contains(warning), "{}", ended.err);
    let ended = explain(&log, "2024-01-01T00:00:00Z", &[]);
    assert!(ended.status == 0 && ended.err.contains("no account was opened by 2024-01-01"), "{}", ended.err);
}
