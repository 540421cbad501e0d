//! E6. Off means off; and what switching on does not do.

use crate::e_settings::outlawed;
use crate::life::{Answer, Life, amount, card, new_key, time};
use prepaid::{Action, Actor, ChargeKind, Decline, PauseReason, Setting, StageTag, TopUpOutlook};

/// Whatever may be the matter with an account that is on.
fn troubled() -> Vec<(&'static str, Life)> {
    let mut lives: Vec<(&str, Life)> = Vec::new();
    for stage in
        [StageTag::Registered, StageTag::Agreed, StageTag::Described, StageTag::Linked, StageTag::Funding]
    {
        lives.push((stage.as_str(), Life::at_stage(stage)));
    }
    let mut add = |what, happens: fn(&mut Life)| {
        let mut life = Life::funded();
        happens(&mut life);
        lives.push((what, life));
    };
    add("active", |_| ());
    add("suspended", |life| drop(life.is_suspended_for("review").unwrap()));
    add("outdated", |life| life.requires_terms("TOS_2025_06_01", "2024-12-31T00:00:00Z"));
    add("past the grace", |life| life.requires_terms("TOS_2025_06_01", "2024-06-01T00:00:00Z"));
    add("invalid setting in force", |life| *life = outlawed(Life::funded()));
    add("all of these", |life| {
        *life = outlawed(Life::funded());
        life.requires_terms("TOS_2025_06_01", "2024-06-01T00:00:00Z");
        life.is_suspended_for("review").unwrap();
    });
    add("charge open", |life| drop(life.spends("10").unwrap()));
    add("waiting", |life| {
        life.spends("10").unwrap();
        life.charge_fails(Decline::Soft).unwrap();
    });
    add("paused", |life| {
        life.spends("10").unwrap();
        life.charge_fails(Decline::Hard).unwrap();
    });
    add("in debt", |life| {
        life.allows_debt("5");
        life.authorizes(1, "1").unwrap();
        life.settles(1, "23").unwrap();
    });
    lives
}

// E6: a command that only switches off always succeeds.
#[test]
fn e6_switching_off_always_succeeds() {
    for (what, life) in troubled() {
        for actor in [Actor::Owner, Actor::Operator] {
            let mut life = life.clone();
            let off = Action::SetTopUp {
                threshold: None,
                target: None,
                enabled: Some(false),
                monthly_cap: Setting::Kept,
                daily_count: Setting::Kept,
            }
            .by(actor);
            assert_eq!(life.sends(&off), Ok(vec!["top_up_set"]), "{what}");
            assert_eq!(
                life.account.top_up_settings().map(|settings| settings.enabled),
                Some(false),
                "{what}"
            );
            assert_eq!(life.sends(&off), Ok(vec![]), "{what}, again");
        }
    }
}

#[test]
fn e6_switching_off_changes_no_other_setting() {
    let mut life = outlawed(Life::funded());
    life.switches(false).unwrap();
    let after = life.account.top_up_settings().unwrap();
    assert_eq!((after.enabled, after.threshold, after.target), (false, amount("10"), amount("15")));
}

// E6: a form that sends every field as it stands only switches off, too.
#[test]
fn e6_switching_off_with_the_other_fields_as_they_stand() {
    for (what, mut life) in troubled() {
        let settings = life.account.top_up_settings().unwrap();
        let (threshold, target) = (Some(settings.threshold), Some(settings.target));
        let form = Action::SetTopUp {
            threshold,
            target,
            enabled: Some(false),
            monthly_cap: Setting::Kept,
            daily_count: Setting::Kept,
        };
        assert_eq!(life.owner(form), Ok(vec!["top_up_set"]), "{what}");
    }
}

