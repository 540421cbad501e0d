//! K4 to K6. The same decision twice, what the world is owed, and repeated ids.

use crate::k_time::{NOTHING, everything_at_two, extend};
use crate::life::{Life, amount, call, card, digest, key, new_key, price, span, time};
use prepaid::{
    AccountId, Action, Actor, Batch, Currency, Decline, Effect, OwnerId, Policy, Quote, Rejection, StageTag,
    TopUpOutlook, UseKind, decide, effects, replay,
};
use uuid::Uuid;

fn open_account() -> Action {
    let (account, owner) = (AccountId(Uuid::from_u128(1)), OwnerId(Uuid::from_u128(2)));
    Action::Open { account, owner, currency: None }
}

// K4: the same account, policy, command and time give the same decision, to the byte, also from a stored state.
#[test]
fn k4_the_same_decision_twice() {
    let mut life = everything_at_two();
    let stored = serde_json::to_string(&life.account).unwrap();
    let commands = [
        Action::Tick {}.by(Actor::Clock),
        Action::ReleaseCall { call: call(2) }.by(Actor::Gateway),
        Action::SettleCall { call: call(1), amount: Some(amount("0.50")) }.by(Actor::Gateway),
        card("card-3").by(Actor::Owner),
        Action::TopUp { amount: amount("5.00") }.by(Actor::Owner),
    ];
    life.later("9d");
    for command in commands {
        let decided = decide(&life.account, &life.policy, &command, life.now);
        let again = decide(&serde_json::from_str(&stored).unwrap(), &life.policy, &command, life.now);
        assert_eq!(decided, again);
        let text = |batch| serde_json::to_string(&batch).unwrap();
        assert_eq!(decided.map(text), again.map(text));
    }
}

// K4: a refused command changes nothing, not even what was due: that waits for a tick.
#[test]
fn k4_a_refused_command_does_not_even_what_is_due() {
    let mut life = everything_at_two();
    let before = life.account.clone();
    let due = life.next_deadline();
    life.later("1h");
    assert_eq!(life.spends("100.00").unwrap_err().tag().as_str(), "insufficient_credit");
    assert_eq!(life.settles(7, "1.00"), Err(Rejection::CallNotOpen { call: call(7) }));
    // The hold of call 1 ends now, so it can no longer be extended.
    let until = life.now.saturating_add(span("1h"));
    assert_eq!(life.gateway(extend(1, until)), Err(Rejection::CallNotOpen { call: call(1) }));
    assert_eq!(life.account, before);
    assert_eq!(life.next_deadline(), due);
    assert_eq!(life.tick().unwrap().len(), 7);
}

// K4: events alone rebuild the state: no policy is needed, and another policy since makes no difference.
#[test]
fn k4_events_alone_rebuild_the_state() {
    let mut life = everything_at_two();
    life.policy = Policy::published_2026();
    life.later("9d").tick().unwrap();
    let stored = serde_json::to_string(&life.batches).unwrap();
    let batches: Vec<Batch> = serde_json::from_str(&stored).unwrap();
    assert_eq!(replay(&batches).unwrap(), life.account);
}

/// An automatic charge of 10.00 in every phase, and what the world is owed then.
fn phases() -> Vec<(Life, &'static [&'static str])> {
    let asking = || {
        let mut life = Life::funded();
        life.spends("10.00").unwrap();
        life
    };
    let with = |act: fn(&mut Life)| {
        let mut life = asking();
        act(&mut life);
        life
    };
    vec![
        (Life::vacant(), &[]),
        (Life::at_stage(StageTag::Funding), &["make_charge"]),
        (Life::funded(), &[]),
        (asking(), &["make_charge"]),
        (with(|life| drop(life.later("23h").tick().unwrap())), &["look_up_charge"]),
        (with(|life| drop(life.charge_requires_action().unwrap())), &[]),
        (with(|life| drop(life.operator_cancels(2).unwrap())), &["cancel_charge"]),
        (with(|life| drop(life.charge_succeeds_with(2, "7.00").unwrap())), &[]),
        (with(|life| drop(life.charge_succeeds().unwrap())), &[]),
        (with(|life| drop(life.charge_fails(Decline::Soft).unwrap())), &[]),
        (with(|life| drop(life.charge_is_cancelled().unwrap())), &[]),
    ]
}

// K5: what is owed is a function of the state: the same after a crash and a replay, and again as often as asked.
#[test]
fn k5_what_is_owed_is_a_function_of_the_state() {
    for (life, owed) in phases() {
        assert_eq!(life.owes(), owed);
        let replayed = replay(&life.batches).unwrap();
        let (before, after): (Vec<Effect>, Vec<Effect>) =
            (effects(&life.account).collect(), effects(&replayed).collect());
        assert_eq!(before, after);
        let stored = serde_json::to_string(&life.account).unwrap();
        let restored = serde_json::from_str(&stored).unwrap();
        assert!(effects(&restored).eq(before));
    }
}

// K5: the idempotency key is account, number, microsecond of the request and amount, and stays so.
#[test]
fn k5_the_idempotency_key() {
    let mut life = Life::funded();
    life.at("2025-01-01T00:00:00.000007Z");
    life.spends("10.005").unwrap();
    let key_of = |life: &Life| match effects(&life.account).next().unwrap() {
        Effect::MakeCharge { idempotency_key, .. }
        | Effect::LookUpCharge { idempotency_key, .. }
        | Effect::CancelCharge { idempotency_key, .. }
        | Effect::SendRefund { idempotency_key, .. }
        | Effect::LookUpRefund { idempotency_key, .. } => idempotency_key.to_string(),
    };
    let first = "00000000-0000-0000-0000-000000000001-2-1735689600000007-10.01";
    assert_eq!(key_of(&life), first);
    life.later("23h").tick().unwrap();
    assert_eq!(key_of(&life), first);
    let mut cancelled = life.clone();
    cancelled.operator_cancels(2).unwrap();
    assert_eq!(key_of(&cancelled), first);
    // The next charge has another, though nothing else may have changed.
    life.charge_fails(Decline::Soft).unwrap();
    life.reactivates().unwrap();
    assert_eq!(key_of(&life), "00000000-0000-0000-0000-000000000001-3-1735772400000007-10.01");
}

