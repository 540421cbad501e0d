//! What a field may hold: one description, from which the schema is printed and a wrong value is explained.

use prepaid::{
    Amount, Balance, Brand, CardExpiry, Currency, Digest, Fingerprint, LastFour, PaymentToken, Shown, Span,
    Text, Timestamp,
};
use serde_json::{Map, Value, json};
use uuid::Uuid;

use crate::fault::discreet;

/// What a field may hold.
#[derive(Clone, Copy)]
pub(crate) enum Kind {
    /// Money that is never negative.
    Amount,
    /// Money that may be a debt.
    Balance,
    /// An instant.
    Instant,
    /// A length of time.
    Span,
    /// An id from the caller.
    Id,
    /// A number that counts things of the account, from 1.
    Number,
    /// A whole number from the first to the second.
    Count(u64, u64),
    /// A whole number from the first to the second, which may be below zero.
    Whole(i64, i64),
    /// A SHA-256 digest.
    Digest,
    /// A text of at most so many characters.
    Text(usize),
    /// The provider's token for a payment method.
    Token,
    /// The provider's fingerprint of a payment method.
    Fingerprint,
    /// What a payment method is called.
    Brand,
    /// The part of a key that may be shown.
    Shown,
    /// The last four digits of a card.
    LastFour,
    /// A month.
    Expiry,
    /// A currency code.
    Currency,
    /// True or false.
    Flag,
    /// One of these words.
    Word(&'static [&'static str]),
    /// One of the words that the list names.
    WordOf(fn() -> Vec<&'static str>),
    /// An object with these fields, and no others.
    Object(&'static [Field]),
    /// An object that has the fields of exactly one of these.
    AnyObject(&'static [&'static [Field]]),
    /// An object whose `type` (or other tag) says which of these it is.
    Tagged(&'static str, &'static [Row]),
    /// A list of these.
    List(&'static Kind),
    /// An object from free names to these.
    Named(&'static Kind),
    /// Something described elsewhere in the document.
    Described(&'static str),
    /// A word alone, or an object with this one field: how an enum with and without content is stored.
    Variants(&'static [(&'static str, Option<Kind>)]),
}

/// One field of an object.
#[derive(Clone, Copy)]
pub(crate) struct Field {
    /// Its name.
    pub(crate) name: &'static str,
    /// What it holds.
    pub(crate) kind: Kind,
    /// Whether it may be left out.
    pub(crate) presence: Presence,
}

/// Whether a field may be left out.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Presence {
    /// It must be there.
    Must,
    /// It may be left out.
    May,
    /// It may be left out, or be null, which is how it is stored.
    MayBeNull,
}

/// One variant of a tagged object: its name, how to say it, and its fields.
///
/// In the words `{field}` stands for the field's value, and what is in brackets is left out where a field in it is
/// missing, or replaced by what stands behind a `|` in the brackets (behind `|null:` only where the field is null).
#[derive(Clone, Copy)]
pub(crate) struct Row {
    /// The name.
    pub(crate) tag: &'static str,
    /// How to say it.
    pub(crate) words: &'static str,
    /// Its fields.
    pub(crate) fields: &'static [Field],
}

/// A field that must be there.
pub(crate) const fn must(name: &'static str, kind: Kind) -> Field {
    Field { name, kind, presence: Presence::Must }
}

/// A field that may be left out.
pub(crate) const fn may(name: &'static str, kind: Kind) -> Field {
    Field { name, kind, presence: Presence::May }
}

/// A field that may be left out, and is stored as null.
pub(crate) const fn or_null(name: &'static str, kind: Kind) -> Field {
    Field { name, kind, presence: Presence::MayBeNull }
}

/// A row of a table.
pub(crate) const fn row(tag: &'static str, words: &'static str, fields: &'static [Field]) -> Row {
    Row { tag, words, fields }
}

/// The row with this tag.
pub(crate) fn row_of(rows: &'static [Row], tag: &str) -> Option<&'static Row> {
    rows.iter().find(|row| row.tag == tag)
}

/// Whether objects of a schema may have fields it does not name.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Others {
    /// Refused: in what people write.
    Refused,
    /// Ignored: in what programs store, which grows.
    Ignored,
}

/// The schema of an object with these fields.
pub(crate) fn object_schema(tag: Option<(&str, &str)>, fields: &[Field], others: Others) -> Value {
    let mut properties = Map::new();
    let mut required = Vec::new();
    if let Some((name, value)) = tag {
        properties.insert(name.into(), json!({ "const": value }));
        required.push(Value::from(name));
    }
    for field in fields {
        let of = field.kind.schema(others);
        let of = match field.presence {
            Presence::Must | Presence::May => of,
            Presence::MayBeNull => json!({ "anyOf": [of, { "type": "null" }] }),
        };
        properties.insert(field.name.into(), of);
        if field.presence == Presence::Must {
            required.push(field.name.into());
        }
    }
    let mut schema = json!({ "type": "object", "properties": properties, "required": required });
    if others == Others::Refused
        && let Some(schema) = schema.as_object_mut()
    {
        schema.insert("additionalProperties".into(), false.into());
    }
    schema
}

