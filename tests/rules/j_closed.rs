//! J2. What every command does while an account is closing, and when it is closed.

use crate::life::{Answer, Life, a_grant, amount, card, digest, key, new_key};
use prepaid::{
    Action, Decline, Digest, DisputeOutcome, Event, KeyLimit, RefundCause, Rejection, RevokeFor, Setting,
    StageTag, UseKind, Window,
};

const NOTHING: [&str; 0] = [];

fn settings(threshold: Option<&str>, enabled: Option<bool>, monthly_cap: Setting<&str>) -> Action {
    Action::SetTopUp {
        threshold: threshold.map(amount),
        target: None,
        enabled,
        monthly_cap: match monthly_cap {
            Setting::Kept => Setting::Kept,
            Setting::Off => Setting::Off,
            Setting::To(text) => Setting::To(amount(text)),
        },
        daily_count: Setting::Kept,
    }
}

fn billing() -> Action {
    Action::UpdateBilling { kind: None, billing_ref: "b-2".parse().unwrap(), billing_digest: Digest([8; 32]) }
}

fn use_chosen() -> Action {
    Action::ChooseUse { kind: UseKind::Personal, billing_ref: None, billing_digest: None }
}

/// What owners ask for, and the stage each needs: refused while closing and closed.
fn refused_to_owners() -> Vec<(Action, StageTag)> {
    let limit = Some(KeyLimit { amount: amount("1"), window: Window::Day });
    vec![
        (use_chosen(), StageTag::Agreed),
        (new_key(1), StageTag::Linked),
        (new_key(2), StageTag::Linked),
        (Action::RelabelKey { key: key(1), label: None }, StageTag::Funding),
        (Action::LimitKey { key: key(1), limit }, StageTag::Funding),
        (Action::LimitKey { key: key(1), limit: None }, StageTag::Funding),
        (settings(Some("9"), None, Setting::Kept), StageTag::Registered),
        (settings(Some("9"), Some(false), Setting::Kept), StageTag::Registered),
        (settings(None, None, Setting::To("5")), StageTag::Registered),
        (Action::ReactivateTopUp {}, StageTag::Registered),
        (Action::LimitSpending { limit: Some(amount("1")) }, StageTag::Registered),
        (Action::LimitSpending { limit: None }, StageTag::Registered),
        (Action::SetNotice { level: Some(amount("1")) }, StageTag::Registered),
        (Action::TopUp { amount: amount("5") }, StageTag::Active),
    ]
}

/// An active account with 20.00, an open call 900 and a grant 7 of 1.00, closing.
fn closing() -> Life {
    let mut life = Life::funded();
    life.is_granted(7, "1").unwrap();
    life.on_to(StageTag::Closing)
}

fn closed() -> Life {
    let mut life = closing().on_to(StageTag::Closed);
    assert_eq!(life.account.balance().posted, prepaid::Balance::ZERO);
    life.later("1m");
    life
}

// J2: the request refuses grants, charges and settings from then on; closed, everything an owner may ask.
#[test]
fn j2_what_owners_ask_is_refused() {
    for (mut life, is) in [(closing(), StageTag::Closing), (closed(), StageTag::Closed)] {
        for (action, needs) in refused_to_owners() {
            assert_eq!(life.owner(action.clone()), Err(Rejection::OutOfOrder { needs, is }), "{action:?}");
        }
        let refused = |needs| Err(Rejection::OutOfOrder { needs, is });
        assert_eq!(life.operator(a_grant(8, "5")), refused(StageTag::Agreed));
        assert_eq!(life.operator(a_grant(7, "1")), refused(StageTag::Agreed), "the same grant again");
        assert_eq!(life.is_migrated("elsewhere"), refused(StageTag::Linked));
        assert_eq!(life.spends("0"), refused(StageTag::Active));
        assert_eq!(life.authorizes(1, "0"), refused(StageTag::Active));
        assert_eq!(life.authorizes(900, "0.06"), refused(StageTag::Active), "the same call again");
        assert!(matches!(
            life.clone().owner(open()),
            Err(Rejection::OutOfOrder { needs: StageTag::Vacant, .. })
        ));
    }
}

fn open() -> Action {
    Action::Open {
        account: prepaid::AccountId(uuid::Uuid::from_u128(1)),
        owner: prepaid::OwnerId(uuid::Uuid::from_u128(2)),
        currency: None,
    }
}

