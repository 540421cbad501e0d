//! The alphabet of the core as tables: every command, event, rejection and effect, with its fields and how to say it.
//!
//! One source for three uses: the schema that `prepaid schema` prints, the explanation of a line that does not parse,
//! and the plain words of `prepaid play`. A test holds the tables to the core's own lists of names.

mod commands;
mod customers;
mod events;
mod explain;
mod kind;
mod rejections;
mod snapshot;
mod stored;
mod words;

pub(crate) use commands::{ASK, COMMANDS, SCRIPT_LINE};
pub(crate) use customers::CUSTOMER;
pub(crate) use events::{EFFECTS, EVENTS};
pub(crate) use explain::{brief, fields_faults};
pub(crate) use kind::{Field, Kind, Others, Presence, object_schema, one_of, row_of, rows_schema};
pub(crate) use rejections::REJECTIONS;
pub(crate) use snapshot::SNAPSHOT;
pub(crate) use stored::{BATCH, CHANGE, LOG_LINE, POLICY, PRICE_LIST};
pub(crate) use words::{effect_words, event_words, id_words, instant_words, money_words, say};
