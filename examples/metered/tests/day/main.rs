//! Days of the service, as a process, with the payment provider beside it.
#![expect(
    clippy::disallowed_methods,
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "a test starts processes, speaks to them, and waits with deadlines"
)]

mod keys;
mod life;
mod repeats;
mod service;
