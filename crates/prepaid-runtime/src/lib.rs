//! The driving loop of prepaid accounts: a command comes in with its request id, the account is loaded and stepped, the
//! batch is committed together with the request's id and the new state, and only then is anybody told. What the account
//! owes the world is performed after that, its results come back as commands, and deadlines are kept.
//!
//! This crate knows no rule, no SQL and no HTTP. It knows four ports: an [`EventStore`], a [`Gateway`], a [`Clock`], and
//! for reading a [`ReadStore`]. [`MemoryStore`] is a store for tests; [`conformance`] is what every store must pass.
//!
//! # What is promised
//!
//! * An answer is given after its batch is durable, never before (K6, K5).
//! * A request that produced events is remembered by its id in the same transaction: repeated, it gives those events and
//!   changes nothing, also after a restart and from another process; with other content it is refused (K6).
//! * One line of commands per account, whoever sends them; commits of many accounts share one sync.
//! * Queues are bounded: a full one refuses at once ([`Refused::Busy`]).
//! * An outcome that is not known is read back from the store or asked of the gateway again, never guessed.
//!
//! ```
//! use prepaid::{AccountId, Action, Actor, OwnerId, Policy};
//! use prepaid_runtime::{MemoryStore, Options, Runtime, Submission, SystemClock, Untouched};
//! let runtime = Runtime::start(MemoryStore::default(), Untouched, Policy::default(), SystemClock::default(), Options::default())?;
//! let account = AccountId(uuid::Uuid::from_u128(1));
//! let open = Action::Open { account, owner: OwnerId(uuid::Uuid::from_u128(2)), currency: None }.by(Actor::Owner);
//! let submission = Submission::new(account, open).with_request("open-1".parse()?);
//! let answer = runtime.handle().submit(submission.clone())?.wait()?;
//! assert_eq!((answer.batch.events.len(), answer.repeated), (1, false));
//! let again = runtime.handle().submit(submission)?.wait()?; // say, because the answer was lost
//! assert_eq!((again.batch, again.repeated), (answer.batch, true));
//! runtime.shut_down();
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod attempts;
mod clock;
pub mod conformance;
mod fact;
mod forgetting;
mod gateway;
mod handle;
mod memory;
mod perform;
pub mod read;
mod request;
mod runtime;
mod store;
mod timer;
mod writer;

pub use clock::{Clock, ClockError, ManualClock, SteadyClock, SystemClock};
pub use fact::{Fact, Reversal, is_more_than_calls, item_of};
pub use gateway::{Gateway, GatewayError, Untouched};
pub use handle::{Answer, Awaited, Handle, Refused, Submission, Ticket};
pub use memory::MemoryStore;
pub use request::{RequestId, content_of, content_of_command};
pub use runtime::{Options, Runtime};
pub use store::{
    Append, AppendError, BatchRow, Change, EventStore, Forgotten, Group, KeyOwner, Loaded, Page, ReadStore,
    Remembered, State, StoreError, Taken, UsagePlace, UsageRow, Waking,
};
