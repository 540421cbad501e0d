//! D1. What a call costs, and where the price comes from.

use crate::life::{Life, amount, call, key, time};
use prepaid::{
    Action, Currency, Event, PriceFault, PriceList, Quote, QuoteOrigin, Rejection, Unpriced, Usage,
};

/// A chat model by the million tokens and images by the piece; dearer from February on, and nothing from March on.
fn price_list() -> PriceList {
    let version = |from: &str, until: Option<&str>, image: &str| {
        serde_json::json!({"from": from, "until": until, "items": {
            "image": {"images": {"price": image}},
            "chat": {"input": {"price": "3.00", "per": 1_000_000}, "output": {"price": "15.00", "per": 1_000_000}},
            "trial": {"images": {"price": "0"}},
        }})
    };
    let versions = [
        version("2025-01-01T00:00:00Z", None, "0.025"),
        version("2025-02-01T00:00:00Z", Some("2025-03-01T00:00:00Z"), "0.03"),
    ];
    let numbers = serde_json::json!({"currency": "USD", "version": versions});
    PriceList::new(serde_json::from_value(numbers).unwrap()).unwrap()
}

fn usage(item: &str, quantities: &[(&str, u64)]) -> Usage {
    let quantities = quantities.iter().map(|(name, count)| (name.parse().unwrap(), *count)).collect();
    Usage { item: item.parse().unwrap(), quantities }
}

fn images(count: u64, at: &str) -> Result<Quote, Unpriced> {
    price_list().quote(&usage("image", &[("images", count)]), time(at))
}

// D1: the version in force at the moment of admission makes the price, to the microsecond.
#[test]
fn d1_the_price_is_that_of_the_version_in_force() {
    for (at, expected, version) in [
        ("2025-01-01T00:00:00Z", "0.1", "2025-01-01T00:00:00Z"),
        ("2025-01-31T23:59:59.999999Z", "0.1", "2025-01-01T00:00:00Z"),
        ("2025-02-01T00:00:00Z", "0.12", "2025-02-01T00:00:00Z"),
        ("2025-02-28T23:59:59.999999Z", "0.12", "2025-02-01T00:00:00Z"),
    ] {
        let quote = images(4, at).unwrap();
        assert_eq!(quote.amount(), amount(expected), "at {at}");
        let origin = QuoteOrigin::Listed { item: "image".parse().unwrap(), version: time(version) };
        assert_eq!(**quote.origin(), origin, "at {at}");
    }
    let at = time("2025-03-01T00:00:00Z");
    assert_eq!(images(4, "2025-03-01T00:00:00Z"), Err(Unpriced::NoVersion { at }));
    let at = time("2024-12-31T23:59:59.999999Z");
    assert_eq!(images(4, "2024-12-31T23:59:59.999999Z"), Err(Unpriced::NoVersion { at }));
}

#[test]
fn d1_every_quantity_counts_exactly() {
    let at = time("2025-01-01T00:00:00Z");
    for (input, output, expected) in [
        (0, 0, "0"),
        (1, 0, "0.000003"),
        (0, 1, "0.000015"),
        (1_000_000, 1_000_000, "18"),
        (7, 3, "0.000066"),
    ] {
        let quote = price_list().quote(&usage("chat", &[("input", input), ("output", output)]), at).unwrap();
        assert_eq!(quote.amount(), amount(expected), "{input} in, {output} out");
        assert_eq!(quote.currency(), Currency::USD);
    }
}

// D1: what the list does not name is an error, never free.
#[test]
fn d1_what_the_list_does_not_name_has_no_price() {
    let at = time("2025-01-01T00:00:00Z");
    let list = price_list();
    let item = |name: &str| name.parse::<prepaid::Text>().unwrap();
    assert_eq!(list.quote(&usage("video", &[]), at), Err(Unpriced::UnknownItem { item: item("video"), at }));
    assert_eq!(
        list.quote(&usage("image", &[("images", 1), ("pixels", 5)]), at),
        Err(Unpriced::UnknownQuantity { item: item("image"), quantity: item("pixels") })
    );
    assert_eq!(
        list.quote(&usage("chat", &[("input", 5)]), at),
        Err(Unpriced::MissingQuantity { item: item("chat"), quantity: item("output") })
    );
    assert_eq!(
        list.quote(&usage("image", &[]), at),
        Err(Unpriced::MissingQuantity { item: item("image"), quantity: item("images") })
    );
    // A price of zero is one that somebody wrote down.
    assert_eq!(
        list.quote(&usage("trial", &[("images", 1)]), at).map(|quote| quote.amount()),
        Ok(amount("0"))
    );
}

