//! What happened to an account: the stored schema. Additive for ever; every event carries every resolved fact.

use alloc::boxed::Box;
use alloc::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::command::{Decline, DisputeOutcome, KeyLimit, UseKind};
use crate::currency::Currency;
use crate::id::{
    AccountId, CallId, ChargeNumber, Digest, GrantId, KeyId, KeyNumber, OwnerId, RefundNumber, Shown,
};
use crate::money::{Amount, Balance};
use crate::payment::{Fingerprint, PaymentMethod, PaymentToken};
use crate::price::QuoteOrigin;
use crate::tags::tags;
use crate::text::{Label, TermsVersion, Text};
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

/// The account exists.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccountOpened {
    /// Which account.
    pub account: AccountId,
    /// Whose it is.
    pub owner: OwnerId,
    /// Its one currency (M2).
    pub currency: Currency,
    /// The settings in force, from the policy's defaults (B5).
    pub top_up: TopUpSettings,
}

/// An acceptance of the developer agreement.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct TermsAccepted {
    /// The version accepted.
    pub version: TermsVersion,
    /// Who accepted.
    pub by: Text,
    /// The company bound by it, if any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub entity: Option<Text>,
}

/// The use and where the billing details are kept.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct UseChosen {
    /// Personal or business.
    #[serde(rename = "use")]
    pub kind: UseKind,
    /// The billing details, if given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub billing: Option<Billing>,
}

/// Where the shell keeps the billing details, and their digest; never the details themselves (A4).
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Billing {
    /// The key to the shell's store.
    pub reference: Text,
    /// The digest of what lies there.
    pub digest: Digest,
}

/// A key, as far as the account knows it (C2).
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct KeyCreated {
    /// The caller's id.
    pub key: KeyId,
    /// Its number within the account; a pending first key has 1.
    pub number: KeyNumber,
    /// The digest of its text.
    pub digest: Digest,
    /// The part that may be shown.
    pub shown: Shown,
    /// What the owner calls it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label: Option<Label>,
    /// From when it no longer authenticates.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<Timestamp>,
}

/// The settings of the automatic top-up (E5).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct TopUpSettings {
    /// Whether it is on.
    pub enabled: bool,
    /// The balance at which, or below which, it fires.
    pub threshold: Amount,
    /// The balance it charges up to.
    pub target: Amount,
    /// What automatic charges may take in a UTC month; no cap where none (E7).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub monthly_cap: Option<Amount>,
    /// How many automatic charges may be asked in a UTC day; no cap where none (E7).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub daily_count: Option<u16>,
}

/// Credit given, not bought (H1).
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct GrantIssued {
    /// The caller's id.
    pub grant: GrantId,
    /// Its face value.
    pub amount: Amount,
    /// Where it comes from.
    pub source: Text,
    /// Lower is spent first; purchased credit has 0 (H2).
    #[serde(default, skip_serializing_if = "is_zero")]
    pub priority: i16,
    /// From when it is credit; at once where left out, or where it is not later.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub effective_at: Option<Timestamp>,
    /// From when what is left of it is gone; never where left out (H3).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<Timestamp>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "the signature serde calls")]
pub(crate) const fn is_zero(priority: &i16) -> bool {
    *priority == 0
}

/// A cap on automatic charges (E7).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Cap {
    /// The amount per UTC month.
    Monthly,
    /// The number per UTC day.
    Daily,
}

/// Why a refund was asked (G1, G3).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RefundCause {
    /// The owner asked.
    Owner,
    /// The operator asked.
    Operator,
    /// The operator forced it, whatever credit is left.
    Forced,
    /// The account was closed.
    Closing,
}

/// What kind of reversal paused the automatic top-up (G4).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReversalReason {
    /// A refund was asked or recorded.
    Refund,
    /// A dispute was opened.
    Dispute,
}

/// A charge to be made; everything that is asked of the provider is fixed here (F3).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChargeRequested {
    /// Its number within the account.
    pub charge: ChargeNumber,
    /// What it is for.
    pub kind: ChargeKind,
    /// How much.
    pub amount: Amount,
    /// The payment method asked.
    pub token: PaymentToken,
    /// What identifies that method across tokens.
    pub fingerprint: Fingerprint,
    /// Until when it may be asked again under the same idempotency key.
    pub ask_until: Timestamp,
}

