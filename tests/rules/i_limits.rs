//! I1. The account's spending limit per UTC month, over all its keys.

use crate::life::{Answer, Life, amount, time};
use prepaid::{Action, Actor, Rejection, RevokeFor, StageTag, Window};

const NOTHING: [&str; 0] = [];

/// 500.00 of credit, no automatic top-up, two keys; 2025-01-01.
fn rich() -> Life {
    let mut life = Life::with_credit("20");
    life.is_granted(1, "480").unwrap();
    life.creates_key(2).unwrap();
    life
}

fn limited(text: &str) -> Life {
    let mut life = rich();
    assert_eq!(life.limits_spending(Some(text)).unwrap(), ["spending_limited"]);
    life
}

fn reached(limit: &str, used: &str, resets_at: &str) -> Answer {
    Err(Rejection::SpendingLimitReached {
        limit: amount(limit),
        used: amount(used),
        resets_at: time(resets_at),
    })
}

fn reached_in_january(limit: &str, used: &str) -> Answer {
    reached(limit, used, "2025-02-01T00:00:00Z")
}

// I1: off by default.
#[test]
fn i1_there_is_no_limit_unless_one_is_set() {
    let mut life = rich();
    assert_eq!(life.account.spending_limit(), None);
    assert_eq!(life.spends("500").unwrap(), ["call_charged"]);
}

// I1: the whole limit may be spent, by all keys together, and nothing beyond it.
#[test]
fn i1_the_limit_may_be_spent_to_the_last_by_all_keys_together() {
    let mut life = limited("5");
    life.spends("2").unwrap();
    assert_eq!(life.spends_by("3.000000000001", 2), reached_in_january("5", "2"));
    assert_eq!(life.spends_by("3", 2).unwrap(), ["call_charged"]);
    for by in [1, 2] {
        assert_eq!(life.spends_by("0.000000000001", by), reached_in_january("5", "5"));
        assert_eq!(life.authorizes_by(1, "0.000000000001", by), reached_in_january("5", "5"));
    }
    life.posted_is("495");
}

// I1: it is there beside the keys' own limits.
#[test]
fn i1_the_limit_stands_beside_those_of_the_keys() {
    let mut life = limited("5");
    life.limits_key(1, "3", Window::Day).unwrap();
    life.spends("3").unwrap();
    assert!(matches!(life.spends("1"), Err(Rejection::KeyLimitReached { .. })));
    assert_eq!(life.spends_by("2.01", 2), reached_in_january("5", "3"));
    assert_eq!(life.spends_by("2", 2).unwrap(), ["call_charged"]);
    // A new day for the key is no new month for the account.
    assert_eq!(life.at("2025-01-02T00:00:00Z").spends("1"), reached_in_january("5", "5"));
}

// I1: what a revoked key has used counts on.
#[test]
fn i1_a_revoked_keys_use_counts_on() {
    let mut life = limited("5");
    life.spends("5").unwrap();
    life.revokes(1, RevokeFor::Leaked).unwrap();
    assert_eq!(life.spends_by("0.01", 2), reached_in_january("5", "5"));
}

// I1: the window is the UTC month: refused to its last microsecond, and open again from the next month on.
#[test]
fn i1_a_month_ends_with_its_last_day() {
    for (used_at, last, end) in [
        ("2025-01-01T00:00:00Z", "2025-01-31T23:59:59.999999Z", "2025-02-01T00:00:00Z"),
        ("2025-02-28T23:59:59.999999Z", "2025-02-28T23:59:59.999999Z", "2025-03-01T00:00:00Z"),
        ("2028-02-28T00:00:00Z", "2028-02-29T23:59:59.999999Z", "2028-03-01T00:00:00Z"),
        ("2025-06-01T00:00:00Z", "2025-06-30T23:59:59.999999Z", "2025-07-01T00:00:00Z"),
        ("2025-12-31T00:00:00Z", "2025-12-31T23:59:59.999999Z", "2026-01-01T00:00:00Z"),
    ] {
        let mut life = limited("5");
        life.at(used_at).spends("5").unwrap();
        assert_eq!(life.at(last).spends("1"), reached("5", "5", end), "at {last}");
        assert_eq!(life.at(end).spends("5").unwrap(), ["call_charged"], "at {end}");
        assert!(life.spends("0.01").is_err());
    }
}

