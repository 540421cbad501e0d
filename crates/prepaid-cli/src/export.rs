//! `prepaid export`: the log of a store, in the form that `prepaid audit` accepts.

use std::io::{self, IsTerminal, Write};
use std::path::{Path, PathBuf};

use clap::Args;
use prepaid::{AccountId, Digest};
use prepaid_runtime::{ReadStore, read::LogLines};
use serde_json::json;
use uuid::Uuid;

use crate::fault::{Faults, Stopped};
use crate::files::{Output, Unfinished, must_be_new};
use crate::{Ending, store};

/// Write the log of a store: one line a batch, in the order of commits, each with the digest of the line before.
///
/// It is what `prepaid audit` and `prepaid explain` read. It holds what was committed when its end was reached, while the
/// store may be written. The digest of the last line, its head, is told beside it: kept elsewhere, it shows later that
/// nothing was changed or cut off. An account's log has a chain, and a head, of its own.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  prepaid export accounts.db --out log.jsonl && prepaid audit log.jsonl
  prepaid export accounts.db --account 10000000-0000-4000-8000-000000000001 > account.jsonl

Exit status: 0 done, 2 the options are wrong or the store cannot be read, 3 the output could not be written.")]
pub(crate) struct Options {
    /// The store: the file that prepaid-sqlite keeps.
    store: PathBuf,
    /// Only this account.
    #[arg(long, value_name = "ID")]
    account: Option<Uuid>,
    /// Write the log there; must be a new file [default: the output].
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

/// Exports the log of a store.
pub(crate) fn run(options: &Options) -> Result<Ending, Stopped> {
    must_be_new("--out", options.out.as_deref(), &[Some(&options.store)])?;
    let mut reader = store::open(&options.store)?;
    let lines = match options.account.map(AccountId) {
        None => LogLines::of(&mut reader),
        Some(account) => {
            must_be_there(&options.store, &mut reader, account)?;
            LogLines::of_account(&mut reader, account)
        }
    };
    match &options.out {
        Some(out) => into_file(&options.store, lines, out),
        None => into_output(&options.store, lines),
    }
}

/// An empty log would say that there is nothing wrong with an account that was mistyped.
fn must_be_there(file: &Path, reader: &mut impl ReadStore, account: AccountId) -> Result<(), Stopped> {
    match reader.account(account) {
        Ok(loaded) if loaded.seq > 0 => Ok(()),
        Ok(_) => {
            let what = format!("option --account is {account}: must be an account of this store");
            Err(Faults::one(file, None, what))
        }
        Err(error) => Err(store::failed(file, error)),
    }
}

fn into_file(file: &Path, mut lines: LogLines<'_, impl ReadStore>, out: &Path) -> Result<Ending, Stopped> {
    let (mut to, mut count) = (Unfinished::begin(out)?, 0_u64);
    while let Some(line) = lines.next_line().map_err(|error| store::failed(file, error))? {
        to.write(line.as_bytes())?;
        to.write(b"\n")?;
        count = count.saturating_add(1);
    }
    to.finish()?;
    let mut said = Output::begin();
    if io::stdout().is_terminal() {
        writeln!(said, "{}", words(count, lines.head()))?;
    } else {
        writeln!(said, "{}", json!({ "lines": count, "head": lines.head() }))?;
    }
    said.end()?;
    Ok(Ending::Fine)
}

fn into_output(file: &Path, mut lines: LogLines<'_, impl ReadStore>) -> Result<Ending, Stopped> {
    let (mut to, mut count) = (Output::begin(), 0_u64);
    while let Some(line) = lines.next_line().map_err(|error| store::failed(file, error))? {
        writeln!(to, "{line}")?;
        if to.is_over() {
            // Whoever closed the pipe has read enough; there is no head of a log that was not written.
            to.end()?;
            return Ok(Ending::Fine);
        }
        count = count.saturating_add(1);
    }
    to.end()?;
    anstream::eprintln!("{}", words(count, lines.head()));
    Ok(Ending::Fine)
}

fn words(count: u64, head: Digest) -> String {
    format!("{count} lines, head {head}")
}
