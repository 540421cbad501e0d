//! Runs cargo-mutants on a copy of the tree that is kept, so that little is built anew, and reads what came of it.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};

use crate::house::House;
use crate::programs::stdout_of;
use crate::tools;

/// What mutants are tried with: test programs, and what these are told. They stop at the first failure.
struct Trial {
    programs: &'static [&'static str],
    words: &'static [&'static str],
}

/// The tests that notice most for their time: those that take seconds and notice next to nothing by themselves are left
/// out.
const QUICK: Trial = Trial {
    programs: &["rules", "forms"],
    words: &[
        "-Zunstable-options",
        "--fail-fast",
        "--skip=ten_years",
        "--skip=parsers::batches",
        "--skip=parsers::policies",
        "--skip=parsers::snapshots",
        "--skip=parsers::histories",
        "--skip=parsers::commands",
        "--skip=parsers::price_lists",
    ],
};

/// What those that survive the quick ones are tried with as well.
const THOROUGH: Trial =
    Trial { programs: &["rules", "forms", "books"], words: &["-Zunstable-options", "--fail-fast"] };

/// The whole core.
const WHOLE: [&str; 2] = ["--file", "src/**/*.rs"];

/// So long a build or a run of tests may take, in seconds; some mutants run for ever.
const PATIENCE: &str = "60";

/// One small change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Mutant {
    /// As cargo-mutants calls it: file, line, column, change.
    pub(crate) name: String,
    pub(crate) file: String,
    pub(crate) change: String,
    /// The text of its line.
    pub(crate) line: String,
}

impl Mutant {
    pub(crate) fn of(house: &House, name: &str) -> Result<Self> {
        let odd = || format!("`{name}` is not how cargo-mutants calls a mutant");
        let (place, change) = name.split_once(": ").with_context(odd)?;
        let mut parts = place.split(':');
        let (file, line) = (parts.next().with_context(odd)?, parts.next().with_context(odd)?);
        let number: usize = line.parse().with_context(odd)?;
        let text = fs::read_to_string(house.root.join(file)).with_context(|| format!("no {file}"))?;
        let line = text.lines().nth(number.saturating_sub(1)).with_context(odd)?.trim();
        Ok(Self { name: name.into(), file: file.into(), change: change.into(), line: line.into() })
    }
}

/// What came of some.
#[derive(Debug, Default)]
pub(crate) struct Came {
    pub(crate) caught: Vec<String>,
    pub(crate) missed: Vec<String>,
    pub(crate) timed_out: Vec<String>,
    pub(crate) unviable: Vec<String>,
}

impl Came {
    /// What a run of cargo-mutants left in a folder.
    pub(crate) fn read(folder: &Path) -> Result<Self> {
        let lines = |name: &str| -> Result<Vec<String>> {
            let path = folder.join("mutants.out").join(name);
            let text = fs::read_to_string(&path).with_context(|| format!("no {}", path.display()))?;
            Ok(text.lines().map(String::from).collect())
        };
        Ok(Self {
            caught: lines("caught.txt")?,
            missed: lines("missed.txt")?,
            timed_out: lines("timeout.txt")?,
            unviable: lines("unviable.txt")?,
        })
    }

    pub(crate) fn add(&mut self, more: Self) {
        self.caught.extend(more.caught);
        self.missed.extend(more.missed);
        self.timed_out.extend(more.timed_out);
        self.unviable.extend(more.unviable);
    }

    /// Of these only.
    fn only(mut self, names: &[String]) -> Self {
        for list in [&mut self.caught, &mut self.missed, &mut self.timed_out, &mut self.unviable] {
            list.retain(|name| names.contains(name));
        }
        self
    }

    /// The names of all of them.
    pub(crate) fn names(&self) -> BTreeSet<&str> {
        let all = [&self.caught, &self.missed, &self.timed_out, &self.unviable];
        all.into_iter().flatten().map(String::as_str).collect()
    }
}

/// Some of all, counted from 0 as cargo-mutants does.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Shard {
    /// One of so many parts, each of which lies together: what is built for one is of use to the next.
    Slice { number: usize, of: usize },
    /// Every so manyth of all.
    Spread { number: usize, of: usize },
}

/// Every mutant of the present source.
pub(crate) fn all(house: &House) -> Result<Vec<Mutant>> {
    let said = stdout_of(command(house).args(WHOLE).arg("--list").current_dir(&house.root))?;
    said.lines().map(|name| Mutant::of(house, name)).collect()
}

fn command(house: &House) -> Command {
    let mut command = Command::new(tools::cargo_program(house, "cargo-mutants"));
    command.args(["mutants", "-p", "prepaid", "--no-shuffle", "--colors", "never"]);
    command
}

/// A copy of the tree to change, and where it is built.
pub(crate) struct Place {
    tree: PathBuf,
    build: PathBuf,
    results: PathBuf,
}

