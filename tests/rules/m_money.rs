//! M. Money.

use crate::life::{Life, amount, balance, call, key, price, time};
use prepaid::{
    AccountId, Action, Amount, AmountError, Balance, ChargeKind, Currency, CurrencyError, OwnerId, Policy,
    PolicyNumbers, PriceFault, PriceList, PriceListFaults, PriceListNumbers, Quote, Rejection, StageTag,
    TopUpOutlook, Unpriced, Usage,
};
use rust_decimal::Decimal;
use uuid::Uuid;

/// The largest amount: one unit of the twelfth digit below 7.9e16.
const LARGEST: &str = "78999999999999999.999999999999";
/// The range's end, which is no amount any more.
const END: &str = "79000000000000000";

fn decimal(text: &str) -> Decimal {
    text.parse().unwrap()
}

fn euro() -> Currency {
    "EUR".parse().unwrap()
}

fn euros(text: &str) -> Quote {
    Quote::agreed(amount(text), euro(), "agreed".parse().unwrap())
}

fn policy(numbers: PolicyNumbers) -> Policy {
    Policy::new(numbers).unwrap()
}

fn price_list(json: &str) -> Result<PriceList, PriceListFaults> {
    PriceList::new(serde_json::from_str::<PriceListNumbers>(json).unwrap())
}

// M1: at most 12 fractional digits, below 7.9e16; more is an error, never rounded.
#[test]
fn m1_what_is_an_amount_and_its_one_text() {
    use AmountError::{Malformed, Negative, OutOfRange, TooPrecise};
    for (given, answer) in [
        ("0", Ok("0")),
        ("0.000000000001", Ok("0.000000000001")),
        ("0.123456789012", Ok("0.123456789012")),
        ("0.1234567890123", Err(TooPrecise)),
        ("0.0000000000001", Err(TooPrecise)),
        ("1.0000000000000", Err(TooPrecise)),
        ("20", Ok("20")),
        ("20.00", Ok("20")),
        ("020.000000000000", Ok("20")),
        ("0.0250", Ok("0.025")),
        (LARGEST, Ok(LARGEST)),
        (END, Err(OutOfRange)),
        ("79000000000000000.000000000001", Err(OutOfRange)),
        ("340282366920938463463374607431768211456", Err(OutOfRange)),
        ("-1", Err(Negative)),
        ("-0.000000000001", Err(Negative)),
        ("", Err(Malformed)),
        (".", Err(Malformed)),
        (".5", Err(Malformed)),
        ("5.", Err(Malformed)),
        ("1e3", Err(Malformed)),
        ("+1", Err(Malformed)),
        (" 1", Err(Malformed)),
        ("1,5", Err(Malformed)),
        ("1_000", Err(Malformed)),
        ("1.2.3", Err(Malformed)),
        ("NaN", Err(Malformed)),
        ("١", Err(Malformed)),
    ] {
        let parsed = given.parse::<Amount>().map(|amount| amount.to_string());
        assert_eq!(parsed, answer.map(String::from), "{given:?}");
    }
}

#[test]
fn m1_a_balance_has_the_same_range_on_both_sides() {
    use AmountError::{Malformed, OutOfRange, TooPrecise};
    for (given, answer) in [
        ("-78999999999999999.999999999999", Ok("-78999999999999999.999999999999")),
        ("-79000000000000000", Err(OutOfRange)),
        (LARGEST, Ok(LARGEST)),
        (END, Err(OutOfRange)),
        ("-3.10", Ok("-3.1")),
        ("-0.000000000001", Ok("-0.000000000001")),
        ("-0.0000000000001", Err(TooPrecise)),
        // One representation of nothing.
        ("-0", Err(Malformed)),
        ("-0.00", Err(Malformed)),
        ("--1", Err(Malformed)),
    ] {
        let parsed = given.parse::<Balance>().map(|balance| balance.to_string());
        assert_eq!(parsed, answer.map(String::from), "{given:?}");
    }
}

#[test]
fn m1_equal_amounts_are_the_same_and_print_the_same() {
    for (one, other) in [("10", "10.00"), ("0.5", "0.500000000000"), ("007", "7.0")] {
        assert_eq!(amount(one), amount(other));
        assert_eq!(amount(one).to_string(), amount(other).to_string());
        let json = |text| serde_json::to_string(&amount(text)).unwrap();
        assert_eq!(json(one), json(other));
    }
}

