//! The books of generated lives, as three accounting programs see them.

use anyhow::Result;

use crate::checks;
use crate::house::House;

pub(super) fn run(house: &House, words: &[String]) -> Result<()> {
    checks::books(house, super::number(words, 100_000)?)
}
