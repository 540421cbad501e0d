//! F6, F7. Running out of credit, and topping up by hand. (F1 to F3b: `f_results.rs`, `f_late.rs`; F3 and F4:
//! `f_unknown.rs`; F5: `f_recovery.rs`, `f_bars.rs`.)

use crate::life::{Life, amount, span};
use prepaid::{
    Action, ChargeKind, ChargeNumber, Decline, OutdatedTerms, PauseReason, PolicyNumbers, Rejection,
    StageTag, TopUpOutlook,
};

/// The refusal of a call for want of credit.
fn short(short: &str, held: &str, outlook: TopUpOutlook) -> Rejection {
    let (short, held) = (amount(short), amount(held));
    Rejection::InsufficientCredit { short, held, outlook }
}

/// Charge 2, automatic, of 10.00, at a balance of 10.00.
fn asking() -> Life {
    let mut life = Life::funded();
    life.spends("10.00").unwrap();
    life
}

fn suspend() -> Action {
    let reason = "review".parse().unwrap();
    Action::Suspend { reason }
}

// F6: calls go on to the last of the credit, while the top-up is pending and after it has failed.
#[test]
fn f6_calls_go_on_while_credit_lasts() {
    let mut life = asking();
    assert_eq!(life.spends("4.00").unwrap(), ["call_charged"]);
    life.charge_fails(Decline::Hard).unwrap();
    assert_eq!(life.spends("6.00").unwrap(), ["call_charged"]);
    life.available_is("0");
    let outlook = TopUpOutlook::Paused { reason: PauseReason::HardDecline };
    assert_eq!(life.spends("0.000001"), Err(short("0.000001", "0", outlook)));
}

// F6: the refusal says what is short, and what is held.
#[test]
fn f6_says_what_is_short_and_what_is_held() {
    let mut life = Life::funded();
    life.authorizes(1, "15.00").unwrap();
    let above = TopUpOutlook::AboveThreshold;
    assert_eq!(life.spends("5.01"), Err(short("0.01", "15.00", above)));
    assert_eq!(life.authorizes(2, "8.50"), Err(short("3.50", "15.00", above)));
    assert_eq!(life.spends("5.00").unwrap(), ["call_charged"]);
}

// F6: a top-up is pending, whatever kind of charge is open.
#[test]
fn f6_says_that_a_top_up_is_pending() {
    let pending = TopUpOutlook::Pending { charge: ChargeNumber(2) };
    assert_eq!(asking().spends("15.00"), Err(short("5.00", "0", pending)));
    let mut manual = Life::funded();
    manual.tops_up("5.00").unwrap();
    assert_eq!(manual.spends("21.00"), Err(short("1.00", "0", pending)));
}

#[test]
fn f6_says_when_the_next_charge_is_due() {
    let mut life = asking();
    life.charge_fails(Decline::Soft).unwrap();
    let outlook = TopUpOutlook::RetryAt { at: life.now.saturating_add(span("1h")) };
    assert_eq!(life.later("30m").spends("15.00"), Err(short("5.00", "0", outlook)));
}

#[test]
fn f6_says_why_top_ups_are_paused() {
    let paused = |reason| Err(short("5.00", "0", TopUpOutlook::Paused { reason }));
    let mut life = asking();
    life.charge_fails(Decline::Hard).unwrap();
    assert_eq!(life.spends("15.00"), paused(PauseReason::HardDecline));
    let mut life = asking();
    life.charge_is_cancelled().unwrap();
    assert_eq!(life.spends("15.00"), paused(PauseReason::ChargeAbandoned));
    let mut life = asking();
    for wait in ["1h", "24h", "72h"] {
        life.charge_fails(Decline::Soft).unwrap();
        life.later(wait).tick().unwrap();
    }
    life.charge_fails(Decline::Soft).unwrap();
    assert_eq!(life.spends("15.00"), paused(PauseReason::RetriesExhausted));
}

#[test]
fn f6_says_that_top_ups_are_off() {
    let mut life = Life::with_credit("1.00");
    assert_eq!(life.spends("3.00"), Err(short("2.00", "0", TopUpOutlook::Off)));
}

#[test]
fn f6_says_that_none_is_due_above_the_threshold() {
    let above = TopUpOutlook::AboveThreshold;
    assert_eq!(Life::funded().spends("20.01"), Err(short("0.01", "0", above)));
}

#[test]
fn f6_says_until_when_the_card_is_barred() {
    let numbers = PolicyNumbers { failures_bound: 1, ..PolicyNumbers::documented() };
    let mut life = Life::under(numbers).on_to(StageTag::Active);
    life.tops_up("5.00").unwrap();
    life.charge_fails(Decline::Soft).unwrap();
    let barred = TopUpOutlook::BarredUntil { until: life.now.saturating_add(span("30d")) };
    assert_eq!(life.spends("10.00").unwrap(), ["call_charged"]); // nothing is asked
    assert_eq!(life.spends("15.00"), Err(short("5.00", "0", barred)));
}

