//! Bugs that other systems had, and that this one must not have: top-ups and charges.

use crate::life::{Answer, Life, amount, span};
use prepaid::{
    Action, ChargeKind, ChargeNumber, Decline, Effect, Outcome, PauseReason, Rejection, SettingFault,
    StageTag, TopUpOutlook, effects, replay,
};

const NOTHING: [&str; 0] = [];

/// Charge 2, automatic, of 10.00, at a balance of 10.00.
fn asking() -> Life {
    let mut life = Life::funded();
    life.spends("10.00").unwrap();
    life
}

fn key_of(life: &Life) -> String {
    match effects(&life.account).next().unwrap() {
        Effect::MakeCharge { idempotency_key, .. }
        | Effect::LookUpCharge { idempotency_key, .. }
        | Effect::CancelCharge { idempotency_key, .. }
        | Effect::SendRefund { idempotency_key, .. }
        | Effect::LookUpRefund { idempotency_key, .. } => idempotency_key.to_string(),
    }
}

// While a payment was pending, another top-up was asked every five minutes.
// https://github.com/getlago/lago-api/issues/1962 https://github.com/firecrawl/firecrawl/issues/2338
#[test]
fn e4_no_second_top_up_while_one_is_pending() {
    let mut life = asking();
    for _ in 0..100 {
        assert_eq!(life.later("5m").tick().unwrap(), NOTHING);
        assert_eq!(life.spends("0.05").unwrap(), ["call_charged"]);
    }
    life.asks_for(ChargeKind::AutoTopUp, "10.00");
    assert_eq!(life.account.charges().len(), 1);
}

// A payment that was "processing" gave its place back after ten minutes, and the card was charged again.
// https://github.com/useautumn/autumn/issues/3332
#[test]
fn e4_no_second_top_up_while_one_is_processing() {
    let mut life = asking();
    life.later("23h").tick().unwrap(); // still nobody knows
    life.later("300d");
    assert_eq!(life.spends("5.00").unwrap(), ["call_charged"]);
    life.asks_for(ChargeKind::AutoTopUp, "10.00");
    assert_eq!(life.owes(), ["look_up_charge"]);
}

// A burst of identical charges: every job that saw the low balance had an idempotency key of its own.
// https://github.com/akash-network/console/issues/3660
#[test]
fn k5_many_workers_ask_under_one_key() {
    let mut life = asking();
    let first = key_of(&life);
    for _ in 0..10 {
        life.later("1m").spends("0.10").unwrap();
        assert_eq!(key_of(&life), first);
        let mut restarted = life.clone();
        restarted.account = replay(&life.batches).unwrap();
        assert_eq!(key_of(&restarted), first);
    }
}

// One payment was credited twice when its webhook came twice: 9 became 19, and 13 became 33.
// https://github.com/wasp-lang/open-saas/issues/688 https://github.com/anomalyco/opencode/issues/28402
// https://github.com/pollinations/pollinations/issues/10621 https://github.com/flexprice/flexprice/issues/2263
#[test]
fn f1_one_payment_credits_once() {
    let mut life = asking();
    life.charge_succeeds().unwrap();
    life.posted_is("20");
    for _ in 0..3 {
        assert_eq!(life.charge_succeeds_with(2, "10.00").unwrap(), NOTHING);
    }
    // The same payment under another event, with another reference.
    let (charge, reference) = (ChargeNumber(2), "another event".parse().unwrap());
    let again = Action::ChargeSucceeded { charge, amount: amount("10.00"), reference };
    assert_eq!(life.provider(again).unwrap(), NOTHING);
    life.posted_is("20");
}

// A retried top-up request was charged again: each try had a fresh id. Here the open charge holds the one place.
// https://github.com/getlago/lago-api/issues/5870 https://github.com/flexprice/flexprice/issues/2248
#[test]
fn e4_a_repeated_top_up_request_charges_once() {
    let mut life = Life::funded();
    life.tops_up("25.00").unwrap();
    let refused = Rejection::ChargeOpen { charge: ChargeNumber(2), kind: ChargeKind::Manual };
    assert_eq!(life.tops_up("25.00"), Err(refused));
    assert_eq!(life.account.charges().len(), 1);
}

// Two invoices for one cause: a success that came after its charge had been given up was paid beside its retry.
// https://github.com/masumi-network/sokosumi/issues/3120
#[test]
fn f1_a_late_payment_cancels_the_retry() {
    let mut life = asking();
    life.charge_fails(Decline::Soft).unwrap();
    life.later("1h").tick().unwrap();
    life.asks_for(ChargeKind::AutoTopUp, "10.00");
    assert_eq!(
        life.charge_succeeds_with(2, "10.00").unwrap(),
        ["charge_succeeded_late", "charge_superseded"]
    );
    assert_eq!(life.owes(), ["cancel_charge"]);
    life.posted_is("20");
}

