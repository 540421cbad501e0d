//! `prepaid play`: runs a script through the machine and tells what came of each line.

mod tell;

pub(crate) use self::tell::balance_words;

use std::collections::BTreeMap;
use std::io::{self, IsTerminal, Write};
use std::path::PathBuf;

use clap::Args;
use prepaid::{Account, AccountId, Balances, Batch, Rejection, step};
use serde::Serialize;

use crate::chain::Chain;
use crate::fault::Stopped;
use crate::files::Output;
use crate::script::{self, Line, Pricing};
use crate::{Ending, files, policies, prices};

/// Run a script of commands against accounts in memory.
///
/// A script has one JSON object a line: {"at": "2025-01-01T00:00:00Z", "actor": "owner", "command": {"type": ...}}. A
/// line may have "account", where the script has several; "note", a text; and "expect": a list of event types, or an
/// object with "events" or "rejected", and "balance". It is read whole before anything runs. Nothing happens that no
/// line asks for, but for what is due by a line's time.
#[derive(Debug, Args)]
#[command(after_help = "\
Example:
  prepaid play examples/first-day.jsonl
  prepaid play examples/listed-prices.jsonl --prices examples/prices/tokens.toml --log log.jsonl

Exit status: 0 all as expected, 1 an expectation was not met, 2 the input was refused and nothing was run,
3 the work was done, but its output could not be written (a closed pipe is no failure: the log is still written).")]
pub(crate) struct Options {
    /// The script, one JSON object a line.
    script: PathBuf,
    /// The operator's numbers, as JSON or TOML [default: the documented product].
    #[arg(long, value_name = "FILE")]
    policy: Option<PathBuf>,
    /// The price list, as TOML; needed where a line's quote names an item.
    #[arg(long, value_name = "FILE")]
    prices: Option<PathBuf>,
    /// Write one line a batch there, each with the digest of the line before; must be a new file.
    #[arg(long, value_name = "FILE")]
    log: Option<PathBuf>,
    /// Tell it as JSON, a line for a line [default where the output is no terminal].
    #[arg(long, conflicts_with = "text")]
    json: bool,
    /// Tell it in words [default on a terminal].
    #[arg(long)]
    text: bool,
}

#[derive(Serialize)]
#[serde(untagged)]
enum Told<'a> {
    Done { events: &'a prepaid::Events, balance: Balances },
    Refused { rejected: &'a Rejection, balance: Balances },
}

/// Plays a script.
pub(crate) fn run(options: &Options) -> Result<Ending, Stopped> {
    let inputs = [Some(options.script.as_path()), options.policy.as_deref(), options.prices.as_deref()];
    files::must_be_new("--log", options.log.as_deref(), &inputs)?;
    let policy = policies::read(options.policy.as_deref())?;
    let prices = options.prices.as_deref().map(prices::read).transpose()?;
    let list = prices.as_ref().map(|prices| &prices.list);
    if let (Some(file), Some(list)) = (&options.prices, list) {
        prices::must_fit(file, list, &policy)?;
    }
    let pricing = Pricing { list, policy: &policy };
    let lines = script::read(&options.script, pricing)?;
    let mut log = match &options.log {
        Some(file) => Some(Chain::begin(file, policy.numbers().id.as_str())?),
        None => None,
    };
    let in_words = options.text || (!options.json && io::stdout().is_terminal());
    let mut to = Output::begin();
    let mut accounts: BTreeMap<AccountId, Account> = BTreeMap::new();
    let (mut asked, mut unmet) = (0_usize, 0_usize);
    for line in &lines {
        let account = accounts.entry(line.account).or_default();
        let outcome = step(account, &policy, &line.command, line.at);
        let balance = account.balance();
        if let (Some(log), Ok(batch)) = (&mut log, &outcome) {
            log.add(line.account, batch, balance)?;
        }
        if in_words {
            tell::line(&mut to, line, &outcome, &balance)?;
        } else {
            tell_json(&mut to, &outcome, balance)?;
        }
        if let Some(expectation) = &line.expect {
            asked = asked.saturating_add(1);
            let misses = expectation.misses(&outcome, &balance);
            if !misses.is_empty() {
                unmet = unmet.saturating_add(1);
                to.flush()?;
                report(options, line, &misses);
            }
        }
    }
    if let Some(log) = log {
        log.finish()?;
    }
    let printed = to.end();
    if in_words || unmet > 0 {
        let met = asked.saturating_sub(unmet);
        anstream::eprintln!("{} lines played, {met} of {asked} expectations met", lines.len());
    }
    printed?;
    Ok(if unmet == 0 { Ending::Fine } else { Ending::Otherwise })
}

fn tell_json(to: &mut impl Write, outcome: &Result<Batch, Rejection>, balance: Balances) -> io::Result<()> {
    let told = match outcome {
        Ok(batch) => Told::Done { events: &batch.events, balance },
        Err(rejected) => Told::Refused { rejected, balance },
    };
    serde_json::to_writer(&mut *to, &told)?;
    to.write_all(b"\n")
}

fn report(options: &Options, line: &Line, misses: &[String]) {
    for miss in misses {
        anstream::eprintln!("{}:{}: {miss}", options.script.display(), line.number);
    }
}
