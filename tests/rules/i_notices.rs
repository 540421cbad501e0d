//! I2. The low-balance notice: once at its level or below, and armed again above.

use crate::life::{Life, amount, balance};
use prepaid::{Action, Actor, Event, Notice, RevokeFor, StageTag};

const NOTHING: [&str; 0] = [];

/// 20.00 of credit, no automatic top-up, and a notice at this level.
fn noticed_at(level: &str) -> Life {
    let mut life = Life::with_credit("20");
    assert_eq!(life.sets_notice(Some(level)).unwrap(), ["notice_set"]);
    life
}

// I2: at its level or below: not a bit above, at exactly the level, and well below.
#[test]
fn i2_it_is_given_at_its_level_or_below() {
    for (spent, events) in [
        ("14.999999999999", vec!["call_charged"]),
        ("15", vec!["call_charged", "low_balance_noticed"]),
        ("15.000000000001", vec!["call_charged", "low_balance_noticed"]),
        ("20", vec!["call_charged", "low_balance_noticed"]),
    ] {
        let mut life = noticed_at("5");
        assert_eq!(life.spends(spent).unwrap(), events, "after {spent}");
    }
}

// I2: with the level and the balance.
#[test]
fn i2_it_says_level_and_balance() {
    let mut life = noticed_at("5");
    life.spends("16.5").unwrap();
    let (level, posted) = (amount("5"), balance("3.5"));
    assert_eq!(*life.last_event(), Event::LowBalanceNoticed { level, posted });
    life.tops_up("10").unwrap();
    life.charge_succeeds().unwrap();
    assert_eq!(*life.last_event(), Event::BalanceRecovered { level, posted: balance("13.5") });
}

// I2: once; it is armed again only when the balance has risen above the level, and then given again.
#[test]
fn i2_it_is_given_once_and_armed_again_above_the_level() {
    let mut life = noticed_at("5");
    life.spends("16").unwrap();
    assert_eq!(life.spends("1").unwrap(), ["call_charged"], "once");
    // Up to exactly the level is not above it.
    life.tops_up("2").unwrap();
    assert_eq!(life.charge_succeeds().unwrap(), ["charge_succeeded"]);
    life.posted_is("5");
    assert_eq!(life.spends("2").unwrap(), ["call_charged"], "still once");
    life.tops_up("2.01").unwrap();
    assert_eq!(life.charge_succeeds().unwrap(), ["charge_succeeded", "balance_recovered"]);
    life.posted_is("5.01");
    assert_eq!(life.spends("0.01").unwrap(), ["call_charged", "low_balance_noticed"]);
}

// I2: it is `posted` that counts, not what is available.
#[test]
fn i2_a_hold_does_not_give_it() {
    let mut life = noticed_at("5");
    assert_eq!(life.authorizes(1, "20").unwrap(), ["call_authorized"]);
    life.available_is("0");
    assert_eq!(life.settles(1, "14").unwrap(), ["call_settled"]);
    life.authorizes(2, "2").unwrap();
    assert_eq!(life.settles(2, "1").unwrap(), ["call_settled", "low_balance_noticed"]);
}

// I2: setting a level judges it at once.
#[test]
fn i2_setting_a_level_judges_it_at_once() {
    for (level, events) in [
        ("19.999999999999", vec!["notice_set"]),
        ("20", vec!["notice_set", "low_balance_noticed"]),
        ("100", vec!["notice_set", "low_balance_noticed"]),
    ] {
        let mut life = Life::with_credit("20");
        assert_eq!(life.sets_notice(Some(level)).unwrap(), events, "at {level}");
    }
}

// I2: another level is another notice: judged at once, given once.
#[test]
fn i2_another_level_is_judged_anew() {
    let mut life = noticed_at("5");
    life.spends("16").unwrap();
    assert_eq!(life.sets_notice(Some("3")).unwrap(), ["notice_set"], "4.00 is above 3.00");
    assert_eq!(life.spends("1").unwrap(), ["call_charged", "low_balance_noticed"]);
    assert_eq!(life.sets_notice(Some("10")).unwrap(), ["notice_set", "low_balance_noticed"]);
    assert_eq!(life.sets_notice(Some("3")).unwrap(), ["notice_set", "low_balance_noticed"]);
    assert_eq!(life.spends("1").unwrap(), ["call_charged"]);
}

// I2: the same level again changes nothing, whether it was given or not.
#[test]
fn i2_the_same_level_again_changes_nothing() {
    let mut life = noticed_at("5");
    assert_eq!(life.sets_notice(Some("5.0")).unwrap(), NOTHING);
    life.spends("16").unwrap();
    assert_eq!(life.sets_notice(Some("5")).unwrap(), NOTHING);
    assert_eq!(life.spends("1").unwrap(), ["call_charged"]);
}

#[test]
fn i2_it_is_off_unless_a_level_is_set_and_after_null() {
    let mut life = Life::with_credit("20");
    assert_eq!(life.account.notice(), Notice::Off);
    assert_eq!(life.sets_notice(None).unwrap(), NOTHING);
    assert_eq!(life.clone().spends("20").unwrap(), ["call_charged"]);
    life.sets_notice(Some("5")).unwrap();
    assert_eq!(life.account.notice(), Notice::Armed { level: amount("5") });
    assert_eq!(life.sets_notice(None).unwrap(), ["notice_set"]);
    assert_eq!(life.spends("20").unwrap(), ["call_charged"]);
    // Set again, it is armed afresh, and judged.
    assert_eq!(life.sets_notice(Some("5")).unwrap(), ["notice_set", "low_balance_noticed"]);
    assert_eq!(life.account.notice(), Notice::Given { level: amount("5") });
}

