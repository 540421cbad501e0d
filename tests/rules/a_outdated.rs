//! A6. Outdated terms: what stops at once, and what stops when the grace has passed.

use crate::life::{Life, amount, card, new_key};
use prepaid::{Action, ChargeKind, OutdatedTerms, Rejection, RevokeFor, Setting, StageTag, TopUpOutlook};

const NEWER: &str = "TOS_2025_06_01";

fn outdated() -> Rejection {
    Rejection::TermsOutdated(OutdatedTerms {
        required: NEWER.parse().unwrap(),
        accepted: "TOS_2024_04_20".parse().unwrap(),
    })
}

/// The newer terms are required since 2025-06-01; their grace of 30 days ends on 2025-07-01.
fn becomes_outdated(mut life: Life) -> Life {
    life.requires_terms(NEWER, "2025-06-01T00:00:00Z");
    life.at("2025-06-01T00:00:00Z");
    life
}

/// The last microsecond of the grace, and the first after it.
const LAST_OF_GRACE: &str = "2025-06-30T23:59:59.999999Z";
const AFTER_GRACE: &str = "2025-07-01T00:00:00Z";

// It is computed from the policy, not stored.
#[test]
fn a6_outdated_is_what_the_policy_says_now() {
    let mut life = Life::funded();
    assert!(!life.account.is_outdated(&life.policy));
    let account = life.account.clone();
    life.requires_terms(NEWER, "2025-06-01T00:00:00Z");
    assert!(life.account.is_outdated(&life.policy));
    assert_eq!(life.account, account);
    life.requires_terms("TOS_2024_04_20", "2024-04-20T00:00:00Z");
    assert!(!life.account.is_outdated(&life.policy));
}

#[test]
fn a6_no_new_key() {
    let mut life = becomes_outdated(Life::funded());
    assert_eq!(life.owner(new_key(2)), Err(outdated()));
    let mut life = becomes_outdated(Life::at_stage(StageTag::Linked));
    assert_eq!(life.owner(new_key(1)), Err(outdated()));
    life.accepts_terms(NEWER).unwrap();
    assert_eq!(life.owner(new_key(1)).unwrap(), ["first_key_requested", "charge_requested"]);
}

#[test]
fn a6_no_manual_top_up() {
    let mut life = becomes_outdated(Life::funded());
    assert_eq!(life.tops_up("5"), Err(outdated()));
    life.accepts_terms(NEWER).unwrap();
    assert_eq!(life.tops_up("5").unwrap(), ["charge_requested"]);
}

#[test]
fn a6_no_settings_change_but_switching_off() {
    let mut life = becomes_outdated(Life::funded());
    assert_eq!(life.sets("5", "30"), Err(outdated()));
    assert_eq!(life.switches(false).unwrap(), ["top_up_set"]);
    assert_eq!(life.switches(true), Err(outdated()));
    // Switching off with something else is not only switching off.
    let more = Action::SetTopUp {
        threshold: None,
        target: Some(amount("30")),
        enabled: Some(false),
        monthly_cap: Setting::Kept,
        daily_count: Setting::Kept,
    };
    assert_eq!(life.owner(more.clone()), Err(outdated()));
    assert_eq!(life.operator(more), Err(outdated()));
}

#[test]
fn a6_revoking_is_allowed() {
    let mut life = becomes_outdated(Life::funded());
    assert_eq!(life.revokes(1, RevokeFor::Requested).unwrap(), ["key_revoked"]);
    let mut life = Life::at_stage(StageTag::Funding);
    life.requires_terms(NEWER, "2025-01-01T00:00:00Z");
    assert_eq!(life.revokes(1, RevokeFor::Requested).unwrap(), ["first_key_dropped"]);
}

