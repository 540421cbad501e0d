//! What a line of a script should come to, and whether it did.

use prepaid::{Amount, Balance, Balances, Batch, EventTag, Rejection, RejectionTag};
use serde_json::{Map, Value};

use crate::alphabet::{brief, one_of};
use crate::fault::{discreet, discreet_name};

/// What a line should come to.
#[derive(Debug, Default)]
pub(crate) struct Expectation {
    outcome: Option<Outcome>,
    posted: Option<Balance>,
    held: Option<Amount>,
    available: Option<Balance>,
}

#[derive(Debug)]
enum Outcome {
    Events(Vec<EventTag>),
    Rejected(RejectionTag),
}

/// Reads the member `expect`: a list of event types, or an object with `rejected` or `events`, and `balance`.
pub(crate) fn read(written: &Value) -> Result<Expectation, Vec<String>> {
    let mut faults = Vec::new();
    let mut expectation = Expectation::default();
    match written {
        Value::Array(types) => expectation.outcome = Some(Outcome::Events(events(types, &mut faults))),
        Value::Object(object) => read_object(object, &mut expectation, &mut faults),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => faults.push(format!(
            "field expect is {}: must be a list of event types, {{\"rejected\": ...}} or {{\"balance\": ...}}",
            brief(written)
        )),
    }
    if faults.is_empty() { Ok(expectation) } else { Err(faults) }
}

fn read_object(object: &Map<String, Value>, to: &mut Expectation, faults: &mut Vec<String>) {
    if object.is_empty() {
        faults.push("field expect is empty: must have events, rejected or balance".into());
    }
    for (name, value) in object {
        match (name.as_str(), value) {
            ("events" | "rejected", _) if to.outcome.is_some() => {
                faults.push("field expect: must have events or rejected, not both".into());
            }
            ("events", Value::Array(types)) => to.outcome = Some(Outcome::Events(events(types, faults))),
            ("rejected", Value::String(tag)) => {
                match RejectionTag::ALL.iter().find(|known| known.as_str() == tag) {
                    Some(tag) => to.outcome = Some(Outcome::Rejected(*tag)),
                    None => {
                        faults.push(unknown(
                            "rejected",
                            tag,
                            &names(RejectionTag::ALL, RejectionTag::as_str),
                        ));
                    }
                }
            }
            ("balance", Value::Object(balance)) => read_balance(balance, to, faults),
            ("events", _) => faults.push(format!("field expect.events is {}: must be a list", brief(value))),
            ("rejected", _) => {
                faults.push(format!("field expect.rejected is {}: must be a text", brief(value)));
            }
            ("balance", _) => {
                faults.push(format!("field expect.balance is {}: must be an object", brief(value)));
            }
            _ => {
                let name = discreet_name(name);
                faults.push(format!("field expect.{name} is unknown: must be events, rejected or balance"));
            }
        }
    }
}

fn read_balance(balance: &Map<String, Value>, to: &mut Expectation, faults: &mut Vec<String>) {
    if balance.is_empty() {
        faults.push("field expect.balance is empty: must have posted, held or available".into());
    }
    for (name, value) in balance {
        let at = format!("field expect.balance.{}", discreet_name(name));
        let Some(text) = value.as_str() else {
            faults.push(format!("{at} is {}: must be an amount as text, such as \"10.00\"", brief(value)));
            continue;
        };
        let problem = match name.as_str() {
            "posted" => text.parse().map(|amount| to.posted = Some(amount)).err(),
            "held" => text.parse().map(|amount| to.held = Some(amount)).err(),
            "available" => text.parse().map(|amount| to.available = Some(amount)).err(),
            _ => {
                faults.push(format!("{at} is unknown: must be posted, held or available"));
                continue;
            }
        };
        if let Some(problem) = problem {
            faults.push(format!("{at}: {} {problem}", discreet(text)));
        }
    }
}

fn events(types: &[Value], faults: &mut Vec<String>) -> Vec<EventTag> {
    let mut tags = Vec::new();
    for value in types {
        let found = value.as_str().and_then(|name| EventTag::ALL.iter().find(|tag| tag.as_str() == name));
        match (found, value.as_str()) {
            (Some(tag), _) => tags.push(*tag),
            (None, Some(name)) => {
                faults.push(unknown("events", name, &names(EventTag::ALL, EventTag::as_str)));
            }
            (None, None) => faults.push(format!("field expect.events has {}: must be texts", brief(value))),
        }
    }
    tags
}

fn names<T: Copy>(all: &[T], name: fn(T) -> &'static str) -> Vec<&'static str> {
    all.iter().map(|tag| name(*tag)).collect()
}

fn unknown(field: &str, given: &str, names: &[&str]) -> String {
    format!("field expect.{field}: {} is unknown: must be {}", discreet(given), one_of(given, names))
}

impl Expectation {
    /// Everything that came out otherwise, as what was expected and what there was.
    pub(crate) fn misses(&self, outcome: &Result<Batch, Rejection>, balance: &Balances) -> Vec<String> {
        let mut misses = Vec::new();
        let got = match outcome {
            Ok(batch) => listed(batch.events.iter().map(|event| event.tag().as_str())),
            Err(rejection) => format!("rejected {}", rejection.tag()),
        };
        let expected = self.outcome.as_ref().map(|expected| match expected {
            Outcome::Events(tags) => listed(tags.iter().map(|tag| tag.as_str())),
            Outcome::Rejected(tag) => format!("rejected {tag}"),
        });
        if let Some(expected) = expected
            && expected != got
        {
            misses.push(format!("expected {expected}, got {got}"));
        }
        let mut compare = |name: &str, expected: Option<String>, got: String| {
            if let Some(expected) = expected
                && expected != got
            {
                misses.push(format!("expected {name} {expected}, got {got}"));
            }
        };
        compare("posted", self.posted.map(|amount| amount.to_string()), balance.posted.to_string());
        compare("held", self.held.map(|amount| amount.to_string()), balance.held.to_string());
        compare("available", self.available.map(|amount| amount.to_string()), balance.available.to_string());
        misses
    }
}

fn listed<'a>(names: impl Iterator<Item = &'a str>) -> String {
    format!("[{}]", names.collect::<Vec<_>>().join(", "))
}