// E6: nothing but an explicit command switches it on again; at no balance does anything ask for money.
#[test]
fn e6_off_means_off() {
    type Happens = fn(&mut Life) -> Answer;
    let happens: [(&str, Happens); 10] = [
        ("calls down to nothing", |life| life.spends("20")),
        ("a settlement", |life| {
            life.authorizes(1, "20").unwrap();
            life.settles(1, "20")
        }),
        ("a manual top-up", |life| {
            life.spends("20").unwrap();
            life.tops_up("1").unwrap();
            life.charge_succeeds()
        }),
        ("a failed manual top-up", |life| {
            life.spends("20").unwrap();
            life.tops_up("1").unwrap();
            life.charge_fails(Decline::Soft)
        }),
        ("other settings", |life| life.sets("30", "40")),
        ("another payment method", |life| life.owner(card("card-2"))),
        ("another key", |life| life.owner(new_key(2))),
        ("a suspension", |life| {
            life.is_suspended_for("review").unwrap();
            life.resumes()
        }),
        ("newer terms", |life| {
            life.requires_terms("TOS_2025_06_01", "2024-06-01T00:00:00Z");
            life.accepts_terms("TOS_2025_06_01")
        }),
        ("a month", |life| {
            life.spends("20").unwrap();
            life.later("30d").tick()
        }),
    ];
    for (what, happens) in happens {
        let mut life = Life::funded();
        life.switches(false).unwrap();
        let said = happens(&mut life).unwrap();
        assert!(!said.contains(&"charge_requested"), "{what}");
        life.asks_for_nothing();
        assert_eq!(life.outlook(), TopUpOutlook::Off, "{what}");
        // Nor does the first call after it.
        let rest = life.account.balance().available.to_string();
        assert_eq!(life.spends(&rest).unwrap(), ["call_charged"], "{what}");
        life.posted_is("0");
    }
}

// E6: not even a reactivation, which clears a pause, switches it on.
#[test]
fn e6_a_reactivation_does_not_switch_it_on() {
    let mut life = Life::funded();
    life.spends("10").unwrap();
    life.charge_fails(Decline::Hard).unwrap();
    life.switches(false).unwrap();
    assert_eq!(life.reactivates().unwrap(), ["top_up_reactivated"]);
    assert_eq!(life.outlook(), TopUpOutlook::Off);
    life.asks_for_nothing();
}

// E6: a charge already open runs to its end, and is credited if it succeeds; then nothing more is asked.
#[test]
fn e6_an_open_charge_runs_on_and_is_credited() {
    let mut life = Life::funded();
    life.spends("10").unwrap();
    life.switches(false).unwrap();
    life.asks_for(ChargeKind::AutoTopUp, "10");
    assert_eq!(life.owes(), ["make_charge"]);
    life.spends("10").unwrap();
    assert_eq!(life.charge_succeeds().unwrap(), ["charge_succeeded"]);
    life.posted_is("10");
    assert_eq!(life.spends("10").unwrap(), ["call_charged"]);
    life.asks_for_nothing();
}

// E6: and if it fails, no retry follows while it is off.
#[test]
fn e6_an_open_charge_that_fails_is_not_retried() {
    let mut life = Life::funded();
    life.spends("10").unwrap();
    life.switches(false).unwrap();
    assert!(!life.charge_fails(Decline::Soft).unwrap().contains(&"charge_requested"));
    for _ in 0..3 {
        assert!(!life.later("72h").tick().unwrap().contains(&"charge_requested"));
    }
    life.asks_for_nothing();
}

#[test]
fn e6_switching_on_fires_at_once_where_it_is_due() {
    for (balance, events) in [("10", vec!["top_up_set", "charge_requested"]), ("10.01", vec!["top_up_set"])] {
        let mut life = Life::with_credit(balance);
        assert_eq!(life.switches(true).unwrap(), events, "at {balance}");
    }
}

// E6: switching on clears no wait.
#[test]
fn e6_switching_on_clears_no_wait() {
    let mut life = Life::funded();
    life.spends("10").unwrap();
    life.charge_fails(Decline::Soft).unwrap();
    life.later("30m").switches(false).unwrap();
    assert_eq!(life.switches(true).unwrap(), ["top_up_set"]);
    assert_eq!(life.outlook(), TopUpOutlook::RetryAt { at: time("2025-01-01T01:00:00Z") });
    assert_eq!(life.later("30m").tick().unwrap(), ["top_up_retry_due", "charge_requested"]);
    // Nor the step: the next wait is the second of the schedule.
    life.charge_fails(Decline::Soft).unwrap();
    assert_eq!(life.outlook(), TopUpOutlook::RetryAt { at: time("2025-01-02T01:00:00Z") });
}

// E6: switching on clears no pause.
#[test]
fn e6_switching_on_clears_no_pause() {
    let mut life = Life::funded();
    life.spends("10").unwrap();
    life.charge_fails(Decline::Hard).unwrap();
    life.switches(false).unwrap();
    assert_eq!(life.switches(true).unwrap(), ["top_up_set"]);
    assert_eq!(life.outlook(), TopUpOutlook::Paused { reason: PauseReason::HardDecline });
    assert_eq!(life.spends("1").unwrap(), ["call_charged"]);
    life.asks_for_nothing();
}
