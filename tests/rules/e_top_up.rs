//! E. The automatic top-up.

use crate::life::Life;
use prepaid::ChargeKind;

#[test]
fn e1_documented_life() {
    let mut life = Life::with_top_up("5.00", "80.00");
    life.posted_is("80");
    assert_eq!(life.spends("74.99").unwrap(), ["call_charged"]);
    life.asks_for_nothing();
    assert_eq!(life.spends("0.01").unwrap(), ["call_charged", "charge_requested"]);
    life.asks_for(ChargeKind::AutoTopUp, "75.00");
    life.charge_succeeds().unwrap();
    life.posted_is("80");
}
