//! D2, D3 and D7 to D9. How calls are admitted and held. (Prices: `d_prices.rs`; how calls end: `d_endings.rs`.)

use crate::life::{Answer, Life, amount, call, key, new_key, price, span, time};
use prepaid::{Action, Event, KeyNumber, OutdatedTerms, Rejection, RevokeFor, StageTag, TopUpOutlook, Usage};

fn short(short: &str, held: &str, outlook: TopUpOutlook) -> Answer {
    Err(Rejection::InsufficientCredit { short: amount(short), held: amount(held), outlook })
}

/// Refused for want of this much, with this much held, automatic top-up off.
fn short_and_off(missing: &str, held: &str) -> Answer {
    short(missing, held, TopUpOutlook::Off)
}

const NEWER: &str = "TOS_2025_06_01";

fn outdated() -> Rejection {
    Rejection::TermsOutdated(OutdatedTerms {
        required: NEWER.parse().unwrap(),
        accepted: "TOS_2024_04_20".parse().unwrap(),
    })
}

/// Everything of D2 stands against a call at once: key 2 is revoked, key 3 has expired, the account is suspended, its
/// terms are past their grace, it owes 3.00, and 9 of 10 places in flight are taken.
fn against_everything() -> Life {
    let mut life = Life::with_credit("20");
    life.owner(new_key(2)).unwrap();
    life.revokes(2, RevokeFor::Requested).unwrap();
    let mut expiring = new_key(3);
    if let Action::CreateKey { expires_at, .. } = &mut expiring {
        *expires_at = Some(life.now.saturating_add(span("30m")));
    }
    life.owner(expiring).unwrap();
    life.allows_debt("5");
    life.authorizes_in(1, "0", 9).unwrap();
    life.authorizes(2, "1").unwrap();
    life.settles(2, "23").unwrap();
    life.posted_is("-3");
    life.later("30m");
    life.requires_terms(NEWER, "2024-06-01T00:00:00Z");
    life.is_suspended_for("fraud review").unwrap();
    life
}

fn tries(life: &mut Life, by: u128, units: u16, text: &str) -> Answer {
    life.gateway(Action::AuthorizeCall { call: call(9), key: key(by), quote: price(text), units })
}

// D2: phase before everything: there is no key yet either, and the account is suspended.
#[test]
fn d2_phase_is_the_first_guard() {
    for stage in
        [StageTag::Registered, StageTag::Agreed, StageTag::Described, StageTag::Linked, StageTag::Funding]
    {
        let mut life = Life::at_stage(stage);
        life.is_suspended_for("fraud review").unwrap();
        life.requires_terms(NEWER, "2024-06-01T00:00:00Z");
        let refusal = Rejection::OutOfOrder { needs: StageTag::Active, is: stage };
        assert_eq!(tries(&mut life, 1, 11, "100"), Err(refusal.clone()));
        assert_eq!(life.spends("100"), Err(refusal));
    }
    let refusal = Rejection::OutOfOrder { needs: StageTag::Active, is: StageTag::Vacant };
    assert_eq!(Life::vacant().spends("100"), Err(refusal));
}

// D2: then key; suspension, terms past grace, debt; places; credit. One obstacle is taken away at a time, so that of
// each two neighbours the first is given while the second stands.
#[test]
fn d2_the_first_guard_that_fails_is_the_refusal() {
    let mut life = against_everything();
    let expired_at = time("2025-01-01T00:30:00Z");
    assert_eq!(tries(&mut life, 9, 2, "5"), Err(Rejection::KeyUnknown { key: key(9) }));
    assert_eq!(tries(&mut life, 2, 2, "5"), Err(Rejection::KeyRevoked { key: key(2) }));
    assert_eq!(tries(&mut life, 3, 2, "5"), Err(Rejection::KeyExpired { key: key(3), expired_at }));
    let reason = "fraud review".parse().unwrap();
    assert_eq!(tries(&mut life, 1, 2, "5"), Err(Rejection::Suspended { reason }));
    life.resumes().unwrap();
    assert_eq!(tries(&mut life, 1, 2, "5"), Err(outdated()));
    life.accepts_terms(NEWER).unwrap();
    assert_eq!(tries(&mut life, 1, 2, "5"), Err(Rejection::Debt { debt: amount("3") }));
    life.tops_up("4").unwrap();
    life.charge_succeeds().unwrap();
    let full = Rejection::TooManyInFlight { units: 2, taken: 9, bound: 10 };
    assert_eq!(tries(&mut life, 1, 2, "5"), Err(full));
    assert_eq!(tries(&mut life, 1, 1, "5"), short_and_off("4", "0"));
    assert_eq!(tries(&mut life, 1, 1, "1").unwrap(), ["call_authorized"]);
}