// I1: a call counts by its hold and then by what was settled.
#[test]
fn i1_a_call_counts_by_its_hold_and_then_by_what_was_settled() {
    let mut life = limited("5");
    life.authorizes(1, "4").unwrap();
    assert_eq!(life.spends_by("1.01", 2), reached_in_january("5", "4"));
    life.settles(1, "1").unwrap();
    assert_eq!(life.spends_by("4.01", 2), reached_in_january("5", "1"));
    assert_eq!(life.spends_by("4", 2).unwrap(), ["call_charged"]);
}

/// A call of 5.00 admitted in the last half hour of January; ten minutes into February.
fn over_the_month(limit: &str) -> Life {
    let mut life = limited(limit);
    life.at("2025-01-31T23:30:00Z").authorizes(1, "5").unwrap();
    life.at("2025-02-01T00:10:00Z");
    life
}

// I1: in the window of its admission, whenever it ends; a release gives back only there.
#[test]
fn i1_a_call_counts_in_the_month_of_its_admission() {
    type Ends = fn(&mut Life);
    let ends: [(&str, Ends); 3] = [
        ("settled", |life| drop(life.settles(1, "4").unwrap())),
        ("released", |life| drop(life.releases(1).unwrap())),
        ("settled late", |life| {
            life.at("2025-02-01T00:30:00Z").tick().unwrap();
            life.settles(1, "5").unwrap();
        }),
    ];
    let march = "2025-03-01T00:00:00Z";
    for (what, end) in ends {
        let mut life = over_the_month("5");
        end(&mut life);
        assert_eq!(life.spends("5").unwrap(), ["call_charged"], "{what} first");
        assert_eq!(life.spends("0.01"), reached("5", "5", march), "{what} first");
        let mut life = over_the_month("5");
        life.spends("5").unwrap();
        end(&mut life);
        assert_eq!(life.spends("0.01"), reached("5", "5", march), "{what} afterwards");
    }
}

// I1: within the month a release gives back.
#[test]
fn i1_a_release_gives_back() {
    let mut life = limited("5");
    life.authorizes(1, "5").unwrap();
    life.releases(1).unwrap();
    assert_eq!(life.spends("5").unwrap(), ["call_charged"]);
}

// I1: an expired hold gives back in the window of its admission, and counts there again by what is settled late.
#[test]
fn i1_an_expired_hold_gives_back_until_it_is_settled_late() {
    let mut life = limited("5");
    life.authorizes(1, "5").unwrap();
    assert_eq!(life.later("59m").spends("0.01"), reached_in_january("5", "5"));
    assert_eq!(life.later("1m").spends("2").unwrap(), ["call_expired", "call_charged"]);
    life.settles(1, "3").unwrap();
    assert_eq!(life.spends("0.01"), reached_in_january("5", "5"));
}

// I1: windows are counted whether or not a limit is set, from before it was.
#[test]
fn i1_a_limit_counts_what_the_month_used_before_it_was_set() {
    let mut life = rich();
    life.spends("3").unwrap();
    life.authorizes_by(1, "1", 2).unwrap();
    life.limits_spending(Some("5")).unwrap();
    assert_eq!(life.spends("1.01"), reached_in_january("5", "4"));
    assert_eq!(life.spends("1").unwrap(), ["call_charged"]);
    // Lifted, and set again: nothing was lost meanwhile.
    life.limits_spending(None).unwrap();
    life.spends("10").unwrap();
    life.limits_spending(Some("15")).unwrap();
    assert_eq!(life.spends("0.01"), reached_in_january("15", "15"));
}

