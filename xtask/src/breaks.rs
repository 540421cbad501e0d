//! Every rule, broken on purpose: a test that cannot fail proves nothing.
//!
//! Each file of xtask/breaks/ replaces one exact piece of the core by a wrong one. On a copy of the tree the tests
//! of that rule must first pass, and at least one of them must fail once the piece is replaced.

mod change;
mod chapters;
mod copy;
mod trial;

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{self, Sender};
use std::time::Instant;

use anyhow::{Context, Result, bail};

use self::change::Break;
use self::chapters::Chapters;
use self::copy::Copy;
use self::trial::Verdict;
use crate::house::House;
use crate::programs;

/// How many different rules must have a break. It only ever goes up.
const LEAST_RULES: usize = 30;

/// What the command line asked for.
#[derive(Debug)]
pub(crate) struct Wanted {
    /// A rule (`E1`) or the name of a file (`e1-fires-only-below`); none means all.
    pub(crate) only: Option<String>,
    /// How many copies are built and tried at the same time.
    pub(crate) jobs: usize,
    /// All of them, or the part whose turn it is.
    pub(crate) part: Part,
}

/// Which part of the breaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Part {
    /// All.
    Whole,
    /// Of every rule a third, at least one; which, the number says.
    Third(usize),
}

impl Default for Wanted {
    fn default() -> Self {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        Self { only: None, jobs: cores.min(2), part: Part::Whole }
    }
}

/// A third of them as a check of `cargo xtask test`, another third with another commit: all take a quarter of an hour.
pub(crate) fn check(house: &House) -> Result<()> {
    let wanted = Wanted { part: Part::Third(turn(house)), ..Wanted::default() };
    if !run(house, &wanted)? {
        bail!(
            "a break was not noticed, or could not be tried; see the table above, or run: cargo xtask breaks"
        );
    }
    Ok(())
}

/// Tries the wanted breaks. True if every one was noticed and enough rules have one.
pub(crate) fn run(house: &House, wanted: &Wanted) -> Result<bool> {
    let all = change::read_all(house)?;
    let rules = all.iter().map(|one| one.rule.as_str()).collect::<BTreeSet<_>>().len();
    let of_rule = all.iter().filter(|one| is_wanted(one, wanted));
    let chosen: Vec<&Break> = in_turn(&of_rule.collect::<Vec<_>>(), wanted.part);
    let left_out = all.len() - chosen.len();
    if wanted.part != Part::Whole && left_out > 0 {
        println!(
            "NOT RUN: {left_out} of {} breaks; another third with every commit, all by: cargo xtask breaks",
            all.len()
        );
    }
    if chosen.is_empty() {
        bail!(
            "no break in {} is wanted{}",
            change::FOLDER,
            wanted.only.as_ref().map_or(String::new(), |only| format!(" (--only {only})"))
        );
    }
    let jobs = wanted.jobs.min(chosen.len());
    println!("{} breaks of {rules} rules, {jobs} at a time", chosen.len());
    println!("first the tests are built as they are, in {jobs} copies of the tree");
    let verdicts = try_all(house, &chosen, jobs)?;
    table(&chosen, &verdicts);
    let noticed = verdicts.iter().filter(|verdict| verdict.is_noticed()).count();
    println!("{noticed} of {} breaks noticed", chosen.len());
    let enough = rules >= LEAST_RULES;
    if !enough {
        println!("only {rules} rules have a break in {}; {LEAST_RULES} must", change::FOLDER);
    }
    Ok(noticed == chosen.len() && (enough || wanted.only.is_some()))
}

fn is_wanted(one: &Break, wanted: &Wanted) -> bool {
    wanted.only.as_ref().is_none_or(|only| one.rule.eq_ignore_ascii_case(only) || one.name == *only)
}

/// The part of the breaks whose turn it is, of every rule.
fn in_turn<'a>(breaks: &[&'a Break], part: Part) -> Vec<&'a Break> {
    let Part::Third(turn) = part else { return breaks.to_vec() };
    let mut of_rules: BTreeMap<&str, Vec<&'a Break>> = BTreeMap::new();
    for one in breaks {
        of_rules.entry(&one.rule).or_default().push(one);
    }
    let thirds = of_rules.into_values().flat_map(|of_rule| {
        let (all, some) = (of_rule.len(), of_rule.len().div_ceil(3));
        of_rule.into_iter().cycle().skip(turn * some % all).take(some).collect::<Vec<_>>()
    });
    thirds.collect()
}

