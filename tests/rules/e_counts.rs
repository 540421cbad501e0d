//! E7. The cap on the number of automatic charges per UTC day, the settings of both caps, and what is told of them.

use crate::life::{Life, amount, price, time};
use prepaid::{
    Action, Cap, ChargeKind, ChargeNumber, Decline, PauseReason, Rejection, Setting, SettingFault, StageTag,
    TopUpOutlook,
};

const TOMORROW: &str = "2025-01-02T00:00:00Z";

/// 20.00 of credit, topped up from 10.00 to 20.00, and this often a day; 2025-01-01.
fn counted(count: u16) -> Life {
    let mut life = Life::funded();
    assert_eq!(life.caps(Setting::Kept, Setting::To(count)).unwrap(), ["top_up_set"]);
    life
}

fn deferred_to(until: &str, cap: Cap) -> TopUpOutlook {
    TopUpOutlook::DeferredUntil { until: time(until), cap }
}

fn is_topped_up(life: &mut Life) {
    assert_eq!(life.spends("10").unwrap(), ["call_charged", "charge_requested"]);
    assert_eq!(life.charge_succeeds().unwrap(), ["charge_succeeded"]);
}

// E7: so many in a day, and not one more.
#[test]
fn e7_a_day_takes_its_number_and_no_more() {
    for count in [1, 2, 5] {
        let mut life = counted(count);
        for _ in 0..count {
            is_topped_up(&mut life);
        }
        assert_eq!(life.spends("10").unwrap(), ["call_charged", "top_up_deferred"], "{count} a day");
        assert_eq!(life.outlook(), deferred_to(TOMORROW, Cap::Daily), "{count} a day");
        assert_eq!(life.next_deadline(), Some(time(TOMORROW)), "{count} a day");
    }
}

// E7: the number counts whatever the charge's end: failed, not found, cancelled.
#[test]
fn e7_the_daily_number_counts_failures() {
    for ends in
        [|life: &mut Life| life.charge_fails(Decline::Soft), |life: &mut Life| life.charge_is_not_found()]
    {
        let mut life = counted(1);
        life.spends("10").unwrap();
        ends(&mut life).unwrap();
        assert_eq!(life.later("1h").tick().unwrap(), ["top_up_retry_due", "top_up_deferred"]);
        assert_eq!(life.outlook(), deferred_to(TOMORROW, Cap::Daily));
        assert_eq!(life.at(TOMORROW).tick().unwrap(), ["top_up_cap_reset", "charge_requested"]);
    }
    for ends in
        [|life: &mut Life| life.charge_fails(Decline::Hard), |life: &mut Life| life.charge_is_cancelled()]
    {
        let mut life = counted(1);
        life.spends("10").unwrap();
        ends(&mut life).unwrap();
        assert_eq!(life.reactivates().unwrap(), ["top_up_reactivated", "top_up_deferred"]);
    }
}

// E7: a day ends at midnight UTC; a charge counts in the day of its request, whenever it ends.
#[test]
fn e7_a_charge_counts_in_the_day_of_its_request() {
    let mut life = counted(1);
    life.at("2025-01-01T23:59:59.999999Z").spends("10").unwrap();
    life.at(TOMORROW).charge_succeeds().unwrap();
    assert_eq!(life.spends("10").unwrap(), ["call_charged", "charge_requested"]);
    life.charge_succeeds().unwrap();
    assert_eq!(life.spends("10").unwrap(), ["call_charged", "top_up_deferred"]);
    assert_eq!(life.outlook(), deferred_to("2025-01-03T00:00:00Z", Cap::Daily));
    // A failure of yesterday's charge today takes nothing of today.
    let mut life = counted(1);
    life.at("2025-01-01T23:30:00Z").spends("10").unwrap();
    life.at("2025-01-02T01:00:00Z").charge_fails(Decline::Soft).unwrap();
    assert_eq!(life.later("1h").tick().unwrap(), ["top_up_retry_due", "charge_requested"]);
}

