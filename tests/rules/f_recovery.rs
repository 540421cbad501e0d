//! F5. Waits and pauses after failed charges.

use crate::life::{Answer, Life, card, new_key, span};
use prepaid::{
    Action, ChargeKind, ChargeNumber, Decline, Event, PauseReason, PolicyNumbers, StageTag, TopUpOutlook,
};

/// Charge 2, automatic, of 10.00, at a balance of 10.00.
fn asking() -> Life {
    let mut life = Life::funded();
    life.spends("10.00").unwrap();
    life
}

/// It was declined softly; the next waits an hour.
fn waiting() -> Life {
    let mut life = asking();
    life.charge_fails(Decline::Soft).unwrap();
    life
}

/// It was declined hard; automatic top-up is paused.
fn paused() -> Life {
    let mut life = asking();
    life.charge_fails(Decline::Hard).unwrap();
    life
}

#[track_caller]
fn retries_in(life: &Life, wait: &str) {
    let at = life.now.saturating_add(span(wait));
    assert_eq!(life.outlook(), TopUpOutlook::RetryAt { at });
}

#[track_caller]
fn is_paused(life: &Life, reason: PauseReason) {
    assert_eq!(life.outlook(), TopUpOutlook::Paused { reason });
}

/// The same card under a new token.
fn renewed_card() -> Action {
    let mut renewed = card("card-1");
    if let Action::LinkPaymentMethod { token, .. } = &mut renewed {
        *token = "pm_renewed".parse().unwrap();
    }
    renewed
}

/// A card the provider gives no fingerprint of.
fn plain_card(name: &str, ends_in: &str) -> Action {
    let mut plain = card(name);
    if let Action::LinkPaymentMethod { fingerprint, last_four, .. } = &mut plain {
        *fingerprint = None;
        *last_four = ends_in.parse().unwrap();
    }
    plain
}

// F5: the next charge waits 1 h, then 24 h, then 72 h, each to the microsecond; then automatic top-up is paused.
#[test]
fn f5_schedule_of_one_hour_one_day_three_days_then_a_pause() {
    let mut life = asking();
    for (step, wait) in [(1, "1h"), (2, "24h"), (3, "72h")] {
        assert_eq!(life.charge_fails(Decline::Soft).unwrap(), ["charge_failed", "top_up_retry_scheduled"]);
        let until = life.now.saturating_add(span(wait));
        let scheduled = Event::TopUpRetryScheduled { step, until };
        assert_eq!(life.batches.last().unwrap().events.last(), Some(&scheduled));
        retries_in(&life, wait);
        assert_eq!(life.next_deadline(), Some(until));
        life.later(wait).micros(-1);
        assert_eq!(life.tick(), Ok(vec![]));
        life.micros(1);
        assert_eq!(life.tick().unwrap(), ["top_up_retry_due", "charge_requested"]);
    }
    assert_eq!(life.charge_fails(Decline::Soft).unwrap(), ["charge_failed", "top_up_paused"]);
    is_paused(&life, PauseReason::RetriesExhausted);
    assert_eq!(life.next_deadline(), None);
    life.asks_for_nothing();
}

// F5: counted from the failure, not from the request.
#[test]
fn f5_the_wait_counts_from_the_failure() {
    let mut life = asking();
    life.later("5h").charge_fails(Decline::Soft).unwrap();
    retries_in(&life, "1h");
}

// F5: without a schedule the first soft decline is its end.
#[test]
fn f5_an_empty_schedule_pauses_at_once() {
    let mut life =
        Life::under(PolicyNumbers { retries: vec![], ..PolicyNumbers::documented() }).on_to(StageTag::Active);
    life.spends("10.00").unwrap();
    assert_eq!(life.charge_fails(Decline::Soft).unwrap(), ["charge_failed", "top_up_paused"]);
    is_paused(&life, PauseReason::RetriesExhausted);
}

// F5: a failed charge is never asked again; what is asked next is a new charge, for what is missing then.
#[test]
fn f5_a_retry_is_a_new_charge_with_a_fresh_amount() {
    let mut life = waiting();
    assert_eq!(life.owes(), [""; 0]);
    assert_eq!(life.spends("4.00").unwrap(), ["call_charged"]); // due by the balance, but waiting
    life.later("1h").tick().unwrap();
    life.asks_for(ChargeKind::AutoTopUp, "14.00");
    assert_eq!(life.account.open_charge().map(|charge| charge.number), Some(ChargeNumber(3)));
}

/// After the first wait, the step survives if the next failure waits a day, and was cleared if it waits an hour.
#[track_caller]
fn next_failure_waits(mut life: Life, wait: &str) {
    while life.account.open_charge().is_none() {
        if let TopUpOutlook::RetryAt { at } = life.outlook() {
            life.now = at;
        } else {
            life.spends("5.00").unwrap(); // down to the threshold
        }
        life.tick().unwrap();
    }
    life.charge_fails(Decline::Soft).unwrap();
    retries_in(&life, wait);
}