/// Another with every commit; the same where there is no commit.
fn turn(house: &House) -> usize {
    let mut git = Command::new("git");
    let said = programs::stdout_of(git.current_dir(&house.root).args(["rev-parse", "HEAD"]));
    said.ok().and_then(|said| usize::from_str_radix(said.trim().get(..4)?, 16).ok()).unwrap_or_default()
}

/// Deals the breaks out to as many copies as there are jobs; verdicts come back in the order of the breaks.
fn try_all(house: &House, chosen: &[&Break], jobs: usize) -> Result<Vec<Verdict>> {
    let (next, (tell, hear)) = (AtomicUsize::new(0), mpsc::channel());
    std::thread::scope(|scope| {
        for job in 0..jobs {
            let (tell, next) = (tell.clone(), &next);
            scope.spawn(move || {
                if let Err(error) = work(house, chosen, job, next, &tell) {
                    // Nobody hears this only if the listener has given up already.
                    let _ = tell.send(Err(error));
                }
            });
        }
        drop(tell);
        let mut verdicts: Vec<Option<Verdict>> = chosen.iter().map(|_| None).collect();
        for (done, heard) in hear.into_iter().enumerate() {
            // The other jobs stop when they next want to tell something.
            let (index, verdict, seconds): (usize, Verdict, f32) = heard?;
            if let (Some(one), Some(place)) = (chosen.get(index), verdicts.get_mut(index)) {
                let (number, of) = (done + 1, chosen.len());
                println!(
                    "[{number}/{of}] {} {}: {} ({seconds:.1} s)",
                    one.rule,
                    one.what,
                    verdict.in_short()
                );
                *place = Some(verdict);
            }
        }
        verdicts.into_iter().map(|verdict| verdict.context("a break was never tried")).collect()
    })
}

type Told = Result<(usize, Verdict, f32)>;

/// One job: a copy of the tree, built once as it is, then one break after another.
fn work(house: &House, chosen: &[&Break], job: usize, next: &AtomicUsize, tell: &Sender<Told>) -> Result<()> {
    let copy = Copy::of(house, job)?;
    let sound =
        trial::build(&copy)?.map_err(|said| anyhow::anyhow!("the tree does not compile as it is\n{said}"))?;
    let kept = copy.keep(&sound)?;
    let chapters = Chapters::read(&copy.house.root.join(trial::FOLDER))?;
    loop {
        let index = next.fetch_add(1, Ordering::Relaxed);
        let Some(one) = chosen.get(index) else {
            return Ok(());
        };
        let started = Instant::now();
        let verdict = trial::judge(&copy, &kept, &chapters, one)?;
        if tell.send(Ok((index, verdict, started.elapsed().as_secs_f32()))).is_err() {
            return Ok(());
        }
    }
}

fn table(chosen: &[&Break], verdicts: &[Verdict]) {
    println!("\nrule  what is broken, and what came of it");
    for (one, verdict) in chosen.iter().zip(verdicts) {
        println!("{:<5} {}", one.rule, one.what);
        println!("      {}", verdict.in_full(one));
    }
    println!();
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(rule: &str, name: usize) -> Break {
        let (name, rule) = (format!("{rule}-{name}"), rule.to_owned());
        let nothing = String::new;
        Break {
            name,
            rule,
            what: nothing(),
            tests: vec![],
            file: nothing(),
            find: nothing(),
            replace: nothing(),
        }
    }

    #[test]
    fn every_rule_has_its_turn_and_every_break_in_time() {
        let counts = [("A1", 1), ("A2", 2), ("B1", 4), ("E1", 11)];
        let all: Vec<Break> =
            counts.iter().flat_map(|(rule, many)| (0..*many).map(|n| named(rule, n))).collect();
        let all: Vec<&Break> = all.iter().collect();
        let mut seen = BTreeSet::new();
        for turn in 0..11 {
            let chosen = in_turn(&all, Part::Third(turn));
            let rules: BTreeSet<&str> = chosen.iter().map(|one| one.rule.as_str()).collect();
            assert_eq!((chosen.len(), rules.len()), (1 + 1 + 2 + 4, 4));
            seen.extend(chosen.iter().map(|one| one.name.as_str()));
        }
        assert_eq!(seen.len(), all.len());
        assert_eq!(in_turn(&all, Part::Whole).len(), all.len());
    }
}
