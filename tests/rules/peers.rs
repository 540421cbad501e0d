//! Bugs that other systems had, and that this one must not have: money, onboarding, keys, calls.
//! (Top-ups and charges: `peers_charges.rs`.)

use crate::life::{Life, amount, call, key, new_key, time};
use prepaid::{
    Action, Amount, Balance, KeyRefusal, PriceList, Quote, Rejection, RevokeFor, StageTag, TopUpOutlook,
    Unpriced, Usage,
};

const NOTHING: [&str; 0] = [];

/// An image costs 2.5 cents until March 2025, and 3 cents from then on; a check is free.
fn prices() -> PriceList {
    let numbers = r#"{"currency": "USD", "version": [
        {"from": "2025-01-01T00:00:00Z",
         "items": {"image": {"images": {"price": "0.025"}}, "check": {"checks": {"price": "0"}}}},
        {"from": "2025-03-01T00:00:00Z", "items": {"image": {"images": {"price": "0.03"}}}}
    ]}"#;
    PriceList::new(serde_json::from_str(numbers).unwrap()).unwrap()
}

fn usage(item: &str, quantity: &str, count: u64) -> Usage {
    let quantities = [(quantity.parse().unwrap(), count)].into_iter().collect();
    Usage { item: item.parse().unwrap(), quantities }
}

fn images(count: u64, at: &str) -> Quote {
    prices().quote(&usage("image", "images", count), time(at)).unwrap()
}

fn charge_call(n: u128, quote: Quote) -> Action {
    Action::ChargeCall { call: call(n), key: key(1), quote }
}

// Six holds of 1000 passed on a balance of 5000: each was checked against the balance, not against what is free.
// https://github.com/blnkfinance/blnk/issues/181
#[test]
fn d3_six_holds_of_1000_do_not_fit_on_5000() {
    let mut life = Life::with_credit("5.00");
    for n in 1..=5 {
        assert_eq!(life.authorizes(n, "1.00").unwrap(), ["call_authorized"]);
    }
    let refused = Rejection::InsufficientCredit {
        short: amount("1.00"),
        held: amount("5.00"),
        outlook: TopUpOutlook::Off,
    };
    assert_eq!(life.authorizes(6, "1.00"), Err(refused));
    life.available_is("0");
}

// Calls at the same time all passed a budget check that looked at spending recorded only afterwards.
// https://github.com/BerriAI/litellm/issues/34732 https://github.com/BerriAI/litellm/issues/26672
#[test]
fn d3_calls_at_the_same_time_share_one_credit() {
    let mut life = Life::with_credit("0.05");
    let admitted = (1..=10).filter(|n| life.authorizes(*n, "0.02").is_ok()).count();
    assert_eq!(admitted, 2);
    life.held_is("0.04");
}

// A hold was committed twice, and one that was voided could still be committed.
// https://github.com/blnkfinance/blnk/issues/41 https://github.com/blnkfinance/blnk/issues/293
#[test]
fn d5_a_hold_is_ended_once() {
    let refused = Err(Rejection::CallNotOpen { call: call(1) });
    let mut settled = Life::with_credit("5.00");
    settled.authorizes(1, "1.00").unwrap();
    settled.settles(1, "1.00").unwrap();
    assert_eq!(settled.settles(1, "1.00"), refused);
    assert_eq!(settled.releases(1), refused);
    settled.posted_is("4");
    let mut released = Life::with_credit("5.00");
    released.authorizes(1, "1.00").unwrap();
    released.releases(1).unwrap();
    assert_eq!(released.settles(1, "1.00"), refused);
    released.posted_is("5");
    released.available_is("5");
}

// An account was overdrawn by committing a transaction that had never been reserved.
// https://github.com/blnkfinance/blnk/issues/182
#[test]
fn d5_what_was_never_held_cannot_be_settled() {
    let mut life = Life::with_credit("5.00");
    assert_eq!(life.settles(1, "100.00"), Err(Rejection::CallNotOpen { call: call(1) }));
    life.authorizes(1, "1.00").unwrap();
    let refused = Rejection::AboveHold { amount: amount("100.00"), hold: amount("1.00") };
    assert_eq!(life.settles(1, "100.00"), Err(refused));
    life.posted_is("5");
}

