//! B. The first key and the initial funding.

use crate::life::{Answer, Life, amount, digest, key, new_key};
use prepaid::{
    Action, ChargeKind, ChargeNumber, Decline, KeyRefusal, Outcome, PolicyNumbers, Rejection, RevokeFor,
    StageTag, effects,
};

const NOTHING: [&str; 0] = [];

/// The first charge is open, and so no other is asked for.
fn charge_open() -> Answer {
    let (charge, kind) = (ChargeNumber(1), ChargeKind::InitialFunding);
    Err(Rejection::ChargeOpen { charge, kind })
}

/// The first key as [`new_key`] asks for it, with another label.
fn labelled(n: u8, label: &str) -> Action {
    Action::CreateKey {
        key: key(u128::from(n)),
        digest: digest(n),
        shown: "ppk_A1b2".parse().unwrap(),
        label: Some(label.parse().unwrap()),
        expires_at: None,
    }
}

fn idempotency_keys(life: &Life) -> Vec<String> {
    let json = effects(&life.account).map(|effect| serde_json::to_value(effect).unwrap());
    json.filter_map(|effect| Some(effect.get("idempotency_key")?.as_str()?.to_string())).collect()
}

/// Linked, unfunded, with no key: as before the first key was asked for.
#[track_caller]
fn is_as_before(life: &Life) {
    assert_eq!(life.account.stage(), StageTag::Linked);
    assert_eq!(life.account.keys(), []);
    assert_eq!(life.account.pending_key(), None);
    assert_eq!(life.authenticates(1), Err(KeyRefusal::Unknown));
    life.posted_is("0");
    life.asks_for_nothing();
    assert_eq!(life.owes(), NOTHING);
}

// B1: creating the first key ever asks for the initial funding.
#[test]
fn b1_the_first_key_asks_for_the_initial_funding() {
    let mut life = Life::at_stage(StageTag::Linked);
    assert_eq!(life.owner(new_key(1)).unwrap(), ["first_key_requested", "charge_requested"]);
    life.asks_for(ChargeKind::InitialFunding, "20");
    assert_eq!(life.owes(), ["make_charge"]);
}

// The amount is as in E2: what is missing to the target, rounded up, and never below the smallest charge.
#[test]
fn b1_the_initial_funding_is_a_charge_as_any_top_up() {
    for (target, unit, smallest, asked) in [
        ("20", "0.01", "0.50", "20"),
        ("20.01", "0.01", "0.50", "20.01"),
        ("20", "1", "20", "20"),
        ("20", "1", "21", "21"),
        ("20", "0.5", "300", "300"),
    ] {
        let numbers = PolicyNumbers {
            target: amount(target),
            charge_unit: amount(unit),
            smallest_charge: amount(smallest),
            ..PolicyNumbers::documented()
        };
        let life = Life::under(numbers).on_to(StageTag::Funding);
        life.asks_for(ChargeKind::InitialFunding, asked);
    }
}

#[test]
fn b1_it_is_asked_for_also_while_the_automatic_top_up_is_off() {
    let mut life = Life::at_stage(StageTag::Linked);
    life.switches(false).unwrap();
    life.owner(new_key(1)).unwrap();
    life.asks_for(ChargeKind::InitialFunding, "20");
}

// The key is inert, and the credit does not appear, until the charge has succeeded.
#[test]
fn b1_until_the_charge_has_succeeded_the_key_is_inert() {
    let mut life = Life::at_stage(StageTag::Funding);
    for _ in 0..2 {
        assert_eq!(life.authenticates(1), Err(KeyRefusal::Inactive));
        assert_eq!(life.account.keys(), []);
        assert_eq!(life.account.pending_key().unwrap().id, key(1));
        life.posted_is("0");
        let refused = Rejection::OutOfOrder { needs: StageTag::Active, is: StageTag::Funding };
        assert_eq!(life.spends("1"), Err(refused.clone()));
        assert_eq!(life.authorizes(1, "0"), Err(refused));
        life.charge_requires_action().unwrap();
    }
}

