//! Watching libFuzzer at work: all it says goes into a log, what matters is shown, its last figures are kept.

use std::fmt;
use std::fs::File;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use crate::programs::shown;

/// So often a sign of life is shown.
const PULSE: Duration = Duration::from_secs(10);

/// What libFuzzer says of a run when it ends.
#[derive(Debug, Default)]
pub(super) struct Figures {
    /// Lines `name: number`, as libFuzzer writes them.
    stats: Vec<(String, u64)>,
    /// Its last sign of life, with what is covered.
    last: String,
}

impl fmt::Display for Figures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (name, number) in &self.stats {
            write!(f, "{name} {number}, ")?;
        }
        f.write_str(&self.last)
    }
}

/// How a run ended.
#[derive(Debug)]
pub(super) struct Watched {
    pub(super) figures: Figures,
    /// The input that a fault was found with, and what was said of it.
    pub(super) fault: Option<(String, String)>,
}

/// Runs it to its end.
pub(super) fn until_it_ends(name: &str, program: &mut Command, log: &Path) -> Result<Watched> {
    let line = shown(program);
    println!("$ {line}");
    let mut log = File::create(log).with_context(|| format!("cannot write {}", log.display()))?;
    program.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
    let mut child = program.spawn().with_context(|| format!("cannot start `{line}`"))?;
    let said = child.stderr.take().context("libFuzzer says nothing")?;
    let (mut figures, mut told, mut artifact) = (Figures::default(), Vec::new(), None);
    let (mut shown_at, mut faulty) = (Instant::now(), false);
    for text in BufReader::new(said).split(b'\n') {
        let text = String::from_utf8_lossy(&text?).into_owned();
        writeln!(log, "{text}")?;
        faulty |= text.contains("panicked at") || text.starts_with("==");
        if let Some((stat, number)) = text.strip_prefix("stat::").and_then(|rest| rest.split_once(':')) {
            figures.stats.push((stat.into(), number.trim().parse()?));
        } else if let Some((_, path)) = text.split_once("Test unit written to ") {
            artifact = Some(path.trim().to_owned());
        } else if text.starts_with('#') && text.contains(" cov: ") {
            figures.last = text.replace('\t', " ");
            if shown_at.elapsed() >= PULSE {
                shown_at = Instant::now();
                println!("{name:<14} {}", figures.last);
            }
        } else if faulty && told.len() < 12 {
            told.push(text);
        }
    }
    let status = child.wait()?;
    match artifact {
        Some(artifact) => Ok(Watched { figures, fault: Some((artifact, told.join("\n"))) }),
        None if status.success() => Ok(Watched { figures, fault: None }),
        None => bail!("`{line}` ended with {status}\n{}", told.join("\n")),
    }
}

/// Runs it and shows nothing of it; its log says why if it fails.
pub(super) fn quietly(program: &mut Command, log: &Path) -> Result<()> {
    let line = shown(program);
    println!("$ {line}");
    let to = File::create(log).with_context(|| format!("cannot write {}", log.display()))?;
    let status = program.stdin(Stdio::null()).stdout(Stdio::null()).stderr(to).status();
    let status = status.with_context(|| format!("cannot start `{line}`"))?;
    if !status.success() {
        bail!("`{line}` ended with {status}; see {}", log.display());
    }
    Ok(())
}