// D2: the same for a one-step call, which needs no place.
#[test]
fn d2_the_guards_of_a_one_step_call() {
    let mut life = against_everything();
    let spends_by = |life: &mut Life, by: u128, text: &str| {
        life.gateway(Action::ChargeCall { call: call(9), key: key(by), quote: price(text) })
    };
    let expired_at = time("2025-01-01T00:30:00Z");
    assert_eq!(spends_by(&mut life, 9, "5"), Err(Rejection::KeyUnknown { key: key(9) }));
    assert_eq!(spends_by(&mut life, 2, "5"), Err(Rejection::KeyRevoked { key: key(2) }));
    assert_eq!(spends_by(&mut life, 3, "5"), Err(Rejection::KeyExpired { key: key(3), expired_at }));
    let reason = "fraud review".parse().unwrap();
    assert_eq!(spends_by(&mut life, 1, "5"), Err(Rejection::Suspended { reason }));
    life.resumes().unwrap();
    assert_eq!(spends_by(&mut life, 1, "5"), Err(outdated()));
    life.accepts_terms(NEWER).unwrap();
    assert_eq!(spends_by(&mut life, 1, "5"), Err(Rejection::Debt { debt: amount("3") }));
    life.tops_up("4").unwrap();
    life.charge_succeeds().unwrap();
    assert_eq!(spends_by(&mut life, 1, "5"), short_and_off("4", "0"));
    assert_eq!(spends_by(&mut life, 1, "1").unwrap(), ["call_charged"]);
}

// D2: nothing refused is billed, held or counted (the life checks that the whole state is as it was).
#[test]
fn d2_nothing_refused_is_billed() {
    let mut life = Life::with_credit("5");
    assert_eq!(life.authorizes(1, "5.01"), short_and_off("0.01", "0"));
    assert_eq!(life.spends("5.01"), short_and_off("0.01", "0"));
    life.posted_is("5");
    life.held_is("0");
    assert!(!life.is_open(1));
    assert_eq!(life.settles(1, "1"), Err(Rejection::CallNotOpen { call: call(1) }));
}

// D2: places are counted in units; the last one may be taken.
#[test]
fn d2_places_are_counted_in_units() {
    let full = |units, taken| Err(Rejection::TooManyInFlight { units, taken, bound: 10 });
    let mut life = Life::funded();
    assert_eq!(life.authorizes_in(1, "0.01", 11), full(11, 0));
    assert_eq!(life.authorizes_in(1, "0.01", u16::MAX), full(u16::MAX, 0));
    assert_eq!(life.authorizes_in(1, "0.01", 7).unwrap(), ["call_authorized"]);
    assert_eq!(life.authorizes_in(2, "0.01", 4), full(4, 7));
    assert_eq!(life.authorizes_in(2, "0.01", 3).unwrap(), ["call_authorized"]);
    assert_eq!(life.authorizes_in(3, "0.01", 1), full(1, 10));
}

#[test]
fn d2_ten_calls_of_one_unit_and_no_eleventh() {
    let mut life = Life::funded();
    for n in 1..=10 {
        assert_eq!(life.authorizes(n, "0.01").unwrap(), ["call_authorized"], "call {n}");
    }
    assert_eq!(
        life.authorizes(11, "0.01"),
        Err(Rejection::TooManyInFlight { units: 1, taken: 10, bound: 10 })
    );
}