// E7: a deferral ends at the next midnight, not a microsecond earlier, also over the end of a month or a year.
#[test]
fn e7_a_deferral_ends_with_the_day() {
    for (at, until) in [
        ("2025-01-01T00:00:00Z", "2025-01-02T00:00:00Z"),
        ("2025-01-31T23:59:59.999998Z", "2025-02-01T00:00:00Z"),
        ("2025-02-28T10:00:00Z", "2025-03-01T00:00:00Z"),
        ("2028-02-28T10:00:00Z", "2028-02-29T00:00:00Z"),
        ("2025-12-31T10:00:00Z", "2026-01-01T00:00:00Z"),
    ] {
        let mut life = Life::vacant();
        life.at(at);
        let mut life = life.on_to(StageTag::Active);
        life.caps(Setting::Kept, Setting::To(1)).unwrap();
        is_topped_up(&mut life);
        life.spends("10").unwrap();
        assert_eq!(life.outlook(), deferred_to(until, Cap::Daily), "at {at}");
        assert_eq!(life.at(until).micros(-1).tick().unwrap().len(), 0, "at {at}");
        assert_eq!(life.at(until).tick().unwrap(), ["top_up_cap_reset", "charge_requested"], "at {at}");
    }
}

// E7: initial and manual charges do not count.
#[test]
fn e7_the_daily_number_counts_automatic_charges_only() {
    let mut life = counted(1);
    life.tops_up("5").unwrap();
    life.charge_fails(Decline::Soft).unwrap();
    life.tops_up("5").unwrap();
    life.charge_succeeds().unwrap();
    assert_eq!(life.spends("15").unwrap(), ["call_charged", "charge_requested"]);
    life.charge_succeeds().unwrap();
    assert_eq!(life.spends("10").unwrap(), ["call_charged", "top_up_deferred"]);
    assert_eq!(life.tops_up("5").unwrap(), ["charge_requested"]);
}

// E7: a late success is of a charge that was counted when it was asked: it counts once.
#[test]
fn e7_a_late_success_is_counted_once() {
    let mut life = counted(3);
    life.spends("10").unwrap();
    life.charge_fails(Decline::Soft).unwrap();
    life.charge_succeeds_with(2, "10").unwrap();
    is_topped_up(&mut life);
    is_topped_up(&mut life);
    assert_eq!(life.spends("10").unwrap(), ["call_charged", "top_up_deferred"]);
}

// E7: changing the number ends the deferral, and E1 then decides.
#[test]
fn e7_changing_the_number_ends_the_deferral() {
    let deferred = || {
        let mut life = counted(2);
        is_topped_up(&mut life);
        is_topped_up(&mut life);
        life.spends("10").unwrap();
        life
    };
    for (count, event) in [
        (Setting::To(3), "charge_requested"),
        (Setting::Off, "charge_requested"),
        (Setting::To(1), "top_up_deferred"),
    ] {
        let mut life = deferred();
        assert_eq!(life.caps(Setting::Kept, count).unwrap(), ["top_up_set", event]);
    }
    // Setting the other cap changes a cap, too.
    let mut life = deferred();
    assert_eq!(life.caps(Setting::To("100"), Setting::Kept).unwrap(), ["top_up_set", "top_up_deferred"]);
    assert_eq!(life.outlook(), deferred_to(TOMORROW, Cap::Daily));
    // The same number again does not.
    let mut life = deferred();
    assert_eq!(life.caps(Setting::Off, Setting::To(2)).unwrap().len(), 0);
}

