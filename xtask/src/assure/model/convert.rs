//! From a trace in the Informal Trace Format to a line of the committed file: what was asked, and what the model says.

use std::collections::BTreeMap;

use anyhow::{Context, Result};
use serde::Serialize;
use serde_json::{Map, Value};

/// One step. Money is in thousandths, time in minutes from the beginning.
#[derive(Debug, Serialize)]
pub(super) struct Step {
    /// When it was asked.
    pub(super) at: i64,
    pub(super) by: String,
    #[serde(rename = "do")]
    pub(super) name: String,
    /// What the command carries; what it does not is left out.
    #[serde(flatten)]
    pub(super) arguments: Map<String, Value>,
    pub(super) is: Answer,
    /// What can be read afterwards, where it is not as before.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub(super) now: BTreeMap<String, String>,
}

/// The refusal, or the events in their order.
#[derive(Debug, Serialize)]
#[serde(untagged)]
pub(super) enum Answer {
    Refused(String),
    Told(Vec<String>),
}

/// All steps of a trace; its first state is the beginning, which every trace shares.
pub(super) fn steps(trace: &Value) -> Result<Vec<Step>> {
    let states = trace.get("states").and_then(Value::as_array).context("a trace without states")?;
    let mut steps = Vec::new();
    let mut before: BTreeMap<String, String> = BTreeMap::new();
    for (n, state) in states.iter().enumerate() {
        let state = Node(plain(state));
        let after = readings(&state)?;
        let changed = |(name, value): (&String, &String)| {
            (before.get(name) != Some(value)).then(|| (name.clone(), value.clone()))
        };
        // A call that has ended is no longer there, which is a reading, too.
        let gone = before.keys().filter(|name| !after.contains_key(*name));
        let gone = gone.map(|name| (name.clone(), String::new()));
        let now = after.iter().filter_map(changed).chain(gone).collect();
        if n > 0 {
            steps.push(step(&state, now)?);
        } else {
            steps.push(beginning(now));
        }
        before = after;
    }
    Ok(steps)
}

/// The beginning has its readings only, so that a reader need not know them.
fn beginning(now: BTreeMap<String, String>) -> Step {
    let answer = Answer::Told(vec![]);
    Step { at: 0, by: String::new(), name: "begin".to_owned(), arguments: Map::new(), is: answer, now }
}

fn step(state: &Node, now: BTreeMap<String, String>) -> Result<Step> {
    let (command, account) = (state.at("command")?, state.at("account")?);
    let nothing = |value: &Value| *value == "" || *value == -1 || *value == false;
    let fields = command.0.as_object().context("a command that is no record")?;
    let arguments =
        fields.iter().filter(|(name, value)| *name != "name" && *name != "actor" && !nothing(value));
    let arguments = arguments.map(|(name, value)| (name.clone(), value.clone())).collect();
    let refusal = account.text("refusal")?;
    let is = match refusal.as_str() {
        "" => Answer::Told(account.list("events")?.iter().map(Node::words).collect()),
        "insufficient_credit" => {
            let (short, outlook) = (account.text("short")?, account.text("outlook")?);
            Answer::Refused(format!("{refusal} {short} {outlook}"))
        }
        "settings_invalid" => {
            let faults: Vec<String> = account.list("faults")?.iter().map(Node::words).collect();
            Answer::Refused(format!("{refusal} {}", faults.join(" ")))
        }
        _ => Answer::Refused(refusal),
    };
    let at = state.at("clock")?.0.as_i64().context("a clock that is no number")?;
    Ok(Step { at, by: command.text("actor")?, name: command.text("name")?, arguments, is, now })
}

