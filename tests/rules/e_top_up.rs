//! E1 to E3. The automatic top-up: when it fires, and for how much. (E4: `e_one_charge.rs`; E5, E6: `e_settings.rs`.)

use crate::life::{Answer, Life, amount, card, new_key, time};
use prepaid::{ChargeKind, ChargeNumber, Decline, PolicyNumbers, Rejection, StageTag, TopUpOutlook};

const FIRES: [&str; 2] = ["call_charged", "charge_requested"];
const SPENDS: [&str; 1] = ["call_charged"];

/// Brings `life`, whose balance is `from`, to `to`, by one call; below zero by settling above its hold.
fn falls(life: &mut Life, from: &str, to: &str) -> Answer {
    let price = (amount(from).to_decimal() - crate::life::balance(to).to_decimal()).to_string();
    if to.starts_with('-') {
        life.allows_debt("10");
        life.authorizes(1, from).unwrap();
        life.settles(1, &price)
    } else {
        life.spends(&price)
    }
}

#[test]
fn e1_documented_life() {
    let mut life = Life::with_top_up("5.00", "80.00");
    life.posted_is("80");
    assert_eq!(life.spends("74.99").unwrap(), ["call_charged"]);
    life.asks_for_nothing();
    assert_eq!(life.spends("0.01").unwrap(), ["call_charged", "charge_requested"]);
    life.asks_for(ChargeKind::AutoTopUp, "75.00");
    life.charge_succeeds().unwrap();
    life.posted_is("80");
}

// E1: 10.00 and 20.00 hold from the first key on, without anybody setting them.
#[test]
fn e1_the_default_settings_hold_from_the_first_key_on() {
    let mut life = Life::at_stage(StageTag::Linked);
    life.owner(new_key(1)).unwrap();
    life.asks_for(ChargeKind::InitialFunding, "20.00");
    life.charge_succeeds().unwrap();
    life.posted_is("20");
    assert_eq!(life.spends("9.99").unwrap(), SPENDS);
    assert_eq!(life.outlook(), TopUpOutlook::AboveThreshold);
    assert_eq!(life.spends("0.01").unwrap(), FIRES);
    life.asks_for(ChargeKind::AutoTopUp, "10.00");
    life.charge_succeeds().unwrap();
    life.posted_is("20");
}

// E1: equality fires: at a threshold of 5.00 a balance of 5.00 does, and the smallest amount more does not.
#[test]
fn e1_fires_at_exactly_the_threshold() {
    for (balance, fires) in
        [("5.01", false), ("5.000000000001", false), ("5", true), ("4.999999999999", true), ("0", true)]
    {
        let mut life = Life::with_top_up("5.00", "80.00");
        let expected = if fires { FIRES.to_vec() } else { SPENDS.to_vec() };
        assert_eq!(falls(&mut life, "80", balance), Ok(expected), "at {balance}");
        life.posted_is(balance);
    }
}

// E1: 0.025 taken 400 times from 20.00 is exactly 10.00, off and on; on, it fires at the 400th call and at no other.
#[test]
fn e1_fires_after_400_calls_of_a_fortieth() {
    let mut off = Life::with_credit("20");
    let mut on = Life::funded();
    for n in 1..=400 {
        assert_eq!(off.spends("0.025").unwrap(), SPENDS);
        let expected = if n == 400 { FIRES.to_vec() } else { SPENDS.to_vec() };
        assert_eq!(on.spends("0.025").unwrap(), expected, "call {n}");
    }
    off.posted_is("10");
    off.asks_for_nothing();
    on.posted_is("10");
    on.asks_for(ChargeKind::AutoTopUp, "10");
}

// E1: `posted` decides: what open calls hold is not spent yet.
#[test]
fn e1_holds_do_not_fire_it() {
    let mut life = Life::funded();
    assert_eq!(life.authorizes(1, "20").unwrap(), ["call_authorized"]);
    life.available_is("0");
    assert_eq!(life.outlook(), TopUpOutlook::AboveThreshold);
    assert_eq!(life.settles(1, "9.99").unwrap(), ["call_settled"]);
    life.authorizes(2, "0.01").unwrap();
    assert_eq!(life.settles(2, "0.01").unwrap(), ["call_settled", "charge_requested"]);
}

// E1: while it is off, it does not fire; switched on, it does at once.
#[test]
fn e1_not_while_off() {
    let mut life = Life::funded();
    life.switches(false).unwrap();
    assert_eq!(life.spends("10").unwrap(), SPENDS);
    assert_eq!(life.outlook(), TopUpOutlook::Off);
    assert_eq!(life.switches(true).unwrap(), ["top_up_set", "charge_requested"]);
}

