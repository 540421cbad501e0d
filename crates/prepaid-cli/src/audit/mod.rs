//! `prepaid audit`: derives every balance of a log anew from its events, checks that no byte of it was changed, and
//! writes the books for other programs to agree with.

mod chained;
mod export;
mod sums;

use std::io::{self, IsTerminal, Write};
use std::path::{Path, PathBuf};

use clap::Args;
use prepaid::{Audit, AuditLine, Digest};
use serde_json::{Map, Value, json};

use self::chained::Chained;
use self::export::{Export, Format};
use self::sums::Sums;
use crate::Ending;
use crate::fault::{Faults, Stopped};
use crate::files::{Output, Unfinished, must_be_new};

/// Check a log to the byte, derive every balance anew from its events, and print the books.
///
/// Each line must be as prepaid writes it and name the SHA-256 of the line before. The books of every account are kept
/// a second way, by double entry from the events alone, and must say what the log says to the last digit. Only --head
/// shows that nothing was cut off at the end.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  prepaid audit log.jsonl
  prepaid audit log.jsonl --journal hledger --out log.journal && hledger -f log.journal check

Exit status: 0 all is as the log says, 1 the log is refused, with the line, 2 the options are wrong or the log cannot be
read, 3 the output could not be written.")]
pub(crate) struct Options {
    /// The log, as `play --log` and `export` write it.
    log: PathBuf,
    /// The digest of the last line, kept elsewhere: a log that ends before or after it is refused, and one whose last
    /// line, which no other names, was changed.
    #[arg(long, value_name = "DIGEST")]
    head: Option<Digest>,
    /// Write the books as a journal, with every balance asserted; instead of the summary where there is no --out.
    #[arg(long, value_name = "FORMAT")]
    journal: Option<Format>,
    /// Write the journal there; must be a new file.
    #[arg(long, value_name = "FILE", requires = "journal")]
    out: Option<PathBuf>,
    /// Print the summary as JSON [default where the output is no terminal].
    #[arg(long, conflicts_with = "text")]
    json: bool,
    /// Print it in words [default on a terminal].
    #[arg(long)]
    text: bool,
}

/// What a log came to.
struct Done {
    lines: u64,
    head: Digest,
    sums: Sums,
    journal: Option<String>,
}

/// Why there is nothing to tell.
enum Refused {
    /// The log is not as it must be.
    Log(Stopped),
    /// The run cannot go on.
    Run(Stopped),
}

impl From<Stopped> for Refused {
    fn from(stopped: Stopped) -> Self {
        Self::Run(stopped)
    }
}

/// Audits a log.
pub(crate) fn run(options: &Options) -> Result<Ending, Stopped> {
    must_be_new("--out", options.out.as_deref(), &[Some(&options.log)])?;
    let done = match examine(options) {
        Ok(done) => done,
        Err(Refused::Run(stopped)) => return Err(stopped),
        Err(Refused::Log(fault)) => {
            anstream::eprintln!("{fault}");
            return Ok(Ending::Otherwise);
        }
    };
    let mut to = Output::begin();
    match (&done.journal, &options.out) {
        (Some(journal), None) => to.write_all(journal.as_bytes())?,
        (Some(journal), Some(out)) => {
            let mut file = Unfinished::begin(out)?;
            file.write(journal.as_bytes())?;
            file.finish()?;
            summary(&mut to, options, &done)?;
        }
        (None, _) => summary(&mut to, options, &done)?,
    }
    to.end()?;
    Ok(Ending::Fine)
}

fn examine(options: &Options) -> Result<Done, Refused> {
    let file = &options.log;
    let refuse = |line: u64, what: String| Refused::Log(Faults::one(file, Some(line), what));
    let (mut lines, mut audit) = (Chained::open(file)?, Audit::new());
    let mut export = options.journal.map(Export::begin);
    let mut met = None;
    while let Some(line) = lines.next()? {
        let number = lines.number;
        let stored = line.map_err(|what| refuse(number, what))?;
        let batch = AuditLine {
            account: stored.account,
            seq: stored.seq,
            at: stored.at,
            events: &stored.events,
            posted: stored.posted,
            held: stored.held,
        };
        let entries = audit.check(&batch).map_err(|error| refuse(number, error.to_string()))?;
        if let Some(export) = &mut export {
            let added = export.add(number, &batch, &entries);
            added.ok_or_else(|| Stopped::Unfit("this format has no room for so many transactions".into()))?;
        }
        if options.head == Some(lines.head) {
            met = Some(number);
        }
    }
    if let Some(head) = options.head
        && head != lines.head
    {
        let what = met.map_or_else(
            || {
                format!(
                    "the log ends here with {}: expected {head}; its end was cut off or changed",
                    lines.head
                )
            },
            |met| {
                format!(
                    "the log goes on to here: expected its end at line {met}, which has the digest {head}"
                )
            },
        );
        return Err(refuse(lines.number.max(1), what));
    }
    let sums = Sums::of(&audit).ok_or_else(|| Stopped::Unfit("the sums are too large to be told".into()))?;
    Ok(Done { lines: lines.number, head: lines.head, sums, journal: export.map(Export::finish) })
}

fn summary(to: &mut impl Write, options: &Options, done: &Done) -> io::Result<()> {
    if options.text || (!options.json && io::stdout().is_terminal()) {
        in_words(to, &options.log, done)
    } else {
        serde_json::to_writer(&mut *to, &in_json(done))?;
        to.write_all(b"\n")
    }
}

fn in_words(to: &mut impl Write, log: &Path, done: &Done) -> io::Result<()> {
    writeln!(to, "Audit  {}", log.display())?;
    writeln!(
        to,
        "{} lines, accounts: {}; every balance is what the events make",
        done.lines, done.sums.accounts
    )?;
    writeln!(to, "head  {}", done.head)?;
    for (currency, totals) in &done.sums.currencies {
        writeln!(to, "\n{:<18} {:<10} {:>31}", "Books", "kind", currency.to_string())?;
        for (book, sum) in &totals.books {
            writeln!(to, "{:<18} {:<10} {:>31}", book.as_str(), book.kind().as_str(), sum.whole_text())?;
        }
        writeln!(to, "{:<29} {:>31}", "posted", totals.posted.whole_text())?;
        writeln!(to, "{:<29} {:>31}", "held", totals.held.whole_text())?;
    }
    Ok(())
}

fn in_json(done: &Done) -> Value {
    let mut currencies = Map::new();
    for (currency, totals) in &done.sums.currencies {
        let books = totals.books.iter().map(|(book, sum)| (book.as_str().into(), json!(sum.text())));
        let books: Map<String, Value> = books.collect();
        let told = json!({ "books": books, "posted": totals.posted.text(), "held": totals.held.text() });
        currencies.insert(currency.to_string(), told);
    }
    json!({ "lines": done.lines, "accounts": done.sums.accounts, "head": done.head, "currencies": currencies })
}
