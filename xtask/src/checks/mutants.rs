//! The list of surviving mutants fits the source; and a few mutants, others with every commit, are tried.

use std::process::Command;

use anyhow::{Result, bail};

use crate::house::House;
use crate::mutants::{self, Known, LIST, Place, Shard};
use crate::programs;

/// So many are tried, or one or two more.
const SAMPLE: usize = 4;

pub(super) fn run(house: &House) -> Result<()> {
    let (all, known) = (mutants::all(house)?, Known::read(house)?);
    let mut faults = known.faults(&all);
    match &known.run {
        None => println!("{LIST} has no figures yet: cargo xtask assure mutants"),
        Some(run) if run.src != mutants::digest(house)? => {
            println!("the figures in {LIST} are of another source; anew with: cargo xtask assure mutants");
        }
        Some(_) => {}
    }
    let of = (all.len() / SAMPLE).max(1);
    println!("NOT RUN: all but {SAMPLE} of {} mutants; others with every commit", all.len());
    let (place, shard) = (Place::of(house)?, Shard::Spread { number: turn(house) % of, of });
    let out = place.results("sample");
    let mut came = place.quickly(house, shard, &out)?;
    if came.names().len() < SAMPLE {
        bail!("only {} mutants were tried; see {}", came.names().len(), out.display());
    }
    // Those that are known to survive need not be tried with all the tests.
    let (excused, missed): (Vec<_>, Vec<_>) = core::mem::take(&mut came.missed)
        .into_iter()
        .partition(|name| all.iter().any(|mutant| mutant.name == *name && known.excuses(mutant)));
    came.missed = missed;
    let came = place.thoroughly(house, came, &place.results("sample-again"))?;
    let noticed = came.caught.len() + came.timed_out.len();
    println!("{noticed} noticed, {} do not compile, {} known to survive", came.unviable.len(), excused.len());
    let survivors = mutants::unexcused(house, &known, &came.missed)?;
    for fault in faults.iter().chain(&survivors) {
        println!("{fault}");
    }
    // Before all have been tried once, the list cannot be whole: what survives is told, and counts from then on.
    if known.run.is_some() {
        faults.extend(survivors);
    }
    if !faults.is_empty() {
        bail!("{} mutants or entries of {LIST} are not as they should be", faults.len());
    }
    Ok(())
}

/// Another with every commit; the same where there is no commit.
fn turn(house: &House) -> usize {
    let mut git = Command::new("git");
    let said = programs::stdout_of(git.current_dir(&house.root).args(["rev-parse", "HEAD"]));
    said.ok().and_then(|said| usize::from_str_radix(said.trim().get(..4)?, 16).ok()).unwrap_or_default()
}