// The outlooks of accounts whose calls are refused for another reason first.
#[test]
fn f6_an_account_that_was_never_funded_says_so() {
    for stage in [StageTag::Vacant, StageTag::Registered, StageTag::Linked, StageTag::Funding] {
        assert_eq!(Life::at_stage(stage).outlook(), TopUpOutlook::NotFunded);
    }
}

#[test]
fn f6_a_suspended_account_says_so() {
    let mut life = Life::funded();
    life.authorizes(1, "12.00").unwrap();
    life.operator(suspend()).unwrap();
    assert_eq!(life.settles(1, "12.00").unwrap(), ["call_settled"]);
    assert_eq!(life.outlook(), TopUpOutlook::Suspended);
}

#[test]
fn f6_outdated_terms_past_their_grace_say_so_until_they_are_accepted() {
    let mut life = Life::funded();
    life.authorizes(1, "12.00").unwrap();
    let before = life.policy.clone();
    life.requires_terms("TOS_2025", "2024-12-01T00:00:00Z"); // 31 days ago
    assert_eq!(life.settles(1, "12.00").unwrap(), ["call_settled"]);
    assert_eq!(life.outlook(), TopUpOutlook::TermsOutdated);
    // A changed policy may leave a top-up due; the next change charges.
    let mut relieved = life.clone();
    relieved.policy = before;
    assert_eq!(relieved.outlook(), TopUpOutlook::Due);
    assert_eq!(relieved.tick(), Ok(vec![]));
    assert_eq!(relieved.spends("0").unwrap(), ["call_charged", "charge_requested"]);
    assert_eq!(life.accepts_terms("TOS_2025").unwrap(), ["terms_accepted", "charge_requested"]);
}

// F6: of several that are so, the first of the list is told; each line takes away the one told before.
#[test]
fn f6_the_first_that_is_so_is_told() {
    let numbers = PolicyNumbers { failures_bound: 2, ..PolicyNumbers::documented() };
    let mut life = Life::under(numbers).on_to(StageTag::Active);
    life.authorizes(1, "12.00").unwrap();
    let until = life.now.saturating_add(span("30d"));
    life.tops_up("5.00").unwrap();
    life.charge_fails(Decline::Soft).unwrap();
    life.spends("8.00").unwrap();
    life.settles(1, "12.00").unwrap();
    assert_eq!(life.outlook(), TopUpOutlook::Pending { charge: ChargeNumber(3) });
    life.switches(false).unwrap();
    assert_eq!(life.outlook(), TopUpOutlook::Pending { charge: ChargeNumber(3) });
    life.charge_fails(Decline::Soft).unwrap(); // waits, and the card is barred
    assert_eq!(life.outlook(), TopUpOutlook::Off);
    life.switches(true).unwrap();
    life.operator(suspend()).unwrap();
    // The wait ends in an hour and the bar in a month: nothing happens before the later of the two.
    assert_eq!(life.outlook(), TopUpOutlook::BarredUntil { until });
    life.later("1h").tick().unwrap();
    assert_eq!(life.outlook(), TopUpOutlook::BarredUntil { until });
    life.requires_terms("TOS_2025", "2024-12-01T00:00:00Z");
    life.now = until;
    life.tick().unwrap();
    assert_eq!(life.outlook(), TopUpOutlook::Suspended);
    life.operator(Action::Resume {}).unwrap();
    assert_eq!(life.outlook(), TopUpOutlook::TermsOutdated);
}

// F6: a wait that outlasts the bar is the time to tell.
#[test]
fn f6_of_a_wait_and_a_bar_the_later_end_is_told() {
    let (failures_bound, failures_window) = (1, span("30m"));
    let numbers = PolicyNumbers { failures_bound, failures_window, ..PolicyNumbers::documented() };
    let mut life = Life::under(numbers).on_to(StageTag::Active);
    life.spends("10.00").unwrap();
    life.charge_fails(Decline::Soft).unwrap();
    let at = life.now.saturating_add(span("1h"));
    assert_eq!(life.outlook(), TopUpOutlook::RetryAt { at });
}

#[test]
fn f6_a_pause_is_told_before_the_balance_and_the_balance_before_a_wait() {
    let mut paused = asking();
    paused.charge_fails(Decline::Hard).unwrap();
    paused.sets("5.00", "20.00").unwrap(); // the balance of 10.00 is above it
    assert_eq!(paused.outlook(), TopUpOutlook::Paused { reason: PauseReason::HardDecline });
    paused.switches(false).unwrap();
    assert_eq!(paused.outlook(), TopUpOutlook::Off);
    let mut waiting = asking();
    waiting.charge_fails(Decline::Soft).unwrap();
    waiting.sets("5.00", "20.00").unwrap();
    assert_eq!(waiting.outlook(), TopUpOutlook::AboveThreshold);
}

// F7: the amount asked is charged, and credited when taken, also above the target.
#[test]
fn f7_a_manual_top_up_is_charged_and_credited() {
    let mut life = Life::funded();
    assert_eq!(life.tops_up("25.50").unwrap(), ["charge_requested"]);
    life.asks_for(ChargeKind::Manual, "25.50");
    life.posted_is("20");
    assert_eq!(life.charge_succeeds().unwrap(), ["charge_succeeded"]);
    life.posted_is("45.50");
}

