//! J2. The request to close, from every stage; what it ends at once; and what the account then waits for.

use crate::life::{Answer, Life, amount, digest, new_key, span, time};
use prepaid::{
    Action, Actor, Decline, DisputeBar, DisputeOutcome, KeyRefusal, KeyState, Notice, Rejection, RevokeFor,
    RevokeReason, Setting, StageTag, TopUpOutlook,
};

const NOTHING: [&str; 0] = [];

/// 20.00 of credit and a call that holds 5.00 of it, then closed by the owner: it waits for the call.
fn closing_with_a_call() -> Life {
    let mut life = Life::funded();
    life.authorizes(1, "5").unwrap();
    assert_eq!(life.closes().unwrap(), ["key_revoked", "account_closing"]);
    life
}

// J2: an account with nothing open is closed in the same step, from every stage.
#[test]
fn j2_an_account_can_be_closed_at_every_stage() {
    for stage in [StageTag::Registered, StageTag::Agreed, StageTag::Described, StageTag::Linked] {
        for actor in [Actor::Owner, Actor::Operator] {
            let mut life = Life::at_stage(stage);
            let answer = life.sends(&Action::Close {}.by(actor));
            assert_eq!(answer.unwrap(), ["account_closing", "account_closed"], "{stage}");
            life.stage_is(StageTag::Closed);
        }
    }
    let mut life = Life::funded();
    assert_eq!(
        life.closes().unwrap(),
        ["key_revoked", "account_closing", "refund_requested", "account_closed"]
    );
    life.posted_is("0");
    let vacant = Rejection::OutOfOrder { needs: StageTag::Registered, is: StageTag::Vacant };
    assert_eq!(Life::vacant().closes(), Err(vacant));
}

// J2: while the first key waits for its funding, the request drops the key and waits for the charge.
#[test]
fn j2_closing_while_the_funding_is_pending() {
    let closing = || {
        let mut life = Life::at_stage(StageTag::Funding);
        assert_eq!(life.closes().unwrap(), ["first_key_dropped", "account_closing"]);
        assert_eq!(life.owes(), ["make_charge"]);
        life
    };
    let mut life = closing();
    let completes = ["charge_succeeded", "refund_requested", "account_closed"];
    assert_eq!(life.charge_succeeds().unwrap(), completes);
    life.posted_is("0");
    assert_eq!(life.authenticates(1), Err(KeyRefusal::Unknown));
    for decline in [Decline::Soft, Decline::Hard] {
        assert_eq!(closing().charge_fails(decline).unwrap(), ["charge_failed", "account_closed"]);
    }
    assert_eq!(closing().charge_is_cancelled().unwrap(), ["charge_abandoned", "account_closed"]);
    // A key that was dropped before is not dropped again.
    let mut life = Life::at_stage(StageTag::Funding);
    life.revokes(1, RevokeFor::Requested).unwrap();
    assert_eq!(life.closes().unwrap(), ["account_closing"]);
}

// J2: refused with a debt, naming it; at exactly nothing it is no debt.
#[test]
fn j2_closing_is_refused_with_a_debt() {
    for (settled, debt) in [("20", None), ("20.000000000001", Some("0.000000000001")), ("23", Some("3"))] {
        let mut life = Life::with_credit("20");
        life.allows_debt("5");
        life.authorizes(1, "1").unwrap();
        life.settles(1, settled).unwrap();
        let answer = life.closes();
        match debt {
            None => assert_eq!(answer.unwrap(), ["key_revoked", "account_closing", "account_closed"]),
            Some(debt) => assert_eq!(answer, Err(Rejection::Debt { debt: amount(debt) })),
        }
    }
    // A hold that is not covered any more is no debt: 5.00 are there, of 10.00 that a call holds.
    let mut life = Life::with_credit("20");
    life.allows_debt("10");
    life.authorizes(1, "10").unwrap();
    life.authorizes(2, "1").unwrap();
    life.settles(2, "15").unwrap();
    assert_eq!(life.closes().unwrap(), ["key_revoked", "account_closing"]);
    // Paid, or written off, it can be closed.
    let mut life = Life::with_credit("20");
    life.allows_debt("5");
    life.authorizes(1, "1").unwrap();
    life.settles(1, "23").unwrap();
    life.writes_off("3").unwrap();
    assert!(life.closes().is_ok());
}

// J2: neither a suspension nor outdated terms keep anybody from closing.
#[test]
fn j2_a_suspended_or_outdated_account_can_be_closed() {
    let mut life = Life::funded();
    life.is_suspended_for("review").unwrap();
    life.requires_terms("TOS_2025_06_01", "2024-06-01T00:00:00Z");
    assert!(life.closes().unwrap().contains(&"account_closed"));
}