// J2: while closing, switching off, refunds, results, and what the account was opened with go on.
#[test]
fn j2_what_goes_on_while_closing() {
    let mut life = closing();
    assert_eq!(life.accepts_terms("TOS_2024_04_20").unwrap(), NOTHING);
    life.requires_terms("TOS_2025_06_01", "2024-12-31T00:00:00Z");
    assert_eq!(life.accepts_terms("TOS_2025_06_01").unwrap(), ["terms_accepted"]);
    assert_eq!(life.accepts_terms("TOS_2025_06_01").unwrap(), NOTHING);
    assert_eq!(life.owner(card("card-2")).unwrap(), ["payment_method_linked"]);
    assert_eq!(life.owner(billing()).unwrap(), ["billing_updated"]);
    assert_eq!(life.revokes(1, RevokeFor::Leaked).unwrap(), NOTHING, "every key is revoked");
    assert_eq!(life.revokes(9, RevokeFor::Leaked), Err(Rejection::KeyUnknown { key: key(9) }));
    assert_eq!(life.owner(settings(Some("10"), None, Setting::Off)).unwrap(), NOTHING, "as it is");
    assert_eq!(life.switches(false).unwrap(), ["top_up_set"]);
    assert_eq!(life.switches(false).unwrap(), NOTHING);
    let registered = Rejection::OutOfOrder { needs: StageTag::Registered, is: StageTag::Closing };
    assert_eq!(life.switches(true), Err(registered));
    assert_eq!(life.sets_notice(None).unwrap(), NOTHING);
    assert_eq!(life.is_suspended_for("review").unwrap(), ["account_suspended"]);
    assert_eq!(life.resumes().unwrap(), ["account_resumed"]);
    assert_eq!(life.refunds(1, "1").unwrap(), ["refund_requested"]);
    assert_eq!(life.forces_refund(1, "1").unwrap(), ["refund_requested"]);
    assert_eq!(life.refund_succeeds(1).unwrap(), ["refund_succeeded"]);
    assert_eq!(life.refund_fails(2).unwrap(), ["refund_failed"]);
    assert_eq!(life.records_refund(1, "1", "re_9").unwrap(), ["refund_recorded"]);
    assert_eq!(life.is_disputed("dp_1", 1, "1").unwrap(), ["dispute_opened"]);
    assert_eq!(life.dispute_ends("dp_1", DisputeOutcome::Lost).unwrap(), ["dispute_closed"]);
    assert_eq!(life.charge_succeeds_with(1, "20").unwrap(), NOTHING, "a repeated result");
    assert_eq!(life.charge_succeeds_with(1, "21").unwrap(), ["charge_mismatched"]);
    assert_eq!(life.voids(7).unwrap(), ["grant_voided"]);
    let refusal = Rejection::AboveDebt { amount: amount("1"), debt: amount("0") };
    assert_eq!(life.writes_off("1"), Err(refusal));
    assert_eq!(life.tick().unwrap(), NOTHING);
    assert_eq!(life.settles_whole(900).unwrap(), ["call_settled", "refund_requested", "account_closed"]);
}

// J2: where no payment method was linked before, none can be linked while closing, nor billing edited.
#[test]
fn j2_no_payment_method_is_linked_to_an_account_that_never_had_one() {
    for stage in [StageTag::Agreed, StageTag::Described] {
        let mut life = Life::at_stage(stage);
        life.closes().unwrap();
        let refusal = Err(Rejection::OutOfOrder { needs: StageTag::Described, is: StageTag::Closed });
        assert_eq!(life.owner(card("card-1")), refusal);
        assert_eq!(life.owner(billing()), refusal);
    }
}

// J2: a closed account takes only provider results, the operator's refunds and write-offs.
#[test]
fn j2_a_closed_account_takes_only_results() {
    let mut life = closed();
    let refused = |needs| Err(Rejection::OutOfOrder { needs, is: StageTag::Closed });
    assert_eq!(life.accepts_terms("TOS_2024_04_20"), refused(StageTag::Registered));
    assert_eq!(life.owner(card("card-2")), refused(StageTag::Described));
    assert_eq!(life.owner(billing()), refused(StageTag::Described));
    assert_eq!(life.revokes(1, RevokeFor::Leaked), refused(StageTag::Funding));
    assert_eq!(life.switches(false), refused(StageTag::Registered));
    assert_eq!(life.sets_notice(None), refused(StageTag::Registered));
    assert_eq!(life.is_suspended_for("review"), refused(StageTag::Registered));
    assert_eq!(life.resumes(), refused(StageTag::Registered));
    assert_eq!(life.extends(900, life.now), refused(StageTag::Active));
    assert_eq!(life.settles_whole(900), refused(StageTag::Active));
    assert_eq!(life.releases(900), refused(StageTag::Active));
    assert_eq!(life.voids(7), refused(StageTag::Agreed));
    assert_eq!(life.refunds(1, "1"), refused(StageTag::Linked));
    // Results.
    assert_eq!(life.charge_succeeds_with(1, "20").unwrap(), NOTHING);
    assert_eq!(life.owner_cancels(1), Err(Rejection::ChargeSucceeded { charge: prepaid::ChargeNumber(1) }));
    assert_eq!(life.refund_succeeds(1).unwrap(), ["refund_succeeded"]);
    assert_eq!(life.closes().unwrap(), NOTHING);
    assert_eq!(life.tick().unwrap(), NOTHING);
    assert!(life.account.authenticate(&digest(1), life.now).is_err());
}

