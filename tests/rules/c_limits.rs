//! C6. A key's own spending limit: what it lets through, what counts in its window, and when the window ends.

use crate::life::{Answer, Life, amount, digest, key, price, time};
use prepaid::{Action, Actor, KeyLimit, KeyNumber, Rejection, RevokeFor, StageTag, Window};

const NOTHING: [&str; 0] = [];
const WINDOWS: [Window; 3] = [Window::Day, Window::Week, Window::Month];

/// 500.00 of credit, no automatic top-up, and key 1 limited. It is Wednesday, the first of January 2025.
fn limited(text: &str, window: Window) -> Life {
    let mut life = rich();
    assert_eq!(life.limits_key(1, text, window).unwrap(), ["key_limited"]);
    life
}

fn rich() -> Life {
    let mut life = Life::with_credit("20");
    life.is_granted(1, "480").unwrap();
    life
}

/// The refusal: key 1 has used so much of its limit, and may go on then.
fn reached(window: Window, limit: &str, used: &str, resets_at: &str) -> Answer {
    Err(Rejection::KeyLimitReached {
        key: key(1),
        window,
        limit: amount(limit),
        used: amount(used),
        resets_at: time(resets_at),
    })
}

fn reached_today(limit: &str, used: &str) -> Answer {
    reached(Window::Day, limit, used, "2025-01-02T00:00:00Z")
}

// C6: the whole limit may be spent, and nothing beyond it; in one step or by a hold.
#[test]
fn c6_a_limit_may_be_spent_to_the_last() {
    for (what, fits) in [("at once", vec!["5"]), ("in parts", vec!["1", "3.999999", "0.000001"])] {
        let mut life = limited("5", Window::Day);
        for text in fits {
            assert_eq!(life.spends(text).unwrap(), ["call_charged"], "{what}");
        }
        assert_eq!(life.spends("0.000000000001"), reached_today("5", "5"), "{what}");
        assert_eq!(life.authorizes(1, "0.000000000001"), reached_today("5", "5"), "{what}");
    }
    let mut life = limited("5", Window::Day);
    assert_eq!(life.spends("5.000000000001"), reached_today("5", "0"));
    assert_eq!(life.authorizes(1, "5.000000000001"), reached_today("5", "0"));
    assert_eq!(life.authorizes(1, "5").unwrap(), ["call_authorized"]);
}

// C6: the refusal names the window, and when it ends.
#[test]
fn c6_the_refusal_says_when_the_window_ends() {
    for (window, resets_at) in [
        (Window::Day, "2025-01-02T00:00:00Z"),
        (Window::Week, "2025-01-06T00:00:00Z"),
        (Window::Month, "2025-02-01T00:00:00Z"),
    ] {
        let mut life = limited("5", window);
        life.spends("4").unwrap();
        assert_eq!(life.spends("2"), reached(window, "5", "4", resets_at));
        life.posted_is("496");
    }
}

/// A key that has used its limit is refused at the last microsecond of the window, and goes on from its end on.
fn ends_at(window: Window, used_at: &str, last: &str, end: &str) {
    let mut life = limited("5", window);
    life.at(used_at).spends("5").unwrap();
    assert_eq!(life.at(last).spends("1"), reached(window, "5", "5", end), "{window} at {last}");
    assert_eq!(life.at(end).spends("5").unwrap(), ["call_charged"], "{window} at {end}");
    assert!(life.spends("1").is_err(), "the next {window} has its own 5");
}

#[test]
fn c6_a_day_ends_at_midnight_utc() {
    ends_at(Window::Day, "2025-01-01T00:00:00Z", "2025-01-01T23:59:59.999999Z", "2025-01-02T00:00:00Z");
    ends_at(
        Window::Day,
        "2025-01-01T23:59:59.999999Z",
        "2025-01-01T23:59:59.999999Z",
        "2025-01-02T00:00:00Z",
    );
    ends_at(Window::Day, "2028-02-29T12:00:00Z", "2028-02-29T23:59:59.999999Z", "2028-03-01T00:00:00Z");
    ends_at(Window::Day, "2025-12-31T12:00:00Z", "2025-12-31T23:59:59.999999Z", "2026-01-01T00:00:00Z");
}