// F5: the step reached survives anything but what the next test lists.
#[test]
fn f5_the_step_survives() {
    type Happens = fn(&mut Life);
    let survives: [(&str, Happens); 8] = [
        ("nothing", |_| ()),
        ("calls", |life| drop(life.spends("1.00").unwrap())),
        ("other settings", |life| drop(life.sets("9.00", "30.00").unwrap())),
        ("switching off and on", |life| {
            assert_eq!(life.switches(false).unwrap(), ["top_up_set"]);
            assert_eq!(life.switches(true).unwrap(), ["top_up_set"]); // no wait is cleared (E6)
        }),
        ("the same card under a new token", |life| drop(life.owner(renewed_card()).unwrap())),
        ("a suspension", |life| {
            life.operator(Action::Suspend { reason: "review".parse().unwrap() }).unwrap();
            life.operator(Action::Resume {}).unwrap();
        }),
        ("a manual charge declined softly", |life| {
            life.tops_up("5.00").unwrap();
            assert_eq!(life.charge_fails(Decline::Soft).unwrap(), ["charge_failed"]);
        }),
        ("a manual charge abandoned", |life| {
            life.tops_up("5.00").unwrap();
            assert_eq!(life.charge_is_cancelled().unwrap(), ["charge_abandoned"]);
        }),
    ];
    for (what, happens) in survives {
        let mut life = waiting();
        happens(&mut life);
        assert!(
            matches!(life.outlook(), TopUpOutlook::RetryAt { .. } | TopUpOutlook::AboveThreshold),
            "{what}"
        );
        next_failure_waits(life, "24h");
    }
}

// F5: a success of any kind, another payment method and a reactivation clear it: the next failure is the first.
#[test]
fn f5_the_step_is_cleared() {
    type Happens = fn(&mut Life) -> Answer;
    let clears: [(&str, Happens, &[&str]); 4] = [
        (
            "the retry succeeds",
            |life| {
                life.later("1h").tick().unwrap();
                life.charge_succeeds()
            },
            &["charge_succeeded"],
        ),
        (
            "a manual top-up succeeds",
            |life| {
                life.tops_up("10.00").unwrap();
                life.charge_succeeds()
            },
            &["charge_succeeded"],
        ),
        ("another card", |life| life.links("card-2"), &["payment_method_linked", "charge_requested"]),
        ("a reactivation", Life::reactivates, &["top_up_reactivated", "charge_requested"]),
    ];
    for (what, happens, events) in clears {
        let mut life = waiting();
        assert_eq!(happens(&mut life).unwrap(), events, "{what}");
        next_failure_waits(life, "1h");
    }
}

// F5: a pause is cleared by the same and by nothing else.
#[test]
fn f5_a_pause_is_cleared_by_the_same() {
    let mut life = paused();
    life.switches(false).unwrap();
    life.switches(true).unwrap();
    life.owner(renewed_card()).unwrap();
    life.sets("9.00", "30.00").unwrap();
    life.spends("9.00").unwrap();
    assert_eq!(life.later("300d").tick(), Ok(vec![]));
    is_paused(&life, PauseReason::HardDecline);
    life.asks_for_nothing();

    assert_eq!(life.clone().reactivates().unwrap(), ["top_up_reactivated", "charge_requested"]);
    assert_eq!(life.clone().links("card-2").unwrap(), ["payment_method_linked", "charge_requested"]);
    life.tops_up("5.00").unwrap();
    assert_eq!(life.charge_succeeds().unwrap(), ["charge_succeeded", "charge_requested"]);
}

// F5: where the provider gives no fingerprint, the token stands in.
#[test]
fn f5_without_a_fingerprint_the_token_stands_in() {
    let declined = || {
        let mut life = Life::at_stage(StageTag::Described);
        life.owner(plain_card("a", "1111")).unwrap();
        let mut life = life.on_to(StageTag::Active);
        life.spends("10.00").unwrap();
        life.charge_fails(Decline::Soft).unwrap();
        life
    };
    let mut life = declined();
    assert_eq!(life.owner(plain_card("a", "2222")).unwrap(), ["payment_method_linked"]);
    next_failure_waits(life, "24h");
    let mut life = declined();
    assert_eq!(life.owner(plain_card("b", "1111")).unwrap(), ["payment_method_linked", "charge_requested"]);
    next_failure_waits(life, "1h");
}

// F5: a hard decline of any kind of charge pauses automatic top-up at once, also in the middle of the schedule.
#[test]
fn f5_a_hard_decline_of_any_kind_of_charge_pauses() {
    let failed_and_paused = ["charge_failed", "top_up_paused"];
    assert_eq!(asking().charge_fails(Decline::Hard).unwrap(), failed_and_paused);
    let mut retried = waiting();
    retried.later("1h").tick().unwrap();
    assert_eq!(retried.charge_fails(Decline::Hard).unwrap(), failed_and_paused);
    is_paused(&retried, PauseReason::HardDecline);
    let mut manual = waiting();
    manual.tops_up("5.00").unwrap();
    assert_eq!(manual.charge_fails(Decline::Hard).unwrap(), failed_and_paused);
    is_paused(&manual, PauseReason::HardDecline);
    let mut initial = Life::at_stage(StageTag::Funding);
    assert_eq!(initial.charge_fails(Decline::Hard).unwrap(), failed_and_paused);
    // It can be asked again by hand, and its success ends the pause.
    initial.owner(new_key(1)).unwrap();
    initial.charge_succeeds().unwrap();
    assert_eq!(initial.spends("10.00").unwrap(), ["call_charged", "charge_requested"]);
}

