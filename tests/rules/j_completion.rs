//! J2. What completes a closing: grants are voided, purchased credit goes back, the rest is forfeited.

use crate::life::{Life, amount, balance};
use prepaid::{ChargeNumber, DisputeOutcome, Event, RefundCause, StageTag};

/// What the last step did about grants and money, told in words.
fn told(life: &Life) -> Vec<String> {
    let tell = |event: &Event| {
        if let Event::GrantVoided { grant, amount } = event {
            Some(format!("voids {amount} of grant {}", grant.0.as_u128()))
        } else if let Event::RefundRequested { charge, amount, cause, .. } = event {
            assert_eq!(*cause, RefundCause::Closing);
            Some(format!("refunds {amount} to charge {charge}"))
        } else if let Event::CreditForfeited { amount } = event {
            Some(format!("forfeits {amount}"))
        } else {
            (*event == Event::AccountClosed {}).then(|| "closed".to_string())
        }
    };
    life.batches.last().unwrap().events.iter().filter_map(tell).collect()
}

/// Charges 1 to 3 of 20.00, 5.00 and 7.00, and then so much spent.
fn three_charges(spent: &str) -> Life {
    let mut life = Life::with_credit("20");
    for text in ["5", "7"] {
        life.tops_up(text).unwrap();
        life.charge_succeeds().unwrap();
    }
    life.spends(spent).unwrap();
    life
}

// J2: refunds the purchased remainder to charges, newest first, each at most its contribution.
#[test]
fn j2_the_remainder_goes_back_newest_charge_first() {
    for (spent, words) in [
        ("0", vec!["refunds 7 to charge 3", "refunds 5 to charge 2", "refunds 20 to charge 1", "closed"]),
        ("10", vec!["refunds 7 to charge 3", "refunds 5 to charge 2", "refunds 10 to charge 1", "closed"]),
        ("20", vec!["refunds 7 to charge 3", "refunds 5 to charge 2", "closed"]),
        ("24", vec!["refunds 7 to charge 3", "refunds 1 to charge 2", "closed"]),
        ("25", vec!["refunds 7 to charge 3", "closed"]),
        ("31.99", vec!["refunds 0.01 to charge 3", "closed"]),
        ("32", vec!["closed"]),
    ] {
        let mut life = three_charges(spent);
        life.closes().unwrap();
        assert_eq!(told(&life), words, "after {spent}");
        life.posted_is("0");
    }
}

// J2: each at most its contribution: what was refunded or disputed of it before is not refunded again.
#[test]
fn j2_each_refund_is_at_most_the_contribution() {
    let mut life = three_charges("0");
    life.refunds(3, "6").unwrap();
    life.refunds(2, "1").unwrap();
    life.records_refund(2, "1", "re_9").unwrap();
    life.is_disputed("dp_1", 1, "15").unwrap();
    life.dispute_ends("dp_1", DisputeOutcome::Lost).unwrap();
    life.posted_is("9");
    life.closes().unwrap();
    assert_eq!(
        told(&life),
        ["refunds 1 to charge 3", "refunds 3 to charge 2", "refunds 5 to charge 1", "closed"]
    );
    // A refund that failed before counts for nothing.
    let mut life = three_charges("0");
    life.refunds(3, "6").unwrap();
    life.refund_fails(1).unwrap();
    life.closes().unwrap();
    assert_eq!(told(&life).first().unwrap(), "refunds 7 to charge 3");
}

// J2: each refund is rounded down to whole charge units; what cannot be refunded is forfeited.
#[test]
fn j2_refunds_are_rounded_down_and_the_rest_is_forfeited() {
    for (spent, words) in [
        ("30.995", vec!["refunds 1 to charge 3", "forfeits 0.005", "closed"]),
        ("31.991", vec!["forfeits 0.009", "closed"]),
        ("31.99", vec!["refunds 0.01 to charge 3", "closed"]),
        ("31.989", vec!["refunds 0.01 to charge 3", "forfeits 0.001", "closed"]),
        (
            "10.001",
            vec![
                "refunds 7 to charge 3",
                "refunds 5 to charge 2",
                "refunds 9.99 to charge 1",
                "forfeits 0.009",
                "closed",
            ],
        ),
    ] {
        let mut life = three_charges(spent);
        life.closes().unwrap();
        assert_eq!(told(&life), words, "after {spent}");
        life.posted_is("0");
    }
}

// J2: it takes from the newest charge that still contributes a whole unit.
#[test]
fn j2_a_charge_that_contributes_less_than_a_unit_is_passed_over() {
    let mut life = three_charges("0");
    life.is_disputed("dp_1", 3, "6.995").unwrap();
    life.dispute_ends("dp_1", DisputeOutcome::Lost).unwrap();
    life.contributes(3, "0.005");
    life.closes().unwrap();
    assert_eq!(told(&life), ["refunds 5 to charge 2", "refunds 20 to charge 1", "forfeits 0.005", "closed"]);
}

