//! E4. At most one charge is open per account, whatever its kind.

use crate::life::{Answer, Life, new_key};
use prepaid::{ChargeKind, ChargeNumber, ChargePhase, Decline, Rejection, StageTag};

fn open_initial() -> Life {
    Life::at_stage(StageTag::Funding)
}

fn open_auto() -> Life {
    let mut life = Life::funded();
    life.spends("10").unwrap();
    life
}

fn open_manual() -> Life {
    let mut life = Life::funded();
    life.tops_up("5").unwrap();
    life
}

/// The initial, an automatic and a manual charge, open.
fn open_charges() -> [(ChargeKind, Life); 3] {
    [
        (ChargeKind::InitialFunding, open_initial()),
        (ChargeKind::AutoTopUp, open_auto()),
        (ChargeKind::Manual, open_manual()),
    ]
}

/// Whatever would ask for another charge does not: not a key, not a manual top-up, not the threshold.
#[track_caller]
fn place_is_taken(life: &Life, kind: ChargeKind) {
    let open = life.account.open_charge().map(|charge| (charge.number, charge.kind));
    let (charge, is) = open.unwrap();
    assert_eq!(is, kind);
    let refusal = Err(Rejection::ChargeOpen { charge, kind });
    let mut life = life.clone();
    if life.account.stage() == StageTag::Funding {
        assert_eq!(life.owner(new_key(2)), refusal);
        let early = Rejection::OutOfOrder { needs: StageTag::Active, is: StageTag::Funding };
        assert_eq!(life.tops_up("5"), Err(early));
    } else {
        assert_eq!(life.tops_up("5"), refusal);
        let rest = life.account.balance().available.to_string();
        assert_eq!(life.spends(&rest).unwrap().last(), Some(&"call_charged"));
        assert_eq!(life.owner(new_key(2)).unwrap(), ["key_created"]);
    }
    assert_eq!(life.account.open_charge().map(|charge| (charge.number, charge.kind)), open);
}

// E4: at most one charge is open, whatever its kind and whatever the kind of the next.
#[test]
fn e4_one_charge_is_open_whatever_its_kind() {
    for (kind, life) in open_charges() {
        place_is_taken(&life, kind);
    }
}

// E4: no timer frees the place: not the end of the asking window, not the action's deadline, not a month.
#[test]
fn e4_no_timer_frees_the_place() {
    for (kind, life) in open_charges() {
        let mut asked = life.clone();
        assert_eq!(asked.later("23h").tick().unwrap(), ["charge_asking_ended"]);
        place_is_taken(&asked, kind);
        assert_eq!(asked.later("30d").tick(), Ok(vec![]));
        place_is_taken(&asked, kind);

        let mut acting = life;
        acting.charge_requires_action().unwrap();
        place_is_taken(&acting, kind);
        assert_eq!(acting.later("24h").tick().unwrap(), ["charge_cancelling"]);
        place_is_taken(&acting, kind);
        assert_eq!(acting.later("30d").tick(), Ok(vec![]));
        let phase = acting.account.open_charge().map(|charge| charge.phase.clone());
        assert!(matches!(phase, Some(ChargePhase::Cancelling { .. })));
        place_is_taken(&acting, kind);
    }
}

// E4: nor does switching off, suspending, or another payment method.
#[test]
fn e4_nothing_the_owner_or_operator_does_frees_the_place() {
    for (kind, mut life) in open_charges() {
        life.switches(false).unwrap();
        life.links("card-2").unwrap();
        let charge = life.account.open_charge().unwrap().number.0;
        life.operator_cancels(charge).unwrap();
        life.is_suspended_for("review").unwrap();
        life.resumes().unwrap();
        place_is_taken(&life, kind);
    }
}

// E4: a report of another amount keeps the place for the operator (F3b), whatever the provider says then.
#[test]
fn e4_a_mismatch_keeps_the_place() {
    for (kind, mut life) in open_charges() {
        let charge = life.account.open_charge().unwrap().number.0;
        life.charge_succeeds_with(charge, "3.33").unwrap();
        place_is_taken(&life, kind);
        assert!(matches!(life.charge_fails(Decline::Soft), Err(Rejection::ChargeUnresolved { .. })));
        place_is_taken(&life, kind);
        life.resolves(charge, "0").unwrap();
        assert_eq!(life.account.charges().last().map(|charge| charge.kind), Some(kind));
    }
}

// E4: the provider's terminal result or the operator's resolution (F3b) frees it.
#[test]
fn e4_an_ending_frees_the_place() {
    type Ends = fn(&mut Life) -> Answer;
    let endings: [(&str, Ends); 7] = [
        ("succeeded", Life::charge_succeeds),
        ("declined softly", |life| life.charge_fails(Decline::Soft)),
        ("declined hard", |life| life.charge_fails(Decline::Hard)),
        ("cancelled", Life::charge_is_cancelled),
        ("not found", Life::charge_is_not_found),
        ("resolved as not taken", |life| life.resolves(2, "0")),
        ("resolved as taken", |life| {
            life.charge_succeeds_with(2, "3.33").unwrap();
            life.resolves(2, "5")
        }),
    ];
    for (how, ends) in endings {
        let mut life = open_manual();
        ends(&mut life).unwrap();
        life.asks_for_nothing();
        assert_eq!(life.tops_up("5"), Ok(vec!["charge_requested"]), "{how}");
        assert_eq!(life.account.open_charge().map(|charge| charge.number), Some(ChargeNumber(3)), "{how}");
    }
}

// E4: an initial funding that has ended leaves room for another.
#[test]
fn e4_a_failed_first_funding_frees_the_place() {
    let mut life = open_initial();
    life.charge_fails(Decline::Soft).unwrap();
    assert_eq!(life.owner(new_key(2)).unwrap(), ["first_key_requested", "charge_requested"]);
}
