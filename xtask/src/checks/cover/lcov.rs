//! Reads a report in the form of lcov: `SF` names a file, `DA` a line and how often it ran, `BRDA` one way of a branch.

use std::collections::BTreeMap;

/// What was measured of one file.
#[derive(Debug, Default)]
pub(super) struct File {
    lines: BTreeMap<usize, u64>,
    /// By line, block and way.
    branches: BTreeMap<(usize, String), u64>,
}

/// What was measured of the core, by file.
#[derive(Debug, Default)]
pub(super) struct Measured {
    pub(super) files: BTreeMap<String, File>,
}

impl Measured {
    pub(super) fn read(report: &str, root: &str) -> Self {
        let (mut measured, mut name) = (Self::default(), None);
        for line in report.lines() {
            let Some((kind, rest)) = line.split_once(':') else { continue };
            if kind == "SF" {
                let inside = rest.strip_prefix(root).map(|rest| rest.trim_start_matches('/'));
                name = inside.filter(|inside| inside.starts_with("src/")).map(String::from);
            }
            let Some(name) = &name else { continue };
            let file = measured.files.entry(name.clone()).or_default();
            // A function that exists for several types is told several times: each of them counts.
            if let ("DA", Some((number, times))) = (kind, numbered(rest)) {
                let (times, _) = times.split_once(',').unwrap_or((times, ""));
                *file.lines.entry(number).or_default() += times.parse::<u64>().unwrap_or(0);
            } else if let ("BRDA", Some((number, rest))) = (kind, numbered(rest)) {
                let (way, times) = rest.rsplit_once(',').unwrap_or((rest, "-"));
                *file.branches.entry((number, way.into())).or_default() += times.parse::<u64>().unwrap_or(0);
            }
        }
        measured
    }

    /// How many lines there are, and how many are run.
    pub(super) fn lines(&self) -> (usize, usize) {
        let all = || self.files.values().flat_map(|file| file.lines.values());
        (all().count(), all().filter(|times| **times > 0).count())
    }

    /// How many ways of branches there are, and how many are taken.
    pub(super) fn branches(&self) -> (usize, usize) {
        let all = || self.files.values().flat_map(|file| file.branches.values());
        (all().count(), all().filter(|times| **times > 0).count())
    }

    /// The lines that are not run, by file.
    pub(super) fn not_run(&self) -> BTreeMap<String, Vec<usize>> {
        let not_run = |file: &File| {
            let lines = file.lines.iter().filter(|(_, times)| **times == 0);
            lines.map(|(number, _)| *number).collect::<Vec<_>>()
        };
        let all = self.files.iter().map(|(name, file)| (name.clone(), not_run(file)));
        all.filter(|(_, lines)| !lines.is_empty()).collect()
    }
}

fn numbered(text: &str) -> Option<(usize, &str)> {
    let (number, rest) = text.split_once(',')?;
    Some((number.parse().ok()?, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_is_read() {
        let report = "SF:/x/src/a.rs\nFN:1,a\nDA:1,3\nDA:2,0\nDA:2,1\nDA:4,0\nBRDA:2,0,0,1\nBRDA:2,0,1,-\n\
                      BRDA:2,1,0,0\nend_of_record\nSF:/x/tests/b.rs\nDA:1,0\nend_of_record\n";
        let measured = Measured::read(report, "/x");
        assert_eq!((measured.lines(), measured.branches()), ((3, 2), (3, 1)));
        assert_eq!(measured.not_run(), BTreeMap::from([("src/a.rs".into(), vec![4])]));
    }
}