// E1: an account that was never funded has nothing, and is not topped up for that.
#[test]
fn e1_not_before_the_account_is_funded() {
    let mut life = Life::at_stage(StageTag::Linked);
    assert_eq!(life.sets("15", "30").unwrap(), ["top_up_set"]);
    assert_eq!(life.owner(card("card-2")).unwrap(), ["payment_method_linked"]);
    assert_eq!(life.outlook(), TopUpOutlook::NotFunded);
    life.owner(new_key(1)).unwrap();
    assert_eq!(life.charge_fails(Decline::Soft).unwrap(), ["charge_failed"]);
    life.later("30d");
    assert_eq!(life.tick(), Ok(vec![]));
    life.asks_for_nothing();
}

#[test]
fn e1_not_while_suspended() {
    let mut life = Life::funded();
    life.authorizes(1, "10").unwrap();
    life.is_suspended_for("review").unwrap();
    assert_eq!(life.settles(1, "10").unwrap(), ["call_settled"]);
    assert_eq!(life.outlook(), TopUpOutlook::Suspended);
    assert_eq!(life.resumes().unwrap(), ["account_resumed", "charge_requested"]);
}

// E1: not while another charge is open; when it has ended, E1 decides anew.
#[test]
fn e1_not_while_a_charge_is_open() {
    let mut life = Life::funded();
    life.tops_up("5").unwrap();
    assert_eq!(life.spends("15").unwrap(), SPENDS);
    assert_eq!(life.outlook(), TopUpOutlook::Pending { charge: ChargeNumber(2) });
    let mut failing = life.clone();
    assert_eq!(failing.charge_fails(Decline::Soft).unwrap(), ["charge_failed", "charge_requested"]);
    failing.asks_for(ChargeKind::AutoTopUp, "15");
    // 10.00 after the success is still at the threshold.
    assert_eq!(life.charge_succeeds().unwrap(), ["charge_succeeded", "charge_requested"]);
    life.asks_for(ChargeKind::AutoTopUp, "10");
}

#[test]
fn e1_not_while_paused() {
    let mut life = Life::funded();
    life.spends("10").unwrap();
    life.charge_fails(Decline::Hard).unwrap();
    assert_eq!(life.later("90d").spends("1").unwrap(), SPENDS);
    assert!(matches!(life.outlook(), TopUpOutlook::Paused { .. }));
    assert_eq!(life.reactivates().unwrap(), ["top_up_reactivated", "charge_requested"]);
}

#[test]
fn e1_not_while_a_retry_waits() {
    let mut life = Life::funded();
    life.spends("10").unwrap();
    life.charge_fails(Decline::Soft).unwrap();
    life.later("1h").micros(-1);
    assert_eq!(life.outlook(), TopUpOutlook::RetryAt { at: time("2025-01-01T01:00:00Z") });
    assert_eq!(life.spends("1").unwrap(), SPENDS);
    assert_eq!(life.micros(1).tick().unwrap(), ["top_up_retry_due", "charge_requested"]);
    life.asks_for(ChargeKind::AutoTopUp, "11");
}

// E1: terms current or within their grace.
#[test]
fn e1_not_past_the_grace_of_outdated_terms() {
    let since = "2025-06-01T00:00:00Z";
    for (now, expected) in [
        (since, vec!["call_settled", "charge_requested"]),
        ("2025-06-30T23:59:59.999999Z", vec!["call_settled", "charge_requested"]),
        ("2025-07-01T00:00:00Z", vec!["call_settled"]),
    ] {
        let mut life = Life::funded();
        life.changes_policy(|numbers| numbers.hold = "200d".parse().unwrap());
        life.authorizes(1, "10").unwrap();
        life.requires_terms("TOS_2025_06_01", since);
        assert_eq!(life.at(now).settles(1, "10"), Ok(expected), "at {now}");
    }
}

// E1: not while the method is barred after too many failures (F5).
#[test]
fn e1_not_while_the_method_is_barred() {
    let mut life = Life::funded();
    life.changes_policy(|numbers| numbers.failures_bound = 1);
    life.tops_up("5").unwrap();
    assert_eq!(life.charge_fails(Decline::Soft).unwrap(), ["charge_failed", "method_barred"]);
    assert_eq!(life.spends("10").unwrap(), SPENDS);
    let until = time("2025-01-31T00:00:00Z");
    assert_eq!(life.outlook(), TopUpOutlook::BarredUntil { until });
    life.now = until;
    life.micros(-1);
    assert_eq!(life.spends("1").unwrap(), SPENDS);
    assert_eq!(life.micros(1).tick().unwrap(), ["method_bar_ended", "charge_requested"]);
}