#[test]
fn c6_a_week_begins_on_monday() {
    // From Wednesday to the Sunday; from a Monday on, a whole week; and a week does not end with the year.
    ends_at(Window::Week, "2025-01-01T00:00:00Z", "2025-01-05T23:59:59.999999Z", "2025-01-06T00:00:00Z");
    ends_at(Window::Week, "2025-01-06T00:00:00Z", "2025-01-12T23:59:59.999999Z", "2025-01-13T00:00:00Z");
    ends_at(Window::Week, "2025-12-29T00:00:00Z", "2026-01-04T23:59:59.999999Z", "2026-01-05T00:00:00Z");
    ends_at(Window::Week, "2028-02-28T00:00:00Z", "2028-03-05T23:59:59.999999Z", "2028-03-06T00:00:00Z");
}

#[test]
fn c6_a_month_ends_with_its_last_day() {
    for (used_at, last, end) in [
        ("2025-01-01T00:00:00Z", "2025-01-31T23:59:59.999999Z", "2025-02-01T00:00:00Z"),
        ("2025-02-01T00:00:00Z", "2025-02-28T23:59:59.999999Z", "2025-03-01T00:00:00Z"),
        ("2028-02-01T00:00:00Z", "2028-02-29T23:59:59.999999Z", "2028-03-01T00:00:00Z"),
        ("2100-02-10T00:00:00Z", "2100-02-28T23:59:59.999999Z", "2100-03-01T00:00:00Z"),
        ("2025-04-30T00:00:00Z", "2025-04-30T23:59:59.999999Z", "2025-05-01T00:00:00Z"),
        ("2025-12-01T00:00:00Z", "2025-12-31T23:59:59.999999Z", "2026-01-01T00:00:00Z"),
    ] {
        ends_at(Window::Month, used_at, last, end);
    }
}

// C6, I1: a call counts by its hold from its admission on, and then by what was settled.
#[test]
fn c6_a_hold_counts_and_then_what_was_settled() {
    let mut life = limited("5", Window::Day);
    life.authorizes(1, "3").unwrap();
    assert_eq!(life.spends("2.01"), reached_today("5", "3"));
    life.settles(1, "1").unwrap();
    life.used_is(1, "1", "1", "1");
    assert_eq!(life.spends("4.01"), reached_today("5", "1"));
    assert_eq!(life.spends("4").unwrap(), ["call_charged"]);
}

// What is settled above a hold counts too.
#[test]
fn c6_what_is_settled_above_the_hold_counts() {
    let mut life = limited("5", Window::Day);
    life.allows_debt("5");
    life.authorizes(1, "1").unwrap();
    life.settles(1, "6").unwrap();
    life.used_is(1, "6", "6", "6");
    assert_eq!(life.spends("0.01"), reached_today("5", "6"));
}

#[test]
fn c6_a_release_gives_back() {
    let mut life = limited("5", Window::Day);
    life.spends("1").unwrap();
    life.authorizes(1, "4").unwrap();
    life.releases(1).unwrap();
    life.used_is(1, "1", "1", "1");
    assert_eq!(life.spends("4.01"), reached_today("5", "1"));
    assert_eq!(life.spends("4").unwrap(), ["call_charged"]);
}

// I1, as for C6: an expired hold gives back, and counts again by what is settled late.
#[test]
fn c6_an_expired_hold_gives_back_until_it_is_settled_late() {
    let mut life = limited("5", Window::Day);
    life.authorizes(1, "5").unwrap();
    life.later("1h").tick().unwrap();
    life.used_is(1, "0", "0", "0");
    assert_eq!(life.spends("2").unwrap(), ["call_charged"]);
    assert_eq!(life.settles(1, "4").unwrap(), ["call_settled_late"], "D4: an ending is not refused");
    life.used_is(1, "6", "6", "6");
    assert_eq!(life.spends("0.01"), reached_today("5", "6"));
}

#[test]
fn c6_a_forgotten_call_counts_nothing() {
    for forgets in [|life: &mut Life| life.releases(1), |life: &mut Life| life.later("24h").tick()] {
        let mut life = limited("5", Window::Month);
        life.authorizes(1, "5").unwrap();
        life.later("1h").tick().unwrap();
        assert_eq!(forgets(&mut life).unwrap(), ["call_forgotten"]);
        life.used_is(1, "0", "0", "0");
    }
}