// Existing keys and the automatic top-up go on until the grace has passed.
#[test]
fn a6_calls_go_on_until_the_last_microsecond_of_the_grace() {
    let mut life = becomes_outdated(Life::funded());
    life.at(LAST_OF_GRACE);
    assert_eq!(life.spends("1").unwrap(), ["call_charged"]);
    assert_eq!(life.authorizes(1, "1").unwrap(), ["call_authorized"]);
    life.at(AFTER_GRACE);
    assert_eq!(life.spends("1"), Err(outdated()));
    assert_eq!(life.authorizes(2, "1"), Err(outdated()));
    assert_eq!(life.spends("0"), Err(outdated()));
    life.accepts_terms(NEWER).unwrap();
    assert_eq!(life.spends("1").unwrap(), ["call_charged"]);
}

#[test]
fn a6_the_top_up_goes_on_until_the_last_microsecond_of_the_grace() {
    for (at, events) in
        [(LAST_OF_GRACE, vec!["call_settled", "charge_requested"]), (AFTER_GRACE, vec!["call_settled"])]
    {
        let mut life = becomes_outdated(Life::funded());
        life.at("2025-06-30T23:30:00Z").authorizes(1, "12").unwrap();
        assert_eq!(life.at(at).settles(1, "12").unwrap(), events, "at {at}");
    }
}

// Endings of calls are not refused past the grace, but nothing is charged for them until the terms are accepted.
#[test]
fn a6_past_the_grace_nothing_is_charged_until_acceptance() {
    let mut life = becomes_outdated(Life::funded());
    life.at(LAST_OF_GRACE);
    life.authorizes(1, "12").unwrap();
    life.at(AFTER_GRACE);
    assert_eq!(life.settles(1, "12").unwrap(), ["call_settled"]);
    life.posted_is("8");
    life.asks_for_nothing();
    let outlook = life.account.top_up_outlook(&life.policy, life.now);
    assert_eq!(outlook, TopUpOutlook::TermsOutdated);
    // Accepting is a change, and E1 holds then.
    assert_eq!(life.accepts_terms(NEWER).unwrap(), ["terms_accepted", "charge_requested"]);
    life.asks_for(ChargeKind::AutoTopUp, "12");
}

// What was asked before runs to its end.
#[test]
fn a6_a_charge_asked_before_is_credited() {
    let mut life = becomes_outdated(Life::funded());
    life.at(LAST_OF_GRACE);
    life.spends("10").unwrap();
    life.at(AFTER_GRACE);
    assert_eq!(life.owes(), ["make_charge"]);
    assert_eq!(life.charge_succeeds().unwrap(), ["charge_succeeded"]);
    life.posted_is("20");
    assert_eq!(life.spends("1"), Err(outdated()));
}

#[test]
fn a6_a_first_key_asked_for_before_becomes_active() {
    let mut life = Life::at_stage(StageTag::Linked);
    life.at("2025-06-30T22:00:00Z");
    life.owner(new_key(1)).unwrap();
    life.requires_terms(NEWER, "2025-06-01T00:00:00Z");
    life.at(AFTER_GRACE);
    assert_eq!(life.charge_succeeds().unwrap(), ["charge_succeeded"]);
    life.posted_is("20");
    assert_eq!(life.authenticates(1), Ok(1));
    assert_eq!(life.spends("1"), Err(outdated()));
}

// The grace counts from when the version became required, not from when it was accepted or noticed.
#[test]
fn a6_the_grace_counts_from_when_the_version_became_required() {
    let mut life = Life::funded();
    life.at("2025-06-20T00:00:00Z");
    life.requires_terms(NEWER, "2025-05-01T00:00:00Z");
    assert_eq!(life.spends("1"), Err(outdated()));
    life.requires_terms(NEWER, "2025-06-01T00:00:00Z");
    assert_eq!(life.spends("1").unwrap(), ["call_charged"]);
}

#[test]
fn a6_another_payment_method_past_the_grace_charges_nothing() {
    let mut life = becomes_outdated(Life::funded());
    life.at(LAST_OF_GRACE);
    life.authorizes(1, "12").unwrap();
    life.at(AFTER_GRACE);
    life.settles(1, "12").unwrap();
    assert_eq!(life.owner(card("card-2")).unwrap(), ["payment_method_linked"]);
    life.asks_for_nothing();
}
