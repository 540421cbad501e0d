//! The list of surviving mutants fits the source; and a few mutants, others with every commit, are tried.

use std::process::Command;

use anyhow::{Result, bail};

use crate::house::House;
use crate::mutants::{self, Known, LIST, Mutant, Place};
use crate::programs;

/// So many are tried.
const SAMPLE: usize = 8;

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
    let rest: Vec<&Mutant> = all.iter().filter(|mutant| !known.excuses(mutant)).collect();
    let chosen: Vec<String> = sample(&rest, turn(house)).map(|mutant| mutant.name.clone()).collect();
    println!("NOT RUN: {} of {} mutants; others with every commit", all.len() - chosen.len(), all.len());
    let place = Place::of(house)?;
    let out = place.results("sample");
    let came = place.quickly(house, &mutants::exactly(&chosen), &out)?;
    let came = place.thoroughly(house, came, &place.results("sample-again"))?;
    if came.names().len() != chosen.len() {
        bail!("{} of {} chosen mutants were tried; see {}", came.names().len(), chosen.len(), out.display());
    }
    faults.extend(mutants::unexcused(house, &known, &came.missed)?);
    for fault in &faults {
        println!("{fault}");
    }
    if !faults.is_empty() {
        bail!("{} mutants or entries of {LIST} are not as they should be", faults.len());
    }
    Ok(())
}

/// Some of them, spread over the whole.
fn sample<'a>(all: &'a [&'a Mutant], turn: usize) -> impl Iterator<Item = &'a Mutant> {
    let step = (all.len() / SAMPLE).max(1);
    all.iter().skip(turn % step).step_by(step).take(SAMPLE).copied()
}

/// Another with every commit; the same where there is no commit.
fn turn(house: &House) -> usize {
    let mut git = Command::new("git");
    let said = programs::stdout_of(git.current_dir(&house.root).args(["rev-parse", "HEAD"]));
    said.ok().and_then(|said| usize::from_str_radix(said.trim().get(..4)?, 16).ok()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_mutant_has_its_turn() {
        let mutants: Vec<Mutant> = (0..83)
            .map(|number| Mutant {
                name: number.to_string(),
                file: String::new(),
                change: String::new(),
                line: String::new(),
            })
            .collect();
        let all: Vec<&Mutant> = mutants.iter().collect();
        let mut seen = std::collections::BTreeSet::new();
        for turn in 0..100 {
            let names: Vec<&str> = sample(&all, turn).map(|one| one.name.as_str()).collect();
            assert_eq!(names.len(), SAMPLE);
            seen.extend(names);
        }
        // All but the few that the last, incomplete step leaves over.
        assert!(seen.len() >= 80, "{}", seen.len());
    }
}
