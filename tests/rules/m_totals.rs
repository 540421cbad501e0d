//! M1. What an account keeps are amounts, too: the sums of what came and of what went back in excess never leave the
//! range, whatever was archived or ended since. That the books hold all of it is checked after every step (M5).

use crate::life::{Answer, Life, amount};
use prepaid::{Batch, ChargeNumber, Decline, Event, Events, Rejection, StageTag, replay};

/// The largest amount.
const MOST: &str = "78999999999999999.999999999999";

fn beyond(field: &'static str) -> Answer {
    Err(Rejection::OutOfRange { field })
}

/// Of charge 1, of 20.00, so much went back; charge 2, of 5.00, came a day before the record of the first goes.
fn paid_again(went_back: &str) -> Life {
    let mut life = Life::with_credit("20");
    life.records_refund(1, went_back, "re_1").unwrap();
    life.at("2026-06-24T00:00:00Z").tops_up("5").unwrap();
    life.charge_succeeds().unwrap();
    life
}

// M1, G2: what went back in excess of charges is one amount; also of those whose records are gone.
#[test]
fn m1_what_went_back_in_excess_is_one_amount() {
    for archived in [false, true] {
        let mut life = paid_again(MOST); // 20 of it had been credited and are no excess
        if archived {
            life.at("2026-06-25T00:00:00Z").is_granted(1, "1.00").unwrap();
        }
        assert_eq!(life.account.charge(ChargeNumber(1)).is_none(), archived);
        assert_eq!(life.is_disputed("dp_1", 2, "25.000000000001"), beyond("excess"));
        assert_eq!(life.is_disputed("dp_1", 2, "25").unwrap()[0], "dispute_opened");
        assert_eq!(life.records_refund(2, "0.01", "re_2"), beyond("excess"));
        // What comes back makes room.
        life.wins("dp_1").unwrap();
        assert_eq!(life.records_refund(2, "25", "re_2").unwrap()[0], "refund_recorded");
    }
}

// M1, J2: a refund within what its charge contributes is no excess: beside one at the range's end it completes a closing.
#[test]
fn m1_an_excess_at_the_end_of_the_range_lets_an_account_close() {
    let mut life = paid_again(MOST);
    let events = ["key_revoked", "account_closing", "refund_requested", "account_closed"];
    assert_eq!(life.closes().unwrap(), events);
    life.posted_is("0");
}

// M1: all that ever came is one amount: grants also when they are gone, what charges credited also when it went back, a
// debt that was given up.
#[test]
fn m1_all_that_ever_came_is_one_amount() {
    let mut life = Life::with_credit("20");
    life.is_granted(1, "78999999999999799.999999999999").unwrap();
    life.voids(1).unwrap();
    life.posted_is("20"); // and 180 may come
    assert_eq!(life.is_granted(2, "180.000000000001"), beyond("posted"));
    assert_eq!(life.tops_up("180.01"), beyond("posted"));
    let later = "2025-02-01T00:00:00Z";
    assert_eq!(life.is_granted_from(2, "180.000000000001", later, None), beyond("posted"));
    life.is_granted_from(2, "80", later, None).unwrap(); // 100
    life.tops_up("60").unwrap();
    assert_eq!(life.resolves(2, "100.000000000001"), beyond("posted"));
    life.charge_succeeds().unwrap(); // 40
    life.spends("80").unwrap();
    life.is_disputed("dp_1", 2, "60").unwrap();
    life.posted_is("-60");
    assert_eq!(life.is_granted(3, "40.000000000001"), beyond("posted"));
    assert_eq!(life.writes_off("40.000000000001"), beyond("posted"));
    assert_eq!(life.writes_off("30").unwrap(), ["debt_written_off"]); // 10
    assert_eq!(life.writes_off("10.000000000001"), beyond("posted"));
    life.is_granted(3, "10").unwrap();
    assert_eq!(life.is_granted(4, "0.000000000001"), beyond("posted"));
}

/// All that may come has come, but for this much.
fn full_but_for(left: &str) -> Life {
    let mut life = Life::with_credit("20");
    let most = amount("78999999999999979.999999999999").checked_sub(amount(left)).unwrap();
    life.is_granted(1, &most.to_string()).unwrap();
    life.voids(1).unwrap();
    life
}

