//! F1. Success reported for a charge that had failed or been abandoned: money was taken after all.

use crate::f_results::{abandoned, after, asking, declined, failed, resolve, took};
use crate::life::{Life, new_key, span};
use prepaid::{ChargeKind, ChargeNumber, Counting, Decline, Rejection, StageTag, TopUpOutlook};

// F1: a late success clears the wait and the pause of F5, as any success does.
#[test]
fn f1_a_late_success_clears_waits_and_pauses() {
    for mut life in [failed(), after(asking(), &declined(Decline::Hard)), abandoned()] {
        assert_ne!(life.outlook(), TopUpOutlook::AboveThreshold);
        life.sends(&took("10.00")).unwrap();
        assert_eq!(life.outlook(), TopUpOutlook::AboveThreshold);
        // The next failure is the first again.
        life.spends("10.00").unwrap();
        life.charge_fails(Decline::Soft).unwrap();
        let at = life.now.saturating_add(span("1h"));
        assert_eq!(life.outlook(), TopUpOutlook::RetryAt { at });
    }
}

/// The first automatic charge has failed, and its retry, number 3, is open.
fn retrying() -> Life {
    let mut life = failed();
    let retried = life.later("1h").tick().unwrap();
    assert_eq!(retried, ["top_up_retry_due", "charge_requested"]);
    life
}

// F1: the money came after all, so the other automatic charge is needless: it is cancelled, and keeps its place.
#[test]
fn f1_a_late_success_supersedes_another_automatic_charge() {
    let mut life = retrying();
    let late = life.sends(&took("10.00")).unwrap();
    assert_eq!(late, ["charge_succeeded_late", "charge_superseded"]);
    life.posted_is("20");
    assert_eq!(life.owes(), ["cancel_charge"]);
    life.asks_for(ChargeKind::AutoTopUp, "10.00");
    let refused = Rejection::ChargeOpen { charge: ChargeNumber(3), kind: ChargeKind::AutoTopUp };
    assert_eq!(life.tops_up("5.00"), Err(refused));
}

// F1: the ending of a superseded charge is no decline: no wait, no pause, whatever the provider calls it.
#[test]
fn f1_a_superseded_ending_counts_as_no_decline() {
    for decline in [Some(Decline::Soft), Some(Decline::Hard), None] {
        let mut life = retrying();
        life.sends(&took("10.00")).unwrap();
        let ended = match decline {
            Some(decline) => life.charge_fails(decline).unwrap(),
            None => life.charge_is_cancelled().unwrap(),
        };
        assert_eq!(ended, ["charge_abandoned"]);
        assert_eq!(life.account.charge(ChargeNumber(3)).unwrap().counting, Counting::Superseded);
        assert_eq!(life.outlook(), TopUpOutlook::AboveThreshold);
    }
}

// F3b: the same for one that another amount was reported of, where nothing was taken.
#[test]
fn f3b_nothing_taken_of_a_superseded_charge_abandons_it() {
    let mut life = retrying();
    assert_eq!(life.charge_succeeds_with(3, "9.00").unwrap(), ["charge_mismatched"]);
    life.sends(&took("10.00")).unwrap();
    assert_eq!(life.resolves(3, "0").unwrap(), ["charge_resolved", "charge_abandoned"]);
    assert_eq!(life.outlook(), TopUpOutlook::AboveThreshold);
}

// F1: a superseded charge that was taken before it could be cancelled is credited too.
#[test]
fn f1_a_superseded_charge_that_succeeds_is_credited() {
    let mut life = retrying();
    life.sends(&took("10.00")).unwrap();
    assert_eq!(life.charge_succeeds().unwrap(), ["charge_succeeded"]);
    life.posted_is("30");
}

// F1, F3b: one that was reported with another amount waits for the operator, and is abandoned if nothing was taken.
#[test]
fn f1_superseding_an_unresolved_charge_leaves_it_to_the_operator() {
    let mut life = retrying();
    life.charge_succeeds_with(3, "6.00").unwrap();
    let late = life.sends(&took("10.00")).unwrap();
    assert_eq!(late, ["charge_succeeded_late", "charge_superseded"]);
    assert_eq!(life.resolves(3, "0").unwrap(), ["charge_resolved", "charge_abandoned"]);
    assert_eq!(life.outlook(), TopUpOutlook::AboveThreshold);
}

// F1: what the owner asked for by hand is not needless.
#[test]
fn f1_a_late_success_leaves_a_manual_charge_alone() {
    let mut life = failed();
    life.tops_up("25.00").unwrap();
    assert_eq!(life.sends(&took("10.00")).unwrap(), ["charge_succeeded_late"]);
    assert_eq!(life.owes(), ["make_charge"]);
    life.charge_succeeds().unwrap();
    life.posted_is("45");
}

// F1: resolving a charge late, by evidence, supersedes like any late success; a second late success adds nothing.
#[test]
fn f1_only_the_first_late_success_supersedes() {
    let mut life = retrying();
    life.charge_fails(Decline::Soft).unwrap();
    life.later("24h").tick().unwrap();
    life.asks_for(ChargeKind::AutoTopUp, "10.00"); // charge 4
    life.sends(&took("7.00")).unwrap();
    let resolved = life.sends(&resolve("7.00")).unwrap();
    assert_eq!(resolved, ["charge_resolved", "charge_succeeded_late", "charge_superseded"]);
    assert_eq!(life.charge_succeeds_with(3, "10.00").unwrap(), ["charge_succeeded_late"]);
    life.posted_is("27");
}

// F1: a first key's charge that failed and was taken after all counts as the funding; the key itself was forgotten.
#[test]
fn f1_a_late_initial_funding_funds_the_account() {
    let mut life = Life::at_stage(StageTag::Funding);
    life.charge_fails(Decline::Soft).unwrap();
    assert_eq!(life.account.stage(), StageTag::Linked);
    assert_eq!(life.charge_succeeds_with(1, "20.00").unwrap(), ["charge_succeeded_late"]);
    assert_eq!(life.account.stage(), StageTag::Active);
    life.posted_is("20");
    assert_eq!(life.account.keys().len(), 0);
    assert_eq!(life.owner(new_key(2)).unwrap(), ["key_created"]); // at no cost
}

// F1: a key that waits for another initial funding becomes active at once, and that other charge is cancelled.
#[test]
fn f1_a_late_initial_funding_activates_the_pending_key() {
    let mut life = Life::at_stage(StageTag::Funding);
    life.charge_fails(Decline::Soft).unwrap();
    life.owner(new_key(2)).unwrap();
    let late = life.charge_succeeds_with(1, "20.00").unwrap();
    assert_eq!(late, ["charge_succeeded_late", "charge_superseded"]);
    assert_eq!(life.account.stage(), StageTag::Active);
    assert_eq!(life.authenticates(2), Ok(1));
    assert_eq!(life.owes(), ["cancel_charge"]);
    // Its ending takes nothing back.
    assert_eq!(life.charge_is_cancelled().unwrap(), ["charge_abandoned"]);
    assert_eq!(life.account.stage(), StageTag::Active);
    life.posted_is("20");
}
