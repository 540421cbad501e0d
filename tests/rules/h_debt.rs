//! H4. What is owed is the purchased lot's, and is paid at once from every unheld lot, and from each new one.

use crate::life::{Answer, Life, amount};
use prepaid::{Balance, ChargeKind, Rejection};

/// Charge 1 of 20.00, all of it spent; top-up off.
fn spent() -> Life {
    Life::with_credit("0")
}

/// The same, and all of it disputed: a debt of 20.00.
fn in_debt() -> Life {
    let mut life = spent();
    life.is_disputed("dp_1", 1, "20.00").unwrap();
    life.posted_is("-20");
    life.purchased_is("-20");
    life
}

/// What is left, unheld, of a grant; `gone` where it is not known any more.
fn left(life: &Life, n: u128) -> String {
    life.lot(n).map_or_else(|| "gone".to_string(), |(left, _)| left)
}

// H4: what a reversal leaves owing is paid at once from the lots; less, exactly as much, or more than there is.
#[test]
fn h4_a_debt_is_paid_at_once_from_the_lots() {
    for (granted, posted, purchased, lot) in [
        ("19.99", "-0.01", "-0.01", "gone"),
        ("20.00", "0", "0", "gone"),
        ("20.01", "0.01", "0", "0.01"),
        ("25.00", "5", "0", "5"),
    ] {
        for rank in [-1, 0, 1] {
            let mut life = spent();
            life.is_granted_with(1, granted, rank, None).unwrap();
            life.is_disputed("dp_1", 1, "20.00").unwrap();
            life.posted_is(posted);
            life.purchased_is(purchased);
            assert_eq!(left(&life, 1), lot);
        }
    }
}

// H4: whatever makes the debt: a refund by force or recorded, a dispute, a settlement above its hold.
#[test]
fn h4_every_kind_of_debt_is_paid() {
    type Owes = fn(&mut Life) -> Answer;
    let kinds: [(&str, Owes); 4] = [
        ("a refund by force", |life| life.forces_refund(1, "5.00")),
        ("a recorded refund", |life| life.records_refund(1, "5.00", "re_x")),
        ("a dispute", |life| life.is_disputed("dp_1", 1, "5.00")),
        ("above a hold", |life| {
            life.authorizes(1, "0")?;
            life.settles(1, "5.00")
        }),
    ];
    for (what, owes) in kinds {
        let mut life = spent();
        life.allows_debt("9");
        life.is_granted_with(1, "8.00", 1, None).unwrap();
        owes(&mut life).unwrap();
        life.posted_is("3");
        life.purchased_is("0");
        assert_eq!(left(&life, 1), "3", "{what}");
    }
}

// H4: in burn order.
#[test]
fn h4_a_debt_is_paid_in_burn_order() {
    for (owed, lots) in [
        ("1", ["1", "2", "4"]),
        ("2", ["gone", "2", "4"]),
        ("3.5", ["gone", "0.5", "4"]),
        ("5", ["gone", "gone", "3"]),
        ("8", ["gone", "gone", "gone"]),
    ] {
        let mut life = spent();
        life.is_granted_with(3, "4.00", 1, None).unwrap();
        life.is_granted_with(2, "2.00", 0, None).unwrap();
        life.is_granted_with(1, "2.00", 0, Some("2025-06-01T00:00:00Z")).unwrap();
        life.records_refund(1, owed, "re_x").unwrap();
        let found = [1, 2, 3].map(|n| left(&life, n));
        assert_eq!(found, lots, "owed {owed}");
        life.purchased_is("0");
    }
}

// H4: purchased credit goes first for what is owed of it; a lot pays only the rest.
#[test]
fn h4_a_lot_pays_only_what_the_purchased_credit_does_not() {
    let mut life = Life::with_credit("12");
    life.is_granted_with(1, "5.00", -1, None).unwrap();
    life.records_refund(1, "12.00", "re_x").unwrap();
    assert_eq!(left(&life, 1), "5");
    life.purchased_is("0");
    life.records_refund(1, "0.000000000001", "re_y").unwrap();
    assert_eq!(left(&life, 1), "4.999999999999");
    life.purchased_is("0");
}