// M1, G1, G2, J2: what went back has its room kept: it comes back whatever was granted meanwhile, and a closing ends.
#[test]
fn m1_what_comes_back_always_has_room() {
    let mut life = full_but_for("0.01");
    life.is_disputed("dp_1", 1, "20").unwrap();
    assert_eq!(life.is_granted(2, "0.02"), beyond("posted"));
    life.is_granted(2, "0.01").unwrap();
    life.closes().unwrap();
    assert_eq!(life.wins("dp_1").unwrap()[0], "dispute_closed");
    life.stage_is(StageTag::Closed);
    let mut life = full_but_for("0.01");
    life.refunds(1, "20").unwrap();
    life.is_granted(2, "0.01").unwrap();
    assert_eq!(life.refund_fails(1).unwrap(), ["refund_failed"]);
    life.posted_is("20.01");
}

// M1, G1: what a charge had credited came, also when its record is gone.
#[test]
fn m1_what_an_archived_charge_credited_came() {
    let mut life = full_but_for("0.01");
    life.records_refund(1, "15", "re_1").unwrap();
    life.at("2026-06-25T00:00:00Z");
    assert_eq!(life.spends("1").unwrap(), ["call_charged", "charge_archived"]);
    assert_eq!(life.is_granted(2, "0.02"), beyond("posted"));
    life.is_granted(2, "0.01").unwrap();
}

// M1, F2: what an open charge asks has its room: nothing else takes it, and its success is credited.
#[test]
fn m1_what_the_open_charge_asks_has_its_room() {
    let mut life = full_but_for("100");
    life.spends("20").unwrap();
    life.records_refund(1, "20", "re_1").unwrap();
    life.posted_is("-20");
    life.tops_up("60").unwrap();
    life.charge_fails(Decline::Soft).unwrap();
    life.tops_up("60").unwrap();
    assert_eq!(life.is_granted(2, "40.000000000001"), beyond("posted"));
    let later = "2025-02-01T00:00:00Z";
    assert_eq!(life.is_granted_from(2, "40.000000000001", later, None), beyond("posted"));
    // Charge 2 has succeeded after all: for 60 beside the 60 of charge 3 there is no room.
    assert_eq!(life.charge_succeeds_with(2, "60"), beyond("posted"));
    life.is_granted(2, "30").unwrap();
    assert_eq!(life.charge_succeeds().unwrap()[0], "charge_succeeded");
    let mut life = full_but_for("70");
    life.spends("20").unwrap();
    life.records_refund(1, "20", "re_1").unwrap();
    life.tops_up("60").unwrap();
    assert_eq!(life.writes_off("10.000000000001"), beyond("posted"));
    life.writes_off("10").unwrap();
    assert_eq!(life.charge_succeeds().unwrap()[0], "charge_succeeded");
    life.posted_is("50");
}

// M1, D4, D8: a settlement above its hold leaves room for those that other calls hold.
#[test]
fn m1_a_settlement_above_its_hold_leaves_room_for_others() {
    let mut life = Life::with_credit("20");
    life.allows_debt("5");
    life.is_granted(1, "78999999999999979.999999999999").unwrap();
    life.spends("78999999999999989.999999999999").unwrap(); // 10 are left to be settled
    life.authorizes(1, "10").unwrap();
    life.authorizes(2, "0").unwrap();
    assert_eq!(life.settles(2, "0.000000000001"), beyond("settled"));
    life.settles(2, "0").unwrap();
    assert_eq!(life.settles(1, "10.000000000001"), beyond("settled"));
    life.settles(1, "10").unwrap();
    life.posted_is("0");
}

// M1: a history in which the charges have credited more than one amount can say is no history, also where calls have
// spent so much that the balance could hold it.
#[test]
fn m1_a_history_of_more_credit_than_an_amount_can_say_is_corrupt() {
    let mut life = Life::with_credit("20"); // of 20 that charge 1 credited
    life.spends("20").unwrap();
    life.tops_up("5").unwrap();
    let came = |amount: &str| {
        let (amount, reference) = (self::amount(amount), "ch_2".parse().unwrap());
        let event = Event::ChargeSucceeded { charge: ChargeNumber(2), amount, reference, keep_until: None };
        Batch { at: life.account.last_instant().unwrap(), events: Events::one(event) }
    };
    let replayed =
        |amount: &str| replay(life.batches.iter().chain([&came(amount)])).map(|account| account.balance());
    assert_eq!(
        replayed("78999999999999979.999999999999").unwrap().posted,
        amount("78999999999999979.999999999999")
    );
    let corrupt = replayed("78999999999999980").unwrap_err();
    assert_eq!(corrupt.cause, "an amount would leave its range");
}
