//! E7. Caps on automatic charges: an amount per UTC month. The number per day is in `e_counts.rs`.

use crate::life::{Life, amount, time};
use prepaid::{Cap, ChargeKind, Decline, Setting, StageTag, TopUpOutlook};

const FEBRUARY: &str = "2025-02-01T00:00:00Z";

/// 20.00 of credit, topped up from 10.00 to 20.00, and this much of that in a month; 2025-01-01.
fn capped(text: &str) -> Life {
    let mut life = Life::funded();
    assert_eq!(life.caps(Setting::To(text), Setting::Kept).unwrap(), ["top_up_set"]);
    life
}

fn deferred_to(until: &str) -> TopUpOutlook {
    TopUpOutlook::DeferredUntil { until: time(until), cap: Cap::Monthly }
}

/// Spends 10.00, which asks for 10.00, and the provider takes it.
fn is_topped_up(life: &mut Life) {
    assert_eq!(life.spends("10").unwrap(), ["call_charged", "charge_requested"]);
    life.asks_for(ChargeKind::AutoTopUp, "10");
    assert_eq!(life.charge_succeeds().unwrap(), ["charge_succeeded"]);
}

// E7: off by default.
#[test]
fn e7_there_is_no_cap_unless_one_is_set() {
    let mut life = Life::funded();
    let settings = life.account.top_up_settings().unwrap();
    assert_eq!((settings.monthly_cap, settings.daily_count), (None, None));
    for _ in 0..40 {
        is_topped_up(&mut life);
    }
}

// E7: exactly the cap may be asked for in a month, and nothing above it.
#[test]
fn e7_a_month_takes_its_cap_and_no_more() {
    let mut life = capped("30");
    for _ in 0..3 {
        is_topped_up(&mut life);
    }
    assert_eq!(life.spends("10").unwrap(), ["call_charged", "top_up_deferred"]);
    assert_eq!(life.outlook(), deferred_to(FEBRUARY));
    life.asks_for_nothing();
    assert_eq!(life.next_deadline(), Some(time(FEBRUARY)));
}

// E7: a top-up is cut to what the cap leaves.
#[test]
fn e7_a_top_up_is_cut_to_what_the_cap_leaves() {
    let mut life = capped("14.56");
    is_topped_up(&mut life);
    assert_eq!(life.spends("12").unwrap(), ["call_charged", "charge_requested"]);
    life.asks_for(ChargeKind::AutoTopUp, "4.56");
    // The cut top-up lifts to 12.56; it is due again at 10.00, and there is nothing left.
    assert_eq!(life.charge_succeeds().unwrap(), ["charge_succeeded"]);
    life.posted_is("12.56");
    assert_eq!(life.spends("2.56").unwrap(), ["call_charged", "top_up_deferred"]);
}

// E7: the very first charge is cut, too, and where it does not lift above the threshold, the rest is deferred.
#[test]
fn e7_a_cap_below_the_top_up_cuts_the_first() {
    let mut life = capped("7");
    assert_eq!(life.spends("17").unwrap(), ["call_charged", "charge_requested"]);
    life.asks_for(ChargeKind::AutoTopUp, "7");
    assert_eq!(life.charge_succeeds().unwrap(), ["charge_succeeded", "top_up_deferred"]);
    life.posted_is("10");
    assert_eq!(life.outlook(), deferred_to(FEBRUARY));
}

// E7: if what is left is at least the smallest charge; otherwise it is deferred to the next window, with an event.
#[test]
fn e7_less_than_the_smallest_charge_is_not_asked() {
    for (cap, answer) in [("10.50", "charge_requested"), ("10.49", "top_up_deferred")] {
        let mut life = capped(cap);
        is_topped_up(&mut life);
        assert_eq!(life.spends("10").unwrap(), ["call_charged", answer], "a cap of {cap}");
        let asked = life.account.open_charge().map(|charge| charge.amount);
        assert_eq!(asked, (answer == "charge_requested").then(|| amount("0.50")), "a cap of {cap}");
    }
}

