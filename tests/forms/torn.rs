//! Snapshots in which one thing does not fit the rest: each is refused, with the rule that does not hold.

use prepaid::Snapshot;
use serde_json::{Value, json};

use crate::golden::accounts;

/// What reading a snapshot says once something in the account has been changed.
fn torn(name: &str, tear: impl Fn(&mut Value)) -> String {
    let (_, account) = accounts().into_iter().find(|(other, _)| *other == name).unwrap();
    let mut snapshot = serde_json::to_value(Snapshot::of(&account)).unwrap();
    tear(snapshot.pointer_mut("/account/opened").unwrap());
    serde_json::from_value::<Snapshot>(snapshot)
        .map_or_else(|error| error.to_string(), |_| "it is read".into())
}

fn list(value: &mut Value) -> &mut Vec<Value> {
    value.as_array_mut().unwrap()
}

/// Adds a copy of the first item of a list, with some fields changed.
fn add(value: &mut Value, changed: &Value) {
    let mut copy = value[0].clone();
    for (field, value) in changed.as_object().unwrap() {
        copy[field] = value.clone();
    }
    list(value).push(copy);
}

/// The id of anything, by number.
fn id(n: u128) -> Value {
    json!(uuid::Uuid::from_u128(n))
}

#[track_caller]
fn refuses(name: &str, tear: impl Fn(&mut Value), words: &str) {
    let said = torn(name, tear);
    assert!(said.contains(words), "expected `{words}`, not: {said}");
}

#[test]
fn h2_lots_that_do_not_fit() {
    let refuses = |tear: fn(&mut Value), words: &str| refuses("granted", tear, words);
    refuses(|o| list(&mut o["lots"]["started"]).reverse(), "lots are not in burn order (H2)");
    refuses(|o| add(&mut o["lots"]["waiting"], &json!({"phase": "waiting"})), "two grants have one id (K6)");
    refuses(|o| o["lots"]["started"][1]["held"] = json!("0"), "a grant that is spent is still known (H1)");
    let left = "what is left of the grants is not the sum of their remainders (H2)";
    refuses(|o| o["lots"]["started"][1]["left"] = json!("1"), left);
    let grew = |o: &mut Value| {
        (o["lots"]["started"][1]["left"], o["lots"]["left"]) = (json!("5"), json!("5"));
    };
    refuses(grew, "a grant grew (H1)");
    refuses(
        |o| o["lots"]["started"][1]["held"] = json!("0.4"),
        "held is not what calls hold of the grant (H2)",
    );
    let credit = |o: &mut Value| {
        o["lots"]["started"][0]["issued"]["amount"] = json!("2");
        (o["lots"]["started"][0]["left"], o["lots"]["left"]) = (json!("0.5"), json!("0.5"));
    };
    refuses(credit, "credit of a grant that has ended (H3)");
    refuses(|o| o["lots"]["started"][0]["phase"] = json!("waiting"), "a grant waits that has started (H1)");
    let spent = "a grant was spent before it started (H1)";
    refuses(|o| o["lots"]["waiting"][0]["phase"] = json!("spendable"), spent);
    refuses(|o| o["lots"]["waiting"][0]["held"] = json!("1"), spent);
    refuses(|o| o["lots"]["waiting"][0]["left"] = json!("1"), spent);
    refuses(|o| o["lots"]["waiting"][0]["issued"]["effective_at"] = Value::Null, spent);
    let not_open = "a call that is not open holds credit of a grant (H2)";
    refuses(|o| o["lots"]["allotted"][0]["call"] = id(9), not_open);
    refuses(|o| add(&mut o["lots"]["allotted"], &json!({"grant": id(9)})), not_open);
    let more = |o: &mut Value| {
        o["calls"]["open"][0]["amount"] = json!("1");
        o["wallet"]["held"] = json!("1");
    };
    refuses(more, "a call holds more of grants than it holds (H2)");
    let beside = |o: &mut Value| {
        (o["lots"]["started"][1]["left"], o["lots"]["left"]) = (json!("0.1"), json!("0.1"));
        (o["wallet"]["settled"], o["wallet"]["posted"]) = (json!("39"), json!("-1"));
    };
    refuses(beside, "an unheld remainder beside a debt (H4)");
}