#[test]
fn b1_success_brings_key_and_credit_in_one_step() {
    let mut life = Life::at_stage(StageTag::Funding);
    let batches = life.batches.len();
    assert_eq!(life.charge_succeeds().unwrap(), ["charge_succeeded"]);
    assert_eq!(life.batches.len(), batches + 1);
    assert_eq!(life.account.stage(), StageTag::Active);
    assert_eq!(life.authenticates(1), Ok(1));
    assert_eq!(life.account.pending_key(), None);
    life.posted_is("20");
    assert_eq!(life.spends("1").unwrap(), ["call_charged"]);
}

// A success at the last moment brings it too: after the asking window, or while it is being cancelled.
#[test]
fn b1_a_success_counts_whenever_it_comes() {
    let mut looked_up = Life::at_stage(StageTag::Funding);
    assert_eq!(looked_up.later("23h").tick().unwrap(), ["charge_asking_ended"]);
    let mut acted = Life::at_stage(StageTag::Funding);
    acted.charge_requires_action().unwrap();
    let mut cancelling = acted.clone();
    assert_eq!(cancelling.later("24h").tick().unwrap(), ["charge_cancelling"]);
    for mut life in [looked_up, acted, cancelling] {
        assert_eq!(life.charge_succeeds().unwrap(), ["charge_succeeded"]);
        assert_eq!(life.authenticates(1), Ok(1));
        life.posted_is("20");
    }
}

// A key that never becomes active is forgotten: its id, its digest and its number are free again.
#[test]
fn b1_a_key_that_never_becomes_active_is_forgotten() {
    let mut life = Life::at_stage(StageTag::Funding);
    life.charge_fails(Decline::Soft).unwrap();
    let other = labelled(1, "another content");
    assert_eq!(life.owner(other).unwrap(), ["first_key_requested", "charge_requested"]);
    life.charge_succeeds().unwrap();
    assert_eq!(life.account.keys().len(), 1);
    assert_eq!(life.authenticates(1), Ok(1));
}

// B2: while it is pending, the same key id changes nothing.
#[test]
fn b2_asking_for_the_pending_key_again_changes_nothing() {
    let mut life = Life::at_stage(StageTag::Funding);
    assert_eq!(life.owner(new_key(1)).unwrap(), NOTHING);
    // A repeated request brings another secret; it is not taken.
    let with_another_secret = Action::CreateKey {
        key: key(1),
        digest: digest(9),
        shown: "ppk_Zz9".parse().unwrap(),
        label: None,
        expires_at: None,
    };
    assert_eq!(life.owner(with_another_secret).unwrap(), NOTHING);
    life.charge_succeeds().unwrap();
    assert_eq!(life.authenticates(1), Ok(1));
    assert_eq!(life.authenticates(9), Err(KeyRefusal::Unknown));
}

#[test]
fn b2_asking_for_it_with_other_content_is_a_conflict() {
    let mut life = Life::at_stage(StageTag::Funding);
    let conflict = Rejection::KeyConflict { key: key(1) };
    assert_eq!(life.owner(labelled(1, "other")), Err(conflict));
}

#[test]
fn b2_another_key_id_is_refused_until_the_charge_ends() {
    let mut life = Life::at_stage(StageTag::Funding);
    assert_eq!(life.owner(new_key(2)), charge_open());
    life.charge_requires_action().unwrap();
    assert_eq!(life.owner(new_key(2)), charge_open());
    life.later("24h").tick().unwrap();
    assert_eq!(life.owes(), ["cancel_charge"]);
    assert_eq!(life.owner(new_key(2)), charge_open());
    life.charge_is_cancelled().unwrap();
    assert_eq!(life.owner(new_key(2)).unwrap(), ["first_key_requested", "charge_requested"]);

    let mut life = Life::at_stage(StageTag::Funding);
    life.charge_succeeds().unwrap();
    assert_eq!(life.owner(new_key(2)).unwrap(), ["key_created"]);
}