/// A call of 5.00 admitted half an hour before midnight, and ten minutes past it.
fn over_midnight(limit: &str, window: Window) -> Life {
    let mut life = limited(limit, window);
    life.at("2025-01-01T23:30:00Z").authorizes(1, "5").unwrap();
    life.at("2025-01-02T00:10:00Z");
    life
}

// I1, as for C6: a call counts in the window of its admission, whenever it is settled.
#[test]
fn c6_a_call_counts_in_the_window_of_its_admission() {
    let mut life = over_midnight("5", Window::Day);
    life.settles(1, "4").unwrap();
    life.used_is(1, "0", "4", "4");
    assert_eq!(life.spends("5").unwrap(), ["call_charged"], "the new day's 5 are untouched");
    life.used_is(1, "5", "9", "9");
    // The same where something was admitted in the new day before the settlement.
    let mut life = over_midnight("5", Window::Day);
    life.spends("1").unwrap();
    life.used_is(1, "1", "6", "6");
    life.settles(1, "4").unwrap();
    life.used_is(1, "1", "5", "5");
}

// I1, as for C6: a release gives back only there.
#[test]
fn c6_a_release_gives_back_only_in_the_window_of_its_admission() {
    let mut life = over_midnight("5", Window::Day);
    life.spends("5").unwrap();
    life.releases(1).unwrap();
    assert_eq!(life.spends("0.01"), reached(Window::Day, "5", "5", "2025-01-03T00:00:00Z"));
    // The week and the month are those of its admission, and get it back.
    life.used_is(1, "5", "5", "5");
    let mut life = over_midnight("5", Window::Week);
    assert_eq!(life.spends("0.01"), reached(Window::Week, "5", "5", "2025-01-06T00:00:00Z"));
    life.releases(1).unwrap();
    assert_eq!(life.spends("5").unwrap(), ["call_charged"]);
}

// The same where the month ends, but not the week: Friday, 31 January, to Saturday.
#[test]
fn c6_each_window_gives_back_by_itself() {
    let mut life = limited("5", Window::Month);
    life.at("2025-01-31T23:30:00Z").authorizes(1, "5").unwrap();
    life.at("2025-02-01T00:10:00Z").spends("5").unwrap();
    life.used_is(1, "5", "10", "5");
    life.releases(1).unwrap();
    life.used_is(1, "5", "5", "5");
    assert_eq!(life.spends("0.01"), reached(Window::Month, "5", "5", "2025-03-01T00:00:00Z"));
}

// I1, as for C6: an expired hold gives back in the window of its admission, and counts there again.
#[test]
fn c6_a_late_settlement_counts_in_the_window_of_its_admission() {
    let mut life = over_midnight("5", Window::Day);
    life.at("2025-01-02T00:30:00Z").tick().unwrap();
    life.used_is(1, "0", "0", "0");
    life.at("2025-01-02T09:00:00Z").settles(1, "3").unwrap();
    life.used_is(1, "0", "3", "3");
    assert_eq!(life.spends("5").unwrap(), ["call_charged"]);
    // With something admitted in the new day before.
    let mut life = over_midnight("5", Window::Day);
    life.spends("5").unwrap();
    life.at("2025-01-02T00:30:00Z").tick().unwrap();
    life.used_is(1, "5", "5", "5");
    life.at("2025-01-02T09:00:00Z").settles(1, "3").unwrap();
    life.used_is(1, "5", "8", "8");
}

// An extension moves the deadline, not the admission.
#[test]
fn c6_an_extended_call_counts_in_the_window_of_its_admission() {
    let mut life = limited("5", Window::Day);
    life.at("2025-01-01T23:30:00Z").authorizes(1, "5").unwrap();
    life.extends(1, time("2025-01-02T20:00:00Z")).unwrap();
    life.at("2025-01-02T19:00:00Z").settles(1, "5").unwrap();
    life.used_is(1, "0", "5", "5");
}

