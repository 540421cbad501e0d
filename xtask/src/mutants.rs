//! Small changes of the core, made by cargo-mutants: each is a fault that a test must notice. Those that no test can
//! notice stand in xtask/mutants.toml, each with its reason.

mod known;
mod try_out;

pub(crate) use self::known::{Known, LIST, Run, digest};
pub(crate) use self::try_out::{Came, Mutant, Place, Shard, all};

use crate::house::House;
use anyhow::Result;

/// Each of them that no test noticed and the list does not excuse, in a line of its own.
pub(crate) fn unexcused(house: &House, known: &Known, missed: &[String]) -> Result<Vec<String>> {
    let mut faults = Vec::new();
    for name in missed {
        let mutant = Mutant::of(house, name)?;
        if !known.excuses(&mutant) {
            faults.push(format!("{name}: no test notices it; write one, or give the reason in {LIST}"));
        }
    }
    Ok(faults)
}
