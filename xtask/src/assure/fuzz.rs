//! Coverage-guided fuzzing, to any depth, and what it found brought back into the corpus.

use anyhow::{Result, bail};

use crate::fuzz::{self, TARGETS, Target, Until};
use crate::house::House;
use crate::tools::{self, FUZZER};

pub(super) fn run(house: &House, words: &[String]) -> Result<()> {
    tools::ready(house, FUZZER, false)?;
    let (flags, words): (Vec<String>, Vec<String>) =
        words.iter().cloned().partition(|word| word.starts_with("--"));
    if let Some(unknown) = flags.iter().find(|flag| flag.as_str() != "--merge") {
        bail!("`fuzz` has no flag {unknown}; it knows --merge");
    }
    let (targets, rest) = chosen(&words)?;
    if !flags.is_empty() {
        if let Some(more) = rest.first() {
            bail!("`{more}` is one word too many: merging runs what there is");
        }
        return targets.iter().try_for_each(|target| fuzz::merge(house, target));
    }
    let asked = if rest.is_empty() { None } else { Some(super::number(rest, 1)?) };
    fuzz::run(house, targets.iter().map(|target| (target, Until::Runs(asked.unwrap_or(target.runs)))))
}

/// The targets that the first word chooses, all if it names none, and the words after it.
fn chosen(words: &[String]) -> Result<(&'static [Target], &[String])> {
    let Some((first, rest)) = words.split_first() else { return Ok((&TARGETS, words)) };
    if let Some(at) = TARGETS.iter().position(|target| target.name == first) {
        return Ok((TARGETS.get(at..=at).unwrap_or_default(), rest));
    }
    if first.starts_with(|c: char| c.is_ascii_digit()) {
        return Ok((&TARGETS, words));
    }
    let known: Vec<String> =
        TARGETS.iter().map(|target| format!("{}: {}", target.name, target.what)).collect();
    bail!("there is no target `{first}`; there are\n  {}", known.join("\n  "));
}
