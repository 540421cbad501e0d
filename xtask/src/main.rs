//! Set-up and checks of this workspace, in Rust so that they run wherever cargo does: `cargo xtask list`.
#![expect(
    clippy::arithmetic_side_effects,
    clippy::disallowed_methods,
    reason = "a developer's tool: it reads files, clocks and the environment, and counts lines"
)]

mod assure;
mod breaks;
mod checks;
mod fuzz;
mod house;
mod mutants;
mod programs;
mod report;
mod tools;

use std::process::ExitCode;

use anyhow::{Context, Result, bail};

use crate::house::House;

const USAGE: &str = "\
usage:
  cargo xtask list                            name every check and what it shows
  cargo xtask test [--install] [NAME...]      run every check, or the named ones
  cargo xtask breaks [--only WHICH] [--alone] [--jobs N]
                                              break every rule on purpose and see a test notice it
  cargo xtask assure [NAME [...]]             one of the means by which rules are shown to hold, to any depth; without a name, lists them

--only      the breaks of a chapter (E) or a rule (E1), or the one of this name
--alone     each in a build of its own, instead of all in one
--install   install what a check needs: programs from PyPI into a private place under target/, the rest
            by apt-get where that is possible (Debian, as root)
CI=true     a check that could not run counts as failed";

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    match obey(&words) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::from(2)
        }
    }
}

/// Does what the words ask. `false` says that something was checked and found wanting.
fn obey(words: &[String]) -> Result<bool> {
    let house = House::here()?;
    let Some((verb, rest)) = words.split_first() else {
        bail!("nothing was asked for\n\n{USAGE}");
    };
    match verb.as_str() {
        "list" => {
            checks::list();
            Ok(true)
        }
        "test" => test(&house, rest),
        "assure" => assure::run(&house, rest).map(|()| true),
        "breaks" => breaks::run(&house, &breaks_wanted(rest)?),
        "help" | "--help" | "-h" => {
            println!("{USAGE}");
            Ok(true)
        }
        other => bail!("there is no `{other}`\n\n{USAGE}"),
    }
}

fn test(house: &House, words: &[String]) -> Result<bool> {
    let (flags, names): (Vec<_>, Vec<_>) = words.iter().partition(|word| word.starts_with('-'));
    if let Some(unknown) = flags.iter().find(|flag| flag.as_str() != "--install") {
        bail!("`test` has no flag {unknown}\n\n{USAGE}");
    }
    checks::run(house, &names, !flags.is_empty())
}

fn breaks_wanted(words: &[String]) -> Result<breaks::Wanted> {
    let mut wanted = breaks::Wanted::default();
    let mut words = words.iter();
    while let Some(word) = words.next() {
        let mut value = || words.next().with_context(|| format!("{word} needs a value\n\n{USAGE}"));
        match word.as_str() {
            "--alone" => wanted.alone = true,
            "--only" => wanted.only = Some(value()?.clone()),
            "--jobs" => {
                let value = value()?;
                let jobs = value.parse().ok().filter(|jobs| *jobs > 0);
                wanted.jobs = jobs.with_context(|| format!("--jobs needs a number from 1, not `{value}`"))?;
            }
            other => bail!("`breaks` has no {other}\n\n{USAGE}"),
        }
    }
    Ok(wanted)
}
