//! The store in a file: what every store must pass, and what only a file can go through.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a test stops at the first surprise"
)]
#![expect(clippy::disallowed_methods, reason = "tests have files and threads")]

mod conformance;
mod copies;
mod damage;
mod lives;
mod memory;
mod opening;
mod racing;
mod room;
