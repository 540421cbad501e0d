//! K4: events alone rebuild the state, so one that cannot have happened is refused, and not ignored: stages, keys,
//! calls, grants, the top-up and closing. Charges and what goes back are in `k_history_money.rs`.

use prepaid::{Actor, Balance, Decline, Rejection, RevokeFor, Setting, StageTag};
use serde_json::{Value, json};

use crate::life::{Life, call, digest, grant, key};

const WRONG_STAGE: &str = "the stage does not fit";

fn created(kind: &str, n: u8, number: u32) -> Value {
    json!({"type": kind, "key": key(u128::from(n)), "number": number, "digest": digest(n), "shown": "ppk_A1b2"})
}

fn authorized(n: u128, amount: &str) -> Value {
    json!({"type": "call_authorized", "call": call(n), "key": 1, "amount": amount, "units": 1,
        "deadline": "2025-01-01T01:00:00Z", "origin": {"reference": "agreed"}})
}

fn granted(n: u128, amount: &str, from: Option<&str>, until: Option<&str>) -> Value {
    json!({"type": "grant_issued", "grant": grant(n), "amount": amount, "source": "welcome", "effective_at": from,
        "expires_at": until})
}

fn with(mut event: Value, field: &str, value: Value) -> Value {
    event[field] = value;
    event
}

#[test]
fn k4_a_history_opens_once_and_goes_forward() {
    let life = Life::funded();
    let opened = json!({"type": "account_opened", "account": life.account.id(), "owner": key(1), "currency": "USD",
        "top_up": {"enabled": true, "threshold": "5", "target": "80"}});
    assert_eq!(life.told(&opened), "the account is open");
    assert_eq!(Life::vacant().told(&opened), "");
    let suspended = json!({"type": "account_suspended", "reason": "fraud"});
    assert_eq!(Life::vacant().told(&suspended), "the account is not open");
    assert_eq!(life.told(&suspended), "");
    assert_eq!(life.told_after(-1, &suspended), "time runs backwards");
    let closing = Life::at_stage(StageTag::Closing);
    assert_eq!(closing.told(&created("key_created", 7, 2)), "the account is on its way out");
}

#[test]
fn k4_a_history_goes_through_the_stages_in_order() {
    let use_chosen = json!({"type": "use_chosen", "use": "personal"});
    let billing = json!({"type": "billing_updated", "use": "personal"});
    let method = json!({"type": "payment_method_linked", "token": "pm_2", "fingerprint": "card-2", "brand": "visa",
        "last_four": "4242", "expires": "2031-01"});
    let migrated = json!({"type": "account_migrated", "reference": "customer 4711"});
    let limited = json!({"type": "key_limited", "key": 1, "limit": null});
    let fits = [
        (&use_chosen, vec![StageTag::Agreed]),
        (&billing, vec![StageTag::Described, StageTag::Linked, StageTag::Funding, StageTag::Active]),
        (&method, vec![StageTag::Described, StageTag::Linked, StageTag::Funding, StageTag::Active]),
        (&migrated, vec![StageTag::Linked]),
        (&limited, vec![StageTag::Active]),
    ];
    let open = [
        StageTag::Registered,
        StageTag::Agreed,
        StageTag::Described,
        StageTag::Linked,
        StageTag::Funding,
        StageTag::Active,
    ];
    for (event, stages) in fits {
        for stage in open {
            let expected = if stages.contains(&stage) { "" } else { WRONG_STAGE };
            assert_eq!(Life::at_stage(stage).told(event), expected, "{stage} {event}");
        }
    }
    // An account that closes before a payment method was linked has none to replace, but may accept terms.
    let mut unlinked = Life::at_stage(StageTag::Agreed);
    unlinked.account =
        prepaid::evolve(unlinked.account.clone(), unlinked.now, &prepaid::Event::AccountClosing {}).unwrap();
    assert_eq!((unlinked.told(&method), unlinked.told(&billing)), (WRONG_STAGE, WRONG_STAGE));
    assert_eq!(
        unlinked.told(&json!({"type": "terms_accepted", "version": "TOS_2024_04_20", "by": "Ada"})),
        ""
    );
    assert!(unlinked.account.keys().is_empty());
    let update = prepaid::Action::UpdateBilling {
        kind: None,
        billing_ref: "billing/1".parse().unwrap(),
        billing_digest: digest(1),
    };
    let refused =
        prepaid::decide(&unlinked.account, &unlinked.policy, &update.by(Actor::Owner), unlinked.now);
    let (needs, is) = (StageTag::Described, StageTag::Closing);
    assert_eq!(refused, Err(Rejection::OutOfOrder { needs, is }));
}