// J2: the unit is the policy's.
#[test]
fn j2_refunds_are_whole_charge_units_of_the_policy() {
    let mut life = three_charges("10");
    life.changes_policy(|numbers| {
        numbers.charge_unit = amount("2");
        numbers.smallest_charge = amount("2");
        numbers.manual_min = amount("2");
    });
    life.closes().unwrap();
    // 22.00 left: 6 of 7, then 4 of 5, then 12 of the 12 that are left.
    assert_eq!(
        told(&life),
        ["refunds 6 to charge 3", "refunds 4 to charge 2", "refunds 12 to charge 1", "closed"]
    );
}

// J2: grants are voided, in the order in which they would be spent, and then those not yet started; none is refunded.
#[test]
fn j2_grants_are_voided() {
    let mut life = Life::with_credit("20");
    life.is_granted_with(1, "1", 9, None).unwrap();
    life.is_granted_with(2, "2", 0, None).unwrap();
    life.is_granted_with(3, "3", 0, Some("2025-06-01T00:00:00Z")).unwrap();
    life.is_granted_from(5, "5", "2025-03-01T00:00:00Z", None).unwrap();
    life.is_granted_from(4, "4", "2025-03-01T00:00:00Z", None).unwrap();
    life.posted_is("26");
    life.spends("4").unwrap();
    life.closes().unwrap();
    assert_eq!(
        told(&life),
        [
            "voids 1 of grant 2",
            "voids 1 of grant 1",
            "voids 0 of grant 4",
            "voids 0 of grant 5",
            "refunds 20 to charge 1",
            "closed"
        ]
    );
    life.posted_is("0");
    assert_eq!(life.next_deadline().map(|at| at.to_string()), Some("2025-01-01T23:00:00Z".to_string()));
}

// J2: an account that never bought anything has its grants voided, at whatever stage.
#[test]
fn j2_grants_are_voided_where_nothing_was_bought() {
    let mut life = Life::at_stage(StageTag::Agreed);
    life.is_granted(1, "5").unwrap();
    assert_eq!(life.closes().unwrap(), ["account_closing", "grant_voided", "account_closed"]);
    life.posted_is("0");
}

// J2: completion voids grants; until then they are there, and calls that hold them settle from them.
#[test]
fn j2_grants_stay_until_completion() {
    let mut life = Life::with_credit("20");
    life.is_granted(1, "5").unwrap();
    life.is_granted_with(2, "1", 0, Some("2025-01-01T00:30:00Z")).unwrap();
    life.authorizes(1, "3").unwrap();
    life.closes().unwrap();
    life.posted_is("26");
    assert_eq!(life.later("30m").tick().unwrap(), ["grant_expired"], "with nothing unheld left of it");
    // Of 3.00 held, 1.00 of grant 2 and 2.00 of grant 1, 2.00 are settled: 1.00 of each.
    assert_eq!(
        life.settles(1, "2").unwrap(),
        ["call_settled", "grant_voided", "refund_requested", "account_closed"]
    );
    assert_eq!(told(&life), ["voids 4 of grant 1", "refunds 20 to charge 1", "closed"]);
}

// J2: the operator may void a grant before.
#[test]
fn j2_the_operator_may_void_a_grant_while_closing() {
    let mut life = Life::with_credit("20");
    life.is_granted(1, "5").unwrap();
    life.authorizes(1, "1").unwrap();
    life.closes().unwrap();
    assert_eq!(life.voids(1).unwrap(), ["grant_voided"]);
    life.releases(1).unwrap();
    assert_eq!(told(&life), ["refunds 20 to charge 1", "closed"]);
}

// J2: purchased credit whose charge is archived cannot be refunded, and is forfeited, as an event.
#[test]
fn j2_credit_of_archived_charges_is_forfeited() {
    let mut life = Life::with_credit("20");
    life.at("2026-06-25T00:00:00Z");
    assert_eq!(life.spends("1").unwrap(), ["call_charged", "charge_archived"]);
    life.closes().unwrap();
    assert_eq!(told(&life), ["forfeits 19", "closed"]);
    assert_eq!(life.batches.last().unwrap().events.iter().count(), 4);
    life.posted_is("0");
    // Beside a charge that is not, only the rest is.
    let mut life = Life::with_credit("20");
    life.at("2026-06-24T00:00:00Z").tops_up("5").unwrap();
    life.charge_succeeds().unwrap();
    life.at("2026-06-25T00:00:00Z").spends("1").unwrap();
    life.closes().unwrap();
    assert_eq!(told(&life), ["refunds 5 to charge 2", "forfeits 19", "closed"]);
}

// G1, J2: while an account is closing no charge is archived: what is left still goes back to it.
#[test]
fn j2_a_closing_account_keeps_its_charges() {
    let mut life = Life::with_credit("20");
    life.at("2026-06-24T23:30:00Z").authorizes(1, "1").unwrap();
    life.closes().unwrap();
    life.at("2026-06-25T00:10:00Z").is_suspended_for("review").unwrap();
    assert!(life.account.charge(ChargeNumber(1)).is_some());
    life.releases(1).unwrap();
    assert_eq!(told(&life), ["refunds 20 to charge 1", "closed"]);
}