// Reservations leaked where a request failed or timed out: 111 were enforced when 55 were real.
// https://github.com/BerriAI/litellm/issues/40050 https://github.com/BerriAI/litellm/issues/27639
// https://github.com/BerriAI/litellm/issues/36926 https://github.com/BerriAI/litellm/issues/27509
#[test]
fn d6_no_reservation_leaks_whatever_becomes_of_the_call() {
    let mut life = Life::with_credit("10.00");
    for n in 1..=4 {
        life.authorizes(n, "1.00").unwrap();
    }
    life.settles(1, "0.55").unwrap(); // served, for less
    life.releases(2).unwrap(); // failed
    assert_eq!(life.settles(3, "1.01").unwrap_err().tag().as_str(), "above_hold"); // a refused ending
    life.held_is("2.00");
    life.later("1h").tick().unwrap(); // timed out, and never heard of again
    life.held_is("0");
    life.available_is("9.45");
}

// A price of -1 minted 31,348.80 credits; a negative number of tokens paid the user.
// https://github.com/elizaOS/eliza/issues/22681 https://github.com/danny-avila/LibreChat/issues/2359
// https://github.com/anomalyco/opencode/issues/19864 https://github.com/rogerai-fyi/roger/issues/53
#[test]
fn m4_no_price_pays_the_caller() {
    assert!("-1".parse::<Amount>().is_err());
    let numbers = r#"{"currency": "USD", "version": [
        {"from": "2025-01-01T00:00:00Z", "items": {"image": {"images": {"price": "-1"}}}}]}"#;
    assert!(serde_json::from_str::<prepaid::PriceListNumbers>(numbers).is_err());
    let usage = r#"{"item": "image", "quantities": {"images": -1}}"#;
    assert!(serde_json::from_str::<Usage>(usage).is_err());
}

// A model that was missing from the price list cost nothing, which voided every budget.
// https://github.com/JiRaska/open-bank-oss/issues/3298 https://github.com/BerriAI/litellm/issues/25874
#[test]
fn d1_what_has_no_price_is_an_error_and_never_free() {
    let at = time("2025-01-02T00:00:00Z");
    let item = || "video".parse().unwrap();
    let refused = Err(Unpriced::UnknownItem { item: item(), at });
    assert_eq!(prices().quote(&usage("video", "seconds", 8), at), refused);
    let early = time("2024-12-31T23:59:59.999999Z");
    assert_eq!(prices().quote(&usage("image", "images", 1), early), Err(Unpriced::NoVersion { at: early }));
}

// The balance and its entries drifted apart by a cent: one rounded, the other did not.
// https://github.com/getlago/lago-api/issues/4641 https://github.com/getlago/lago-api/issues/4639
// https://github.com/wontlost-ltd/chrono-synth-os/issues/438 https://github.com/flexprice/flexprice/issues/1039
#[test]
fn m5_many_prices_below_a_cent_add_up_exactly() {
    let mut life = Life::with_credit("20.00");
    for n in 0..300 {
        life.gateway(charge_call(n, images(1, "2025-01-02T00:00:00Z"))).unwrap(); // 0.025
        life.spends("0.008").unwrap();
        life.spends("0.000000000001").unwrap();
    }
    life.posted_is("10.0999999997"); // 20 - 300 x 0.033000000001
}

