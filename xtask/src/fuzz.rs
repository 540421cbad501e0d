//! Coverage-guided fuzzing: the programs of `fuzz/`, built with libFuzzer's coverage on the usual toolchain, two at a
//! time, from a corpus that is part of the tree.

mod corpus;
mod watch;

use std::collections::VecDeque;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Mutex, PoisonError};
use std::thread;

use anyhow::{Context, Result, bail};

use crate::house::House;
use crate::programs::{cargo, must_pass};

/// A program of `fuzz/src/bin`.
pub(crate) struct Target {
    /// Its name.
    pub(crate) name: &'static str,
    /// What it is fed.
    pub(crate) what: &'static str,
    /// How often it runs on demand: 20 million in all, 10 million of them sequences of commands.
    pub(crate) runs: u64,
    /// No input is longer.
    longest: u32,
    /// Whether it reads text, for which there is a dictionary.
    is_text: bool,
}

#[rustfmt::skip]
pub(crate) static TARGETS: [Target; 6] = [
    Target { name: "commands", what: "sequences of commands, drawn as the properties draw them", runs: 3_000_000, longest: 301, is_text: false },
    Target { name: "commands_raw", what: "sequences of commands, every field drawn freely", runs: 7_000_000, longest: 1922, is_text: false },
    Target { name: "scripts", what: "scripts, read by the command line's reader, and played", runs: 2_000_000, longest: 8192, is_text: true },
    Target { name: "logs", what: "stored batches, replayed, and steps after them", runs: 3_500_000, longest: 8192, is_text: true },
    Target { name: "snapshots", what: "stored states, and steps after them", runs: 4_000_000, longest: 4096, is_text: true },
    Target { name: "policies", what: "policies and price lists, and lives under them", runs: 500_000, longest: 2048, is_text: true },
];

/// Two cores are what the smallest machines have.
const JOBS: usize = 2;

/// How long the check fuzzes, over all targets.
const SECONDS: u64 = 60;

/// What makes rustc call libFuzzer: an LLVM pass that stable rustc has, too.
const COVERAGE: [&str; 6] = [
    "-Cpasses=sancov-module",
    "-Cllvm-args=-sanitizer-coverage-level=4",
    "-Cllvm-args=-sanitizer-coverage-inline-8bit-counters",
    "-Cllvm-args=-sanitizer-coverage-pc-table",
    "-Cllvm-args=-sanitizer-coverage-trace-compares",
    "--cfg fuzzing",
];

/// When a run ends by itself.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Until {
    Runs(u64),
    Seconds(u64),
}

impl Until {
    /// The folder of what is found: a check begins anew, a long run goes on from where others have come.
    const fn finds(self) -> &'static str {
        match self {
            Self::Runs(_) => "found",
            Self::Seconds(_) => "found-by-check",
        }
    }
}

/// The target triple, where libFuzzer's coverage works with what rustc brings.
pub(crate) fn triple() -> Option<&'static str> {
    match (std::env::consts::OS, std::env::consts::ARCH) {
        ("linux", "x86_64") => Some("x86_64-unknown-linux-gnu"),
        ("linux", "aarch64") => Some("aarch64-unknown-linux-gnu"),
        _ => None,
    }
}

/// The check: every input of the corpus, and a minute of new ones.
pub(crate) fn check(house: &House) -> Result<()> {
    must_pass(&mut instrumented(house, &["clippy", "--all-targets"], &["--", "-D", "warnings"])?)?;
    let targets = u64::try_from(TARGETS.len())?;
    let each = (SECONDS * u64::try_from(JOBS)?).div_ceil(targets);
    run(house, TARGETS.iter().map(|target| (target, Until::Seconds(each))))
}

/// Runs them, two at a time, each from the corpus and what earlier runs have found; every crash is named.
pub(crate) fn run<'a>(house: &House, jobs: impl Iterator<Item = (&'a Target, Until)>) -> Result<()> {
    let programs = build(house)?;
    let waiting: Mutex<VecDeque<(&Target, Until)>> = Mutex::new(jobs.collect());
    let ended = Mutex::new(Vec::new());
    let next = || waiting.lock().unwrap_or_else(PoisonError::into_inner).pop_front();
    let work = || {
        while let Some((target, until)) = next() {
            let end = run_one(house, &programs, target, until);
            ended.lock().unwrap_or_else(PoisonError::into_inner).push((target.name, end));
        }
    };
    thread::scope(|scope| (0..JOBS).for_each(|_| drop(scope.spawn(work))));
    let ended = ended.into_inner().unwrap_or_else(PoisonError::into_inner);
    println!();
    let (mut faults, figures_kept) =
        (Vec::new(), house.target.join("xtask").join("fuzz").join("figures.txt"));
    let mut kept = fs::OpenOptions::new().create(true).append(true).open(figures_kept)?;
    for (name, end) in ended {
        match end {
            Ok(figures) => {
                println!("{name:<14} {figures}");
                writeln!(kept, "{name:<14} {figures}")?;
            }
            Err(error) => faults.push(format!("{name}: {error:#}")),
        }
    }
    if !faults.is_empty() {
        bail!("{}", faults.join("\n"));
    }
    Ok(())
}