// J2: the request revokes every key: those that work and those that have expired, not those revoked before.
#[test]
fn j2_the_request_revokes_every_key() {
    let mut life = Life::funded();
    for n in [2, 3] {
        life.creates_key(n).unwrap();
    }
    let mut expiring = new_key(4);
    if let Action::CreateKey { expires_at, .. } = &mut expiring {
        *expires_at = Some(life.now.saturating_add(span("30m")));
    }
    life.owner(expiring).unwrap();
    life.revokes(2, RevokeFor::Leaked).unwrap();
    life.authorizes(1, "5").unwrap();
    life.later("30m");
    assert_eq!(life.closes().unwrap(), ["key_revoked", "key_revoked", "key_revoked", "account_closing"]);
    let reasons = life.account.keys().iter().map(|key| match key.state {
        KeyState::Active {} => None,
        KeyState::Revoked { reason, .. } => Some(reason),
    });
    let (closed, leaked) = (Some(RevokeReason::Closed), Some(RevokeReason::Leaked));
    assert_eq!(reasons.collect::<Vec<_>>(), [closed, leaked, closed, closed]);
    for n in 1..=4 {
        assert!(matches!(
            life.account.authenticate(&digest(n), life.now),
            Err(KeyRefusal::Revoked | KeyRefusal::Expired { .. })
        ));
    }
    assert_eq!(life.authenticates(1), Err(KeyRefusal::Revoked));
}

// J2: no call is admitted, not even a free one, and nothing is charged, automatically or by hand.
#[test]
fn j2_no_call_is_admitted_and_nothing_charged() {
    let mut life = closing_with_a_call();
    let refusal = Rejection::OutOfOrder { needs: StageTag::Active, is: StageTag::Closing };
    for text in ["0", "1"] {
        assert_eq!(life.spends(text), Err(refusal.clone()));
        assert_eq!(life.authorizes(2, text), Err(refusal.clone()));
    }
    assert_eq!(life.tops_up("5"), Err(refusal));
    assert_eq!(life.outlook(), TopUpOutlook::Closing);
    // Its balance would have called for a top-up.
    let mut life = Life::funded();
    life.authorizes(1, "15").unwrap();
    life.authorizes(2, "1").unwrap();
    life.closes().unwrap();
    assert_eq!(life.settles(1, "15").unwrap(), ["call_settled"]);
    life.posted_is("5");
    life.asks_for_nothing();
}

// J2: it completes by itself when the last open call has ended, however that ends.
#[test]
fn j2_it_waits_for_an_open_call() {
    let mut life = closing_with_a_call();
    life.stage_is(StageTag::Closing);
    assert_eq!(life.tick().unwrap(), NOTHING);
    assert_eq!(life.extends(1, time("2025-01-01T03:00:00Z")).unwrap(), ["call_extended"]);
    assert_eq!(life.settles(1, "4").unwrap(), ["call_settled", "refund_requested", "account_closed"]);
    life.posted_is("0");
    let mut life = closing_with_a_call();
    assert_eq!(life.releases(1).unwrap(), ["call_released", "refund_requested", "account_closed"]);
}

// J2: a call whose hold has expired has not ended until its late window has, or it is settled or released.
#[test]
fn j2_it_waits_for_a_call_that_has_expired() {
    let expired = || {
        let mut life = closing_with_a_call();
        assert_eq!(life.later("1h").tick().unwrap(), ["call_expired"]);
        life.stage_is(StageTag::Closing);
        life
    };
    let mut life = expired();
    assert_eq!(life.settles(1, "5").unwrap(), ["call_settled_late", "refund_requested", "account_closed"]);
    let mut life = expired();
    assert_eq!(life.releases(1).unwrap(), ["call_forgotten", "refund_requested", "account_closed"]);
    let mut life = expired();
    assert_eq!(life.at("2025-01-02T00:59:59.999999Z").tick().unwrap(), NOTHING);
    life.stage_is(StageTag::Closing);
    let completes = ["call_forgotten", "refund_requested", "account_closed"];
    assert_eq!(life.at("2025-01-02T01:00:00Z").tick().unwrap(), completes);
    // One late tick does all of it.
    let mut life = closing_with_a_call();
    let completes = ["call_expired", "call_forgotten", "refund_requested", "account_closed"];
    assert_eq!(life.later("30d").tick().unwrap(), completes);
}

