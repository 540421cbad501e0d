//! How much of the core its tests run, lines and branches, with all of the tests.

use anyhow::Result;

use crate::checks;
use crate::house::House;
use crate::tools::{self, CARGO_LLVM_COV, LLVM};

pub(super) fn run(house: &House, words: &[String]) -> Result<()> {
    super::nothing(words)?;
    tools::ready(house, CARGO_LLVM_COV, true)?;
    tools::ready(house, LLVM, true)?;
    checks::whole_cover(house)
}
