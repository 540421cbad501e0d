//! Everything that reads text, fed with valid text that was broken a little: a clear error or a value that is right,
//! never a panic, never half a value.

use std::fmt::{Debug, Display};
use std::str::FromStr;

use prepaid::{
    Action, Amount, Balance, Batch, CardExpiry, Currency, Digest, LastFour, PaymentToken, Policy, PriceList,
    PriceListNumbers, Shown, Snapshot, Span, Text, Timestamp,
};
use proptest::prelude::*;
use proptest::test_runner::RngSeed;
use rust_decimal::Decimal;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::life::Life;
use crate::samples;

/// Characters that break things: digits, signs, separators, quotes, a combining accent, a control character.
const BAD: &str = "0123456789.-+eE_ :TZ\"{}[],nulltrué\u{301}\u{0}\u{7f}\n/\\'";

/// One small damage: where, what.
#[derive(Debug, Clone, Copy)]
struct Damage(u8, u16, u8);

impl Damage {
    fn to(self, text: &str) -> String {
        let Self(what, at, with) = self;
        let mut chars: Vec<char> = text.chars().collect();
        let at = usize::from(at) % (chars.len() + 1);
        let with = BAD.chars().nth(usize::from(with) % BAD.chars().count()).unwrap();
        match what % 5 {
            0 => chars.insert(at, with),
            1 if at < chars.len() => drop(chars.remove(at)),
            2 if at < chars.len() => chars[at] = with,
            3 => chars.truncate(at),
            _ => {
                let again: Vec<char> = chars[at..].to_vec();
                chars.extend(again);
            }
        }
        chars.into_iter().collect()
    }
}

fn damages() -> impl Strategy<Value = Vec<Damage>> {
    prop::collection::vec(any::<(u8, u16, u8)>().prop_map(|(a, b, c)| Damage(a, b, c)), 1..4)
}

fn damaged(text: &str, damages: &[Damage]) -> String {
    damages.iter().fold(text.to_owned(), |text, damage| damage.to(&text))
}

/// What is read has one text, and that text reads back as the same value; what is not read says why.
fn reads_or_says_why<T>(text: &str) -> Result<(), TestCaseError>
where
    T: FromStr<Err: Display> + Display + PartialEq + Debug,
{
    match text.parse::<T>() {
        Ok(value) => {
            let canonical = value.to_string();
            prop_assert_eq!(&canonical.parse::<T>().ok(), &Some(value), "{:?} became {:?}", text, canonical);
        }
        Err(error) => prop_assert!(error.to_string().len() > 10, "{}", error),
    }
    Ok(())
}

fn loads_or_says_why<T>(json: &str) -> Result<(), TestCaseError>
where
    T: DeserializeOwned + serde::Serialize + PartialEq + Debug,
{
    match serde_json::from_str::<T>(json) {
        Ok(value) => {
            let again = serde_json::to_string(&value).unwrap();
            prop_assert_eq!(serde_json::from_str::<T>(&again).unwrap(), value);
        }
        Err(error) => prop_assert!(error.to_string().len() > 10, "{}", error),
    }
    Ok(())
}