// J2: it waits for an open charge: asked on, and credited or not.
#[test]
fn j2_it_waits_for_an_open_charge() {
    let closing = || {
        let mut life = Life::funded();
        life.spends("10").unwrap();
        assert_eq!(life.closes().unwrap(), ["key_revoked", "account_closing"]);
        assert_eq!(life.owes(), ["make_charge"]);
        life
    };
    let mut life = closing();
    assert_eq!(
        life.charge_succeeds().unwrap(),
        ["charge_succeeded", "refund_requested", "refund_requested", "account_closed"]
    );
    let mut life = closing();
    assert_eq!(life.later("23h").tick().unwrap(), ["charge_asking_ended"]);
    assert_eq!(life.charge_is_not_found().unwrap(), ["charge_failed", "refund_requested", "account_closed"]);
    let mut life = closing();
    life.charge_requires_action().unwrap();
    assert_eq!(life.later("24h").tick().unwrap(), ["charge_cancelling"]);
    assert_eq!(
        life.charge_is_cancelled().unwrap(),
        ["charge_abandoned", "refund_requested", "account_closed"]
    );
    // One that was reported with another amount waits for the operator.
    let mut life = closing();
    assert_eq!(life.charge_succeeds_with(2, "11").unwrap(), ["charge_mismatched"]);
    life.later("30d").tick().unwrap();
    life.stage_is(StageTag::Closing);
    assert_eq!(
        life.resolves(2, "11").unwrap(),
        ["charge_resolved", "charge_succeeded", "refund_requested", "refund_requested", "account_closed"]
    );
}

// J2: it waits for an open dispute.
#[test]
fn j2_it_waits_for_an_open_dispute() {
    let closing = || {
        let mut life = Life::with_credit("15");
        life.is_disputed("dp_1", 1, "12").unwrap();
        life.posted_is("3");
        assert_eq!(life.closes().unwrap(), ["key_revoked", "account_closing"]);
        life.later("30d").tick().unwrap();
        life.stage_is(StageTag::Closing);
        life
    };
    let mut life = closing();
    assert_eq!(
        life.dispute_ends("dp_1", DisputeOutcome::Lost).unwrap(),
        ["dispute_closed", "refund_requested", "account_closed"]
    );
    let mut life = closing();
    assert_eq!(
        life.dispute_ends("dp_1", DisputeOutcome::Won).unwrap(),
        ["dispute_closed", "refund_requested", "account_closed"]
    );
    life.contributes(1, "5");
}

// J2: one that was lost before is no obstacle.
#[test]
fn j2_it_does_not_wait_for_a_lost_dispute() {
    let mut life = Life::with_credit("15");
    life.is_disputed("dp_1", 1, "12").unwrap();
    life.dispute_ends("dp_1", DisputeOutcome::Lost).unwrap();
    assert!(life.closes().unwrap().contains(&"account_closed"));
}

// J2: of several it is the last that lets it complete, whichever that is.
#[test]
fn j2_it_waits_for_the_last_of_all() {
    type Ends = fn(&mut Life) -> Answer;
    let ends: [Ends; 4] = [
        |life| life.settles(1, "1"),
        |life| life.releases(2),
        |life| life.charge_fails(Decline::Soft),
        |life| life.dispute_ends("dp_1", DisputeOutcome::Lost),
    ];
    for last in 0..ends.len() {
        let mut life = Life::funded();
        life.authorizes(2, "1").unwrap();
        life.later("1h").tick().unwrap();
        life.authorizes(1, "1").unwrap();
        life.spends("10").unwrap();
        life.is_disputed("dp_1", 1, "2").unwrap();
        assert_eq!(life.closes().unwrap(), ["key_revoked", "account_closing"]);
        for step in 1..=ends.len() {
            life.stage_is(StageTag::Closing);
            let end = ends.get((last + step) % ends.len()).unwrap();
            end(&mut life).unwrap();
        }
        life.stage_is(StageTag::Closed);
    }
}

// J2: a refund whose outcome is unknown does not keep the account from completing.
#[test]
fn j2_it_does_not_wait_for_a_refund() {
    let mut life = Life::funded();
    life.refunds(1, "5").unwrap();
    assert!(life.closes().unwrap().contains(&"account_closed"));
    assert_eq!(life.owes(), ["send_refund", "send_refund"]);
    assert_eq!(life.refund_succeeds(1).unwrap(), ["refund_succeeded"]);
    assert_eq!(life.later("23h").tick().unwrap(), ["refund_asking_ended"]);
    assert_eq!(life.owes(), ["look_up_refund"]);
}

// J2: closing again changes nothing, while it is closing and afterwards.
#[test]
fn j2_closing_again_changes_nothing() {
    let mut life = closing_with_a_call();
    assert_eq!(life.closes().unwrap(), NOTHING);
    life.releases(1).unwrap();
    assert_eq!(life.closes().unwrap(), NOTHING);
    assert_eq!(life.sends(&Action::Close {}.by(Actor::Operator)).unwrap(), NOTHING);
}