#[test]
fn k4_a_history_numbers_keys_and_knows_them_once() {
    let linked = Life::at_stage(StageTag::Linked);
    assert_eq!(linked.told(&created("first_key_requested", 1, 1)), "");
    assert_eq!(linked.told(&created("first_key_requested", 1, 2)), "the first key has number 1");
    assert_eq!(linked.told(&created("key_created", 1, 1)), WRONG_STAGE);
    assert_eq!(Life::funded().told(&created("first_key_requested", 2, 2)), WRONG_STAGE);
    let dropped = |n: u128| json!({"type": "first_key_dropped", "key": key(n)});
    let mut funding = Life::at_stage(StageTag::Funding);
    assert_eq!((funding.told(&dropped(1)), funding.told(&dropped(2))), ("", "no such pending key"));
    assert_eq!(Life::funded().told(&dropped(1)), WRONG_STAGE);
    funding.revokes(1, RevokeFor::Requested).unwrap();
    assert_eq!(funding.told(&dropped(1)), "no such pending key");

    let mut life = Life::funded();
    assert_eq!(life.told(&created("key_created", 2, 2)), "");
    for number in [0, 1, 3] {
        let said = life.told(&created("key_created", 2, number));
        assert_eq!(said, "the key's number is out of order", "{number}");
    }
    assert_eq!(life.told(&with(created("key_created", 2, 2), "key", json!(key(1)))), "the key exists");
    assert_eq!(life.told(&with(created("key_created", 2, 2), "digest", json!(digest(1)))), "the key exists");
    let revoked = json!({"type": "key_revoked", "key": 1, "reason": "leaked"});
    assert_eq!(life.told(&revoked), "");
    life.revokes(1, RevokeFor::Requested).unwrap();
    assert_eq!(life.told(&revoked), "the key is revoked");
}

#[test]
fn k4_a_history_admits_a_call_once_and_within_the_credit() {
    let mut life = Life::funded();
    assert_eq!(life.told(&authorized(1, "20")), "");
    assert_eq!(life.told(&authorized(1, "20.000000000001")), "the credit does not cover it");
    let nothing = "the call takes no place, or no time";
    assert_eq!(life.told(&with(authorized(1, "1"), "units", json!(0))), nothing);
    assert_eq!(life.told(&with(authorized(1, "1"), "deadline", json!(life.now))), nothing);
    life.authorizes(1, "1").unwrap();
    assert_eq!(life.told(&authorized(1, "1")), "the call exists");
    assert_eq!(life.told(&authorized(2, "1")), "");
    // An expired one is known until its late window ends.
    life.later("2h").tick().unwrap();
    let again = with(authorized(1, "1"), "deadline", json!("2025-01-01T04:00:00Z"));
    assert_eq!(life.told(&again), "the call exists");
    // Not with a debt, even for nothing (D9).
    let mut life = Life::with_credit("20");
    assert_eq!(life.told(&authorized(3, "0")), "");
    life.spends("15").unwrap();
    life.is_disputed("dp_1", 1, "20").unwrap();
    assert_eq!(life.told(&authorized(3, "0")), "the credit does not cover it");
}

#[test]
fn k4_a_history_extends_a_call_once_and_ends_it_in_time() {
    let mut life = Life::funded();
    life.authorizes(1, "1").unwrap();
    let deadline = life.now.saturating_add(crate::life::span("1h"));
    let extended = |at: prepaid::Timestamp| json!({"type": "call_extended", "call": call(1), "deadline": at});
    let micro = |at: prepaid::Timestamp, n| prepaid::Timestamp::from_micros(at.as_micros() + n).unwrap();
    let refused = "the hold cannot be extended so";
    assert_eq!((life.told(&extended(deadline)), life.told(&extended(micro(deadline, 1)))), (refused, ""));
    let expired = |late_until: prepaid::Timestamp| json!({"type": "call_expired", "call": call(1), "late_until": late_until});
    let early = "the hold has not reached its deadline";
    assert_eq!(life.told_at(micro(deadline, -1), &expired(deadline)), early);
    assert_eq!(life.told_at(deadline, &expired(micro(deadline, -1))), early);
    assert_eq!(life.told_at(deadline, &expired(deadline)), "");
    life.extends(1, micro(deadline, 1)).unwrap();
    assert_eq!(life.told(&extended(micro(deadline, 2))), refused);
}