#[test]
fn d2_calls_that_do_not_fit() {
    let refuses = |tear: fn(&mut Value), words: &str| refuses("busy", tear, words);
    refuses(
        |o| o["calls"]["in_flight"] = json!(2),
        "places in flight are not the sum of the open calls (D2)",
    );
    let no_place = |o: &mut Value| {
        (o["calls"]["open"][0]["units"], o["calls"]["in_flight"]) = (json!(0), json!(0));
    };
    refuses(no_place, "an open call takes no place (D2)");
    let earlier = |o: &mut Value| {
        add(
            &mut o["calls"]["open"],
            &json!({"call": id(3), "amount": "0", "deadline": "2025-01-01T01:20:00Z"}),
        );
        o["calls"]["in_flight"] = json!(2);
    };
    refuses(earlier, "open calls are not in the order of their deadlines (D6)");
    let earlier = |o: &mut Value| {
        add(&mut o["calls"]["late"], &json!({"call": id(3), "late_until": "2025-01-02T00:30:00Z"}));
    };
    refuses(earlier, "late calls are not in the order of their windows (D6)");
    refuses(|o| o["calls"]["open"][0]["key"] = json!(2), "a call was made with no key (D2)");
    refuses(|o| o["calls"]["late"][0]["key"] = json!(0), "a call was made with no key (D2)");
    refuses(|o| o["calls"]["late"][0]["call"] = id(2), "a call is remembered twice (D5)");
    refuses(|o| o["last"] = json!("2025-01-01T01:30:00Z"), "a deadline lies in the past (K3)");
}

#[test]
fn k1_charges_that_do_not_fit() {
    refuses(
        "granted",
        |o| list(&mut o["charges"]["ended"]).reverse(),
        "charges are not numbered in order (K1)",
    );
    refuses("troubled", |o| o["charges"]["ended"][1]["number"] = json!(3), "a charge is missing (K1)");
    let one_number = |o: &mut Value| {
        o["charges"]["archived"] = json!({"last": 1, "credited": "0", "contributed": "0", "excess": "0"});
        o["charges"]["ended"][1]["number"] = o["charges"]["ended"][0]["number"].clone();
    };
    refuses("troubled", one_number, "charges are not numbered in order (K1)");
    refuses("troubled", |o| o["charges"]["ended"][1]["amount"] = json!("0"), "a charge of nothing (M4)");
    refuses("busy", |o| o["charges"]["open"]["amount"] = json!("0"), "a charge of nothing (M4)");
    let bars = |earlier: &str, fingerprint: &str| {
        json!([{"until": "2025-03-01T00:00:00Z", "fingerprint": "card-1"},
            {"until": earlier, "fingerprint": fingerprint}])
    };
    let disorder = |o: &mut Value| o["charges"]["bars"] = bars("2025-02-01T00:00:00Z", "card-2");
    refuses("busy", disorder, "bars are not in the order of their ends (F5)");
    let twice = |o: &mut Value| o["charges"]["bars"] = bars("2025-04-01T00:00:00Z", "card-1");
    refuses("busy", twice, "a method is barred twice (F5)");
}

