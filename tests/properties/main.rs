//! Properties: the laws of the machine, and generated lives against an independent naive model.
#![expect(
    unreachable_pub,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    clippy::as_conversions,
    clippy::cast_possible_truncation,
    reason = "tests stop at the first surprise"
)]

mod conservation;
mod generate;
mod laws;
mod lives;
#[expect(clippy::pedantic, reason = "kept as its author wrote it, apart from the library's house style")]
mod model;