// A target far away was reached by one charge for each increment.
// https://github.com/getlago/lago-api/issues/6177
#[test]
fn e2_one_charge_closes_the_whole_gap() {
    let mut life = Life::with_top_up("5.00", "80.00");
    assert_eq!(life.spends("75.03").unwrap(), ["call_charged", "charge_requested"]);
    life.asks_for(ChargeKind::AutoTopUp, "75.03");
    assert_eq!(life.charge_succeeds().unwrap(), ["charge_succeeded"]);
    life.posted_is("80");
}

// A card that declined was asked again and again: more than 670 invoices, 83 in a day.
// https://github.com/useautumn/autumn/issues/2420
#[test]
fn f5_a_declining_card_is_asked_four_times_and_no_more() {
    let mut life = asking();
    for _ in 0..1_000 {
        if life.account.open_charge().is_some() {
            life.charge_fails(Decline::Soft).unwrap();
        }
        life.later("1h").spends("0.001").unwrap();
    }
    assert_eq!(life.account.charges().len(), 5); // the funding, and four tries
    assert_eq!(life.outlook(), TopUpOutlook::Paused { reason: PauseReason::RetriesExhausted });
}

// 486 failures in four and a half hours: each failure gave the claim back, and the next check charged at once.
// https://github.com/akash-network/console/issues/3756
#[test]
fn f5_a_failure_does_not_give_its_try_back() {
    let mut life = asking();
    assert_eq!(life.charge_fails(Decline::Soft).unwrap(), ["charge_failed", "top_up_retry_scheduled"]);
    assert_eq!(life.spends("0.10").unwrap(), ["call_charged"]);
    assert_eq!(life.switches(false).unwrap(), ["top_up_set"]);
    assert_eq!(life.switches(true).unwrap(), ["top_up_set"]);
    let at = life.now.saturating_add(span("1h"));
    assert_eq!(life.outlook(), TopUpOutlook::RetryAt { at });
}

// Declines must pause the top-up, and each wait be longer than the one before.
// https://github.com/akash-network/console/issues/3760
#[test]
fn f5_consecutive_declines_back_off_and_pause() {
    let mut life = asking();
    let mut waits = Vec::new();
    while let Ok(events) = life.charge_fails(Decline::Soft) {
        if events.contains(&"top_up_paused") {
            break;
        }
        let due = life.next_deadline().unwrap();
        waits.push((due.as_micros() - life.now.as_micros()) / 3_600_000_000);
        life.now = due;
        life.tick().unwrap();
    }
    assert_eq!(waits, [1, 24, 72]);
    life.asks_for_nothing();
}

// A payment that had settled was turned into a failed one, and a dollar became two.
// https://github.com/getlago/lago-api/issues/3703
#[test]
fn f1_a_settled_payment_never_becomes_a_failed_one() {
    let mut life = asking();
    life.charge_succeeds().unwrap();
    let reason = "late".parse().unwrap();
    let failed = Action::ChargeFailed { charge: ChargeNumber(2), decline: Decline::Hard, reason };
    assert_eq!(life.provider(failed), Err(Rejection::ChargeSucceeded { charge: ChargeNumber(2) }));
    life.posted_is("20");
    let outcome = life.account.charge(ChargeNumber(2)).unwrap().outcome;
    assert_eq!(outcome, Outcome::Succeeded { credited: amount("10.00") });
}

// A report that did not fit the payment's state was dropped without a word.
// https://github.com/getlago/lago-api/issues/5947
#[test]
fn f2_a_report_that_does_not_fit_is_on_record() {
    let mut life = asking();
    assert_eq!(life.charge_succeeds_with(2, "1.00").unwrap(), ["charge_mismatched"]);
    let refused = Rejection::ChargeUnresolved {
        charge: ChargeNumber(2),
        expected: amount("10.00"),
        reported: amount("1.00"),
    };
    assert_eq!(life.charge_fails(Decline::Soft), Err(refused));
}

// Automatic top-up charged though it was off, and switched itself on again.
// https://github.com/openai/codex/issues/31987 https://github.com/anthropics/claude-code/issues/14857
// https://github.com/useautumn/autumn/issues/3339
#[test]
fn e6_off_stays_off_until_it_is_switched_on() {
    type Happens = fn(&mut Life) -> Answer;
    let mut life = Life::with_credit("20.00");
    let happens: [Happens; 7] = [
        |life| life.spends("12.00"),
        |life| life.sets("15.00", "90.00"),
        |life| life.links("card-2"),
        |life| life.later("300d").tick(),
        Life::reactivates,
        |life| life.tops_up("1.00"),
        Life::charge_succeeds,
    ];
    for happens in happens {
        happens(&mut life).unwrap();
        assert_ne!(life.account.open_charge().map(|charge| charge.kind), Some(ChargeKind::AutoTopUp));
        assert_eq!(life.account.top_up_settings().map(|settings| settings.enabled), Some(false));
    }
    assert_eq!(life.switches(true).unwrap(), ["top_up_set", "charge_requested"]);
}

