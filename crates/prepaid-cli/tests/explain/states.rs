//! The states an account can be in, from the stories of the examples and from short ones, and all that is said in them.

use serde_json::json;

use crate::program::{Folder, text_of};
use crate::{KEY, begun, call, funded, line, played, says};

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
