//! What came of a line, in words: when, who asked what, what happened, the balance.

use std::io::{self, Write};

use anstyle::{AnsiColor, Style};
use prepaid::{Action, Balances, Batch, Event, QuoteOrigin, Rejection};

use crate::alphabet::{EVENTS, instant_words, money_words, row_of, say};
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
            writeln!(to, "    {REFUSED}refused, {}{REFUSED:#}: {rejection}", rejection.tag())?;
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

fn event_words(event: &Event) -> String {
    let tag = event.tag().as_str();
    let stored = serde_json::to_value(event).unwrap_or_default();
    match row_of(EVENTS, tag) {
        Some(row) => say(row, &stored),
        None => tag.to_string(),
    }
}

fn balance_words(balance: &Balances) -> String {
    let Balances { posted, held, available } = balance;
    let said = format!("balance {MONEY}{}{MONEY:#}", money_words(&posted.to_string()));
    if held.is_zero() {
        return said;
    }
    let (held, available) = (money_words(&held.to_string()), money_words(&available.to_string()));
    format!("{said}, {held} of it held, {available} available")
}
