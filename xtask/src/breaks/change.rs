//! What one break is: a piece of the core, and the wrong piece in its place.

use std::fs;
use std::ops::Range;
use std::path::Path;

use anyhow::{Context, Result, bail};
use serde::Deserialize;

use crate::house::{House, ends_with};

/// Where the breaks are kept, one file each.
pub(super) const FOLDER: &str = "xtask/breaks";

/// The integration test whose functions are named after the rules. It holds no generated tests: a rule must be proved
/// by an example.
pub(super) const RULES: &str = "rules";

/// Tests that must notice a break: those of one integration test that have one of these pieces in their names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Proof {
    pub(super) target: String,
    pub(super) names: Vec<String>,
}

impl Proof {
    /// Whether it means this test.
    pub(super) fn means(&self, test: &str) -> bool {
        self.names.iter().any(|name| test.contains(name.as_str()))
    }
}

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
    /// Other tests that must notice it too: `properties::m5_` are those of tests/properties with `m5_` in their names.
    #[serde(default)]
    also: Vec<String>,
    /// The file of the core that is changed.
    pub(super) file: String,
    /// The piece that is replaced: exactly this text, exactly once in the file.
    pub(super) find: String,
    /// What stands there instead.
    pub(super) replace: String,
}

impl Break {
    /// All who must notice it, the tests of its rule first.
    pub(super) fn proofs(&self) -> Vec<Proof> {
        let rules = Proof { target: RULES.into(), names: self.tests.clone() };
        let further = self.also.iter().filter_map(|also| {
            let (target, name) = also.split_once("::")?;
            Some(Proof { target: target.into(), names: vec![name.into()] })
        });
        [rules].into_iter().chain(further).collect()
    }

    /// What of the file is replaced and by what, without the end that both have in common; or why it does not fit.
    pub(super) fn place(&self, text: &str) -> Result<(Range<usize>, &str), String> {
        if self.find == self.replace {
            return Err("it replaces the text by itself".into());
        }
        let places: Vec<usize> = text.match_indices(self.find.as_str()).map(|(at, _)| at).collect();
        match places.as_slice() {
            [at] => {
                let pairs = self.find.chars().rev().zip(self.replace.chars().rev());
                let common: usize = pairs.take_while(|(a, b)| a == b).map(|(a, _)| a.len_utf8()).sum();
                let instead = self.replace.get(..self.replace.len() - common).unwrap_or_default();
                Ok((*at..at + self.find.len() - common, instead))
            }
            [] => Err(format!("its text is no longer in {}: the code moved, so renew the break", self.file)),
            all => Err(format!(
                "its text is {} times in {}: it must fit one place, so give it more",
                all.len(),
                self.file
            )),
        }
    }
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
    if !one.file.starts_with("src/") || !house.root.join(&one.file).is_file() {
        bail!("{name} changes {}, which is no file under src/", one.file);
    }
    if let Some(also) = one.also.iter().find(|also| !also.contains("::")) {
        bail!("{name}: `{also}` is not written as TARGET::PIECE_OF_A_NAME");
    }
    for Proof { target, .. } in one.proofs() {
        let tests = house.root.join("tests");
        if !tests.join(&target).join("main.rs").is_file() && !tests.join(format!("{target}.rs")).is_file() {
            bail!("{name} wants to be noticed by `{target}`, which is not in tests/");
        }
    }
    Ok(one)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(find: &str, more: &str) -> Result<Break> {
        let head = "rule='E1'\nwhat='w'\ntests=['e1_']\nfile='src/a.rs'\nreplace='<'";
        Ok(toml::from_str(&format!("{head}\nfind='{find}'\n{more}"))?)
    }

    #[test]
    fn a_break_fits_exactly_one_place() -> Result<()> {
        assert_eq!(one("<=", "")?.place("a <= b"), Ok((2..4, "<")));
        assert_eq!(one("=<", "")?.place("a =< b"), Ok((2..3, "")));
        assert!(one("<=", "")?.place("a <= b <= c").is_err_and(|why| why.contains("2 times")));
        assert!(one("<=", "")?.place("a > b").is_err_and(|why| why.contains("renew")));
        assert!(one("<", "")?.place("a < b").is_err());
        Ok(())
    }

    #[test]
    fn the_tests_of_the_rule_must_notice_it_and_others_may_have_to() -> Result<()> {
        let proof = |target: &str, name: &str| Proof { target: target.into(), names: vec![name.into()] };
        assert_eq!(one("<=", "")?.proofs(), [proof("rules", "e1_")]);
        let all = one("<=", "also=['properties::m5::every', 'explore::first']")?.proofs();
        let others = [proof("properties", "m5::every"), proof("explore", "first")];
        assert_eq!(all, [[proof("rules", "e1_")].as_slice(), &others].concat());
        assert!(proof("rules", "e1_").means("e_top_up::e1_fires") && !proof("rules", "e1_").means("e2_e11"));
        Ok(())
    }
}
