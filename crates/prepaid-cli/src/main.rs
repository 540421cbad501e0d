//! `prepaid`: plays scripts, charges request logs to an account, audits logs, reads stores, prints the schema of everything
//! spoken and stored.

mod alphabet;
mod audit;
mod chain;
mod changes;
mod expect;
mod explain;
mod export;
mod fault;
mod files;
mod import;
mod json_once;
mod meter;
mod play;
mod policies;
mod prices;
mod schema;
mod script;
mod store;
mod toml_lines;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// The life of a prepaid API-credit account: onboarding, keys, metered calls, automatic top-up.
#[derive(Debug, Parser)]
#[command(name = "prepaid", version, arg_required_else_help = true)]
struct Arguments {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    Play(play::Options),
    Meter(Box<meter::Options>),
    Audit(audit::Options),
    Import(import::Options),
    Explain(explain::Options),
    Changes(changes::Options),
    Export(export::Options),
    /// Print the JSON Schema of all that is spoken and stored: commands, events, rejections, effects, snapshots, policies,
    /// price lists, customers, logs, changes.
    #[command(
        after_help = "Example:\n  prepaid schema > schema.json\n\nExit status: 0 done, 3 the output could not be written."
    )]
    Schema,
}

/// How a run ended that did what it was asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ending {
    /// All as it should be.
    Fine,
    /// An expectation was not met, or a statement does not foot.
    Otherwise,
}

fn main() -> ExitCode {
    let Arguments { verb } = Arguments::parse();
    let ended = match verb {
        Verb::Play(options) => play::run(&options),
        Verb::Meter(options) => meter::run(&options),
        Verb::Audit(options) => audit::run(&options),
        Verb::Import(options) => import::run(&options),
        Verb::Explain(options) => explain::run(&options),
        Verb::Changes(options) => changes::run(&options),
        Verb::Export(options) => export::run(&options),
        Verb::Schema => schema::print().map(|()| Ending::Fine),
    };
    match ended {
        Ok(Ending::Fine) => ExitCode::SUCCESS,
        Ok(Ending::Otherwise) => ExitCode::FAILURE,
        Err(stopped) => {
            anstream::eprintln!("{stopped}");
            ExitCode::from(stopped.status())
        }
    }
}