/// Closed after 10.00 were spent: charge 2 had failed, charge 1 was refunded to 10.00.
fn closed_after_a_failure() -> Life {
    let mut life = Life::funded();
    life.spends("10").unwrap();
    life.charge_fails(Decline::Hard).unwrap();
    life.closes().unwrap();
    life.stage_is(StageTag::Closed);
    life.posted_is("0");
    life
}

fn closed_to_owners(answer: &Answer) {
    let refusal = Rejection::OutOfOrder { needs: StageTag::Linked, is: StageTag::Closed };
    assert_eq!(*answer, Err(refusal));
}

// J2: a failed refund is then owed to the owner, and refunded on the operator's command, not on the owner's.
#[test]
fn j2_a_failed_refund_of_a_closed_account_is_refunded_by_the_operator() {
    let mut life = closed_after_a_failure();
    assert_eq!(life.refund_fails(1).unwrap(), ["refund_failed"]);
    life.posted_is("10");
    life.stage_is(StageTag::Closed);
    closed_to_owners(&life.refunds(1, "10"));
    let refund =
        |text: &str| Action::Refund { charge: prepaid::ChargeNumber(1), amount: amount(text), forced: false };
    // The bounds of G1 hold.
    assert!(matches!(life.operator(refund("10.01")), Err(Rejection::AboveRefundable { .. })));
    assert_eq!(life.operator(refund("10")).unwrap(), ["refund_requested"]);
    assert!(matches!(life.last_event(), Event::RefundRequested { cause: RefundCause::Operator, .. }));
    life.posted_is("0");
    assert_eq!(life.owes(), ["send_refund"]);
    // Also a refund that failed after a success, however often.
    life.refund_succeeds(2).unwrap();
    assert_eq!(life.refund_fails(2).unwrap(), ["refund_failed"]);
    life.posted_is("10");
    assert_eq!(life.forces_refund(1, "10").unwrap(), ["refund_requested"]);
}

// J2: a late success is owed to the owner, too: it is credited, asks for nothing, and is refunded by the operator.
#[test]
fn j2_a_late_success_on_a_closed_account_is_refunded_by_the_operator() {
    let mut life = closed_after_a_failure();
    assert_eq!(life.charge_succeeds_with(2, "10").unwrap(), ["charge_succeeded_late"]);
    life.posted_is("10");
    life.stage_is(StageTag::Closed);
    closed_to_owners(&life.refunds(2, "10"));
    let refund = Action::Refund { charge: prepaid::ChargeNumber(2), amount: amount("10"), forced: false };
    assert_eq!(life.operator(refund).unwrap(), ["refund_requested"]);
    life.posted_is("0");
    // Of another amount, it is evidence that credits it.
    let mut life = closed_after_a_failure();
    assert_eq!(life.charge_succeeds_with(2, "11").unwrap(), ["charge_mismatched"]);
    assert_eq!(life.resolves(2, "11").unwrap(), ["charge_resolved", "charge_succeeded_late"]);
    life.posted_is("11");
}

// J2: a late initial funding opens nothing again: no stage, no key.
#[test]
fn j2_a_late_initial_funding_does_not_reopen_a_closed_account() {
    let mut life = Life::at_stage(StageTag::Funding);
    life.charge_fails(Decline::Hard).unwrap();
    life.closes().unwrap();
    assert_eq!(life.charge_succeeds_with(1, "20").unwrap(), ["charge_succeeded_late"]);
    life.stage_is(StageTag::Closed);
    life.posted_is("20");
    assert!(life.account.keys().is_empty());
    assert_eq!(life.forces_refund(1, "20").unwrap(), ["refund_requested"]);
}