fn run_one(house: &House, programs: &Path, target: &Target, until: Until) -> Result<watch::Figures> {
    let place = place(house, target);
    let (corpus, scratch) = (place.join("corpus"), place.join("scratch"));
    let found = place.join(until.finds());
    forget(&corpus)?;
    if matches!(until, Until::Seconds(_)) {
        forget(&found)?;
    }
    corpus::unpack(&packed(house, target), &corpus)?;
    fs::create_dir_all(&found)?;
    fs::create_dir_all(&scratch)?;
    let mut program = program(house, programs, target);
    program.arg(match until {
        Until::Runs(runs) => format!("-runs={runs}"),
        Until::Seconds(seconds) => format!("-max_total_time={seconds}"),
    });
    program.args(["-print_final_stats=1", "-timeout=60", "-rss_limit_mb=2048"]);
    program.arg(format!("-artifact_prefix={}/", place.display())).arg(&found).arg(&corpus);
    let watched = watch::until_it_ends(target.name, &mut program, &place.join("log"));
    forget(&scratch)?;
    let watched = watched?;
    let Some((artifact, said)) = watched.fault else { return Ok(watched.figures) };
    let (program, artifact) = (programs.join(target.name), Path::new(&artifact));
    bail!("{said}\n  repeat it with: PREPAID_TELL=1 {} {}", house.name_of(&program), house.name_of(artifact))
}

/// Brings what was found back into the tree: as few inputs as reach all that is reached, the shortest there are.
pub(crate) fn merge(house: &House, target: &Target) -> Result<()> {
    let programs = build(house)?;
    let place = place(house, target);
    let (corpus, found, merged) = (place.join("corpus"), place.join("found"), place.join("merged"));
    let scratch = place.join("scratch");
    forget(&corpus)?;
    forget(&merged)?;
    corpus::unpack(&packed(house, target), &corpus)?;
    for folder in [&found, &merged, &scratch] {
        fs::create_dir_all(folder)?;
    }
    let mut program = program(house, &programs, target);
    // By edges, not by how often each is taken: that would keep thousands.
    program.args(["-set_cover_merge=1", "-use_counters=0"]).arg(&merged).arg(&corpus).arg(&found);
    watch::quietly(&mut program, &place.join("log"))?;
    forget(&scratch)?;
    let kept = corpus::pack(&merged, &packed(house, target))?;
    println!("{}: {kept}", target.name);
    Ok(())
}

fn program(house: &House, programs: &Path, target: &Target) -> Command {
    let mut program = Command::new(programs.join(target.name));
    program.current_dir(&house.root).env("TMPDIR", place(house, target).join("scratch"));
    program.arg(format!("-max_len={}", target.longest));
    if target.is_text {
        program.arg("-dict=fuzz/json.dict");
    }
    program
}

/// Builds the programs and gives their folder.
fn build(house: &House) -> Result<PathBuf> {
    let mut build = instrumented(house, &["build"], &[])?;
    must_pass(&mut build)?;
    let triple = triple().context("this is no platform for libFuzzer")?;
    Ok(house.target.join(triple).join("release"))
}

fn instrumented(house: &House, verb: &[&str], rest: &[&str]) -> Result<Command> {
    let triple = triple().context("this is no platform for libFuzzer")?;
    let mut command = cargo(house, verb);
    command
        .args(["--manifest-path", "fuzz/Cargo.toml", "--locked", "--release", "--target", triple])
        .args(rest);
    command.env("RUSTFLAGS", COVERAGE.join(" ")).env_remove("CARGO_ENCODED_RUSTFLAGS");
    Ok(command)
}

fn place(house: &House, target: &Target) -> PathBuf {
    house.target.join("xtask").join("fuzz").join(target.name)
}

fn packed(house: &House, target: &Target) -> PathBuf {
    house.root.join("fuzz").join("corpus").join(format!("{}.txt", target.name))
}

fn forget(folder: &Path) -> Result<()> {
    if folder.is_dir() {
        fs::remove_dir_all(folder).with_context(|| format!("cannot remove {}", folder.display()))?;
    }
    Ok(())
}
