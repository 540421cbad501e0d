//! The list of what survived, and the figures of the last whole run.

use std::fmt::Write;
use std::fs;

use anyhow::{Context, Result};
use serde::Deserialize;

use super::Mutant;
use crate::house::House;

/// Where the list is kept.
pub(crate) const LIST: &str = "xtask/mutants.toml";

const HEAD: &str = "\
# What came of the mutants of src/ (small changes made by cargo-mutants) when all of them were last tried, and those
# that no test notices, each with its reason. `cargo xtask assure mutants` renews it; the reasons are written by hand:
# \"equivalent: …\" where nobody could tell the difference, \"accepted: …\" where a test would prove nothing.
";

/// The whole list.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Known {
    pub(crate) run: Option<Run>,
    #[serde(default, rename = "survivor")]
    pub(crate) survivors: Vec<Survivor>,
}

/// What came of the last whole run.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Run {
    /// The digest of src/ that was tried.
    pub(crate) src: String,
    pub(crate) caught: usize,
    /// Noticed, too: a test ran on for ever.
    pub(crate) timed_out: usize,
    /// Changes that do not compile.
    pub(crate) unviable: usize,
    pub(crate) survived: usize,
}

/// One that no test notices. Known by its words and the text of its line, because lines move.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Survivor {
    pub(crate) file: String,
    pub(crate) change: String,
    pub(crate) line: String,
    pub(crate) reason: String,
}

impl Known {
    pub(crate) fn read(house: &House) -> Result<Self> {
        let path = house.root.join(LIST);
        if !path.is_file() {
            return Ok(Self::default());
        }
        let text = fs::read_to_string(path)?;
        toml::from_str(&text).with_context(|| format!("{LIST} is not as it is written by this program"))
    }

    pub(crate) fn excuses(&self, mutant: &Mutant) -> bool {
        self.survivors.iter().any(|one| one.is(mutant) && one.has_reason())
    }

    /// What is wrong with the list itself: no reason, or nothing in the source that it speaks of.
    pub(crate) fn faults(&self, present: &[Mutant]) -> Vec<String> {
        let mut faults = Vec::new();
        for one in &self.survivors {
            let words = format!("{LIST}: {}: {} in `{}`", one.file, one.change, one.line);
            if !one.has_reason() {
                faults.push(format!("{words}: give its reason, `equivalent: …` or `accepted: …`"));
            }
            if !present.iter().any(|mutant| one.is(mutant)) {
                faults.push(format!("{words}: the source has no such place any more; drop it"));
            }
        }
        faults
    }

    /// The list after a whole run: reasons are kept, a new survivor has none yet.
    pub(crate) fn renewed(&self, run: Run, missed: &[Mutant]) -> Self {
        let survivor = |mutant: &Mutant| {
            let known = self.survivors.iter().find(|one| one.is(mutant)).cloned();
            known.unwrap_or_else(|| Survivor {
                file: mutant.file.clone(),
                change: mutant.change.clone(),
                line: mutant.line.clone(),
                reason: String::new(),
            })
        };
        let mut survivors: Vec<Survivor> = Vec::new();
        for one in missed.iter().map(survivor) {
            // The same change at two places of a line is one entry.
            if !survivors.contains(&one) {
                survivors.push(one);
            }
        }
        Self { run: Some(run), survivors }
    }

    pub(crate) fn write(&self, house: &House) -> Result<()> {
        Ok(fs::write(house.root.join(LIST), self.text()?)?)
    }

    fn text(&self) -> Result<String> {
        let mut text = String::from(HEAD);
        if let Some(run) = &self.run {
            let Run { src, caught, timed_out, unviable, survived } = run;
            write!(text, "\n[run]\nsrc = \"{src}\"\ncaught = {caught}\ntimed_out = {timed_out}\n")?;
            write!(text, "unviable = {unviable}\nsurvived = {survived}\n")?;
        }
        for Survivor { file, change, line, reason } in &self.survivors {
            let quoted = |value: &str| toml::Value::String(value.into()).to_string();
            write!(text, "\n[[survivor]]\nfile = {}\nchange = {}\n", quoted(file), quoted(change))?;
            write!(text, "line = {}\nreason = {}\n", quoted(line), quoted(reason))?;
        }
        Ok(text)
    }
}

impl Survivor {
    fn is(&self, mutant: &Mutant) -> bool {
        self.file == mutant.file && self.change == mutant.change && self.line == mutant.line
    }

    fn has_reason(&self) -> bool {
        let reasons = ["equivalent: ", "accepted: "];
        reasons.iter().any(|kind| self.reason.strip_prefix(kind).is_some_and(|why| !why.trim().is_empty()))
    }
}

/// A digest of the names and texts of src/: to say which source was tried, not to keep anybody from cheating.
pub(crate) fn digest(house: &House) -> Result<String> {
    let mut hash: u64 = 0xcbf2_9ce4_8422_2325;
    for path in house.files_under("src")? {
        let name = house.name_of(&path);
        for byte in name.bytes().chain([0]).chain(fs::read(&path)?).chain([0]) {
            hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }
    Ok(format!("{hash:016x}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mutant(change: &str) -> Mutant {
        Mutant {
            name: format!("src/a.rs:1:2: {change}"),
            file: "src/a.rs".into(),
            change: change.into(),
            line: "if a > \"b\" {".into(),
        }
    }

    fn run() -> Run {
        Run { src: "00".into(), caught: 3, timed_out: 1, unviable: 2, survived: 1 }
    }

    #[test]
    fn a_survivor_needs_a_reason_and_a_place() -> Result<()> {
        let (one, other) = (mutant("replace > with >="), mutant("replace > with <"));
        let mut known = Known::default().renewed(run(), std::slice::from_ref(&one));
        assert!(!known.excuses(&one));
        assert!(known.faults(std::slice::from_ref(&one)).join("").contains("give its reason"));
        for survivor in &mut known.survivors {
            survivor.reason = "equivalent: both are the same".into();
        }
        assert!(known.excuses(&one) && !known.excuses(&other));
        assert_eq!(known.faults(&[one.clone(), other.clone()]), Vec::<String>::new());
        assert!(known.faults(std::slice::from_ref(&other)).join("").contains("no such place any more"));
        // It is read as it was written, keeps the reason it had, and forgets what is noticed by now.
        let read: Known = toml::from_str(&known.text()?)?;
        assert_eq!((read.run.clone(), &read.survivors), (Some(run()), &known.survivors));
        let renewed = read.renewed(run(), &[one.clone(), other.clone()]);
        assert!(renewed.excuses(&one) && !renewed.excuses(&other));
        assert!(renewed.renewed(run(), &[]).survivors.is_empty());
        Ok(())
    }

    #[test]
    fn a_reason_says_of_which_kind_it_is() {
        let mut known = Known::default().renewed(run(), &[mutant("replace > with >=")]);
        for reason in ["", "because", "equivalent: ", "accepted:"] {
            known.survivors.iter_mut().for_each(|one| one.reason = reason.into());
            assert!(!known.excuses(&mutant("replace > with >=")), "{reason}");
        }
    }
}