// E7: where both stand in the way, the month is told, which ends later.
#[test]
fn e7_of_two_caps_the_month_is_told() {
    let mut life = Life::funded();
    life.caps(Setting::To("10"), Setting::To(1)).unwrap();
    is_topped_up(&mut life);
    assert_eq!(life.spends("10").unwrap(), ["call_charged", "top_up_deferred"]);
    assert_eq!(life.outlook(), deferred_to("2025-02-01T00:00:00Z", Cap::Monthly));
    // Where the month has some left, it is the day.
    let mut life = Life::funded();
    life.caps(Setting::To("10.50"), Setting::To(1)).unwrap();
    is_topped_up(&mut life);
    life.spends("10").unwrap();
    assert_eq!(life.outlook(), deferred_to(TOMORROW, Cap::Daily));
    // And when the day has ended, the month's rest is asked for.
    life.at(TOMORROW).tick().unwrap();
    life.asks_for(ChargeKind::AutoTopUp, "0.50");
    assert_eq!(life.charge_succeeds().unwrap(), ["charge_succeeded"]);
    assert_eq!(life.spends("0.50").unwrap(), ["call_charged", "top_up_deferred"]);
    assert_eq!(life.outlook(), deferred_to("2025-02-01T00:00:00Z", Cap::Monthly));
}

fn refused(faults: Vec<SettingFault>) -> Rejection {
    Rejection::SettingsInvalid { faults }
}

// E7: the monthly cap is whole charge units, at least the smallest charge, at most what the policy allows.
#[test]
fn e7_a_monthly_cap_has_bounds() {
    let mut life = Life::funded();
    life.changes_policy(|numbers| numbers.monthly_cap_max = Some(amount("100")));
    let (unit, at_least, at_most) = (amount("0.01"), amount("0.50"), amount("100"));
    for (text, fault) in [
        ("10.001", SettingFault::MonthlyCapNotWhole { given: amount("10.001"), unit }),
        ("0.49", SettingFault::MonthlyCapTooLow { given: amount("0.49"), at_least }),
        ("0", SettingFault::MonthlyCapTooLow { given: amount("0"), at_least }),
        ("100.01", SettingFault::MonthlyCapTooHigh { given: amount("100.01"), at_most }),
    ] {
        assert_eq!(life.caps(Setting::To(text), Setting::Kept), Err(refused(vec![fault])), "{text}");
    }
    for text in ["0.50", "100", "10.01"] {
        assert_eq!(life.caps(Setting::To(text), Setting::Kept).unwrap(), ["top_up_set"], "{text}");
    }
    // Where the policy sets no bound there is none.
    life.changes_policy(|numbers| numbers.monthly_cap_max = None);
    assert_eq!(life.caps(Setting::To("1000000"), Setting::Kept).unwrap(), ["top_up_set"]);
}

// E7: the daily count is at least 1, and at most what the policy allows.
#[test]
fn e7_a_daily_number_has_bounds() {
    let mut life = Life::funded();
    life.changes_policy(|numbers| numbers.daily_count_max = Some(10));
    let too_low = SettingFault::DailyCountTooLow { given: 0 };
    let too_high = SettingFault::DailyCountTooHigh { given: 11, at_most: 10 };
    assert_eq!(life.caps(Setting::Kept, Setting::To(0)), Err(refused(vec![too_low])));
    assert_eq!(life.caps(Setting::Kept, Setting::To(11)), Err(refused(vec![too_high])));
    assert_eq!(life.caps(Setting::Kept, Setting::To(1)).unwrap(), ["top_up_set"]);
    assert_eq!(life.caps(Setting::Kept, Setting::To(10)).unwrap(), ["top_up_set"]);
    life.changes_policy(|numbers| numbers.daily_count_max = None);
    assert_eq!(life.caps(Setting::Kept, Setting::To(u16::MAX)).unwrap(), ["top_up_set"]);
}

// E5, E7: a wrong setting changes nothing, and every fault is listed.
#[test]
fn e7_every_fault_of_the_caps_is_listed() {
    let mut life = Life::funded();
    let faults = vec![
        SettingFault::MonthlyCapNotWhole { given: amount("0.001"), unit: amount("0.01") },
        SettingFault::MonthlyCapTooLow { given: amount("0.001"), at_least: amount("0.50") },
        SettingFault::DailyCountTooLow { given: 0 },
    ];
    assert_eq!(life.caps(Setting::To("0.001"), Setting::To(0)), Err(refused(faults)));
}