#[test]
fn k4_a_history_issues_a_grant_once_and_for_some_time() {
    let mut life = Life::funded();
    let (now, soon, later) = (life.now.to_string(), "2025-01-02T00:00:00Z", "2025-01-03T00:00:00Z");
    let nothing = "the grant gives nothing, or for no time";
    assert_eq!(life.told(&granted(1, "1", None, None)), "");
    assert_eq!(life.told(&granted(1, "0", None, None)), nothing);
    assert_eq!(life.told(&granted(1, "1", None, Some(&now))), nothing);
    assert_eq!(life.told(&granted(1, "1", Some(later), Some(later))), nothing);
    assert_eq!(life.told(&granted(1, "1", Some(soon), Some(later))), "");
    life.is_granted_from(1, "1", soon, Some(later)).unwrap();
    assert_eq!(life.told(&granted(1, "1", None, None)), "the grant exists");
    let started = json!({"type": "grant_started", "grant": grant(1)});
    let soon = crate::life::time(soon);
    assert_eq!(life.told_at(soon, &started), "");
    let before = prepaid::Timestamp::from_micros(soon.as_micros() - 1).unwrap();
    assert_eq!(life.told_at(before, &started), "the grant has not reached its effective time");
    let voided = |amount: &str| json!({"type": "grant_voided", "grant": grant(1), "amount": amount});
    assert_eq!((life.told(&voided("0")), life.told(&voided("1"))), ("", "the grant has not started"));
    life.at("2025-01-02T00:00:00Z").tick().unwrap();
    assert_eq!(life.told(&started), "the grant does not wait");
    assert_eq!(life.told(&granted(1, "1", None, None)), "the grant exists");
}

#[test]
fn k4_a_history_ends_a_grant_once_with_what_is_left() {
    let mut life = Life::with_credit("20");
    life.is_granted_with(1, "3", -1, Some("2025-02-01T00:00:00Z")).unwrap();
    life.is_granted_with(2, "3", 1, None).unwrap();
    life.authorizes(1, "1").unwrap();
    let ended =
        |kind: &str, n: u128, amount: &str| json!({"type": kind, "grant": grant(n), "amount": amount});
    let end = crate::life::time("2025-02-01T00:00:00Z");
    let early = "the grant has not reached its expiry";
    assert_eq!(life.told_at(end, &ended("grant_expired", 1, "2")), "");
    assert_eq!(life.told(&ended("grant_expired", 1, "2")), early);
    assert_eq!(life.told_at(end, &ended("grant_expired", 2, "3")), early, "it has none");
    let other = "the grant's remainder is another";
    for amount in ["1.999999999999", "2.000000000001", "3"] {
        assert_eq!(life.told_at(end, &ended("grant_expired", 1, amount)), other);
        assert_eq!(life.told(&ended("grant_voided", 1, amount)), other);
    }
    let in_vain = "nothing was given back to a grant that has ended";
    assert_eq!(life.told(&ended("grant_lapsed", 1, "2")), in_vain);
    life.voids(1).unwrap();
    assert_eq!(life.told(&ended("grant_voided", 1, "0")), "the grant has ended");
    assert_eq!(life.told_at(end, &ended("grant_expired", 1, "0")), early);
    assert_eq!(life.told(&ended("grant_lapsed", 1, "0")), in_vain);
    assert_eq!(life.told(&ended("grant_lapsed", 1, "1")), other, "it is held still");
}

#[test]
fn k4_a_history_waits_for_something() {
    let scheduled =
        |step: u8, until: &str| json!({"type": "top_up_retry_scheduled", "step": step, "until": until});
    let (life, later) = (Life::funded(), "2025-06-01T00:00:00Z");
    let (now, nothing) = (life.now.to_string(), "the retry waits for nothing");
    assert_eq!(life.told(&scheduled(1, later)), "");
    assert_eq!((life.told(&scheduled(0, later)), life.told(&scheduled(1, &now))), (nothing, nothing));
    assert_eq!(Life::at_stage(StageTag::Linked).told(&scheduled(1, later)), WRONG_STAGE);
    let paused = json!({"type": "top_up_paused", "reason": "hard_decline"});
    assert_eq!(Life::at_stage(StageTag::Described).told(&paused), WRONG_STAGE);
    assert_eq!(Life::at_stage(StageTag::Linked).told(&paused), "");
    let barred = |until: &str| json!({"type": "method_barred", "fingerprint": "card-1", "until": until});
    assert_eq!((life.told(&barred(later)), life.told(&barred(&now))), ("", "the bar bars nothing"));
    assert_eq!(Life::at_stage(StageTag::Described).told(&barred(later)), "the bar bars nothing");
    let mut refused = Life::funded();
    refused.changes_policy(|numbers| numbers.failures_bound = 1);
    refused.tops_up("5").unwrap();
    refused.charge_fails(Decline::Soft).unwrap();
    assert_eq!(refused.told(&barred(later)), "the payment method is barred");
}