// I1: set below what is used, it refuses until the window ends.
#[test]
fn i1_a_limit_below_what_is_used_refuses_until_the_month_ends() {
    let mut life = limited("5");
    life.spends("4").unwrap();
    life.limits_spending(Some("1")).unwrap();
    assert_eq!(life.spends("0.01"), reached_in_january("1", "4"));
    assert_eq!(life.at("2025-01-31T23:59:59.999999Z").spends("0.01"), reached_in_january("1", "4"));
    assert_eq!(life.at("2025-02-01T00:00:00Z").spends("1").unwrap(), ["call_charged"]);
}

#[test]
fn i1_raising_or_lifting_lets_calls_go_on() {
    let mut life = limited("5");
    life.spends("5").unwrap();
    life.limits_spending(Some("6")).unwrap();
    assert_eq!(life.spends("1").unwrap(), ["call_charged"]);
    assert_eq!(life.spends("0.01"), reached_in_january("6", "6"));
    life.limits_spending(None).unwrap();
    assert_eq!(life.spends("100").unwrap(), ["call_charged"]);
}

// I1: a call at price zero passes, also at a limit of zero.
#[test]
fn i1_a_call_at_price_zero_passes() {
    let mut life = limited("0");
    assert_eq!(life.spends("0.01"), reached_in_january("0", "0"));
    assert_eq!(life.spends("0").unwrap(), ["call_charged"]);
    assert_eq!(life.authorizes(1, "0").unwrap(), ["call_authorized"]);
    let mut life = limited("5");
    life.spends("5").unwrap();
    life.limits_spending(Some("1")).unwrap();
    assert_eq!(life.spends("0").unwrap(), ["call_charged"]);
}

// I1: settings are bounded by policy.
#[test]
fn i1_a_limit_is_at_most_what_the_policy_allows() {
    let mut life = rich();
    life.changes_policy(|numbers| numbers.limit_max = Some(amount("100")));
    let (at_least, at_most) = (amount("0"), amount("100"));
    let above = Rejection::AmountOutOfBounds { amount: amount("100.01"), at_least, at_most };
    assert_eq!(life.limits_spending(Some("100.01")), Err(above));
    assert_eq!(life.limits_spending(Some("100")).unwrap(), ["spending_limited"]);
    assert_eq!(life.limits_spending(Some("0")).unwrap(), ["spending_limited"]);
    assert_eq!(life.limits_spending(None).unwrap(), ["spending_limited"]);
}

#[test]
fn i1_a_limit_that_is_so_already_changes_nothing() {
    let mut life = rich();
    assert_eq!(life.limits_spending(None).unwrap(), NOTHING);
    life.limits_spending(Some("5")).unwrap();
    assert_eq!(life.limits_spending(Some("5.0")).unwrap(), NOTHING);
    assert_eq!(life.account.spending_limit(), Some(amount("5")));
}

// Who: owner and operator; when: as soon as there is an account.
#[test]
fn i1_a_limit_may_be_set_from_the_start() {
    let mut life = Life::at_stage(StageTag::Registered);
    let limit = Action::LimitSpending { limit: Some(amount("5")) };
    assert_eq!(life.sends(&limit.by(Actor::Operator)).unwrap(), ["spending_limited"]);
    let mut life = life.on_to(StageTag::Active);
    assert_eq!(life.spends("5.01"), reached_in_january("5", "0"));
    assert_eq!(life.spends("5").unwrap(), ["call_charged"]);
}

// I1: charges are no spending: neither the funding nor a top-up counts.
#[test]
fn i1_money_that_comes_in_does_not_count() {
    let mut life = limited("5");
    life.tops_up("100").unwrap();
    life.charge_succeeds().unwrap();
    assert_eq!(life.spends("5").unwrap(), ["call_charged"]);
}

// D4: an ending is never refused for limits.
#[test]
fn i1_the_limit_refuses_no_ending() {
    let mut life = rich();
    life.authorizes(1, "10").unwrap();
    life.authorizes(2, "10").unwrap();
    life.limits_spending(Some("0")).unwrap();
    assert_eq!(life.settles(1, "10").unwrap(), ["call_settled"]);
    life.later("1h").tick().unwrap();
    assert_eq!(life.settles(2, "10").unwrap(), ["call_settled_late"]);
    assert_eq!(life.spends("0.01"), reached_in_january("0", "20"));
}
