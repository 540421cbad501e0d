//! What cargo itself can tell.

use anyhow::{Context, Result};

use crate::house::House;
use crate::programs::{cargo, must_all_pass, must_pass};

/// Every package that is no member of the workspace is named by its manifest here, or nobody would format it.
const APART: [&str; 4] = [
    "tests/purity/link/Cargo.toml",
    "tests/purity/calls/Cargo.toml",
    "tests/stateright/Cargo.toml",
    "fuzz/Cargo.toml",
];

pub(super) fn format(house: &House) -> Result<()> {
    let all = cargo(house, &["fmt", "--all", "--check"]);
    let apart = APART.map(|manifest| cargo(house, &["fmt", "--manifest-path", manifest, "--check"]));
    must_all_pass([all].into_iter().chain(apart)).context("run these without --check")
}

pub(super) fn clippy(house: &House) -> Result<()> {
    must_pass(&mut cargo(house, &["clippy", "--workspace", "--all-targets", "--", "-D", "warnings"]))
}

/// Two runs, no test in both: the core alone (its features not widened by anybody else), then the others.
pub(super) fn tests(house: &House) -> Result<()> {
    let core = cargo(house, &["test", "--no-fail-fast", "-p", "prepaid"]);
    let others = cargo(house, &["test", "--no-fail-fast", "--workspace", "--exclude", "prepaid"]);
    must_all_pass([core, others])
}

pub(super) fn docs(house: &House) -> Result<()> {
    must_pass(cargo(house, &["doc", "--workspace", "--no-deps"]).env("RUSTDOCFLAGS", "-D warnings"))
}

pub(super) fn package(house: &House) -> Result<()> {
    must_pass(&mut cargo(house, &["package", "-p", "prepaid", "--allow-dirty"]))
}
