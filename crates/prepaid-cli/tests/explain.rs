//! `prepaid explain`: for every state the sentences that say why, with their rules, and what is waited for.
#![expect(clippy::expect_used, clippy::indexing_slicing, reason = "tests")]

mod program;

use program::{Ended, Folder, prepaid, text_of};
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

/// Stories of the examples, an instant of each, and what is said then.
const EXAMPLES: &[(&str, &str, &[&str])] = &[
    (
        "declined-card",
        "2025-01-01T10:00:01Z",
        &[
            "calls are admitted as long as 10.00 of available credit covers them (D8)",
            "charge 2 of 10.00 (a top-up) is open, its outcome unknown: it is asked until 2025-01-02 09:00:00, and then \
             only looked up (F3)",
            "to be done at the payment provider: ask for charge 2 of 10.00 (K5)",
            "next change by time alone: 2025-01-02 09:00:00, charge 2 is only looked up (K3)",
        ],
    ),
    (
        "declined-card",
        "2025-01-01T10:30:00Z",
        &[
            "calls are admitted as long as 9.00 of available credit covers them (D8)",
            "no top-up: retry due 2025-01-01 11:00:02 after a soft decline (F5)",
            "next change by time alone: 2025-01-01 11:00:02, the wait after a soft decline ends (K3)",
        ],
    ),
    (
        "declined-card",
        "2025-01-06T08:30:00Z",
        &[
            "calls are admitted as long as 1.00 of available credit covers them (D8)",
            "no top-up: paused after the last retry was declined; a succeeded charge, another payment method or a \
             reactivation ends the pause (F5)",
            "nothing changes by time alone (K3)",
        ],
    ),
    (
        "grants",
        "2025-01-31T23:45:00Z",
        &[
            "calls are admitted as long as 34.50 of available credit covers them (D8)",
            "1 call is open and holds 2.50 of 37.00; it expires 2025-02-01 00:30:00 (D6)",
            "no top-up: 37.00 is above the threshold of 10.00 (E1)",
            "grant ..0001 (promotion): 1.50 left and 2.50 held of 5.00, expires 2025-02-01 00:00:00 (H3)",
            "grant ..0004 (loyalty): 3.00 left of 3.00, expires 2025-03-01 00:00:00 (H3)",
            "grant ..0003 (reserve): 10.00 left of 10.00 (H2)",
            "20.00 of what was bought is left and not held (H2)",
            "next change by time alone: 2025-02-01 00:00:00, grant ..0001 expires (K3)",
        ],
    ),
    (
        "grants",
        "2025-02-01T00:05:00Z",
        &["grant ..0001 has ended; 2.50 of it is held, and gone when it is given back (H3)"],
    ),
    ("grants", "2025-01-05T00:00:00Z", &["grant ..0004: 3.00 become credit at 2025-01-10 00:00:00 (H1)"]),
    (
        "limits",
        "2025-01-29T12:00:00Z",
        &["key ..0001 is refused: it has used 15.00 of its 15.00 a day, until 2025-01-30 00:00:00 (C6)"],
    ),
    (
        "limits",
        "2025-01-30T11:01:00Z",
        &[
            "calls with a price are refused until 2025-02-01 00:00:00: 60.00 of the month's 60.00 are used (I1)",
            "the account has used 60.00 of its 60.00 a month, until 2025-02-01 00:00:00 (I1)",
        ],
    ),
    (
        "limits",
        "2025-01-30T12:00:00Z",
        &[
            "no top-up: the cap of 1 a day leaves no room until 2025-01-31 00:00:00 (E7)",
            "next change by time alone: 2025-01-31 00:00:00, the next window of the cap begins (K3)",
        ],
    ),
    (
        "limits",
        "2025-01-31T12:00:00Z",
        &["no top-up: the cap of 35.00 a month leaves no room until 2025-02-01 00:00:00 (E7)"],
    ),
    (
        "refunds-and-disputes",
        "2025-01-02T09:01:02Z",
        &[
            "no top-up: paused after a refund; a succeeded manual top-up, another payment method or a reactivation ends \
             the pause (G4)",
            "to be done at the payment provider: send refund 1, 5.00 of charge 1 (K5)",
            "refund 1 of 5.00 of charge 1 is under way: it is asked until 2025-01-03 08:01:00, and then only looked up (G1)",
            "next change by time alone: 2025-01-03 08:01:00, refund 1 is only looked up (K3)",
        ],
    ),
    (
        "refunds-and-disputes",
        "2025-02-10T00:00:00Z",
        &[
            "calls are refused: a debt of 1.00 stands (D2)",
            "no top-up: paused after a dispute; while dispute dp_2 stands, only another payment method or the operator's \
             reactivation ends the pause (G4)",
            "refund 2 of 2.00 of charge 1 failed: its credit is back (G1)",
            "dispute dp_2 of 12.00 of charge 3 is open: waits for its outcome (G2)",
        ],
    ),
    (
        "refunds-and-disputes",
        "2025-02-15T12:00:00Z",
        &[
            "dispute dp_2 of 12.00 of charge 3 was lost: nothing is asked of its payment method until the operator \
           reactivates (G4)",
        ],
    ),
    (
        "closing",
        "2025-01-03T09:35:00Z",
        &[
            "closing: waits for 2 open calls (J2)",
            "then grants are taken back and what was bought is sent back; nothing is admitted or charged (J2)",
            "2 calls are open and hold 1.50 of 12.00; the first expires 2025-01-03 10:20:00 (D6)",
            "next change by time alone: 2025-01-03 10:20:00, call ..0002 expires and call ..0003 expires (K3)",
        ],
    ),
    (
        "closing",
        "2025-01-03T12:00:00Z",
        &[
            "closing: waits for 1 expired call that may still be settled (J2)",
            "1 call has expired and may be settled until 2025-01-04 10:20:00 (D6)",
            "next change by time alone: 2025-01-04 10:20:00, call ..0003 can no longer be settled (K3)",
        ],
    ),
    (
        "closing",
        "2025-01-05T00:00:00Z",
        &[
            "closed: only results of the payment provider still count (J2)",
            "10.00 is owed to the owner: waits for the operator to refund it (J2)",
            "nothing changes by time alone (K3)",
        ],
    ),
    ("closing", "2025-01-06T09:00:01Z", &["1 refund under way to the owner (J2)"]),
    (
        "suspended",
        "2025-01-01T10:09:30Z",
        &[
            "suspended (unusual spending, please call us): no call, no key and no charge until the operator resumes; what \
             is open runs to its end (J1)",
            "calls are refused: the account is suspended (D2)",
            "no top-up: the account is suspended (J1)",
            "nothing changes by time alone (K3)",
        ],
    ),
    (
        "late-success",
        "2025-01-01T11:00:32Z",
        &[
            "charge 3 of 12.00 (a top-up) is being cancelled, because an earlier charge succeeded late; its ending counts \
             as no decline (F1)",
            "to be done at the payment provider: cancel charge 3 (K5)",
        ],
    ),
];

