//! F5. Bars: ten failed charges of one payment method in thirty days, and nothing more is asked of it for a while.

use crate::life::{Answer, Life, card, new_key, span};
use prepaid::{
    Action, ChargeNumber, Decline, Event, PolicyNumbers, Rejection, StageTag, Timestamp, TopUpOutlook,
};

/// Funded, automatic top-up off, so that only manual charges are asked.
fn manual() -> Life {
    let mut life = Life::funded();
    life.switches(false).unwrap();
    life
}

/// A manual top-up is asked and declined softly.
fn top_up_fails(life: &mut Life) -> Answer {
    life.tops_up("5.00").unwrap();
    life.charge_fails(Decline::Soft)
}

/// So many manual top-ups fail, now.
fn failures(life: &mut Life, count: u32) {
    for _ in 0..count {
        assert_eq!(top_up_fails(life).unwrap(), ["charge_failed"]);
    }
}

/// Barred by ten failures of manual top-ups just now.
fn barred() -> (Life, Timestamp) {
    let mut life = manual();
    failures(&mut life, 9);
    assert_eq!(top_up_fails(&mut life).unwrap(), ["charge_failed", "method_barred"]);
    let until = life.now.saturating_add(span("30d"));
    (life, until)
}

// F5: the tenth failure within the window bars the card until the first of them is thirty days old.
#[test]
fn f5_ten_failures_bar_a_card() {
    let mut life = manual();
    let until = life.now.saturating_add(span("30d"));
    failures(&mut life, 9);
    life.later("10d");
    assert_eq!(top_up_fails(&mut life).unwrap(), ["charge_failed", "method_barred"]);
    let fingerprint = "card-1".parse().unwrap();
    let event = Event::MethodBarred { fingerprint, until };
    assert_eq!(life.batches.last().unwrap().events.last(), Some(&event));
    assert_eq!(life.tops_up("5.00"), Err(Rejection::MethodBarred { until }));
}

// F5: the bar ends at its instant, and that is a deadline.
#[test]
fn f5_a_bar_ends_to_the_microsecond() {
    let (mut life, until) = barred();
    assert_eq!(life.next_deadline(), Some(until));
    life.now = until;
    assert_eq!(life.micros(-1).tick(), Ok(vec![]));
    assert_eq!(life.tops_up("5.00"), Err(Rejection::MethodBarred { until }));
    assert_eq!(life.clone().micros(1).tops_up("5.00").unwrap(), ["method_bar_ended", "charge_requested"]);
    assert_eq!(life.micros(1).tick().unwrap(), ["method_bar_ended"]);
    assert_eq!(life.next_deadline(), None);
}

// F5: a failure thirty days old has left the window; a microsecond younger it is in it.
#[test]
fn f5_the_window_is_thirty_days_to_the_microsecond() {
    let mut life = manual();
    failures(&mut life, 9);
    life.later("30d");
    let mut just_within = life.clone();
    just_within.micros(-1);
    assert_eq!(top_up_fails(&mut just_within).unwrap(), ["charge_failed", "method_barred"]);
    let bar_ends = just_within.clone().micros(1).now; // when the oldest is thirty days old
    assert_eq!(just_within.next_deadline(), Some(bar_ends));
    assert_eq!(top_up_fails(&mut life).unwrap(), ["charge_failed"]);
}

// F5: after a bar the younger failures still count: the next one may bar again, until the oldest left of ten.
#[test]
fn f5_the_next_failure_after_a_bar_may_bar_again() {
    let mut life = manual();
    failures(&mut life, 1);
    let second = life.later("1d").now;
    failures(&mut life, 8);
    assert_eq!(top_up_fails(&mut life).unwrap(), ["charge_failed", "method_barred"]);
    life.later("29d");
    assert_eq!(life.tick().unwrap(), ["method_bar_ended"]);
    assert_eq!(top_up_fails(&mut life).unwrap(), ["charge_failed", "method_barred"]);
    assert_eq!(life.next_deadline(), Some(second.saturating_add(span("30d"))));
}