#[test]
fn f7_only_after_funding() {
    for stage in [
        StageTag::Vacant,
        StageTag::Registered,
        StageTag::Agreed,
        StageTag::Described,
        StageTag::Linked,
        StageTag::Funding,
    ] {
        let refused = Rejection::OutOfOrder { needs: StageTag::Active, is: stage };
        assert_eq!(Life::at_stage(stage).tops_up("5.00"), Err(refused));
    }
}

// F7: from 1.00 to 300.00, both included.
#[test]
fn f7_minimum_and_maximum_are_included() {
    for good in ["1.00", "1.01", "299.99", "300.00"] {
        assert_eq!(Life::funded().tops_up(good).unwrap(), ["charge_requested"], "{good}");
    }
    for bad in ["0", "0.01", "0.99", "300.01", "1000.00"] {
        let refused = Rejection::AmountOutOfBounds {
            amount: amount(bad),
            at_least: amount("1.00"),
            at_most: amount("300.00"),
        };
        assert_eq!(Life::funded().tops_up(bad), Err(refused), "{bad}");
    }
}

// F7: whole charge units, and nothing is rounded for the owner.
#[test]
fn f7_whole_charge_units_only() {
    for bad in ["5.001", "5.005", "1.000000000001", "0.001", "300.001"] {
        let refused = Rejection::AmountNotWhole { amount: amount(bad), unit: amount("0.01") };
        assert_eq!(Life::funded().tops_up(bad), Err(refused), "{bad}");
    }
    let numbers = PolicyNumbers { charge_unit: amount("0.25"), ..PolicyNumbers::documented() };
    let life = Life::under(numbers).on_to(StageTag::Active);
    assert_eq!(life.clone().tops_up("5.75").unwrap(), ["charge_requested"]);
    let refused = Rejection::AmountNotWhole { amount: amount("5.80"), unit: amount("0.25") };
    assert_eq!(life.clone().tops_up("5.80"), Err(refused));
}

// F7: posted and amount together may reach 1000.00 exactly, and not a cent, or a fraction of one, more.
#[test]
fn f7_up_to_the_maximum_balance_exactly() {
    let mut life = Life::with_top_up("5.00", "700.01");
    let refused = Rejection::BalanceTooHigh { amount: amount("300.00"), at_most: amount("1000.00") };
    assert_eq!(life.tops_up("300.00"), Err(refused.clone()));
    assert_eq!(life.clone().tops_up("299.99").unwrap(), ["charge_requested"]);
    life.spends("0.005").unwrap();
    assert_eq!(life.tops_up("300.00"), Err(refused.clone()));
    // What open calls hold is still part of the balance.
    life.authorizes(1, "100.00").unwrap();
    assert_eq!(life.tops_up("300.00"), Err(refused));
    life.spends("0.005").unwrap();
    assert_eq!(life.tops_up("300.00").unwrap(), ["charge_requested"]);
    life.charge_succeeds().unwrap();
    life.posted_is("1000");
}

// F7, E4: not while another charge is open, of whatever kind.
#[test]
fn f7_one_charge_at_a_time() {
    let open = |kind| Err(Rejection::ChargeOpen { charge: ChargeNumber(2), kind });
    assert_eq!(asking().tops_up("5.00"), open(ChargeKind::AutoTopUp));
    let mut life = Life::funded();
    life.tops_up("5.00").unwrap();
    assert_eq!(life.tops_up("5.00"), open(ChargeKind::Manual));
}

// F7: everything is checked before anything is charged; of several reasons the first of the list is given.
#[test]
fn f7_refused_in_order_of_precedence() {
    let mut life = Life::with_top_up("5.00", "900.00");
    life.tops_up("1.00").unwrap();
    life.operator(suspend()).unwrap();
    life.requires_terms("TOS_2025", "2025-01-01T00:00:00Z"); // well within the grace
    let reason = "review".parse().unwrap();
    assert_eq!(life.tops_up("999.999"), Err(Rejection::Suspended { reason }));
    life.operator(Action::Resume {}).unwrap();
    let terms =
        OutdatedTerms { required: "TOS_2025".parse().unwrap(), accepted: "TOS_2024_04_20".parse().unwrap() };
    assert_eq!(life.tops_up("999.999"), Err(Rejection::TermsOutdated(terms)));
    life.accepts_terms("TOS_2025").unwrap();
    let told = |text| life.clone().tops_up(text).unwrap_err().tag().as_str();
    assert_eq!(told("999.999"), "amount_not_whole");
    assert_eq!(told("999.99"), "amount_out_of_bounds");
    assert_eq!(told("200.00"), "balance_too_high");
    assert_eq!(told("50.00"), "charge_open");
}

// F7: switched off or paused, it is still possible by hand.
#[test]
fn f7_possible_while_automatic_top_up_is_off_or_paused() {
    let mut off = Life::with_credit("1.00");
    assert_eq!(off.tops_up("5.00").unwrap(), ["charge_requested"]);
    let mut paused = asking();
    paused.charge_fails(Decline::Hard).unwrap();
    assert_eq!(paused.tops_up("5.00").unwrap(), ["charge_requested"]);
}
