//! The lives in a log up to an instant: every line read, every fault told with its line.

use std::collections::BTreeMap;
use std::path::Path;

use prepaid::{
    Account, AccountId, Action, Actor, CorruptHistory, Events, Policy, Rejection, Timestamp, evolve,
    next_deadline, step,
};
use serde::Deserialize;
use serde_json::Value;

use super::said::time;
use crate::alphabet::{EVENTS, Kind, LOG_LINE, brief, event_words, fields_faults};
use crate::fault::{Faults, Stopped};
use crate::files::read_text;
use crate::json_once;
use crate::script::{unread, without_place};

/// An account as of an instant.
#[derive(Debug)]
pub(super) struct Life {
    pub(super) account: Account,
    /// The policy of the last line.
    pub(super) policy: String,
    /// What was due by the instant and is not in the log, in words.
    pub(super) undone: Vec<String>,
}

/// A line of a log, as far as it is needed; programs write it, and what they add later is ignored.
#[derive(Deserialize)]
struct Line {
    account: AccountId,
    seq: u64,
    at: Timestamp,
    policy: String,
    events: Events,
}

/// What is known of an account while the log is read.
struct Read {
    account: Account,
    policy: String,
    seq: u64,
    begins: Timestamp,
}

/// Reads a log up to `at`, for all accounts or one, and does what is due by then.
pub(super) fn read(
    file: &Path,
    only: Option<AccountId>,
    at: Timestamp,
    policy: &Policy,
) -> Result<Vec<(AccountId, Life)>, Stopped> {
    let lives = replayed(file, at)?;
    if let Some(account) = only {
        must_be_known(account, at, &lives)?;
    }
    let wanted = |account: &AccountId| only.is_none_or(|only| only == *account);
    let opened =
        lives.into_iter().filter(|(account, read)| wanted(account) && read.account != Account::Vacant);
    opened
        .map(|(id, Read { account, policy: under, .. })| {
            let mut account = account;
            let undone = catch_up(&mut account, policy, at)?;
            Ok((id, Life { account, policy: under, undone }))
        })
        .collect()
}

fn must_be_known(
    account: AccountId,
    at: Timestamp,
    lives: &BTreeMap<AccountId, Read>,
) -> Result<(), Stopped> {
    let why = match lives.get(&account) {
        Some(read) if read.account != Account::Vacant => return Ok(()),
        Some(read) => {
            format!("is opened at {} only: --at, {}, must not be earlier", time(read.begins), time(at))
        }
        None if lives.is_empty() => "is not in the log, which has none".into(),
        None => {
            let known: Vec<String> = lives.keys().take(5).map(ToString::to_string).collect();
            let more = if lives.len() > known.len() { " and others" } else { "" };
            format!("is not in the log: must be one of {}{more}", known.join(", "))
        }
    };
    Err(Stopped::Unfit(format!("option --account is {account}: {why}")))
}

fn replayed(file: &Path, at: Timestamp) -> Result<BTreeMap<AccountId, Read>, Stopped> {
    let text = read_text(file)?;
    let mut faults = Faults::of(file);
    let mut lives: BTreeMap<AccountId, Read> = BTreeMap::new();
    for (n, text) in (1_u64..).zip(text.lines()) {
        match read_line(text).and_then(|line| follow(&mut lives, line, at)) {
            Ok(()) => {}
            // An account whose history has a hole makes a fault of every later line: the first is enough.
            Err(found) => {
                for what in found {
                    faults.add(Some(n), what);
                }
                break;
            }
        }
    }
    faults.unless_any(lives)
}

/// Applies a line, if it is not later than `at`.
fn follow(lives: &mut BTreeMap<AccountId, Read>, line: Line, at: Timestamp) -> Result<(), Vec<String>> {
    let Line { account: id, seq, at: happened, policy, events } = line;
    let vacant = || Read { account: Account::Vacant, policy: String::new(), seq: 0, begins: happened };
    let read = lives.entry(id).or_insert_with(vacant);
    let next = read.seq.saturating_add(1);
    if seq != next {
        return Err(vec![format!(
            "field seq is {seq}: must be {next}, the account's next: a line is missing, doubled or in another place"
        )]);
    }
    read.seq = seq;
    if happened > at {
        return Ok(());
    }
    read.policy = policy;
    let mut account = std::mem::take(&mut read.account);
    for event in &events {
        account = evolve(account, happened, event).map_err(|corrupt| vec![corrupt_words(&corrupt)])?;
    }
    read.account = account;
    Ok(())
}

fn corrupt_words(corrupt: &CorruptHistory) -> String {
    format!("field events: {corrupt}: must be what came next for the account")
}

fn read_line(text: &str) -> Result<Line, Vec<String>> {
    let written = json_once::read(text).map_err(|error| vec![unread(&error)])?;
    let line = Line::deserialize(&written);
    line.map_err(|error| explained(&written, &without_place(&error)))
}

/// What the tables say of a line that does not read, but for names they do not know, which are ignored.
fn explained(written: &Value, otherwise: &str) -> Vec<String> {
    let Value::Object(object) = written else {
        return vec![format!("the line is {}: must be an object, a line of a log", brief(written))];
    };
    let mut faults = fields_faults("", &[], LOG_LINE, object);
    if let Some(events @ Value::Array(_)) = object.get("events") {
        Kind::List(&Kind::Tagged("type", EVENTS)).explain("events", events, &mut faults);
    }
    faults
        .retain(|fault| fault.split(' ').nth(2) != Some("is") || fault.split(' ').nth(3) != Some("unknown:"));
    if faults.is_empty() { vec![format!("the line: {otherwise}")] } else { faults }
}

/// Does what is due by `at`; what that was, in words.
fn catch_up(account: &mut Account, policy: &Policy, at: Timestamp) -> Result<Vec<String>, Stopped> {
    let expected = account.currency();
    let given = policy.numbers().currency;
    if let Some(expected) = expected
        && expected != given
    {
        return Err(Stopped::Unfit(format!(
            "option --policy has the currency {given}: must be the account's, {expected}"
        )));
    }
    if next_deadline(account).is_none_or(|due| due > at) {
        return Ok(Vec::new());
    }
    let tick = Action::Tick {}.by(Actor::Clock);
    let refused = |rejection: Rejection| Stopped::Unfit(format!("option --at is {at}: {rejection}"));
    let batch = step(account, policy, &tick, at).map_err(refused)?;
    Ok(batch.events.iter().map(event_words).collect())
}
