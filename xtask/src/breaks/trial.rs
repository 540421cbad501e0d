//! Runs the tests that must notice a break, and says what came of it.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use super::build::{self, Programs};
use super::change::{self, Break, Proof, RULES};
use super::copy::Copy;
use super::switch;

/// A broken rule may make a test run for ever; that is noticing it too.
const PATIENCE: Duration = Duration::from_secs(60);

/// Ten years take half a minute in a build that is not optimised, and what they would notice shorter tests notice.
const SLOW: &str = "ten_busy_years";

/// Once a test has failed, others that go on tell nothing new; some would fill the memory until their time is up.
const SHORT_PATIENCE: Duration = Duration::from_secs(10);

/// How long all tests may take with nothing broken.
const LONG_PATIENCE: Duration = Duration::from_secs(1800);

/// What came of one break. Only the first is good.
#[derive(Debug)]
pub(super) enum Verdict {
    Noticed { by: Vec<String>, also: Vec<String> },
    NobodyNoticed { proof: Proof, passed: usize },
    DoesNotFit(String),
    DoesNotCompile(String),
    NoSuchTest(Proof),
    FailsUnbroken(Vec<String>),
}

impl Verdict {
    pub(super) fn is_noticed(&self) -> bool {
        matches!(self, Self::Noticed { .. })
    }

    pub(super) fn in_short(&self) -> String {
        match self {
            Self::Noticed { by, also } if also.is_empty() => format!("noticed by {}", by.len()),
            Self::Noticed { by, also } => format!("noticed by {}, also by {}", by.len(), also.len()),
            Self::NobodyNoticed { .. } => "NOBODY NOTICED".into(),
            Self::DoesNotFit(_) => "DOES NOT FIT".into(),
            Self::DoesNotCompile(_) => "DOES NOT COMPILE".into(),
            Self::NoSuchTest(_) => "NO SUCH TEST".into(),
            Self::FailsUnbroken(_) => "FAILS UNBROKEN".into(),
        }
    }

    pub(super) fn in_full(&self, one: &Break) -> String {
        let place = format!("{}/{}.toml", change::FOLDER, one.name);
        match self {
            Self::Noticed { by, also } if also.is_empty() => format!("noticed by {}", by.join(", ")),
            Self::Noticed { by, also } => {
                format!("noticed by {}; also by {}", by.join(", "), also.join(", "))
            }
            Self::NobodyNoticed { proof: Proof { target, names }, passed } => format!(
                "NOBODY NOTICED: {passed} tests of `{target}` named {} pass all the same ({place}): write one that fails",
                names.join(", ")
            ),
            Self::DoesNotFit(why) => format!("DOES NOT FIT: {place}: {why}"),
            Self::DoesNotCompile(said) => format!("DOES NOT COMPILE: {place}:\n{said}"),
            Self::NoSuchTest(Proof { target, names }) => {
                format!("NO SUCH TEST: no test of `{target}` is named {} ({place})", names.join(", "))
            }
            Self::FailsUnbroken(names) => format!("FAILS UNBROKEN: {} ({place})", names.join(", ")),
        }
    }
}

/// How the tests end with nothing broken, by their program.
pub(super) type Sound = BTreeMap<String, Run>;

/// Runs, once, all tests that somebody is to be judged by.
pub(super) fn sound(copy: &Copy, programs: &Programs, proofs: &[Proof]) -> Result<Sound> {
    let mut sound = Sound::new();
    for (target, program) in programs {
        let names = proofs.iter().filter(|proof| proof.target == *target).flat_map(|proof| &proof.names);
        let names: BTreeSet<String> = names.cloned().collect();
        if !names.is_empty() {
            let names: Vec<String> = names.into_iter().collect();
            let run = run(copy, 0, program, &names, 0, LONG_PATIENCE)?;
            if let Some(end) = run.failed.iter().find(|test| test.starts_with('(')) {
                bail!("with nothing broken the tests of `{target}` do not come to their end: {end}");
            }
            sound.insert(target.clone(), run);
        }
    }
    Ok(sound)
}

