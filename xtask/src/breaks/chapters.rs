//! Which files of tests/rules a break needs: to build them all for each break would take most of the time.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result};

/// The words that every story is told with.
const WORDS: &str = "life";

/// The list of modules of tests/rules, of a copy of the tree.
pub(super) struct Chapters {
    /// The whole of tests/rules/main.rs.
    whole: String,
    /// Each module, and its text.
    modules: Vec<(String, String)>,
}

impl Chapters {
    pub(super) fn read(folder: &Path) -> Result<Self> {
        let whole = fs::read_to_string(folder.join("main.rs")).context("tests/rules has no main.rs")?;
        let modules = whole.lines().filter_map(module).map(|name| {
            // The words are a folder.
            let file = if name == WORDS { format!("{name}/mod.rs") } else { format!("{name}.rs") };
            let text = fs::read_to_string(folder.join(&file));
            Ok((name.to_owned(), text.with_context(|| format!("there is no tests/rules/{file}"))?))
        });
        let modules = modules.collect::<Result<_>>()?;
        Ok(Self { whole, modules })
    }

    /// The main.rs that has only the modules in which a test is named by one of the filters, and what they use.
    pub(super) fn only(&self, filters: &[String]) -> String {
        let named = |text: &str| filters.iter().any(|filter| text.contains(&format!("fn {filter}")));
        let mut wanted: BTreeSet<&str> = BTreeSet::from([WORDS]);
        wanted.extend(self.modules.iter().filter(|(_, text)| named(text)).map(|(name, _)| name.as_str()));
        if wanted.len() == 1 {
            // The filter is a piece from the middle of a name: then all of them.
            return self.whole.clone();
        }
        loop {
            let used = |(name, text): &&(String, String)| {
                !wanted.contains(name.as_str())
                    && self.modules.iter().any(|(other, text_of)| {
                        wanted.contains(other.as_str()) && text_of.contains(&format!("crate::{name}::"))
                    })
                    && !text.is_empty()
            };
            let more: Vec<&str> = self.modules.iter().filter(used).map(|(name, _)| name.as_str()).collect();
            if more.is_empty() {
                break;
            }
            wanted.extend(more);
        }
        let kept = |line: &&str| module(line).is_none_or(|name| wanted.contains(name));
        self.whole.lines().filter(kept).flat_map(|line| [line, "\n"]).collect()
    }
}

/// The module that a line declares.
fn module(line: &str) -> Option<&str> {
    line.strip_prefix("mod ")?.strip_suffix(';')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_a_break_needs_is_built() {
        let text = |name: &str, text: &str| (name.to_owned(), text.to_owned());
        let chapters = Chapters {
            whole: "//! Rules.\n\nmod a;\nmod b;\nmod c;\nmod life;\n".into(),
            modules: vec![
                text("a", "use crate::b::word;\nfn e1_fires() {}"),
                text("b", "fn a1_opens() {}"),
                text("c", "fn c1_creates() {}"),
                text("life", "struct Life;"),
            ],
        };
        let only = |filter: &str| chapters.only(&[filter.to_owned()]);
        assert_eq!(only("e1_"), "//! Rules.\n\nmod a;\nmod b;\nmod life;\n");
        assert_eq!(only("a1_"), "//! Rules.\n\nmod b;\nmod life;\n");
        assert_eq!(only("_fires"), chapters.whole);
    }
}