// D1: where the price comes from is recorded with the call, from the list and by agreement.
#[test]
fn d1_the_origin_of_the_price_is_recorded() {
    let listed =
        QuoteOrigin::Listed { item: "image".parse().unwrap(), version: time("2025-01-01T00:00:00Z") };
    let agreed = QuoteOrigin::Agreed { reference: "contract 17".parse().unwrap() };
    let by_agreement = Quote::agreed(amount("0.1"), Currency::USD, "contract 17".parse().unwrap());
    for (quote, expected) in [(images(4, "2025-01-01T00:00:00Z").unwrap(), listed), (by_agreement, agreed)] {
        let mut life = Life::funded();
        life.gateway(Action::AuthorizeCall { call: call(1), key: key(1), quote: quote.clone(), units: 1 })
            .unwrap();
        let Event::CallAuthorized { amount: held, origin, .. } = life.last_event() else { unreachable!() };
        assert_eq!((*held, &**origin), (amount("0.1"), &expected));
        life.gateway(Action::ChargeCall { call: call(2), key: key(1), quote }).unwrap();
        let Event::CallCharged { amount: billed, origin, .. } = life.last_event() else { unreachable!() };
        assert_eq!((*billed, &**origin), (amount("0.1"), &expected));
    }
}

// D1: a later version does not change what was admitted before it.
#[test]
fn d1_an_open_call_keeps_its_price() {
    let mut life = Life::funded();
    life.at("2025-01-31T23:59:59.999999Z");
    let quote = images(4, "2025-01-31T23:59:59.999999Z").unwrap();
    life.gateway(Action::AuthorizeCall { call: call(1), key: key(1), quote, units: 1 }).unwrap();
    life.at("2025-02-01T00:00:00Z");
    assert_eq!(life.settles_whole(1).unwrap(), ["call_settled"]);
    life.posted_is("19.9");
}

// D1: a quote made under one version is of no use at another's time: the call has to be quoted anew.
#[test]
fn d1_a_quote_is_refused_outside_its_version() {
    let january = images(4, "2025-01-15T00:00:00Z").unwrap();
    let february = images(4, "2025-02-15T00:00:00Z").unwrap();
    let (first, second) = (time("2025-01-01T00:00:00Z"), time("2025-02-01T00:00:00Z"));
    for (at, quote, refused) in [
        ("2025-01-31T23:59:59.999999Z", &january, None),
        ("2025-02-01T00:00:00Z", &january, Some(first)),
        ("2025-01-31T23:59:59.999999Z", &february, Some(second)),
        ("2025-02-01T00:00:00Z", &february, None),
        ("2025-02-28T23:59:59.999999Z", &february, None),
        ("2025-03-01T00:00:00Z", &february, Some(second)),
    ] {
        let mut life = Life::funded();
        life.at(at);
        let charge = Action::ChargeCall { call: call(1), key: key(1), quote: quote.clone() };
        let authorize = Action::AuthorizeCall { call: call(2), key: key(1), quote: quote.clone(), units: 1 };
        let refusal = |version| Err(Rejection::QuoteNotInForce { version });
        let expected = |event| refused.map_or(Ok(vec![event]), refusal);
        assert_eq!(life.gateway(charge), expected("call_charged"), "at {at}");
        assert_eq!(life.gateway(authorize), expected("call_authorized"), "at {at}");
    }
}

#[test]
fn d1_a_price_list_names_versions_items_and_quantities() {
    let faults = |version: &str| {
        let list = format!(r#"{{"currency": "USD", "version": [{version}]}}"#);
        let numbers: prepaid::PriceListNumbers = serde_json::from_str(&list).unwrap();
        prepaid::PriceList::new(numbers).unwrap_err().0
    };
    assert_eq!(faults(""), [PriceFault::NoVersion]);
    let version = |items: &str| format!(r#"{{"from": "2025-01-01T00:00:00Z", "items": {items}}}"#);
    assert_eq!(faults(&version("{}")), [PriceFault::NoItem { version: 0 }]);
    let item = "image".parse().unwrap();
    assert_eq!(faults(&version(r#"{"image": {}}"#)), [PriceFault::NoQuantity { version: 0, item }]);
}
