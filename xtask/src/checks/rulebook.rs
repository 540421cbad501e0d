//! The rulebook, checked from the code: every rule of docs/rules.md says where it comes from, where it lives, which
//! tests prove it and which breaks try them; and what it says is there. The other way round, every test of tests/rules
//! and every break is of a rule that exists.

mod read;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use anyhow::{Context, Result, bail};
use serde::Deserialize;

use self::read::{Row, Rule};
use crate::house::{House, ends_with};

/// What the rules are read from, and what is compared with them.
const RULES: &str = "docs/rules.md";
const TESTS: &str = "tests/rules";
const BREAKS: &str = "xtask/breaks";

/// Everything the check looks at, as text.
#[derive(Debug, Default)]
struct Book {
    /// docs/rules.md.
    rules: String,
    /// Every Rust file by its name from the root.
    files: BTreeMap<String, String>,
    /// The rule of every break, by the name of its file.
    breaks: BTreeMap<String, String>,
    /// The names of the checks, which a row may name as proof.
    checks: Vec<&'static str>,
}

#[derive(Deserialize)]
struct Named {
    rule: String,
}

pub(super) fn run(house: &House) -> Result<()> {
    let book = Book::of(house)?;
    let faults = book.faults();
    for fault in &faults {
        println!("{fault}");
    }
    if !faults.is_empty() {
        bail!("{} places where {RULES} and the code say different things", faults.len());
    }
    let rules = read::rules(&book.rules);
    let tests: usize = book.files_of(TESTS).map(|(_, text)| read::tests(text).count()).sum();
    println!("{} rules, {tests} tests, {} breaks: each has what it needs", rules.len(), book.breaks.len());
    Ok(())
}

impl Book {
    fn of(house: &House) -> Result<Self> {
        let mut book = Self {
            rules: fs::read_to_string(house.root.join(RULES)).with_context(|| format!("no {RULES}"))?,
            checks: super::CHECKS.iter().map(|check| check.name).collect(),
            ..Self::default()
        };
        for folder in ["src", "tests", "crates", "examples"] {
            for path in house.files_under(folder)?.iter().filter(|path| ends_with(path, ".rs")) {
                book.files.insert(house.name_of(path), fs::read_to_string(path)?);
            }
        }
        for path in house.files_under(BREAKS)?.iter().filter(|path| ends_with(path, ".toml")) {
            let name = house.name_of(path);
            let named: Named = toml::from_str(&fs::read_to_string(path)?)
                .with_context(|| format!("{name} is not as a break is written"))?;
            book.breaks.insert(name, named.rule);
        }
        Ok(book)
    }