#[test]
fn the_states_of_the_examples_are_explained() {
    let folder = Folder::new("explain-examples");
    for (story, at, sentences) in EXAMPLES {
        let log = played(&folder, &text_of(&format!("examples/scripts/{story}.jsonl")), None);
        let said = says(&log, at, &[]);
        for sentence in *sentences {
            assert!(
                said.iter().any(|said| said == sentence),
                "{story} at {at}: {sentence:?} is not in {said:#?}"
            );
        }
        let wanted: Vec<&String> = said.iter().filter(|said| sentences.contains(&said.as_str())).collect();
        assert_eq!(wanted, sentences.to_vec(), "{story} at {at}: in another order");
    }
}

/// States no example comes to, and all that is said in them.
fn others() -> Vec<(String, &'static [&'static str])> {
    let failed = json!({"type": "charge_failed", "charge": 1, "decline": "hard", "reason": "stolen"});
    let acts = json!({"type": "charge_action_required", "charge": 2, "reference": "pi_2"});
    let other = json!({"type": "charge_succeeded", "charge": 2, "amount": "9", "reference": "pi_2"});
    let fires = ("gateway", call("charge_call", 1, "12"));
    vec![
        (begun(1), &["not active yet: waits for the terms TOS_2024_04_20 to be accepted (A2)"]),
        (begun(2), &["not active yet: waits for the use to be chosen (A2)"]),
        (begun(3), &["not active yet: waits for a payment method to be linked (A2)"]),
        (
            begun(4),
            &["not active yet: waits for a first key, which asks for the initial funding, up to 20.00 (B1)"],
        ),
        (
            begun(5),
            &[
                "not active yet: key ..0001 works as soon as charge 1 has succeeded (B1)",
                "charge 1 of 20.00 (the initial funding) is open, its outcome unknown: it is asked until 2025-01-02 \
                 08:00:00, and then only looked up (F3)",
                "to be done at the payment provider: ask for charge 1 of 20.00 (K5)",
                "next change by time alone: 2025-01-02 08:00:00, charge 1 is only looked up (K3)",
            ],
        ),
        (
            begun(5)
                + &line(
                    "2025-01-01T09:01:00Z",
                    "owner",
                    &json!({"type": "revoke_key", "key": KEY, "reason": "leaked"}),
                ),
            &["not active yet: the first key was revoked before it worked, and its charge 1 runs on (B2)"],
        ),
        (
            begun(5) + &line("2025-01-01T09:01:00Z", "provider", &failed),
            &["charge 1 failed, so the first key that waited for it is forgotten (B3)"],
        ),
        (
            funded(&[fires.clone(), ("provider", acts)]),
            &[
                "calls are admitted as long as 8.00 of available credit covers them (D8)",
                "charge 2 of 12.00 (a top-up) waits for the owner to act; it is cancelled at 2025-01-02 10:00:00 otherwise (F4)",
                "next change by time alone: 2025-01-02 10:00:00, charge 2 is cancelled (K3)",
            ],
        ),
        (
            funded(&[fires.clone(), ("operator", json!({"type": "cancel_charge", "charge": 2}))]),
            &["charge 2 of 12.00 (a top-up) is being cancelled: waits for the provider's answer (F4)"],
        ),
        (
            funded(&[fires, ("provider", other)]),
            &[
                "charge 2 of 12.00 (a top-up) was reported with 9.00: waits for the operator to resolve it by evidence (F2)",
            ],
        ),
        (
            funded(&[
                ("owner", json!({"type": "set_top_up", "enabled": false})),
                ("gateway", call("charge_call", 1, "20")),
            ]),
            &[
                "calls with a price are refused: no credit is available, and 0.00 is held (D8)",
                "no top-up: it is off (E6)",
                "nothing changes by time alone (K3)",
            ],
        ),
        (
            funded(&[("owner", json!({"type": "revoke_key", "key": KEY, "reason": "leaked"}))]),
            &["no call can be made: no key works (1 revoked) (C7)"],
        ),
        (
            funded(&(0..10).map(|n| ("gateway", call("authorize_call", n, "1"))).collect::<Vec<_>>()),
            &[
                "calls that take a place are refused: 10 of 10 are taken (D2)",
                "10 calls are open and hold 10.00 of 20.00; the first expires 2025-01-01 11:00:00 (D6)",
            ],
        ),
        (
            funded(&[
                ("owner", json!({"type": "set_notice", "level": "15"})),
                ("gateway", call("charge_call", 1, "6")),
            ]),
            &["a low balance was noticed, and will be again once it has been above 15.00 (I2)"],
        ),
        (
            funded(&[
                ("gateway", call("authorize_call", 1, "2")),
                ("provider", json!({"type": "open_dispute", "dispute": "dp_1", "charge": 1, "amount": "3"})),
                ("owner", json!({"type": "close"})),
            ]),
            &["closing: waits for 1 open call and dispute dp_1 (J2)"],
        ),
    ]
}

#[test]
fn the_states_no_example_comes_to_are_explained() {
    let folder = Folder::new("explain-others");
    for (script, sentences) in others() {
        let log = played(&folder, &script, None);
        let said = says(&log, "2025-01-01T10:10:00Z", &[]);
        for sentence in sentences {
            assert!(said.iter().any(|said| said == sentence), "{sentence:?} is not in {said:#?}");
        }
    }
}

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
