//! Every example is run: scripts by the program `prepaid`, programs by cargo.

use std::path::{Path, PathBuf};

use anyhow::{Result, bail};

use crate::house::{House, ends_with};
use crate::programs::{cargo, must_pass};

/// The script that the README begins with.
const FIRST: &str = "examples/first-day.jsonl";

/// The price list at hand for every other script; the first one must run as the README shows it.
const PRICES: [&str; 2] = ["--prices", "examples/prices/tokens.toml"];

/// Folders whose `.jsonl` files are scripts; not the folders below them, where logs may lie.
const SCRIPT_FOLDERS: [&str; 2] = ["examples", "examples/scripts"];

pub(super) fn run(house: &House) -> Result<()> {
    let scripts = scripts(house)?;
    if !scripts.contains(&house.root.join(FIRST)) {
        bail!("{FIRST} is not there");
    }
    let mut failed = Vec::new();
    for script in &scripts {
        let name = house.name_of(script);
        let mut play =
            cargo(house, &["run", "--quiet", "--release", "-p", "prepaid-cli", "--", "play", &name]);
        if name != FIRST {
            play.args(PRICES);
        }
        if must_pass(&mut play).is_err() {
            failed.push(name);
        }
    }
    for program in programs(house)? {
        if must_pass(&mut cargo(house, &["run", "--quiet", "-p", "prepaid", "--example", &program])).is_err()
        {
            failed.push(program);
        }
    }
    if !failed.is_empty() {
        bail!("did not end well: {}", failed.join(", "));
    }
    Ok(())
}

/// The scripts that can be played.
pub(super) fn scripts(house: &House) -> Result<Vec<PathBuf>> {
    let files = house.files_under("examples")?;
    let in_place =
        |path: &PathBuf| SCRIPT_FOLDERS.iter().any(|folder| path.parent() == Some(&house.root.join(folder)));
    Ok(files.into_iter().filter(|path| ends_with(path, ".jsonl") && in_place(path)).collect())
}

/// The names cargo knows the example programs by: `examples/NAME.rs` and `examples/NAME/main.rs`.
fn programs(house: &House) -> Result<Vec<String>> {
    let folder = house.root.join("examples");
    let files = house.files_under("examples")?;
    let name = |path: &PathBuf| {
        let inside = path.strip_prefix(&folder).ok()?;
        let parts: Vec<&Path> = inside.iter().map(Path::new).collect();
        match parts.as_slice() {
            [file] if ends_with(file, ".rs") => Some(file.file_stem()?.to_string_lossy().into_owned()),
            [name, main] if *main == Path::new("main.rs") => Some(name.to_string_lossy().into_owned()),
            _ => None,
        }
    };
    Ok(files.iter().filter_map(name).collect())
}
