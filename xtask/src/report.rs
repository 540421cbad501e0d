//! What a person sees: a heading and an end for each check, and one table at the close.

use std::time::Duration;

/// How one check ended. There is no third way between run and not run: nothing is skipped quietly.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Outcome {
    Passed,
    Failed(String),
    NotRun(String),
}

/// One row of the closing table.
#[derive(Debug)]
pub(crate) struct Row {
    pub(crate) name: &'static str,
    pub(crate) outcome: Outcome,
    pub(crate) took: Duration,
}

pub(crate) fn heading(name: &str, shows: &str) {
    println!("\n== {name}: {shows}");
}

pub(crate) fn ending(row: &Row) {
    let seconds = row.took.as_secs_f32();
    match &row.outcome {
        Outcome::Passed => println!("-- {}: passed in {seconds:.1} s", row.name),
        Outcome::Failed(why) => println!("-- {}: FAILED in {seconds:.1} s: {why}", row.name),
        Outcome::NotRun(why) => println!("-- {}: NOT RUN: {why}", row.name),
    }
}

/// The closing table, and whether all is well; `strict` makes a check that could not run a failure.
pub(crate) fn closing(rows: &[Row], strict: bool) -> bool {
    println!("\n== summary");
    for row in rows {
        let (word, why) = match &row.outcome {
            Outcome::Passed => ("ran, passed", ""),
            Outcome::Failed(why) => ("ran, FAILED", why.as_str()),
            Outcome::NotRun(why) => ("NOT RUN", why.as_str()),
        };
        let first_line = why.lines().next().unwrap_or("");
        let line = format!("{:<16} {word:<12} {:>7.1} s  {first_line}", row.name, row.took.as_secs_f32());
        println!("{}", line.trim_end());
    }
    let count = |wanted: fn(&Outcome) -> bool| rows.iter().filter(|row| wanted(&row.outcome)).count();
    let passed = count(|outcome| matches!(outcome, Outcome::Passed));
    let failed = count(|outcome| matches!(outcome, Outcome::Failed(_)));
    let not_run = count(|outcome| matches!(outcome, Outcome::NotRun(_)));
    if strict && not_run > 0 {
        println!("with CI=true a check that could not run is a failure");
    }
    let took: Duration = rows.iter().map(|row| row.took).sum();
    println!("everything took {:.0} s", took.as_secs_f32());
    println!("checks: {passed} passed, {failed} failed, {not_run} skipped");
    failed == 0 && !(strict && not_run > 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(outcome: Outcome) -> Row {
        Row { name: "a", outcome, took: Duration::ZERO }
    }

    #[test]
    fn a_failure_fails_and_a_check_not_run_fails_only_when_strict() {
        assert!(closing(&[row(Outcome::Passed)], true));
        assert!(!closing(&[row(Outcome::Passed), row(Outcome::Failed("x".into()))], false));
        assert!(closing(&[row(Outcome::NotRun("x".into()))], false));
        assert!(!closing(&[row(Outcome::NotRun("x".into()))], true));
    }
}