// E5, E6: a cap left out keeps its value; a cap set to null is off.
#[test]
fn e7_a_cap_left_out_is_kept_and_null_is_off() {
    let caps = |life: &Life| {
        let settings = life.account.top_up_settings().unwrap();
        (settings.monthly_cap.map(|cap| cap.to_string()), settings.daily_count)
    };
    let mut life = Life::funded();
    life.caps(Setting::To("50"), Setting::Kept).unwrap();
    life.caps(Setting::Kept, Setting::To(3)).unwrap();
    life.sets("9", "19").unwrap();
    life.switches(false).unwrap();
    assert_eq!(caps(&life), (Some("50".to_string()), Some(3)));
    life.caps(Setting::Off, Setting::Kept).unwrap();
    assert_eq!(caps(&life), (None, Some(3)));
    life.caps(Setting::Kept, Setting::Off).unwrap();
    assert_eq!(caps(&life), (None, None));
    assert_eq!(life.caps(Setting::Off, Setting::Off).unwrap().len(), 0);
}

// F6: a call that is refused for credit says until when the top-up is deferred, and by which cap.
#[test]
fn f6_a_refused_call_says_until_when_the_top_up_is_deferred() {
    let mut life = counted(1);
    is_topped_up(&mut life);
    life.spends("10").unwrap();
    assert_eq!(life.spends("10").unwrap(), ["call_charged"]);
    let outlook = deferred_to(TOMORROW, Cap::Daily);
    let short = Rejection::InsufficientCredit { short: amount("1"), held: amount("0"), outlook };
    assert_eq!(life.spends("1"), Err(short));
}

// F6: an open charge, off, a pause, and a balance above the threshold are told before a deferral.
#[test]
fn f6_what_is_told_before_a_deferral() {
    let mut life = counted(1);
    is_topped_up(&mut life);
    life.spends("10").unwrap();
    life.tops_up("5").unwrap();
    assert_eq!(life.outlook(), TopUpOutlook::Pending { charge: ChargeNumber(3) });
    life.charge_succeeds().unwrap();
    assert_eq!(life.outlook(), TopUpOutlook::AboveThreshold);
    life.spends("5").unwrap();
    assert_eq!(life.outlook(), deferred_to(TOMORROW, Cap::Daily));
    life.tops_up("5").unwrap();
    life.charge_fails(Decline::Hard).unwrap();
    assert_eq!(life.outlook(), TopUpOutlook::Paused { reason: PauseReason::HardDecline });
    life.switches(false).unwrap();
    assert_eq!(life.outlook(), TopUpOutlook::Off);
    // A suspension is told after it.
    life.switches(true).unwrap();
    life.reactivates().unwrap();
    life.is_suspended_for("review").unwrap();
    assert_eq!(life.outlook(), deferred_to(TOMORROW, Cap::Daily));
}

// F6: of a bar and a deferral, the one that ends later is told; at the same instant, the bar.
#[test]
fn f6_of_a_bar_and_a_deferral_the_later_is_told() {
    let february = "2025-02-01T00:00:00Z";
    for (failed_at, told) in [
        ("2025-01-01T23:59:59.999999Z", deferred_to(february, Cap::Monthly)),
        ("2025-01-02T00:00:00Z", TopUpOutlook::BarredUntil { until: time(february) }),
        (
            "2025-01-02T00:00:00.000001Z",
            TopUpOutlook::BarredUntil { until: time("2025-02-01T00:00:00.000001Z") },
        ),
    ] {
        let mut life = Life::funded();
        life.changes_policy(|numbers| numbers.failures_bound = 1);
        life.caps(Setting::To("10"), Setting::Kept).unwrap();
        is_topped_up(&mut life);
        life.spends("10").unwrap();
        life.at(failed_at).tops_up("5").unwrap();
        assert_eq!(life.charge_fails(Decline::Soft).unwrap(), ["charge_failed", "method_barred"]);
        assert_eq!(life.outlook(), told, "failed at {failed_at}");
    }
}