// A JSON number has been through a float already.
#[test]
fn m1_a_json_number_is_no_amount() {
    for json in ["10", "10.5", "0", "-1", "1e3", "null", "true", "[\"1\"]"] {
        let said = serde_json::from_str::<Amount>(json).unwrap_err().to_string();
        assert!(said.contains("expected an amount as text"), "{json}: {said}");
        let said = serde_json::from_str::<Balance>(json).unwrap_err().to_string();
        assert!(said.contains("expected an amount as text"), "{json}: {said}");
    }
    let read: Amount = serde_json::from_str("\"10.50\"").unwrap();
    assert_eq!(serde_json::to_string(&read).unwrap(), "\"10.5\"");
    let command = r#"{"type": "top_up", "amount": 25}"#;
    let said = serde_json::from_str::<Action<Usage>>(command).unwrap_err().to_string();
    assert!(said.contains("expected an amount as text"), "{said}");
    let said = serde_json::from_str::<Policy>(r#"{"threshold": 10.0}"#).unwrap_err().to_string();
    assert!(said.contains("expected an amount as text"), "{said}");
}

// Every amount is exactly a Decimal, and only what is exactly an amount becomes one.
#[test]
fn m1_every_amount_is_exactly_a_decimal() {
    for text in ["0", "0.000000000001", "0.025", "10", "42949672.95", LARGEST] {
        assert_eq!(amount(text).to_decimal(), decimal(text));
        assert_eq!(amount(text).to_decimal().to_string(), text);
        assert_eq!(Amount::try_from(decimal(text)), Ok(amount(text)));
    }
    for text in ["-78999999999999999.999999999999", "-3.1", "-0.000000000001", "0", LARGEST] {
        assert_eq!(balance(text).to_decimal().to_string(), text);
        assert_eq!(Balance::try_from(decimal(text)), Ok(balance(text)));
    }
}

#[test]
fn m1_a_decimal_that_is_no_amount_is_refused() {
    use AmountError::{Negative, OutOfRange, TooPrecise};
    let mut minus_zero = Decimal::ZERO;
    minus_zero.set_sign_negative(true);
    for (given, answer) in [
        (minus_zero, Ok("0")),
        (decimal("-0.000"), Ok("0")),
        (Decimal::new(0, 28), Ok("0")),
        (decimal("1.0000000000000000000000000000"), Ok("1")),
        (decimal("0.1000000000000000000000000000"), Ok("0.1")),
        (decimal("0.1000000000000000000000000001"), Err(TooPrecise)),
        (decimal("0.0000000000010"), Ok("0.000000000001")),
        (decimal("0.0000000000001"), Err(TooPrecise)),
        (decimal("-0.000000000001"), Err(Negative)),
        (decimal(LARGEST), Ok(LARGEST)),
        (decimal(END), Err(OutOfRange)),
        (Decimal::MAX, Err(OutOfRange)),
    ] {
        let taken = Amount::try_from(given).map(|amount| amount.to_string());
        assert_eq!(taken, answer.map(String::from), "{given}");
    }
    assert_eq!(Balance::try_from(minus_zero).unwrap().to_string(), "0");
    assert_eq!(Balance::try_from(decimal("-79000000000000000")), Err(OutOfRange));
    assert_eq!(Balance::try_from(decimal("-0.0000000000001")), Err(TooPrecise));
    assert_eq!(Balance::try_from(Decimal::MIN), Err(OutOfRange));
}

#[test]
fn m1_arithmetic_stops_at_the_end_of_the_range() {
    use AmountError::{Negative, OutOfRange};
    let (one, least) = (amount("1"), Amount::SMALLEST);
    assert_eq!(Amount::MAX, amount(LARGEST));
    assert_eq!(amount("78999999999999998.999999999999").checked_add(one), Ok(Amount::MAX));
    assert_eq!(Amount::MAX.checked_add(least), Err(OutOfRange));
    assert_eq!(Amount::MAX.checked_add(Amount::MAX), Err(OutOfRange));
    assert_eq!(least.checked_sub(least), Ok(Amount::ZERO));
    assert_eq!(Amount::ZERO.checked_sub(least), Err(Negative));
    assert_eq!(amount("39499999999999999").checked_mul(2), Ok(amount("78999999999999998")));
    assert_eq!(amount("39500000000000000").checked_mul(2), Err(OutOfRange));
    assert_eq!(Amount::MAX.checked_mul(u64::MAX), Err(OutOfRange));
    assert_eq!(Balance::MAX.checked_add(least), Err(OutOfRange));
    assert_eq!(Balance::MIN.checked_sub(least), Err(OutOfRange));
    assert_eq!(Balance::MIN.checked_add(Amount::MAX), Ok(Balance::ZERO));
    assert_eq!(Balance::MIN.debt(), Amount::MAX);
    assert_eq!(Balance::MIN.shortfall(Amount::ZERO), Ok(Amount::MAX));
    assert_eq!(Balance::MIN.shortfall(least), Err(OutOfRange));
}

#[test]
fn m1_no_addition_or_subtraction_rounds() {
    for (one, other) in [
        ("0.000000000001", "78999999999999998.999999999998"),
        ("12345678.123456789012", "0.000000000003"),
        ("0.1", "0.2"),
    ] {
        let sum = amount(one).checked_add(amount(other)).unwrap();
        assert_eq!(sum.to_decimal(), decimal(one) + decimal(other));
        assert_eq!(sum.checked_sub(amount(other)), Ok(amount(one)));
    }
}

// "An operation that would leave the range is an error": here all the money ever credited would.
#[test]
fn m1_a_total_that_would_leave_the_range_is_refused() {
    let mut life = Life::with_top_up("5.00", "80.00");
    life.spends("75").unwrap();
    life.asks_for(ChargeKind::AutoTopUp, "75.00");
    let refused = life.resolves(2, "78999999999999920");
    assert_eq!(refused, Err(Rejection::OutOfRange { field: "posted" }));
    // 80 and this are all the money there can be.
    life.resolves(2, "78999999999999919.999999999999").unwrap();
    life.posted_is("78999999999999924.999999999999");
}

#[test]
fn m1_a_price_that_would_be_rounded_or_leave_the_range_is_refused() {
    let list = |price: &str, per: u64| {
        price_list(&format!(
            r#"{{"currency": "USD", "version": [{{"from": "2025-01-01T00:00:00Z",
                "items": {{"chat": {{"tokens": {{"price": "{price}", "per": {per}}}}}}}}}]}}"#
        ))
    };
    let faults = list("1", 3).unwrap_err();
    let fault = PriceFault::NotExact {
        version: 0,
        item: "chat".parse().unwrap(),
        quantity: "tokens".parse().unwrap(),
        price: amount("1"),
        per: 3,
    };
    assert_eq!(faults, PriceListFaults(vec![fault]));
    let tokens = |price: &str, count: u64| {
        let usage =
            Usage { item: "chat".parse().unwrap(), quantities: [("tokens".parse().unwrap(), count)].into() };
        let quote = list(price, 1_000_000).unwrap().quote(&usage, time("2025-01-01T00:00:00Z"));
        quote.map(|quote| quote.amount())
    };
    assert_eq!(tokens("3", 1), Ok(amount("0.000003")));
    assert_eq!(tokens("3", 1_000_001), Ok(amount("3.000003")));
    assert_eq!(tokens("78999999999999999", 1_000_000), Ok(amount("78999999999999999")));
    let item = "chat".parse().unwrap();
    assert_eq!(tokens("78999999999999999", 1_000_001), Err(Unpriced::OutOfRange { item }));
}

