//! What came of a line, in words: when, who asked what, what happened, the balance.

use std::io::{self, Write};

use anstyle::{AnsiColor, Style};
use prepaid::{Action, Amount, Balances, Batch, QuoteOrigin, Rejection, RejectionTag};
use serde_json::Value;

use crate::alphabet::{event_words, id_words, instant_words, money_words};
use crate::script::{Line, words_of};

const FAINT: Style = Style::new().dimmed();
const STRONG: Style = Style::new().bold();
const REFUSED: Style = AnsiColor::Red.on_default();
const MONEY: Style = AnsiColor::Green.on_default();
const NOTE: Style = Style::new().italic();

/// Tells one line.
pub(super) fn line(
    to: &mut impl Write,
    line: &Line,
    outcome: &Result<Batch, Rejection>,
    balance: &Balances,
) -> io::Result<()> {
    if let Some(note) = &line.note {
        writeln!(to, "{NOTE}# {note}{NOTE:#}")?;
    }
    let asked = words_of(&line.written).unwrap_or_default();
    let actor = format!("{:?}", line.command.actor).to_lowercase();
    let at = instant_words(&line.at.to_string());
    writeln!(to, "{FAINT}{at}{FAINT:#}  {STRONG}{actor}: {asked}{STRONG:#}{}", price(line))?;
    match outcome {
        Ok(batch) if batch.events.is_empty() => writeln!(to, "    nothing changes")?,
        Ok(batch) => {
            for event in &batch.events {
                writeln!(to, "    {}", event_words(event))?;
            }
        }
        Err(rejection) => {
            writeln!(
                to,
                "    {REFUSED}refused, {}{REFUSED:#}: {}",
                rejection.tag(),
                rejection_words(rejection)
            )?;
        }
    }
    writeln!(to, "    {}", balance_words(balance))
}

/// What the call costs, said beside what was asked.
fn price(line: &Line) -> String {
    let action = &line.command.action;
    let (Action::AuthorizeCall { quote, .. } | Action::ChargeCall { quote, .. }) = action else {
        return String::new();
    };
    let amount = money_words(&quote.amount().to_string());
    match &**quote.origin() {
        QuoteOrigin::Listed { item, .. } => format!(", {amount} for {item}"),
        QuoteOrigin::Agreed { reference } => format!(", {amount} agreed ({reference})"),
    }
}

/// What a rejection says, with its amounts and ids written as everywhere else.
fn rejection_words(rejection: &Rejection) -> String {
    let mut amounts = Vec::new();
    if rejection.tag() != RejectionTag::TermsMismatch {
        let stored = serde_json::to_value(rejection).unwrap_or_default();
        amounts_in(&stored, &mut amounts);
    }
    let said = rejection.to_string();
    let words: Vec<&str> = said.split(' ').collect();
    let each = words.iter().enumerate().map(|(n, word)| {
        let bare = word.trim_matches(|c: char| !c.is_ascii_alphanumeric());
        let counts = words.get(n.saturating_add(1)).is_some_and(|next| next.starts_with("fault"));
        if bare.len() == 36 && bare.split('-').count() == 5 {
            word.replace(bare, &id_words(bare))
        } else if !counts && amounts.iter().any(|amount| amount == bare) {
            word.replace(bare, &money_words(bare))
        } else {
            (*word).to_string()
        }
    });
    each.collect::<Vec<_>>().join(" ")
}

/// Every amount in a rejection; what else is text there is no number, but for the versions of the terms.
fn amounts_in(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::String(text) if text.parse::<Amount>().is_ok() => found.push(text.clone()),
        Value::Array(list) => list.iter().for_each(|item| amounts_in(item, found)),
        Value::Object(object) => {
            let fields = object.iter().filter(|(name, _)| *name != "required" && *name != "accepted");
            fields.for_each(|(_, inner)| amounts_in(inner, found));
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// A balance in words; what is held only where something is.
pub(crate) fn balance_words(balance: &Balances) -> String {
    let Balances { posted, held, available } = balance;
    let said = format!("balance {MONEY}{}{MONEY:#}", money_words(&posted.to_string()));
    if held.is_zero() {
        return said;
    }
    let (held, available) = (money_words(&held.to_string()), money_words(&available.to_string()));
    format!("{said}, {held} of it held, {available} available")
}