// F5: failed and abandoned charges count alike, whatever the decline.
#[test]
fn f5_every_way_to_fail_counts_for_the_bar() {
    type Ends = fn(&mut Life) -> Answer;
    let endings: [(Ends, &[&str]); 5] = [
        (|life| life.charge_fails(Decline::Hard), &["charge_failed", "top_up_paused", "method_barred"]),
        (|life| life.charge_fails(Decline::Soft), &["charge_failed", "method_barred"]),
        (Life::charge_is_not_found, &["charge_failed", "method_barred"]),
        (Life::charge_is_cancelled, &["charge_abandoned", "method_barred"]),
        (|life| life.resolves(11, "0"), &["charge_resolved", "charge_failed", "method_barred"]),
    ];
    for (ends, events) in endings {
        // As the tenth ...
        let mut life = manual();
        failures(&mut life, 9);
        life.tops_up("5.00").unwrap();
        assert_eq!(ends(&mut life).unwrap(), events);
    }
    let first: [Ends; 3] =
        [|life| life.charge_fails(Decline::Hard), Life::charge_is_not_found, Life::charge_is_cancelled];
    for ends in first {
        // ... and as the first.
        let mut life = manual();
        life.tops_up("5.00").unwrap();
        ends(&mut life).unwrap();
        failures(&mut life, 8);
        assert_eq!(top_up_fails(&mut life).unwrap(), ["charge_failed", "method_barred"]);
    }
}

// F5: failures of the initial funding count, and bar the first key.
#[test]
fn f5_initial_fundings_count_and_are_barred() {
    let mut life = Life::at_stage(StageTag::Linked);
    for n in 1..=10 {
        life.owner(new_key(n)).unwrap();
        let failed = life.charge_fails(Decline::Soft).unwrap();
        assert_eq!(failed.contains(&"method_barred"), n == 10);
    }
    let until = life.now.saturating_add(span("30d"));
    assert_eq!(life.owner(new_key(11)), Err(Rejection::MethodBarred { until }));
    life.now = until;
    let asked = life.owner(new_key(11)).unwrap();
    assert_eq!(asked, ["method_bar_ended", "first_key_requested", "charge_requested"]);
}

// F5: failures of automatic charges count, and bar the next; the end of the bar fires what is due.
#[test]
fn f5_automatic_charges_count_and_are_barred() {
    let mut life = Life::funded();
    life.spends("10.00").unwrap();
    for n in 1..=10 {
        let failed = life.charge_fails(Decline::Soft).unwrap();
        assert_eq!(failed.contains(&"method_barred"), n == 10);
        let reactivated = life.reactivates().unwrap();
        assert_eq!(reactivated.contains(&"charge_requested"), n < 10);
    }
    let until = life.now.saturating_add(span("30d"));
    assert_eq!(life.outlook(), TopUpOutlook::BarredUntil { until });
    life.now = until;
    assert_eq!(life.micros(-1).tick(), Ok(vec![]));
    assert_eq!(life.micros(1).tick().unwrap(), ["method_bar_ended", "charge_requested"]);
}

// F5: a success in between takes no failure back.
#[test]
fn f5_a_success_does_not_reset_the_count() {
    let mut life = manual();
    failures(&mut life, 9);
    life.tops_up("5.00").unwrap();
    life.charge_succeeds().unwrap();
    assert_eq!(top_up_fails(&mut life).unwrap(), ["charge_failed", "method_barred"]);
}

// F5, F1: a charge that was taken after all is no failed one.
#[test]
fn f5_a_late_success_is_no_failure() {
    let mut life = manual();
    failures(&mut life, 9);
    life.charge_succeeds_with(2, "5.00").unwrap();
    assert_eq!(top_up_fails(&mut life).unwrap(), ["charge_failed"]);
    assert_eq!(top_up_fails(&mut life).unwrap(), ["charge_failed", "method_barred"]);
}

// F5: counted per fingerprint: another card is asked, the same card under a new token is not.
// F5: a bar stands until the end that was recorded with it, also when one of its failures proves to be a success.
#[test]
fn f5_a_bar_stands_until_its_end() {
    let (mut life, until) = barred();
    let last = life.account.charges().last().unwrap().clone();
    life.charge_succeeds_with(last.number.0, &last.amount.to_string()).unwrap();
    assert_eq!(life.tops_up("5"), Err(Rejection::MethodBarred { until }));
}

