//! The books: what each event enters, and that over generated lives they say what the machine says.
#![expect(unreachable_pub, clippy::unwrap_used, clippy::panic, reason = "tests stop at the first surprise")]

mod agree;
mod lives;
