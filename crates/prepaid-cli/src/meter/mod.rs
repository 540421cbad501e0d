//! `prepaid meter`: charges a request log to an account and prints a statement that foots.

mod columns;
mod drive;
mod instants;
mod provider;
mod rows;
mod statement;
mod tally;
mod told;

use std::io::{self, Write};
use std::path::PathBuf;

use clap::{ArgGroup, Args};
use prepaid::{Amount, Span};

use crate::chain::Chain;
use crate::fault::Stopped;
use crate::files::Output;
use crate::{Ending, files, policies, prices};
use provider::Answer;
use statement::Statement;

/// Charge a request log to a prepaid account, and print the statement.
///
/// The account is opened and funded by the rules shortly before the first row.
/// Every row is one call, priced by the list in force at that instant. The log is read whole, and refused if a line
/// is malformed, before anything is charged.
#[derive(Debug, Args)]
#[command(
    group(ArgGroup::new("what").required(true).args(["item", "item_column"])),
    after_help = "\
Example:
  prepaid meter examples/logs/sample.csv --prices examples/prices/ideogram.toml \\
      --time time --item-column item --quantity images=images --key-column key

Exit status: 0 done, 1 the statement does not foot, 2 the input was refused and nothing was charged,
3 the work was done, but its output could not be written (a closed pipe is no failure: the log is still written)."
)]
pub(crate) struct Options {
    /// The log: CSV with a header line.
    log_csv: PathBuf,
    /// The price list, as TOML.
    #[arg(long, value_name = "FILE")]
    prices: PathBuf,
    /// The operator's numbers, as JSON or TOML [default: the documented product].
    #[arg(long, value_name = "FILE")]
    policy: Option<PathBuf>,
    /// The column with the time; UTC where a time names no zone.
    #[arg(long, value_name = "COLUMN")]
    time: String,
    /// The item of the price list that every row is.
    #[arg(long, value_name = "NAME")]
    item: Option<String>,
    /// The column that names each row's item.
    #[arg(long, value_name = "COLUMN")]
    item_column: Option<String>,
    /// Which column is which quantity of the item, `COLUMN` alone where both have one name; may be given several
    /// times. An empty cell states no quantity.
    #[arg(long, value_name = "COLUMN=QUANTITY", required = true)]
    quantity: Vec<String>,
    /// The column that names each row's key; each distinct name becomes a key of the account.
    #[arg(long, value_name = "COLUMN")]
    key_column: Option<String>,
    /// The column with the places in flight a row takes; an empty cell takes none. Every call is settled at once, so
    /// the places of rows never add up: a row is refused only for taking more places than there are.
    #[arg(long, value_name = "COLUMN")]
    units_column: Option<String>,
    /// How long after its request a charge is answered.
    #[arg(long, value_name = "SPAN", default_value = "2s")]
    charge_delay: Span,
    /// What becomes of the charges, one after another; the last is repeated. The first is the initial funding: where
    /// it fails, it is tried again a minute later, with a new key, for as many charges as the plan has entries, and
    /// until it succeeds every row is refused.
    #[arg(long, value_name = "PLAN", value_delimiter = ',', default_value = "ok")]
    charges: Vec<Answer>,
    /// Run the rows in the order of their times.
    #[arg(long)]
    sort: bool,
    /// The balance at which to top up [default: the policy's].
    #[arg(long, value_name = "AMOUNT")]
    threshold: Option<Amount>,
    /// The balance to top up to [default: the policy's].
    #[arg(long, value_name = "AMOUNT")]
    target: Option<Amount>,
    /// Print the statement as JSON.
    #[arg(long)]
    json: bool,
    /// Write one line a batch there, each with the digest of the line before; must be a new file.
    #[arg(long, value_name = "FILE")]
    log: Option<PathBuf>,
}

/// Charges a log.
pub(crate) fn run(options: &Options) -> Result<Ending, Stopped> {
    let inputs = [Some(options.log_csv.as_path()), options.policy.as_deref(), Some(options.prices.as_path())];
    files::must_be_new("--log", options.log.as_deref(), &inputs)?;
    let policy = policies::read(options.policy.as_deref())?;
    let prices = prices::read(&options.prices)?;
    let wanted = columns::Wanted::of(options)?;
    prices::must_fit(&options.prices, &prices.list, &policy)?;
    let rows = rows::read(&options.log_csv, &wanted, &prices, options.sort)?;
    let log = match &options.log {
        Some(file) => Some(Chain::begin(file, policy.numbers().id.as_str())?),
        None => None,
    };
    let plan = drive::Plan {
        policy: &policy,
        delay: options.charge_delay,
        answers: &options.charges,
        threshold: options.threshold,
        target: options.target,
    };
    let run = drive::run(&rows, &plan, log)?;
    let statement = Statement::of(&options.log_csv, &rows, &run, &policy, &prices.numbers);
    let foots = statement.foots();
    let mut to = Output::begin();
    if options.json {
        serde_json::to_writer_pretty(&mut to, &statement).map_err(io::Error::from)?;
        to.write_all(b"\n")?;
    } else {
        told::print(&mut to, &statement)?;
    }
    to.end()?;
    Ok(if foots { Ending::Fine } else { Ending::Otherwise })
}
