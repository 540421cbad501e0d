//! What one break is: a piece of the core, and the wrong piece in its place.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, bail};
use serde::Deserialize;

use crate::house::{House, ends_with};

/// Where the breaks are kept, one file each.
pub(super) const FOLDER: &str = "xtask/breaks";

/// One break, as its file says it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Break {
    /// The file's name without its ending.
    #[serde(skip)]
    pub(super) name: String,
    /// The rule that is broken, as docs/rules.md numbers it.
    pub(super) rule: String,
    /// What the broken core does, in words.
    pub(super) what: String,
    /// Pieces of test names; a test that has one of them in its name proves this rule.
    pub(super) tests: Vec<String>,
    /// The file of the core that is changed.
    pub(super) file: String,
    /// The piece that is replaced: exactly this text, exactly once in the file.
    pub(super) find: String,
    /// What stands there instead.
    pub(super) replace: String,
}

/// Every break there is, in the order of their files' names.
pub(super) fn read_all(house: &House) -> Result<Vec<Break>> {
    let files = house.files_under(FOLDER)?;
    files.iter().filter(|path| ends_with(path, ".toml")).map(|path| read(house, path)).collect()
}

fn read(house: &House, path: &Path) -> Result<Break> {
    let name = house.name_of(path);
    let text = fs::read_to_string(path).with_context(|| format!("cannot read {name}"))?;
    let mut one: Break =
        toml::from_str(&text).with_context(|| format!("{name} is not as a break is written"))?;
    one.name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    if one.tests.is_empty() || one.tests.iter().any(String::is_empty) {
        bail!("{name} names no test that should notice it");
    }
    if !one.file.starts_with("src/") {
        bail!("{name} changes {}, which is not under src/", one.file);
    }
    Ok(one)
}

/// The file's text with the break in it, or why it does not fit.
pub(super) fn broken(one: &Break, text: &str) -> Result<String, String> {
    if one.find == one.replace {
        return Err("it replaces the text by itself".into());
    }
    match text.matches(one.find.as_str()).count() {
        1 => Ok(text.replacen(one.find.as_str(), &one.replace, 1)),
        0 => Err(format!("its text is no longer in {}: the code moved, so renew the break", one.file)),
        times => {
            Err(format!("its text is {times} times in {}: it must fit one place, so give it more", one.file))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(find: &str, replace: &str) -> Result<Break> {
        let head = "rule='E1'\nwhat='w'\ntests=['e1_']\nfile='src/a.rs'";
        Ok(toml::from_str(&format!("{head}\nfind='{find}'\nreplace='{replace}'"))?)
    }

    #[test]
    fn a_break_fits_exactly_one_place() -> Result<()> {
        assert_eq!(broken(&one("<=", "<")?, "a <= b"), Ok("a < b".into()));
        assert!(broken(&one("<=", "<")?, "a <= b <= c").is_err_and(|why| why.contains("2 times")));
        assert!(broken(&one("<=", "<")?, "a > b").is_err_and(|why| why.contains("renew")));
        assert!(broken(&one("<", "<")?, "a < b").is_err());
        Ok(())
    }
}