// E7: what is left of the month is rounded down to whole charge units.
#[test]
fn e7_what_is_left_is_rounded_down_to_whole_units() {
    let mut life = capped("17.99");
    is_topped_up(&mut life);
    life.changes_policy(|numbers| {
        numbers.charge_unit = amount("1");
        numbers.smallest_charge = amount("1");
    });
    assert_eq!(life.spends("10").unwrap(), ["call_charged", "charge_requested"]);
    life.asks_for(ChargeKind::AutoTopUp, "7");
    life.charge_succeeds().unwrap();
    assert_eq!(life.spends("7").unwrap(), ["call_charged", "top_up_deferred"], "0.99 is less than a unit");
}

// E7, F3b: where another amount was taken than was asked, that counts, more or less.
#[test]
fn e7_what_was_taken_counts() {
    for (cap, taken, left) in
        [("30", "25", Some("5")), ("30", "30", None), ("30", "35", None), ("25", "8", Some("17"))]
    {
        let mut life = capped(cap);
        life.spends("10").unwrap();
        life.charge_succeeds_with(2, taken).unwrap();
        life.resolves(2, taken).unwrap();
        let balance = life.account.balance().posted.to_decimal();
        life.spends(&balance.to_string()).unwrap();
        let asked = life.account.open_charge().map(|charge| charge.amount);
        assert_eq!(asked, left.map(amount), "{taken} taken");
        assert_eq!(life.outlook() == deferred_to(FEBRUARY), left.is_none(), "{taken} taken");
    }
}

// E7: the amount counts until the charge fails.
#[test]
fn e7_a_failed_charge_counts_no_amount() {
    let mut life = capped("10");
    life.spends("10").unwrap();
    life.charge_fails(Decline::Soft).unwrap();
    assert_eq!(life.later("1h").tick().unwrap(), ["top_up_retry_due", "charge_requested"]);
    life.asks_for(ChargeKind::AutoTopUp, "10");
    // What a look-up does not find has failed, too.
    assert_eq!(life.charge_is_not_found().unwrap(), ["charge_failed", "top_up_retry_scheduled"]);
    assert_eq!(life.later("24h").tick().unwrap(), ["top_up_retry_due", "charge_requested"]);
    life.asks_for(ChargeKind::AutoTopUp, "10");
    life.charge_succeeds().unwrap();
    assert_eq!(life.spends("10").unwrap(), ["call_charged", "top_up_deferred"], "the success counts");
}

// E7: or until it is abandoned.
#[test]
fn e7_an_abandoned_charge_counts_no_amount() {
    let mut life = capped("10");
    life.spends("10").unwrap();
    life.charge_is_cancelled().unwrap();
    assert_eq!(life.reactivates().unwrap(), ["top_up_reactivated", "charge_requested"]);
    life.asks_for(ChargeKind::AutoTopUp, "10");
}

// E7: a month ends with its last day, and the deferral with it: not a microsecond earlier.
#[test]
fn e7_a_deferral_ends_with_the_month() {
    for (at, until) in [
        ("2025-01-01T00:00:00Z", "2025-02-01T00:00:00Z"),
        ("2025-02-01T00:00:00Z", "2025-03-01T00:00:00Z"),
        ("2025-02-28T23:59:59.999998Z", "2025-03-01T00:00:00Z"),
        ("2028-02-10T00:00:00Z", "2028-03-01T00:00:00Z"),
        ("2025-04-30T12:00:00Z", "2025-05-01T00:00:00Z"),
        ("2025-12-31T23:59:59Z", "2026-01-01T00:00:00Z"),
    ] {
        let mut life = Life::vacant();
        life.at(at);
        let mut life = life.on_to(StageTag::Active);
        life.caps(Setting::To("10"), Setting::Kept).unwrap();
        is_topped_up(&mut life);
        assert_eq!(life.spends("10").unwrap(), ["call_charged", "top_up_deferred"], "at {at}");
        assert_eq!(life.outlook(), deferred_to(until), "at {at}");
        assert_eq!(life.next_deadline(), Some(time(until)), "at {at}");
        assert_eq!(life.at(until).micros(-1).tick().unwrap().len(), 0, "at {at}");
        assert_eq!(life.at(until).tick().unwrap(), ["top_up_cap_reset", "charge_requested"], "at {at}");
    }
}

