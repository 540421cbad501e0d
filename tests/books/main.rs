//! The books: what each event enters, the example of docs/journal.md, and that over generated lives they say what the machine says.
#![expect(
    unreachable_pub,
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests stop at the first surprise"
)]

mod agree;
mod example;
mod lives;
mod postings;
