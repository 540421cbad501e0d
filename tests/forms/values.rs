//! Small values as they are read, compared and shown.

use prepaid::{
    Action, Actor, Amount, Balance, CardExpiry, ChargePhase, Currency, Event, Events, LastFour, PriceList,
    PriceListNumbers, Reports, Setting, Shown, Snapshot, Span, StageTag, Text, Timestamp, Window,
};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::life::{Life, amount, balance, call, digest, key, span, time};

#[test]
fn a_setting_is_kept_off_or_something() {
    let set = |field: Value| {
        let mut command = json!({"type": "set_top_up"});
        if field != json!("absent") {
            command["monthly_cap"] = field;
        }
        let read: Action<Value> = serde_json::from_value(command.clone()).unwrap();
        assert_eq!(serde_json::to_value(&read).unwrap(), command, "written as it was read");
        let Action::SetTopUp { monthly_cap, .. } = read else { panic!("it is one: {command}") };
        monthly_cap
    };
    assert_eq!(set(json!("absent")), Setting::Kept);
    assert_eq!(set(Value::Null), Setting::Off);
    assert_eq!(set(json!("150")), Setting::To(amount("150")));
    // By itself, what is kept says as little as what is off.
    assert_eq!(serde_json::to_value(Setting::<u16>::Kept).unwrap(), Value::Null);
}

#[test]
fn amounts_and_balances_compare() {
    assert_eq!(Balance::from(amount("0.06")), balance("0.06"));
    assert_eq!(balance("0.06"), amount("0.06"));
    assert_ne!(balance("-0.06"), amount("0.06"));
    assert_eq!(Balance::from(Amount::ZERO), Balance::ZERO);
}

#[test]
fn windows_spans_and_actors_are_shown_as_they_are_said() {
    let shown = [Window::Day, Window::Week, Window::Month].map(|window| window.to_string());
    assert_eq!(shown, ["day", "week", "month"]);
    for text in ["0s", "1s", "90s", "2m", "36h", "30d"] {
        assert_eq!((span(text).to_string(), format!("{:?}", span(text))), (text.into(), text.into()));
    }
    assert_eq!((span("90s").as_micros(), Span::from_minutes(3)), (90_000_000, span("3m")));
    let actors = [Actor::Owner, Actor::Operator, Actor::Gateway, Actor::Provider, Actor::Clock];
    let shown = actors.map(|actor| actor.to_string());
    assert_eq!(shown, ["the owner", "the operator", "the gateway", "the provider", "the clock"]);
}

#[test]
fn the_ends_of_time_are_taken_and_nothing_beyond() {
    let (first, last) = (Timestamp::MIN.as_micros(), Timestamp::MAX.as_micros());
    assert_eq!(Timestamp::from_micros(first), Ok(Timestamp::MIN));
    assert_eq!(Timestamp::from_micros(last), Ok(Timestamp::MAX));
    assert!(Timestamp::from_micros(first - 1).is_err() && Timestamp::from_micros(last + 1).is_err());
    assert_eq!(Timestamp::MAX.saturating_add(span("1s")), Timestamp::MAX);
    // The longest span ends where more of it would only say the same.
    let longest = Span::from_days(u32::MAX);
    assert_eq!((longest, Span::from_days(36_526)), (Span::from_days(36_525), longest));
    assert!(Span::from_days(36_524) < longest);
    assert_eq!(
        time("2025-01-01T00:00:00Z").saturating_add(Span::from_days(31)),
        time("2025-02-01T00:00:00Z")
    );
}

#[test]
fn what_is_read_can_be_asked() {
    let expires: CardExpiry = "2031-07".parse().unwrap();
    assert_eq!((expires.year(), expires.month()), (2031, 7));
    assert!(Reports::default().as_slice().is_empty());
    let mut life = Life::with_credit("20");
    life.tops_up("5").unwrap();
    life.charge_succeeds_with(2, "4").unwrap();
    let ChargePhase::Unresolved { reports, .. } = &life.account.open_charge().unwrap().phase else {
        panic!("another amount was reported");
    };
    assert_eq!(reports.as_slice(), [amount("4")]);
    let numbers: PriceListNumbers = serde_json::from_value(json!({"currency": "USD", "version": [
        {"from": "2025-01-01T00:00:00Z", "items": {"image": {"images": {"price": "0.025"}}}}]}))
    .unwrap();
    assert_eq!(PriceList::new(numbers).unwrap().currency(), Currency::USD);
}