#[test]
fn g2_reversals_that_do_not_fit() {
    let refuses_reversed = |tear: fn(&mut Value), words: &str| refuses("reversed", tear, words);
    refuses_reversed(|o| list(&mut o["reversals"]["refunds"]).reverse(), "refunds are not in order (K1)");
    let one_number = |o: &mut Value| {
        o["reversals"]["refunds"][1]["number"] = o["reversals"]["refunds"][0]["number"].clone();
    };
    refuses_reversed(one_number, "refunds are not in order (K1)");
    refuses_reversed(|o| o["reversals"]["last_refund"] = json!(2), "a refund has no number (K1)");
    refuses_reversed(|o| o["reversals"]["refunds"][1]["amount"] = json!("0"), "a reversal of nothing (M4)");
    let twice = |o: &mut Value| {
        o["reversals"]["recorded"][0]["amount"] = json!("0.25");
        add(&mut o["reversals"]["recorded"], &json!({}));
    };
    refuses_reversed(twice, "a refund on record twice (G1)");
    refuses_reversed(
        |o| o["reversals"]["disputes"][1]["dispute"] = json!("dp_1"),
        "two disputes have one id (G2)",
    );
    let of_failed = |o: &mut Value| {
        o["reversals"] = json!({"recorded": [{"charge": 2, "amount": "1", "reference": "re_1"}]});
    };
    refuses("troubled", of_failed, "a reversal of a charge that has not succeeded (G2)");
    let paused = |o: &mut Value| o["reversals"] = json!({"pause": "refund"});
    refuses("closing", paused, "a pause of an account on its way out (G4)");
}

#[test]
fn m1_sums_that_leave_the_range() {
    // With the 32 that its charges credited and the 7 of a grant that waits, this much given makes the largest amount.
    let came = |more: &str, gone: &str| {
        torn("granted", |o| {
            (o["wallet"]["granted"], o["wallet"]["lapsed"]) = (json!(more), json!(gone));
        })
    };
    assert_eq!(came("78999999999999960.999999999999", "78999999999999954.999999999999"), "it is read");
    let said = came("78999999999999961", "78999999999999955");
    assert!(said.contains("more came than one amount can say (M1)"), "{said}");
    let posted = |o: &mut Value| o["wallet"]["granted"] = json!("78999999999999999");
    refuses("granted", posted, "posted is not what came less what went (M5)");
    // Of what is archived it counts what was credited, whatever it contributes; and what the open charge asks for.
    let credited =
        |archived: &str| torn("archived", |o| o["charges"]["archived"]["credited"] = json!(archived));
    assert_eq!(credited("78999999999999969.999999999999"), "it is read");
    let said = credited("78999999999999970");
    assert!(said.contains("more came than one amount can say (M1)"), "{said}");
    let asked = |amount: &str| torn("funding", |o| o["charges"]["open"]["amount"] = json!(amount));
    assert_eq!(asked("78999999999999999.999999999999"), "it is read");
    let granted = |amount: &str| {
        torn("funding", |o| {
            o["charges"]["open"]["amount"] = json!(amount);
            (o["wallet"]["written_off"], o["wallet"]["settled"]) = (json!("1"), json!("1"));
        })
    };
    let said = granted("78999999999999999");
    assert!(said.contains("more came than one amount can say (M1)"), "{said}");
    // Of the charge 0.5 went back in excess, with as much of those that are archived as is told.
    let excess = |archived: &str| {
        torn("reversed", |o| {
            o["reversals"]["disputes"][2]["amount"] = json!("15");
            (o["wallet"]["credited"], o["wallet"]["posted"]) = (json!("0"), json!("0"));
            o["charges"]["archived"] =
                json!({"last": 1, "credited": "0", "contributed": "0", "excess": archived});
        })
    };
    assert_eq!(excess("78999999999999999.499999999999"), "it is read");
    let said = excess("78999999999999999.5");
    assert!(said.contains("more went back than one amount can say (M1)"), "{said}");
}

