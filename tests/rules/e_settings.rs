//! E5. The settings of the automatic top-up. (E6: `e_off.rs`.)

use crate::life::{Answer, Life, amount};
use prepaid::{
    Action, Actor, ChargeKind, Event, LowerBound, PolicyNumbers, Rejection, Setting, SettingFault, StageTag,
    TopUpSettings,
};

fn settings(life: &Life) -> (bool, String, String) {
    let TopUpSettings { enabled, threshold, target, .. } = life.account.top_up_settings().unwrap();
    (enabled, threshold.to_string(), target.to_string())
}

fn is_set(threshold: &str, target: &str, enabled: bool) -> (bool, String, String) {
    (enabled, threshold.to_owned(), target.to_owned())
}

/// Sets only what is given.
fn sets_some(
    life: &mut Life,
    threshold: Option<&str>,
    target: Option<&str>,
    enabled: Option<bool>,
) -> Answer {
    let (threshold, target) = (threshold.map(amount), target.map(amount));
    life.owner(Action::SetTopUp {
        threshold,
        target,
        enabled,
        monthly_cap: Setting::Kept,
        daily_count: Setting::Kept,
    })
}

fn faulty(faults: Vec<SettingFault>) -> Answer {
    Err(Rejection::SettingsInvalid { faults })
}

/// The faults of settings under a policy, by short names: what is wrong, as the refusal should list it.
fn faults(numbers: &PolicyNumbers, (threshold, target): (&str, &str), names: &[&str]) -> Vec<SettingFault> {
    let (threshold, target, unit) = (amount(threshold), amount(target), numbers.charge_unit);
    let fault = |name: &&str| match *name {
        "threshold_not_whole" => SettingFault::ThresholdNotWhole { given: threshold, unit },
        "threshold_too_low" => {
            SettingFault::ThresholdTooLow { given: threshold, bound: numbers.threshold_min }
        }
        "threshold_too_high" => SettingFault::ThresholdTooHigh { given: threshold, at_most: amount("900") },
        "target_not_whole" => SettingFault::TargetNotWhole { given: target, unit },
        "target_too_low" => SettingFault::TargetTooLow { given: target, bound: numbers.target_min },
        "target_too_high" => SettingFault::TargetTooHigh { given: target, at_most: amount("1000") },
        "gap_too_small" => SettingFault::GapTooSmall { threshold, target, gap: numbers.gap },
        other => unreachable!("{other}"),
    };
    names.iter().map(fault).collect()
}

/// What setting threshold and target answers, before the first key (B5), under this policy.
#[track_caller]
fn judges(numbers: &PolicyNumbers, rows: &[(&str, &str, &[&str])]) {
    for (threshold, target, names) in rows {
        let mut life = Life::under(numbers.clone()).on_to(StageTag::Linked);
        let before = settings(&life);
        let answer = life.sets(threshold, target);
        if names.is_empty() {
            assert_eq!(answer, Ok(vec!["top_up_set"]), "{threshold}/{target}");
        } else {
            let faults = faults(numbers, (threshold, target), names);
            assert_eq!(answer, faulty(faults), "{threshold}/{target}");
            assert_eq!(settings(&life), before);
        }
    }
}

#[test]
fn e5_the_documented_bounds() {
    let numbers = PolicyNumbers::documented();
    assert_eq!(numbers.threshold_min, LowerBound::Above(amount("2.00")));
    assert_eq!(numbers.target_min, LowerBound::Above(amount("10.00")));
    judges(
        &numbers,
        &[
            // Threshold above 2.00, strictly.
            ("0", "20", &["threshold_too_low"]),
            ("2.00", "20", &["threshold_too_low"]),
            ("2.01", "20", &[]),
            // Target above 10.00, strictly.
            ("5", "9.99", &["target_too_low"]),
            ("5", "10.00", &["target_too_low"]),
            ("5", "10.01", &[]),
            ("2.01", "10.01", &[]),
            // Target above threshold.
            ("30", "29.99", &["gap_too_small"]),
            ("30", "30", &["gap_too_small"]),
            ("30", "30.01", &[]),
            // Target within the policy's maximum.
            ("5", "999.99", &[]),
            ("5", "1000", &[]),
            ("5", "1000.01", &["target_too_high"]),
            ("999.99", "1000", &[]),
            ("1000", "1000", &["gap_too_small"]),
            ("5", "1000000", &["target_too_high"]),
            // Whole charge units.
            ("5.005", "20", &["threshold_not_whole"]),
            ("5", "20.005", &["target_not_whole"]),
            ("5", "20.000000000001", &["target_not_whole"]),
            // A sub-cent setting is above the bound, but not whole.
            ("2.001", "10.001", &["threshold_not_whole", "target_not_whole"]),
        ],
    );
}

