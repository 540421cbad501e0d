//! Every golden file and every example, against the JSON Schema that `prepaid schema` prints. The judge is
//! Python's `jsonschema`, so that our own reader does not judge itself.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};
use serde_json::{Value, json};

use super::examples;
use crate::house::{House, ends_with};
use crate::programs::{cargo, stdout_of};
use crate::tools::program;

/// Which files are of which kind: the name in the schema's `$defs`, the folder, the ending. This is the one place
/// that knows the layout. Every row must find a file; every `.json` under `GUARDED` must be in a row.
const LAYOUT: [(&str, &str, &str); 7] = [
    ("command", "tests/golden/command", ".json"),
    ("event", "tests/golden/event", ".json"),
    ("rejection", "tests/golden/rejection", ".json"),
    ("snapshot", "tests/golden/snapshot-3", ".json"),
    ("policy", "tests/golden/policy", ".json"),
    ("price_list", "tests/golden/prices", ".json"),
    ("price_list", "examples/prices", ".toml"),
];

/// Files that need not be there, but are judged if they are.
const OPTIONAL: [(&str, &str, &str); 2] =
    [("policy", "examples", "policy.json"), ("price_list", "examples", "prices.json")];

/// Files in forms of the past, kept to show that they are still refused or read: the schema describes the current forms,
/// so they are not judged. Snapshots of formats 1 and 2 are such: they are caches, and dropped.
const FROZEN: [&str; 2] = ["tests/golden/snapshot", "tests/golden/snapshot-2"];

const GUARDED: [&str; 2] = ["tests/golden", "examples"];

const SCRIPT_LINE: &str = "script_line";

/// Files of which every line is of one kind, by their folder.
const LINES: [(&str, &str); 1] = [("customer", "examples/customers")];

const JUDGE: &str = include_str!("judge.py");

/// One value to be judged: where it stands, what it should be.
type Case = (String, &'static str, Value);

pub(super) fn run(house: &House) -> Result<()> {
    let mut print = cargo(house, &["run", "--quiet", "--release", "-p", "prepaid-cli", "--", "schema"]);
    let schema: Value =
        serde_json::from_str(&stdout_of(&mut print)?).context("`prepaid schema` printed no JSON")?;
    let (mut cases, mut faults) = (Vec::new(), Vec::new());
    for (kind, folder, ending) in LAYOUT {
        let before = cases.len();
        collect(house, kind, folder, ending, &mut cases)?;
        if cases.len() == before {
            faults.push(format!("no file of kind {kind} under {folder}"));
        }
    }
    for (kind, folder, ending) in OPTIONAL {
        collect(house, kind, folder, ending, &mut cases)?;
    }
    faults.extend(without_kind(house)?);
    let before = cases.len();
    collect_script_lines(house, &mut cases)?;
    if cases.len() == before {
        faults.push("no script line under examples".into());
    }
    for (kind, folder) in LINES {
        let before = cases.len();
        collect_lines(house, kind, folder, &mut cases)?;
        if cases.len() == before {
            faults.push(format!("no line of kind {kind} under {folder}"));
        }
    }
    faults.extend(judged(house, &schema, &cases)?);
    for fault in &faults {
        println!("{fault}");
    }
    summary(&cases);
    if !faults.is_empty() {
        bail!("{} faults against the schema", faults.len());
    }
    Ok(())
}

fn collect(
    house: &House,
    kind: &'static str,
    folder: &str,
    ending: &str,
    cases: &mut Vec<Case>,
) -> Result<()> {
    for path in house.files_under(folder)?.iter().filter(|path| ends_with(path, ending)) {
        let text = fs::read_to_string(path)?;
        let name = house.name_of(path);
        let value = if ends_with(path, ".toml") {
            toml::from_str(&text).with_context(|| format!("{name} is no TOML"))?
        } else {
            serde_json::from_str(&text).with_context(|| format!("{name} is no JSON"))?
        };
        cases.push((name, kind, value));
    }
    Ok(())
}

fn collect_lines(house: &House, kind: &'static str, folder: &str, cases: &mut Vec<Case>) -> Result<()> {
    for path in house.files_under(folder)?.iter().filter(|path| ends_with(path, ".jsonl")) {
        let text = fs::read_to_string(path)?;
        for (index, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
            let name = format!("{}:{}", house.name_of(path), index + 1);
            let value = serde_json::from_str(line).with_context(|| format!("{name} is no JSON"))?;
            cases.push((name, kind, value));
        }
    }
    Ok(())
}

/// Each line whole, and the command in it once more against the command's own definition.
fn collect_script_lines(house: &House, cases: &mut Vec<Case>) -> Result<()> {
    for script in examples::scripts(house)? {
        let text = fs::read_to_string(&script)?;
        for (index, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
            let name = format!("{}:{}", house.name_of(&script), index + 1);
            let value: Value = serde_json::from_str(line).with_context(|| format!("{name} is no JSON"))?;
            if let Some(command) = value.get("command") {
                cases.push((name.clone(), "command", command.clone()));
            }
            cases.push((name, SCRIPT_LINE, value));
        }
    }
    Ok(())
}

/// JSON files that no row of the layout speaks of: somebody forgot to say what they are.
fn without_kind(house: &House) -> Result<Vec<String>> {
    let rows: Vec<_> = LAYOUT.into_iter().chain(OPTIONAL).collect();
    let known = |path: &Path| {
        FROZEN.iter().any(|folder| path.starts_with(house.root.join(folder)))
            || rows.iter().any(|(_, folder, ending)| {
                path.starts_with(house.root.join(folder)) && ends_with(path, ending)
            })
    };
    let mut found = Vec::new();
    for folder in GUARDED {
        let files = house.files_under(folder)?;
        let strays = files.iter().filter(|path| ends_with(path, ".json") && !known(path));
        found.extend(
            strays.map(|path| format!("{}: no kind is known for it (xtask, LAYOUT)", house.name_of(path))),
        );
    }
    Ok(found)
}

/// What the judge has to say, a line a fault.
fn judged(house: &House, schema: &Value, cases: &[Case]) -> Result<Vec<String>> {
    let question = json!({ "schema": schema, "cases": cases });
    let mut judge = Command::new(program(house, "python"))
        .args(["-c", JUDGE])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .context("cannot start the judge (python)")?;
    let mut ear = judge.stdin.take().context("the judge has no standard input")?;
    ear.write_all(question.to_string().as_bytes())?;
    drop(ear);
    let answer = judge.wait_with_output()?;
    let said = String::from_utf8_lossy(&answer.stdout).into_owned();
    if !answer.status.success() {
        bail!("the judge did not reach a verdict ({})\n{said}", answer.status);
    }
    Ok(said.lines().map(String::from).collect())
}

fn summary(cases: &[Case]) {
    let mut counts = BTreeMap::new();
    for (_, kind, _) in cases {
        *counts.entry(*kind).or_insert(0_usize) += 1;
    }
    for (kind, count) in counts {
        println!("{kind}: {count} judged");
    }
}
