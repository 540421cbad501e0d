//! Saying things in plain words, by the templates of the tables.

use prepaid::{Effect, Event};
use serde::Serialize;
use serde_json::Value;

use super::events::{EFFECTS, EVENTS};
use super::kind::{Field, Kind, Row, row_of};

/// What `object` is, in the words of its row.
pub(crate) fn say(row: &Row, object: &Value) -> String {
    let mut said = String::new();
    let mut rest = row.words;
    while let Some((before, after)) = rest.split_once('[') {
        said.push_str(&filled(before, row.fields, object).unwrap_or_default());
        let (inside, following) = after.split_once(']').unwrap_or((after, ""));
        let (inside, otherwise) = inside.split_once('|').unwrap_or((inside, ""));
        let told = filled(inside, row.fields, object);
        said.push_str(&told.unwrap_or_else(|| instead(inside, otherwise, object)));
        rest = following;
    }
    said.push_str(&filled(rest, row.fields, object).unwrap_or_default());
    said
}

/// An event in words.
pub(crate) fn event_words(event: &Event) -> String {
    spoken(EVENTS, event.tag().as_str(), event)
}

/// An effect in words.
pub(crate) fn effect_words(effect: &Effect) -> String {
    spoken(EFFECTS, effect.tag().as_str(), effect)
}

fn spoken(rows: &'static [Row], tag: &str, it: &impl Serialize) -> String {
    let stored = serde_json::to_value(it).unwrap_or_default();
    row_of(rows, tag).map_or_else(|| tag.into(), |row| say(row, &stored))
}

/// What is said where a field of `inside` has no value: `otherwise`, but what begins with `null:` only where the field
/// is there and null, which means another thing than leaving it out.
fn instead(inside: &str, otherwise: &str, object: &Value) -> String {
    let Some(words) = otherwise.strip_prefix("null:") else { return otherwise.into() };
    let mut names = inside.split('{').skip(1).filter_map(|part| part.split(['}', '.']).next());
    let is_null = names.any(|name| object.get(name).is_some_and(Value::is_null));
    if is_null { words.into() } else { String::new() }
}

/// The template with its fields in their places; nothing where one is missing.
fn filled(template: &str, fields: &[Field], object: &Value) -> Option<String> {
    let mut text = String::new();
    let mut rest = template;
    while let Some((before, after)) = rest.split_once('{') {
        text.push_str(before);
        let (name, following) = after.split_once('}').unwrap_or((after, ""));
        text.push_str(&value_of(name, fields, object)?);
        rest = following;
    }
    text.push_str(rest);
    Some(text)
}

fn value_of(name: &str, fields: &[Field], object: &Value) -> Option<String> {
    let (first, deeper) = name.split_once('.').map_or((name, None), |(first, rest)| (first, Some(rest)));
    let field = fields.iter().find(|field| field.name == first)?;
    let value = object.get(first).filter(|value| !value.is_null())?;
    if let (Some(deeper), Kind::Object(fields)) = (deeper, field.kind) {
        return value_of(deeper, fields, value);
    }
    Some(value_words(field.kind, value))
}

fn value_words(kind: Kind, value: &Value) -> String {
    let Some(text) = value.as_str() else {
        return value.as_bool().map_or_else(|| value.to_string(), on_or_off);
    };
    if matches!(kind, Kind::Amount | Kind::Balance) {
        money_words(text)
    } else if matches!(kind, Kind::Instant) {
        instant_words(text)
    } else if matches!(kind, Kind::Id) {
        id_words(text)
    } else if matches!(kind, Kind::Word(_) | Kind::WordOf(_)) {
        text.replace('_', " ")
    } else {
        text.to_string()
    }
}

fn on_or_off(flag: bool) -> String {
    if flag { "on".into() } else { "off".into() }
}

/// An amount with at least two fractional digits.
pub(crate) fn money_words(text: &str) -> String {
    match text.split_once('.') {
        None => format!("{text}.00"),
        Some((_, fraction)) if fraction.len() < 2 => format!("{text}0"),
        Some(_) => text.to_string(),
    }
}

/// A time without the letters between its parts; all times are UTC.
pub(crate) fn instant_words(text: &str) -> String {
    text.replace('T', " ").replace('Z', "")
}

/// The end of an id: the beginning of those made from the time is the same for many.
pub(crate) fn id_words(text: &str) -> String {
    let start = text.len().saturating_sub(4);
    format!("..{}", text.get(start..).unwrap_or(text))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::alphabet::COMMANDS;

    #[test]
    fn a_bracket_whose_field_is_missing_is_left_out() {
        let row = row_of(COMMANDS, "settle_call").map(|row| {
            let call = "00000000-0000-0000-0000-00000000c001";
            (say(row, &json!({ "call": call })), say(row, &json!({ "call": call, "amount": "0.5" })))
        });
        assert_eq!(row, Some(("settle call ..c001".into(), "settle call ..c001 for 0.50".into())));
    }

    #[test]
    fn null_and_left_out_are_told_apart_where_they_differ() {
        let words = |tag, object| row_of(COMMANDS, tag).map(|row| say(row, &object)).unwrap_or_default();
        assert_eq!(words("set_top_up", json!({ "enabled": true })), "set the top-up on");
        assert_eq!(
            words("set_top_up", json!({ "monthly_cap": null, "daily_count": 2 })),
            "set the top-up, no cap on the month, charges a day: at most 2"
        );
        for object in [json!({}), json!({ "limit": null })] {
            assert_eq!(words("limit_spending", object), "limit spending to what the account has");
        }
        assert_eq!(words("limit_spending", json!({ "limit": "5" })), "limit spending to 5.00 a month");
    }

    #[test]
    fn every_placeholder_of_the_tables_is_a_field() {
        for row in COMMANDS.iter().chain(EVENTS) {
            for part in row.words.split('{').skip(1) {
                let name = part.split(['}', '.']).next().unwrap_or_default();
                assert!(row.fields.iter().any(|field| field.name == name), "{} in {}", name, row.tag);
            }
        }
    }
}
