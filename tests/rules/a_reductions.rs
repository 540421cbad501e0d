//! A6. While the terms are outdated, only what reduces can be changed: switching off, setting or lowering a limit or a
//! cap, revoking.

use crate::life::{Life, amount, key};
use prepaid::{Action, Actor, KeyLimit, OutdatedTerms, Rejection, Setting, SettingFault, Window};

const NEWER: &str = "TOS_2025_06_01";
const NOTHING: [&str; 0] = [];

fn outdated() -> Rejection {
    Rejection::TermsOutdated(OutdatedTerms {
        required: NEWER.parse().unwrap(),
        accepted: "TOS_2024_04_20".parse().unwrap(),
    })
}

/// An active account after `happens`, whose terms are outdated, within their grace and past it.
fn becomes_outdated(happens: impl Fn(&mut Life)) -> [Life; 2] {
    ["2024-12-31T00:00:00Z", "2024-06-01T00:00:00Z"].map(|since| {
        let mut life = Life::funded();
        happens(&mut life);
        life.requires_terms(NEWER, since);
        life
    })
}

/// What one command does, on fresh copies of both lives, by owner and operator; `None` where it is refused.
fn does(lives: &[Life; 2], action: &Action, event: Option<&str>) {
    for life in lives {
        for actor in [Actor::Owner, Actor::Operator] {
            let answer = life.clone().sends(&action.clone().by(actor));
            match event {
                Some(event) => assert_eq!(answer.unwrap(), [event], "{action:?}"),
                None => assert_eq!(answer, Err(outdated()), "{action:?}"),
            }
        }
    }
    // With the terms accepted, everything here is possible.
    let mut life = lives[0].clone();
    life.accepts_terms(NEWER).unwrap();
    assert!(life.owner(action.clone()).is_ok(), "{action:?}");
}

fn of_key(text: &str, window: Window) -> Action {
    Action::LimitKey { key: key(1), limit: Some(KeyLimit { amount: amount(text), window }) }
}

fn of_account(text: &str) -> Action {
    Action::LimitSpending { limit: Some(amount(text)) }
}

// C6: setting or lowering a limit reduces; raising it, lifting it, and another window do not.
#[test]
fn a6_a_keys_limit_can_be_set_and_lowered() {
    let none = becomes_outdated(|_| ());
    for window in [Window::Day, Window::Week, Window::Month] {
        does(&none, &of_key("1000", window), Some("key_limited"));
    }
    let some = becomes_outdated(|life| drop(life.limits_key(1, "5", Window::Week).unwrap()));
    does(&some, &of_key("4.999999", Window::Week), Some("key_limited"));
    does(&some, &of_key("0", Window::Week), Some("key_limited"));
    does(&some, &of_key("5.000001", Window::Week), None);
    does(&some, &of_key("5", Window::Day), None);
    does(&some, &of_key("1", Window::Month), None);
    does(&some, &of_key("1", Window::Day), None);
    does(&some, &Action::LimitKey { key: key(1), limit: None }, None);
}

// I1: the same for the account's limit.
#[test]
fn a6_the_spending_limit_can_be_set_and_lowered() {
    does(&becomes_outdated(|_| ()), &of_account("1000"), Some("spending_limited"));
    let some = becomes_outdated(|life| drop(life.limits_spending(Some("5")).unwrap()));
    does(&some, &of_account("4.999999"), Some("spending_limited"));
    does(&some, &of_account("0"), Some("spending_limited"));
    does(&some, &of_account("5.000001"), None);
    does(&some, &Action::LimitSpending { limit: None }, None);
}

fn settings(enabled: Option<bool>, monthly_cap: Setting<&str>, daily_count: Setting<u16>) -> Action {
    let monthly_cap = match monthly_cap {
        Setting::Kept => Setting::Kept,
        Setting::Off => Setting::Off,
        Setting::To(text) => Setting::To(amount(text)),
    };
    Action::SetTopUp { threshold: None, target: None, enabled, monthly_cap, daily_count }
}

// E7: setting or lowering a cap reduces; raising it or switching it off is a settings change.
#[test]
fn a6_a_cap_can_be_set_and_lowered() {
    let none = becomes_outdated(|_| ());
    does(&none, &settings(None, Setting::To("1000"), Setting::Kept), Some("top_up_set"));
    does(&none, &settings(None, Setting::Kept, Setting::To(1000)), Some("top_up_set"));
    does(&none, &settings(None, Setting::To("1000"), Setting::To(1000)), Some("top_up_set"));
    let some = becomes_outdated(|life| drop(life.caps(Setting::To("50"), Setting::To(5)).unwrap()));
    for (monthly_cap, daily_count, event) in [
        (Setting::To("49.99"), Setting::Kept, Some("top_up_set")),
        (Setting::Kept, Setting::To(4), Some("top_up_set")),
        (Setting::To("50"), Setting::To(1), Some("top_up_set")),
        (Setting::To("50.01"), Setting::Kept, None),
        (Setting::Kept, Setting::To(6), None),
        (Setting::Off, Setting::Kept, None),
        (Setting::Kept, Setting::Off, None),
        (Setting::To("49.99"), Setting::To(6), None),
        (Setting::Off, Setting::To(4), None),
    ] {
        does(&some, &settings(None, monthly_cap, daily_count), event);
    }
}