/// Tries the break of this number, which is behind the switch of these programs.
pub(super) fn judge(
    (copy, job): (&Copy, usize),
    programs: &Programs,
    sound: &Sound,
    (number, one): (usize, &Break),
) -> Result<Verdict> {
    let (mut by, mut also) = (Vec::new(), Vec::new());
    for proof in one.proofs() {
        let before = sound.get(&proof.target).context("a test was not run with nothing broken")?;
        let failed: Vec<String> = before.failed.iter().filter(|test| proof.means(test)).cloned().collect();
        if !failed.is_empty() {
            return Ok(Verdict::FailsUnbroken(failed));
        }
        if !before.passed.iter().any(|test| proof.means(test)) {
            return Ok(Verdict::NoSuchTest(proof));
        }
        let program = programs.get(&proof.target).context("a test was not built")?;
        let mut after = run(copy, job, program, &proof.names, number, PATIENCE)?;
        if proof.target != RULES {
            // An example that hangs has noticed; a search that is slow has noticed nothing.
            after.failed.retain(|test| !test.starts_with('('));
        }
        if after.failed.is_empty() {
            return Ok(Verdict::NobodyNoticed { proof, passed: after.passed.len() });
        }
        if proof.target == RULES {
            by.extend(after.failed);
        } else {
            also.extend(after.failed.iter().map(|test| format!("{}::{test}", proof.target)));
        }
    }
    Ok(Verdict::Noticed { by, also })
}

/// Tries one break in a build of its own.
pub(super) fn judge_alone(copy: &Copy, sound: &Sound, one: &Break) -> Result<Verdict> {
    let file = copy.house.root.join(&one.file);
    let text = fs::read_to_string(&file).with_context(|| format!("{} changes {}", one.name, one.file))?;
    let mut broken = text.clone();
    match one.place(&text) {
        Ok((at, instead)) => broken.replace_range(at, instead),
        Err(why) => return Ok(Verdict::DoesNotFit(why)),
    }
    let tests = one.proofs().into_iter().map(|proof| proof.target).collect();
    fs::write(&file, broken)?;
    let built = build::build(copy, &tests);
    fs::write(&file, text)?;
    match built? {
        Ok(programs) => judge((copy, 0), &programs, sound, (0, one)),
        Err(faults) => {
            let said = faults.iter().flat_map(|fault| fault.said.lines()).take(25);
            Ok(Verdict::DoesNotCompile(
                said.map(|line| format!("        {line}")).collect::<Vec<_>>().join("\n"),
            ))
        }
    }
}

/// How the chosen tests ended.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Run {
    passed: Vec<String>,
    failed: Vec<String>,
}

fn run(
    copy: &Copy,
    job: usize,
    program: &Path,
    names: &[String],
    which: usize,
    patience: Duration,
) -> Result<Run> {
    let place = copy.output(job);
    let mut child = Command::new(program)
        .args(names)
        .args(["--skip", SLOW])
        .current_dir(&copy.house.root)
        .env("CARGO_MANIFEST_DIR", &copy.house.root)
        .env(switch::VARIABLE, which.to_string())
        // Nobody reads it, and it takes longer than the test.
        .env("RUST_BACKTRACE", "0")
        .stdin(Stdio::null())
        .stdout(File::create(&place)?)
        .stderr(Stdio::null())
        .spawn()
        .with_context(|| format!("cannot start {}", program.display()))?;
    let started = Instant::now();
    let status = loop {
        if let Some(status) = child.try_wait()? {
            break Some(status);
        }
        let waited = started.elapsed();
        if waited > patience || waited > SHORT_PATIENCE && !read(&printed(&place)?).failed.is_empty() {
            child.kill()?;
            child.wait()?;
            break None;
        }
        std::thread::sleep(Duration::from_millis(5));
    };
    let (mut run, waited) = (read(&printed(&place)?), started.elapsed().as_secs());
    match status {
        None => run.failed.push(format!("(still running after {waited} s)")),
        Some(status) if !status.success() && run.failed.is_empty() => run.failed.push(format!("({status})")),
        Some(status) if status.success() && !run.failed.is_empty() => {
            bail!("the tests named {} said they failed and ended well", names.join(", "))
        }
        Some(_) => {}
    }
    Ok(run)
}

fn printed(output: &Path) -> Result<String> {
    Ok(String::from_utf8_lossy(&fs::read(output)?).into_owned())
}

/// Reads what the test program printed: `test a::b ... ok`, `test a::b ... FAILED`.
fn read(printed: &str) -> Run {
    let mut run = Run::default();
    for line in printed.lines().filter_map(|line| line.strip_prefix("test ")) {
        let ended =
            line.rsplit_once(" ... ").map(|(name, end)| (name.trim_end_matches(" - should panic"), end));
        match ended {
            Some((name, "ok")) => run.passed.push(name.into()),
            Some((name, "FAILED")) => run.failed.push(name.into()),
            _ => {}
        }
    }
    run
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_test_program_prints_is_read() {
        let printed =
            "running 2 tests\ntest e::e1_a ... ok\ntest e::e1_b - should panic ... FAILED\n\nfailures:\n";
        assert_eq!(read(printed), Run { passed: vec!["e::e1_a".into()], failed: vec!["e::e1_b".into()] });
    }
}