    fn files_of<'a>(&'a self, folder: &'a str) -> impl Iterator<Item = (&'a String, &'a String)> {
        let inside = move |name: &str| name.strip_prefix(folder).is_some_and(|rest| rest.starts_with('/'));
        self.files.iter().filter(move |(name, _)| inside(name))
    }

    /// All that does not fit, each in a line that says what would be right.
    fn faults(&self) -> Vec<String> {
        let (rules, rows) = (read::rules(&self.rules), read::rows(&self.rules));
        let ids: BTreeSet<&str> = rules.iter().map(|rule| rule.id).collect();
        let mut faults = self.foreign(&ids);
        for (at, rule) in rules.iter().enumerate() {
            if rules.iter().take(at).any(|earlier| earlier.id == rule.id) {
                faults.push(format!("{RULES}: {} is the number of two rules", rule.id));
            }
            self.judge_rule(rule, &rows, &mut faults);
        }
        for row in rows.iter().filter(|row| !ids.contains(row.rule)) {
            faults.push(format!("{RULES}: the table has a row for {}, which is no rule", row.rule));
        }
        faults
    }

    /// Tests and breaks of rules that do not exist.
    fn foreign(&self, ids: &BTreeSet<&str>) -> Vec<String> {
        let mut faults = Vec::new();
        for (file, text) in self.files_of(TESTS) {
            let strangers = read::tests(text).filter(|name| !ids.iter().any(|id| is_of(name, id)));
            faults.extend(strangers.map(|name| {
                format!("{file}: `{name}` does not begin with the number of a rule, as `e1_fires` does")
            }));
        }
        let strangers = self.breaks.iter().filter(|(_, rule)| !ids.contains(rule.as_str()));
        faults.extend(strangers.map(|(file, rule)| format!("{file}: there is no rule {rule}")));
        faults
    }

    fn judge_rule(&self, rule: &Rule<'_>, rows: &[Row<'_>], faults: &mut Vec<String>) {
        let id = rule.id;
        if !rule.has_source() {
            faults.push(format!("{RULES}: {id} does not say its source: [seed], [api], [peer] or [own]"));
        }
        if !self.breaks.values().any(|broken| broken == id) {
            faults.push(format!("{BREAKS}: {id} has no break"));
        }
        let mut of_rule = rows.iter().filter(|row| row.rule == id);
        match (of_rule.next(), of_rule.next()) {
            (None, _) => faults.push(format!("{RULES}: the table has no row for {id}")),
            (Some(_), Some(_)) => faults.push(format!("{RULES}: the table has two rows for {id}")),
            (Some(row), None) => {
                self.judge_places(row, faults);
                self.judge_tests(row, faults);
            }
        }
    }

    /// The functions and types that a row names are in the files it names, and one at least is a function.
    fn judge_places(&self, row: &Row<'_>, faults: &mut Vec<String>) {
        let mut functions = 0;
        for part in read::parts(row.places) {
            let (mut files, mut waiting) = (Vec::new(), Vec::new());
            for word in read::quoted(part) {
                if let Some(found) = self.place(word, &files, "src") {
                    files = found;
                } else if is_code(word) {
                    faults
                        .push(format!("{RULES}: {} names `{word}`, which is no file of the core", row.rule));
                    files.clear();
                } else {
                    waiting.push(word);
                }
                if files.is_empty() {
                    continue;
                }
                for name in waiting.drain(..) {
                    if files.iter().any(|file| self.has(file, |text| read::defines(text, "fn", name))) {
                        functions += 1;
                    } else if !files.iter().any(|file| self.has(file, |text| read::is_item(text, name))) {
                        faults.push(format!("{RULES}: {} names `{name}`, which is not there", row.rule));
                    }
                }
            }
            faults.extend(
                waiting.iter().map(|name| {
                    format!("{RULES}: {} names `{name}`, and not the file that it is in", row.rule)
                }),
            );
        }
        if functions == 0 {
            faults.push(format!("{RULES}: {} names no function of the code", row.rule));
        }
    }

    fn has(&self, file: &str, wanted: impl Fn(&str) -> bool) -> bool {
        self.files.get(file).is_some_and(|text| wanted(text))
    }

    /// The files that a word stands for, if it is a file, a folder with its slash, or a package: of the folder or
    /// package named just before, from the root, or under `usual`.
    fn place<'a>(&'a self, word: &str, before: &[&'a str], usual: &str) -> Option<Vec<&'a str>> {
        let all = self.files.keys().map(String::as_str);
        if word.ends_with('/') || word.starts_with("prepaid-") {
            let folder = if word.ends_with('/') { word.into() } else { format!("crates/{word}/") };
            let inside: Vec<&str> = all.filter(|name| name.starts_with(&folder)).collect();
            return (!inside.is_empty()).then_some(inside);
        }
        if !is_code(word) {
            return None;
        }
        let ending = format!("/{word}");
        if let Some(found) = before.iter().find(|name| name.ends_with(&ending)) {
            return Some(vec![found]);
        }
        let under = format!("{usual}/{word}");
        let found = all.filter(|name| *name == word || *name == under).collect::<Vec<_>>();
        (!found.is_empty()).then_some(found)
    }

    /// The tests that a row names are there, and the files that hold tests of the rule are all named.
    fn judge_tests(&self, row: &Row<'_>, faults: &mut Vec<String>) {
        let id = row.rule;
        let is_ours = |text: &str| read::tests(text).any(|name| is_of(name, id));
        let holding: BTreeSet<&str> =
            self.files_of(TESTS).filter(|(_, text)| is_ours(text)).map(|(file, _)| file.as_str()).collect();
        if holding.is_empty() {
            faults.push(format!("{TESTS}: no test is named `{}_…`", id.to_lowercase()));
        }
        let mut named = BTreeSet::new();
        for part in read::parts(row.tests) {
            let mut files: Vec<&str> = Vec::new();
            for word in read::quoted(part) {
                if let Some(found) = self.place(word, &files, TESTS) {
                    // The next file may lie in the same folder or package.
                    named.extend(found.iter().filter(|_| found.len() == 1));
                    if found.len() > 1 || files.len() < 2 {
                        files = found;
                    }
                } else if is_code(word) || !self.proves(word) {
                    faults.push(format!("{RULES}: {id} names `{word}`, which is no test, file or check"));
                }
            }
        }
        if !row.tests.contains(&format!("`{}_…`", id.to_lowercase())) {
            faults.push(format!("{RULES}: the row of {id} does not name `{}_…`", id.to_lowercase()));
        }
        for file in holding.difference(&named) {
            faults.push(format!("{RULES}: the row of {id} does not name {file}, which has tests of it"));
        }
        for file in named.iter().filter(|file| file.starts_with(TESTS) && !holding.contains(**file)) {
            faults.push(format!("{RULES}: the row of {id} names {file}, which has no test of it"));
        }
    }

    /// Whether a word of the last column is a check, a test, or the beginning of a test's name.
    fn proves(&self, word: &str) -> bool {
        if self.checks.contains(&word) {
            return true;
        }
        let beginning = word.strip_suffix('…');
        let fits = |name: &str| beginning.map_or(name == word, |beginning| name.starts_with(beginning));
        let is_test = |name: &str| name.starts_with("tests/") || name.contains("/tests/");
        self.files.iter().any(|(file, text)| is_test(file) && read::functions(text).any(fits))
    }
}

/// Whether the word names a file of code.
fn is_code(word: &str) -> bool {
    ends_with(Path::new(word), ".rs")
}

/// Whether a test's name begins with the number of the rule.
fn is_of(name: &str, id: &str) -> bool {
    name.strip_prefix(&id.to_lowercase()).is_some_and(|rest| rest.starts_with('_'))
}

#[cfg(test)]
mod tests;