/// The schema of a tagged object: one subschema a row.
pub(crate) fn rows_schema(tag: &str, rows: &[Row], others: Others) -> Value {
    let each = rows.iter().map(|row| object_schema(Some((tag, row.tag)), row.fields, others));
    json!({ "oneOf": each.collect::<Vec<_>>() })
}

impl Kind {
    /// The JSON Schema of it.
    pub(crate) fn schema(self, others: Others) -> Value {
        let pattern = |pattern: &str| json!({ "type": "string", "pattern": pattern });
        match self {
            Self::Amount => pattern(r"^[0-9]+(\.[0-9]{1,12})?$"),
            Self::Balance => pattern(r"^-?[0-9]+(\.[0-9]{1,12})?$"),
            Self::Instant => pattern(
                r"^[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ][0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]+)?([Zz]|[+-][0-9]{2}:[0-9]{2})$",
            ),
            Self::Span => pattern("^[0-9]+[smhd]$"),
            Self::Id => pattern("^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$"),
            Self::Number => json!({ "type": "integer", "minimum": 0, "maximum": u32::MAX }),
            Self::Count(least, most) => json!({ "type": "integer", "minimum": least, "maximum": most }),
            Self::Whole(least, most) => json!({ "type": "integer", "minimum": least, "maximum": most }),
            Self::Digest => pattern("^[0-9a-f]{64}$"),
            Self::Text(most) => json!({ "type": "string", "minLength": 1, "maxLength": most }),
            Self::Token | Self::Fingerprint | Self::Brand => {
                json!({ "type": "string", "minLength": 1, "maxLength": 255 })
            }
            Self::Shown => pattern("^[a-z0-9]{1,16}_[A-Za-z0-9]{1,8}$"),
            Self::LastFour => pattern("^[0-9]{4}$"),
            Self::Expiry => pattern("^2[01][0-9]{2}-(0[1-9]|1[0-2])$"),
            Self::Currency => pattern("^[A-Z]{3}$"),
            Self::Flag => json!({ "type": "boolean" }),
            Self::Word(words) => json!({ "enum": words }),
            Self::WordOf(words) => json!({ "enum": words() }),
            Self::Object(fields) => object_schema(None, fields, others),
            Self::AnyObject(shapes) => {
                let each = shapes.iter().map(|fields| object_schema(None, fields, others));
                json!({ "oneOf": each.collect::<Vec<_>>() })
            }
            Self::Tagged(tag, rows) => rows_schema(tag, rows, others),
            Self::List(of) => json!({ "type": "array", "items": of.schema(others) }),
            Self::Named(of) => json!({
                "type": "object",
                "propertyNames": { "minLength": 1, "maxLength": 255 },
                "additionalProperties": of.schema(others),
            }),
            Self::Described(name) => json!({ "$ref": format!("#/$defs/{name}") }),
            Self::Variants(variants) => {
                let each = variants.iter().map(|(name, content)| match content {
                    None => json!({ "const": name }),
                    Some(kind) => json!({
                        "type": "object",
                        "properties": { *name: kind.schema(others) },
                        "required": [name],
                        "additionalProperties": false,
                    }),
                });
                json!({ "oneOf": each.collect::<Vec<_>>() })
            }
        }
    }

    /// Why a text is none of these; `None` where it is one, or where the kind is no text.
    pub(super) fn text_problem(self, text: &str) -> Option<String> {
        let said = |problem: Option<String>| problem.map(|problem| format!("{} {problem}", discreet(text)));
        match self {
            Self::Amount => said(text.parse::<Amount>().err().map(|e| e.to_string())),
            Self::Balance => said(text.parse::<Balance>().err().map(|e| e.to_string())),
            Self::Instant => said(text.parse::<Timestamp>().err().map(|e| e.to_string())),
            Self::Span => said(text.parse::<Span>().err().map(|e| e.to_string())),
            Self::Id => said(
                Uuid::parse_str(text)
                    .err()
                    .map(|_| "must be a UUID, such as 7b1e9d0a-5c1f-4c53-9a55-0c8d2f6e1a01".into()),
            ),
            Self::Expiry => said(text.parse::<CardExpiry>().err().map(|e| e.to_string())),
            Self::Currency => said(text.parse::<Currency>().err().map(|e| e.to_string())),
            // What might be a secret in the wrong field is never repeated.
            Self::Digest => text.parse::<Digest>().err().map(|e| e.to_string()),
            Self::Shown => text.parse::<Shown>().err().map(|e| e.to_string()),
            Self::Token => text.parse::<PaymentToken>().err().map(|e| e.to_string()),
            Self::Fingerprint => text.parse::<Fingerprint>().err().map(|e| e.to_string()),
            Self::Brand => text.parse::<Brand>().err().map(|e| e.to_string()),
            Self::LastFour => text.parse::<LastFour>().err().map(|e| e.to_string()),
            Self::Text(most) => bounded(text, most),
            Self::Word(words) => not_a_word(text, words),
            Self::WordOf(words) => not_a_word(text, &words()),
            Self::Number
            | Self::Count(..)
            | Self::Whole(..)
            | Self::Flag
            | Self::Object(_)
            | Self::AnyObject(_)
            | Self::Tagged(..)
            | Self::List(_)
            | Self::Named(_)
            | Self::Described(_)
            | Self::Variants(_) => None,
        }
    }