// E2: with 5.00/80.00 the worked values, in whole cents rounded up; the overshoot is less than a cent.
#[test]
fn e2_charges_up_to_the_target() {
    for (balance, charge, then) in [
        ("5.00", Some("75.00"), "80"),
        ("5.01", None, "5.01"),
        ("4.97", Some("75.03"), "80"),
        ("-3.10", Some("83.10"), "80"),
        ("0", Some("80.00"), "80"),
        ("4.975", Some("75.03"), "80.005"),
        ("4.979999999999", Some("75.03"), "80.009999999999"),
        ("4.999999999999", Some("75.01"), "80.009999999999"),
        ("0.000000000001", Some("80.00"), "80.000000000001"),
        ("-3.105", Some("83.11"), "80.005"),
    ] {
        let mut life = Life::with_top_up("5.00", "80.00");
        falls(&mut life, "80", balance).unwrap();
        life.posted_is(balance);
        match charge {
            None => life.asks_for_nothing(),
            Some(charge) => {
                life.asks_for(ChargeKind::AutoTopUp, charge);
                assert_eq!(life.charge_succeeds().unwrap(), ["charge_succeeded"]);
            }
        }
        life.posted_is(then);
    }
}

// E2: never less than the policy's smallest charge, here 0.50; the overshoot is less than that.
#[test]
fn e2_the_smallest_charge() {
    for (target, balance, charge) in [
        ("10.01", "10", "0.50"),
        ("10.49", "10", "0.50"),
        ("10.50", "10", "0.50"),
        ("10.51", "10", "0.51"),
        ("10.49", "9.995", "0.50"),
        ("10.50", "9.995", "0.51"),
    ] {
        let mut life = Life::with_top_up("10", target);
        falls(&mut life, target, balance).unwrap();
        life.asks_for(ChargeKind::AutoTopUp, charge);
    }
}

#[test]
fn e2_whole_charge_units_of_the_policy() {
    let numbers = PolicyNumbers {
        charge_unit: amount("1"),
        smallest_charge: amount("5"),
        ..PolicyNumbers::documented()
    };
    for (balance, charge) in [("10", "10"), ("9.99", "11"), ("9", "11"), ("8.999999999999", "12")] {
        let mut life = Life::under(numbers.clone()).on_to(StageTag::Active);
        falls(&mut life, "20", balance).unwrap();
        life.asks_for(ChargeKind::AutoTopUp, charge);
    }
}

// E2, M1: beside a debt at the end of the range the largest charge there is room for; and none where there is none.
#[test]
fn e2_no_charge_is_larger_than_the_range() {
    let came = "40000000000000000";
    let mut life = Life::at_stage(StageTag::Funding);
    life.charge_succeeds_with(1, came).unwrap();
    life.resolves(1, came).unwrap();
    assert_eq!(life.spends("39999999999999970").unwrap(), ["call_charged"]);
    life.records_refund(1, came, "re_1").unwrap();
    life.posted_is("-39999999999999970");
    life.operator_reactivates().unwrap();
    life.asks_for(ChargeKind::AutoTopUp, "38999999999999999.99");
    assert_eq!(life.charge_succeeds().unwrap(), ["charge_succeeded"]);
    life.posted_is("-999999999999970.01");
    assert_eq!(life.outlook(), TopUpOutlook::OutOfRange);
    assert_eq!(life.tops_up("1.00"), Err(Rejection::OutOfRange { field: "posted" }));
}

// E2, M1: what is asked can be credited, also where there is room for what is missing and not for its whole charge units.
#[test]
fn e2_what_is_asked_can_be_credited() {
    let came = "39499999999999989.995"; // beside 20: there is room for 39499999999999990.004999999999
    for (spent, missing) in
        [("39499999999999985", "39499999999999995"), ("39499999999999980.003", "39499999999999990.003")]
    {
        let mut life = Life::funded();
        life.spends("10").unwrap();
        life.charge_fails(Decline::Hard).unwrap();
        life.charge_succeeds_with(2, came).unwrap();
        life.resolves(2, came).unwrap();
        assert_eq!(life.spends(spent).unwrap(), ["call_charged"]);
        life.records_refund(2, came, "re_1").unwrap();
        assert_eq!(life.account.balance().posted.shortfall(amount("20")), Ok(amount(missing)));
        life.operator_reactivates().unwrap();
        life.asks_for(ChargeKind::AutoTopUp, "39499999999999990");
        assert_eq!(life.charge_succeeds().unwrap()[0], "charge_succeeded", "{spent} spent");
    }
}