// J2: a debt that arose meanwhile stays on record.
#[test]
fn j2_a_debt_that_arose_meanwhile_stays_on_record() {
    let mut life = Life::with_credit("20");
    life.allows_debt("5");
    life.authorizes(1, "20").unwrap();
    life.closes().unwrap();
    assert_eq!(life.settles(1, "23").unwrap(), ["call_settled", "account_closed"]);
    life.posted_is("-3");
    // By a dispute, too.
    let mut life = Life::with_credit("5");
    life.authorizes(1, "1").unwrap();
    life.closes().unwrap();
    life.is_disputed("dp_1", 1, "20").unwrap();
    life.releases(1).unwrap();
    assert_eq!(
        life.dispute_ends("dp_1", DisputeOutcome::Lost).unwrap(),
        ["dispute_closed", "account_closed"]
    );
    life.posted_is("-15");
}

// J2, H4: a debt that arose meanwhile is paid from grants before they are voided.
#[test]
fn j2_a_debt_is_paid_from_grants_before_they_are_voided() {
    let mut life = Life::with_credit("5");
    life.is_granted_with(1, "10", 9, None).unwrap();
    life.authorizes(1, "1").unwrap();
    life.closes().unwrap();
    life.is_disputed("dp_1", 1, "12").unwrap();
    life.dispute_ends("dp_1", DisputeOutcome::Lost).unwrap();
    life.posted_is("3");
    life.lot_is(1, "2", "0");
    life.releases(1).unwrap();
    // 8.00 of the grant went to the debt; what the call gives back was bought.
    assert_eq!(told(&life), ["voids 2 of grant 1", "refunds 1 to charge 1", "closed"]);
    life.posted_is("0");
}

// M5: what was forfeited and voided is gone from the balance, and nothing else is.
#[test]
fn j2_every_cent_of_a_closing_is_accounted_for() {
    let mut life = three_charges("10.001");
    life.is_granted(1, "5").unwrap();
    life.is_granted_from(2, "5", "2025-03-01T00:00:00Z", None).unwrap();
    life.authorizes(1, "3").unwrap();
    life.closes().unwrap();
    assert_eq!(life.account.balance().posted, balance("26.999"));
    life.settles(1, "1").unwrap();
    // 26.999 - 1.00 settled - 4.00 voided - (7 + 5 + 9.99) refunded - 0.009 forfeited.
    assert_eq!(life.account.balance().posted, balance("0"));
    assert!(life.account.lots().is_empty() && life.account.waiting_grants().is_empty());
}

/// Closing, with a call open, a dispute lost beyond what is left, and a grant that is to start after all that has ended.
fn leaving() -> Life {
    let mut life = Life::with_credit("2");
    life.authorizes(1, "1").unwrap();
    life.is_granted_from(1, "5", "2025-01-05T00:00:00Z", None).unwrap();
    life.closes().unwrap();
    life.is_disputed("dp_1", 1, "20").unwrap();
    life.loses("dp_1").unwrap();
    life
}

// J2, K3: an account completes when the last thing has ended, however late the tick: no later grant pays its debt.
#[test]
fn j2_a_late_tick_completes_as_ticks_on_time_do() {
    let mut on_time = leaving();
    let mut instants = Vec::new();
    while let Some(at) = on_time.next_deadline() {
        instants.push(at);
        on_time.now = at;
        on_time.tick().unwrap();
    }
    on_time.posted_is("-18");
    on_time.stage_is(StageTag::Closed);
    assert!(instants.len() >= 2, "{instants:?}");
    for chosen in 0_u32..1 << instants.len() {
        let mut life = leaving();
        for (n, at) in instants.iter().enumerate() {
            if chosen & (1 << n) != 0 {
                life.now = *at;
                life.tick().unwrap();
            }
        }
        life.at("2025-01-09T00:00:00Z").tick().unwrap();
        assert_eq!(life.account.balance(), on_time.account.balance(), "{chosen:b}");
        life.stage_is(StageTag::Closed);
    }
}

#[test]
fn k3_what_was_due_comes_before_what_closes() {
    let mut life = Life::with_credit("20");
    life.creates_key(2).unwrap();
    life.authorizes(1, "1").unwrap();
    life.later("2h");
    let events = life.closes().unwrap();
    assert_eq!(events, ["call_expired", "key_revoked", "key_revoked", "account_closing"]);
}

#[test]
fn j2_an_account_that_closes_before_a_card_is_linked_keeps_the_terms_it_accepted() {
    let mut life = Life::at_stage(StageTag::Agreed);
    life.closes().unwrap();
    life.stage_is(StageTag::Closed);
    assert!(!life.account.is_outdated(&life.policy));
    life.requires_terms("TOS_2025_06_01", "2025-06-01T00:00:00Z");
    assert!(life.account.is_outdated(&life.policy));
}
