//! The edges of what is read and written: each text beside the nearest that is on the other side.

use prepaid::{
    Balance, CardExpiry, PaymentToken, Policy, PolicyNumbers, PriceList, PriceListNumbers, Span, TextError,
    TimeError,
};
use serde_json::json;

use crate::life::{amount, balance, span, time};

#[test]
fn a_card_expires_in_a_month_of_a_year_of_this_century_or_the_next() {
    let read = |text: &str| text.parse().ok().map(|expires: CardExpiry| (expires.year(), expires.month()));
    assert_eq!((read("2000-01"), read("2199-12")), (Some((2000, 1)), Some((2199, 12))));
    for text in ["1999-12", "2200-01", "2031-00", "2031-13", "02031-01", "2031-001", "2031-1", "2031-+1"] {
        assert_eq!(read(text), None, "{text}");
    }
}

#[test]
fn twelve_to_nineteen_digits_and_no_letter_could_be_a_card_number() {
    for digits in 0..25 {
        let text = format!("-{}", "7".repeat(digits));
        let expected = if (12..=19).contains(&digits) { Some(TextError::CardNumber) } else { None };
        assert_eq!(text.parse::<PaymentToken>().err(), expected, "{text}");
        assert_eq!(format!("pm{text}").parse::<PaymentToken>().err(), None, "a letter before {text}");
    }
}

#[test]
fn a_span_is_digits_and_a_unit() {
    for text in ["s", "-1s", "+1s", "1.5h", "1"] {
        assert_eq!(text.parse::<Span>(), Err(TimeError::MalformedSpan), "{text}");
    }
    assert_eq!((span("0s").is_zero(), span("1s").is_zero()), (true, false));
}

#[test]
fn a_time_is_written_with_as_many_digits_as_it_needs_by_threes() {
    for text in ["2025-01-01T00:00:00Z", "2025-01-01T00:00:00.500Z", "2025-01-01T00:00:00.000500Z"] {
        assert_eq!(time(text).to_string(), text);
    }
}

#[test]
fn the_deepest_debt_is_as_deep_as_the_largest_balance_is_high() {
    assert_eq!(Balance::MIN, balance("-78999999999999999.999999999999"));
    assert_eq!(Balance::MAX, balance("78999999999999999.999999999999"));
}

#[test]
fn a_policy_is_read_as_it_was_written() {
    let numbers = PolicyNumbers { reversal_window: span("600d"), ..PolicyNumbers::default() };
    let written = serde_json::to_value(Policy::new(numbers.clone()).unwrap()).unwrap();
    assert_eq!(serde_json::from_value::<Policy>(written).unwrap().numbers(), &numbers);
    let published = PolicyNumbers::published_2026();
    assert_eq!((published.threshold_max, published.target_max), (Some(amount("900")), amount("1000")));
}

#[test]
fn every_fault_of_a_price_list_is_told() {
    let numbers: PriceListNumbers = serde_json::from_value(json!({"currency": "USD", "version": [
        {"from": "2025-01-01T00:00:00Z", "until": "2025-01-01T00:00:00Z", "items": {}}]}))
    .unwrap();
    assert_eq!(
        PriceList::new(numbers).unwrap_err().to_string(),
        "version 0: until 2025-01-01T00:00:00Z must be after from 2025-01-01T00:00:00Z; version 0: needs at least one item"
    );
}
