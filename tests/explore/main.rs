//! Every state that an account can reach under a small alphabet of commands, breadth-first, each rule checked in every
//! state and over every step. See README.md.
#![expect(
    unreachable_pub,
    clippy::unwrap_used,
    clippy::panic,
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::as_conversions,
    reason = "tests stop at the first surprise"
)]
#![expect(
    clippy::wildcard_enum_match_arm,
    clippy::manual_is_multiple_of,
    clippy::match_same_arms,
    reason = "the model and the witness say nothing of most things"
)]

#[path = "../properties/against.rs"]
mod against;
mod alphabet;
mod checks;
mod cure;
mod explorer;
#[path = "../properties/model/mod.rs"]
mod model;
mod node;
mod projection;
mod scenes;
mod tally;
#[path = "../properties/witness.rs"]
mod witness;

use std::collections::HashSet;

use explorer::Report;

/// So many distinct states in all the normal run must look at.
const USUAL: usize = 300_000;

/// Scenes that come to an end, if so many states may be looked at.
const ENDING: ([&str; 2], usize) = (["entry", "refunds"], 10_000);

/// Searches every scene in turn, each until it is at its end or has its share of the states, and prints a line of each.
fn search(states: usize) -> Result<Report, String> {
    let (mut all, mut found) = (Report::default(), HashSet::new());
    let scenes = scenes::all();
    let mut left = scenes.len();
    println!("{}", Report::HEADING);
    for scene in scenes {
        // What a scene leaves over goes to those after it, the last of which has no end in sight.
        let share = states.saturating_sub(all.new).div_ceil(left);
        left -= 1;
        let report = explorer::explore(&scene, share, &mut found)?;
        assert!(report.samples >= 20, "`{}`: only {} pairs were compared", scene.name, report.samples);
        let (ending, within) = ENDING;
        let must_end = share >= within && ending.contains(&scene.name);
        assert!(report.complete || !must_end, "`{}` has come to no end", scene.name);
        println!("{}", report.line(scene.name));
        all.add(&report);
    }
    println!("{}", all.line("all"));
    Ok(all)
}

/// How many states to look at: those of the normal run, or more with `PREPAID_STATES=N`.
#[expect(clippy::disallowed_methods, reason = "how far to search is the caller's to say")]
fn wanted() -> usize {
    std::env::var("PREPAID_STATES").ok().map_or(USUAL, |text| text.parse().unwrap())
}

#[test]
fn every_rule_holds_in_every_state_within_bounds() {
    let report = search(wanted()).unwrap_or_else(|fault| panic!("{fault}"));
    for ((kind, name), times) in &report.tally.seen {
        println!("{times:>11} {kind} {name}");
    }
    assert!(report.new >= wanted(), "only {} distinct states", report.new);
    assert!(report.samples >= 1_000, "only {} pairs of one projection were compared", report.samples);
    let missing = report.tally.missing();
    assert!(missing.is_empty(), "never came up: {missing:?}");
}

/// A short look at one scene: what the breaks are tried against.
fn first_look(name: &str) {
    let scene = scenes::all().into_iter().find(|scene| scene.name == name).unwrap();
    let report =
        explorer::explore(&scene, 1_000, &mut HashSet::new()).unwrap_or_else(|fault| panic!("{fault}"));
    assert!(report.states >= 1_000, "only {} states", report.states);
}

macro_rules! first_looks {
    ($($name:ident)*) => { mod first_look { $(#[test] fn $name() { super::first_look(stringify!($name)); })* } };
}

first_looks! {
    refunds onboarding migrated outdated keys calls charges manual caps limits grants reversals closing debts archive everything
}