// Revoking the pending key drops the key, not the charge.
#[test]
fn b2_revoking_the_pending_key_keeps_the_charge() {
    let mut life = Life::at_stage(StageTag::Funding);
    assert_eq!(life.revokes(1, RevokeFor::Leaked).unwrap(), ["first_key_dropped"]);
    assert_eq!(life.authenticates(1), Err(KeyRefusal::Unknown));
    assert_eq!(life.account.pending_key(), None);
    life.asks_for(ChargeKind::InitialFunding, "20");
    assert_eq!(life.owes(), ["make_charge"]);
    assert_eq!(life.owner(new_key(2)), charge_open());

    let mut fails = life.clone();
    fails.charge_fails(Decline::Soft).unwrap();
    is_as_before(&fails);

    assert_eq!(life.charge_succeeds().unwrap(), ["charge_succeeded"]);
    assert_eq!(life.account.stage(), StageTag::Active);
    life.posted_is("20");
    assert_eq!(life.account.keys(), []);
    assert_eq!(life.authenticates(1), Err(KeyRefusal::Unknown));
    // The next key costs nothing: the account is funded.
    assert_eq!(life.owner(new_key(2)).unwrap(), ["key_created"]);
    assert_eq!(life.authenticates(2), Ok(1));
    life.asks_for_nothing();
}

#[test]
fn b2_only_the_pending_key_can_be_revoked() {
    let mut life = Life::at_stage(StageTag::Funding);
    assert_eq!(life.revokes(2, RevokeFor::Requested), Err(Rejection::KeyUnknown { key: key(2) }));
    life.revokes(1, RevokeFor::Requested).unwrap();
    assert_eq!(life.revokes(1, RevokeFor::Requested), Err(Rejection::KeyUnknown { key: key(1) }));
}

// B3: if the charge fails, there is no key and no credit; the account is as before but for the recorded failure.
#[test]
fn b3_a_declined_funding_leaves_the_account_as_it_was() {
    let mut life = Life::at_stage(StageTag::Funding);
    assert_eq!(life.charge_fails(Decline::Soft).unwrap(), ["charge_failed"]);
    is_as_before(&life);
    let failed: Vec<_> = life.account.charges().iter().map(|charge| (charge.kind, charge.outcome)).collect();
    assert_eq!(failed, [(ChargeKind::InitialFunding, Outcome::Failed {})]);
}

#[test]
fn b3_so_does_one_whose_action_nobody_took() {
    let mut life = Life::at_stage(StageTag::Funding);
    life.charge_requires_action().unwrap();
    assert_eq!(life.owes(), NOTHING);
    life.at("2025-01-01T23:59:59.999999Z");
    assert_eq!(life.tick().unwrap(), NOTHING);
    life.at("2025-01-02T00:00:00Z");
    assert_eq!(life.tick().unwrap(), ["charge_cancelling"]);
    assert_eq!(life.account.stage(), StageTag::Funding);
    assert_eq!(life.owes(), ["cancel_charge"]);
    assert_eq!(life.charge_is_cancelled().unwrap(), ["charge_abandoned"]);
    is_as_before(&life);
}

#[test]
fn b3_so_does_one_that_a_look_up_does_not_find() {
    let mut life = Life::at_stage(StageTag::Funding);
    life.at("2025-01-01T22:59:59.999999Z");
    assert_eq!(life.tick().unwrap(), NOTHING);
    assert_eq!(life.owes(), ["make_charge"]);
    life.at("2025-01-01T23:00:00Z");
    assert_eq!(life.tick().unwrap(), ["charge_asking_ended"]);
    assert_eq!(life.account.stage(), StageTag::Funding);
    assert_eq!(life.owes(), ["look_up_charge"]);
    assert_eq!(life.charge_is_not_found().unwrap(), ["charge_failed"]);
    is_as_before(&life);
}

