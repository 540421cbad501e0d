//! J1. Suspension by the operator.

use crate::life::{Answer, Life, card, new_key, time};
use prepaid::{
    Action, ChargeKind, Decline, KeyNumber, Rejection, RevokeFor, StageTag, Standing, TopUpOutlook,
};

fn suspended(reason: &str) -> Rejection {
    Rejection::Suspended { reason: reason.parse().unwrap() }
}

/// An active account with 20.00, suspended for a fraud review.
fn in_review() -> Life {
    let mut life = Life::funded();
    assert_eq!(life.is_suspended_for("fraud review").unwrap(), ["account_suspended"]);
    life
}

// J1: calls are refused, with the reason; free ones too.
#[test]
fn j1_calls_are_refused_with_the_reason() {
    let mut life = in_review();
    for text in ["0", "1", "100"] {
        assert_eq!(life.spends(text), Err(suspended("fraud review")));
        assert_eq!(life.authorizes(1, text), Err(suspended("fraud review")));
    }
    assert_eq!(
        life.account.standing(),
        Some(&Standing::Suspended { reason: "fraud review".parse().unwrap() })
    );
}

// J1: no key is issued, neither the first nor a later one.
#[test]
fn j1_no_key_is_issued() {
    assert_eq!(in_review().owner(new_key(2)), Err(suspended("fraud review")));
    let mut life = Life::at_stage(StageTag::Linked);
    life.is_suspended_for("fraud review").unwrap();
    assert_eq!(life.owner(new_key(1)), Err(suspended("fraud review")));
    life.asks_for_nothing();
    life.resumes().unwrap();
    assert_eq!(life.owner(new_key(1)).unwrap(), ["first_key_requested", "charge_requested"]);
}

// J1: no charge is requested: not by hand, and not automatically, whatever happens.
#[test]
fn j1_no_charge_is_requested() {
    type Happens = fn(&mut Life) -> Answer;
    assert_eq!(in_review().tops_up("5"), Err(suspended("fraud review")));
    let happens: [(&str, Happens); 6] = [
        ("a settlement", |life| life.settles(1, "15")),
        ("a late settlement", |life| life.later("2h").settles(1, "15")),
        ("a higher threshold", |life| life.sets("50", "60")),
        ("switching off and on at a higher threshold", |life| {
            life.sets("50", "60").unwrap();
            life.switches(false).unwrap();
            life.switches(true)
        }),
        ("another payment method", |life| {
            life.settles(1, "15").unwrap();
            life.owner(card("card-2"))
        }),
        ("newer terms", |life| {
            life.settles(1, "15").unwrap();
            life.requires_terms("TOS_2025_06_01", "2024-06-01T00:00:00Z");
            life.accepts_terms("TOS_2025_06_01")
        }),
    ];
    for (what, happens) in happens {
        let mut life = Life::funded();
        life.authorizes(1, "15").unwrap();
        life.is_suspended_for("fraud review").unwrap();
        let said = happens(&mut life).unwrap();
        assert!(!said.contains(&"charge_requested"), "{what}");
        life.asks_for_nothing();
        assert_eq!(life.outlook(), TopUpOutlook::Suspended, "{what}");
        // Resumed, what was due is asked for at once.
        assert_eq!(life.resumes(), Ok(vec!["account_resumed", "charge_requested"]), "{what}");
    }
}

// J1: a retry that comes due meanwhile is not asked for, but after the resumption, without a further wait.
#[test]
fn j1_no_retry_is_asked_for() {
    let mut life = Life::funded();
    life.spends("10").unwrap();
    life.charge_fails(Decline::Soft).unwrap();
    life.is_suspended_for("fraud review").unwrap();
    assert_eq!(life.later("1h").tick().unwrap(), ["top_up_retry_due"]);
    assert_eq!(life.resumes().unwrap(), ["account_resumed", "charge_requested"]);
    life.asks_for(ChargeKind::AutoTopUp, "10");
}

#[test]
fn j1_credit_is_kept() {
    let mut life = in_review();
    life.later("365d").tick().unwrap();
    life.posted_is("20");
    life.available_is("20");
    life.resumes().unwrap();
    assert_eq!(life.spends("1").unwrap(), ["call_charged"]);
    life.posted_is("19");
}

// J1: open calls run to their end, whichever it is.
#[test]
fn j1_open_calls_run_to_their_end() {
    let open = || {
        let mut life = Life::funded();
        life.authorizes(1, "5").unwrap();
        life.is_suspended_for("fraud review").unwrap();
        life
    };
    let mut life = open();
    assert_eq!(life.settles(1, "4").unwrap(), ["call_settled"]);
    life.posted_is("16");
    let mut life = open();
    assert_eq!(life.releases(1).unwrap(), ["call_released"]);
    life.posted_is("20");
    let mut life = open();
    assert_eq!(life.extends(1, time("2025-01-01T02:00:00Z")).unwrap(), ["call_extended"]);
    assert_eq!(life.at("2025-01-01T01:30:00Z").settles(1, "5").unwrap(), ["call_settled"]);
    let mut life = open();
    assert_eq!(life.later("1h").tick().unwrap(), ["call_expired"]);
    assert_eq!(life.settles(1, "5").unwrap(), ["call_settled_late"]);
    life.posted_is("15");
}

