//! Which lines and branches of the core its tests run. A line that none runs is named in xtask/cover.toml with its
//! reason, or is a fault; and so is a reason for a line that is run by now, or that is no longer there.

mod lcov;

use std::collections::BTreeMap;
use std::fs;
use std::process::Command;

use anyhow::{Context, Result, bail};
use serde::Deserialize;

use self::lcov::Measured;
use crate::house::House;
use crate::programs::must_pass;
use crate::tools;

/// Where the exceptions are kept.
const LIST: &str = "xtask/cover.toml";

/// Of a hundred branches so many must be taken.
const LEAST_BRANCHES: usize = 95;

/// The tests that take seconds and run next to no line by themselves, by pieces of their names.
const SLOW: [&str; 2] = ["ten_years", "agree"];

/// Lives enough for the properties to use every word of the language.
const LIVES: &str = "30000";

/// Lines that no test runs, and why.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
struct Exception {
    file: String,
    /// One line or several that follow each other, as they stand in the file, but for the indent: once in the file.
    lines: String,
    reason: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct List {
    #[serde(default, rename = "exception")]
    exceptions: Vec<Exception>,
}

/// Quickly: without the properties and what else takes long.
pub(super) fn run(house: &House) -> Result<()> {
    judge(house, &measure(house, true)?)
}

/// With every test of the core.
pub(super) fn whole(house: &House) -> Result<()> {
    judge(house, &measure(house, false)?)
}

fn measure(house: &House, quick: bool) -> Result<String> {
    let report = house.target.join("xtask").join("cover.info");
    let mut test = command(house);
    test.args([
        "--no-report",
        "--branch",
        "-p",
        "prepaid",
        "--test",
        "rules",
        "--test",
        "forms",
        "--test",
        "books",
    ]);
    if quick {
        test.args(["--", "--quiet"]).args(SLOW.map(|name| format!("--skip={name}")));
    } else {
        test.args(["--test", "properties"]).env("PREPAID_LIVES", LIVES);
    }
    // Only what this run reaches: what earlier ones left is dropped, what they built is kept.
    must_pass(command(house).args(["clean", "--profraw-only", "-p", "prepaid"]))?;
    must_pass(&mut test)?;
    must_pass(
        command(house).args(["report", "--branch", "-p", "prepaid", "--lcov", "--output-path"]).arg(&report),
    )?;
    fs::read_to_string(&report).context("cargo-llvm-cov left no report")
}

fn command(house: &House) -> Command {
    let mut command = Command::new(tools::cargo_program(house, "cargo-llvm-cov"));
    command.arg("llvm-cov").current_dir(&house.root);
    command.env("CARGO_TARGET_DIR", house.target.join("xtask").join("cover"));
    command.env("LLVM_COV", "llvm-cov-22").env("LLVM_PROFDATA", "llvm-profdata-22");
    // Branches are counted by unstable means. What is not optimised is counted line by line, and built sooner.
    command.env("RUSTC_BOOTSTRAP", "1").env("CARGO_PROFILE_TEST_OPT_LEVEL", "0");
    command.env("CARGO_PROFILE_DEV_DEBUG", "0").env("CARGO_PROFILE_TEST_DEBUG", "0");
    command
}

fn judge(house: &House, report: &str) -> Result<()> {
    let list: List = match fs::read_to_string(house.root.join(LIST)) {
        Ok(text) => toml::from_str(&text).with_context(|| format!("{LIST} is not as it is written"))?,
        Err(_) => List::default(),
    };
    let mut texts = BTreeMap::new();
    for path in house.files_under("src")? {
        texts.insert(house.name_of(&path), fs::read_to_string(&path)?);
    }
    let root = house.root.to_string_lossy().replace('\\', "/");
    let measured = Measured::read(report, &root);
    if measured.files.is_empty() {
        bail!("the report names no file of the core");
    }
    let (lines, run) = measured.lines();
    let (branches, taken) = measured.branches();
    println!(
        "lines run: {run} of {lines} ({}); branches: {taken} of {branches} ({})",
        share(run, lines),
        share(taken, branches)
    );
    let mut faults = faults(&measured, &texts, &list.exceptions);
    if taken * 100 < branches * LEAST_BRANCHES {
        faults.push(format!("only {taken} of {branches} branches are taken; {LEAST_BRANCHES} % must be"));
    }
    for fault in &faults {
        println!("{fault}");
    }
    if !faults.is_empty() {
        bail!("{} faults in what the tests run", faults.len());
    }
    println!("{} exceptions, each with its reason, in {LIST}", list.exceptions.len());
    Ok(())
}

/// Hundredths of a percent, without a float.
fn share(part: usize, whole: usize) -> String {
    let parts = part * 10_000 / whole.max(1);
    format!("{}.{:02} %", parts / 100, parts % 100)
}

fn faults(measured: &Measured, texts: &BTreeMap<String, String>, exceptions: &[Exception]) -> Vec<String> {
    let mut faults = Vec::new();
    let mut left = measured.not_run();
    for one in exceptions {
        let words = format!("{LIST}: {}: `{}`", one.file, one.lines.trim());
        if one.reason.trim().is_empty() {
            faults.push(format!("{words}: give a reason"));
        }
        let places = texts.get(&one.file).map(|text| places(text, &one.lines)).unwrap_or_default();
        let [(first, last)] = *places else {
            let many = places.len();
            faults.push(format!("{words}: is {many} times in the file; drop it, or give it more lines"));
            continue;
        };
        let lines = left.entry(one.file.clone()).or_default();
        let before = lines.len();
        lines.retain(|number| !(first..=last).contains(number));
        if lines.len() == before {
            faults.push(format!("{words}: is run by now; drop it"));
        }
    }
    for (file, lines) in left {
        let text = texts.get(&file).map_or("", String::as_str);
        faults.extend(lines.iter().map(|number| {
            let line = text.lines().nth(number.saturating_sub(1)).unwrap_or("").trim();
            format!("{file}:{number}: no test runs this line: {line}")
        }));
    }
    faults
}

/// Where the lines stand in the text: the numbers of the first and the last.
fn places(text: &str, wanted: &str) -> Vec<(usize, usize)> {
    let wanted: Vec<&str> = wanted.trim().lines().map(str::trim).collect();
    let there: Vec<&str> = text.lines().map(str::trim).collect();
    let windows = there.windows(wanted.len().max(1)).enumerate();
    windows.filter(|(_, lines)| *lines == wanted).map(|(at, lines)| (at + 1, at + lines.len())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "fn a() {\n    b();\n    c();\n}\nfn d() {\n    c();\n}\n";
    const REPORT: &str =
        "SF:ROOT/src/a.rs\nDA:1,5\nDA:2,1\nDA:3,0\nDA:6,2\nBRDA:2,0,0,1\nBRDA:2,0,1,-\nend_of_record\n";

    fn said(lines: &str, reason: &str) -> String {
        let one = Exception { file: "src/a.rs".into(), lines: lines.into(), reason: reason.into() };
        let texts = [("src/a.rs".to_owned(), TEXT.to_owned())].into();
        faults(&Measured::read(REPORT, "ROOT"), &texts, &[one]).join("\n")
    }

    #[test]
    fn a_line_that_is_not_run_needs_an_exception() {
        assert_eq!(said("b();\nc();", "why"), "");
        assert_eq!(said("\n    b();\n    c();\n", "why"), "");
        assert!(said("fn d() {", "why").contains("src/a.rs:3: no test runs this line: c();"));
    }

    #[test]
    fn an_exception_is_one_place_that_is_not_run_and_has_a_reason() {
        assert!(said("c();", "why").contains("is 2 times in the file"));
        assert!(said("e();", "why").contains("is 0 times in the file"));
        assert!(said("fn d() {", "why").contains("is run by now"));
        assert!(said("b();\nc();", " ").contains("give a reason"));
    }

    #[test]
    fn shares_are_cut_and_not_rounded_up() {
        assert_eq!(share(9_999, 10_000), "99.99 %");
        assert_eq!(share(99_999, 100_000), "99.99 %");
        assert_eq!(share(5, 5), "100.00 %");
    }
}
