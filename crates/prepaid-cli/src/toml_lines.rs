//! TOML with its lines: what stands where, so that a fault can be told with its line and field.

use std::ops::Range;
use std::path::Path;

use serde::de::DeserializeOwned;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::fault::{Faults, Stopped, line_at};

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
            faults.add(line, format!("{written:?} is no TOML: {said}"));
        }
        faults.unless_any(Self { file, text, table })
    }

    /// Reads a value of this form.
    pub(crate) fn read<T: DeserializeOwned>(&self) -> Result<T, Stopped> {
        toml::from_str(self.text).map_err(|error| {
            let span = error.span();
            let line = span.as_ref().map_or(1, |span| line_at(self.text, span.start));
            let message = error.message().trim_end_matches('.').replace('\n', ": ");
            let field = span.and_then(|span| self.field_at(&span));
            let what = match field {
                Some(field) if !message.contains(&format!("`{field}`")) => {
                    format!("field {field}: {message}")
                }
                Some(_) | None => message,
            };
            Faults::one(self.file, Some(line), what)
        })
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

    /// The innermost field whose value lies at `span`.
    fn field_at(&self, span: &Range<usize>) -> Option<String> {
        field_in(self.table.get_ref(), span)
    }
}

/// A table's own span is only its header, so every table is searched.
fn field_in(table: &DeTable<'_>, span: &Range<usize>) -> Option<String> {
    table.iter().find_map(|(name, value)| {
        let deeper = match value.get_ref() {
            DeValue::Table(table) => field_in(table, span),
            DeValue::Array(list) => list
                .iter()
                .filter_map(|item| item.get_ref().as_table())
                .find_map(|table| field_in(table, span)),
            DeValue::String(_)
            | DeValue::Integer(_)
            | DeValue::Float(_)
            | DeValue::Boolean(_)
            | DeValue::Datetime(_) => None,
        };
        let name_of = name.get_ref();
        match deeper {
            Some(deeper) => Some(format!("{name_of}.{deeper}")),
            None => covers(&value.span(), &name.span(), span).then(|| name_of.to_string()),
        }
    })
}

/// Whether a field with this value and this name is where `span` lies.
fn covers(value: &Range<usize>, name: &Range<usize>, span: &Range<usize>) -> bool {
    let within = |outer: &Range<usize>| outer.start <= span.start && span.end <= outer.end;
    within(value) || within(name)
}

fn written(text: &str, line: u64) -> Option<&str> {
    text.lines().nth(usize::try_from(line).ok()?.checked_sub(1)?).map(str::trim)
}