impl Place {
    /// Makes the copy, or brings it up to date. Only files that differ are written: cargo builds by their dates.
    pub(crate) fn of(house: &House) -> Result<Self> {
        let folder = house.target.join("xtask").join("mutants");
        let place =
            Self { tree: folder.join("tree"), build: folder.join("build"), results: folder.join("results") };
        let mut names = BTreeSet::new();
        for path in house.files()? {
            let name = house.name_of(&path);
            let (there, content) = (place.tree.join(&name), fs::read(&path)?);
            if !fs::read(&there).is_ok_and(|old| old == content) {
                fs::create_dir_all(there.parent().unwrap_or(&place.tree))?;
                fs::write(&there, content)?;
            }
            names.insert(name);
        }
        let copied = House { root: place.tree.clone(), target: place.build.clone() };
        for path in copied.files()? {
            if !names.contains(&copied.name_of(&path)) {
                fs::remove_file(&path)?;
            }
        }
        Ok(place)
    }

    /// Where the results of one run are kept.
    pub(crate) fn results(&self, name: &str) -> PathBuf {
        self.results.join(name)
    }

    /// Tries every so manyth with the quick tests, or that part of all which lies together.
    pub(crate) fn quickly(&self, house: &House, shard: Shard, out: &Path) -> Result<Came> {
        let (number, of, way) = match shard {
            Shard::Slice { number, of } => (number, of, "slice"),
            Shard::Spread { number, of } => (number, of, "round-robin"),
        };
        // First it is seen that the tests pass with nothing changed.
        let words = ["--baseline", "run", "--sharding", way, "--shard", &format!("{number}/{of}")];
        let words = words.map(String::from);
        self.run(house, &[WHOLE.map(String::from).as_slice(), &words].concat(), &QUICK, out)
    }

    /// Tries those that were missed once more, with all the tests.
    pub(crate) fn thoroughly(&self, house: &House, came: Came, out: &Path) -> Result<Came> {
        if came.missed.is_empty() {
            return Ok(came);
        }
        println!("{} once more, with all the tests", came.missed.len());
        let second = self.run(house, &exactly(&came.missed), &THOROUGH, out)?;
        let second = second.only(&came.missed);
        if second.names().len() != came.missed.len() {
            bail!("not all of those that were missed were tried once more; see {}", out.display());
        }
        let mut both = Came { missed: Vec::new(), ..came };
        both.add(second);
        Ok(both)
    }

    fn run(&self, house: &House, choice: &[String], trial: &Trial, out: &Path) -> Result<Came> {
        drop(fs::remove_dir_all(out));
        fs::create_dir_all(out)?;
        let mut command = command(house);
        command.args(choice).arg("--in-place").arg("-o").arg(out).args(["--timeout", PATIENCE]);
        // For cargo itself, so that no other program is built either.
        command.args(trial.programs.iter().map(|program| format!("--cargo-arg=--test={program}")));
        command.arg("--").arg("--").args(trial.words);
        command.current_dir(&self.tree).env("CARGO_TARGET_DIR", &self.build);
        // Built as soon as can be: the tests that notice something run in no time.
        command.env("CARGO_PROFILE_DEV_DEBUG", "0").env("CARGO_PROFILE_TEST_OPT_LEVEL", "0");
        // To stop at the first failure is not stable yet.
        command.env("CARGO_INCREMENTAL", "1").env("RUSTC_BOOTSTRAP", "1");
        let status = command.stdin(Stdio::null()).status().context("cannot start cargo-mutants")?;
        // 2 and 3 say that some were missed or timed out, which is read from the files.
        match status.code() {
            Some(0 | 2 | 3) => Came::read(out),
            Some(_) | None => bail!("cargo-mutants ended with {status}; see {}", out.display()),
        }
    }
}

/// The words that choose these mutants. Some more of the same files come with them: to cargo-mutants 27.1 every pattern
/// fits the mutants that delete a field.
fn exactly(names: &[String]) -> Vec<String> {
    let files: BTreeSet<&str> = names.iter().filter_map(|name| Some(name.split_once(':')?.0)).collect();
    let files = files.into_iter().flat_map(|file| ["--file".into(), file.into()]);
    files.chain(names.iter().flat_map(|name| ["--re".into(), format!("^{}$", escaped(name))])).collect()
}

/// Text as a pattern that fits nothing else.
fn escaped(text: &str) -> String {
    text.chars().fold(String::new(), |mut pattern, c| {
        if r"\.+*?()|[]{}^$#&-~".contains(c) {
            pattern.push('\\');
        }
        pattern.push(c);
        pattern
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_chooses_nothing_but_itself() {
        let name = "src/a.rs:1:2: replace f -> Option<u8> with Some(1) && *x".to_owned();
        let pattern = r"^src/a\.rs:1:2: replace f \-> Option<u8> with Some\(1\) \&\& \*x$";
        assert_eq!(exactly(&[name]), ["--file", "src/a.rs", "--re", pattern]);
    }
}