// C6: a limit counts what the window has used before it was set, whatever kind of window it is.
#[test]
fn c6_a_limit_counts_what_the_window_used_before_it_was_set() {
    for window in WINDOWS {
        let mut life = rich();
        life.spends("3").unwrap();
        life.authorizes(1, "1").unwrap();
        life.later("10m").limits_key(1, "5", window).unwrap();
        assert!(life.spends("1.01").is_err(), "{window}");
        assert_eq!(life.spends("1").unwrap(), ["call_charged"], "{window}");
    }
    // Yesterday's use counts in the week, not in the day.
    let mut life = limited("5", Window::Day);
    life.spends("5").unwrap();
    life.at("2025-01-02T00:00:00Z").spends("2").unwrap();
    life.limits_key(1, "7", Window::Week).unwrap();
    assert_eq!(life.spends("0.01"), reached(Window::Week, "7", "7", "2025-01-06T00:00:00Z"));
    life.limits_key(1, "7", Window::Day).unwrap();
    assert_eq!(life.spends("5").unwrap(), ["call_charged"]);
}

// I1, as for C6: a limit set below what is used refuses until the window ends.
#[test]
fn c6_a_limit_below_what_is_used_refuses_until_the_window_ends() {
    let mut life = limited("5", Window::Day);
    life.spends("4").unwrap();
    life.limits_key(1, "3", Window::Day).unwrap();
    assert_eq!(life.spends("0.01"), reached_today("3", "4"));
    assert_eq!(life.at("2025-01-01T23:59:59.999999Z").spends("0.01"), reached_today("3", "4"));
    assert_eq!(life.at("2025-01-02T00:00:00Z").spends("3").unwrap(), ["call_charged"]);
    assert!(life.spends("0.01").is_err());
}

#[test]
fn c6_raising_or_lifting_a_limit_lets_calls_go_on() {
    let mut life = limited("5", Window::Day);
    life.spends("5").unwrap();
    life.limits_key(1, "6", Window::Day).unwrap();
    assert_eq!(life.spends("1.01"), reached_today("6", "5"));
    assert_eq!(life.spends("1").unwrap(), ["call_charged"]);
    assert_eq!(life.unlimits_key(1).unwrap(), ["key_limited"]);
    assert_eq!(life.spends("100").unwrap(), ["call_charged"]);
}

// C6: a limit may be zero; a call at price zero spends nothing, so no limit refuses it.
#[test]
fn c6_a_call_at_price_zero_passes_every_limit() {
    let mut life = limited("0", Window::Month);
    assert_eq!(life.spends("0.01"), reached(Window::Month, "0", "0", "2025-02-01T00:00:00Z"));
    assert_eq!(life.spends("0").unwrap(), ["call_charged"]);
    assert_eq!(life.authorizes(1, "0").unwrap(), ["call_authorized"]);
    let mut life = limited("5", Window::Day);
    life.spends("5").unwrap();
    life.limits_key(1, "3", Window::Day).unwrap();
    assert_eq!(life.spends("0").unwrap(), ["call_charged"]);
    assert_eq!(life.authorizes(1, "0").unwrap(), ["call_authorized"]);
    life.used_is(1, "5", "5", "5");
}

#[test]
fn c6_a_refused_call_counts_nothing() {
    let mut life = limited("5", Window::Day);
    assert_eq!(life.spends("6"), reached_today("5", "0"));
    assert!(life.spends("600").is_err());
    assert_eq!(life.spends("5").unwrap(), ["call_charged"]);
}

// C6: a key's own limit: the other keys go on, and what they use is theirs.
#[test]
fn c6_a_limit_is_the_keys_own() {
    let mut life = limited("5", Window::Day);
    life.creates_key(2).unwrap();
    life.spends_by("50", 2).unwrap();
    assert_eq!(life.spends("5").unwrap(), ["call_charged"]);
    assert_eq!(life.spends("1"), reached_today("5", "5"));
    assert_eq!(life.spends_by("50", 2).unwrap(), ["call_charged"]);
    life.used_is(1, "5", "5", "5");
    life.used_is(2, "100", "100", "100");
}

// A new day begins for every key, whichever calls first; the week and the month go on.
#[test]
fn c6_another_keys_call_does_not_hide_what_was_used() {
    let mut life = limited("5", Window::Week);
    life.creates_key(2).unwrap();
    life.spends("5").unwrap();
    life.at("2025-01-02T00:00:00Z").spends_by("1", 2).unwrap();
    life.used_is(1, "0", "5", "5");
    life.used_is(2, "1", "1", "1");
    assert_eq!(life.spends("0.01"), reached(Window::Week, "5", "5", "2025-01-06T00:00:00Z"));
    life.at("2025-01-06T00:00:00Z").spends_by("1", 2).unwrap();
    life.used_is(1, "0", "0", "5");
    assert_eq!(life.spends("5").unwrap(), ["call_charged"]);
}

