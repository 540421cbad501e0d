//! The life of a prepaid API-credit account as a pure state machine.
//!
//! An owner accepts the developer agreement, chooses a use, links a payment method and creates a first key, which
//! funds the account; calls spend the credit by price; and when the balance falls to a threshold, it is topped up to a
//! target. This crate knows every rule of that life and does nothing: no clock, no randomness, no I/O. Time, ids and
//! the payment provider's answers come in as [`Command`]s; what happened comes out as [`Event`]s, what the world is
//! owed as [`Effect`]s. The rules are numbered in `docs/rules.md`; items name the rule they come from.
//!
//! # The contract: one account, one line of commands
//!
//! * Call [`step`] with one command at a time per account, and append the [`Batch`] it returns, whole or not at all,
//!   before anybody is told.
//! * Perform [`effects`] only after their batch is stored, as often as needed, under the idempotency key they carry, and
//!   bring what comes of them back as commands. Tick before performing one.
//! * Tick at [`next_deadline`], or later: nothing is lost by being late.
//! * After [`Rejection::Defect`] drop the value and [`replay`] it. It means a fault in this crate.
//!
//! In return: the same account, policy, command and time give the same batch; folding the batches with [`evolve`] gives
//! the state [`step`] left; a refused command has changed nothing.
//!
//! ```
//! use prepaid::*;
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let uuid = uuid::Uuid::from_u128;
//! # let commands = vec![
//! #     (Action::Open { account: AccountId(uuid(1)), owner: OwnerId(uuid(2)), currency: None }).by(Actor::Owner),
//! #     (Action::AcceptTerms { version: "TOS_2024_04_20".parse()?, by: "Ada".parse()?, entity: None }).by(Actor::Owner),
//! #     (Action::ChooseUse { kind: UseKind::Personal, billing_ref: None, billing_digest: None }).by(Actor::Owner),
//! #     (Action::LinkPaymentMethod { token: "pm_1".parse()?, fingerprint: None, brand: "visa".parse()?,
//! #         last_four: "4242".parse()?, expires: "2031-01".parse()? }).by(Actor::Owner),
//! #     (Action::CreateKey { key: KeyId(uuid(3)), digest: Digest([3; 32]), shown: "ppk_A1b2".parse()?, label: None,
//! #         expires_at: None }).by(Actor::Owner),
//! # ];
//! # fn ask_provider(effect: &Effect) -> Option<Command> {
//! #     let Effect::MakeCharge { charge, amount, .. } = effect else { return None };
//! #     let reference = "ch_1".parse().ok()?;
//! #     Some(Action::ChargeSucceeded { charge: *charge, amount: *amount, reference }.by(Actor::Provider))
//! # }
//! let policy = Policy::default();
//! let mut now: Timestamp = "2025-01-01T00:00:00Z".parse()?;
//! let mut store: Vec<Batch> = Vec::new();
//! let mut account = replay(&store)?; // or a snapshot
//! let mut inbox: std::collections::VecDeque<Command> = commands.into();
//! while let Some(command) = inbox.pop_front() {
//!     match step(&mut account, &policy, &command, now) {
//!         Ok(batch) if batch.events.is_empty() => {} // a repeat: nothing to store
//!         Ok(batch) => store.push(batch), // durable before anybody is told
//!         Err(rejection) => println!("refused: {rejection}"),
//!     }
//!     for effect in effects(&account) {
//!         inbox.extend(ask_provider(&effect)); // at the time of the step: later, tick first
//!     }
//!     if inbox.is_empty() && let Some(at) = next_deadline(&account) {
//!         now = at; // a shell sleeps until then
//!         inbox.push_back(Action::Tick {}.by(Actor::Clock));
//!     }
//! }
//! assert_eq!(account.balance().available, "20.00".parse::<Balance>()?); // funded by the first key
//! assert_eq!(replay(&store)?, account);
//! # Ok(())
//! # }
//! ```
#![no_std]
#![forbid(unsafe_code)]

extern crate alloc;

mod account;
mod answer;
mod audit;
mod command;
mod currency;
mod effect;
mod event;
mod events;
mod evolve;
mod id;
mod journal;
mod money;
mod payment;
mod policy;
mod price;
mod react;
mod rejection;
mod snapshot;
mod step;
mod tags;
mod text;
mod time;

pub use account::due::next_deadline;
pub use account::{
    Acceptance, Account, Balances, ChargePhase, Counting, Dispute, DisputeBar, DisputePhase, EndedCharge,
    IfNotTaken, Key, KeyRefusal, KeyState, LateCall, Lot, LotPhase, Notice, OpenCall, OpenCharge,
    OpenedAccount, Outcome, RecordedRefund, Recovery, Refund, RefundPhase, Reports, StageTag, Standing, Term,
    Used, Violation,
};
pub use audit::{Audit, AuditError, AuditFault, AuditLine};
pub use command::{
    Action, ActionTag, Actor, Command, Decline, DisputeOutcome, KeyLimit, RevokeFor, Setting, UseKind,
};
pub use currency::{Currency, CurrencyError};
pub use effect::{Effect, EffectTag, IdempotencyKey, effects};
pub use event::{
    AccountOpened, Billing, CancelCause, Cap, ChargeKind, ChargeRequested, Event, EventTag, GrantIssued,
    KeyCreated, PauseReason, RefundCause, ReversalReason, RevokeReason, TermsAccepted, TopUpSettings,
    UseChosen,
};
pub use events::{Batch, Events};
pub use evolve::{CorruptHistory, evolve, replay};
pub use id::{
    AccountId, CallId, ChargeNumber, Digest, DigestError, GrantId, KeyId, KeyNumber, OwnerId, RefundNumber,
    Shown, ShownError,
};
pub use journal::{
    Book, BookKind, BookedGrant, Entry, Journal, JournalError, JournalFault, Posting, Subject,
};
pub use money::{Amount, AmountError, Balance};
pub use payment::{Brand, CardExpiry, Fingerprint, LastFour, PaymentError, PaymentMethod, PaymentToken};
pub use policy::{LowerBound, Policy, PolicyFault, PolicyFaults, PolicyNumbers};
pub use price::{
    PriceFault, PriceList, PriceListFaults, PriceListNumbers, PriceVersion, Quote, QuoteOrigin, UnitPrice,
    Unpriced, Usage,
};
pub use rejection::{OutdatedTerms, Rejection, RejectionClass, RejectionTag, SettingFault, TopUpOutlook};
pub use snapshot::Snapshot;
pub use step::{decide, step};
pub use text::{Label, TermsVersion, Text, TextError};
pub use time::{Interval, Span, TimeError, Timestamp, Window};

/// The README's examples are run as tests.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
