//! What happened to an account: the stored schema. Additive for ever; every event carries every resolved fact.

mod details;
mod tag;

use alloc::boxed::Box;
use alloc::sync::Arc;

use serde::{Deserialize, Serialize};

pub(crate) use self::details::is_zero;
pub use self::details::{
    AccountOpened, Billing, CancelCause, Cap, ChargeKind, ChargeRequested, GrantIssued, KeyCreated,
    PauseReason, RefundCause, ReversalReason, RevokeReason, TermsAccepted, TopUpSettings, UseChosen,
};
pub use self::tag::EventTag;

use crate::command::{Decline, DisputeOutcome, KeyLimit};
use crate::id::{CallId, ChargeNumber, GrantId, KeyId, KeyNumber, RefundNumber};
use crate::money::{Amount, Balance};
use crate::payment::{Fingerprint, PaymentMethod};
use crate::price::QuoteOrigin;
use crate::text::{Label, Text};
use crate::time::Timestamp;

/// One fact about an account. When it happened is the `at` of its batch, unless a field says otherwise.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Event {
    /// The account exists, with the settings in force (A1, B5).
    AccountOpened(Box<AccountOpened>),
    /// The developer agreement was accepted (A3).
    TermsAccepted(Box<TermsAccepted>),
    /// Personal or business use was chosen (A4).
    UseChosen(Box<UseChosen>),
    /// The use or the billing details were corrected (A4).
    BillingUpdated(Box<UseChosen>),
    /// A payment method was linked or replaced (A5).
    PaymentMethodLinked(Box<PaymentMethod>),
    /// The first key was asked for; it stays inert until the initial funding has succeeded (B1).
    FirstKeyRequested(Box<KeyCreated>),
    /// The pending first key was revoked; its charge runs on (B2).
    FirstKeyDropped {
        /// The key that will never be.
        key: KeyId,
    },
    /// A later key exists and works (C1).
    KeyCreated(Box<KeyCreated>),
    /// A key was given another label, or none (C6).
    KeyRelabelled {
        /// Which key.
        key: KeyNumber,
        /// The new label.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        label: Option<Label>,
    },
    /// A key was revoked for good (C5).
    KeyRevoked {
        /// Which key.
        key: KeyNumber,
        /// Why.
        reason: RevokeReason,
    },
    /// A key has another spending limit, or none (C6).
    KeyLimited {
        /// Which key.
        key: KeyNumber,
        /// The new limit.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        limit: Option<KeyLimit>,
    },
    /// The automatic top-up has these settings now (E5).
    TopUpSet(Box<TopUpSettings>),
    /// Waits and pauses of the automatic top-up were cleared on command (F5).
    TopUpReactivated {},
    /// A charge is to be made (E2, F1).
    ChargeRequested(Box<ChargeRequested>),
    /// The owner has to act before the provider takes the money (F4).
    ChargeActionRequired {
        /// Which charge.
        charge: ChargeNumber,
        /// The provider's reference.
        reference: Text,
        /// When the charge is cancelled if nobody has acted.
        until: Timestamp,
    },
    /// The window for asking is over: from now on the charge is only looked up (F3).
    ChargeAskingEnded {
        /// Which charge.
        charge: ChargeNumber,
    },
    /// The charge's cancellation is owed (F4).
    ChargeCancelling {
        /// Which charge.
        charge: ChargeNumber,
        /// Why.
        cause: CancelCause,
    },
    /// An earlier charge's late success made this one needless: its cancellation is owed, and its ending is no decline (F1).
    ChargeSuperseded {
        /// Which charge.
        charge: ChargeNumber,
    },
    /// The provider reported another amount than was asked; nothing is credited (F2).
    ChargeMismatched {
        /// Which charge.
        charge: ChargeNumber,
        /// What was asked (or, for a charge resolved by evidence, credited).
        expected: Amount,
        /// What the provider says it took.
        reported: Amount,
        /// The provider's reference.
        reference: Text,
    },
    /// The operator settled the charge by evidence; its ending follows in the same batch (F3b).
    ChargeResolved {
        /// Which charge.
        charge: ChargeNumber,
        /// How much was taken; zero for nothing.
        taken: Amount,
        /// Where the evidence is kept.
        evidence: Text,
    },
    /// The charge succeeded and its amount is credit now (F2).
    ChargeSucceeded {
        /// Which charge.
        charge: ChargeNumber,
        /// What was taken and is credited.
        amount: Amount,
        /// The provider's reference, or the evidence where the operator resolved it.
        reference: Text,
        /// Until when its record is kept; for ever where left out (G1).
        #[serde(default, skip_serializing_if = "Option::is_none")]
        keep_until: Option<Timestamp>,
    },
    /// A charge that had failed or been abandoned turned out to have been taken; credited once (F1).
    ChargeSucceededLate {
        /// Which charge.
        charge: ChargeNumber,
        /// What was taken and is credited.
        amount: Amount,
        /// The provider's reference, or the evidence where the operator resolved it.
        reference: Text,
        /// Until when its record is kept; for ever where left out (G1).
        #[serde(default, skip_serializing_if = "Option::is_none")]
        keep_until: Option<Timestamp>,
    },
    /// The charge failed (F5).
    ChargeFailed {
        /// Which charge.
        charge: ChargeNumber,
        /// Soft or hard.
        decline: Decline,
        /// Why.
        reason: Text,
        /// Until when its record is kept; for ever where left out (G1).
        #[serde(default, skip_serializing_if = "Option::is_none")]
        keep_until: Option<Timestamp>,
    },
    /// The charge was cancelled, or failed while being cancelled (F4).
    ChargeAbandoned {
        /// Which charge.
        charge: ChargeNumber,
        /// Until when its record is kept; for ever where left out (G1).
        #[serde(default, skip_serializing_if = "Option::is_none")]
        keep_until: Option<Timestamp>,
    },
    /// The records of an ended charge, its refunds and disputes were dropped; what it contributes stays (G1).
    ChargeArchived {
        /// Which charge.
        charge: ChargeNumber,
    },
    /// After a soft decline the next automatic charge waits (F5).
    TopUpRetryScheduled {
        /// Which step of the policy's schedule this is, from 1.
        step: u8,
        /// When the wait ends.
        until: Timestamp,
    },
    /// The wait is over; whether to charge is decided anew (F5, E1).
    TopUpRetryDue {},
    /// The automatic top-up stops until something clears it (F5).
    TopUpPaused {
        /// Why.
        reason: PauseReason,
    },
    /// A cap leaves no room for the automatic charge that is due: it waits for the next window (E7).
    TopUpDeferred {
        /// When that window begins.
        until: Timestamp,
        /// Which cap.
        cap: Cap,
    },
    /// The deferral is over; whether to charge is decided anew (E7, E1).
    TopUpCapReset {},
    /// So many charges failed that nothing more is asked of this payment method for a while (F5).
    MethodBarred {
        /// Which payment method.
        fingerprint: Fingerprint,
        /// When the oldest of the failures leaves the window.
        until: Timestamp,
    },
    /// The bar on a payment method has ended (F5).
    MethodBarEnded {
        /// Which payment method.
        fingerprint: Fingerprint,
    },
    /// A call was admitted and its price is held (D3).
    CallAuthorized {
        /// Which call.
        call: CallId,
        /// The key it was made with.
        key: KeyNumber,
        /// The price, held.
        amount: Amount,
        /// Places in flight it takes.
        units: u16,
        /// When the hold expires.
        deadline: Timestamp,
        /// Where the price comes from.
        origin: Arc<QuoteOrigin>,
    },
    /// A call was admitted and billed in one step (D7).
    CallCharged {
        /// Which call.
        call: CallId,
        /// The key it was made with.
        key: KeyNumber,
        /// The price, billed.
        amount: Amount,
        /// Where the price comes from.
        origin: Arc<QuoteOrigin>,
    },
    /// A hold's deadline was moved (D6).
    CallExtended {
        /// Which call.
        call: CallId,
        /// The new deadline.
        deadline: Timestamp,
    },
    /// An open call was billed and the rest of its hold freed (D4).
    CallSettled {
        /// Which call.
        call: CallId,
        /// What was billed.
        amount: Amount,
    },
    /// An open call was not billed; its hold is freed (D4).
    CallReleased {
        /// Which call.
        call: CallId,
    },
    /// A hold reached its deadline; its credit is free, and it may be settled late (D6).
    CallExpired {
        /// Which call.
        call: CallId,
        /// When it is forgotten.
        late_until: Timestamp,
    },
    /// An expired call was billed after all, as far as credit was there (D6).
    CallSettledLate {
        /// Which call.
        call: CallId,
        /// What was billed.
        amount: Amount,
        /// What was asked beyond that and is lost.
        unbilled: Amount,
    },
    /// An expired call was released, or its late window ended: it can no longer be settled (D5, D6).
    CallForgotten {
        /// Which call.
        call: CallId,
    },
    /// Credit was given (H1).
    GrantIssued(Box<GrantIssued>),
    /// A grant is credit from now on (H1).
    GrantStarted {
        /// Which grant.
        grant: GrantId,
    },
    /// A grant has reached its expiry (H3).
    GrantExpired {
        /// Which grant.
        grant: GrantId,
        /// Its unheld remainder, which is gone.
        amount: Amount,
    },
    /// A grant was taken back (H3).
    GrantVoided {
        /// Which grant.
        grant: GrantId,
        /// Its unheld remainder, which is gone; zero where it had not started.
        amount: Amount,
    },
    /// What a call had held of a grant that has ended was given back, and is gone (H3).
    GrantLapsed {
        /// Which grant.
        grant: GrantId,
        /// What was given back.
        amount: Amount,
    },
    /// A refund is to be made; its credit has left the account (G1).
    RefundRequested {
        /// Its number within the account.
        refund: RefundNumber,
        /// Of which charge.
        charge: ChargeNumber,
        /// How much.
        amount: Amount,
        /// Why.
        cause: RefundCause,
        /// Until when it may be asked again under the same idempotency key.
        ask_until: Timestamp,
    },
    /// The window for asking is over: from now on the refund is only looked up (G1).
    RefundAskingEnded {
        /// Which refund.
        refund: RefundNumber,
    },
    /// The provider sent the money back (G1).
    RefundSucceeded {
        /// Which refund.
        refund: RefundNumber,
        /// The provider's reference.
        reference: Text,
    },
    /// The provider did not send the money back, or it came back: it is credit again (G1).
    RefundFailed {
        /// Which refund.
        refund: RefundNumber,
        /// Why.
        reason: Text,
    },
    /// A refund was made at the provider, without this account (G1).
    RefundRecorded {
        /// Of which charge.
        charge: ChargeNumber,
        /// How much.
        amount: Amount,
        /// The provider's reference.
        reference: Text,
    },
    /// A charge is disputed, and the provider has taken the amount back (G2).
    DisputeOpened {
        /// The provider's id.
        dispute: Text,
        /// Which charge.
        charge: ChargeNumber,
        /// How much of it.
        amount: Amount,
    },
    /// A dispute has its final outcome (G2).
    DisputeClosed {
        /// The provider's id.
        dispute: Text,
        /// Won or lost, as the account's side sees it.
        outcome: DisputeOutcome,
    },
    /// A reversal stops the automatic top-up until something clears it (G4).
    ReversalPaused {
        /// What kind of reversal.
        reason: ReversalReason,
    },
    /// The pause by a reversal is over (G4).
    ReversalPauseEnded {},
    /// The operator lets disputed payment methods be asked again (G4).
    DisputesCleared {},
    /// The account has another spending limit, or none (I1).
    SpendingLimited {
        /// The new limit, per UTC month.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        limit: Option<Amount>,
    },
    /// The level of the low-balance notice is another, or it is off (I2).
    NoticeSet {
        /// The new level.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        level: Option<Amount>,
    },
    /// The balance is at the notice's level or below; said once (I2).
    LowBalanceNoticed {
        /// The level.
        level: Amount,
        /// The balance.
        posted: Balance,
    },
    /// The balance is above the notice's level again, which arms the notice (I2).
    BalanceRecovered {
        /// The level.
        level: Amount,
        /// The balance.
        posted: Balance,
    },
    /// The operator suspended the account (J1).
    AccountSuspended {
        /// Why.
        reason: Text,
    },
    /// The suspension ended (J1).
    AccountResumed {},
    /// The account was funded elsewhere before: it is active without an initial funding (B4).
    AccountMigrated {
        /// Where that is on record.
        reference: Text,
    },
    /// The operator gave up a debt, or a part of it (J2).
    DebtWrittenOff {
        /// How much.
        amount: Amount,
        /// Why.
        reason: Text,
    },
    /// The account admits and charges nothing more, and closes when all that is open has ended (J2).
    AccountClosing {},
    /// Purchased credit that could not be refunded is gone (J2).
    CreditForfeited {
        /// How much.
        amount: Amount,
    },
    /// The account is closed (J2).
    AccountClosed {},
}