// I2: a level of zero tells that nothing is left.
#[test]
fn i2_a_level_of_zero() {
    let mut life = noticed_at("0");
    assert_eq!(life.spends("19.999999999999").unwrap(), ["call_charged"]);
    assert_eq!(life.spends("0.000000000001").unwrap(), ["call_charged", "low_balance_noticed"]);
    assert_eq!(life.is_granted(1, "0.000000000001").unwrap(), ["grant_issued", "balance_recovered"]);
}

// I2: whatever moves the balance down gives it: settlements, reversals, the end of a grant.
#[test]
fn i2_whatever_lowers_the_balance_gives_it() {
    type Happens = fn(&mut Life) -> crate::life::Answer;
    let happens: [(&str, Happens, Vec<&str>); 6] = [
        ("a settlement above the hold", |life| life.settles(1, "25"), vec!["call_settled"]),
        (
            "a late settlement",
            |life| life.later("59m").settles(1, "5"),
            vec!["call_expired", "call_settled_late"],
        ),
        ("a refund", |life| life.refunds(1, "1"), vec!["refund_requested", "reversal_paused"]),
        ("a dispute", |life| life.is_disputed("dp_1", 1, "20"), vec!["dispute_opened", "reversal_paused"]),
        ("a grant voided", |life| life.voids(1), vec!["grant_voided"]),
        ("a grant expired", |life| life.later("29m").tick(), vec!["grant_expired"]),
    ];
    for (what, happens, mut events) in happens {
        let mut life = Life::with_credit("20");
        life.is_granted_with(1, "1", 9, Some("2025-01-01T00:30:00Z")).unwrap();
        life.allows_debt("10");
        life.later("1m").authorizes(1, "5").unwrap();
        if what == "a late settlement" {
            life.voids(1).unwrap();
            life.sets_notice(Some("15")).unwrap();
            life.at("2025-01-01T00:02:00Z");
        } else {
            life.sets_notice(Some("20")).unwrap();
        }
        events.push("low_balance_noticed");
        assert_eq!(happens(&mut life).unwrap(), events, "{what}");
    }
}

// I2: below zero, too; a write-off that leaves the balance at or below the level does not arm it.
#[test]
fn i2_a_debt_is_below_every_level() {
    let mut life = noticed_at("0");
    life.allows_debt("5");
    life.authorizes(1, "1").unwrap();
    assert_eq!(life.settles(1, "23").unwrap(), ["call_settled", "low_balance_noticed"]);
    assert_eq!(life.writes_off("3").unwrap(), ["debt_written_off"]);
    life.posted_is("0");
    life.tops_up("1").unwrap();
    assert_eq!(life.charge_succeeds().unwrap(), ["charge_succeeded", "balance_recovered"]);
}

// I2: judged once, on the last state: what falls and rises within one step is not noticed; on time, both are.
#[test]
fn i2_it_is_judged_once_on_the_last_state() {
    let mut life = Life::with_credit("5");
    life.is_granted_with(1, "5", 0, Some("2025-01-01T01:00:00Z")).unwrap();
    life.is_granted_from(2, "5", "2025-01-01T02:00:00Z", None).unwrap();
    life.sets_notice(Some("5")).unwrap();
    let mut on_time = life.clone();
    assert_eq!(on_time.later("1h").tick().unwrap(), ["grant_expired", "low_balance_noticed"]);
    assert_eq!(on_time.later("1h").tick().unwrap(), ["grant_started", "balance_recovered"]);
    assert_eq!(life.later("3h").tick().unwrap(), ["grant_expired", "grant_started"]);
    assert_eq!(life.account.balance(), on_time.account.balance());
}

// The order within a batch: what E1 asks for comes before the notice.
#[test]
fn i2_it_comes_after_the_charge_that_is_asked_for() {
    let mut life = Life::funded();
    life.sets_notice(Some("10")).unwrap();
    assert_eq!(life.spends("10").unwrap(), ["call_charged", "charge_requested", "low_balance_noticed"]);
    assert_eq!(life.charge_succeeds().unwrap(), ["charge_succeeded", "balance_recovered"]);
}

// Who: owner and operator; when: as soon as there is an account, where there is nothing yet.
#[test]
fn i2_a_level_may_be_set_from_the_start() {
    let mut life = Life::at_stage(StageTag::Registered);
    let notice = Action::SetNotice { level: Some(amount("5")) };
    assert_eq!(life.sends(&notice.by(Actor::Operator)).unwrap(), ["notice_set", "low_balance_noticed"]);
    let mut life = life.on_to(StageTag::Funding);
    assert_eq!(life.charge_succeeds().unwrap(), ["charge_succeeded", "balance_recovered"]);
}

// A step that changes nothing gives nothing, and revoking, suspending or linking does not repeat it.
#[test]
fn i2_nothing_else_repeats_it() {
    let mut life = noticed_at("5");
    life.spends("16").unwrap();
    assert_eq!(life.tick().unwrap(), NOTHING);
    assert_eq!(life.links("card-2").unwrap(), ["payment_method_linked"]);
    assert_eq!(life.is_suspended_for("review").unwrap(), ["account_suspended"]);
    assert_eq!(life.resumes().unwrap(), ["account_resumed"]);
    assert_eq!(life.revokes(1, RevokeFor::Requested).unwrap(), ["key_revoked"]);
    assert_eq!(life.later("400d").creates_key(2).unwrap(), ["key_created"]);
}
