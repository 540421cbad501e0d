//! `prepaid schema`: one JSON Schema document, made from the tables of the alphabet.

use std::io::{self, Write};

use prepaid::{EventTag, RejectionTag};
use serde_json::{Map, Value, json};

use crate::alphabet::{
    ASK, BATCH, CHANGE, COMMANDS, CUSTOMER, EFFECTS, EVENTS, Kind, LOG_LINE, Others, POLICY, PRICE_LIST,
    REJECTIONS, SCRIPT_LINE, SNAPSHOT, object_schema, rows_schema,
};
use crate::fault::Stopped;
use crate::files::Output;

/// Prints the document.
pub(crate) fn print() -> Result<(), Stopped> {
    let mut to = Output::begin();
    serde_json::to_writer_pretty(&mut to, &document()).map_err(io::Error::from)?;
    to.write_all(b"\n")?;
    to.end()
}

/// Commands, policies and price lists refuse what they do not know; what programs write may grow.
fn document() -> Value {
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "prepaid",
        "description": "The spoken and stored forms of a prepaid account. Amounts and times are texts.",
        "$defs": {
            "command": rows_schema("type", COMMANDS, Others::Refused),
            "quote": ASK.schema(Others::Refused),
            "event": rows_schema("type", EVENTS, Others::Ignored),
            "rejection": rows_schema("type", REJECTIONS, Others::Ignored),
            "effect": rows_schema("type", EFFECTS, Others::Ignored),
            "batch": object_schema(None, BATCH, Others::Ignored),
            "snapshot": object_schema(None, SNAPSHOT, Others::Ignored),
            "policy": object_schema(None, POLICY, Others::Refused),
            "price_list": object_schema(None, PRICE_LIST, Others::Refused),
            "script_line": script_line(),
            "customer": object_schema(None, CUSTOMER, Others::Refused),
            "log_line": object_schema(None, LOG_LINE, Others::Ignored),
            "change": object_schema(None, CHANGE, Others::Ignored),
        },
    })
}

fn script_line() -> Value {
    let mut line = object_schema(None, SCRIPT_LINE, Others::Refused);
    if let Some(properties) = line.get_mut("properties").and_then(Value::as_object_mut) {
        properties.insert("command".into(), Kind::Described("command").schema(Others::Refused));
        properties.insert("expect".into(), expect());
    }
    line
}

fn expect() -> Value {
    let names: Vec<&str> = EventTag::ALL.iter().map(|tag| tag.as_str()).collect();
    let events = json!({ "type": "array", "items": { "enum": names } });
    let rejections: Vec<&str> = RejectionTag::ALL.iter().map(|tag| tag.as_str()).collect();
    let mut balance = Map::new();
    for (name, kind) in [("posted", Kind::Balance), ("held", Kind::Amount), ("available", Kind::Balance)] {
        balance.insert(name.into(), kind.schema(Others::Refused));
    }
    let outcomes = json!({
        "type": "object",
        "properties": {
            "events": events,
            "rejected": { "enum": rejections },
            "balance": {
                "type": "object",
                "properties": balance,
                "additionalProperties": false,
                "minProperties": 1,
            },
        },
        "additionalProperties": false,
        "minProperties": 1,
        "not": { "required": ["events", "rejected"] },
    });
    json!({ "oneOf": [events, outcomes] })
}