// C6: at most what the policy allows.
#[test]
fn c6_a_limit_is_at_most_what_the_policy_allows() {
    let mut life = rich();
    life.changes_policy(|numbers| numbers.limit_max = Some(amount("100")));
    let refusal = Rejection::AmountOutOfBounds {
        amount: amount("100.000000000001"),
        at_least: amount("0"),
        at_most: amount("100"),
    };
    for window in WINDOWS {
        assert_eq!(life.limits_key(1, "100.000000000001", window), Err(refusal.clone()));
        assert_eq!(life.limits_key(1, "100", window).unwrap(), ["key_limited"]);
    }
    // No limit at all is still possible, and so is zero.
    assert_eq!(life.unlimits_key(1).unwrap(), ["key_limited"]);
    assert_eq!(life.limits_key(1, "0", Window::Day).unwrap(), ["key_limited"]);
}

#[test]
fn c6_a_limit_that_is_so_already_changes_nothing() {
    let mut life = rich();
    assert_eq!(life.unlimits_key(1).unwrap(), NOTHING);
    life.limits_key(1, "5", Window::Day).unwrap();
    assert_eq!(life.limits_key(1, "5.00", Window::Day).unwrap(), NOTHING);
    assert_eq!(life.limits_key(1, "5", Window::Week).unwrap(), ["key_limited"]);
    assert_eq!(life.unlimits_key(1).unwrap(), ["key_limited"]);
}

#[test]
fn c6_owner_and_operator_limit_keys_that_exist() {
    let limit = Some(KeyLimit { amount: amount("5"), window: Window::Day });
    let mut life = rich();
    let command = Action::LimitKey { key: key(1), limit }.by(Actor::Operator);
    assert_eq!(life.sends(&command).unwrap(), ["key_limited"]);
    assert_eq!(life.account.keys().first().unwrap().limit, limit);
    assert_eq!(life.limits_key(9, "5", Window::Day), Err(Rejection::KeyUnknown { key: key(9) }));
    // A pending first key is not there yet.
    let mut life = Life::at_stage(StageTag::Funding);
    assert_eq!(life.limits_key(1, "5", Window::Day), Err(Rejection::KeyInactive { key: key(1) }));
    let refusal = Rejection::OutOfOrder { needs: StageTag::Funding, is: StageTag::Linked };
    assert_eq!(Life::at_stage(StageTag::Linked).limits_key(1, "5", Window::Day), Err(refusal));
}

// A limit outlives nothing but its key: a new key has none, also in place of a revoked one.
#[test]
fn c6_a_new_key_has_no_limit_and_has_used_nothing() {
    let mut life = limited("5", Window::Month);
    life.spends("5").unwrap();
    life.revokes(1, RevokeFor::Requested).unwrap();
    life.creates_key(2).unwrap();
    life.used_is(2, "0", "0", "0");
    assert_eq!(life.spends_by("100", 2).unwrap(), ["call_charged"]);
    let found = life.account.authenticate(&digest(2), life.now).unwrap();
    assert_eq!((found.number, found.limit), (KeyNumber(2), None));
}

// D4: an ending is never refused for limits; the limit is for admission only.
#[test]
fn c6_a_limit_refuses_no_ending() {
    let mut life = rich();
    life.authorizes(1, "10").unwrap();
    life.authorizes(2, "10").unwrap();
    life.limits_key(1, "0", Window::Month).unwrap();
    assert_eq!(life.settles(1, "10").unwrap(), ["call_settled"]);
    life.later("1h").tick().unwrap();
    assert_eq!(life.settles(2, "10").unwrap(), ["call_settled_late"]);
    life.used_is(1, "20", "20", "20");
}

// D5: the same call again changes nothing, so it counts once, and is not refused at a limit it has reached itself.
#[test]
fn c6_a_repeated_authorisation_counts_once() {
    let mut life = limited("5", Window::Day);
    life.authorizes(1, "5").unwrap();
    assert_eq!(life.authorizes(1, "5").unwrap(), NOTHING);
    life.used_is(1, "5", "5", "5");
    let other =
        Action::AuthorizeCall { call: crate::life::call(2), key: key(1), quote: price("1"), units: 1 };
    assert_eq!(life.gateway(other), reached_today("5", "5"));
}