// F5: only automatic charges wait after a soft decline.
#[test]
fn f5_a_soft_decline_of_another_kind_neither_waits_nor_pauses() {
    let mut manual = Life::funded();
    manual.tops_up("5.00").unwrap();
    assert_eq!(manual.charge_fails(Decline::Soft).unwrap(), ["charge_failed"]);
    assert_eq!(manual.spends("10.00").unwrap(), ["call_charged", "charge_requested"]);
    let mut initial = Life::at_stage(StageTag::Funding);
    assert_eq!(initial.charge_fails(Decline::Soft).unwrap(), ["charge_failed"]);
}

// F5: an abandoned automatic charge pauses, with its own reason (F4).
#[test]
fn f5_an_abandoned_automatic_charge_pauses() {
    let mut life = asking();
    life.charge_is_cancelled().unwrap();
    is_paused(&life, PauseReason::ChargeAbandoned);
}

// F5: a decline of a card since replaced counts for neither wait nor pause; the new card is asked at once.
#[test]
fn f5_a_decline_of_a_replaced_card_counts_for_neither() {
    type Ends = fn(&mut Life) -> Answer;
    let endings: [(Ends, &str); 4] = [
        (|life| life.charge_fails(Decline::Soft), "charge_failed"),
        (|life| life.charge_fails(Decline::Hard), "charge_failed"),
        (Life::charge_is_not_found, "charge_failed"),
        (Life::charge_is_cancelled, "charge_abandoned"),
    ];
    for (ends, event) in endings {
        let mut automatic = asking();
        automatic.links("card-2").unwrap();
        assert_eq!(ends(&mut automatic).unwrap(), [event, "charge_requested"]);
        let mut manual = Life::funded();
        manual.tops_up("5.00").unwrap();
        manual.links("card-2").unwrap();
        assert_eq!(ends(&mut manual).unwrap(), [event]);
        assert_eq!(manual.outlook(), TopUpOutlook::AboveThreshold);
    }
}

// F5: the same card under a new token is not replaced: its decline counts.
#[test]
fn f5_a_decline_of_the_same_card_under_a_new_token_counts() {
    let mut life = asking();
    life.owner(renewed_card()).unwrap();
    assert_eq!(life.charge_fails(Decline::Soft).unwrap(), ["charge_failed", "top_up_retry_scheduled"]);
}

// F5: a retry that comes due while nothing may be charged ends its wait; E1 decides from then on, and the step stays.
#[test]
fn f5_a_retry_due_while_off_charges_when_switched_on() {
    let mut life = waiting();
    life.switches(false).unwrap();
    assert_eq!(life.later("1h").tick().unwrap(), ["top_up_retry_due"]);
    assert_eq!(life.next_deadline(), None);
    assert_eq!(life.later("10d").switches(true).unwrap(), ["top_up_set", "charge_requested"]);
    life.charge_fails(Decline::Soft).unwrap();
    retries_in(&life, "24h");
}

#[test]
fn f5_a_retry_due_above_the_threshold_charges_at_the_next_fall() {
    let mut life = waiting();
    life.sets("5.00", "20.00").unwrap();
    assert_eq!(life.later("1h").tick().unwrap(), ["top_up_retry_due"]);
    assert_eq!(life.outlook(), TopUpOutlook::AboveThreshold);
    assert_eq!(life.spends("5.00").unwrap(), ["call_charged", "charge_requested"]);
    life.charge_fails(Decline::Soft).unwrap();
    retries_in(&life, "24h");
}

#[test]
fn f5_a_retry_due_while_a_manual_charge_is_open_waits_for_its_end() {
    let mut life = waiting();
    life.tops_up("5.00").unwrap();
    assert_eq!(life.later("1h").tick().unwrap(), ["top_up_retry_due"]);
    assert_eq!(life.charge_fails(Decline::Soft).unwrap(), ["charge_failed", "charge_requested"]);
    life.asks_for(ChargeKind::AutoTopUp, "10.00");
}

// F5: reactivating is explicit, and changes nothing where there is nothing to clear; a step reached is something.
#[test]
fn f5_reactivating_clears_the_step_even_after_its_wait() {
    assert_eq!(Life::funded().reactivates(), Ok(vec![]));
    let mut life = waiting();
    life.sets("5.00", "20.00").unwrap();
    life.later("1h").tick().unwrap();
    assert_eq!(life.reactivates().unwrap(), ["top_up_reactivated"]);
    next_failure_waits(life, "1h");
}