// A6: what reduces in several ways at once is possible; with anything else beside it, it is not.
#[test]
fn a6_reductions_go_together_but_not_with_anything_else() {
    let some = becomes_outdated(|life| drop(life.caps(Setting::To("50"), Setting::To(5)).unwrap()));
    does(&some, &settings(Some(false), Setting::To("40"), Setting::To(4)), Some("top_up_set"));
    does(&some, &settings(Some(false), Setting::Off, Setting::Kept), None);
    let with_threshold = Action::SetTopUp {
        threshold: Some(amount("9")),
        target: None,
        enabled: Some(false),
        monthly_cap: Setting::To(amount("40")),
        daily_count: Setting::Kept,
    };
    does(&some, &with_threshold, None);
    // With the other fields as they are, it only reduces.
    let as_it_is = Action::SetTopUp {
        threshold: Some(amount("10")),
        target: Some(amount("20")),
        enabled: Some(true),
        monthly_cap: Setting::To(amount("40")),
        daily_count: Setting::To(5),
    };
    does(&some, &as_it_is, Some("top_up_set"));
    let off = becomes_outdated(|life| drop(life.switches(false).unwrap()));
    does(&off, &settings(Some(true), Setting::To("1"), Setting::Kept), None);
    does(&off, &settings(None, Setting::To("1"), Setting::Kept), Some("top_up_set"));
}

// A reduction is checked like any setting: outdated terms make no wrong one right.
#[test]
fn a6_a_reduction_is_still_checked() {
    for mut life in becomes_outdated(|_| ()) {
        let fault = SettingFault::MonthlyCapTooLow { given: amount("0.49"), at_least: amount("0.50") };
        let refusal = Rejection::SettingsInvalid { faults: vec![fault] };
        assert_eq!(life.caps(Setting::To("0.49"), Setting::Kept), Err(refusal));
        life.changes_policy(|numbers| numbers.limit_max = Some(amount("100")));
        assert!(matches!(life.limits_spending(Some("101")), Err(Rejection::AmountOutOfBounds { .. })));
        assert!(matches!(life.limits_key(1, "101", Window::Day), Err(Rejection::AmountOutOfBounds { .. })));
    }
}

// What is so already changes nothing, and needs no terms.
#[test]
fn a6_what_is_so_already_is_not_refused() {
    let some = becomes_outdated(|life| {
        life.limits_key(1, "5", Window::Week).unwrap();
        life.limits_spending(Some("5")).unwrap();
        life.caps(Setting::To("50"), Setting::To(5)).unwrap();
        life.sets_notice(Some("5")).unwrap();
    });
    for mut life in some {
        assert_eq!(life.limits_key(1, "5", Window::Week).unwrap(), NOTHING);
        assert_eq!(life.limits_spending(Some("5")).unwrap(), NOTHING);
        assert_eq!(life.caps(Setting::To("50"), Setting::To(5)).unwrap(), NOTHING);
        assert_eq!(life.sets_notice(Some("5")).unwrap(), NOTHING);
    }
}

// A notice is a setting: a level cannot be set or changed; switching it off reduces.
#[test]
fn a6_a_notice_can_only_be_switched_off() {
    does(&becomes_outdated(|_| ()), &Action::SetNotice { level: Some(amount("5")) }, None);
    let some = becomes_outdated(|life| drop(life.sets_notice(Some("5")).unwrap()));
    does(&some, &Action::SetNotice { level: Some(amount("4")) }, None);
    does(&some, &Action::SetNotice { level: Some(amount("6")) }, None);
    does(&some, &Action::SetNotice { level: None }, Some("notice_set"));
}

// E7, A6: a lowered cap is in force at once, for the top-ups that go on within the grace.
#[test]
fn a6_a_lowered_cap_is_in_force_within_the_grace() {
    let [mut life, _] = becomes_outdated(|_| ());
    life.caps(Setting::To("4"), Setting::Kept).unwrap();
    assert_eq!(life.spends("10").unwrap(), ["call_charged", "charge_requested"]);
    life.asks_for(prepaid::ChargeKind::AutoTopUp, "4");
    assert_eq!(life.charge_succeeds().unwrap(), ["charge_succeeded"]);
    life.limits_spending(Some("10")).unwrap();
    assert!(matches!(life.spends("0.01"), Err(Rejection::SpendingLimitReached { .. })));
}
