//! The sandbox as a process of its own: every card, a book that outlives it, keys that it forgets, and the runtime on it.
#![expect(
    unreachable_pub,
    clippy::unwrap_used,
    clippy::panic,
    clippy::arithmetic_side_effects,
    clippy::disallowed_methods,
    clippy::indexing_slicing,
    reason = "tests stop at the first surprise, and wait for processes"
)]

mod asking;
mod book;
mod cards;
mod driven;
mod process;
mod restarts;
mod runtime;
