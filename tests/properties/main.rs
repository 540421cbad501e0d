//! Properties: the laws of the machine, and generated lives against an independent naive model.
#![expect(
    unreachable_pub,
    clippy::unwrap_used,
    clippy::panic,
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::as_conversions,
    reason = "tests stop at the first surprise"
)]
#![expect(
    clippy::wildcard_enum_match_arm,
    clippy::manual_is_multiple_of,
    clippy::match_same_arms,
    reason = "choices are drawn by remainder, and most events say nothing of most laws"
)]

mod against;
mod booked;
mod books;
mod choice;
mod conservation;
mod credit;
mod generate;
mod laws;
mod lives;
mod model;
mod policies;
mod witness;