// J2: a late success while it is closing goes back with the rest.
#[test]
fn j2_a_late_success_while_closing_is_refunded_at_completion() {
    let mut life = Life::funded();
    life.authorizes(1, "1").unwrap();
    life.spends("10").unwrap();
    life.charge_fails(Decline::Hard).unwrap();
    life.closes().unwrap();
    assert_eq!(life.charge_succeeds_with(2, "10").unwrap(), ["charge_succeeded_late"]);
    assert_eq!(
        life.releases(1).unwrap(),
        ["call_released", "refund_requested", "refund_requested", "account_closed"]
    );
}

// J2: disputes, and refunds made at the provider, are results: they may make a debt, which can be written off in parts;
// and a dispute that is won after all is owed to the owner.
#[test]
fn j2_a_dispute_on_a_closed_account_makes_a_debt() {
    let mut life = Life::with_credit("5");
    life.closes().unwrap();
    life.contributes(1, "15");
    assert_eq!(life.is_disputed("dp_1", 1, "20").unwrap(), ["dispute_opened"]);
    life.posted_is("-15");
    life.stage_is(StageTag::Closed);
    assert_eq!(life.writes_off("10").unwrap(), ["debt_written_off"]);
    life.posted_is("-5");
    let refusal = Rejection::AboveDebt { amount: amount("5.01"), debt: amount("5") };
    assert_eq!(life.writes_off("5.01"), Err(refusal));
    assert_eq!(life.writes_off("5").unwrap(), ["debt_written_off"]);
    life.posted_is("0");
    assert_eq!(life.dispute_ends("dp_1", DisputeOutcome::Won).unwrap(), ["dispute_closed"]);
    life.posted_is("15");
    closed_to_owners(&life.refunds(1, "15"));
    assert_eq!(life.forces_refund(1, "15").unwrap(), ["refund_requested"]);
    let mut life = Life::with_credit("5");
    life.closes().unwrap();
    assert_eq!(life.records_refund(1, "6", "re_9").unwrap(), ["refund_recorded"]);
    life.posted_is("-6");
    assert_eq!(life.closes().unwrap(), NOTHING, "it is closed, with a debt or without");
}

// G1: a closed account's charges are archived like all others, with the first step that changes something.
#[test]
fn j2_a_closed_accounts_charges_are_archived() {
    let mut life = Life::with_credit("5");
    life.buys("7").unwrap();
    life.closes().unwrap();
    life.refund_succeeds(1).unwrap();
    // The second is looked up for long; its result archives the first.
    assert_eq!(life.later("23h").tick().unwrap(), ["refund_asking_ended"]);
    life.later("600d");
    assert_eq!(life.tick().unwrap(), NOTHING);
    assert_eq!(life.refund_succeeds(2).unwrap().last(), Some(&"charge_archived"));
    assert_eq!(
        life.is_disputed("dp_1", 2, "7"),
        Err(Rejection::ChargeArchived { charge: prepaid::ChargeNumber(2) })
    );
}

// J2, G1: what a closed account owes is not archived away: a refund that fails long after is refunded again.
#[test]
fn j2_credit_that_is_owed_keeps_its_charge() {
    let mut life = Life::with_credit("20");
    life.later("530d").closes().unwrap();
    life.refund_succeeds(1).unwrap();
    life.posted_is("0");
    assert_eq!(life.later("200d").refund_fails(1).unwrap(), ["refund_failed"]);
    life.posted_is("20");
    // A late result of something else, long after, archives nothing of it.
    life.later("600d").records_refund(1, "1", "re_x").unwrap();
    life.later("600d");
    assert_eq!(life.records_refund(1, "2", "re_y").unwrap(), ["refund_recorded"]);
    assert_eq!(life.operator_refunds(1, "17").unwrap(), ["refund_requested"]);
    life.posted_is("0");
}

// J2, G1: nor by what happens to another charge, long after the last word on it.
#[test]
fn j2_credit_that_is_owed_keeps_all_charges_whatever_happens_to_others() {
    let mut life = Life::with_credit("20");
    life.buys("7").unwrap();
    life.closes().unwrap();
    life.refund_succeeds(1).unwrap();
    life.refund_succeeds(2).unwrap();
    // The later charge is refunded first.
    assert_eq!(life.later("200d").refund_fails(1).unwrap(), ["refund_failed"]);
    life.posted_is("7");
    assert_eq!(life.later("600d").refund_fails(2).unwrap(), ["refund_failed"]);
    life.posted_is("27");
    assert_eq!(life.operator_refunds(1, "20").unwrap(), ["refund_requested"]);
    assert_eq!(life.operator_refunds(2, "7").unwrap(), ["refund_requested"]);
    life.posted_is("0");
}