// K3: at one instant a cap's reset comes after hold expiry and grants, and before the ends of windows and bars; then
// E1 is judged once.
#[test]
fn k3_a_cap_reset_has_its_place_among_what_is_due() {
    let mut life = Life::funded();
    life.changes_policy(|numbers| numbers.failures_bound = 1);
    life.caps(Setting::Kept, Setting::To(1)).unwrap();
    is_topped_up(&mut life);
    life.is_granted_from(1, "1", TOMORROW, None).unwrap();
    life.is_granted_with(2, "2", 5, Some(TOMORROW)).unwrap();
    life.at("2025-01-01T01:00:00Z").spends("13").unwrap();
    // A manual charge whose asking window ends at midnight, and a call whose hold does.
    life.tops_up("5").unwrap();
    life.at("2025-01-01T23:00:00Z").authorizes(1, "1").unwrap();
    let due = ["call_expired", "grant_expired", "grant_started", "top_up_cap_reset", "charge_asking_ended"];
    assert_eq!(life.at(TOMORROW).tick().unwrap(), due);
}

// K3: and before the end of a bar; E1 then asks what both stood in the way of.
#[test]
fn k3_a_cap_reset_comes_before_the_end_of_a_bar() {
    let mut life = Life::funded();
    life.changes_policy(|numbers| numbers.failures_bound = 1);
    life.caps(Setting::To("10"), Setting::Kept).unwrap();
    is_topped_up(&mut life);
    life.spends("10").unwrap();
    life.at("2025-01-02T00:00:00Z").tops_up("5").unwrap();
    life.charge_fails(Decline::Soft).unwrap();
    let due = ["top_up_cap_reset", "method_bar_ended", "charge_requested"];
    assert_eq!(life.at("2025-02-01T00:00:00Z").tick().unwrap(), due);
}

// K3: a late tick ends the deferral at its own instant, and judges E1 at its own: the day of the tick has room.
#[test]
fn k3_a_late_tick_judges_the_cap_at_now() {
    let mut life = counted(1);
    is_topped_up(&mut life);
    life.spends("10").unwrap();
    life.at("2025-01-05T12:00:00Z");
    assert_eq!(life.tick().unwrap(), ["top_up_cap_reset", "charge_requested"]);
    life.charge_succeeds().unwrap();
    assert_eq!(life.spends("10").unwrap(), ["call_charged", "top_up_deferred"]);
    assert_eq!(life.outlook(), deferred_to("2025-01-06T00:00:00Z", Cap::Daily));
}

// K4: a refused command does not end a deferral that is due; the next tick does.
#[test]
fn k4_a_refused_command_leaves_a_due_cap_reset() {
    let mut life = counted(1);
    is_topped_up(&mut life);
    life.spends("10").unwrap();
    let unknown =
        Action::ChargeCall { call: crate::life::call(7), key: crate::life::key(7), quote: price("1") };
    assert!(life.at(TOMORROW).gateway(unknown).is_err());
    assert_eq!(life.next_deadline(), Some(time(TOMORROW)));
    assert_eq!(life.tick().unwrap(), ["top_up_cap_reset", "charge_requested"]);
}

#[test]
fn e7_a_policy_bounds_the_monthly_cap_by_what_can_be_charged() {
    let faults = |cap: &str, limit: &str| {
        let mut numbers = prepaid::PolicyNumbers::documented();
        (numbers.monthly_cap_max, numbers.limit_max) = (Some(amount(cap)), Some(amount(limit)));
        let fields =
            |faults: prepaid::PolicyFaults| faults.0.iter().map(|fault| fault.field).collect::<Vec<_>>();
        prepaid::Policy::new(numbers).map_or_else(fields, |_| vec![])
    };
    let most = "42949672.95";
    assert_eq!(faults("0.5", most), Vec::<&str>::new(), "the smallest charge, and the most");
    assert_eq!(faults(most, "0"), Vec::<&str>::new());
    assert_eq!(faults("0.49", most), ["monthly_cap_max"]);
    assert_eq!(faults("42949672.96", "42949672.950000000001"), ["monthly_cap_max", "limit_max"]);
}
