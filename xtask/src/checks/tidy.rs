//! What no compiler tells: places of one machine, unfinished code, floats, files grown too long.

use std::fs;
use std::path::Path;

use anyhow::{Result, bail};

use crate::house::{House, ends_with};

/// Folders at the root of one machine. Written without slashes, or this file would name them.
const PLACES: [&str; 4] = ["work", "root", "home", "tmp"];

const WARN_ABOVE: usize = 400;
const FAIL_ABOVE: usize = 500;

pub(super) fn run(house: &House) -> Result<()> {
    let mut faults = Vec::new();
    for path in house.files()? {
        // What is not text (a picture) has no lines to look at.
        let Ok(text) = fs::read_to_string(&path) else {
            continue;
        };
        let name = house.name_of(&path);
        judge_places(&name, &text, &mut faults);
        if ends_with(Path::new(&name), ".rs") {
            judge_code(&name, &text, &mut faults);
        }
    }
    for fault in &faults {
        println!("{fault}");
    }
    if !faults.is_empty() {
        bail!("{} untidy places", faults.len());
    }
    Ok(())
}

fn judge_places(name: &str, text: &str, faults: &mut Vec<String>) {
    let may_use_temporary = name.starts_with("xtask/") || name.contains("tests/");
    for (index, line) in text.lines().enumerate() {
        for place in PLACES.iter().filter(|place| **place != "tmp" || !may_use_temporary) {
            if names_place(line, place) {
                faults.push(format!("{name}:{}: a path of one machine (/{place}/)", index + 1));
            }
        }
    }
}

/// Whether the line names `/place/` from the root on, not as a part of a longer path or address.
fn names_place(line: &str, place: &str) -> bool {
    let wanted = format!("/{place}/");
    line.match_indices(&wanted).any(|(at, _)| {
        let before = line.get(..at).and_then(|start| start.chars().next_back());
        !before.is_some_and(|c| c.is_alphanumeric() || "._-~/*}$".contains(c))
    })
}

fn judge_code(name: &str, text: &str, faults: &mut Vec<String>) {
    let lines = text.lines().count();
    let in_sources = name.starts_with("src/") || name.contains("/src/");
    if in_sources && lines > FAIL_ABOVE {
        faults.push(format!("{name}: {lines} lines, at most {FAIL_ABOVE}: is it two rooms?"));
    } else if in_sources && lines > WARN_ABOVE {
        println!("warning: {name}: {lines} lines, better at most {WARN_ABOVE}");
    }
    for (index, line) in text.lines().enumerate() {
        let code = line.split("//").next().unwrap_or("");
        if let Some(what) = unfinished(code) {
            faults.push(format!("{name}:{}: {what}", index + 1));
        }
        if name.starts_with("src/") && (has_word(code, "f32") || has_word(code, "f64")) {
            faults.push(format!("{name}:{}: a float in the core", index + 1));
        }
    }
}

/// The marks are put together here, or this file would be full of them.
fn unfinished(code: &str) -> Option<String> {
    let marks = [("todo", "!("), ("unimplemented", "!("), ("#[", "ignore")];
    marks.iter().map(|(start, end)| format!("{start}{end}")).find(|mark| code.contains(mark.as_str()))
}

/// As a word, or as the end of a number (`1_f64`); `visit_f64` is a name and no float.
fn has_word(code: &str, word: &str) -> bool {
    let mut parts = code.split(|c: char| !c.is_alphanumeric() && c != '_');
    parts.any(|part| part == word || part.ends_with(word) && part.starts_with(|c: char| c.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_from_the_root_is_found_and_a_longer_one_is_not() {
        let path = format!("/{}/me", "home");
        assert!(names_place(&format!("see `{path}`"), "home"));
        assert!(names_place(&path, "home"));
        assert!(!names_place(&format!("https://example.org{path}"), "home"));
        assert!(!names_place(&format!("docs{path}"), "home"));
        assert!(!names_place("/homes/me", "home"));
    }

    #[test]
    fn a_float_is_found_as_a_word_only() {
        assert!(has_word("let x: f64 = y;", "f64"));
        assert!(has_word("let x = 1_f64;", "f64"));
        assert!(!has_word("fn visit_f64()", "f64"));
    }

    #[test]
    fn unfinished_code_is_found() {
        assert!(unfinished(&format!("    todo{}", "!()")).is_some());
        assert!(unfinished(&format!("#[{}]", "ignore")).is_some());
        assert!(unfinished("fn todo() {}").is_none());
    }
}