// J2: the request ends waits, pauses, deferrals and bars, also those of disputes, and the notice.
#[test]
fn j2_the_request_ends_what_was_waiting() {
    type Happens = fn(&mut Life);
    let waiting: [(&str, Happens); 5] = [
        ("a wait", |life| {
            life.spends("10").unwrap();
            life.charge_fails(Decline::Soft).unwrap();
        }),
        ("a pause", |life| {
            life.spends("10").unwrap();
            life.charge_fails(Decline::Hard).unwrap();
        }),
        ("a deferral", |life| {
            life.caps(Setting::Kept, Setting::To(1)).unwrap();
            life.spends("10").unwrap();
            life.charge_succeeds().unwrap();
            life.spends("10").unwrap();
        }),
        ("a bar", |life| {
            life.changes_policy(|numbers| numbers.failures_bound = 1);
            life.tops_up("5").unwrap();
            life.charge_fails(Decline::Soft).unwrap();
        }),
        ("a notice", |life| drop(life.sets_notice(Some("20")).unwrap())),
    ];
    for (what, happens) in waiting {
        let mut life = Life::funded();
        life.authorizes(1, "1").unwrap();
        happens(&mut life);
        life.closes().unwrap();
        assert_eq!(life.outlook(), TopUpOutlook::Closing, "{what}");
        assert_eq!(life.account.notice(), Notice::Off, "{what}");
        assert_eq!(life.next_deadline(), Some(time("2025-01-01T01:00:00Z")), "{what}: only the call's");
        // Nothing of it comes back before, or with, the end.
        assert_eq!(life.later("1h").tick().unwrap(), ["call_expired"], "{what}");
        let completes = ["call_forgotten", "refund_requested", "account_closed"];
        assert_eq!(life.later("30d").tick().unwrap(), completes, "{what}");
    }
    let mut life = Life::funded();
    life.is_disputed("dp_1", 1, "5").unwrap();
    assert_eq!(life.account.disputes().first().unwrap().bar, DisputeBar::Stands);
    life.closes().unwrap();
    assert_eq!(life.account.disputes().first().unwrap().bar, DisputeBar::Cleared);
}

// J2: nothing sets them again: a decline brings no wait, pause or bar, a reversal no pause.
#[test]
fn j2_nothing_sets_a_wait_a_pause_or_a_bar_again() {
    let closing = || {
        let mut life = Life::funded();
        life.changes_policy(|numbers| numbers.failures_bound = 1);
        life.authorizes(1, "1").unwrap();
        life.spends("10").unwrap();
        life.closes().unwrap();
        life
    };
    for decline in [Decline::Soft, Decline::Hard] {
        assert_eq!(closing().charge_fails(decline).unwrap(), ["charge_failed"]);
    }
    assert_eq!(closing().charge_is_cancelled().unwrap(), ["charge_abandoned"]);
    assert_eq!(closing().charge_is_not_found().unwrap(), ["charge_failed"]);
    let mut life = closing();
    assert_eq!(life.refunds(1, "1").unwrap(), ["refund_requested"]);
    assert_eq!(life.records_refund(1, "1", "re_9").unwrap(), ["refund_recorded"]);
    assert_eq!(life.is_disputed("dp_1", 1, "1").unwrap(), ["dispute_opened"]);
    assert_eq!(life.dispute_ends("dp_1", DisputeOutcome::Won).unwrap(), ["dispute_closed"]);
    assert_eq!(life.next_deadline(), Some(time("2025-01-01T01:00:00Z")));
}

// J2: a dispute opened while the account is closing bars nothing, and is waited for.
#[test]
fn j2_a_dispute_opened_meanwhile_is_waited_for() {
    let mut life = closing_with_a_call();
    assert_eq!(life.is_disputed("dp_1", 1, "5").unwrap(), ["dispute_opened"]);
    assert_eq!(life.releases(1).unwrap(), ["call_released"]);
    life.stage_is(StageTag::Closing);
    let completes = ["dispute_closed", "refund_requested", "account_closed"];
    assert_eq!(life.dispute_ends("dp_1", DisputeOutcome::Lost).unwrap(), completes);
}

// J2, K4: what is due completes the closing before a command is heard; a refusal leaves it due.
#[test]
fn j2_a_command_after_the_end_of_the_late_window_finds_it_closed() {
    let mut life = closing_with_a_call();
    life.later("30d");
    let refusal = Rejection::OutOfOrder { needs: StageTag::Linked, is: StageTag::Closed };
    assert_eq!(life.refunds(1, "1"), Err(refusal));
    life.stage_is(StageTag::Closing);
    life.tick().unwrap();
    life.stage_is(StageTag::Closed);
}
