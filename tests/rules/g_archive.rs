//! G1. How long the record of a charge is kept, with its refunds and disputes, and what is left of it then.

use crate::life::{Answer, Life, amount, span, time};
use prepaid::{
    Action, Actor, ChargeNumber, Decline, Policy, PolicyNumbers, RefundNumber, Rejection, StageTag, replay,
};

const NOTHING: [&str; 0] = [];

/// Charge 1 of 20.00 ended at the start of 2025; its record is kept for 540 days, until this instant.
const KEPT_UNTIL: &str = "2026-06-25T00:00:00Z";

/// Some of it is spent; top-up off.
fn paid() -> Life {
    let mut life = Life::with_credit("20");
    life.spends("1.00").unwrap();
    life
}

/// Something that changes something.
fn something(life: &mut Life) -> Answer {
    life.spends("0.01")
}

fn archived<T>(charge: u32) -> Result<T, Rejection> {
    Err(Rejection::ChargeArchived { charge: ChargeNumber(charge) })
}

fn knows(life: &Life, charge: u32) -> bool {
    life.account.charge(ChargeNumber(charge)).is_some()
}

// G1: kept for the policy's reversal window after its ending, archived with the first step after it.
#[test]
fn g1_an_ended_charge_is_kept_for_the_reversal_window() {
    let mut life = paid();
    assert_eq!(time("2025-01-01T00:00:00Z").saturating_add(span("540d")), time(KEPT_UNTIL));
    life.at(KEPT_UNTIL).micros(-1);
    assert_eq!(something(&mut life).unwrap(), ["call_charged"]);
    assert!(knows(&life, 1));
    life.micros(1);
    assert_eq!(something(&mut life).unwrap(), ["call_charged", "charge_archived"]);
    assert!(!knows(&life, 1));
}

// G1: what it contributes stays in the balance, and is asked for no more.
#[test]
fn g1_what_an_archived_charge_contributes_stays() {
    let mut life = paid();
    life.records_refund(1, "5.00", "re_x").unwrap();
    life.posted_is("14");
    something(life.at(KEPT_UNTIL)).unwrap();
    life.posted_is("13.99");
    assert_eq!(life.account.contribution(ChargeNumber(1)), None);
    assert_eq!(life.account.recorded_refunds().len(), 0);
    life.spends("13.99").unwrap();
    life.posted_is("0");
}

// G1, K3: archiving is nobody's deadline: a tick with nothing due, a repeat and a refusal do not archive.
#[test]
fn g1_archiving_waits_for_a_step_that_changes_something() {
    let mut life = paid();
    assert_eq!(life.next_deadline(), None);
    life.at(KEPT_UNTIL).later("100d");
    assert_eq!(life.tick().unwrap(), NOTHING);
    assert_eq!(life.charge_succeeds_with(1, "20.00").unwrap(), NOTHING);
    assert_eq!(life.spends("100.00").unwrap_err().tag().as_str(), "insufficient_credit");
    assert!(knows(&life, 1));
    // It can still be refunded, and is then kept as long again.
    assert_eq!(life.records_refund(1, "5.00", "re_x").unwrap(), ["refund_recorded", "reversal_paused"]);
    life.posted_is("14");
    assert_eq!(something(life.later("540d").micros(-1)).unwrap(), ["call_charged"]);
    assert_eq!(something(life.micros(1)).unwrap(), ["call_charged", "charge_archived"]);
}

// G1: then its number is charge_archived to every command; one that never was is unknown as before.
#[test]
fn g1_an_archived_charge_is_archived_to_every_command() {
    let mut life = paid();
    life.is_disputed("dp_1", 1, "2.00").unwrap();
    life.wins("dp_1").unwrap();
    life.refunds(1, "1.00").unwrap();
    life.refund_succeeds(1).unwrap();
    something(life.at(KEPT_UNTIL)).unwrap();
    let text = |text: &str| text.parse().unwrap();
    let of = |charge: ChargeNumber| {
        let (one, decline) = (amount("1.00"), Decline::Soft);
        [
            Action::Refund { charge, amount: one, forced: false }.by(Actor::Owner),
            Action::Refund { charge, amount: one, forced: true }.by(Actor::Operator),
            Action::Refund { charge, amount: amount("0"), forced: false }.by(Actor::Owner),
            Action::RecordRefund { charge, amount: one, reference: text("re_y") }.by(Actor::Provider),
            Action::OpenDispute { dispute: "dp_1".parse().unwrap(), charge, amount: one }.by(Actor::Provider),
            Action::OpenDispute { dispute: "dp_2".parse().unwrap(), charge, amount: one }.by(Actor::Provider),
            Action::ChargeSucceeded { charge, amount: amount("20"), reference: text("ch_1") }
                .by(Actor::Provider),
            Action::ChargeActionRequired { charge, reference: text("pi_1") }.by(Actor::Provider),
            Action::ChargeFailed { charge, decline, reason: text("late") }.by(Actor::Provider),
            Action::ChargeCancelled { charge }.by(Actor::Provider),
            Action::ChargeNotFound { charge }.by(Actor::Provider),
            Action::CancelCharge { charge }.by(Actor::Owner),
            Action::CancelCharge { charge }.by(Actor::Operator),
            Action::ResolveCharge { charge, taken: amount("20"), evidence: text("statement") }
                .by(Actor::Operator),
            Action::ResolveCharge { charge, taken: amount("0"), evidence: text("statement") }
                .by(Actor::Operator),
        ]
    };
    for command in of(ChargeNumber(1)) {
        assert_eq!(life.sends(&command), archived(1), "{command:?}");
    }
    let never = ChargeNumber(2);
    for command in of(never) {
        assert_eq!(life.sends(&command), Err(Rejection::ChargeUnknown { charge: never }), "{command:?}");
    }
    // Its refunds and disputes went with it.
    assert_eq!(life.refund_fails(1), Err(Rejection::RefundArchived { refund: RefundNumber(1) }));
    assert_eq!(life.refund_succeeds(1), Err(Rejection::RefundArchived { refund: RefundNumber(1) }));
    assert_eq!(life.refund_fails(2), Err(Rejection::RefundUnknown { refund: RefundNumber(2) }));
    assert_eq!(life.wins("dp_1"), Err(Rejection::DisputeUnknown { dispute: text("dp_1") }));
}