/// What a charge is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ChargeKind {
    /// The first key (B1).
    InitialFunding,
    /// The balance fell to the threshold (E1).
    AutoTopUp,
    /// The owner asked (F7).
    Manual,
}

/// Why a key was revoked (C5).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RevokeReason {
    /// It was no longer wanted.
    Requested,
    /// It was seen where it should not be.
    Leaked,
    /// The account was closed.
    Closed,
}

/// Why a charge is being cancelled (F4).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CancelCause {
    /// Nobody acted in time.
    Deadline,
    /// The owner cancelled.
    Owner,
    /// The operator cancelled.
    Operator,
    /// Another payment method was linked.
    MethodReplaced,
}

/// Why the automatic top-up is paused (F5).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PauseReason {
    /// The payment method was declined for good.
    HardDecline,
    /// An automatic charge was abandoned.
    ChargeAbandoned,
    /// The last retry of the schedule was declined.
    RetriesExhausted,
}

tags! {
    /// The name of an event.
    EventTag for Event {
        AccountOpened => "account_opened",
        TermsAccepted => "terms_accepted",
        UseChosen => "use_chosen",
        BillingUpdated => "billing_updated",
        PaymentMethodLinked => "payment_method_linked",
        FirstKeyRequested => "first_key_requested",
        FirstKeyDropped => "first_key_dropped",
        KeyCreated => "key_created",
        KeyRelabelled => "key_relabelled",
        KeyRevoked => "key_revoked",
        KeyLimited => "key_limited",
        TopUpSet => "top_up_set",
        TopUpReactivated => "top_up_reactivated",
        ChargeRequested => "charge_requested",
        ChargeActionRequired => "charge_action_required",
        ChargeAskingEnded => "charge_asking_ended",
        ChargeCancelling => "charge_cancelling",
        ChargeSuperseded => "charge_superseded",
        ChargeMismatched => "charge_mismatched",
        ChargeResolved => "charge_resolved",
        ChargeSucceeded => "charge_succeeded",
        ChargeSucceededLate => "charge_succeeded_late",
        ChargeFailed => "charge_failed",
        ChargeAbandoned => "charge_abandoned",
        ChargeArchived => "charge_archived",
        TopUpRetryScheduled => "top_up_retry_scheduled",
        TopUpRetryDue => "top_up_retry_due",
        TopUpPaused => "top_up_paused",
        TopUpDeferred => "top_up_deferred",
        TopUpCapReset => "top_up_cap_reset",
        MethodBarred => "method_barred",
        MethodBarEnded => "method_bar_ended",
        CallAuthorized => "call_authorized",
        CallCharged => "call_charged",
        CallExtended => "call_extended",
        CallSettled => "call_settled",
        CallReleased => "call_released",
        CallExpired => "call_expired",
        CallSettledLate => "call_settled_late",
        CallForgotten => "call_forgotten",
        GrantIssued => "grant_issued",
        GrantStarted => "grant_started",
        GrantExpired => "grant_expired",
        GrantVoided => "grant_voided",
        GrantLapsed => "grant_lapsed",
        RefundRequested => "refund_requested",
        RefundAskingEnded => "refund_asking_ended",
        RefundSucceeded => "refund_succeeded",
        RefundFailed => "refund_failed",
        RefundRecorded => "refund_recorded",
        DisputeOpened => "dispute_opened",
        DisputeClosed => "dispute_closed",
        ReversalPaused => "reversal_paused",
        ReversalPauseEnded => "reversal_pause_ended",
        DisputesCleared => "disputes_cleared",
        SpendingLimited => "spending_limited",
        NoticeSet => "notice_set",
        LowBalanceNoticed => "low_balance_noticed",
        BalanceRecovered => "balance_recovered",
        AccountSuspended => "account_suspended",
        AccountResumed => "account_resumed",
        AccountMigrated => "account_migrated",
        DebtWrittenOff => "debt_written_off",
        AccountClosing => "account_closing",
        CreditForfeited => "credit_forfeited",
        AccountClosed => "account_closed",
    }
}
