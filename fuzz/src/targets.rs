//! What each program does with its bytes.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use prepaid::{
    Account, AccountId, Action, Batch, Journal, Policy, PriceList, PriceListNumbers, Snapshot, Usage, replay,
};
use rust_decimal::Decimal;

use crate::choice::Choice;
use crate::difference::stepped;
use crate::life::{Life, remark, same_again};
use crate::policies::{dawn, policy, with_newer_terms};
use crate::{policy_files, prices, raw, scratch, script};

/// How many bytes of `commands` are its policy, and how many make a choice.
pub const CHOICES: (usize, usize) = (1, 5);
/// How many bytes of `commands_raw` are its policy and beginning, and how many make a command.
pub const RAW: (usize, usize) = (2, 32);

/// No life is longer: what a long one finds, a short one finds sooner.
const STEPS: usize = 60;

/// Ends the text of an input whose choices follow: no byte of any UTF-8.
const END_OF_TEXT: u8 = 0xff;

/// Sequences of commands, drawn as the properties draw theirs: a byte for the policy, then five a choice.
pub fn commands(data: &[u8]) {
    let Some((first, rest)) = data.split_first() else { return };
    let (mut life, mut now) = (Life::under(policy(*first)), dawn());
    for (n, choice) in choices(rest).enumerate() {
        if n == usize::from(first / 8) && first % 2 == 0 {
            life.policy = with_newer_terms(&life.policy, now);
        }
        now = choice.when(&life.account, now);
        let command = choice.command(&life.account, now);
        life.step(&command, now);
    }
    life.end();
}

/// Sequences of commands whose every field is drawn freely. The second byte says whether the account begins vacant.
pub fn commands_raw(data: &[u8]) {
    let [first, start, rest @ ..] = data else { return };
    let (mut life, mut now) = (Life::under(policy(*first)), dawn());
    if start % 4 > 0 {
        raw::onboarded(&mut life, now);
    }
    for record in rest.as_chunks::<{ RAW.1 }>().0.iter().take(STEPS) {
        let mut bytes = raw::Bytes::of(record);
        now = bytes.time(now);
        life.step(&bytes.command(now), now);
    }
    life.end();
}

/// What `prepaid play` reads and does.
pub fn scripts(data: &[u8]) {
    static LIST: LazyLock<PriceList> = LazyLock::new(|| {
        let numbers = toml::from_str(include_str!("../../examples/prices/ideogram.toml"));
        PriceList::new(numbers.expect("the example reads")).expect("the example is right")
    });
    let policy = Policy::default();
    let pricing = script::Pricing { list: Some(&LIST), policy: &policy };
    let Ok(lines) = told(script::read(&scratch::file("script.jsonl", data), pricing)) else { return };
    let mut accounts: BTreeMap<AccountId, Life> = BTreeMap::new();
    for line in lines {
        same_again_unless_quoted(&line.command.action);
        let life = accounts.entry(line.account).or_insert_with(|| Life::under(policy.clone()));
        life.step(&line.command, line.at);
    }
    accounts.into_values().for_each(Life::end);
}

/// Stored batches, one a line; then choices.
pub fn logs(data: &[u8]) {
    let (text, rest) = text_and_rest(data);
    let Some(text) = text else { return };
    let mut batches: Vec<Batch> = Vec::new();
    for line in text.lines() {
        let Ok(batch) = serde_json::from_str(line) else { return };
        same_again(&batch);
        batches.push(batch);
    }
    let Ok(account) = replay(&batches) else { return };
    // Replaying believes what fits: a log that nobody could have written may leave a state that is no account's.
    if let Err(violation) = account.check() {
        return remark(format_args!("no account's state: {violation}"));
    }
    let mut journal = Journal::new();
    for batch in &batches {
        for event in &batch.events {
            if journal.record(batch.at, event).is_err() {
                return;
            }
        }
    }
    assert_eq!(
        journal.posted(),
        account.balance().posted.to_decimal(),
        "posted of a log that both accept (M5)"
    );
    assert_eq!(journal.held(), account.balance().held.to_decimal(), "held of a log that both accept (M5)");
    go_on(account, rest);
}

