//! The states that an account can reach, within bounds; and as many of them by another explorer.

use anyhow::Result;

use crate::house::House;
use crate::programs::{cargo, must_pass};

/// The package that has stateright search the same scenes.
const STATERIGHT: &str = "tests/stateright/Cargo.toml";

pub(super) fn run(house: &House, words: &[String]) -> Result<()> {
    if let [first, rest @ ..] = words
        && first == "stateright"
    {
        let states = super::number(rest, 20_000)?.to_string();
        let program =
            ["run", "--release", "--locked", "--quiet", "--manifest-path", STATERIGHT, "--", &states];
        return must_pass(&mut cargo(house, &program));
    }
    let states = super::number(words, 10_000_000)?;
    let mut test = cargo(
        house,
        &["test", "--release", "-p", "prepaid", "--test", "explore", "every_rule", "--", "--nocapture"],
    );
    must_pass(test.env("PREPAID_STATES", states.to_string()))
}