/// Everything the model says of an account, by name.
fn readings(state: &Node) -> Result<BTreeMap<String, String>> {
    let (account, seen) = (state.at("account")?, state.at("seen")?);
    let mut all = BTreeMap::new();
    let mut say = |name: String, value: String| all.insert(name, value);
    say("posted".into(), account.text("posted")?);
    say("held".into(), seen.text("held")?);
    say("deadline".into(), seen.text("deadline")?);
    say(
        "recovery".into(),
        match seen.text("recovery")?.as_str() {
            "waiting" => format!("waiting {}", account.text("waits")?),
            other => other.to_owned(),
        },
    );
    say(
        "outlook".into(),
        match seen.text("outlook")?.as_str() {
            "paused" => format!("paused {}", seen.text("reason")?),
            other => other.to_owned(),
        },
    );
    say("reversal".into(), account.text("reversal")?);
    let settings = [account.text("enabled")?, account.text("threshold")?, account.text("target")?];
    say("settings".into(), settings.join(" "));
    for (print, until) in account.entries("bars")? {
        if until.words() != "-1" {
            say(format!("bar {print}"), until.words());
        }
    }
    for (call, hold) in account.entries("holds")? {
        if hold.text("phase")? != "none" {
            let said = [hold.text("phase")?, hold.text("amount")?, hold.text("deadline")?];
            say(format!("call {call}"), said.join(" "));
        }
    }
    let contributions = seen.list("contributions")?;
    for (n, (charge, contribution)) in (1_u64..).zip(account.list("charges")?.iter().zip(contributions)) {
        let phase = charge.text("phase")?;
        let until = match phase.as_str() {
            "asking" | "action_required" => charge.text("until")?,
            "succeeded" => contribution.words(),
            _ => String::new(),
        };
        let said = [charge.text("kind")?, charge.text("amount")?, charge.text("print")?, phase, until];
        say(format!("charge {n}"), said.join(" ").trim_end().to_owned());
    }
    for (n, refund) in (1_u64..).zip(account.list("refunds")?) {
        let said = [refund.text("charge")?, refund.text("amount")?, refund.text("phase")?];
        say(format!("refund {n}"), said.join(" "));
    }
    for (id, dispute) in account.entries("disputes")? {
        if dispute.text("phase")? != "none" {
            let said = [dispute.text("charge")?, dispute.text("amount")?, dispute.text("phase")?];
            say(format!("dispute {id}"), said.join(" "));
        }
    }
    Ok(all)
}

/// The format's marked numbers, maps and sets as JSON has them.
fn plain(value: &Value) -> Value {
    let (Value::Object(fields), marked) = (value, |mark| value.get(mark)) else {
        return match value {
            Value::Array(items) => items.iter().map(plain).collect(),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Object(_) => {
                value.clone()
            }
        };
    };
    if let Some(number) = marked("#bigint").and_then(Value::as_str).and_then(|text| text.parse::<i64>().ok())
    {
        return number.into();
    }
    if let Some(items) = marked("#set") {
        return plain(items);
    }
    if let Some(entries) = marked("#map").and_then(Value::as_array) {
        let entries = entries
            .iter()
            .filter_map(|entry| Some((entry.get(0)?.as_str()?.to_owned(), plain(entry.get(1)?))));
        return Value::Object(entries.collect());
    }
    Value::Object(fields.iter().map(|(name, value)| (name.clone(), plain(value))).collect())
}

/// A value of the trace.
struct Node(Value);

impl Node {
    fn at(&self, name: &str) -> Result<Self> {
        self.0.get(name).cloned().map(Self).with_context(|| format!("no `{name}`"))
    }

    fn words(&self) -> String {
        self.0.as_str().map_or_else(|| self.0.to_string(), str::to_owned)
    }

    fn text(&self, name: &str) -> Result<String> {
        Ok(self.at(name)?.words())
    }

    fn list(&self, name: &str) -> Result<Vec<Self>> {
        let list = self.at(name)?;
        let items = list.0.as_array().with_context(|| format!("`{name}` is no list"))?;
        Ok(items.iter().cloned().map(Self).collect())
    }

    fn entries(&self, name: &str) -> Result<Vec<(String, Self)>> {
        let map = self.at(name)?;
        let fields = map.0.as_object().with_context(|| format!("`{name}` is no map"))?;
        Ok(fields.iter().map(|(key, value)| (key.clone(), Self(value.clone()))).collect())
    }
}