// E5: the refusal lists every fault found, not the first.
#[test]
fn e5_every_fault_is_listed() {
    judges(
        &PolicyNumbers::documented(),
        &[
            ("2", "10", &["threshold_too_low", "target_too_low"]),
            ("10", "10", &["target_too_low", "gap_too_small"]),
            ("1000.01", "1000.01", &["target_too_high", "gap_too_small"]),
            (
                "1.005",
                "0.001",
                &[
                    "threshold_not_whole",
                    "threshold_too_low",
                    "target_not_whole",
                    "target_too_low",
                    "gap_too_small",
                ],
            ),
            (
                "1000.005",
                "1000.001",
                &["threshold_not_whole", "target_not_whole", "target_too_high", "gap_too_small"],
            ),
        ],
    );
    judges(
        &PolicyNumbers::published_2026(),
        &[
            (
                "900.005",
                "9.995",
                &[
                    "threshold_not_whole",
                    "threshold_too_high",
                    "target_not_whole",
                    "target_too_low",
                    "gap_too_small",
                ],
            ),
            (
                "4.995",
                "1000.005",
                &["threshold_not_whole", "threshold_too_low", "target_not_whole", "target_too_high"],
            ),
        ],
    );
}

// E5: the product's later rule: threshold 5 to 900, target 10 to 1000, inclusive, at least 10 apart.
#[test]
fn e5_the_second_profile() {
    judges(
        &PolicyNumbers::published_2026(),
        &[
            ("4.99", "30", &["threshold_too_low"]),
            ("5", "30", &[]),
            ("900", "1000", &[]),
            ("900.01", "1000", &["threshold_too_high"]),
            ("5", "9.99", &["target_too_low", "gap_too_small"]),
            ("5", "10", &["gap_too_small"]), // 10 is no fault, 5 apart is
            ("5", "14.99", &["gap_too_small"]),
            ("5", "15", &[]),
            ("890", "900", &[]),
            ("890", "899.99", &["gap_too_small"]),
            ("900", "909.99", &["gap_too_small"]),
            ("900", "910", &[]),
            ("5", "1000.01", &["target_too_high"]),
            ("30", "20", &["gap_too_small"]),
        ],
    );
}

// E5: bounds are policy: a target of 10 is right under an inclusive bound and a gap that allows it.
#[test]
fn e5_bounds_and_their_strictness_are_policy() {
    let numbers = PolicyNumbers { gap: LowerBound::From(amount("5")), ..PolicyNumbers::published_2026() };
    judges(&numbers, &[("5", "10", &[]), ("5.01", "10", &["gap_too_small"])]);
    let numbers = PolicyNumbers { gap: LowerBound::Above(amount("5")), ..PolicyNumbers::published_2026() };
    judges(&numbers, &[("5", "10", &["gap_too_small"]), ("5", "10.01", &[])]);
    let unit = amount("1");
    let numbers = PolicyNumbers { charge_unit: unit, smallest_charge: unit, ..PolicyNumbers::documented() };
    judges(
        &numbers,
        &[("5.50", "20", &["threshold_not_whole"]), ("5", "20", &[]), ("5", "20.50", &["target_not_whole"])],
    );
}

// E5: accepted settings are recorded whole, by owner and operator, and are in force at once.
#[test]
fn e5_settings_are_recorded_and_in_force() {
    for actor in [Actor::Owner, Actor::Operator] {
        let mut life = Life::funded();
        let action = Action::SetTopUp {
            threshold: Some(amount("5")),
            target: Some(amount("80")),
            enabled: None,
            monthly_cap: Setting::Kept,
            daily_count: Setting::Kept,
        };
        assert_eq!(life.sends(&action.by(actor)).unwrap(), ["top_up_set"]);
        let (monthly_cap, daily_count) = (None, None);
        let after = TopUpSettings {
            enabled: true,
            threshold: amount("5"),
            target: amount("80"),
            monthly_cap,
            daily_count,
        };
        assert_eq!(*life.last_event(), Event::TopUpSet(Box::new(after)));
        assert_eq!(life.spends("10").unwrap(), ["call_charged"]);
        assert_eq!(life.spends("5").unwrap(), ["call_charged", "charge_requested"]);
        life.asks_for(ChargeKind::AutoTopUp, "75");
    }
}

