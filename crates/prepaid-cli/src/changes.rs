//! `prepaid changes`: every batch of every account of a store, in the order of commits.

use std::io::{self, IsTerminal, Write};
use std::path::PathBuf;

use anstyle::Style;
use clap::Args;
use prepaid::{AccountId, Amount, Balance, Balances, Events, Text, Timestamp};
use prepaid_runtime::{Change, Page, ReadStore as _, RequestId};
use serde::Serialize;

use crate::alphabet::{event_words, instant_words};
use crate::fault::Stopped;
use crate::files::Output;
use crate::play::balance_words;
use crate::{Ending, store};

const FAINT: Style = Style::new().dimmed();
const STRONG: Style = Style::new().bold();

/// So many batches are read at once.
const PAGE: u32 = 1_000;

/// Print every batch of every account of a store, in the order of commits.
///
/// Each has a position. Whoever keeps the position of the last one that was dealt with, and goes on --after it, gets every
/// batch at least once and misses none, also while the store is being written: no position becomes visible before a
/// smaller one.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  prepaid changes accounts.db --limit 100
  prepaid changes accounts.db --after 100 | while read -r change; do handle \"$change\"; done

Exit status: 0 done, 2 the options are wrong or the store cannot be read, 3 the output could not be written.")]
pub(crate) struct Options {
    /// The store: the file that prepaid-sqlite keeps.
    store: PathBuf,
    /// Only what comes after this position; 0 for all.
    #[arg(long, value_name = "POSITION", default_value_t = 0)]
    after: u64,
    /// At most so many batches [default: all that there are].
    #[arg(long, value_name = "COUNT", value_parser = clap::value_parser!(u64).range(1..))]
    limit: Option<u64>,
    /// Print them as JSON, a line a batch [default where the output is no terminal].
    #[arg(long, conflicts_with = "text")]
    json: bool,
    /// Print them in words [default on a terminal].
    #[arg(long)]
    text: bool,
}

#[derive(Serialize)]
struct Line<'a> {
    position: u64,
    account: AccountId,
    seq: u64,
    at: Timestamp,
    request: Option<&'a RequestId>,
    policy: &'a Text<64>,
    events: &'a Events,
    posted: Balance,
    held: Amount,
}

/// Prints the changes of a store.
pub(crate) fn run(options: &Options) -> Result<Ending, Stopped> {
    let mut reader = store::open(&options.store)?;
    let in_words = options.text || (!options.json && io::stdout().is_terminal());
    let (mut after, mut left) = (options.after, options.limit.unwrap_or(u64::MAX));
    let mut to = Output::begin();
    while left > 0 && !to.is_over() {
        let page = Page { after, limit: u32::try_from(left).unwrap_or(PAGE).min(PAGE) };
        let changes = reader.changes(page).map_err(|error| store::failed(&options.store, error))?;
        let Some(last) = changes.last() else { break };
        after = last.position;
        for change in &changes {
            left = left.saturating_sub(1);
            if in_words { tell(&mut to, change)? } else { print(&mut to, change)? }
        }
        // Whoever reads along gets what there is, also where the next page takes long.
        to.flush()?;
    }
    to.end()?;
    Ok(Ending::Fine)
}

fn print(to: &mut impl Write, change: &Change) -> io::Result<()> {
    let row = &change.row;
    let line = Line {
        position: change.position,
        account: row.account,
        seq: row.seq,
        at: row.batch.at,
        request: row.request.as_ref(),
        policy: &row.policy,
        events: &row.batch.events,
        posted: row.posted,
        held: row.held,
    };
    serde_json::to_writer(&mut *to, &line)?;
    to.write_all(b"\n")
}

fn tell(to: &mut impl Write, change: &Change) -> io::Result<()> {
    let row = &change.row;
    let at = instant_words(&row.batch.at.to_string());
    let (position, account, seq) = (change.position, row.account, row.seq);
    write!(to, "{STRONG}{position}{STRONG:#}  {FAINT}{at}{FAINT:#}  account {account}, batch {seq}")?;
    match &row.request {
        Some(request) => writeln!(to, ", request {request}")?,
        None => writeln!(to)?,
    }
    for event in &row.batch.events {
        writeln!(to, "    {}", event_words(event))?;
    }
    // Out of range it cannot be: the account's own balance was computed so.
    let available = row.posted.checked_sub(row.held).unwrap_or(row.posted);
    let balance = Balances { posted: row.posted, held: row.held, available };
    writeln!(to, "    {}", balance_words(&balance))
}
