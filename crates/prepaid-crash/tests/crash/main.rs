//! Killed at any moment, again and again: what was acknowledged is there once, and the provider's book is ours.
#![expect(
    unreachable_pub,
    clippy::unwrap_used,
    clippy::panic,
    clippy::arithmetic_side_effects,
    clippy::disallowed_methods,
    clippy::indexing_slicing,
    reason = "a test stops at the first surprise, and has files, processes and chance"
)]

mod books;
mod ledger;
mod process;
mod world;

use std::time::{Instant, SystemTime, UNIX_EPOCH};

use prepaid_crash::Chance;

use crate::world::{Count, World};

/// So many rounds go on the same files; what is checked after each of them is all that they hold.
const ROUNDS_OF_A_WORLD: u64 = 10;

fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok().map(|value| value.parse().unwrap())
}

#[test]
fn whatever_is_killed_nothing_acknowledged_is_lost_and_nobody_is_charged_twice() {
    let rounds = number("PREPAID_ROUNDS").unwrap_or(20);
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    let seed = number("PREPAID_SEED").unwrap_or(now.subsec_nanos().into());
    eprintln!("PREPAID_SEED={seed} PREPAID_ROUNDS={rounds}");
    let (began, mut chance, mut count) = (Instant::now(), Chance::new(seed), Count::default());
    let mut world = World::new();
    for round in 1..=rounds {
        let is_last = round == rounds || round.is_multiple_of(ROUNDS_OF_A_WORLD);
        world.round(&mut chance, round, is_last, &mut count);
        if is_last {
            world = World::new();
        }
        if round.is_multiple_of(50) {
            eprintln!("{round} rounds, {:?}: {count:?}", began.elapsed());
        }
    }
    eprintln!("{rounds} rounds in {:?}: {count:?}", began.elapsed());
    if rounds >= 20 {
        let enough = count.acked > 10 * rounds
            && count.taken > 0
            && count.refunds > 0
            && count.raced > 0
            && count.unknown_done > 0;
        assert!(enough, "this shows little: {count:?}");
    }
}