// D2: a call of zero units would take no place at all.
#[test]
fn d2_a_call_takes_at_least_one_place() {
    let mut life = Life::funded();
    assert_eq!(life.authorizes_in(1, "0.01", 0), Err(Rejection::UnitsZero {}));
    let left_out = serde_json::json!({"type": "authorize_call", "call": call(1), "key": key(1),
        "quote": {"item": "image", "quantities": {"images": 1}}});
    let action: Action<Usage> = serde_json::from_value(left_out).unwrap();
    assert!(matches!(action, Action::AuthorizeCall { units: 1, .. }), "1 where left out");
}

#[test]
fn d2_zero_price_calls_count() {
    let mut life = Life::funded();
    life.authorizes_in(1, "0", 10).unwrap();
    let full = Err(Rejection::TooManyInFlight { units: 1, taken: 10, bound: 10 });
    assert_eq!(life.authorizes(2, "0"), full);
}

// D2: an ending, whichever, gives the places back; an extension takes none and gives none.
#[test]
fn d2_places_are_free_again_when_a_hold_ends() {
    type Ends = fn(&mut Life) -> Answer;
    let endings: [(&str, Ends); 3] = [
        ("settled", |life| life.settles(1, "0")),
        ("released", |life| life.releases(1)),
        ("expired", |life| life.later("1h").tick()),
    ];
    for (how, ends) in endings {
        let mut life = Life::funded();
        life.authorizes_in(1, "1", 10).unwrap();
        ends(&mut life).unwrap();
        assert_eq!(life.authorizes_in(2, "1", 10).unwrap(), ["call_authorized"], "{how}");
    }
    let mut life = Life::funded();
    life.authorizes_in(1, "1", 9).unwrap();
    life.extends(1, time("2025-01-01T02:00:00Z")).unwrap();
    assert_eq!(
        life.authorizes_in(2, "1", 2),
        Err(Rejection::TooManyInFlight { units: 2, taken: 9, bound: 10 })
    );
    assert_eq!(life.authorizes_in(2, "1", 1).unwrap(), ["call_authorized"]);
}

// D3: the check and the reservation are one step: the next call sees what this one holds.
#[test]
fn d3_an_authorised_call_holds_its_price() {
    let mut life = Life::with_credit("5");
    assert_eq!(life.authorizes(1, "3").unwrap(), ["call_authorized"]);
    life.posted_is("5");
    life.held_is("3");
    life.available_is("2");
    assert_eq!(life.authorizes(2, "2.000000000001"), short_and_off("0.000000000001", "3"));
    assert_eq!(life.spends("2.000000000001"), short_and_off("0.000000000001", "3"));
    assert_eq!(life.authorizes(2, "2").unwrap(), ["call_authorized"]);
    life.available_is("0");
}

#[test]
fn d3_the_hold_is_recorded_with_its_deadline() {
    let mut life = Life::funded();
    life.authorizes_in(1, "3", 2).unwrap();
    let Event::CallAuthorized { call: id, key, amount: held, units, deadline, .. } = life.last_event() else {
        unreachable!()
    };
    assert_eq!((*id, *key, *held, *units), (call(1), KeyNumber(1), amount("3"), 2));
    assert_eq!(*deadline, time("2025-01-01T01:00:00Z"));
}

// D7: authorised and settled together.
#[test]
fn d7_a_one_step_call_is_billed_at_once() {
    let mut life = Life::with_credit("5");
    assert_eq!(life.spends("2").unwrap(), ["call_charged"]);
    life.posted_is("3");
    life.held_is("0");
    life.available_is("3");
    assert_eq!(life.spends("3").unwrap(), ["call_charged"]);
    life.posted_is("0");
}

// D7: as authorising would, it leaves what other calls hold.
#[test]
fn d7_a_one_step_call_spends_nothing_that_is_held() {
    let mut life = Life::with_credit("5");
    life.authorizes(1, "3").unwrap();
    assert_eq!(life.spends("2.01"), short_and_off("0.01", "3"));
    assert_eq!(life.spends("2").unwrap(), ["call_charged"]);
    life.posted_is("3");
    life.available_is("0");
    assert_eq!(life.settles_whole(1).unwrap(), ["call_settled"]);
}