#[test]
fn f5_a_bar_is_per_fingerprint() {
    let (mut life, until) = barred();
    life.links("card-2").unwrap();
    assert_eq!(life.clone().tops_up("5.00").unwrap(), ["charge_requested"]);
    let mut renewed = card("card-1");
    if let Action::LinkPaymentMethod { token, .. } = &mut renewed {
        *token = "pm_renewed".parse().unwrap();
    }
    life.owner(renewed).unwrap();
    assert_eq!(life.tops_up("5.00"), Err(Rejection::MethodBarred { until }));
}

#[test]
fn f5_failures_of_another_card_do_not_count() {
    let mut life = manual();
    failures(&mut life, 9);
    life.links("card-2").unwrap();
    failures(&mut life, 9);
    life.links("card-1").unwrap();
    assert_eq!(top_up_fails(&mut life).unwrap(), ["charge_failed", "method_barred"]);
}

// F5: the fingerprint of the card that was asked counts, though another is linked by now.
#[test]
fn f5_a_failure_counts_for_the_card_that_was_asked() {
    let mut life = manual();
    failures(&mut life, 9);
    life.tops_up("5.00").unwrap();
    life.links("card-2").unwrap();
    assert_eq!(life.charge_fails(Decline::Soft).unwrap(), ["charge_failed", "method_barred"]);
    assert_eq!(life.clone().tops_up("5.00").unwrap(), ["charge_requested"]);
    let until = life.now.saturating_add(span("30d"));
    life.links("card-1").unwrap();
    assert_eq!(life.tops_up("5.00"), Err(Rejection::MethodBarred { until }));
}

// F5: where the provider gives no fingerprint, the token stands in.
#[test]
fn f5_without_a_fingerprint_the_token_is_barred() {
    let plain = |name: &str| {
        let mut plain = card(name);
        if let Action::LinkPaymentMethod { fingerprint, .. } = &mut plain {
            *fingerprint = None;
        }
        plain
    };
    let mut life = manual();
    life.owner(plain("a")).unwrap();
    failures(&mut life, 9);
    assert_eq!(top_up_fails(&mut life).unwrap(), ["charge_failed", "method_barred"]);
    let barred = Event::MethodBarred {
        fingerprint: "pm_a".parse().unwrap(),
        until: life.now.saturating_add(span("30d")),
    };
    assert_eq!(life.batches.last().unwrap().events.last(), Some(&barred));
    life.owner(plain("b")).unwrap();
    assert_eq!(life.tops_up("5.00").unwrap(), ["charge_requested"]);
}

// F5, F1: the ending of a superseded charge is no decline, and does not count here either.
#[test]
fn f5_a_superseded_ending_does_not_count() {
    let mut life = Life::funded();
    life.spends("10.00").unwrap(); // charge 2
    life.charge_fails(Decline::Soft).unwrap();
    life.later("1h").tick().unwrap(); // charge 3
    life.charge_succeeds_with(2, "10.00").unwrap();
    assert_eq!(life.charge_is_cancelled().unwrap(), ["charge_abandoned"]);
    life.switches(false).unwrap();
    failures(&mut life, 9);
    assert_eq!(life.account.charges().last().map(|charge| charge.number), Some(ChargeNumber(12)));
    assert_eq!(top_up_fails(&mut life).unwrap(), ["charge_failed", "method_barred"]);
}

// F5: bound and window are the policy's.
#[test]
fn f5_a_policy_may_bar_after_the_first_failure() {
    let numbers =
        PolicyNumbers { failures_bound: 1, failures_window: span("1h"), ..PolicyNumbers::documented() };
    let mut life = Life::under(numbers).on_to(StageTag::Active);
    life.tops_up("5.00").unwrap();
    assert_eq!(life.charge_fails(Decline::Soft).unwrap(), ["charge_failed", "method_barred"]);
    let until = life.now.saturating_add(span("1h"));
    assert_eq!(life.tops_up("5.00"), Err(Rejection::MethodBarred { until }));
}
