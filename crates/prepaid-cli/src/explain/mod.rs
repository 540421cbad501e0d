//! `prepaid explain`: why an account is in its state and what it waits for, in plain words, from its log.

mod calls;
mod charges;
mod history;
mod money;
mod said;
mod stage;
mod waits;

use std::io::{self, IsTerminal, Write};
use std::path::PathBuf;

use anstyle::Style;
use clap::Args;
use prepaid::{Account, AccountId, Balances, Policy, StageTag, Timestamp};
use serde::Serialize;
use uuid::Uuid;

use self::history::Life;
use self::said::{Says, money, time};
use crate::fault::Stopped;
use crate::files::Output;
use crate::{Ending, policies};

/// Say why accounts are in their states, and what they wait for.
///
/// The log is replayed up to the time, and what is due by then counts as done. Every sentence names the rule it comes
/// from, by its number in docs/rules.md. Events need no policy, but what is refused, charged and waited for does: give
/// the policy the accounts live under.
#[derive(Debug, Args)]
#[command(after_help = "\
Example:
  prepaid play examples/scripts/declined-card.jsonl --log log.jsonl
  prepaid explain log.jsonl --at 2025-01-01T10:30:00Z

Exit status: 0 done, 2 the input was refused, 3 the output could not be written.")]
pub(crate) struct Options {
    /// The log, as play, meter and import write it.
    log: PathBuf,
    /// As of when; no clock is read.
    #[arg(long, value_name = "TIME")]
    at: Timestamp,
    /// Only this account.
    #[arg(long, value_name = "ID")]
    account: Option<Uuid>,
    /// The operator's numbers, as JSON or TOML [default: the documented product].
    #[arg(long, value_name = "FILE")]
    policy: Option<PathBuf>,
    /// Tell it as JSON, a line an account [default where the output is no terminal].
    #[arg(long, conflicts_with = "text")]
    json: bool,
    /// Tell it in words [default on a terminal].
    #[arg(long)]
    text: bool,
}

/// What is told of an account.
#[derive(Serialize)]
struct Told<'a> {
    account: AccountId,
    at: Timestamp,
    stage: StageTag,
    balance: Balances,
    says: &'a Says,
    #[serde(skip_serializing_if = "Option::is_none")]
    waits_until: Option<Timestamp>,
}

/// An account as of an instant.
pub(super) struct Seen<'a> {
    account: &'a Account,
    policy: &'a Policy,
    at: Timestamp,
}

/// Explains.
pub(crate) fn run(options: &Options) -> Result<Ending, Stopped> {
    let policy = policies::read(options.policy.as_deref())?;
    let lives = history::read(&options.log, options.account.map(AccountId), options.at, &policy)?;
    let in_words = options.text || (!options.json && io::stdout().is_terminal());
    let mut to = Output::begin();
    for (account, life) in &lives {
        let says = says_of(life, &policy, options.at);
        let told = Told {
            account: *account,
            at: options.at,
            stage: life.account.stage(),
            balance: life.account.balance(),
            says: &says,
            waits_until: prepaid::next_deadline(&life.account),
        };
        if in_words {
            tell(&mut to, &told)?;
        } else {
            serde_json::to_writer(&mut to, &told).map_err(io::Error::from)?;
            to.write_all(b"\n")?;
        }
    }
    to.end()?;
    let own = policy.numbers().id.as_str();
    let others = lives.iter().map(|(_, life)| life.policy.as_str()).find(|policy| *policy != own);
    if let Some(other) = others {
        anstream::eprintln!(
            "warning: the log was written under the policy {other:?}, and this is told by {own:?}: see --policy"
        );
    }
    if lives.is_empty() {
        anstream::eprintln!("no account was opened by {}", time(options.at));
    }
    Ok(Ending::Fine)
}

/// All that is to be said, what matters most first.
fn says_of(life: &Life, policy: &Policy, at: Timestamp) -> Says {
    let Life { account, undone, .. } = life;
    let (seen, mut says) = (Seen { account, policy, at }, Says::default());
    stage::say(&seen, &mut says);
    calls::say(&seen, &mut says);
    charges::say(&seen, &mut says);
    money::say(&seen, &mut says);
    if !undone.is_empty() {
        says.add("K3", format!("due by now and not in the log, told as done: {}", undone.join("; ")));
    }
    waits::say(&seen, &mut says);
    says
}

const STRONG: Style = Style::new().bold();
const FAINT: Style = Style::new().dimmed();

fn tell(to: &mut impl Write, told: &Told<'_>) -> io::Result<()> {
    let Told { account, at, stage, balance, says, waits_until: _ } = told;
    writeln!(to, "{STRONG}{account}{STRONG:#}  {stage} at {}", time(*at))?;
    let Balances { posted, held, available } = balance;
    if held.is_zero() {
        writeln!(to, "  balance {}", money(posted))?;
    } else {
        let (posted, held, available) = (money(posted), money(held), money(available));
        writeln!(to, "  balance {posted}, {held} of it held, {available} available")?;
    }
    for (rule, text) in says.each() {
        writeln!(to, "  - {text} {FAINT}({rule}){FAINT:#}")?;
    }
    Ok(())
}
