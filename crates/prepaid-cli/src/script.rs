//! Scripts: one JSON object a line, read whole, every faulty line told, before anything runs.

use std::collections::BTreeMap;
use std::path::Path;

use prepaid::{
    Account, AccountId, Action, Actor, Amount, Command, Policy, PriceList, Quote, Text, Timestamp, Unpriced,
    Usage, step,
};
use serde::Deserialize;
use serde_json::Value;
use uuid::Uuid;

use crate::alphabet::{COMMANDS, SCRIPT_LINE, brief, fields_faults};
use crate::expect::{self, Expectation};
use crate::fault::{Faults, Stopped, quoted};
use crate::files::read_text;
use crate::json_once;

/// One line of a script, ready to run.
#[derive(Debug)]
pub(crate) struct Line {
    /// Its number, from 1.
    pub(crate) number: u64,
    /// When.
    pub(crate) at: Timestamp,
    /// Of which account.
    pub(crate) account: AccountId,
    /// What is asked, priced.
    pub(crate) command: Command,
    /// The command as it was written.
    pub(crate) written: Value,
    /// What its writer has to say.
    pub(crate) note: Option<String>,
    /// What should come of it.
    pub(crate) expect: Option<Expectation>,
}

/// How calls are priced.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Pricing<'a> {
    /// The price list, if there is one.
    pub(crate) list: Option<&'a PriceList>,
    /// The policy, whose currency agreed prices have.
    pub(crate) policy: &'a Policy,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Spoken {
    at: Timestamp,
    actor: Actor,
    command: Action<Ask>,
    #[serde(default)]
    account: Option<Uuid>,
    #[serde(default)]
    note: Option<Text>,
    #[serde(default)]
    expect: Option<Value>,
}

/// What to quote.
#[derive(Debug, Deserialize)]
#[serde(untagged, deny_unknown_fields)]
enum Ask {
    Listed(Usage),
    Agreed { amount: Amount, reference: Text },
}

/// Reads a script; empty lines are skipped.
pub(crate) fn read(file: &Path, pricing: Pricing<'_>) -> Result<Vec<Line>, Stopped> {
    let text = read_text(file)?;
    let mut faults = Faults::of(file);
    let mut read = Vec::new();
    for (n, text) in (1_u64..).zip(text.lines()) {
        if text.trim().is_empty() {
            continue;
        }
        match read_line(text) {
            Ok(line) => read.push((n, line)),
            Err(found) => found.into_iter().for_each(|what| faults.add(Some(n), what)),
        }
        if faults.are_many() {
            break;
        }
    }
    if text.trim().is_empty() {
        faults.add(None, "the file is empty: must have at least one line");
    }
    let named = named_accounts(&read);
    let mut lines = Vec::new();
    // A call is priced by the version in force at its admission (D1), and an account's time never goes back (K2):
    // what an account's time is by then shows only when the lines are run, here for their prices alone.
    let mut accounts: BTreeMap<AccountId, Account> = BTreeMap::new();
    for (number, ReadLine { at, account, actor, action, written, note, expect }) in read {
        let account = match account_of(account, &action, &named) {
            Ok(account) => account,
            Err(what) => {
                faults.add(Some(number), what);
                continue;
            }
        };
        let tried = accounts.entry(account).or_default();
        let admitted_at = tried.last_instant().map_or(at, |last| last.max(at));
        match action.quoted(|ask| quote(&ask, pricing, admitted_at)) {
            Ok(action) => {
                let command = action.by(actor);
                drop(step(tried, pricing.policy, &command, at));
                lines.push(Line { number, at, account, command, written, note, expect });
            }
            Err(what) => faults.add(Some(number), what),
        }
    }
    faults.unless_any(lines)
}

struct ReadLine {
    at: Timestamp,
    account: Option<AccountId>,
    actor: Actor,
    action: Action<Ask>,
    written: Value,
    note: Option<String>,
    expect: Option<Expectation>,
}