#[test]
fn a2_stages_that_do_not_fit() {
    let refunded = |o: &mut Value| o["reversals"] = json!({"last_refund": 1});
    let charge = |o: &mut Value, kind: &str| {
        o["charges"]["open"] = json!({"number": 1, "kind": kind, "amount": "5", "token": "pm_1",
            "fingerprint": "card-1", "requested_at": "2025-01-01T00:00:00Z",
            "phase": {"asking": {"until": "2025-01-01T23:00:00Z"}}});
    };
    for stage in ["registered", "agreed", "described"] {
        refuses(stage, refunded, "money before a payment method (A2)");
        refuses(stage, |o| charge(o, "manual"), "money before a payment method (A2)");
    }
    refuses("linked", refunded, "an open charge without a key (B3)");
    refuses("linked", |o| charge(o, "manual"), "an open charge without a key (B3)");
    let without = "a pending first key without its initial funding (B1)";
    refuses("funding", refunded, without);
    refuses("funding", |o| charge(o, "manual"), without);
    refuses("funding", |o| o["charges"]["open"]["counting"] = json!("superseded"), without);
    let unfunded = "active without a successful initial funding (B4)";
    refuses("active", |o| o["charges"]["ended"][0]["kind"] = json!("manual"), unfunded);
    let needless = "an initial funding is open for an account that was funded (B4)";
    refuses("busy", |o| o["charges"]["open"]["kind"] = json!("initial_funding"), needless);
    let works = |o: &mut Value| {
        o["stage"]["closing"]["linked"]["keys"][0]["state"] = json!({"active": {}});
    };
    refuses("closing", works, "a key works while the account is closing (J2)");
    let open = "something is open of an account that is closed (J2)";
    let late = |o: &mut Value| {
        o["calls"]["late"] = json!([{"call": id(3), "key": 1, "amount": "0.5", "admitted_at": "2025-01-01T00:00:00Z",
            "late_until": "2025-01-02T01:00:00Z"}]);
    };
    refuses("closed", late, open);
    let asking = |o: &mut Value| {
        charge(o, "manual");
        let number = o["charges"]["ended"].as_array().map_or(0, Vec::len) + 1;
        o["charges"]["open"]["number"] = json!(number);
    };
    refuses("closed", asking, open);
    let granted = |o: &mut Value| {
        o["lots"] = json!({"waiting": [{"issued": {"grant": id(3), "amount": "7", "source": "promotion",
            "effective_at": "2025-02-01T00:00:00Z"}, "issued_at": "2025-01-01T00:00:00Z", "phase": "waiting"}]});
    };
    refuses("closed", granted, open);
}

#[test]
fn c1_keys_and_settings_that_do_not_fit() {
    fn keys(o: &mut Value) -> &mut Value {
        &mut o["stage"]["active"]["keys"]
    }
    let refuses = |tear: fn(&mut Value), words: &str| refuses("busy", tear, words);
    let counters = "what the keys have used is not what the account has (I1)";
    refuses(|o| o["spending"]["used"] = json!("1"), counters);
    refuses(|o| keys(o)[0]["used"]["day"] = json!("11"), counters);
    // An open call holds 0.06 and was admitted in all three windows; 10.56 are used in each.
    refuses(|o| keys(o)[0]["used"]["week"] = json!("10.559999999999"), counters);
    let of_the_month = |o: &mut Value, used: &str| {
        (keys(o)[0]["used"], o["spending"]["used"]) =
            (json!({"day": used, "week": used, "month": used}), json!(used));
    };
    assert_eq!(torn("busy", |o| of_the_month(o, "0.06")), "it is read");
    let said = torn("busy", |o| of_the_month(o, "0.059999999999"));
    assert!(said.contains(counters), "{said}");
    refuses(|o| o["spending"]["windows"]["week"]["from"] = json!("2024-12-31T00:00:00Z"), counters);
    refuses(|o| keys(o)[0]["number"] = json!(2), "keys are not numbered in order (C1)");
    let same_id = |o: &mut Value| add(keys(o), &json!({"number": 2, "digest": "02".repeat(32), "used": {}}));
    refuses(same_id, "two keys have one id (K6)");
    refuses(
        |o| add(keys(o), &json!({"number": 2, "id": id(2), "used": {}})),
        "two keys have one digest (C4)",
    );
    refuses(
        |o| o["top_up"]["settings"]["target"] = json!("10"),
        "the target is not above the threshold (E5)",
    );
}
