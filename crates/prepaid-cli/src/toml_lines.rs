//! TOML with its lines: what stands where, so that a fault can be told with its line and field.

use std::path::Path;

use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::alphabet::{Field, fields_faults};
use crate::fault::{Faults, Stopped, line_at, quoted};

/// A TOML text that parses.
#[derive(Debug)]
pub(crate) struct TomlLines<'a> {
    file: &'a Path,
    text: &'a str,
    table: Spanned<DeTable<'a>>,
}

impl<'a> TomlLines<'a> {
    /// Reads the text as TOML.
    pub(crate) fn of(file: &'a Path, text: &'a str) -> Result<Self, Stopped> {
        let (table, errors) = DeTable::parse_recoverable(text);
        let mut faults = Faults::of(file);
        for error in &errors {
            let line = error.span().map(|span| line_at(text, span.start));
            let said = error.message().trim_end_matches('.').replace('\n', ": ");
            let written = line.and_then(|line| self::written(text, line)).unwrap_or("");
            faults.add(line, format!("{} is no TOML: {said}", quoted(written)));
        }
        faults.unless_any(Self { file, text, table })
    }

    /// Reads a value with these fields.
    pub(crate) fn read<T: DeserializeOwned>(&self, fields: &[Field]) -> Result<T, Stopped> {
        let mut faults = Faults::of(self.file);
        let object = self.object(self.table.get_ref(), "", &mut faults);
        for fault in fields_faults("", &[], fields, &object) {
            let place = fault.strip_prefix("field ").and_then(|path| place_in(self.table.get_ref(), path));
            let line = place.map_or(1, |offset| line_at(self.text, offset));
            faults.add(Some(line), fault.replace("must be an object", "must be a table"));
        }
        faults.unless_any(())?;
        toml::from_str(self.text).map_err(|error| {
            let line = error.span().map_or(1, |span| line_at(self.text, span.start));
            Faults::one(self.file, Some(line), "must be as the output of prepaid schema says")
        })
    }

    /// The table as JSON. There is no date in JSON: each is a fault of its own.
    fn object(&self, table: &DeTable<'_>, at: &str, faults: &mut Faults) -> Map<String, Value> {
        let mut object = Map::new();
        for (name, value) in table {
            let name = name.get_ref();
            let at = if at.is_empty() { name.to_string() } else { format!("{at}.{name}") };
            object.insert(name.to_string(), self.json(value, &at, faults));
        }
        object
    }

    fn json(&self, value: &Spanned<DeValue<'_>>, at: &str, faults: &mut Faults) -> Value {
        match value.get_ref() {
            DeValue::String(text) => Value::from(text.as_ref()),
            DeValue::Boolean(flag) => Value::from(*flag),
            DeValue::Integer(integer) => {
                let (digits, radix) = (integer.as_str(), integer.radix());
                let signed = i64::from_str_radix(digits, radix).map(Value::from);
                signed
                    .or_else(|_| u64::from_str_radix(digits, radix).map(Value::from))
                    .unwrap_or_else(|_| number(digits))
            }
            DeValue::Float(float) => number(float.as_str()),
            DeValue::Datetime(date) => {
                let line = line_at(self.text, value.span().start);
                faults.add(
                    Some(line),
                    format!("field {at} is {date} without quotes: must be text, \"{date}\""),
                );
                // A date that is written in quotes may be none that is known; one fault at a time.
                Value::Null
            }
            DeValue::Array(list) => {
                let each = (1_usize..).zip(list.iter());
                each.map(|(n, item)| self.json(item, &format!("{at}[{n}]"), faults)).collect()
            }
            DeValue::Table(table) => self.object(table, at, faults).into(),
        }
    }

    /// The line in which the value at `path` stands; lists are entered by number.
    pub(crate) fn line_of(&self, path: &[&str]) -> Option<u64> {
        let (first, rest) = path.split_first()?;
        let mut at = self.table.get_ref().get(*first)?;
        for step in rest {
            let next = match at.get_ref() {
                DeValue::Table(table) => table.get(*step),
                DeValue::Array(list) => list.get(step.parse::<usize>().ok()?),
                DeValue::String(_)
                | DeValue::Integer(_)
                | DeValue::Float(_)
                | DeValue::Boolean(_)
                | DeValue::Datetime(_) => None,
            };
            // Whatever lies deeper is told with the line of what there is.
            let Some(next) = next else { break };
            at = next;
        }
        Some(line_at(self.text, at.span().start))
    }
}

/// A number as JSON has it; as text where JSON has none.
fn number(text: &str) -> Value {
    let known = text.parse::<f64>().ok().and_then(serde_json::Number::from_f64);
    known.map_or_else(|| Value::from(text), Value::from)
}

/// Where what a message names begins: `version[1].items.image` and whatever follows it.
fn place_in(table: &DeTable<'_>, path: &str) -> Option<usize> {
    let ends = |rest: &str| rest.is_empty() || rest.starts_with(['.', '[', ':', ' ']);
    let (value, mut rest) = table
        .iter()
        .filter_map(|(name, value)| Some((value, path.strip_prefix(name.get_ref().as_ref())?)))
        .filter(|(_, rest)| ends(rest))
        .min_by_key(|(_, rest)| rest.len())?;
    let mut at = value;
    while let Some((number, after)) = rest.strip_prefix('[').and_then(|inside| inside.split_once(']')) {
        let index = number.parse::<usize>().ok().and_then(|number| number.checked_sub(1));
        let Some(item) = index.and_then(|index| at.get_ref().get(index)) else { break };
        (at, rest) = (item, after);
    }
    let deeper = match (at.get_ref(), rest.strip_prefix('.')) {
        (DeValue::Table(table), Some(rest)) => place_in(table, rest),
        _ => None,
    };
    Some(deeper.unwrap_or_else(|| at.span().start))
}

fn written(text: &str, line: u64) -> Option<&str> {
    text.lines().nth(usize::try_from(line).ok()?.checked_sub(1)?).map(str::trim)
}