// K1: numbers go on where they were, of charges and of refunds.
#[test]
fn g1_numbers_go_on_after_archiving() {
    let mut life = paid();
    life.refunds(1, "1.00").unwrap();
    life.refund_succeeds(1).unwrap();
    something(life.at(KEPT_UNTIL)).unwrap();
    life.buys("5.00").unwrap();
    assert!(knows(&life, 2));
    life.refunds(2, "1.00").unwrap();
    assert_eq!(life.refund(2).number, RefundNumber(2));
}

// G1: charges that failed or were abandoned are kept as long, and archived one by one by their numbers.
#[test]
fn g1_failed_and_abandoned_charges_are_archived_too() {
    let mut life = paid();
    life.tops_up("5.00").unwrap();
    life.charge_fails(Decline::Soft).unwrap();
    life.later("1d").tops_up("6.00").unwrap();
    life.charge_is_cancelled().unwrap();
    something(life.at(KEPT_UNTIL).later("1d").micros(-1)).unwrap();
    assert_eq!((knows(&life, 1), knows(&life, 2), knows(&life, 3)), (false, false, true));
    assert_eq!(something(life.micros(1)).unwrap(), ["call_charged", "charge_archived"]);
    assert_eq!(life.charge_succeeds_with(2, "5.00"), archived(2));
    life.posted_is("18.98");
}

// G1: for a late success the window counts from that success.
#[test]
fn g1_a_late_success_is_kept_for_its_own_window() {
    let mut life = paid();
    life.tops_up("5.00").unwrap();
    life.charge_fails(Decline::Soft).unwrap();
    life.later("500d").charge_succeeds_with(2, "5.00").unwrap();
    something(life.at(KEPT_UNTIL)).unwrap();
    assert_eq!((knows(&life, 1), knows(&life, 2)), (false, true));
    something(life.later("500d").micros(-1)).unwrap();
    assert!(knows(&life, 2));
    assert_eq!(something(life.micros(1)).unwrap(), ["call_charged", "charge_archived"]);
}

// G1: a refund of it that is open keeps it, asked or looked up; its result keeps it as long again, for it may come back.
#[test]
fn g1_an_open_refund_keeps_its_charge() {
    let mut life = paid();
    life.at(KEPT_UNTIL).micros(-1).refunds(1, "5.00").unwrap();
    assert_eq!(something(life.micros(1)).unwrap(), ["call_charged"]);
    assert_eq!(life.later("23h").tick().unwrap(), ["refund_asking_ended"]);
    assert_eq!(something(life.later("600d")).unwrap(), ["call_charged"]);
    assert_eq!(life.refund_succeeds(1).unwrap(), ["refund_succeeded"]);
    assert_eq!(something(life.later("539d")).unwrap(), ["call_charged"]);
    assert_eq!(life.refund_fails(1).unwrap(), ["refund_failed"]);
    life.posted_is("18.97");
    assert_eq!(something(life.later("540d").micros(-1)).unwrap(), ["call_charged"]);
    assert_eq!(something(life.micros(1)).unwrap(), ["call_charged", "charge_archived"]);
}

