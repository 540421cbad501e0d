//! Builds the tests of a copy, runs those of one rule, and says what came of it.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use serde_json::Value;

use super::change::{self, Break};
use super::chapters::Chapters;
use super::copy::Copy;
use crate::programs::{cargo, whole_output};

/// The integration test whose functions are named after the rules. It holds no generated tests: those would take
/// most of the time, and a rule must be proved by an example anyway.
const TESTS: &str = "rules";

/// Where they lie.
pub(super) const FOLDER: &str = "tests/rules";

/// A broken rule may make a test run for ever; that is noticing it too.
const PATIENCE: Duration = Duration::from_secs(60);

/// What came of one break. Only the first is good.
#[derive(Debug)]
pub(super) enum Verdict {
    Noticed(Vec<String>),
    NobodyNoticed { passed: usize },
    DoesNotFit(String),
    DoesNotCompile(String),
    NoSuchTest,
    FailsUnbroken(Vec<String>),
}

impl Verdict {
    pub(super) fn is_noticed(&self) -> bool {
        matches!(self, Self::Noticed(_))
    }

    pub(super) fn in_short(&self) -> String {
        match self {
            Self::Noticed(by) => format!("noticed by {}", by.len()),
            Self::NobodyNoticed { .. } => "NOBODY NOTICED".into(),
            Self::DoesNotFit(_) => "DOES NOT FIT".into(),
            Self::DoesNotCompile(_) => "DOES NOT COMPILE".into(),
            Self::NoSuchTest => "NO SUCH TEST".into(),
            Self::FailsUnbroken(_) => "FAILS UNBROKEN".into(),
        }
    }

    pub(super) fn in_full(&self, one: &Break) -> String {
        let (place, filters) = (format!("{}/{}.toml", change::FOLDER, one.name), one.tests.join(", "));
        match self {
            Self::Noticed(by) => format!("noticed by {}", by.join(", ")),
            Self::NobodyNoticed { passed } => {
                format!(
                    "NOBODY NOTICED: {passed} tests named {filters} pass all the same ({place}): write one that fails"
                )
            }
            Self::DoesNotFit(why) => format!("DOES NOT FIT: {place}: {why}"),
            Self::DoesNotCompile(said) => format!("DOES NOT COMPILE: {place}:\n{said}"),
            Self::NoSuchTest => format!("NO SUCH TEST: no test of `{TESTS}` is named {filters} ({place})"),
            Self::FailsUnbroken(names) => format!("FAILS UNBROKEN: {} ({place})", names.join(", ")),
        }
    }
}

/// Tries one break: the tests of its rule pass without it, and one of them fails with it.
pub(super) fn judge(copy: &Copy, sound: &Path, chapters: &Chapters, one: &Break) -> Result<Verdict> {
    let before = run(copy, sound, &one.tests)?;
    if !before.failed.is_empty() {
        return Ok(Verdict::FailsUnbroken(before.failed));
    }
    if before.passed == 0 {
        return Ok(Verdict::NoSuchTest);
    }
    let file = copy.house.root.join(&one.file);
    let text = fs::read_to_string(&file).with_context(|| format!("{} changes {}", one.name, one.file))?;
    let broken = match change::broken(one, &text) {
        Ok(broken) => broken,
        Err(why) => return Ok(Verdict::DoesNotFit(why)),
    };
    copy.write(&format!("{FOLDER}/main.rs"), chapters.only(&one.tests).as_bytes())?;
    fs::write(&file, broken)?;
    let built = build(copy);
    fs::write(&file, text)?;
    let program = match built? {
        Ok(program) => program,
        Err(said) => return Ok(Verdict::DoesNotCompile(said)),
    };
    let after = run(copy, &program, &one.tests)?;
    if after.failed.is_empty() {
        return Ok(Verdict::NobodyNoticed { passed: after.passed });
    }
    Ok(Verdict::Noticed(after.failed))
}

/// Builds the tests as cheaply as can be. The inner error is what the compiler said.
pub(super) fn build(copy: &Copy) -> Result<Result<PathBuf, String>> {
    let mut command = cargo(&copy.house, &["test", "-p", "prepaid", "--test", TESTS, "--no-run"]);
    command.args(["--message-format", "json-render-diagnostics"]);
    command.env("CARGO_PROFILE_DEV_DEBUG", "0").env("CARGO_INCREMENTAL", "1");
    // The tests of one rule run in no time anyway; that they are built soon is what counts.
    command.env("CARGO_PROFILE_TEST_OPT_LEVEL", "0");
    let output = whole_output(&mut command)?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        let errors = said.lines().skip_while(|line| !line.starts_with("error")).take(25);
        return Ok(Err(errors.map(|line| format!("        {line}")).collect::<Vec<_>>().join("\n")));
    }
    let printed = String::from_utf8_lossy(&output.stdout);
    let program =
        printed.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok()).find_map(|message| {
            let ours = message.pointer("/target/name").is_some_and(|name| name == TESTS);
            message.pointer("/executable")?.as_str().filter(|_| ours).map(PathBuf::from)
        });
    Ok(Ok(program.context("cargo built the tests and did not say where")?))
}

/// How the chosen tests ended.
#[derive(Debug, Default, PartialEq, Eq)]
struct Run {
    passed: usize,
    failed: Vec<String>,
}

fn run(copy: &Copy, program: &Path, filters: &[String]) -> Result<Run> {
    let place = copy.output();
    let mut child = Command::new(program)
        .args(filters)
        .current_dir(&copy.house.root)
        .env("CARGO_MANIFEST_DIR", &copy.house.root)
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
        if started.elapsed() > PATIENCE {
            child.kill()?;
            child.wait()?;
            break None;
        }
        std::thread::sleep(Duration::from_millis(5));
    };
    let printed = String::from_utf8_lossy(&fs::read(&place)?).into_owned();
    let mut run = read(&printed);
    match status {
        None => run.failed.push(format!("(still running after {} s)", PATIENCE.as_secs())),
        Some(status) if !status.success() && run.failed.is_empty() => run.failed.push(format!("({status})")),
        Some(status) if status.success() && !run.failed.is_empty() => {
            bail!("the tests named {} said they failed and ended well", filters.join(", "))
        }
        Some(_) => {}
    }
    Ok(run)
}

/// Reads what the test program printed: `test a::b ... ok`, `test a::b ... FAILED`.
fn read(printed: &str) -> Run {
    let mut run = Run::default();
    for line in printed.lines().filter_map(|line| line.strip_prefix("test ")) {
        match line.rsplit_once(" ... ") {
            Some((_, "ok")) => run.passed += 1,
            Some((name, "FAILED")) => run.failed.push(name.trim_end_matches(" - should panic").into()),
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
        assert_eq!(read(printed), Run { passed: 1, failed: vec!["e::e1_b".into()] });
    }
}