/// Values of the texts in a JSON document replaced by damaged ones, so that the damage lies within the fields.
fn with_damaged_leaf(value: &Value, nth: usize, damages: &[Damage]) -> Value {
    fn walk(value: &mut Value, left: &mut usize, damages: &[Damage]) {
        match value {
            Value::String(text) => {
                if *left == 0 {
                    *text = damaged(text, damages);
                }
                *left = left.wrapping_sub(1);
            }
            Value::Array(items) => items.iter_mut().for_each(|item| walk(item, left, damages)),
            Value::Object(fields) => fields.values_mut().for_each(|item| walk(item, left, damages)),
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }
    let (mut value, mut left) = (value.clone(), nth);
    walk(&mut value, &mut left, damages);
    value
}

/// A busy account and its batches.
fn busy() -> Life {
    let mut life = Life::funded();
    life.authorizes(1, "0.5").unwrap();
    life.later("61m").spends("10.025").unwrap();
    life.charge_requires_action().unwrap();
    life
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, rng_seed: RngSeed::Fixed(20_250_101), ..ProptestConfig::with_cases(3_000) })]

    #[test]
    fn m1_amounts(text in "[0-9]{0,18}(\\.[0-9]{0,13})?", damages in damages()) {
        for text in [text.clone(), damaged(&text, &damages)] {
            reads_or_says_why::<Amount>(&text)?;
            reads_or_says_why::<Balance>(&text)?;
            // Whatever is read is what the digits say, by somebody else's arithmetic.
            if let Ok(amount) = text.parse::<Amount>() {
                prop_assert_eq!(amount.to_decimal(), Decimal::from_str_exact(&text).unwrap());
            }
        }
    }

    #[test]
    fn k1_times(damages in damages()) {
        reads_or_says_why::<Timestamp>(&damaged("2025-01-01T00:00:00.000001Z", &damages))?;
        reads_or_says_why::<Timestamp>(&damaged("2024-02-29T23:59:59+05:30", &damages))?;
        reads_or_says_why::<Span>(&damaged("90m", &damages))?;
        reads_or_says_why::<Span>(&damaged("36525d", &damages))?;
    }

    #[test]
    fn small_texts(damages in damages()) {
        reads_or_says_why::<Currency>(&damaged("USD", &damages))?;
        reads_or_says_why::<Digest>(&damaged(&"0f".repeat(32), &damages))?;
        reads_or_says_why::<Shown>(&damaged("ppk_A1b2", &damages))?;
        reads_or_says_why::<PaymentToken>(&damaged("4242-4242-4242-4242", &damages))?;
        reads_or_says_why::<LastFour>(&damaged("4242", &damages))?;
        reads_or_says_why::<CardExpiry>(&damaged("2027-03", &damages))?;
        reads_or_says_why::<Text>(&damaged("insufficient funds", &damages))?;
    }

    #[test]
    fn commands(n in 0_usize..26, leaf in 0_usize..8, damages in damages()) {
        let (_, command) = samples::commands().swap_remove(n);
        let value = serde_json::to_value(command).unwrap();
        loads_or_says_why::<Action<Value>>(&damaged(&value.to_string(), &damages))?;
        loads_or_says_why::<Action<Value>>(&with_damaged_leaf(&value, leaf, &damages).to_string())?;
    }

    #[test]
    fn batches(leaf in 0_usize..40, damages in damages()) {
        let life = busy();
        for batch in &life.batches {
            let value = serde_json::to_value(batch).unwrap();
            loads_or_says_why::<Batch>(&damaged(&value.to_string(), &damages))?;
            loads_or_says_why::<Batch>(&with_damaged_leaf(&value, leaf, &damages).to_string())?;
        }
    }

    /// A damaged history is applied whole or refused; whatever is left holds together.
    #[test]
    fn histories(nth in 0_usize..10, leaf in 0_usize..20, damages in damages()) {
        let mut life = busy();
        let nth = nth % life.batches.len();
        let value = with_damaged_leaf(&serde_json::to_value(&life.batches[nth]).unwrap(), leaf, &damages);
        let Ok(batch) = serde_json::from_value::<Batch>(value) else { return Ok(()) };
        life.batches[nth] = batch;
        match prepaid::replay(&life.batches) {
            Ok(account) => prop_assert_eq!(account.check(), Ok(())),
            Err(corrupt) => prop_assert!(corrupt.to_string().contains("cannot have happened")),
        }
    }

    /// A damaged snapshot is refused, or loads to a state whose parts fit.
    #[test]
    fn snapshots(leaf in 0_usize..60, damages in damages()) {
        let value = serde_json::to_value(Snapshot::of(&busy().account)).unwrap();
        for text in [damaged(&value.to_string(), &damages), with_damaged_leaf(&value, leaf, &damages).to_string()] {
            if let Ok(snapshot) = serde_json::from_str::<Snapshot>(&text) {
                prop_assert_eq!(snapshot.into_account().check(), Ok(()));
            }
        }
    }

    #[test]
    fn policies(leaf in 0_usize..40, damages in damages()) {
        let value = serde_json::to_value(Policy::default()).unwrap();
        loads_or_says_why::<Policy>(&damaged(&value.to_string(), &damages))?;
        loads_or_says_why::<Policy>(&with_damaged_leaf(&value, leaf, &damages).to_string())?;
    }

    #[test]
    fn price_lists(leaf in 0_usize..12, damages in damages()) {
        let text = r#"{"currency": "USD", "version": [
            {"from": "2025-01-01T00:00:00Z", "until": "2025-06-01T00:00:00Z",
             "items": {"chat": {"input": {"price": "3.00", "per": 1000000}}}},
            {"from": "2025-06-01T00:00:00Z", "items": {"image": {"images": {"price": "0.025"}}}}]}"#;
        let value: Value = serde_json::from_str(text).unwrap();
        for text in [damaged(text, &damages), with_damaged_leaf(&value, leaf, &damages).to_string()] {
            if let Ok(numbers) = serde_json::from_str::<PriceListNumbers>(&text)
                && let Err(faults) = PriceList::new(numbers)
            {
                prop_assert!(!faults.0.is_empty() && faults.to_string().len() > 10);
            }
        }
    }
}

/// What might be a secret or a card number never comes back in an error, as a text or as a number.
#[test]
fn c2_errors_never_repeat_what_may_be_secret() {
    let secret = "4242424242424242";
    let key = format!("ppk_{}", "A1b2".repeat(12));
    let link = |token: &str, last_four: &str| {
        format!(
            r#"{{"type":"link_payment_method","token":{token},"brand":"visa","last_four":{last_four},"expires":"2027-03"}}"#
        )
    };
    let create = |digest: &str, shown: &str| {
        format!(
            r#"{{"type":"create_key","key":"00000000-0000-0000-0000-000000000001","digest":{digest},"shown":{shown}}}"#
        )
    };
    let (digest, shown) = (format!("{:?}", "ab".repeat(32)), "\"ppk_A1b2\"");
    let texts = [
        link(&format!("{secret:?}"), "\"4242\""),
        link(secret, "\"4242\""),
        link(&format!("{secret}.0"), "\"4242\""),
        link("\"pm_1\"", &format!("{secret:?}")),
        link("\"pm_1\"", secret),
        format!(
            r#"{{"type":"link_payment_method","token":"pm_1","fingerprint":{secret},"brand":"visa","last_four":"4242","expires":"2027-03"}}"#
        ),
        String::from(
            r#"{"type":"link_payment_method","token":"pm_1","fingerprint":"4242.4242.4242.4242","brand":"visa","last_four":"4242","expires":"2027-03"}"#,
        ),
        format!(
            r#"{{"type":"link_payment_method","token":"pm_1","brand":"{secret}","last_four":"4242","expires":"2027-03"}}"#
        ),
        format!(
            r#"{{"type":"link_payment_method","token":"pm_1","brand":"visa","last_four":"4242","expires":"{secret}"}}"#
        ),
        create(&format!("{key:?}"), shown),
        create(&digest, &format!("{key:?}")),
    ];
    for text in texts {
        let error = serde_json::from_str::<Action<Value>>(&text).unwrap_err().to_string();
        assert!(!error.contains("4242424") && !error.contains("A1b2A1b2"), "{error}");
        assert!(error.contains("must") || error.contains("expected"), "{error}");
    }
}
