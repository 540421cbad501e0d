//! What the larger events carry, and the words that events share.

use serde::{Deserialize, Serialize};

use crate::command::UseKind;
use crate::currency::Currency;
use crate::id::{AccountId, ChargeNumber, Digest, GrantId, KeyId, KeyNumber, OwnerId, Shown};
use crate::money::Amount;
use crate::payment::{Fingerprint, PaymentToken};
use crate::text::{Label, TermsVersion, Text};
use crate::time::Timestamp;

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