#[test]
fn k4_a_history_defers_once_to_a_later_time() {
    let deferred = |until: &str| json!({"type": "top_up_deferred", "until": until, "cap": "daily"});
    let (mut life, later) = (Life::funded(), "2025-06-01T00:00:00Z");
    let (now, nothing) = (life.now.to_string(), "the charge waits for nothing, or waits already");
    assert_eq!((life.told(&deferred(later)), life.told(&deferred(&now))), ("", nothing));
    assert_eq!(Life::at_stage(StageTag::Linked).told(&deferred(later)), WRONG_STAGE);
    life.caps(Setting::Kept, Setting::To(1)).unwrap();
    life.spends("10").unwrap();
    life.charge_succeeds().unwrap();
    life.spends("10").unwrap();
    assert_eq!(life.last_event().tag().as_str(), "top_up_deferred");
    assert_eq!(life.told(&deferred(later)), nothing);
}

#[test]
fn k4_a_history_gives_notice_when_it_is_due() {
    let mut life = Life::with_credit("20");
    let told = |kind: &str, level: &str| json!({"type": kind, "level": level, "posted": Balance::ZERO});
    let (low, recovered) =
        (|level| told("low_balance_noticed", level), |level| told("balance_recovered", level));
    assert_eq!(life.told(&low("20")), "no notice is due", "nobody asked for one");
    life.owner(prepaid::Action::SetNotice { level: Some(crate::life::amount("5")) }).unwrap();
    assert_eq!((life.told(&low("5")), life.told(&low("20"))), ("no notice is due", "no notice is due"));
    assert_eq!(life.told(&recovered("5")), "the balance has not recovered");
    life.spends("15").unwrap();
    assert_eq!(life.told(&low("5")), "no notice is due", "it was given");
    assert_eq!(life.told(&recovered("5")), "the balance has not recovered");
    assert_eq!(life.told(&recovered("4")), "the balance has not recovered", "its level is another");
}

#[test]
fn k4_a_history_closes_what_can_be_closed() {
    let closing = json!({"type": "account_closing"});
    assert_eq!(Life::at_stage(StageTag::Funding).told(&closing), "the first key is pending");
    let mut life = Life::with_credit("20");
    assert_eq!(life.told(&closing), "a key works");
    life.revokes(1, RevokeFor::Requested).unwrap();
    assert_eq!(life.told(&closing), "");
    let forfeited = |amount: &str| json!({"type": "credit_forfeited", "amount": amount});
    let closed = json!({"type": "account_closed"});
    assert_eq!((life.told(&forfeited("1")), life.told(&closed)), (WRONG_STAGE, WRONG_STAGE));
    let written = |amount: &str| json!({"type": "debt_written_off", "amount": amount, "reason": "goodwill"});
    assert_eq!(life.told(&written("1")), "there is no such debt");

    let mut indebted = Life::with_credit("15");
    indebted.revokes(1, RevokeFor::Requested).unwrap();
    indebted.is_disputed("dp_1", 1, "20").unwrap();
    assert_eq!(indebted.told(&closing), "a debt stands");
    let no_debt = "there is no such debt";
    assert_eq!((indebted.told(&written("5")), indebted.told(&written("5.000000000001"))), ("", no_debt));
    assert_eq!(indebted.told(&written("0")), no_debt);
}

#[test]
fn k4_a_history_forfeits_and_completes_when_nothing_is_left() {
    let mut life = Life::with_credit("20");
    life.is_granted(1, "2").unwrap();
    life.authorizes(1, "5").unwrap();
    life.closes().unwrap();
    let forfeited = |amount: &str| json!({"type": "credit_forfeited", "amount": amount});
    let too_much = "there is not so much to forfeit";
    assert_eq!((life.told(&forfeited("17")), life.told(&forfeited("17.000000000001"))), ("", too_much));
    assert_eq!(life.told(&forfeited("0")), too_much);
    let (closed, left) = (json!({"type": "account_closed"}), "something is left to do");
    assert_eq!(life.told(&closed), left, "an open call");
    // A call is open, a grant is left, credit is left: each by itself is in the way.
    let step = |account: &prepaid::Account, event: &Value| {
        let event: prepaid::Event = serde_json::from_value(event.clone()).unwrap();
        prepaid::evolve(account.clone(), life.now, &event).unwrap()
    };
    let released = step(&life.account, &json!({"type": "call_released", "call": call(1)}));
    let told = |account: &prepaid::Account| {
        let mut other = life.clone();
        other.account = account.clone();
        other.told(&closed)
    };
    assert_eq!(told(&released), left, "a grant and credit");
    let voided = step(&released, &json!({"type": "grant_voided", "grant": grant(1), "amount": "2"}));
    assert_eq!(told(&voided), left, "credit");
    let forfeit_all = step(&voided, &forfeited("20"));
    assert_eq!(told(&forfeit_all), "");
    assert_eq!(told(&step(&released, &forfeited("20"))), left, "a grant");
}