// G1: a dispute that is open keeps it, and one that is lost as long as it bars its method.
#[test]
fn g1_a_dispute_that_stands_keeps_its_charge() {
    let mut life = paid();
    life.is_disputed("dp_1", 1, "5.00").unwrap();
    assert_eq!(something(life.at(KEPT_UNTIL)).unwrap(), ["call_charged"]);
    let mut won = life.clone();
    assert_eq!(won.wins("dp_1").unwrap(), ["dispute_closed", "reversal_pause_ended"]);
    assert_eq!(something(won.later("540d").micros(-1)).unwrap(), ["call_charged"]);
    assert_eq!(something(won.micros(1)).unwrap(), ["call_charged", "charge_archived"]);
    assert_eq!(life.loses("dp_1").unwrap(), ["dispute_closed"]);
    assert_eq!(something(life.later("600d")).unwrap(), ["call_charged"]);
    let cleared = life.operator_reactivates().unwrap();
    assert_eq!(cleared, ["disputes_cleared", "reversal_pause_ended", "charge_archived"]);
    life.posted_is("13.98");
}

// G1: a cleared dispute that is still open keeps its charge until it is closed, either way.
#[test]
fn g1_a_cleared_dispute_that_is_open_keeps_its_charge() {
    let mut life = paid();
    life.is_disputed("dp_1", 1, "5.00").unwrap();
    life.operator_reactivates().unwrap();
    assert_eq!(something(life.at(KEPT_UNTIL)).unwrap(), ["call_charged"]);
    for end in [Life::wins, Life::loses] {
        let mut life = life.clone();
        assert_eq!(something(life.later("600d")).unwrap(), ["call_charged"]);
        assert_eq!(end(&mut life, "dp_1").unwrap(), ["dispute_closed"]);
        assert_eq!(something(life.later("540d").micros(-1)).unwrap(), ["call_charged"]);
        assert_eq!(something(life.micros(1)).unwrap(), ["call_charged", "charge_archived"]);
    }
}

// G1, J2: while the account is closing nothing is archived: what is left is still to be refunded to its charges.
#[test]
fn g1_a_closing_account_archives_nothing() {
    let mut life = paid();
    life.at(KEPT_UNTIL).micros(-1);
    life.authorizes(1, "1.00").unwrap();
    life.authorizes(2, "1.00").unwrap();
    assert_eq!(life.closes().unwrap(), ["key_revoked", "account_closing"]);
    life.later("1m");
    assert_eq!(life.releases(1).unwrap(), ["call_released"]);
    assert!(knows(&life, 1));
    let closed = life.releases(2).unwrap();
    assert_eq!(closed, ["call_released", "refund_requested", "account_closed"]);
    // A closed account archives again, once the refund has ended long enough.
    assert_eq!(life.refund_succeeds(1).unwrap(), ["refund_succeeded"]);
    assert!(knows(&life, 1));
    life.stage_is(StageTag::Closed);
}

// G1: how long is fixed at the ending, by the policy of then.
#[test]
fn g1_the_window_is_fixed_when_the_charge_ends() {
    let mut life = paid();
    life.changes_policy(|numbers| numbers.reversal_window = span("60d"));
    life.buys("5.00").unwrap();
    something(life.later("60d").micros(-1)).unwrap();
    assert_eq!((knows(&life, 1), knows(&life, 2)), (true, true));
    something(life.micros(1)).unwrap();
    assert_eq!((knows(&life, 1), knows(&life, 2)), (true, false));
    something(life.at(KEPT_UNTIL).micros(-1)).unwrap();
    assert!(knows(&life, 1));
}

// G1: the window is never shorter than those in which failures (F5) and automatic charges (E7: a month) are counted.
#[test]
fn g1_the_reversal_window_covers_what_is_counted() {
    let under = |reversal: &str, failures: &str| {
        let (reversal_window, failures_window) = (span(reversal), span(failures));
        Policy::new(PolicyNumbers { reversal_window, failures_window, ..PolicyNumbers::documented() }).is_ok()
    };
    assert!(under("31d", "30d"));
    assert!(!under("30d", "30d"));
    assert!(under("40d", "40d"));
    assert!(!under("40d", "41d"));
}

// G1: a charge that ended before there was a window is kept for ever.
#[test]
fn g1_a_record_without_an_end_is_kept_for_ever() {
    let mut life = paid();
    let stored = serde_json::to_string(&life.batches).unwrap();
    let old = stored.replace(&format!(r#","keep_until":"{KEPT_UNTIL}""#), "");
    assert_ne!(stored, old);
    life.batches = serde_json::from_str(&old).unwrap();
    life.account = replay(&life.batches).unwrap();
    assert_eq!(something(life.at(KEPT_UNTIL).later("9000d")).unwrap(), ["call_charged"]);
    assert!(knows(&life, 1));
}

// G1, A2: an account whose funding is archived is funded still: it is topped up, and never funded again.
#[test]
fn g1_an_account_whose_funding_is_archived_is_funded_still() {
    let mut life = paid();
    something(life.at(KEPT_UNTIL)).unwrap();
    life.stage_is(StageTag::Active);
    life.switches(true).unwrap();
    let fired = life.spends("9.00").unwrap();
    assert_eq!(fired, ["call_charged", "charge_requested"]);
    life.asks_for(prepaid::ChargeKind::AutoTopUp, "10.01");
}
