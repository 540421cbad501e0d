//! What is wrong with an input file, told with file, line, field, value and what would be right; and how a run ends.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use prepaid_runtime::StoreError;

/// So many faults of a file are told.
const TOLD: usize = 20;

/// One thing that is wrong with a file.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Fault {
    /// The line, from 1; none where the fault is of the file as a whole.
    pub(crate) line: Option<u64>,
    /// What is wrong, and what would be right.
    pub(crate) what: String,
}

/// The faults of one file, in the order of their lines; there is at least one.
#[derive(Debug)]
pub(crate) struct Faults {
    file: PathBuf,
    told: Vec<Fault>,
    untold: u64,
}

/// Why a run stopped.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Stopped {
    /// An input file has faults.
    #[error("{0}")]
    Refused(Faults),
    /// The options do not fit together, or not the input.
    #[error("{0}")]
    Unfit(String),
    /// A file could not be read or written.
    #[error("cannot {verb} {}: {error}", .file.display())]
    File {
        /// What was tried.
        verb: &'static str,
        /// Which file.
        file: PathBuf,
        /// What the system says.
        error: io::Error,
    },
    /// A store could not be opened, or not read to its end.
    #[error("{}: {error}", .file.display())]
    Store {
        /// Which file.
        file: PathBuf,
        /// What the store says.
        error: StoreError,
    },
    /// The log could not be written to its end.
    #[error("cannot write {}: {error}", .file.display())]
    Unwritten {
        /// Which file.
        file: PathBuf,
        /// What the system says.
        error: io::Error,
    },
    /// The output could not be written.
    #[error("cannot write the output: {0}")]
    Output(#[from] io::Error),
}

impl Stopped {
    /// The exit status: whether anything was done before it stopped.
    pub(crate) const fn status(&self) -> u8 {
        match self {
            Self::Refused(_) | Self::Unfit(_) | Self::File { .. } | Self::Store { .. } => 2,
            Self::Unwritten { .. } | Self::Output(_) => 3,
        }
    }
}

impl Faults {
    /// No faults of `file` yet.
    pub(crate) fn of(file: &Path) -> Self {
        Self { file: file.into(), told: Vec::new(), untold: 0 }
    }

    /// Adds a fault.
    pub(crate) fn add(&mut self, line: Option<u64>, what: impl Into<String>) {
        if self.told.len() < TOLD {
            self.told.push(Fault { line, what: harmless(&what.into()) });
        } else {
            self.untold = self.untold.saturating_add(1);
        }
    }

    /// Whether there are more than are told, so that looking further is of no use.
    pub(crate) const fn are_many(&self) -> bool {
        self.untold > 0
    }

    /// `value`, if there are no faults.
    pub(crate) fn unless_any<T>(self, value: T) -> Result<T, Stopped> {
        if self.told.is_empty() { Ok(value) } else { Err(Stopped::Refused(self)) }
    }

    /// One fault, as the end of a run.
    pub(crate) fn one(file: &Path, line: Option<u64>, what: impl Into<String>) -> Stopped {
        let mut faults = Self::of(file);
        faults.add(line, what);
        Stopped::Refused(faults)
    }
}

impl fmt::Display for Faults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let file = self.file.display();
        for (n, Fault { line, what }) in self.told.iter().enumerate() {
            let separator = if n == 0 { "" } else { "\n" };
            match line {
                Some(line) => write!(f, "{separator}{file}:{line}: {what}")?,
                None => write!(f, "{separator}{file}: {what}")?,
            }
        }
        match self.untold {
            0 => Ok(()),
            1 => write!(f, "\n{file}: and at least one more fault"),
            more => write!(f, "\n{file}: and at least {more} more faults"),
        }
    }
}

/// So many characters of a value are told.
const SHOWN: usize = 60;

/// A text, cut where it is long.
pub(crate) fn cut(text: &str) -> String {
    match text.char_indices().nth(SHOWN).and_then(|(end, _)| text.get(..end)) {
        Some(start) => format!("{start}…"),
        None => text.into(),
    }
}

/// A text in quotes, cut where it is long.
pub(crate) fn quoted(text: &str) -> String {
    format!("{:?}", cut(text))
}

/// A key is longer than this, so what is longer is not repeated where a key may have come into the wrong field (C2).
const NO_KEY: usize = 40;

/// A text in quotes where it is short, and else only its length.
pub(crate) fn discreet(text: &str) -> String {
    match text.chars().count() {
        0..=NO_KEY => format!("{text:?}"),
        characters => format!("a text of {characters} characters"),
    }
}

/// A name where it is short, and else only its length.
pub(crate) fn discreet_name(name: &str) -> String {
    match name.chars().count() {
        0..=NO_KEY => name.into(),
        characters => format!("with a name of {characters} characters"),
    }
}

/// The text without what a terminal would obey: a file may be anybody's.
fn harmless(text: &str) -> String {
    let mut said = String::new();
    for c in text.chars() {
        if c.is_control() {
            said.extend(c.escape_default());
        } else {
            said.push(c);
        }
    }
    said
}

/// The number of the line in which the byte at `offset` stands.
pub(crate) fn line_at(text: &str, offset: usize) -> u64 {
    let before = text.as_bytes().get(..offset).unwrap_or(text.as_bytes());
    let lines = before.split(|byte| *byte == b'\n').count();
    u64::try_from(lines).unwrap_or(u64::MAX)
}