// J1: an open charge runs to its end: it is still asked, and credited or failed as usual.
#[test]
fn j1_an_open_charge_runs_to_its_end() {
    let open = || {
        let mut life = Life::funded();
        life.spends("10").unwrap();
        life.is_suspended_for("fraud review").unwrap();
        life
    };
    let mut life = open();
    assert_eq!(life.owes(), ["make_charge"]);
    assert_eq!(life.charge_succeeds().unwrap(), ["charge_succeeded"]);
    life.posted_is("20");
    let mut life = open();
    assert_eq!(life.charge_fails(Decline::Soft).unwrap(), ["charge_failed", "top_up_retry_scheduled"]);
    let mut life = open();
    assert_eq!(life.later("23h").tick().unwrap(), ["charge_asking_ended"]);
    assert_eq!(life.owes(), ["look_up_charge"]);
    assert_eq!(life.charge_is_not_found().unwrap(), ["charge_failed", "top_up_retry_scheduled"]);
    let mut life = open();
    life.charge_requires_action().unwrap();
    assert_eq!(life.later("24h").tick().unwrap(), ["charge_cancelling"]);
    assert_eq!(life.owes(), ["cancel_charge"]);
    assert_eq!(life.charge_is_cancelled().unwrap(), ["charge_abandoned", "top_up_paused"]);
}

// J1: a manual charge too.
#[test]
fn j1_an_open_manual_charge_is_credited() {
    let mut life = Life::funded();
    life.tops_up("5").unwrap();
    life.is_suspended_for("fraud review").unwrap();
    assert_eq!(life.charge_succeeds().unwrap(), ["charge_succeeded"]);
    life.posted_is("25");
}

// J1: a first key that was asked for before becomes active with its funding; its calls are refused until resumed.
#[test]
fn j1_a_pending_first_key_becomes_active() {
    let mut life = Life::at_stage(StageTag::Funding);
    life.is_suspended_for("fraud review").unwrap();
    assert_eq!(life.owner(new_key(1)), Ok(vec![]), "the same key again changes nothing");
    assert_eq!(life.charge_succeeds().unwrap(), ["charge_succeeded"]);
    life.posted_is("20");
    assert_eq!(life.account.keys().first().map(|key| key.number), Some(KeyNumber(1)));
    assert_eq!(life.authenticates(1), Ok(1));
    assert_eq!(life.spends("1"), Err(suspended("fraud review")));
    life.resumes().unwrap();
    assert_eq!(life.spends("1").unwrap(), ["call_charged"]);
}

// J1: the owner may still do what costs nothing and admits nothing.
#[test]
fn j1_what_is_not_forbidden_goes_on() {
    let mut life = in_review();
    assert_eq!(life.owner(card("card-2")).unwrap(), ["payment_method_linked"]);
    assert_eq!(life.sets("5", "80").unwrap(), ["top_up_set"]);
    assert_eq!(life.switches(false).unwrap(), ["top_up_set"]);
    let label = Some("old".parse().unwrap());
    let relabel = Action::RelabelKey { key: crate::life::key(1), label };
    assert_eq!(life.owner(relabel).unwrap(), ["key_relabelled"]);
    assert_eq!(life.revokes(1, RevokeFor::Leaked).unwrap(), ["key_revoked"]);
}

// J1: in every stage, from the opening on.
#[test]
fn j1_an_account_is_suspended_and_resumed_in_every_stage() {
    for stage in [
        StageTag::Registered,
        StageTag::Agreed,
        StageTag::Described,
        StageTag::Linked,
        StageTag::Funding,
        StageTag::Active,
    ] {
        let mut life = Life::at_stage(stage);
        assert_eq!(life.is_suspended_for("fraud review").unwrap(), ["account_suspended"], "{stage}");
        assert_eq!(life.account.stage(), stage, "suspended is beside the stage");
        assert_eq!(life.resumes().unwrap(), ["account_resumed"], "{stage}");
        assert_eq!(life.account.standing(), Some(&Standing::Good {}));
    }
    let vacant = Rejection::OutOfOrder { needs: StageTag::Registered, is: StageTag::Vacant };
    assert_eq!(Life::vacant().is_suspended_for("fraud review"), Err(vacant.clone()));
    assert_eq!(Life::vacant().resumes(), Err(vacant));
}

// J1: onboarding that costs nothing goes on while suspended, as far as the first key.
#[test]
fn j1_onboarding_goes_on_up_to_the_first_key() {
    let mut life = Life::at_stage(StageTag::Registered);
    life.is_suspended_for("fraud review").unwrap();
    let mut life = life.on_to(StageTag::Linked);
    assert_eq!(life.owner(new_key(1)), Err(suspended("fraud review")));
}

#[test]
fn j1_suspending_again_changes_the_reason_only() {
    let mut life = in_review();
    assert_eq!(life.is_suspended_for("fraud review"), Ok(vec![]));
    assert_eq!(life.is_suspended_for("chargebacks").unwrap(), ["account_suspended"]);
    assert_eq!(life.spends("1"), Err(suspended("chargebacks")));
    assert_eq!(life.resumes().unwrap(), ["account_resumed"], "once resumed, none of the reasons stands");
    assert_eq!(life.spends("1").unwrap(), ["call_charged"]);
    assert_eq!(life.resumes(), Ok(vec![]));
}
