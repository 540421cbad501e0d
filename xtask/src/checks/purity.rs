//! The proofs that the core reads no clock, draws no random number and does no input or output.

use std::collections::BTreeSet;
use std::fs;
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::house::House;
use crate::programs::{cargo, must_pass, stdout_of, whole_output};

/// What the core may depend on; not in the allow-list file, so that a new one is a decision and no routine.
const DIRECT: [&str; 5] = ["chrono", "rust_decimal", "serde", "thiserror", "uuid"];

/// Features that bring a clock, randomness or the standard library: refused even if somebody allows them.
const NEVER: [&str; 16] = [
    "std",
    "default",
    "clock",
    "now",
    "iana-time-zone",
    "wasmbind",
    "js",
    "rng",
    "fast-rng",
    "rand",
    "getrandom",
    "v1",
    "v4",
    "v6",
    "v7",
    "random",
];

const ALLOWED: &str = "xtask/purity.allow";

pub(super) fn alone(house: &House) -> Result<()> {
    must_pass(&mut cargo(house, &["check", "-p", "prepaid", "--no-default-features", "--lib"]))
}

/// Asks for the core's packages and features as they are when nobody else widens them, on every platform.
pub(super) fn features(house: &House) -> Result<()> {
    let direct = tree(house, &["--depth", "1"])?;
    let direct: Vec<&str> = direct.iter().filter_map(|line| line.split(':').next()).collect();
    let expected: Vec<&str> = DIRECT.into_iter().collect();
    if direct != expected {
        bail!(
            "the core's direct dependencies must be {}, and are {}",
            expected.join(", "),
            direct.join(", ")
        );
    }
    let found = tree(house, &[])?;
    refuse_the_impure(&found)?;
    let allowed =
        fs::read_to_string(house.root.join(ALLOWED)).with_context(|| format!("cannot read {ALLOWED}"))?;
    let allowed: BTreeSet<String> = allowed
        .lines()
        .map(str::trim)
        .filter(|l| !l.is_empty() && !l.starts_with('#'))
        .map(Into::into)
        .collect();
    for extra in found.difference(&allowed) {
        println!("not allowed: {extra}");
    }
    for missing in allowed.difference(&found) {
        println!("allowed, but no longer so: {missing}");
    }
    if found != allowed {
        bail!("the core's dependencies differ from {ALLOWED}; if the change is meant, put these lines there");
    }
    Ok(())
}

fn refuse_the_impure(found: &BTreeSet<String>) -> Result<()> {
    for line in found {
        let features = line.split_once(':').map_or("", |(_, features)| features);
        if let Some(feature) = features.split(',').map(str::trim).find(|feature| NEVER.contains(feature)) {
            bail!("the core would be built with `{line}`, and `{feature}` may never be on");
        }
    }
    Ok(())
}

/// Lines `package: feature,feature`, without the core itself and without what runs only in the compiler.
fn tree(house: &House, more: &[&str]) -> Result<BTreeSet<String>> {
    let mut command = cargo(house, &["tree", "-p", "prepaid", "--no-default-features", "--target", "all"]);
    command.args(["-e", "normal,no-proc-macro", "--prefix", "none", "--format", "{p}|{f}"]).args(more);
    let printed = stdout_of(&mut command)?;
    Ok(printed
        .lines()
        .filter_map(package_and_features)
        .filter(|line| !line.starts_with("prepaid:"))
        .collect())
}

/// From `uuid v1.29.3|serde (*)` to `uuid: serde`.
fn package_and_features(line: &str) -> Option<String> {
    let (package, features) = line.split_once('|')?;
    let name = package.split(' ').next()?;
    let features = features.trim_end_matches("(*)").trim();
    Some(format!("{name}: {features}").trim_end().to_string())
}

/// Builds and runs a program that has a panic handler of its own. A dependency that brings std has one too,
/// and two do not link.
pub(super) fn link(house: &House) -> Result<()> {
    must_pass(&mut cargo(house, &["run", "--manifest-path", "tests/purity/link/Cargo.toml"]))
}

/// Shows clippy a program of forbidden calls: each line that ends in `// refused` must be.
pub(super) fn calls(house: &House) -> Result<()> {
    let source = fs::read_to_string(house.root.join("tests/purity/calls/src/main.rs"))?;
    let expected: BTreeSet<usize> =
        numbered(&source).filter(|(_, line)| line.ends_with("// refused")).map(|(n, _)| n).collect();
    let mut command = cargo(house, &["clippy", "--manifest-path", "tests/purity/calls/Cargo.toml"]);
    command.args(["--message-format", "short"]).env("CLIPPY_CONF_DIR", &house.root);
    let said = forget_and_run(house, &mut command)?;
    let refused: BTreeSet<usize> = said.lines().filter_map(refused_line).collect();
    for (number, line) in numbered(&source) {
        match (expected.contains(&number), refused.contains(&number)) {
            (true, false) => println!("not refused, but must be: {}", line.trim()),
            (false, true) => println!("refused, but not marked so: {}", line.trim()),
            (true, true) | (false, false) => {}
        }
    }
    if expected.is_empty() || expected != refused {
        println!("{said}");
        bail!("clippy.toml does not refuse what tests/purity/calls/src/main.rs says it must");
    }
    println!("{} forbidden calls, all refused", refused.len());
    Ok(())
}

/// Cargo does not see that clippy.toml changed, so the last answer is thrown away first.
fn forget_and_run(house: &House, command: &mut Command) -> Result<String> {
    let manifest = "tests/purity/calls/Cargo.toml";
    whole_output(&mut cargo(house, &["clean", "--manifest-path", manifest, "-p", "purity-calls"]))?;
    let output = whole_output(command)?;
    Ok(String::from_utf8_lossy(&output.stderr).into_owned())
}

fn numbered(source: &str) -> impl Iterator<Item = (usize, &str)> {
    source.lines().enumerate().map(|(index, line)| (index + 1, line))
}

/// From `tests/.../main.rs:12:5: error: use of a disallowed method ...` to 12.
fn refused_line(said: &str) -> Option<usize> {
    let (place, message) = said.split_once(": error")?;
    if !message.contains("disallowed method") {
        return None;
    }
    place.split(':').nth_back(1)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tree_line_becomes_package_and_features() {
        assert_eq!(package_and_features("uuid v1.29.3|serde (*)"), Some("uuid: serde".into()));
        assert_eq!(package_and_features("chrono v0.4.45|"), Some("chrono:".into()));
        assert_eq!(package_and_features(""), None);
    }

    #[test]
    fn an_impure_feature_is_refused_even_if_allowed() {
        let lines = |line: &str| BTreeSet::from([line.to_string()]);
        assert!(refuse_the_impure(&lines("chrono: alloc,clock")).is_err());
        assert!(refuse_the_impure(&lines("serde: alloc,derive")).is_ok());
    }

    #[test]
    fn the_refused_line_is_read_from_a_short_message() {
        let said = "src/main.rs:12:5: error: use of a disallowed method `std::env::var`";
        assert_eq!(refused_line(said), Some(12));
        assert_eq!(refused_line("src/main.rs:12:5: error: something else"), None);
    }
}
