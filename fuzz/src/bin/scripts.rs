//! What `prepaid play` reads.
#![no_main]

use libfuzzer_sys::{fuzz_mutator, fuzz_target};

fuzz_target!(|data: &[u8]| prepaid_fuzz::scripts(data));

fuzz_mutator!(|data: &mut [u8], size: usize, max_size: usize, seed: u32| {
    prepaid_fuzz::lines_mutated(data, size, max_size, seed)
});