// M2: one account, one currency.
#[test]
fn m2_a_currency_is_three_capital_letters() {
    assert_eq!("EUR".parse::<Currency>().unwrap().to_string(), "EUR");
    for text in ["", "eur", "EU", "EURO", "E1R", "€€€", "US "] {
        assert_eq!(text.parse::<Currency>(), Err(CurrencyError), "{text:?}");
    }
}

#[test]
fn m2_opening_in_another_currency_than_the_policys_is_refused() {
    let open = |currency| Action::Open {
        account: AccountId(Uuid::from_u128(1)),
        owner: OwnerId(Uuid::from_u128(2)),
        currency,
    };
    let mut life = Life::vacant();
    let mismatch = Rejection::CurrencyMismatch { expected: Currency::USD, given: euro() };
    assert_eq!(life.owner(open(Some(euro()))), Err(mismatch.clone()));
    assert_eq!(life.owner(open(Some(Currency::USD))).unwrap(), ["account_opened"]);
    assert_eq!(life.account.currency(), Some(Currency::USD));
    // Of several reasons the currency comes before the order.
    assert_eq!(life.owner(open(Some(euro()))), Err(mismatch));

    // Nothing said: the policy's.
    let numbers = PolicyNumbers { currency: euro(), ..PolicyNumbers::documented() };
    let mut life = Life::under(numbers);
    life.owner(open(None)).unwrap();
    assert_eq!(life.account.currency(), Some(euro()));
}

