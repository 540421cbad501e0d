//! Lives before they are lived: which policy, and choices; and how many of them to search.

use proptest::prelude::*;
use proptest::test_runner::RngSeed;

use crate::choice::Choice;

/// A life before it is lived: a policy, and choices.
pub fn lives(most: usize) -> impl Strategy<Value = (u8, Vec<Choice>)> {
    let choice = any::<(u8, u8, u8, u8, u8)>().prop_map(|(what, amount, id, other, wait)| Choice {
        what,
        amount,
        id,
        other,
        wait,
    });
    (any::<u8>(), prop::collection::vec(choice, 1..most))
}

/// How far to search: the same lives in every run, so that a run can be repeated; with `PREPAID_LIVES=N`, N new ones.
#[expect(clippy::disallowed_methods, reason = "how long to search is the caller's to say")]
pub fn search(usual: u32) -> ProptestConfig {
    let asked = std::env::var("PREPAID_LIVES").ok().map(|text| text.parse().unwrap());
    ProptestConfig {
        cases: asked.unwrap_or(usual),
        failure_persistence: None,
        rng_seed: if asked.is_some() { RngSeed::Random } else { RngSeed::Fixed(20_250_101) },
        ..ProptestConfig::default()
    }
}
