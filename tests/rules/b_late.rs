//! B1, B4 with F1: the money for a first key that was given up comes after all.

use crate::life::{Life, call, key, new_key, price};
use prepaid::{Action, ChargeKind, ChargeNumber, Counting, Decline, KeyRefusal, RevokeFor, StageTag};

/// The first funding (charge 1, for key 1) failed, and a second (charge 2, for key 2) is open.
fn second_try() -> Life {
    let mut life = Life::at_stage(StageTag::Funding);
    life.charge_fails(Decline::Soft).unwrap();
    life.owner(new_key(2)).unwrap();
    life
}

/// The provider took charge 1 after all.
fn first_was_taken(life: &mut Life) {
    let events = life.charge_succeeds_with(1, "20").unwrap();
    assert_eq!(events, ["charge_succeeded_late", "charge_superseded"]);
}

#[test]
fn b1_a_late_success_activates_the_key_that_is_pending_then() {
    let mut life = second_try();
    first_was_taken(&mut life);
    assert_eq!(life.account.stage(), StageTag::Active);
    life.posted_is("20");
    assert_eq!(life.authenticates(2), Ok(1));
    assert_eq!(life.authenticates(1), Err(KeyRefusal::Unknown));
    assert_eq!(life.account.pending_key(), None);
}

// The other charge is not needed any more: its cancellation is owed, and it keeps its place.
#[test]
fn b1_the_charge_that_a_late_success_made_needless_is_to_be_cancelled() {
    let mut life = second_try();
    first_was_taken(&mut life);
    assert_eq!(life.owes(), ["cancel_charge"]);
    let open = life.account.open_charge().unwrap();
    assert_eq!((open.number, open.counting), (ChargeNumber(2), Counting::Superseded));
    let call = Action::ChargeCall { call: call(1), key: key(2), quote: price("15") };
    assert_eq!(life.gateway(call).unwrap(), ["call_charged"]);

    // Cancelled: no decline, the account stays funded, and what E1 waited for fires.
    assert_eq!(life.charge_is_cancelled().unwrap(), ["charge_abandoned", "charge_requested"]);
    assert_eq!(life.account.stage(), StageTag::Active);
    assert_eq!(life.authenticates(2), Ok(1));
    life.asks_for(ChargeKind::AutoTopUp, "15");
}

#[test]
fn b1_if_the_needless_charge_is_taken_too_it_is_credited() {
    let mut life = second_try();
    first_was_taken(&mut life);
    assert_eq!(life.charge_succeeds().unwrap(), ["charge_succeeded"]);
    life.posted_is("40");
    assert_eq!(life.account.keys().len(), 1);
    life.asks_for_nothing();
}

// Failed or abandoned, it comes to the same.
#[test]
fn b1_a_late_success_of_an_abandoned_charge_counts_as_well() {
    let mut life = Life::at_stage(StageTag::Funding);
    life.charge_requires_action().unwrap();
    life.later("24h").tick().unwrap();
    life.charge_is_cancelled().unwrap();
    life.owner(new_key(2)).unwrap();
    first_was_taken(&mut life);
    assert_eq!(life.authenticates(2), Ok(1));
}

#[test]
fn b1_a_late_success_with_no_key_pending_funds_the_account_without_a_key() {
    let mut life = Life::at_stage(StageTag::Funding);
    life.charge_fails(Decline::Soft).unwrap();
    assert_eq!(life.charge_succeeds_with(1, "20").unwrap(), ["charge_succeeded_late"]);
    assert_eq!(life.account.stage(), StageTag::Active);
    life.posted_is("20");
    assert_eq!(life.account.keys(), []);
    assert_eq!(life.authenticates(1), Err(KeyRefusal::Unknown));

    // The same when the pending key was revoked.
    let mut life = second_try();
    life.revokes(2, RevokeFor::Requested).unwrap();
    first_was_taken(&mut life);
    assert_eq!(life.account.stage(), StageTag::Active);
    assert_eq!(life.account.keys(), []);
}

// B4: a late success is funding, so no later key funds again.
#[test]
fn b4_a_late_success_was_the_funding() {
    let mut life = Life::at_stage(StageTag::Funding);
    life.charge_fails(Decline::Soft).unwrap();
    life.charge_succeeds_with(1, "20").unwrap();
    assert_eq!(life.owner(new_key(3)).unwrap(), ["key_created"]);
    life.asks_for_nothing();
    life.posted_is("20");

    // Nor while the needless charge is still open.
    let mut life = second_try();
    first_was_taken(&mut life);
    assert_eq!(life.owner(new_key(3)).unwrap(), ["key_created"]);
    assert_eq!(life.account.keys().last().unwrap().id, key(3));
    assert_eq!(life.account.open_charge().unwrap().number, ChargeNumber(2));
}

// B4: at most one at a time, so the money for two first keys is asked one after the other.
#[test]
fn b4_a_late_success_is_credited_once() {
    let mut life = second_try();
    first_was_taken(&mut life);
    assert_eq!(life.charge_succeeds_with(1, "20").unwrap(), [""; 0]);
    life.posted_is("20");
}
