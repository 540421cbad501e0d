//! The second model, in Quint: its invariants, and the traces that the core is replayed against.

mod convert;
mod count;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail, ensure};
use serde_json::Value;

use self::count::Counts;
use crate::house::House;
use crate::programs::{answers, cargo, must_pass};

/// The committed traces are those of this number and this seed.
const TRACES: u64 = 1_000;
const SEED: &str = "20250101";
const STEPS: &str = "20";

pub(super) fn run(house: &House, words: &[String]) -> Result<()> {
    let traces = super::number(words, TRACES)?;
    let quint = install(house)?;
    let made = house.target.join("xtask/quint/itf");
    if made.is_dir() {
        fs::remove_dir_all(&made).with_context(|| format!("cannot empty {}", made.display()))?;
    }
    fs::create_dir_all(&made).with_context(|| format!("cannot make {}", made.display()))?;
    let number = traces.to_string();
    let mut simulate = Command::new("node");
    simulate.arg(quint).args(["run", "--backend=typescript", "--verbosity=1", "--invariant=holds_always"]);
    simulate.args(["--seed", SEED, "--max-samples", &number, "--n-traces", &number, "--max-steps", STEPS]);
    simulate.arg("--out-itf").arg(made.join("{seq}.json"));
    must_pass(simulate.arg("tests/quint/prepaid.qnt").current_dir(&house.root))?;
    let (lines, counts) = convert_all(&made, traces)?;
    println!("{}", counts.table());
    // Another number is for looking further; what is committed is always the same, and complete.
    let folder = if traces == TRACES {
        counts.must_be_complete()?;
        house.root.join("tests/quint/traces")
    } else {
        made
    };
    write(&folder, &lines, &counts)?;
    let mut replay = cargo(house, &["test", "-p", "prepaid", "--test", "quint"]);
    must_pass(replay.env("PREPAID_WALKS", folder.join("traces.jsonl")))
}

/// Installs what `tests/quint/package.json` names below the target directory, and gives the program's place.
fn install(house: &House) -> Result<PathBuf> {
    ensure!(
        answers("node", &["--version"]),
        "Quint runs on Node, and `node` does not answer: install Node 20 or later"
    );
    ensure!(answers("npm", &["--version"]), "Quint is installed by npm, and `npm` does not answer");
    let folder = house.target.join("xtask/quint");
    fs::create_dir_all(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
    for name in ["package.json", "package-lock.json"] {
        let from = house.root.join("tests/quint").join(name);
        fs::copy(&from, folder.join(name)).with_context(|| format!("cannot copy {}", from.display()))?;
    }
    let mut npm = Command::new("npm");
    npm.args(["ci", "--ignore-scripts", "--no-audit", "--no-fund"]);
    must_pass(npm.current_dir(&folder))?;
    let program = folder.join("node_modules/@informalsystems/quint/dist/src/cli.js");
    ensure!(program.is_file(), "npm did not install {}", program.display());
    Ok(program)
}

/// Every trace as a line, in the order of their numbers.
fn convert_all(made: &Path, traces: u64) -> Result<(String, Counts)> {
    let mut lines = String::new();
    let mut counts = Counts::default();
    for number in 0..traces {
        let path = made.join(format!("{number}.json"));
        let text = fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
        let trace: Value = serde_json::from_str(&text).with_context(|| format!("in {}", path.display()))?;
        let steps = convert::steps(&trace).with_context(|| format!("in {}", path.display()))?;
        for step in &steps {
            counts.add(step);
        }
        lines.push_str(&serde_json::to_string(&steps)?);
        lines.push('\n');
    }
    if lines.is_empty() {
        bail!("there are no traces");
    }
    Ok((lines, counts))
}

fn write(folder: &Path, lines: &str, counts: &Counts) -> Result<()> {
    fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
    for (name, text) in [("traces.jsonl", lines), ("counts.md", &counts.table())] {
        let path = folder.join(name);
        fs::write(&path, text).with_context(|| format!("cannot write {}", path.display()))?;
        println!("wrote {} ({} bytes)", path.display(), text.len());
    }
    Ok(())
}