#[test]
fn m2_using_an_account_under_another_currencys_policy_is_refused() {
    let mut life = Life::funded();
    life.policy = policy(PolicyNumbers { currency: euro(), ..PolicyNumbers::documented() });
    let mismatch = || Err(Rejection::CurrencyMismatch { expected: Currency::USD, given: euro() });
    assert_eq!(life.tick(), mismatch());
    assert_eq!(life.spends("1"), mismatch());
    assert_eq!(life.tops_up("5"), mismatch());
    assert_eq!(life.switches(false), mismatch());
}

#[test]
fn m2_a_quote_in_another_currency_is_refused() {
    let mismatch = || Err(Rejection::CurrencyMismatch { expected: Currency::USD, given: euro() });
    let authorize = |quote| Action::AuthorizeCall { call: call(1), key: key(1), quote, units: 1 };
    let charge = |quote| Action::ChargeCall { call: call(1), key: key(1), quote };
    let mut life = Life::funded();
    assert_eq!(life.gateway(authorize(euros("1"))), mismatch());
    assert_eq!(life.gateway(charge(euros("1"))), mismatch());
    // Nothing in another currency either.
    assert_eq!(life.gateway(charge(euros("0"))), mismatch());
    let list = price_list(
        r#"{"currency": "EUR", "version": [{"from": "2025-01-01T00:00:00Z",
            "items": {"image": {"images": {"price": "0.08"}}}}]}"#,
    );
    let usage = Usage { item: "image".parse().unwrap(), quantities: [("images".parse().unwrap(), 1)].into() };
    let quote = list.unwrap().quote(&usage, life.now).unwrap();
    assert_eq!(life.gateway(charge(quote)), mismatch());
    life.posted_is("20");
    life.held_is("0");
}

// Of several reasons the currency comes first: before the stage, and before the key.
#[test]
fn m2_the_currency_of_a_quote_is_the_first_reason() {
    let mismatch = Err(Rejection::CurrencyMismatch { expected: Currency::USD, given: euro() });
    for (stage, with) in [(StageTag::Linked, 1), (StageTag::Active, 1), (StageTag::Active, 9)] {
        let charge = Action::ChargeCall { call: call(1), key: key(with), quote: euros("1") };
        let authorize = Action::AuthorizeCall { call: call(1), key: key(with), quote: euros("1"), units: 1 };
        let mut life = Life::at_stage(stage);
        assert_eq!(life.gateway(charge), mismatch, "charge, {stage}, key {with}");
        assert_eq!(life.gateway(authorize), mismatch, "authorize, {stage}, key {with}");
    }
}

// What an open call holds is dollars: the same number in euros is another call, and refused.
#[test]
fn m2_an_open_call_is_not_repeated_in_another_currency() {
    let authorize = |quote| Action::AuthorizeCall { call: call(1), key: key(1), quote, units: 1 };
    let mut life = Life::funded();
    life.gateway(authorize(price("1"))).unwrap();
    assert_eq!(life.gateway(authorize(price("1"))).unwrap(), [""; 0]);
    let refused = Rejection::CurrencyMismatch { expected: Currency::USD, given: euro() };
    assert_eq!(life.gateway(authorize(euros("1"))), Err(refused));
}

// M3: prices go below the cent; what is charged is whole charge units, rounded up.
#[test]
fn m3_prices_go_below_the_cent() {
    let mut life = Life::funded();
    life.spends("0.025").unwrap();
    life.posted_is("19.975");
    life.spends("0.008").unwrap();
    life.posted_is("19.967");
    life.spends("0.000000000001").unwrap();
    life.posted_is("19.966999999999");
}

