//! D2. The guards about limits, in their order: places in flight; key's limit; account's limit; available credit.

use crate::life::{Life, amount, key, time};
use prepaid::{Rejection, TopUpOutlook, Window};

/// The refusal by the key's limit of 18.00 a month, of which 16.00 are used.
fn by_key() -> Rejection {
    Rejection::KeyLimitReached {
        key: key(1),
        window: Window::Month,
        limit: amount("18"),
        used: amount("16"),
        resets_at: time("2025-02-01T00:00:00Z"),
    }
}

/// The refusal by the account's limit of the same.
fn by_account() -> Rejection {
    let resets_at = time("2025-02-01T00:00:00Z");
    Rejection::SpendingLimitReached { limit: amount("18"), used: amount("16"), resets_at }
}

fn by_credit() -> Rejection {
    Rejection::InsufficientCredit { short: amount("1"), held: amount("0"), outlook: TopUpOutlook::Off }
}

/// Everything stands against a call of 5.00: no place is free, key and account may spend 2.00 more this month, and
/// 4.00 are available.
fn against_everything() -> Life {
    let mut life = Life::with_credit("5");
    life.used_is(1, "15", "15", "15");
    life.authorizes_in(1, "1", 10).unwrap();
    life.limits_key(1, "18", Window::Month).unwrap();
    life.limits_spending(Some("18")).unwrap();
    life
}

// D2: one obstacle is taken away at a time, so that of each two neighbours the first is given while the second stands.
#[test]
fn d2_places_then_the_keys_limit_then_the_accounts_then_credit() {
    let mut life = against_everything();
    let full = Rejection::TooManyInFlight { units: 1, taken: 10, bound: 10 };
    assert_eq!(life.authorizes(2, "5"), Err(full));
    life.settles_whole(1).unwrap();
    assert_eq!(life.authorizes(2, "5"), Err(by_key()));
    life.unlimits_key(1).unwrap();
    assert_eq!(life.authorizes(2, "5"), Err(by_account()));
    life.limits_spending(None).unwrap();
    assert_eq!(life.authorizes(2, "5"), Err(by_credit()));
    assert_eq!(life.authorizes(2, "4").unwrap(), ["call_authorized"]);
}

// D2: the same for a one-step call, which needs no place.
#[test]
fn d2_a_one_step_call_meets_the_limits_in_the_same_order() {
    let mut life = against_everything();
    assert_eq!(life.spends("5"), Err(by_key()));
    life.unlimits_key(1).unwrap();
    assert_eq!(life.spends("5"), Err(by_account()));
    life.limits_spending(None).unwrap();
    let short =
        Rejection::InsufficientCredit { short: amount("1"), held: amount("1"), outlook: TopUpOutlook::Off };
    assert_eq!(life.spends("5"), Err(short));
    assert_eq!(life.spends("4").unwrap(), ["call_charged"]);
}

// D2: suspension, terms past grace and debt come before the limits.
#[test]
fn d2_suspension_terms_and_debt_come_before_the_limits() {
    let mut life = against_everything();
    life.settles_whole(1).unwrap();
    life.is_suspended_for("review").unwrap();
    assert!(matches!(life.spends("5"), Err(Rejection::Suspended { .. })));
    life.resumes().unwrap();
    life.requires_terms("TOS_2025_06_01", "2024-06-01T00:00:00Z");
    assert!(matches!(life.spends("5"), Err(Rejection::TermsOutdated(_))));
    life.accepts_terms("TOS_2025_06_01").unwrap();
    life.allows_debt("5");
    life.authorizes(2, "1").unwrap();
    life.settles(2, "6").unwrap();
    assert_eq!(life.spends("5"), Err(Rejection::Debt { debt: amount("2") }));
}

// D2: nothing refused by a limit is billed, held or counted (the life checks that the whole state is as it was).
#[test]
fn d2_what_a_limit_refuses_is_not_billed() {
    let mut life = against_everything();
    assert_eq!(life.spends("3"), Err(by_key()));
    life.unlimits_key(1).unwrap();
    assert_eq!(life.spends("3"), Err(by_account()));
    life.posted_is("5");
    life.held_is("1");
    life.used_is(1, "16", "16", "16");
    assert_eq!(life.spends("2").unwrap(), ["call_charged"]);
}

// D9: a call at price zero passes the limits, and whatever is available; not a full house (D2), not a debt.
#[test]
fn d9_a_free_call_passes_limits_but_needs_its_place() {
    let mut life = against_everything();
    life.limits_spending(Some("1")).unwrap();
    life.limits_key(1, "0", Window::Day).unwrap();
    assert_eq!(life.spends("0").unwrap(), ["call_charged"]);
    assert!(matches!(life.authorizes(2, "0"), Err(Rejection::TooManyInFlight { .. })));
    life.settles_whole(1).unwrap();
    assert_eq!(life.authorizes(2, "0").unwrap(), ["call_authorized"]);
}
