//! Stored batches, one a line, and what comes after them.
#![no_main]
#![expect(clippy::disallowed_methods, reason = "what the macro expands to can write a file")]

use libfuzzer_sys::{fuzz_mutator, fuzz_target};

fuzz_target!(|data: &[u8]| prepaid_fuzz::logs(data));

fuzz_mutator!(|data: &mut [u8], size: usize, max_size: usize, seed: u32| {
    prepaid_fuzz::lines_mutated(data, size, max_size, seed)
});