// 2,307 values went wrong by converting with a factor of 2.11 in floating point.
// https://github.com/Comfy-Org/ComfyUI_frontend/issues/18285 https://github.com/sagemathinc/cocalc/issues/7440
#[test]
fn m1_amounts_survive_writing_and_reading_exactly() {
    for cents in 0..2_307_u32 {
        let text = format!("{}.{:02}", cents / 100, cents % 100);
        let read = amount(&text);
        assert_eq!(read.to_string().parse(), Ok(read));
        assert_eq!(serde_json::from_str::<Amount>(&serde_json::to_string(&read).unwrap()).unwrap(), read);
    }
    assert_eq!(serde_json::to_string(&amount("2.11")).unwrap(), r#""2.11""#);
}

// Parallel debits overdrew an account silently, or lost each other's update.
// https://github.com/Climactic/laravel-credits/issues/20 https://github.com/bavix/laravel-wallet/issues/124
// https://github.com/getlago/lago-api/issues/4985 https://github.com/openai/codex/issues/46608
#[test]
fn d8_no_call_takes_the_credit_below_zero() {
    let mut life = Life::with_credit("1.00");
    let admitted = (1..=100).filter(|_| life.spends("0.03").is_ok()).count();
    assert_eq!(admitted, 33);
    life.posted_is("0.01");
    assert!(life.account.balance().available >= Balance::ZERO);
}

// A call was billed while it ran, and again when it was over.
// https://github.com/irontec/ivozprovider/issues/703
#[test]
fn d4_a_call_is_billed_once_at_its_end() {
    let mut life = Life::with_credit("5.00");
    life.authorizes(1, "1.00").unwrap();
    life.posted_is("5"); // held, not billed
    life.settles(1, "0.60").unwrap();
    life.posted_is("4.40");
    assert_eq!(life.settles(1, "0.60"), Err(Rejection::CallNotOpen { call: call(1) }));
    life.posted_is("4.40");
}

// A deleted key went on spending for a day.
// https://github.com/civitai/civitai/issues/2658
#[test]
fn c5_a_revoked_key_is_refused_at_once() {
    let mut life = Life::funded();
    life.revokes(1, RevokeFor::Leaked).unwrap();
    assert_eq!(life.authenticates(1), Err(KeyRefusal::Revoked));
    assert_eq!(life.spends("1.00"), Err(Rejection::KeyRevoked { key: key(1) }));
    assert_eq!(life.authorizes(1, "1.00"), Err(Rejection::KeyRevoked { key: key(1) }));
}

// A revoked key came back when a cache was filled again after it had been deleted.
// https://github.com/solana-foundation/solana-developer-platform/issues/1214
#[test]
fn c5_nothing_brings_a_revoked_key_back() {
    let mut life = Life::funded();
    life.revokes(1, RevokeFor::Requested).unwrap();
    assert_eq!(life.owner(new_key(1)).unwrap(), NOTHING); // asked for again
    life.tops_up("5.00").unwrap();
    life.charge_succeeds().unwrap();
    life.later("300d").tick().unwrap();
    assert_eq!(life.authenticates(1), Err(KeyRefusal::Revoked));
    let replayed = prepaid::replay(&life.batches).unwrap();
    assert_eq!(replayed.keys(), life.account.keys());
}

// After a price change, usage was billed at the wrong version's price.
// https://github.com/killbill/killbill/issues/1001
#[test]
fn d1_the_price_is_the_one_in_force_at_admission() {
    let mut life = Life::with_credit("5.00");
    life.at("2025-02-28T23:59:59.999999Z");
    let (before, from) = (images(4, "2025-02-28T23:59:59.999999Z"), images(4, "2025-03-01T00:00:00Z"));
    assert_eq!((before.amount(), from.amount()), (amount("0.10"), amount("0.12")));
    let asked = Action::AuthorizeCall { call: call(1), key: key(1), quote: before, units: 1 };
    life.gateway(asked).unwrap();
    life.later("10m"); // the price has changed; the call's has not
    life.gateway(Action::SettleCall { call: call(1), amount: None }).unwrap();
    life.posted_is("4.90");
}

// Free models were refused because the budget was spent.
// https://github.com/BerriAI/litellm/issues/14004 https://github.com/BerriAI/litellm/issues/38515
#[test]
fn d9_a_free_call_passes_without_credit() {
    let mut life = Life::with_credit("0");
    let free = prices().quote(&usage("check", "checks", 3), time("2025-01-02T00:00:00Z")).unwrap();
    assert_eq!(life.gateway(charge_call(1, free)).unwrap(), ["call_charged"]);
    assert_eq!(life.authorizes(2, "0").unwrap(), ["call_authorized"]);
    assert_eq!(life.spends("0.000000000001").unwrap_err().tag().as_str(), "insufficient_credit");
}

// One request of a batch was checked only after others had been inserted.
// https://github.com/tigerbeetle/tigerbeetle/issues/2000
#[test]
fn k4_a_refusal_is_found_before_anything_is_done() {
    let mut life = Life::at_stage(StageTag::Linked);
    life.operator(Action::Suspend { reason: "review".parse().unwrap() }).unwrap();
    let before = life.account.clone();
    assert_eq!(life.owner(new_key(1)).unwrap_err().tag().as_str(), "suspended");
    assert_eq!(life.account, before); // neither the key nor its charge
}