#[test]
fn d7_a_one_step_call_takes_no_place_in_flight() {
    let mut life = Life::funded();
    for _ in 0..11 {
        life.spends("0.01").unwrap();
    }
    assert_eq!(life.authorizes_in(1, "0.01", 10).unwrap(), ["call_authorized"]);
    assert_eq!(life.spends("0.01").unwrap(), ["call_charged"]);
    assert_eq!(life.spends("0").unwrap(), ["call_charged"]);
}

// D7: it has ended when it is answered: there is nothing to settle, and the core does not remember its id.
#[test]
fn d7_a_one_step_call_is_over() {
    let mut life = Life::with_credit("5");
    let once = Action::ChargeCall { call: call(1), key: key(1), quote: price("2") };
    life.gateway(once.clone()).unwrap();
    let over = Err(Rejection::CallNotOpen { call: call(1) });
    assert_eq!(life.settles(1, "2"), over);
    assert_eq!(life.releases(1), over);
    assert_eq!(life.extends(1, time("2025-01-01T02:00:00Z")), over);
    // Safe to repeat only by request id, which is the shell's (K6).
    assert_eq!(life.gateway(once).unwrap(), ["call_charged"]);
    life.posted_is("1");
}

// D8: a call may cost all that is available and not the smallest amount more, in either way of making it.
#[test]
fn d8_no_admission_makes_available_negative() {
    for (text, missing) in [("5", None), ("5.000000000001", Some("0.000000000001")), ("105", Some("100"))] {
        let mut life = Life::with_credit("5");
        let mut one_step = life.clone();
        let (holds, spends) = (life.authorizes(1, text), one_step.spends(text));
        match missing {
            None => {
                assert_eq!(
                    (holds.unwrap(), spends.unwrap()),
                    (vec!["call_authorized"], vec!["call_charged"])
                );
                life.available_is("0");
                one_step.available_is("0");
            }
            Some(missing) => {
                assert_eq!(holds, short_and_off(missing, "0"));
                assert_eq!(spends, short_and_off(missing, "0"));
            }
        }
    }
}

// D8: the debt a policy allows is for settling above a hold, not for admission.
#[test]
fn d8_the_policys_debt_admits_nothing() {
    let mut life = Life::with_credit("5");
    life.allows_debt("100");
    assert_eq!(life.authorizes(1, "5.01"), short_and_off("0.01", "0"));
    assert_eq!(life.spends("5.01"), short_and_off("0.01", "0"));
}

/// Of 20.00, two holds, and the first settled above itself under a policy that allows a debt of 10.00.
fn after_settling_above(hold: &str, settled: &str, other_hold: &str) -> Life {
    let mut life = Life::with_credit("20");
    life.allows_debt("10");
    life.authorizes(1, hold).unwrap();
    life.authorizes(2, other_hold).unwrap();
    life.settles(1, settled).unwrap();
    life
}

// D9: a call with price zero passes whatever is available: nothing, or less than nothing while other holds are open.
#[test]
fn d9_price_zero_passes_whatever_is_available() {
    let mut nothing_left = Life::with_credit("0");
    let mut all_held = Life::with_credit("5");
    all_held.authorizes(1, "5").unwrap();
    let mut less_than_nothing = after_settling_above("5", "10", "15");
    less_than_nothing.posted_is("10");
    less_than_nothing.available_is("-5");
    for life in [&mut nothing_left, &mut all_held, &mut less_than_nothing] {
        assert_eq!(life.spends("0").unwrap(), ["call_charged"]);
        assert_eq!(life.authorizes(3, "0").unwrap(), ["call_authorized"]);
        assert_eq!(life.settles(3, "0").unwrap(), ["call_settled"]);
    }
    assert_eq!(less_than_nothing.spends("0.01"), short_and_off("5.01", "15"));
}

// D9: but not with a debt, however small.
#[test]
fn d9_price_zero_does_not_pass_with_a_debt() {
    let mut life = after_settling_above("5", "20.000000000001", "0");
    life.posted_is("-0.000000000001");
    let debt = Rejection::Debt { debt: amount("0.000000000001") };
    assert_eq!(life.spends("0"), Err(debt.clone()));
    assert_eq!(life.authorizes(3, "0"), Err(debt));
    let mut even = after_settling_above("5", "20", "0");
    even.posted_is("0");
    assert_eq!(even.spends("0").unwrap(), ["call_charged"]);
}