    /// What a right value looks like, for a value of another type.
    pub(super) const fn example(self) -> &'static str {
        match self {
            Self::Amount | Self::Balance => "an amount as text, such as \"10.00\"",
            Self::Instant => "a time as text, such as \"2025-01-01T00:00:00Z\"",
            Self::Span => "a length of time as text, such as \"24h\"",
            Self::Id => "a UUID as text",
            Self::Number => "a whole number from 1",
            Self::Count(..) | Self::Whole(..) => "a whole number within its bounds",
            Self::Digest => "64 lower-case hexadecimal digits as text",
            Self::Text(_) | Self::Token | Self::Fingerprint | Self::Brand => "a text",
            Self::Shown => "the shown part of a key as text, such as \"ppk_A1b2\"",
            Self::LastFour => "four digits as text",
            Self::Expiry => "a year and a month as text, such as \"2027-03\"",
            Self::Currency => "a currency code as text, such as \"USD\"",
            Self::Flag => "true or false",
            Self::Word(_) | Self::WordOf(_) | Self::Variants(_) => "one of the known words",
            Self::Object(_) | Self::AnyObject(_) | Self::Tagged(..) | Self::Named(_) | Self::Described(_) => {
                "an object"
            }
            Self::List(_) => "a list",
        }
    }

    /// What would be right, for a value of another type or out of its bounds.
    pub(super) fn right(self, value: Option<&Value>) -> String {
        let among = |words: &[&str]| format!("one of {}", words.join(", "));
        match self {
            Self::Count(least, u64::MAX) if value.is_some_and(is_whole) => format!("at least {least}"),
            Self::Count(least, u64::MAX) => format!("a whole number, at least {least}"),
            Self::Count(least, most) => format!("a whole number from {least} to {most}"),
            Self::Whole(least, most) => format!("a whole number from {least} to {most}"),
            Self::Word(words) => among(words),
            Self::WordOf(words) => among(&words()),
            Self::Variants(variants) => among(&variants.iter().map(|(name, _)| *name).collect::<Vec<_>>()),
            Self::Number
            | Self::Amount
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
            | Self::Flag
            | Self::Object(_)
            | Self::AnyObject(_)
            | Self::Tagged(..)
            | Self::List(_)
            | Self::Named(_)
            | Self::Described(_) => self.example().into(),
        }
    }

    /// Whether a value of this kind must not come back in a message.
    pub(super) const fn is_discreet(self) -> bool {
        matches!(
            self,
            Self::Digest | Self::Shown | Self::Token | Self::Fingerprint | Self::Brand | Self::LastFour
        )
    }
}

fn is_whole(value: &Value) -> bool {
    value.is_u64() || value.is_i64()
}

fn bounded(text: &str, most: usize) -> Option<String> {
    // 64 and 255 are the two lengths there are.
    let problem = if most <= 64 { text.parse::<Text<64>>().err() } else { text.parse::<Text<255>>().err() };
    problem.map(|problem| problem.to_string())
}

fn not_a_word(text: &str, words: &[&str]) -> Option<String> {
    if words.contains(&text) {
        return None;
    }
    Some(format!("{} must be {}", discreet(text), one_of(text, words)))
}

/// The words to choose from: the nearest one of a long list, all of a short one.
pub(crate) fn one_of(given: &str, words: &[&str]) -> String {
    let nearest = words
        .iter()
        .map(|word| (strsim::damerau_levenshtein(given, word), word))
        .min()
        .filter(|(distance, _)| *distance <= 3);
    match nearest {
        Some((_, word)) if words.len() > 6 => format!("one of the known names; did you mean {word}?"),
        Some(_) | None => format!("one of {}", words.join(", ")),
    }
}
