//! The crash test: a process that drives mixed load through the loop and its embedded store is killed at any moment, and
//! the provider beside it too; what was acknowledged must be there, once, and the provider's book must be ours.
//!
//! The process says what it asks before it asks, and what was acknowledged after that ([`Line`]). Its parent, the test in
//! `tests/crash`, kills it (`SIGKILL`), starts everything again on the same files, and compares. A killed process leaves
//! what it wrote to the operating system: this shows that nothing is acknowledged too early or done twice, not that the
//! disk was synced.
//!
//! ```sh
//! cargo test -p prepaid-crash                        # 20 rounds
//! PREPAID_ROUNDS=500 cargo test -p prepaid-crash     # more
//! PREPAID_SEED=7 cargo test -p prepaid-crash         # the load and the kills of a seed; threads are not in its hands
//! ```

mod chance;
mod choice;
mod load;
mod told;
mod webhooks;

pub use chance::Chance;
pub use load::Load;
pub use told::{Acked, Asked, Line, found};
pub use webhooks::Webhooks;

use std::time::Duration;

use prepaid::AccountId;
use prepaid_runtime::Options;
use prepaid_sandbox::{SandboxClient, Timeouts};
use uuid::Uuid;

/// How many accounts there are.
pub const ACCOUNTS: u64 = 20;

/// All of them.
pub fn accounts() -> impl Iterator<Item = AccountId> {
    (1..=ACCOUNTS).map(|number| AccountId(Uuid::from_u128(number.into())))
}

/// Those of a loop that asks the provider again soon.
#[must_use]
pub fn options() -> Options {
    Options {
        retry: Duration::from_millis(5),
        longest_retry: Duration::from_millis(40),
        ..Options::default()
    }
}

/// A client of the provider on this port, that waits no longer than a test likes to.
#[must_use]
pub fn client(port: u16) -> SandboxClient {
    SandboxClient::at(port).with_timeouts(Timeouts { answer: Duration::from_secs(2), ..Timeouts::default() })
}
