//! Generated lives, as many as one likes, compared with the naive model.

use anyhow::Result;

use crate::house::House;
use crate::programs::{cargo, must_pass};

pub(super) fn run(house: &House, words: &[String]) -> Result<()> {
    let lives = super::number(words, 10_000_000)?;
    let mut test = cargo(
        house,
        &["test", "--release", "-p", "prepaid", "--test", "properties", "lives::", "--", "--nocapture"],
    );
    must_pass(test.env("PREPAID_LIVES", lives.to_string()))
}
