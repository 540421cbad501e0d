//! B4. An account that was funded elsewhere before is migrated: active without an initial funding, now and ever.

use crate::life::{Life, amount, new_key};
use prepaid::{Action, Actor, ChargeKind, Decline, Rejection, RevokeFor, StageTag, TopUpOutlook};

const NOTHING: [&str; 0] = [];

/// Migrated from `linked`, with the automatic top-up off: no credit, no key, no charge.
fn migrated() -> Life {
    let mut life = Life::at_stage(StageTag::Linked);
    life.switches(false).unwrap();
    assert_eq!(life.is_migrated("contract 7").unwrap(), ["account_migrated"]);
    life
}

// B4: it is active without an initial funding.
#[test]
fn b4_a_migrated_account_is_active_without_a_funding() {
    let mut life = migrated();
    life.stage_is(StageTag::Active);
    life.posted_is("0");
    life.asks_for_nothing();
    assert_eq!(life.creates_key(1).unwrap(), ["key_created"]);
    assert_eq!(life.authenticates(1), Ok(1), "the first key works at once");
    assert_eq!(life.spends("0").unwrap(), ["call_charged"]);
}

// B4: and never asks for one: not for the first key, nor for one after all were revoked.
#[test]
fn b4_a_migrated_account_never_asks_for_an_initial_funding() {
    let mut life = migrated();
    for n in 1..=3 {
        assert_eq!(life.creates_key(n).unwrap(), ["key_created"]);
        assert_eq!(life.revokes(u128::from(n), RevokeFor::Requested).unwrap(), ["key_revoked"]);
    }
    assert!(life.account.charges().is_empty());
    life.switches(true).unwrap();
    life.asks_for(ChargeKind::AutoTopUp, "20");
    life.charge_fails(Decline::Hard).unwrap();
    life.stage_is(StageTag::Active);
    assert_eq!(life.creates_key(4).unwrap(), ["key_created"]);
}

// E1: such an account counts as funded: its automatic top-up fires as soon as it is on.
#[test]
fn b4_a_migrated_account_tops_up_automatically() {
    let mut life = Life::at_stage(StageTag::Linked);
    assert_eq!(life.outlook(), TopUpOutlook::NotFunded);
    assert_eq!(life.is_migrated("contract 7").unwrap(), ["account_migrated", "charge_requested"]);
    life.asks_for(ChargeKind::AutoTopUp, "20");
    assert_eq!(life.charge_succeeds().unwrap(), ["charge_succeeded"]);
    life.posted_is("20");
}

// F7: and a manual top-up is possible.
#[test]
fn b4_a_migrated_account_tops_up_by_hand() {
    let mut life = migrated();
    assert_eq!(life.tops_up("5").unwrap(), ["charge_requested"]);
    life.asks_for(ChargeKind::Manual, "5");
    life.charge_succeeds().unwrap();
    life.posted_is("5");
}

// What it has brought along is granted, before or after.
#[test]
fn b4_a_migrated_account_spends_what_it_is_granted() {
    let mut life = Life::at_stage(StageTag::Linked);
    life.is_granted(1, "30").unwrap();
    assert_eq!(life.is_migrated("contract 7").unwrap(), ["account_migrated"], "30.00 is above the threshold");
    life.creates_key(1).unwrap();
    assert_eq!(life.spends("15").unwrap(), ["call_charged"]);
    assert_eq!(life.spends("5").unwrap(), ["call_charged", "charge_requested"]);
}

// B4: from the stage `linked`, and from no other.
#[test]
fn b4_only_a_linked_account_is_migrated() {
    for is in [
        StageTag::Vacant,
        StageTag::Registered,
        StageTag::Agreed,
        StageTag::Described,
        StageTag::Funding,
        StageTag::Active,
        StageTag::Closing,
        StageTag::Closed,
    ] {
        let mut life = Life::at_stage(is);
        let refusal = Rejection::OutOfOrder { needs: StageTag::Linked, is };
        assert_eq!(life.is_migrated("contract 7"), Err(refusal), "{is}");
    }
}

// Again with the same reference it changes nothing; with another it is too late.
#[test]
fn b4_migrating_again_changes_nothing() {
    let mut life = migrated();
    assert_eq!(life.is_migrated("contract 7").unwrap(), NOTHING);
    life.creates_key(1).unwrap();
    assert_eq!(life.is_migrated("contract 7").unwrap(), NOTHING);
    let refusal = Rejection::OutOfOrder { needs: StageTag::Linked, is: StageTag::Active };
    assert_eq!(life.is_migrated("contract 8"), Err(refusal));
}

// B4: by the operator.
#[test]
fn b4_only_the_operator_migrates() {
    for actor in [Actor::Owner, Actor::Gateway, Actor::Provider, Actor::Clock] {
        let command = Action::Migrate { reference: "contract 7".parse().unwrap() }.by(actor);
        let answer = Life::at_stage(StageTag::Linked).sends(&command);
        assert!(matches!(answer, Err(Rejection::WrongActor { .. })), "{actor}");
    }
}

// J1: a suspended account can be migrated, and is charged nothing until it is resumed.
#[test]
fn b4_a_suspended_account_can_be_migrated() {
    let mut life = Life::at_stage(StageTag::Linked);
    life.is_suspended_for("review").unwrap();
    assert_eq!(life.is_migrated("contract 7").unwrap(), ["account_migrated"]);
    assert_eq!(life.resumes().unwrap(), ["account_resumed", "charge_requested"]);
}

// F1: an initial funding that failed before and was taken after all is credited, once, and changes nothing else.
#[test]
fn b4_a_late_initial_funding_of_a_migrated_account_is_credited_once() {
    let mut life = Life::at_stage(StageTag::Funding);
    life.charge_fails(Decline::Soft).unwrap();
    life.switches(false).unwrap();
    life.is_migrated("contract 7").unwrap();
    assert_eq!(life.charge_succeeds_with(1, "20").unwrap(), ["charge_succeeded_late"]);
    assert_eq!(life.charge_succeeds_with(1, "20").unwrap(), NOTHING);
    life.posted_is("20");
    life.stage_is(StageTag::Active);
    assert!(life.account.keys().is_empty());
    assert_eq!(life.is_migrated("contract 7").unwrap(), NOTHING);
    // An automatic charge that is open then is cancelled.
    let mut life = Life::at_stage(StageTag::Funding);
    life.charge_fails(Decline::Soft).unwrap();
    life.is_migrated("contract 7").unwrap();
    let late = life.charge_succeeds_with(1, "20").unwrap();
    assert_eq!(late, ["charge_succeeded_late", "charge_superseded"]);
    assert_eq!(life.owes(), ["cancel_charge"]);
}

// J2: one that never bought anything closes without a refund.
#[test]
fn b4_a_migrated_account_can_be_closed() {
    let mut life = migrated();
    life.owner(new_key(1)).unwrap();
    life.is_granted(1, "5").unwrap();
    let completes = ["key_revoked", "account_closing", "grant_voided", "account_closed"];
    assert_eq!(life.closes().unwrap(), completes);
    assert_eq!(life.account.balance().held, amount("0"));
}