// H4: each new lot pays as it arrives: issued, or started at its effective time.
#[test]
fn h4_each_new_lot_pays_as_it_arrives() {
    let mut life = in_debt();
    life.is_granted(1, "8.00").unwrap();
    life.posted_is("-12");
    assert_eq!(life.lot(1), None);
    life.is_granted_from(2, "7.00", "2025-01-02T00:00:00Z", None).unwrap();
    life.posted_is("-12");
    assert_eq!(life.at("2025-01-02T00:00:00Z").tick().unwrap(), ["grant_started"]);
    life.posted_is("-5");
    assert_eq!(life.lot(2), None);
    life.is_granted(3, "5.50").unwrap();
    life.posted_is("0.5");
    assert_eq!(left(&life, 3), "0.5");
    assert_eq!(life.spends("0.50").unwrap(), ["call_charged"]);
}

// H4: a new purchase pays, too; what it leaves can be spent.
#[test]
fn h4_new_money_pays_the_debt_first() {
    for (bought, posted) in [("19.99", "-0.01"), ("20.00", "0"), ("25.00", "5")] {
        let mut life = in_debt();
        life.links("card-2").unwrap();
        life.buys(bought).unwrap();
        life.posted_is(posted);
        life.purchased_is(posted);
    }
}

// H4, E2: an automatic top-up closes the debt and the gap to the target in one charge.
#[test]
fn h4_a_top_up_closes_the_debt_as_well() {
    let mut life = Life::with_top_up("5.00", "80.00");
    life.allows_debt("9");
    life.authorizes(1, "0").unwrap();
    life.spends("74.00").unwrap();
    assert_eq!(life.settles(1, "9.10").unwrap(), ["call_settled", "charge_requested"]);
    life.posted_is("-3.1");
    life.asks_for(ChargeKind::AutoTopUp, "83.10");
    life.charge_succeeds().unwrap();
    life.posted_is("80");
}

// H4: a hold that is given back pays, as far as it came from a lot that is alive.
#[test]
fn h4_a_released_hold_pays_the_debt() {
    let held = || {
        let mut life = spent();
        life.is_granted(1, "8.00").unwrap();
        life.authorizes(1, "5.00").unwrap();
        life.is_disputed("dp_1", 1, "20.00").unwrap();
        // The unheld three paid at once; the five are the call's.
        life.posted_is("-12");
        life.purchased_is("-17");
        life.lot_is(1, "0", "5");
        life
    };
    let mut released = held();
    assert_eq!(released.releases(1).unwrap(), ["call_released"]);
    released.posted_is("-12");
    released.purchased_is("-12");
    assert_eq!(released.lot(1), None);
    let mut expired = held();
    assert_eq!(expired.later("1h").tick().unwrap(), ["call_expired"]);
    expired.purchased_is("-12");
    let mut settled = held();
    settled.settles(1, "2.00").unwrap();
    settled.posted_is("-14");
    settled.purchased_is("-14");
    assert_eq!(settled.lot(1), None);
}

// H4: what is left of a hold after the debt is paid is the lot's again.
#[test]
fn h4_a_released_hold_keeps_what_the_debt_does_not_need() {
    let mut life = spent();
    life.is_granted(1, "8.00").unwrap();
    life.authorizes(1, "8.00").unwrap();
    life.records_refund(1, "3.00", "re_x").unwrap();
    life.purchased_is("-3");
    life.lot_is(1, "0", "8");
    life.releases(1).unwrap();
    life.purchased_is("0");
    life.lot_is(1, "5", "0");
    life.posted_is("5");
}

// H3: what is given back to a lot that has ended is gone, and pays no debt.
#[test]
fn h3_what_is_given_back_to_an_ended_lot_pays_no_debt() {
    let mut life = spent();
    life.is_granted(1, "5.00").unwrap();
    life.authorizes(1, "5.00").unwrap();
    life.voids(1).unwrap();
    life.is_disputed("dp_1", 1, "20.00").unwrap();
    life.posted_is("-15");
    life.purchased_is("-20");
    assert_eq!(life.releases(1).unwrap(), ["call_released", "grant_lapsed"]);
    life.posted_is("-20");
    life.purchased_is("-20");
}