// E2, M1: where what is missing is in the range and its whole charge units are not, what there is room for is asked.
#[test]
fn e2_rounding_up_does_not_leave_the_range() {
    let mut life = Life::with_credit("20");
    life.tops_up("5").unwrap();
    life.charge_succeeds_with(2, "78999999999999960").unwrap();
    life.resolves(2, "78999999999999960").unwrap();
    life.spends("78999999999999979.995").unwrap();
    life.records_refund(2, "78999999999999960", "re_1").unwrap();
    life.records_refund(1, "20", "re_2").unwrap();
    life.operator_reactivates().unwrap();
    assert_eq!(life.account.balance().posted.shortfall(amount("20")), Ok(amount("78999999999999999.995")));
    life.switches(true).unwrap();
    life.asks_for(ChargeKind::AutoTopUp, "19.99");
}

// E2: the amount is that of the moment it fires; what is spent while it is open is for the next one.
#[test]
fn e2_the_amount_is_fixed_when_it_fires() {
    let mut life = Life::funded();
    life.spends("12").unwrap();
    life.asks_for(ChargeKind::AutoTopUp, "12");
    life.spends("3").unwrap();
    life.sets("10", "100").unwrap();
    life.asks_for(ChargeKind::AutoTopUp, "12");
    life.charge_succeeds().unwrap();
    life.posted_is("17");
    life.asks_for_nothing();
}

// E3: whatever makes E1 hold fires it in the same step.
#[test]
fn e3_every_command_that_makes_it_due_fires_it() {
    type Story = fn() -> (Life, Answer);
    let off_at_10 = || {
        let mut life = Life::funded();
        life.switches(false).unwrap();
        life.spends("10").unwrap();
        life
    };
    assert_eq!(off_at_10().switches(true), Ok(vec!["top_up_set", "charge_requested"]));
    let stories: [(&str, Story, &[&str]); 6] = [
        (
            "a call",
            || {
                let mut life = Life::funded();
                let said = life.spends("10");
                (life, said)
            },
            &["call_charged"],
        ),
        (
            "a settlement",
            || {
                let mut life = Life::funded();
                life.authorizes(1, "10").unwrap();
                let said = life.settles(1, "10");
                (life, said)
            },
            &["call_settled"],
        ),
        (
            "a late settlement",
            || {
                let mut life = Life::funded();
                life.authorizes(1, "10").unwrap();
                let said = life.later("2h").settles(1, "10");
                (life, said)
            },
            &["call_expired", "call_settled_late"],
        ),
        (
            "a higher threshold",
            || {
                let mut life = Life::funded();
                life.spends("5").unwrap();
                let said = life.sets("15", "20");
                (life, said)
            },
            &["top_up_set"],
        ),
        (
            "another payment method",
            || {
                let mut life = Life::funded();
                life.spends("10").unwrap();
                life.charge_fails(Decline::Hard).unwrap();
                let said = life.links("card-2");
                (life, said)
            },
            &["payment_method_linked"],
        ),
        (
            "accepted terms",
            || {
                let mut life = Life::funded();
                life.authorizes(1, "10").unwrap();
                life.requires_terms("TOS_2025_06_01", "2024-06-01T00:00:00Z");
                life.settles(1, "10").unwrap();
                let said = life.accepts_terms("TOS_2025_06_01");
                (life, said)
            },
            &["terms_accepted"],
        ),
    ];
    for (what, story, own) in stories {
        let (life, said) = story();
        let expected: Vec<&str> = own.iter().copied().chain(["charge_requested"]).collect();
        assert_eq!(said, Ok(expected), "{what}");
        assert_eq!(
            life.account.open_charge().map(|charge| charge.kind),
            Some(ChargeKind::AutoTopUp),
            "{what}"
        );
        assert!(matches!(life.outlook(), TopUpOutlook::Pending { .. }), "firing makes it false: {what}");
    }
}

// E3: a success that does not lift the balance above the threshold fires again, in the same step; one that does, not.
#[test]
fn e3_a_success_that_is_not_enough_fires_again() {
    let mut life = Life::funded();
    life.spends("10").unwrap();
    life.spends("10").unwrap();
    assert_eq!(life.charge_succeeds().unwrap(), ["charge_succeeded", "charge_requested"]);
    life.asks_for(ChargeKind::AutoTopUp, "10");
    assert_eq!(life.charge_succeeds().unwrap(), ["charge_succeeded"]);
    life.posted_is("20");
}

// E3: a repeated command asks for nothing twice.
#[test]
fn e3_a_repeat_fires_nothing() {
    let mut life = Life::funded();
    life.spends("10").unwrap();
    life.charge_succeeds().unwrap();
    assert_eq!(life.charge_succeeds_with(2, "10"), Ok(vec![]));
    life.asks_for_nothing();
    assert_eq!(life.account.charges().len(), 2);
}