// K5: what is asked of the provider says everything it needs.
#[test]
fn k5_what_is_asked_says_everything() {
    let mut life = Life::funded();
    life.spends("10.00").unwrap();
    let asked = serde_json::to_string(&effects(&life.account).next().unwrap()).unwrap();
    let expected = r#"{"type":"make_charge","charge":2,"kind":"auto_top_up","amount":"10","currency":"USD","token":"pm_card-1","idempotency_key":"00000000-0000-0000-0000-000000000001-2-1735689600000000-10","until":"2025-01-01T23:00:00Z"}"#;
    assert_eq!(asked, expected);
}

// K6: a key id repeated with the same label and expiry changes nothing; key material is no part of the content.
#[test]
fn k6_a_repeated_key_id() {
    let mut life = Life::funded();
    life.owner(new_key(2)).unwrap();
    let asked = |n: u128, secret: u8, name: Option<&str>, expiry: Option<&str>| Action::CreateKey {
        key: key(n),
        digest: digest(secret),
        shown: "ppk_Z9y8".parse().unwrap(),
        label: name.map(|name| name.parse().unwrap()),
        expires_at: expiry.map(time),
    };
    assert_eq!(life.owner(asked(2, 2, None, None)).unwrap(), NOTHING);
    assert_eq!(life.owner(asked(2, 77, None, None)).unwrap(), NOTHING);
    let conflict = |n| Err(Rejection::KeyConflict { key: key(n) });
    assert_eq!(life.owner(asked(2, 2, Some("ci"), None)), conflict(2));
    assert_eq!(life.owner(asked(2, 2, None, Some("2026-01-01T00:00:00Z"))), conflict(2));
    assert_eq!(life.owner(asked(3, 2, None, None)), conflict(3)); // another id, the same secret
}

// K6: a call id repeated with the same content changes nothing; with any other content it is a conflict.
#[test]
fn k6_a_repeated_call_id() {
    let mut life = Life::funded();
    life.owner(new_key(2)).unwrap();
    life.authorizes(1, "1.00").unwrap();
    let asked = |key_number: u128, quote: Quote, units: u16| Action::AuthorizeCall {
        call: call(1),
        key: key(key_number),
        quote,
        units,
    };
    let other = Quote::agreed(amount("1.00"), Currency::USD, "another".parse().unwrap());
    let conflict = Err(Rejection::CallConflict { call: call(1) });
    assert_eq!(life.gateway(asked(1, price("1.00"), 1)).unwrap(), NOTHING);
    assert_eq!(life.gateway(asked(1, price("1.01"), 1)), conflict);
    assert_eq!(life.gateway(asked(2, price("1.00"), 1)), conflict);
    assert_eq!(life.gateway(asked(1, price("1.00"), 2)), conflict);
    assert_eq!(life.gateway(asked(1, other, 1)), conflict);
    let at_once = Action::ChargeCall { call: call(1), key: key(1), quote: price("1.00") };
    assert_eq!(life.gateway(at_once), conflict);
    life.held_is("1.00");
}

// K6, M2: a quote in another currency is other content, whatever its number says.
#[test]
fn k6_a_repeated_call_id_in_another_currency_is_refused() {
    let mut life = Life::funded();
    life.authorizes(1, "1.00").unwrap();
    let given: Currency = "EUR".parse().unwrap();
    let quote = Quote::agreed(amount("1.00"), given, "agreed".parse().unwrap());
    let refused = Rejection::CurrencyMismatch { expected: Currency::USD, given };
    let again = Action::AuthorizeCall { call: call(1), key: key(1), quote, units: 1 };
    assert_eq!(life.gateway(again), Err(refused));
}

// K6: opening twice and choosing the use twice are refused by phase, also with the same content.
#[test]
fn k6_opening_and_choosing_twice_are_refused_by_phase() {
    let choose = || Action::ChooseUse { kind: UseKind::Personal, billing_ref: None, billing_digest: None };
    let mut life = Life::at_stage(StageTag::Registered);
    let refused = |needs, is| Err(Rejection::OutOfOrder { needs, is });
    assert_eq!(life.owner(open_account()), refused(StageTag::Vacant, StageTag::Registered));
    let mut life = Life::at_stage(StageTag::Described);
    assert_eq!(life.owner(choose()), refused(StageTag::Agreed, StageTag::Described));
    assert_eq!(Life::funded().owner(choose()), refused(StageTag::Agreed, StageTag::Active));
}

// K6: a refused request is judged afresh: the same command passes once what stood in its way is gone.
#[test]
fn k6_a_refused_request_is_judged_afresh() {
    let mut life = Life::funded();
    life.authorizes(1, "15.00").unwrap();
    assert_eq!(life.authorizes(2, "6.00").unwrap_err().tag().as_str(), "insufficient_credit");
    life.releases(1).unwrap();
    assert_eq!(life.authorizes(2, "6.00").unwrap(), ["call_authorized"]);
    assert_eq!(life.outlook(), TopUpOutlook::AboveThreshold);
}
