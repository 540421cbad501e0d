//! A payment provider for tests: a process of its own with a durable book, that behaves as badly as it is told.
//!
//! The token of a payment method says how ([`Card`]): it declines, keeps everybody waiting, takes another amount, loses
//! its answer after it has taken the money, tells events late, twice, in the wrong order or against the truth. What it
//! did it has written down before it says so, and a process that is killed goes on with its book.
//!
//! It honours idempotency keys, and **forgets** them after a while, as real providers do: asked again under a key that it
//! has forgotten, it charges again. That is what the asking window of rule F3 must prevent, and what a test can show here.
//! A look-up finds a charge for ever.
//!
//! ```sh
//! prepaid-sandbox --book FILE --memory 24h     # prints {"port":40123,"torn":0}
//! ```
//!
//! Then one JSON object a line over TCP ([`Request`], [`Answer`]), or [`SandboxClient`], which is a gateway of the runtime,
//! and [`Feed`], which brings what would have come as webhooks:
//!
//! ```text
//! {"type":"charge","key":"k1","account":"…","charge":1,"amount":"20","currency":"USD","token":"card_ok"}
//! {"type":"payment","reference":"pay_1","state":{"status":"succeeded","amount":"20"}}
//! ```

mod book;
mod card;
mod client;
mod feed;
mod protocol;
mod provider;
mod server;
mod state;

pub use book::BookError;
pub use card::Card;
pub use client::{SandboxClient, Timeouts};
pub use feed::Feed;
pub use protocol::{
    Answer, Asked, AskedBack, BookedCharge, BookedDispute, BookedPayment, BookedRefund, Delivery, News,
    PaymentState, RefundState, Refusal, Request,
};
pub use provider::{Provider, Settings};
pub use server::{Server, Stopper};
