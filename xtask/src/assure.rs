//! `cargo xtask assure NAME`: the means by which the rules are shown to hold, each to any depth on demand. Short forms
//! of all of them are part of `cargo xtask test`; figures, bounds and what is not covered stand in docs/assurance.md.

mod books;
mod cover;
mod explore;
mod fuzz;
mod lives;
mod model;
mod mutants;

use anyhow::{Result, bail};

use crate::house::House;

/// One means: a name, what it shows, and what it runs with the words that follow the name.
struct Means {
    name: &'static str,
    shows: &'static str,
    run: fn(&House, &[String]) -> Result<()>,
}

#[rustfmt::skip]
static MEANS: [Means; 7] = [
    Means { name: "explore", shows: "[N] distinct states (10 million) breadth-first, every rule checked in each; or: stateright [N], the counts of another explorer", run: explore::run },
    Means { name: "lives", shows: "[N] generated lives (10 million) agree with the naive model and the laws", run: lives::run },
    Means { name: "model", shows: "[N] traces (1,000, committed) of a second model of charges and reversals, in Quint", run: model::run },
    Means { name: "books", shows: "[N] generated transactions (100,000), whose books three accounting programs agree with", run: books::run },
    Means { name: "fuzz", shows: "[TARGET] [N] executions (20 million) of the fuzzed programs; --merge keeps what they found", run: fuzz::run },
    Means { name: "mutants", shows: "[K/N | merge FOLDER] every small change of the core is noticed by a test, or has its reason in xtask/mutants.toml", run: mutants::run },
    Means { name: "cover", shows: "every line of the core is run by its tests, and 95 % of the branches; what is not has its reason in xtask/cover.toml", run: cover::run },
];

/// Names every means and what it shows.
pub(crate) fn list() {
    for means in &MEANS {
        println!("{:<16} {}", means.name, means.shows);
    }
}

/// Runs the one that the first word names.
pub(crate) fn run(house: &House, words: &[String]) -> Result<()> {
    let Some((name, rest)) = words.split_first() else {
        list();
        return Ok(());
    };
    let Some(means) = MEANS.iter().find(|means| means.name == name) else {
        bail!("there is no `{name}`; `cargo xtask assure` lists what there is");
    };
    (means.run)(house, rest)
}

/// For a means that takes no further words.
fn nothing(words: &[String]) -> Result<()> {
    match words {
        [] => Ok(()),
        [word, ..] => bail!("`{word}` is one word too many"),
    }
}

/// The one number that may follow a name.
fn number(words: &[String], usual: u64) -> Result<u64> {
    match words {
        [] => Ok(usual),
        [word] => match word.replace('_', "").parse() {
            Ok(number) if number > 0 => Ok(number),
            Ok(_) | Err(_) => bail!("expected a number from 1, not `{word}`"),
        },
        [_, more, ..] => bail!("`{more}` is one word too many"),
    }
}