#[test]
fn a_snapshot_of_a_migrated_account_keeps_where_it_came_from() {
    let mut life = Life::at_stage(StageTag::Linked);
    life.is_migrated("customer 4711").unwrap();
    let written = serde_json::to_string(&Snapshot::of(&life.account)).unwrap();
    assert!(written.contains("customer 4711"), "{written}");
    assert_eq!(serde_json::from_str::<Snapshot>(&written).unwrap().into_account(), life.account);
}

#[test]
fn a_snapshot_of_a_superseded_charge_says_so() {
    let mut life = Life::with_credit("20");
    life.tops_up("5").unwrap();
    let mut snapshot = serde_json::to_value(Snapshot::of(&life.account)).unwrap();
    snapshot.pointer_mut("/account/opened/charges/open").unwrap()["counting"] = json!("superseded");
    let read: Snapshot = serde_json::from_value(snapshot.clone()).unwrap();
    assert_eq!(serde_json::to_value(&read).unwrap(), snapshot);
}

#[test]
fn what_is_read_by_people_is_shown_alike_for_debugging() {
    let shown = |value: &dyn std::fmt::Debug| format!("{value:?}");
    let text: Text = "card \"expired\"".parse().unwrap();
    assert_eq!(shown(&text), r#""card \"expired\"""#);
    assert_eq!(
        (shown(&Currency::USD), shown(&time("2025-01-01T00:00:00Z"))),
        ("USD".into(), "2025-01-01T00:00:00Z".into())
    );
    let (four, expires): (LastFour, CardExpiry) = ("4242".parse().unwrap(), "2031-07".parse().unwrap());
    assert_eq!((shown(&four), shown(&expires)), ("4242".into(), "2031-07".into()));
    let shown_part: Shown = "ppk_A1b2".parse().unwrap();
    assert_eq!((shown(&digest(1)), shown(&shown_part)), ("01".repeat(32), "ppk_A1b2".into()));
    assert_eq!(shown(&key(1)), "00000000-0000-0000-0000-000000000001");
    assert_eq!(
        (shown(&Events::none()), shown(&Events::one(Event::AccountResumed {}))),
        ("[]".into(), "[AccountResumed]".into())
    );
}

#[test]
fn what_is_read_from_the_wrong_kind_says_what_is_expected() {
    fn refused<T: DeserializeOwned>() -> String {
        serde_json::from_value::<T>(json!(5)).map_or_else(|error| error.to_string(), |_| "it is read".into())
    }
    let said = |text: &str| serde_json::from_value::<Currency>(json!(text)).unwrap_err().to_string();
    assert!(said("dollars").contains("dollars"), "what is wrong is repeated: {}", said("dollars"));
    assert!(refused::<Text>().contains("expected a text of 1 to 255 characters"));
    assert!(refused::<Currency>().contains("expected a currency code, such as \"USD\""));
    assert!(refused::<Amount>().contains("expected an amount as text, such as \"10.00\""));
}

#[test]
fn events_are_equal_if_they_are_the_same_in_the_same_order() {
    let (one, other) = (Event::AccountResumed {}, Event::AccountClosing {});
    let events = |all: &[&Event]| all.iter().copied().cloned().collect::<Events>();
    assert_eq!(events(&[&one, &other]), events(&[&one, &other]));
    assert_ne!(events(&[&one, &other]), events(&[&other, &one]));
    assert_ne!(events(&[&one]), Events::none());
}

#[test]
fn what_says_nothing_is_not_written() {
    let command = |units| Action::AuthorizeCall { call: call(1), key: key(1), quote: json!("q"), units };
    let units = |units| serde_json::to_value(command(units)).unwrap().get("units").cloned();
    assert_eq!((units(1), units(2)), (None, Some(json!(2))));
    let mut life = Life::funded();
    life.limits_spending(Some("500")).unwrap();
    let snapshot = serde_json::to_value(Snapshot::of(&life.account)).unwrap();
    let spending = snapshot.pointer("/account/opened/spending").unwrap();
    assert_eq!(
        (&spending["limit"], spending.get("windows")),
        (&json!("500"), None),
        "nothing has used a window"
    );
}
