//! M1. What an account keeps are amounts, too: the sums of what came and of what went back in excess never leave the
//! range, whatever was archived or ended since. That the books hold all of it is checked after every step (M5).

use crate::life::{Answer, Life};
use prepaid::{ChargeNumber, Rejection};

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

// M1: all that ever came is one amount: a grant that is gone, what charges contribute, and a debt given up.
#[test]
fn m1_all_that_ever_came_is_one_amount() {
    let mut life = Life::with_credit("20");
    life.is_granted(1, "78999999999999799.999999999999").unwrap();
    life.voids(1).unwrap();
    life.posted_is("20"); // and 180 may come
    assert_eq!(life.is_granted(2, "180.000000000001"), beyond("posted"));
    assert_eq!(life.tops_up("180.01"), beyond("posted"));
    life.is_granted(2, "80").unwrap();
    life.voids(2).unwrap(); // 100
    life.tops_up("60").unwrap();
    assert_eq!(life.resolves(2, "100.000000000001"), beyond("posted"));
    life.charge_succeeds().unwrap(); // 40
    life.spends("80").unwrap();
    life.is_disputed("dp_1", 2, "60").unwrap(); // 100 again
    life.is_granted(3, "59.99").unwrap();
    life.posted_is("-0.01");
    assert_eq!(life.writes_off("0.01").unwrap(), ["debt_written_off"]); // 40
    assert_eq!(life.is_granted(4, "40.000000000001"), beyond("posted"));
    assert_eq!(life.wins("dp_1"), beyond("posted"));
}

// M1, F2: what an open charge asks has its room: no grant takes it, and its success is credited.
#[test]
fn m1_a_grant_leaves_room_for_the_open_charge() {
    let mut life = Life::with_credit("20");
    life.tops_up("60").unwrap();
    assert_eq!(life.is_granted(1, "78999999999999920"), beyond("posted"));
    let later = "2025-02-01T00:00:00Z";
    assert_eq!(life.is_granted_from(1, "78999999999999920", later, None), beyond("posted"));
    life.is_granted(1, "78999999999999919.999999999999").unwrap();
    assert_eq!(life.charge_succeeds().unwrap()[0], "charge_succeeded");
    life.posted_is(MOST);
}