#[test]
fn m3_charges_are_rounded_up_to_whole_units() {
    for (unit, posted, asked) in [
        ("0.01", "5", "75"),
        ("0.01", "4.999999999999", "75.01"),
        ("0.01", "4.975", "75.03"),
        ("0.01", "4.971", "75.03"),
        ("0.01", "4.97", "75.03"),
        ("0.01", "4.969999999999", "75.04"),
        ("0.50", "4.97", "75.5"),
        ("1.00", "5", "75"),
        ("1.00", "4.999999999999", "76"),
        ("1.00", "4.5", "76"),
        ("1.00", "4.01", "76"),
        ("1.00", "4", "76"),
        ("1.00", "3.99", "77"),
    ] {
        let mut life = Life::under(PolicyNumbers {
            charge_unit: amount(unit),
            smallest_charge: amount("1"),
            ..PolicyNumbers::documented()
        });
        life = life.on_to(StageTag::Linked);
        life.sets("5", "80").unwrap();
        life = life.on_to(StageTag::Active);
        let spent = decimal("80") - decimal(posted);
        life.spends(&spent.to_string()).unwrap();
        life.posted_is(posted);
        life.asks_for(ChargeKind::AutoTopUp, asked);
    }
}

#[test]
fn m3_a_manual_top_up_is_whole_units() {
    for (unit, not_whole, whole) in [("0.01", "25.005", "25.01"), ("1.00", "25.50", "26")] {
        let mut life = Life::under(PolicyNumbers {
            charge_unit: amount(unit),
            smallest_charge: amount("1"),
            ..PolicyNumbers::documented()
        });
        life = life.on_to(StageTag::Active);
        let refused = Rejection::AmountNotWhole { amount: amount(not_whole), unit: amount(unit) };
        assert_eq!(life.tops_up(not_whole), Err(refused));
        assert_eq!(life.tops_up(whole).unwrap(), ["charge_requested"]);
        life.asks_for(ChargeKind::Manual, whole);
    }
}

// M4: charges are positive; prices, quotes and holds may be nothing; nothing is negative.
#[test]
fn m4_no_policy_lets_a_charge_be_nothing() {
    let nothing = |change: fn(&mut PolicyNumbers)| {
        let mut numbers = PolicyNumbers::documented();
        change(&mut numbers);
        let faults = Policy::new(numbers).unwrap_err();
        faults.0.iter().map(|fault| fault.field).collect::<Vec<_>>()
    };
    assert!(nothing(|numbers| numbers.charge_unit = Amount::ZERO).contains(&"charge_unit"));
    assert_eq!(nothing(|numbers| numbers.smallest_charge = Amount::ZERO), ["smallest_charge"]);
    assert_eq!(nothing(|numbers| numbers.manual_min = Amount::ZERO), ["manual_min"]);
}

#[test]
fn m4_a_top_up_of_nothing_is_refused() {
    let mut life = Life::funded();
    let refused =
        Rejection::AmountOutOfBounds { amount: Amount::ZERO, at_least: amount("1"), at_most: amount("300") };
    assert_eq!(life.tops_up("0"), Err(refused));
}

#[test]
fn m4_prices_and_holds_may_be_nothing() {
    let mut life = Life::with_credit("1");
    assert_eq!(life.spends("0").unwrap(), ["call_charged"]);
    assert_eq!(life.authorizes(1, "0").unwrap(), ["call_authorized"]);
    life.held_is("0");
    assert_eq!(life.settles(1, "0").unwrap(), ["call_settled"]);
    life.posted_is("1");
    assert_eq!(life.account.top_up_outlook(&life.policy, life.now), TopUpOutlook::Off);
}

#[test]
fn m4_nothing_negative_can_be_said() {
    for json in [
        r#"{"type": "top_up", "amount": "-25"}"#,
        r#"{"type": "settle_call", "call": "00000000-0000-0000-0000-000000000001", "amount": "-0.01"}"#,
        r#"{"type": "charge_succeeded", "charge": 1, "amount": "-20", "reference": "ch_1"}"#,
        r#"{"type": "resolve_charge", "charge": 1, "taken": "-20", "evidence": "statement"}"#,
        r#"{"type": "set_top_up", "threshold": "-5"}"#,
    ] {
        let said = serde_json::from_str::<Action<Usage>>(json).unwrap_err().to_string();
        assert!(said.contains("must not be negative"), "{json}: {said}");
    }
    let list = r#"{"currency": "USD", "version": [{"from": "2025-01-01T00:00:00Z",
        "items": {"image": {"images": {"price": "-0.08"}}}}]}"#;
    let said = serde_json::from_str::<PriceListNumbers>(list).unwrap_err().to_string();
    assert!(said.contains("must not be negative"), "{said}");
}
