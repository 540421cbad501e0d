//! J2. The operator may write a debt off, whole or in parts.

use crate::life::{Life, amount};
use prepaid::{Action, Actor, Event, Rejection, StageTag};

/// No automatic top-up, and a debt of 3.00.
fn in_debt() -> Life {
    let mut life = Life::with_credit("20");
    life.allows_debt("5");
    life.authorizes(1, "1").unwrap();
    life.settles(1, "23").unwrap();
    life.posted_is("-3");
    life
}

fn above(text: &str, debt: &str) -> Rejection {
    Rejection::AboveDebt { amount: amount(text), debt: amount(debt) }
}

// J2: at most the debt, whole or in parts; never more than is owed.
#[test]
fn j2_a_debt_is_written_off_whole_or_in_parts() {
    let mut life = in_debt();
    assert_eq!(life.writes_off("3.000000000001"), Err(above("3.000000000001", "3")));
    assert_eq!(life.clone().writes_off("3").unwrap(), ["debt_written_off"]);
    assert_eq!(life.writes_off("1.999").unwrap(), ["debt_written_off"]);
    life.posted_is("-1.001");
    assert_eq!(life.writes_off("1.01"), Err(above("1.01", "1.001")));
    assert_eq!(life.writes_off("1.001").unwrap(), ["debt_written_off"]);
    life.posted_is("0");
    assert_eq!(life.writes_off("0.000000000001"), Err(above("0.000000000001", "0")));
}

// J2: the reason is on record.
#[test]
fn j2_a_write_off_keeps_its_reason() {
    let mut life = in_debt();
    life.writes_off("3").unwrap();
    let reason = "bankrupt".parse().unwrap();
    assert_eq!(*life.last_event(), Event::DebtWrittenOff { amount: amount("3"), reason });
}

// M4: nothing is not written off.
#[test]
fn j2_a_write_off_is_above_zero() {
    assert_eq!(in_debt().writes_off("0"), Err(Rejection::AmountZero {}));
    assert_eq!(Life::funded().writes_off("0"), Err(Rejection::AmountZero {}));
}

// J2: without a debt there is nothing to write off: credit is no debt, and neither is a hold that is not covered.
#[test]
fn j2_without_a_debt_nothing_is_written_off() {
    assert_eq!(Life::funded().writes_off("1"), Err(above("1", "0")));
    assert_eq!(Life::at_stage(StageTag::Registered).writes_off("1"), Err(above("1", "0")));
    let mut life = Life::with_credit("20");
    life.allows_debt("10");
    life.authorizes(1, "10").unwrap();
    life.authorizes(2, "1").unwrap();
    life.settles(2, "15").unwrap();
    life.available_is("-5");
    assert_eq!(life.writes_off("1"), Err(above("1", "0")));
}

// J2: only the operator; K7.
#[test]
fn j2_only_the_operator_writes_off() {
    let mut life = in_debt();
    let action = Action::WriteOff { amount: amount("1"), reason: "please".parse().unwrap() };
    for actor in [Actor::Owner, Actor::Gateway, Actor::Provider, Actor::Clock] {
        let refusal = life.sends(&action.clone().by(actor));
        assert!(matches!(refusal, Err(Rejection::WrongActor { .. })), "{actor}");
    }
}

// G2: while a debt stands no call is admitted; written off, calls are refused for credit only.
#[test]
fn j2_calls_go_on_when_the_debt_is_written_off() {
    let mut life = in_debt();
    assert_eq!(life.spends("0"), Err(Rejection::Debt { debt: amount("3") }));
    life.writes_off("2").unwrap();
    assert_eq!(life.spends("0"), Err(Rejection::Debt { debt: amount("1") }));
    life.writes_off("1").unwrap();
    assert_eq!(life.spends("0").unwrap(), ["call_charged"]);
    assert!(matches!(life.spends("1"), Err(Rejection::InsufficientCredit { .. })));
    // What comes in afterwards is credit in full.
    life.is_granted(1, "5").unwrap();
    life.posted_is("5");
    life.lot_is(1, "5", "0");
}

// H4: what is left of a debt is paid from what comes in, the written-off part is not.
#[test]
fn j2_only_what_is_left_of_the_debt_is_paid() {
    let mut life = in_debt();
    life.writes_off("1").unwrap();
    life.is_granted(1, "5").unwrap();
    life.lot_is(1, "3", "0");
    life.posted_is("3");
}

// J2: at any stage from opening on, also suspended, outdated and closed.
#[test]
fn j2_a_debt_is_written_off_at_any_stage() {
    let mut life = in_debt();
    life.is_suspended_for("review").unwrap();
    life.requires_terms("TOS_2025_06_01", "2024-06-01T00:00:00Z");
    assert_eq!(life.writes_off("1").unwrap(), ["debt_written_off"]);
    let mut life = Life::with_credit("20");
    life.allows_debt("5");
    life.authorizes(1, "20").unwrap();
    life.closes().unwrap();
    life.settles(1, "22").unwrap();
    life.stage_is(StageTag::Closed);
    assert_eq!(life.writes_off("2").unwrap(), ["debt_written_off"]);
    life.posted_is("0");
    let vacant = Rejection::OutOfOrder { needs: StageTag::Registered, is: StageTag::Vacant };
    assert_eq!(Life::vacant().writes_off("1"), Err(vacant));
}

// E3: after a write-off E1 does not hold either: a top-up that is due is asked for, with what is then missing.
#[test]
fn j2_a_write_off_is_an_accepted_command_after_which_e1_is_judged() {
    let mut life = in_debt();
    life.is_suspended_for("review").unwrap();
    life.switches(true).unwrap();
    life.writes_off("3").unwrap();
    assert_eq!(life.resumes().unwrap(), ["account_resumed", "charge_requested"]);
    life.asks_for(prepaid::ChargeKind::AutoTopUp, "20");
}
