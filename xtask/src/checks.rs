//! The table of checks, cheap ones first, and the loop that runs them.

mod books;
mod cover;
mod coverage;
mod examples;
mod mutants;
mod prose;
mod purity;
mod rulebook;
mod rust;
mod schema;
mod tidy;

use std::time::Instant;

use anyhow::{Result, bail};

use crate::breaks;
use crate::fuzz;
use crate::house::House;
use crate::report::{self, Outcome, Row};
use crate::tools::{
    self, BEANCOUNT, CARGO_DENY, CARGO_LLVM_COV, CARGO_MUTANTS, CLIPPY, FUZZER, HLEDGER, JSONSCHEMA, LEDGER,
    LLVM, LYCHEE, RUSTFMT, TYPOS, Tool,
};

/// One check: a name to call it by, what it shows, what it needs, and what it runs.
struct Check {
    name: &'static str,
    shows: &'static str,
    needs: &'static [Tool],
    run: fn(&House) -> Result<()>,
}

const fn check(
    name: &'static str,
    shows: &'static str,
    needs: &'static [Tool],
    run: fn(&House) -> Result<()>,
) -> Check {
    Check { name, shows, needs, run }
}

/// In the order they run. Those that build alike stand together, so that what one builds the next finds built.
#[rustfmt::skip]
static CHECKS: [Check; 22] = [
    check("tidy", "no place of one machine, no unfinished code, no float in the core, no overlong file", &[], tidy::run),
    check("rulebook", "every rule has its source, its place in the code, its tests and its breaks, and none is of no rule", &[], rulebook::run),
    check("format", "everything is formatted by rustfmt", &[RUSTFMT], rust::format),
    check("spelling", "no known misspelling", &[TYPOS], prose::spelling),
    check("links", "every local link in the documents leads somewhere", &[LYCHEE], prose::links),
    check("dependencies", "licences, bans and sources of all dependencies are as deny.toml says", &[CARGO_DENY], prose::dependencies),
    check("purity-features", "the core's dependencies and their features are exactly xtask/purity.allow", &[], purity::features),
    check("purity-std", "the core compiles alone, with no default features", &[], purity::alone),
    check("purity-link", "the core links into a program that has no standard library", &[Tool::Linker], purity::link),
    check("purity-calls", "clippy refuses clocks, random ids, environment, files and sockets", &[CLIPPY], purity::calls),
    check("clippy", "no lint fires anywhere", &[CLIPPY], rust::clippy),
    check("tests", "the core's tests alone, then everybody else's", &[], rust::tests),
    check("cover", "every line of the core is run by a test of it, or has its reason in xtask/cover.toml", &[CARGO_LLVM_COV, LLVM], cover::run),
    check("mutants", "no test is blind to four small changes of the core, others with every commit; what survived has its reason", &[CARGO_MUTANTS], mutants::run),
    check("books", "hledger, Ledger and Beancount agree with the books of generated lives, and notice one wrong digit", &[HLEDGER, LEDGER, BEANCOUNT], books::run),
    check("breaks", "every rule, broken on purpose, is noticed by a test of that rule", &[], breaks::check),
    check("fuzz", "no input of the corpus, and none of a minute of coverage-guided fuzzing, breaks a rule or a reader", &[CLIPPY, FUZZER], fuzz::check),
    check("docs", "the documentation builds without a warning", &[], rust::docs),
    check("doc-coverage", "every public item is documented, every public function has an example", &[], coverage::run),
    check("examples", "every example script and example program runs to its end", &[], examples::run),
    check("schema", "examples and golden files fit the printed JSON Schema", &[JSONSCHEMA], schema::run),
    check("package", "the core can be published: what is packed builds", &[], rust::package),
];

/// Names every check and what it shows.
pub(crate) fn list() {
    for check in &CHECKS {
        println!("{:<16} {}", check.name, check.shows);
    }
}

/// The check of the books with so many transactions.
pub(crate) fn books(house: &House, transactions: u64) -> Result<()> {
    books::of(house, transactions)
}

/// The check of coverage with every test of the core.
pub(crate) fn whole_cover(house: &House) -> Result<()> {
    cover::whole(house)
}

/// Runs the named checks, or all of them, going on after a failure. True if all is well.
pub(crate) fn run(house: &House, names: &[&String], install: bool) -> Result<bool> {
    for name in names {
        if !CHECKS.iter().any(|check| check.name == name.as_str()) {
            bail!("there is no check `{name}`; `cargo xtask list` names them");
        }
    }
    let wanted = |check: &&Check| names.is_empty() || names.iter().any(|name| check.name == name.as_str());
    let rows: Vec<Row> = CHECKS.iter().filter(wanted).map(|check| run_one(house, check, install)).collect();
    let strict = std::env::var("CI").is_ok_and(|value| value == "true");
    Ok(report::closing(&rows, strict))
}

fn run_one(house: &House, check: &Check, install: bool) -> Row {
    report::heading(check.name, check.shows);
    let started = Instant::now();
    let missing = check.needs.iter().find_map(|tool| tools::ready(house, *tool, install).err());
    let outcome = match missing {
        Some(why) => Outcome::NotRun(format!("{why:#}")),
        None => match (check.run)(house) {
            Ok(()) => Outcome::Passed,
            Err(error) => Outcome::Failed(format!("{error:#}")),
        },
    };
    let row = Row { name: check.name, outcome, took: started.elapsed() };
    report::ending(&row);
    row
}