// E7, K3: E1 decides then, with a fresh amount; and only if it still holds.
#[test]
fn e7_e1_decides_when_the_deferral_ends() {
    let deferred = || {
        let mut life = capped("10");
        is_topped_up(&mut life);
        life.spends("10").unwrap();
        life
    };
    let mut life = deferred();
    life.spends("3").unwrap();
    assert_eq!(life.at(FEBRUARY).tick().unwrap(), ["top_up_cap_reset", "charge_requested"]);
    life.asks_for(ChargeKind::AutoTopUp, "10");
    life.charge_succeeds().unwrap();
    life.posted_is("17");
    // Credit came in by hand meanwhile.
    let mut life = deferred();
    life.tops_up("1").unwrap();
    life.charge_succeeds().unwrap();
    assert_eq!(life.at(FEBRUARY).tick().unwrap(), ["top_up_cap_reset"]);
    // It was switched off, or suspended, meanwhile.
    let mut life = deferred();
    life.switches(false).unwrap();
    assert_eq!(life.at(FEBRUARY).tick().unwrap(), ["top_up_cap_reset"]);
    let mut life = deferred();
    life.is_suspended_for("review").unwrap();
    assert_eq!(life.at(FEBRUARY).tick().unwrap(), ["top_up_cap_reset"]);
    assert_eq!(life.resumes().unwrap(), ["account_resumed", "charge_requested"]);
    // With any command, and however late.
    let mut life = deferred();
    assert_eq!(
        life.at("2025-02-20T08:00:00Z").spends("1").unwrap(),
        ["top_up_cap_reset", "charge_requested", "call_charged"]
    );
}

// E1: while it is deferred nothing fires, whatever happens but a change of a cap.
#[test]
fn e1_a_deferral_stands_until_its_window_ends() {
    let mut life = capped("10");
    is_topped_up(&mut life);
    life.spends("10").unwrap();
    assert_eq!(life.spends("1").unwrap(), ["call_charged"]);
    assert_eq!(life.links("card-2").unwrap(), ["payment_method_linked"]);
    assert_eq!(life.sets("5", "30").unwrap(), ["top_up_set"]);
    assert_eq!(life.sets("10", "30").unwrap(), ["top_up_set"]);
    assert_eq!(life.switches(false).unwrap(), ["top_up_set"]);
    assert_eq!(life.switches(true).unwrap(), ["top_up_set"]);
    assert_eq!(life.reactivates().unwrap().len(), 0);
    assert_eq!(life.at("2025-01-31T23:59:59.999999Z").spends("1").unwrap(), ["call_charged"]);
    assert_eq!(life.outlook(), deferred_to(FEBRUARY));
}

// E7: changing a cap ends the deferral, and E1 then decides.
#[test]
fn e7_changing_a_cap_ends_the_deferral() {
    let deferred = || {
        let mut life = capped("10");
        is_topped_up(&mut life);
        life.spends("10").unwrap();
        life
    };
    // Raised: what it leaves now is asked for.
    let mut life = deferred();
    assert_eq!(life.caps(Setting::To("14"), Setting::Kept).unwrap(), ["top_up_set", "charge_requested"]);
    life.asks_for(ChargeKind::AutoTopUp, "4");
    // Switched off: the whole top-up.
    let mut life = deferred();
    assert_eq!(life.caps(Setting::Off, Setting::Kept).unwrap(), ["top_up_set", "charge_requested"]);
    life.asks_for(ChargeKind::AutoTopUp, "10");
    // Lowered, or raised by too little, or another cap beside it: deferred anew.
    for (monthly, daily) in [("9", Setting::Kept), ("10.49", Setting::Kept), ("10", Setting::To(100))] {
        let mut life = deferred();
        assert_eq!(life.caps(Setting::To(monthly), daily).unwrap(), ["top_up_set", "top_up_deferred"]);
        assert_eq!(life.outlook(), deferred_to(FEBRUARY));
    }
    // The same cap again changes nothing.
    let mut life = deferred();
    assert_eq!(life.caps(Setting::To("10.00"), Setting::Off).unwrap().len(), 0);
    assert_eq!(life.outlook(), deferred_to(FEBRUARY));
}

