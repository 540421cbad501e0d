//! Every rule, broken on purpose: a test that cannot fail proves nothing.
//!
//! Each file of xtask/breaks/ replaces one exact piece of the core by a wrong one. On a copy of the tree the tests
//! of that rule must first pass, and at least one of them must fail once the piece is replaced.
//!
//! One core is built that holds all of them, behind a switch that is set when it runs. What cannot stand behind the
//! switch is built alone.

mod build;
mod change;
mod copy;
mod joint;
mod switch;
mod trial;

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;
use std::time::Instant;

use anyhow::{Context, Result, bail};

use self::change::Break;
use self::copy::Copy;
use self::trial::Verdict;
use crate::house::House;

/// The test that searches the states of an account, and how many breaks it must notice, at least.
const EXPLORER: &str = "explore";
const LEAST_EXPLORED: usize = 10;

/// What the command line asked for.
#[derive(Debug)]
pub(crate) struct Wanted {
    /// A chapter (`E`), a rule (`E1`) or the name of a file (`e1-fires-only-below`); none means all.
    pub(crate) only: Option<String>,
    /// How many are tried at the same time.
    pub(crate) jobs: usize,
    /// Each in a build of its own.
    pub(crate) alone: bool,
}

impl Default for Wanted {
    fn default() -> Self {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        Self { only: None, jobs: cores.min(2), alone: false }
    }
}

/// All of them, as a check of `cargo xtask test`.
pub(crate) fn check(house: &House) -> Result<()> {
    if !run(house, &Wanted::default())? {
        bail!(
            "a break was not noticed, or could not be tried; see the table above, or run: cargo xtask breaks"
        );
    }
    Ok(())
}

/// Tries the wanted breaks. True if every one was noticed.
pub(crate) fn run(house: &House, wanted: &Wanted) -> Result<bool> {
    let all = change::read_all(house)?;
    let numbered: Vec<(usize, &Break)> = (1..).zip(&all).collect();
    let chosen: Vec<(usize, &Break)> =
        numbered.iter().copied().filter(|(_, one)| is_wanted(one, wanted)).collect();
    if chosen.is_empty() {
        bail!(
            "no break in {} is wanted{}",
            change::FOLDER,
            wanted.only.as_ref().map_or(String::new(), |only| format!(" (--only {only})"))
        );
    }
    let rules: BTreeSet<&str> = chosen.iter().map(|(_, one)| one.rule.as_str()).collect();
    println!("{} breaks of {} rules, {} at a time", chosen.len(), rules.len(), wanted.jobs);
    let verdicts = try_all(house, &numbered, &chosen, wanted)?;
    table(&chosen, &verdicts);
    let noticed = verdicts.values().filter(|verdict| verdict.is_noticed()).count();
    println!("{noticed} of {} breaks noticed", chosen.len());
    let explored = all.iter().filter(|one| one.proofs().iter().any(|proof| proof.target == EXPLORER)).count();
    println!(
        "{explored} of {} must be noticed by the explorer, too; {LEAST_EXPLORED} are the least",
        all.len()
    );
    Ok(noticed == chosen.len() && explored >= LEAST_EXPLORED)
}

fn is_wanted(one: &Break, wanted: &Wanted) -> bool {
    let chapter = one.rule.get(..1);
    wanted.only.as_ref().is_none_or(|only| {
        one.rule.eq_ignore_ascii_case(only) || one.name == *only || chapter == Some(only.as_str())
    })
}

type Verdicts = BTreeMap<usize, Verdict>;

/// Builds all breaks together, whichever are wanted, so that the next run finds them built; then tries the wanted.
fn try_all(
    house: &House,
    all: &[(usize, &Break)],
    chosen: &[(usize, &Break)],
    wanted: &Wanted,
) -> Result<Verdicts> {
    // Two runs at a time would build in the same copies, and judge each other's breaks.
    let place = copy::place(house);
    fs::create_dir_all(&place)?;
    let lock = File::create(place.join("lock"))?;
    lock.lock()?;
    let started = Instant::now();
    let proofs =
        |breaks: &[(usize, &Break)]| breaks.iter().flat_map(|(_, one)| one.proofs()).collect::<Vec<_>>();
    let targets = proofs(all).into_iter().map(|proof| proof.target).collect();
    let apart =
        all.iter().filter(|_| wanted.alone).map(|(number, _)| (*number, "so it was asked for".into()));
    let joint = joint::build(house, all, &targets, apart.collect())?;
    println!("the tests are built ({:.1} s); first all must pass", started.elapsed().as_secs_f32());
    let sound = trial::sound(&joint.copy, &joint.programs, &proofs(chosen))?;

    let (apart, together): (Vec<_>, Vec<_>) =
        chosen.iter().copied().partition(|(number, _)| joint.apart.contains_key(number));
    println!("{} breaks together in one build", together.len());
    let jobs: Vec<usize> = (0..wanted.jobs).collect();
    let mut verdicts =
        deal(&jobs, &together, |job, one| trial::judge((&joint.copy, *job), &joint.programs, &sound, one))?;

    println!("{} breaks alone, each in a build of its own", apart.len());
    for (number, one) in apart.iter().filter(|_| !wanted.alone) {
        println!("  {}: {}", one.name, joint.apart.get(number).map_or("", String::as_str));
    }
    let jobs = jobs.iter().take(apart.len());
    let copies = jobs.map(|job| Copy::of(house, &job.to_string(), &BTreeMap::new()));
    let copies = copies.collect::<Result<Vec<Copy>>>()?;
    verdicts.extend(deal(&copies, &apart, |copy, (_, one)| trial::judge_alone(copy, &sound, one))?);
    println!("all in {:.0} s", started.elapsed().as_secs_f32());
    Ok(verdicts)
}

/// Deals the breaks out to as many workers, and says what came of each.
fn deal<W: Sync>(
    workers: &[W],
    breaks: &[(usize, &Break)],
    judge: impl Fn(&W, (usize, &Break)) -> Result<Verdict> + Sync,
) -> Result<Verdicts> {
    let (next, (tell, hear)) = (AtomicUsize::new(0), mpsc::channel());
    std::thread::scope(|scope| {
        for worker in workers {
            let (tell, next, judge) = (tell.clone(), &next, &judge);
            scope.spawn(move || {
                while let Some(one) = breaks.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let started = Instant::now();
                    // Nobody hears this only if the listener has given up already.
                    if tell.send((*one, judge(worker, *one), started.elapsed())).is_err() {
                        break;
                    }
                }
            });
        }
        drop(tell);
        let mut verdicts = Verdicts::new();
        for ((number, one), verdict, took) in hear {
            let verdict = verdict.with_context(|| one.name.clone())?;
            let (done, of, seconds) = (verdicts.len() + 1, breaks.len(), took.as_secs_f32());
            println!("[{done}/{of}] {} {}: {} ({seconds:.1} s)", one.rule, one.what, verdict.in_short());
            verdicts.insert(number, verdict);
        }
        Ok(verdicts)
    })
}

fn table(chosen: &[(usize, &Break)], verdicts: &Verdicts) {
    println!("\nrule  what is broken, and what came of it");
    for (number, one) in chosen {
        println!("{:<5} {}", one.rule, one.what);
        let in_full = verdicts.get(number).map(|verdict| verdict.in_full(one));
        println!("      {}", in_full.unwrap_or_default());
    }
    println!();
}
