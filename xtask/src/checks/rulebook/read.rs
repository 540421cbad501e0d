//! Reads what the check needs from plain text: rules and rows from the document, names from the code.

/// A numbered rule, with its text up to the next one.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Rule<'a> {
    pub(super) id: &'a str,
    pub(super) text: Vec<&'a str>,
}

/// A row of the table at the end.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Row<'a> {
    pub(super) rule: &'a str,
    pub(super) places: &'a str,
    pub(super) tests: &'a str,
}

const SOURCES: [&str; 4] = ["seed", "api", "peer", "own"];

impl Rule<'_> {
    /// Whether it says where it comes from: one bracket with nothing but sources in it.
    pub(super) fn has_source(&self) -> bool {
        let is_mark = |inner: &str| inner.split(", ").all(|word| SOURCES.contains(&word));
        let brackets = self.text.iter().flat_map(|line| line.split('[').skip(1));
        brackets.filter_map(|rest| rest.split_once(']')).any(|(inner, _)| is_mark(inner))
    }
}

/// The rules in their order. One begins with `- E1 ` and ends before the next one or the next heading.
pub(super) fn rules(document: &str) -> Vec<Rule<'_>> {
    let mut rules: Vec<Rule<'_>> = Vec::new();
    let mut inside = false;
    for line in document.lines() {
        if let Some((id, text)) = line.strip_prefix("- ").and_then(number) {
            rules.push(Rule { id, text: vec![text] });
            inside = true;
        } else if line.starts_with("## ") {
            inside = false;
        } else if let Some(rule) = rules.last_mut().filter(|_| inside) {
            rule.text.push(line);
        }
    }
    rules
}

/// The number that the line begins with, and the rest: a capital letter, digits, perhaps a small letter.
fn number(line: &str) -> Option<(&str, &str)> {
    let (id, rest) = line.split_once(' ')?;
    let digits = id.strip_prefix(|c: char| c.is_ascii_uppercase())?;
    let digits = digits.strip_suffix(|c: char| c.is_ascii_lowercase()).unwrap_or(digits);
    (!digits.is_empty() && digits.chars().all(|c| c.is_ascii_digit())).then_some((id, rest))
}

/// The rows of the table whose first cell is a rule's number.
pub(super) fn rows(document: &str) -> Vec<Row<'_>> {
    document.lines().filter_map(cells).collect()
}

fn cells(line: &str) -> Option<Row<'_>> {
    let mut cells = line.strip_prefix("| ")?.split(" | ");
    let (first, places) = (cells.next()?, cells.next()?);
    let tests = cells.next()?.trim_end_matches([' ', '|']);
    let mark = format!("{first} ");
    number(&mark).is_some().then_some(Row { rule: first, places, tests })
}

/// The parts of a cell, each of which names its own files.
pub(super) fn parts(cell: &str) -> impl Iterator<Item = &str> {
    cell.split(';').flat_map(|part| part.split(". "))
}

/// What stands between backquotes.
pub(super) fn quoted(text: &str) -> impl Iterator<Item = &str> {
    text.split('`').skip(1).step_by(2)
}

/// The names of the functions marked `#[test]`.
pub(super) fn tests(code: &str) -> impl Iterator<Item = &str> {
    let mut marked = false;
    code.lines().filter_map(move |line| {
        let line = line.trim_start();
        if line == "#[test]" {
            marked = true;
        }
        let name = function(line)?;
        std::mem::take(&mut marked).then_some(name)
    })
}

/// The names of all functions.
pub(super) fn functions(code: &str) -> impl Iterator<Item = &str> {
    code.lines().filter_map(|line| function(line.trim_start()))
}

fn function(line: &str) -> Option<&str> {
    let mut words = line.split("fn ");
    let before = words.next()?;
    // A comment that says `fn` defines nothing.
    let is_plain = before.split_whitespace().all(|word| {
        matches!(word, "pub" | "pub(crate)" | "pub(super)" | "const" | "async") || word.starts_with("pub(in")
    });
    let name = words.next()?.split(|c: char| !is_of_name(c)).next()?;
    (is_plain && !name.is_empty()).then_some(name)
}

/// Whether the code has an item of this name, of any kind.
pub(super) fn is_item(code: &str, name: &str) -> bool {
    let kinds = ["struct", "enum", "trait", "type", "const", "static", "mod", "macro_rules!"];
    kinds.iter().any(|kind| defines(code, kind, name))
}

/// Whether the code defines `kind name`.
pub(super) fn defines(code: &str, kind: &str, name: &str) -> bool {
    let wanted = format!("{kind} {name}");
    code.lines().filter(|line| !line.trim_start().starts_with("//")).any(|line| {
        line.match_indices(&wanted).any(|(at, found)| {
            let (before, after) = line.split_at(at);
            let after = after.strip_prefix(found).unwrap_or("");
            !before.ends_with(is_of_name) && !after.starts_with(is_of_name)
        })
    })
}

fn is_of_name(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}