// H4: the purchased lot owes also where `posted` is not negative because open calls hold credit: the lots pay then, too.
#[test]
fn h4_what_calls_hold_of_the_purchased_credit_is_owed_when_it_goes_back() {
    let mut life = Life::with_credit("20");
    life.authorizes(1, "15.00").unwrap();
    life.is_granted(1, "10.00").unwrap();
    life.is_disputed("dp_1", 1, "20.00").unwrap();
    // Of the purchased credit 15.00 are held and nothing is left to hold them: the grant paid ten, five are owed.
    life.posted_is("10");
    life.held_is("15");
    life.available_is("-5");
    life.purchased_is("-5");
    assert_eq!(life.lot(1), None);
    let mut settled = life.clone();
    settled.settles_whole(1).unwrap();
    settled.posted_is("-5");
    life.releases(1).unwrap();
    life.posted_is("10");
    life.purchased_is("10");
    assert_eq!(life.spends("10.00").unwrap(), ["call_charged"]);
}

// H4: so `available` is never negative beside an unheld grant; exactly enough leaves none of either.
#[test]
fn h4_available_is_never_negative_beside_an_unheld_grant() {
    for (disputed, available, lot) in
        [("14.99", "0.01", "0.01"), ("15.00", "0", "gone"), ("15.01", "-0.01", "gone")]
    {
        let mut life = Life::with_credit("20");
        life.authorizes(1, "15.00").unwrap();
        life.is_granted(1, "10.00").unwrap();
        life.is_disputed("dp_1", 1, disputed).unwrap();
        life.available_is(available);
        assert_eq!(left(&life, 1), lot);
    }
}

// H4: a new lot pays such a debt as well.
#[test]
fn h4_a_new_lot_pays_what_is_owed_for_held_credit() {
    let mut life = Life::with_credit("20");
    life.authorizes(1, "15.00").unwrap();
    life.is_disputed("dp_1", 1, "20.00").unwrap();
    life.posted_is("0");
    life.purchased_is("-15");
    life.is_granted(1, "18.00").unwrap();
    life.purchased_is("0");
    life.lot_is(1, "3", "0");
    // What was paid is the purchased lot's: the hold comes back to it.
    life.releases(1).unwrap();
    life.purchased_is("15");
    life.lot_is(1, "3", "0");
}

// H4: money that comes back later is purchased credit: a won dispute and a failed refund give the lots nothing back.
#[test]
fn h4_what_a_lot_has_paid_it_has_paid() {
    let mut life = spent();
    life.is_granted(1, "8.00").unwrap();
    life.is_disputed("dp_1", 1, "5.00").unwrap();
    life.forces_refund(1, "2.00").unwrap();
    life.lot_is(1, "1", "0");
    life.wins("dp_1").unwrap();
    life.refund_fails(1).unwrap();
    life.lot_is(1, "1", "0");
    life.purchased_is("7");
    life.posted_is("8");
}

// H4, D2: with the debt paid, calls are admitted again; while any of it stands, none is.
#[test]
fn h4_calls_are_admitted_again_when_the_debt_is_paid() {
    let mut life = in_debt();
    life.is_granted(1, "19.99").unwrap();
    assert_eq!(life.spends("0"), Err(Rejection::Debt { debt: amount("0.01") }));
    life.is_granted(2, "0.01").unwrap();
    assert_eq!(life.account.balance().posted, Balance::ZERO);
    assert_eq!(life.spends("0").unwrap(), ["call_charged"]);
}

// H4, H3: a waiting grant pays nothing before it starts, and one that has expired never.
#[test]
fn h4_only_spendable_lots_pay() {
    let mut life = spent();
    life.is_granted_from(1, "8.00", "2025-01-02T00:00:00Z", None).unwrap();
    life.is_granted_with(2, "6.00", 0, Some("2025-01-01T06:00:00Z")).unwrap();
    life.at("2025-01-01T06:00:00Z").is_disputed("dp_1", 1, "20.00").unwrap();
    life.posted_is("-20");
    assert_eq!(life.account.waiting_grants().len(), 1);
    let mut earlier = spent();
    earlier.is_granted_with(2, "6.00", 0, Some("2025-01-01T06:00:00Z")).unwrap();
    earlier.at("2025-01-01T06:00:00Z").micros(-1).is_disputed("dp_1", 1, "20.00").unwrap();
    earlier.posted_is("-14");
}