// It could not be switched off while a draft of the threshold was invalid.
// https://github.com/Cap-go/capgo.app/issues/3192 https://github.com/akash-network/console/issues/3533
#[test]
fn e6_switching_off_needs_no_valid_settings() {
    let mut life = Life::funded();
    let mut numbers = life.policy.numbers().clone();
    numbers.threshold = amount("15.00");
    numbers.threshold_min = prepaid::LowerBound::From(amount("12.00")); // the threshold in force is 10.00
    life.policy = prepaid::Policy::new(numbers).unwrap();
    assert_eq!(life.switches(false).unwrap(), ["top_up_set"]);
    assert_eq!(life.switches(true).unwrap_err().tag().as_str(), "settings_invalid");
}

// Settings that contradict each other were accepted, and top-ups stopped without a word.
// https://github.com/getlago/lago-api/issues/5992
#[test]
fn e5_contradicting_settings_are_refused_when_they_are_made() {
    let mut life = Life::funded();
    for (threshold, target) in [("30.00", "20.00"), ("20.00", "20.00")] {
        let gap = SettingFault::GapTooSmall {
            threshold: amount(threshold),
            target: amount(target),
            gap: life.policy.numbers().gap,
        };
        assert_eq!(life.sets(threshold, target), Err(Rejection::SettingsInvalid { faults: vec![gap] }));
    }
}

// Recharge did not fire until it was switched off and on: saving the settings did not look at the balance.
// https://github.com/openai/codex/issues/19872 https://github.com/blnkfinance/blnk/issues/318
#[test]
fn e3_a_change_of_settings_fires_at_once() {
    let mut life = Life::funded();
    assert_eq!(life.spends("5.00").unwrap(), ["call_charged"]);
    assert_eq!(life.sets("15.00", "40.00").unwrap(), ["top_up_set", "charge_requested"]);
    life.asks_for(ChargeKind::AutoTopUp, "25.00");
}

// The label said "below", the code "at or below".
// https://github.com/akash-network/console/issues/3535
#[test]
fn e1_equality_fires() {
    let mut life = Life::with_top_up("5.00", "80.00");
    assert_eq!(life.spends("74.99").unwrap(), ["call_charged"]);
    assert_eq!(life.spends("0.01").unwrap(), ["call_charged", "charge_requested"]);
}

// A top-up that only looked for the moment of crossing never came for a balance that was low already.
// https://github.com/useautumn/autumn/issues/1705 https://github.com/xdevplatform/docs/issues/310
#[test]
fn e1_a_balance_that_is_low_already_fires_too() {
    let mut life = Life::with_credit("1.00");
    assert_eq!(life.spends("0.50").unwrap(), ["call_charged"]); // off, and low
    assert_eq!(life.switches(true).unwrap(), ["top_up_set", "charge_requested"]);
    life.asks_for(ChargeKind::AutoTopUp, "19.50");
}

// A card was charged 45.01, and then the credit was refused because of a maximum balance of 50.
// https://github.com/Purelymail/purelymail-issues/issues/86
#[test]
fn f7_the_maximum_balance_is_checked_before_charging() {
    let mut life = Life::with_top_up("5.00", "960.00");
    let refused = Rejection::BalanceTooHigh { amount: amount("45.01"), at_most: amount("1000.00") };
    assert_eq!(life.tops_up("45.01"), Err(refused));
    life.asks_for_nothing();
    // What was taken is credited, whatever the balance has become.
    life.tops_up("40.00").unwrap();
    life.policy = prepaid::Policy::new(prepaid::PolicyNumbers {
        maximum_balance: amount("500.00"),
        ..life.policy.numbers().clone()
    })
    .unwrap();
    life.charge_succeeds().unwrap();
    life.posted_is("1000");
}

// A refill set the balance instead of adding to it, and lowered that of fifty accounts.
// https://github.com/recoupable/app/issues/1960
#[test]
fn f2_a_refill_never_lowers_a_balance() {
    let mut life = Life::with_top_up("5.00", "80.00");
    life.tops_up("10.00").unwrap();
    life.sets("5.00", "20.00").unwrap(); // a target below the balance
    life.charge_succeeds().unwrap();
    life.posted_is("90");
}

// An account that nobody used was charged. Here time alone never charges: only what is spent, or asked for, does.
// https://github.com/akash-network/console/issues/3576
#[test]
fn e1_an_idle_account_is_not_charged() {
    let mut life = Life::funded();
    for _ in 0..24 {
        assert_eq!(life.later("30d").tick().unwrap(), NOTHING);
    }
    life.asks_for_nothing();
    let mut linked = Life::at_stage(StageTag::Linked);
    assert_eq!(linked.later("300d").tick().unwrap(), NOTHING);
    linked.asks_for_nothing();
}