#[test]
fn b3_so_does_one_that_was_cancelled_or_resolved_as_not_taken() {
    let mut cancelled = Life::at_stage(StageTag::Funding);
    assert_eq!(cancelled.charge_is_cancelled().unwrap(), ["charge_abandoned"]);
    is_as_before(&cancelled);
    let mut resolved = Life::at_stage(StageTag::Funding);
    assert_eq!(resolved.resolves(1, "0").unwrap(), ["charge_resolved", "charge_failed"]);
    is_as_before(&resolved);
}

// Trying again is a new charge: another number, another idempotency key.
#[test]
fn b3_trying_again_is_a_new_charge() {
    let mut life = Life::at_stage(StageTag::Funding);
    let first = idempotency_keys(&life);
    life.charge_fails(Decline::Soft).unwrap();
    assert_eq!(life.owner(new_key(1)).unwrap(), ["first_key_requested", "charge_requested"]);
    assert_eq!(life.account.open_charge().unwrap().number, ChargeNumber(2));
    let second = idempotency_keys(&life);
    assert_eq!((first.len(), second.len()), (1, 1));
    assert_ne!(first, second);
    life.charge_succeeds().unwrap();
    assert_eq!(life.authenticates(1), Ok(1));
    life.posted_is("20");
}

#[test]
fn b3_a_hard_decline_pauses_the_top_up_but_not_another_try() {
    let mut life = Life::at_stage(StageTag::Funding);
    assert_eq!(life.charge_fails(Decline::Hard).unwrap(), ["charge_failed", "top_up_paused"]);
    is_as_before(&life);
    assert_eq!(life.owner(new_key(1)).unwrap(), ["first_key_requested", "charge_requested"]);
}

// B4: initial funding is asked only while the account has never been funded.
#[test]
fn b4_later_keys_do_not_fund_again() {
    let mut life = Life::with_credit("0");
    assert_eq!(life.revokes(1, RevokeFor::Requested).unwrap(), ["key_revoked"]);
    assert_eq!(life.owner(new_key(2)).unwrap(), ["key_created"]);
    life.asks_for_nothing();
    life.posted_is("0");
    assert_eq!(life.authenticates(2), Ok(2));
}

// B5: settings may be changed before the first key; the initial funding uses the settings in force.
#[test]
fn b5_the_initial_funding_uses_the_settings_in_force() {
    for stage in [StageTag::Registered, StageTag::Agreed, StageTag::Described, StageTag::Linked] {
        let mut life = Life::at_stage(stage);
        assert_eq!(life.sets("5", "80").unwrap(), ["top_up_set"], "{stage}");
        life = life.on_to(StageTag::Funding);
        life.asks_for(ChargeKind::InitialFunding, "80");
        life = life.on_to(StageTag::Active);
        life.posted_is("80");
    }
}

#[test]
fn b5_a_change_while_the_charge_is_open_counts_from_the_next_charge_on() {
    let mut life = Life::at_stage(StageTag::Funding);
    assert_eq!(life.sets("5", "80").unwrap(), ["top_up_set"]);
    life.asks_for(ChargeKind::InitialFunding, "20");
    life.charge_fails(Decline::Soft).unwrap();
    life.owner(new_key(1)).unwrap();
    life.asks_for(ChargeKind::InitialFunding, "80");
}

#[test]
fn b5_settings_are_those_of_the_policy_at_opening_until_they_are_changed() {
    let mut life = Life::at_stage(StageTag::Linked);
    let numbers = PolicyNumbers { target: amount("50"), ..PolicyNumbers::documented() };
    life.policy = prepaid::Policy::new(numbers).unwrap();
    life.owner(new_key(1)).unwrap();
    life.asks_for(ChargeKind::InitialFunding, "20");
}