// E5: a field left out keeps its value, and the whole resulting setting is checked.
#[test]
fn e5_a_field_left_out_keeps_its_value() {
    let numbers = PolicyNumbers::documented();
    let linked = || Life::at_stage(StageTag::Linked); // 10.00/20.00
    let mut life = linked();
    sets_some(&mut life, Some("19.99"), None, None).unwrap();
    assert_eq!(settings(&life), is_set("19.99", "20", true));
    sets_some(&mut life, None, Some("50"), Some(false)).unwrap();
    assert_eq!(settings(&life), is_set("19.99", "50", false));
    let refused = |threshold, target, names| faulty(faults(&numbers, (threshold, target), names));
    let alone = sets_some(&mut linked(), Some("20"), None, None);
    assert_eq!(alone, refused("20", "20", &["gap_too_small"]));
    let alone = sets_some(&mut linked(), None, Some("10"), None);
    assert_eq!(alone, refused("10", "10", &["target_too_low", "gap_too_small"]));
    assert_eq!(sets_some(&mut linked(), None, Some("10.01"), None).unwrap(), ["top_up_set"]);
}

// E5: a wrong setting changes nothing, not even the part of it that is right.
#[test]
fn e5_a_wrong_setting_changes_nothing() {
    let mut life = Life::funded();
    let numbers = PolicyNumbers::documented();
    let answer = sets_some(&mut life, Some("1"), Some("50"), Some(false));
    assert_eq!(answer, faulty(faults(&numbers, ("1", "50"), &["threshold_too_low"])));
    assert_eq!(settings(&life), is_set("10", "20", true));
    assert_eq!(life.spends("10").unwrap(), ["call_charged", "charge_requested"]);
}

#[test]
fn e5_settings_that_are_already_so_change_nothing() {
    let mut life = Life::funded();
    assert_eq!(life.sets("10", "20"), Ok(vec![]));
    assert_eq!(life.switches(true), Ok(vec![]));
    assert_eq!(sets_some(&mut life, None, None, None), Ok(vec![]));
}

/// 10.00/15.00, right when they were set, and 5.00 too close under the policy as it is now.
pub fn outlawed(mut life: Life) -> Life {
    life.sets("10", "15").unwrap();
    life.changes_policy(|numbers| *numbers = PolicyNumbers::published_2026());
    life
}

// E5: a setting that a changed policy would refuse stays in force until edited.
#[test]
fn e5_a_setting_that_a_changed_policy_refuses_stays_in_force() {
    let mut life = outlawed(Life::funded());
    assert_eq!(settings(&life), is_set("10", "15", true));
    assert_eq!(life.spends("10").unwrap(), ["call_charged", "charge_requested"]);
    life.asks_for(ChargeKind::AutoTopUp, "5");
    life.charge_succeeds().unwrap();
    let refused =
        |threshold| faulty(faults(&PolicyNumbers::published_2026(), (threshold, "15"), &["gap_too_small"]));
    assert_eq!(sets_some(&mut life, Some("6"), None, None), refused("6"));
    assert_eq!(settings(&life), is_set("10", "15", true));
    assert_eq!(sets_some(&mut life, Some("5"), None, None).unwrap(), ["top_up_set"]);
    assert_eq!(settings(&life), is_set("5", "15", true));
}

// E5: switching it on again is an edit, and the whole setting is checked.
#[test]
fn e5_an_outlawed_setting_is_not_switched_on_again() {
    let mut life = outlawed(Life::funded());
    life.switches(false).unwrap();
    let numbers = PolicyNumbers::published_2026();
    assert_eq!(life.switches(true), faulty(faults(&numbers, ("10", "15"), &["gap_too_small"])));
    let both = sets_some(&mut life, None, Some("20"), Some(true));
    assert_eq!(both.unwrap(), ["top_up_set"]);
}