// E7: a cap set below what the month has used defers.
#[test]
fn e7_a_cap_below_what_is_used_defers() {
    let mut life = Life::funded();
    for _ in 0..3 {
        is_topped_up(&mut life);
    }
    life.caps(Setting::To("20"), Setting::Kept).unwrap();
    assert_eq!(life.spends("10").unwrap(), ["call_charged", "top_up_deferred"]);
    assert_eq!(life.at(FEBRUARY).tick().unwrap(), ["top_up_cap_reset", "charge_requested"]);
    life.asks_for(ChargeKind::AutoTopUp, "10");
}

// E7: a charge counts in the window of its request, whenever it ends.
#[test]
fn e7_a_charge_counts_in_the_month_of_its_request() {
    let mut life = capped("10");
    life.at("2025-01-31T23:59:59.999999Z").spends("10").unwrap();
    life.at("2025-02-01T00:10:00Z").charge_succeeds().unwrap();
    is_topped_up(&mut life);
    assert_eq!(life.spends("10").unwrap(), ["call_charged", "top_up_deferred"]);
    assert_eq!(life.outlook(), deferred_to("2025-03-01T00:00:00Z"));
}

// E7: a late success (F1) may alone pass a cap, and then nothing more is requested in that window.
#[test]
fn e7_a_late_success_may_alone_pass_the_cap() {
    let mut life = capped("15");
    life.spends("10").unwrap();
    life.charge_fails(Decline::Soft).unwrap();
    life.later("1h").tick().unwrap();
    life.charge_succeeds().unwrap();
    // 10.00 of 15.00 are used; the first charge was taken after all.
    assert_eq!(life.charge_succeeds_with(2, "10").unwrap(), ["charge_succeeded_late"]);
    life.posted_is("30");
    assert_eq!(life.spends("20").unwrap(), ["call_charged", "top_up_deferred"]);
    assert_eq!(life.outlook(), deferred_to(FEBRUARY));
    assert_eq!(life.spends("10").unwrap(), ["call_charged"]);
    // The next month has its whole cap again.
    assert_eq!(life.at(FEBRUARY).tick().unwrap(), ["top_up_cap_reset", "charge_requested"]);
    life.asks_for(ChargeKind::AutoTopUp, "15");
}

// E7: a late success below the cap leaves the rest.
#[test]
fn e7_a_late_success_counts_in_the_month_of_its_request() {
    let failed = || {
        let mut life = capped("24");
        life.spends("10").unwrap();
        life.charge_fails(Decline::Soft).unwrap();
        life.later("1h").tick().unwrap();
        life.charge_succeeds().unwrap();
        life
    };
    let mut life = failed();
    life.charge_succeeds_with(2, "10").unwrap();
    life.spends("20").unwrap();
    life.asks_for(ChargeKind::AutoTopUp, "4");
    // Reported in February, it still counts in January.
    let mut life = failed();
    life.at("2025-02-01T00:00:00Z").charge_succeeds_with(2, "10").unwrap();
    life.spends("20").unwrap();
    life.asks_for(ChargeKind::AutoTopUp, "10");
    life.charge_succeeds().unwrap();
    is_topped_up(&mut life);
    life.spends("10").unwrap();
    life.asks_for(ChargeKind::AutoTopUp, "4");
}

// E7: initial and manual charges do not count; and no cap keeps the owner from topping up by hand.
#[test]
fn e7_initial_and_manual_charges_do_not_count() {
    let mut life = capped("10");
    life.tops_up("20").unwrap();
    life.charge_succeeds().unwrap();
    life.spends("20").unwrap();
    is_topped_up(&mut life);
    assert_eq!(life.spends("10").unwrap(), ["call_charged", "top_up_deferred"]);
    assert_eq!(life.tops_up("30").unwrap(), ["charge_requested"]);
    assert_eq!(life.charge_succeeds().unwrap(), ["charge_succeeded"]);
    // Nor does the credit that came so make room.
    assert_eq!(life.spends("35").unwrap(), ["call_charged"]);
    assert_eq!(life.outlook(), deferred_to(FEBRUARY));
}

// E7: what a month has used is counted whether or not a cap was set.
#[test]
fn e7_a_cap_counts_what_was_asked_before_it_was_set() {
    let mut life = Life::funded();
    is_topped_up(&mut life);
    life.caps(Setting::To("13"), Setting::Kept).unwrap();
    life.spends("10").unwrap();
    life.asks_for(ChargeKind::AutoTopUp, "3");
}