fn read_line(text: &str) -> Result<ReadLine, Vec<String>> {
    let written = json_once::read(text).map_err(|error| vec![unread(&error)])?;
    let spoken: Spoken = serde_json::from_str(text).map_err(|error| explained(&written, &error))?;
    let Spoken { at, actor, command, account, note, expect } = spoken;
    let expect = expect.as_ref().map(expect::read).transpose()?;
    let written = written.get("command").cloned().unwrap_or_default();
    let note = note.map(|note| note.as_str().to_string());
    let account = account.map(AccountId);
    Ok(ReadLine { at, account, actor, action: command, written, note, expect })
}

/// Why a line is no JSON.
pub(crate) fn unread(error: &serde_json::Error) -> String {
    let said = without_place(error);
    if error.is_data() {
        return said;
    }
    format!("the line is no JSON object: {said} at column {}", error.column())
}

/// What serde says, without its own idea of the line.
pub(crate) fn without_place(error: &serde_json::Error) -> String {
    let said = error.to_string();
    said.split(" at line").next().unwrap_or_default().replace("expected ident", "no known word")
}

/// What the tables say of a line that does not read; what serde says where they find nothing.
fn explained(written: &Value, error: &serde_json::Error) -> Vec<String> {
    let Value::Object(object) = written else {
        return vec![format!("the line is {}: must be an object with at, actor and command", brief(written))];
    };
    let faults = fields_faults("", &["expect"], SCRIPT_LINE, object);
    if faults.is_empty() {
        let said = without_place(error);
        vec![format!("field command or beside it: {said}")]
    } else {
        faults
    }
}

fn quote(ask: &Ask, pricing: Pricing<'_>, at: Timestamp) -> Result<Quote, String> {
    let usage = match ask {
        Ask::Agreed { amount, reference } => {
            return Ok(Quote::agreed(*amount, pricing.policy.numbers().currency, reference.clone()));
        }
        Ask::Listed(usage) => usage,
    };
    let list = pricing.list.ok_or_else(|| {
        let item = quoted(usage.item.as_str());
        format!("field command.quote.item is {item}: needs a price list, see --prices")
    })?;
    list.quote(usage, at).map_err(|unpriced| unpriced_words(&unpriced))
}

/// Why something has no price, with the field at fault.
fn unpriced_words(unpriced: &Unpriced) -> String {
    let field = match unpriced {
        Unpriced::NoVersion { .. } | Unpriced::UnknownItem { .. } => "item",
        Unpriced::UnknownQuantity { .. } | Unpriced::MissingQuantity { .. } | Unpriced::OutOfRange { .. } => {
            "quantities"
        }
    };
    format!("field command.quote.{field}: {unpriced}: must be in the price list")
}

/// Every account a script names, in the order of appearance.
fn named_accounts(lines: &[(u64, ReadLine)]) -> Vec<AccountId> {
    let mut named = Vec::new();
    for (_, line) in lines {
        let opened = opens(&line.action);
        for account in line.account.into_iter().chain(opened) {
            if !named.contains(&account) {
                named.push(account);
            }
        }
    }
    named
}

const fn opens(action: &Action<Ask>) -> Option<AccountId> {
    if let Action::Open { account, .. } = action { Some(*account) } else { None }
}

/// The account a line is about: the one it names, or the only one there is.
fn account_of(
    line: Option<AccountId>,
    action: &Action<Ask>,
    named: &[AccountId],
) -> Result<AccountId, String> {
    match (line, opens(action)) {
        (Some(line), Some(opened)) if line != opened => {
            Err(format!("field account is \"{line}\": must be the account the line opens, {opened}"))
        }
        (Some(account), _) | (None, Some(account)) => Ok(account),
        (None, None) => match named {
            [] => Ok(AccountId(Uuid::nil())),
            [only] => Ok(*only),
            [_, _, ..] => Err("field account is missing: must say which, as the script names several".into()),
        },
    }
}

/// The commands by name; a line's command is one of them, as it was read.
pub(crate) fn words_of(written: &Value) -> Option<String> {
    let tag = written.get("type")?.as_str()?;
    crate::alphabet::row_of(COMMANDS, tag).map(|row| crate::alphabet::say(row, written))
}
