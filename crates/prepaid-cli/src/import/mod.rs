//! `prepaid import`: takes over customers who have accounts elsewhere, and writes the log their life here begins with.

mod customers;
mod takeover;

use std::io::{self, IsTerminal, Write};
use std::path::PathBuf;

use clap::Args;
use prepaid::{Amount, Policy, Timestamp};
use serde::Serialize;

use self::takeover::Taken;
use crate::alphabet::money_words;
use crate::chain::Chain;
use crate::fault::Stopped;
use crate::files::Output;
use crate::{Ending, files, policies};

/// Take over customers who have accounts elsewhere.
///
/// A file has one JSON object a line, a customer each; `prepaid schema` describes it as "customer". Every customer
/// becomes an account that is active without an initial funding: opened, with the terms accepted, the payment method
/// linked, the opening balance as a grant from "migration", and the keys that exist. Secrets of keys are never asked
/// for: a key is its digest and the part that may be shown. The file is read whole, and refused whole when one line is
/// wrong. Without --log it is only checked.
#[derive(Debug, Args)]
#[command(after_help = "\
Example:
  prepaid import examples/customers/sample.jsonl --at 2025-03-01T00:00:00Z --log log.jsonl

Exit status: 0 done, 2 the input was refused and nothing was written, 3 the log was written, but the output could not
be (a closed pipe is no failure).")]
pub(crate) struct Options {
    /// The customers, one JSON object a line.
    customers: PathBuf,
    /// Write the log there, one line a batch, each with the digest of the line before; must be a new file.
    #[arg(long, value_name = "FILE")]
    log: Option<PathBuf>,
    /// The operator's numbers, as JSON or TOML [default: the documented product].
    #[arg(long, value_name = "FILE")]
    policy: Option<PathBuf>,
    /// The time of lines that have no "at"; no clock is read.
    #[arg(long, value_name = "TIME")]
    at: Option<Timestamp>,
    /// Tell the summary as JSON [default where the output is no terminal].
    #[arg(long, conflicts_with = "text")]
    json: bool,
    /// Tell the summary in words [default on a terminal].
    #[arg(long)]
    text: bool,
}

/// What was taken over.
#[derive(Debug, Default, Serialize)]
struct Summary {
    accounts: usize,
    keys: usize,
    grants: usize,
    /// Together; none where it is more than an amount can be.
    opening_balances: Option<Amount>,
    currency: String,
    topped_up_at_once: AtOnce,
    log: Option<String>,
}

/// The accounts whose balance is at their threshold, or below, from the start (E1).
#[derive(Debug, Default, Serialize)]
struct AtOnce {
    accounts: usize,
    amount: Option<Amount>,
}

/// Takes customers over.
pub(crate) fn run(options: &Options) -> Result<Ending, Stopped> {
    let inputs = [Some(options.customers.as_path()), options.policy.as_deref()];
    files::must_be_new("--log", options.log.as_deref(), &inputs)?;
    let policy = policies::read(options.policy.as_deref())?;
    let taken = customers::read(&options.customers, options.at, &policy)?;
    if let Some(file) = &options.log {
        let mut log = Chain::begin(file, policy.numbers().id.as_str())?;
        for Taken { account, batches, .. } in &taken {
            for (batch, balances) in batches {
                log.add(*account, batch, *balances)?;
            }
        }
        log.finish()?;
    }
    let log = options.log.as_ref().map(|file| file.display().to_string());
    let summary = Summary { log, ..summary_of(&taken, &policy) };
    let mut to = Output::begin();
    if options.text || (!options.json && io::stdout().is_terminal()) {
        tell(&mut to, &summary)?;
    } else {
        serde_json::to_writer(&mut to, &summary).map_err(io::Error::from)?;
        to.write_all(b"\n")?;
    }
    to.end()?;
    Ok(Ending::Fine)
}

fn summary_of(taken: &[Taken], policy: &Policy) -> Summary {
    let total = |amounts: &[Amount]| {
        amounts.iter().try_fold(Amount::ZERO, |sum, amount| sum.checked_add(*amount)).ok()
    };
    let granted: Vec<Amount> = taken.iter().filter_map(|taken| taken.granted).collect();
    let charged: Vec<Amount> = taken.iter().filter_map(|taken| taken.charged).collect();
    Summary {
        accounts: taken.len(),
        keys: taken.iter().fold(0, |sum, taken| sum.saturating_add(taken.keys)),
        grants: granted.len(),
        opening_balances: total(&granted),
        currency: policy.numbers().currency.to_string(),
        topped_up_at_once: AtOnce { accounts: charged.len(), amount: total(&charged) },
        log: None,
    }
}

fn tell(to: &mut impl Write, summary: &Summary) -> io::Result<()> {
    let Summary { accounts, keys, grants, opening_balances, currency, topped_up_at_once, log } = summary;
    let money = |amount: &Option<Amount>| match amount {
        Some(amount) => format!("{} {currency}", money_words(&amount.to_string())),
        None => "more than can be summed up".into(),
    };
    writeln!(to, "accounts          {accounts}")?;
    writeln!(to, "keys              {keys}")?;
    writeln!(to, "opening balances  {grants}, together {}", money(opening_balances))?;
    let AtOnce { accounts: at_once, amount } = topped_up_at_once;
    if *at_once > 0 {
        writeln!(
            to,
            "warning: {at_once} of the accounts {} topped up at once, for {}: the opening balance is at the threshold \
             or below (E1). \"top_up\": {{\"enabled\": false}} in a line avoids it.",
            if *at_once == 1 { "is" } else { "are" },
            money(amount),
        )?;
    }
    match log {
        Some(log) => writeln!(to, "written to {log}"),
        None => writeln!(to, "nothing was written: no --log was given"),
    }
}