/// A snapshot; then choices.
pub fn snapshots(data: &[u8]) {
    let (text, rest) = text_and_rest(data);
    let Some(Ok(snapshot)) = text.map(serde_json::from_str::<Snapshot>) else { return };
    same_again(&snapshot);
    let account = snapshot.into_account();
    assert_eq!(account.check(), Ok(()), "a snapshot was read that is no account's");
    go_on(account, rest);
}

/// A policy as JSON or TOML, or a price list, as the first byte says; then choices of a life under the policy.
pub fn policies(data: &[u8]) {
    let Some((kind, data)) = data.split_first() else { return };
    let end = data.iter().position(|byte| *byte == END_OF_TEXT).unwrap_or(data.len());
    let (text, rest) = data.split_at(end);
    match kind {
        b'p' => priced(text, rest),
        b't' => lived(&scratch::file("policy.toml", text), rest),
        _ => lived(&scratch::file("policy.json", text), rest),
    }
}

fn lived(file: &std::path::Path, rest: &[u8]) {
    let Ok(policy) = told(policy_files::read(Some(file))) else { return };
    same_again(&policy);
    let (mut life, mut now) = (Life::under(policy), dawn());
    for choice in choices(rest.get(1..).unwrap_or_default()) {
        now = choice.when(&life.account, now);
        let command = choice.command(&life.account, now);
        life.step(&command, now);
    }
    life.end();
}

/// A price list quotes what its numbers make, or nothing.
fn priced(text: &[u8], rest: &[u8]) {
    let Ok(read) = told(prices::read(&scratch::file("prices.toml", text))) else { return };
    same_again::<PriceListNumbers>(&read.numbers);
    let count = rest.get(1..9).and_then(|bytes| bytes.try_into().ok()).map_or(1, u64::from_le_bytes);
    for version in &read.numbers.versions {
        for (item, quantities) in &version.items {
            let counts = quantities.keys().map(|quantity| (quantity.clone(), count)).collect();
            let usage = Usage { item: item.clone(), quantities: counts };
            let Ok(quote) = read.list.quote(&usage, version.from) else { continue };
            let each = quantities.values().map(|unit| unit.price.to_decimal() / Decimal::from(unit.per));
            let sum: Decimal = each.map(|price| price * Decimal::from(count)).sum();
            assert_eq!(quote.amount().to_decimal(), sum, "a quote of {count} each of {item:?} (M1, D1)");
        }
    }
}

/// A few steps more of an account whose beginning is not known.
fn go_on(account: Account, rest: &[u8]) {
    let Some((first, rest)) = rest.split_first() else { return };
    let (policy, mut account) = (policy(*first), account);
    let mut now = account.last_instant().unwrap_or_else(dawn);
    for choice in choices(rest) {
        now = choice.when(&account, now);
        let command = choice.command(&account, now);
        if !stepped(&mut account, &policy, &command, now) {
            return;
        }
    }
    same_again(&Snapshot::of(&account));
}

fn choices(bytes: &[u8]) -> impl Iterator<Item = Choice> {
    let whole = bytes.as_chunks::<{ CHOICES.1 }>().0;
    whole.iter().take(STEPS).map(|&[what, amount, id, other, wait]| Choice { what, amount, id, other, wait })
}

/// The text of an input, if it is one, and what follows it; where nothing does, the second half of the text chooses
/// policy and steps, so that every text that is accepted is gone on with.
fn text_and_rest(data: &[u8]) -> (Option<&str>, &[u8]) {
    let end = data.iter().position(|byte| *byte == END_OF_TEXT);
    let (text, rest) = end.map_or((data, &data[data.len() / 2..]), |end| (&data[..end], &data[end + 1..]));
    (str::from_utf8(text).ok(), rest)
}

/// A quote is made by a price list and never read back: of what has none, all is.
fn same_again_unless_quoted(action: &Action) {
    let unquoted = action.clone().quoted(|_| Err::<serde_json::Value, ()>(()));
    if let Ok(unquoted) = unquoted {
        same_again(&unquoted);
    }
}

/// The words for what was refused are made, as a person would see them.
fn told<T>(read: Result<T, crate::fault::Stopped>) -> Result<T, String> {
    read.map_err(|stopped| stopped.to_string())
}
