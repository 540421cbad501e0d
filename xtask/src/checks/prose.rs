//! Checks by programs of other people: spelling, links, licences. Their settings stand in the files at the root.

use std::process::Command;

use anyhow::{Result, bail};

use crate::house::{House, ends_with};
use crate::programs::must_pass;
use crate::tools::program;

pub(super) fn spelling(house: &House) -> Result<()> {
    must_pass(Command::new(program(house, "typos")).args(["--config", "typos.toml"]).current_dir(&house.root))
}

/// Offline: only links to files and headings of this tree are followed.
pub(super) fn links(house: &House) -> Result<()> {
    let beside = [
        "README.md",
        "CHANGELOG.md",
        "CONTRIBUTING.md",
        "examples/metered/README.md",
        "xtask/breaks/README.md",
        "tests/properties/model/README.md",
    ];
    let mut pages: Vec<String> = beside.map(String::from).to_vec();
    let documents = house.files_under("docs")?;
    pages.extend(documents.iter().filter(|path| ends_with(path, ".md")).map(|path| house.name_of(path)));
    if let Some(missing) = pages.iter().find(|page| !house.root.join(page).is_file()) {
        bail!("{missing} is not there");
    }
    let mut lychee = Command::new(program(house, "lychee"));
    lychee.args(["--config", "lychee.toml", "--offline", "--no-progress", "--"]).args(pages);
    must_pass(lychee.current_dir(&house.root))
}

/// Advisories are left out: their database is not to be had where this runs.
pub(super) fn dependencies(house: &House) -> Result<()> {
    let mut deny = Command::new(program(house, "cargo-deny"));
    deny.args(["--all-features", "check", "--hide-inclusion-graph", "licenses", "bans", "sources"]);
    must_pass(deny.current_dir(&house.root))
}
