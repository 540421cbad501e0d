//! Why a value does not fit its description: every fault, with the field, its value and what would be right.

use serde_json::{Map, Value};

use crate::fault::{cut, discreet, discreet_name};

use super::kind::{Field, Kind, Presence, Row, one_of, row_of};

/// What is wrong with the fields of an object. `at` is where the object stands, empty for the line itself; `known`
/// are names that are no fault though no field has them.
pub(crate) fn fields_faults(
    at: &str,
    known: &[&str],
    fields: &[Field],
    object: &Map<String, Value>,
) -> Vec<String> {
    let mut faults = Vec::new();
    let names: Vec<&str> = known.iter().copied().chain(fields.iter().map(|field| field.name)).collect();
    for name in object.keys().filter(|name| !names.contains(&name.as_str())) {
        let right = if names.is_empty() { "none is known here".into() } else { one_of(name, &names) };
        faults.push(format!("field {} is unknown: must be {right}", path(at, &discreet_name(name))));
    }
    for field in fields {
        match object.get(field.name) {
            Some(Value::Null) | None if field.presence != Presence::Must => {}
            Some(value) => field.kind.explain(&path(at, field.name), value, &mut faults),
            None => {
                let name = path(at, field.name);
                faults.push(format!("field {name} is missing: must be {}", field.kind.right(None)));
            }
        }
    }
    faults
}

/// What is wrong with an object whose `tag` says which of `rows` it is.
pub(crate) fn tagged_faults(
    at: &str,
    tag: &str,
    rows: &'static [Row],
    object: &Map<String, Value>,
) -> Vec<String> {
    let name = path(at, tag);
    let names: Vec<&str> = rows.iter().map(|row| row.tag).collect();
    match object.get(tag) {
        None => vec![format!("field {name} is missing: must be one of {}", names.join(", "))],
        Some(Value::String(given)) => match row_of(rows, given) {
            Some(row) => fields_faults(at, &[tag], row.fields, object),
            None => {
                vec![format!(
                    "field {name}: {} is unknown: must be {}",
                    discreet(given),
                    one_of(given, &names)
                )]
            }
        },
        Some(other) => vec![format!("field {name} is {}: must be a text", brief(other))],
    }
}

/// Where a field stands.
pub(crate) fn path(at: &str, name: &str) -> String {
    if at.is_empty() { name.into() } else { format!("{at}.{name}") }
}

/// A value in a message: whole where it is short, and else what it is, for there may be a key in it (C2).
pub(crate) fn brief(value: &Value) -> String {
    let whole = value.to_string();
    match value {
        Value::String(text) => discreet(text),
        Value::Array(items) if whole.len() > 40 => format!("a list of {}", items.len()),
        Value::Object(_) if whole.len() > 40 => "an object".into(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => cut(&whole),
    }
}

impl Kind {
    /// Adds what is wrong with `value`, which stands at `at`.
    pub(crate) fn explain(self, at: &str, value: &Value, faults: &mut Vec<String>) {
        if let Value::String(text) = value
            && let Some(problem) = self.text_problem(text)
        {
            faults.push(format!("field {at}: {problem}"));
            return;
        }
        let fits = match self {
            Self::Number => value.as_u64().is_some_and(|n| u32::try_from(n).is_ok()),
            Self::Count(least, most) => value.as_u64().is_some_and(|n| least <= n && n <= most),
            Self::Whole(least, most) => value.as_i64().is_some_and(|n| least <= n && n <= most),
            Self::Flag => value.is_boolean(),
            Self::Object(_) | Self::AnyObject(_) | Self::Tagged(..) | Self::Named(_) => value.is_object(),
            Self::List(_) => value.is_array(),
            Self::Described(_) | Self::Variants(_) => true,
            Self::Amount
            | Self::Balance
            | Self::Instant
            | Self::Span
            | Self::Id
            | Self::Digest
            | Self::Text(_)
            | Self::Token
            | Self::Fingerprint
            | Self::Brand
            | Self::Shown
            | Self::LastFour
            | Self::Expiry
            | Self::Currency
            | Self::Word(_)
            | Self::WordOf(_) => value.is_string(),
        };
        if fits {
            self.explain_parts(at, value, faults);
        } else {
            faults.push(self.misfit(at, value));
        }
    }

    fn misfit(self, at: &str, value: &Value) -> String {
        let right = self.right(Some(value));
        if self.is_discreet() {
            return format!("field {at}: must be {right}");
        }
        format!("field {at} is {}: must be {right}", brief(value))
    }

    fn explain_parts(self, at: &str, value: &Value, faults: &mut Vec<String>) {
        match (self, value) {
            (Self::Object(fields), Value::Object(object)) => {
                faults.extend(fields_faults(at, &[], fields, object));
            }
            (Self::AnyObject(shapes), Value::Object(object)) => {
                faults.extend(nearest_shape_faults(at, shapes, object));
            }
            (Self::Tagged(tag, rows), Value::Object(object)) => {
                faults.extend(tagged_faults(at, tag, rows, object));
            }
            (Self::List(of), Value::Array(items)) => {
                for (n, item) in items.iter().enumerate() {
                    // As people count.
                    of.explain(&format!("{at}[{}]", n.saturating_add(1)), item, faults);
                }
            }
            (Self::Named(of), Value::Object(object)) => {
                for (name, item) in object {
                    if let Some(problem) = Self::Text(255).text_problem(name) {
                        faults.push(format!("field {at}: name {} {problem}", discreet(name)));
                    }
                    of.explain(&path(at, name), item, faults);
                }
            }
            _ => {}
        }
    }
}

/// Faults against the shape that shares most names with the object.
fn nearest_shape_faults(at: &str, shapes: &[&[Field]], object: &Map<String, Value>) -> Vec<String> {
    let shared = |fields: &[Field]| fields.iter().filter(|field| object.contains_key(field.name)).count();
    let nearest = shapes.iter().rev().max_by_key(|fields| shared(fields));
    match nearest {
        Some(fields) if shared(fields) > 0 => fields_faults(at, &[], fields, object),
        Some(_) | None => {
            let say = |fields: &[Field]| fields.iter().map(|field| field.name).collect::<Vec<_>>().join(", ");
            let each: Vec<String> = shapes.iter().map(|fields| format!("{{{}}}", say(fields))).collect();
            vec![format!("field {at}: must have the fields of {}", each.join(" or "))]
        }
    }
}
