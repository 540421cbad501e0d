//! What may be asked of an account: the commands, who may send them (K7), and what they carry.

mod quoted;
mod setting;
mod table;

use serde::{Deserialize, Serialize};

pub use self::setting::{KeyLimit, Setting};
pub use self::table::ActionTag;

use crate::currency::Currency;
use crate::id::{AccountId, CallId, ChargeNumber, Digest, GrantId, KeyId, OwnerId, RefundNumber, Shown};
use crate::money::Amount;
use crate::payment::{Brand, CardExpiry, Fingerprint, LastFour, PaymentToken};
use crate::price::Quote;
use crate::text::{Label, TermsVersion, Text};
use crate::time::Timestamp;

/// One command: who asks, and for what.
///
/// ```
/// use prepaid::{Action, Actor, Command};
/// let command: Command = Action::Tick {}.by(Actor::Clock);
/// assert_eq!(command.action.tag().as_str(), "tick");
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Command {
    /// Who sends it (K7).
    pub actor: Actor,
    /// What is asked; written as `command`.
    #[serde(rename = "command")]
    pub action: Action,
}

/// Who sends a command (K7).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Actor {
    /// The logged-in user the account belongs to.
    Owner,
    /// The people who run the service.
    Operator,
    /// The part of the service that meters calls.
    Gateway,
    /// The payment provider, through the shell that talks to it.
    Provider,
    /// Time itself.
    Clock,
}

impl core::fmt::Display for Actor {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(match self {
            Self::Owner => "the owner",
            Self::Operator => "the operator",
            Self::Gateway => "the gateway",
            Self::Provider => "the provider",
            Self::Clock => "the clock",
        })
    }
}

/// Personal or business use (A4).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UseKind {
    /// For oneself.
    Personal,
    /// For a company.
    Business,
}

/// Why somebody asks to revoke a key (C5).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RevokeFor {
    /// It is no longer wanted.
    Requested,
    /// It was seen where it should not be.
    Leaked,
}

/// How a provider declined a charge (F5).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Decline {
    /// It may go through later.
    Soft,
    /// It will not go through with this payment method.
    Hard,
}

/// How a dispute ended, as the account's side sees it (G2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DisputeOutcome {
    /// The money came back.
    Won,
    /// It did not.
    Lost,
}

impl core::fmt::Display for DisputeOutcome {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(match self {
            Self::Won => "won",
            Self::Lost => "lost",
        })
    }
}

/// What is asked. `Q` is how a call's price is given: a [`Quote`] for the machine, or, in a script, what to quote.
///
/// Amounts and times are texts in the serialised form; an unknown field is refused.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
pub enum Action<Q = Quote> {
    /// Open an account for an owner (A1). By owner or operator.
    Open {
        /// The new account.
        account: AccountId,
        /// Whose it is.
        owner: OwnerId,
        /// Its currency; the policy's where left out (M2).
        #[serde(default, skip_serializing_if = "Option::is_none")]
        currency: Option<Currency>,
    },
    /// Accept the developer agreement (A3). By the owner.
    AcceptTerms {
        /// The version accepted; must be the required one.
        version: TermsVersion,
        /// Who accepts.
        by: Text,
        /// The company bound by it, if any.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        entity: Option<Text>,
    },
    /// Choose personal or business use, once (A4). By the owner.
    ChooseUse {
        /// Personal or business.
        #[serde(rename = "use")]
        kind: UseKind,
        /// Where the shell keeps the billing details; together with the digest or not at all.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        billing_ref: Option<Text>,
        /// The digest of the billing details; together with the reference or not at all.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        billing_digest: Option<Digest>,
    },
    /// Link or replace the payment method; charges nothing (A5). By the owner.
    LinkPaymentMethod {
        /// The provider's token.
        token: PaymentToken,
        /// The provider's fingerprint, where it has one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        fingerprint: Option<Fingerprint>,
        /// The brand to show.
        brand: Brand,
        /// The last four digits to show.
        last_four: LastFour,
        /// The month of expiry.
        expires: CardExpiry,
    },
    /// Correct the use or the billing details (A4, A5). By the owner.
    UpdateBilling {
        /// The corrected use; as it was where left out.
        #[serde(rename = "use", default, skip_serializing_if = "Option::is_none")]
        kind: Option<UseKind>,
        /// Where the shell keeps the billing details.
        billing_ref: Text,
        /// The digest of the billing details.
        billing_digest: Digest,
    },
    /// Create a key; the first one ever asks for the initial funding (B1, C1). By the owner.
    CreateKey {
        /// The new key's id.
        key: KeyId,
        /// The digest of its text.
        digest: Digest,
        /// The part of it that may be shown.
        shown: Shown,
        /// What to call it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        label: Option<Label>,
        /// From when it no longer authenticates.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        expires_at: Option<Timestamp>,
    },
    /// Name a key anew, or take its label away (C6). By owner or operator.
    RelabelKey {
        /// Which key.
        key: KeyId,
        /// The new label; none where left out.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        label: Option<Label>,
    },
    /// Revoke a key for good (C5). By owner or operator.
    RevokeKey {
        /// Which key.
        key: KeyId,
        /// Why.
        reason: RevokeFor,
    },
    /// Limit what a key may spend in a UTC day, week or month, or lift its limit (C6). By owner or operator.
    LimitKey {
        /// Which key.
        key: KeyId,
        /// The new limit; none where null or left out.
        #[serde(default)]
        limit: Option<KeyLimit>,
    },
    /// Change the automatic top-up; a field left out keeps its value (E5). By owner or operator.
    SetTopUp {
        /// The balance at which, or below which, to charge.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        threshold: Option<Amount>,
        /// The balance to charge up to.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        target: Option<Amount>,
        /// Whether it is on.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        enabled: Option<bool>,
        /// What automatic charges may take in a UTC month; null is off (E7).
        #[serde(default, skip_serializing_if = "Setting::is_kept")]
        monthly_cap: Setting<Amount>,
        /// How many automatic charges may be asked in a UTC day; null is off (E7).
        #[serde(default, skip_serializing_if = "Setting::is_kept")]
        daily_count: Setting<u16>,
    },
    /// Clear the waits and pauses of the automatic top-up (F5). By owner or operator.
    ReactivateTopUp {},
    /// Charge once, now (F7). By the owner.
    TopUp {
        /// How much; whole charge units.
        amount: Amount,
    },
    /// Cancel the open charge (F4). By the owner once action is required, by the operator at any time.
    CancelCharge {
        /// Which charge.
        charge: ChargeNumber,
    },
    /// The provider took the money (F1, F2). By the provider.
    ChargeSucceeded {
        /// Which charge.
        charge: ChargeNumber,
        /// How much was taken.
        amount: Amount,
        /// The provider's reference.
        reference: Text,
    },
    /// The provider wants the owner to act (F4). By the provider.
    ChargeActionRequired {
        /// Which charge.
        charge: ChargeNumber,
        /// The provider's reference.
        reference: Text,
    },
    /// The provider declined (F5). By the provider.
    ChargeFailed {
        /// Which charge.
        charge: ChargeNumber,
        /// Soft or hard.
        decline: Decline,
        /// The provider's reason.
        reason: Text,
    },
    /// The provider cancelled (F4). By the provider.
    ChargeCancelled {
        /// Which charge.
        charge: ChargeNumber,
    },
    /// A look-up proved that the provider has no such charge (F3). By the provider.
    ChargeNotFound {
        /// Which charge.
        charge: ChargeNumber,
    },
    /// Settle by evidence what no provider result will settle (F3b). By the operator.
    ResolveCharge {
        /// Which charge.
        charge: ChargeNumber,
        /// How much was taken; zero for nothing.
        taken: Amount,
        /// Where the evidence is kept.
        evidence: Text,
    },
    /// Admit a call and hold its price (D2, D3). By the gateway.
    AuthorizeCall {
        /// The call's id.
        call: CallId,
        /// The key it was made with.
        key: KeyId,
        /// Its price.
        quote: Q,
        /// Places in flight it takes, at least 1; 1 where left out.
        #[serde(default = "one_unit", skip_serializing_if = "is_one_unit")]
        units: u16,
    },
    /// Admit a call and settle it in one step; takes no place in flight (D7). By the gateway.
    ChargeCall {
        /// The call's id.
        call: CallId,
        /// The key it was made with.
        key: KeyId,
        /// Its price.
        quote: Q,
    },
    /// Move an open hold's deadline, once (D6). By the gateway.
    ExtendCall {
        /// Which call.
        call: CallId,
        /// The new deadline.
        until: Timestamp,
    },
    /// Bill a call that was served (D4), or late (D6). By the gateway.
    SettleCall {
        /// Which call.
        call: CallId,
        /// How much; the whole hold where left out.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        amount: Option<Amount>,
    },
    /// Free the hold of a call that was not served (D4). By the gateway.
    ReleaseCall {
        /// Which call.
        call: CallId,
    },
    /// Give credit (H1). By the operator.
    IssueGrant {
        /// The new grant's id.
        grant: GrantId,
        /// Its face value.
        amount: Amount,
        /// Where it comes from.
        source: Text,
        /// Lower is spent first; 0 where left out, as for purchased credit (H2).
        #[serde(default, skip_serializing_if = "crate::event::is_zero")]
        priority: i16,
        /// From when it is credit; at once where left out.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        effective_at: Option<Timestamp>,
        /// From when what is left of it is gone; never where left out.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        expires_at: Option<Timestamp>,
    },
    /// Take a grant's remainder back (H3). By the operator.
    VoidGrant {
        /// Which grant.
        grant: GrantId,
    },
    /// Send money of a charge back (G1). By owner or operator.
    Refund {
        /// Which charge.
        charge: ChargeNumber,
        /// How much; whole charge units.
        amount: Amount,
        /// Whatever purchased credit is left unheld; the operator's to say.
        #[serde(default, skip_serializing_if = "core::ops::Not::not")]
        forced: bool,
    },
    /// The provider sent the money back (G1). By the provider.
    RefundSucceeded {
        /// Which refund.
        refund: RefundNumber,
        /// The provider's reference.
        reference: Text,
    },
    /// The provider did not send the money back, has no such refund, or it came back (G1). By the provider.
    RefundFailed {
        /// Which refund.
        refund: RefundNumber,
        /// The provider's reason.
        reason: Text,
    },
    /// A refund was made at the provider, without this account (G1). By provider or operator.
    RecordRefund {
        /// Of which charge.
        charge: ChargeNumber,
        /// How much.
        amount: Amount,
        /// The provider's reference.
        reference: Text,
    },
    /// A charge is disputed (G2). By the provider.
    OpenDispute {
        /// The provider's id.
        dispute: Text,
        /// Which charge.
        charge: ChargeNumber,
        /// How much of it.
        amount: Amount,
    },
    /// A dispute has its final outcome (G2). By the provider.
    CloseDispute {
        /// The provider's id.
        dispute: Text,
        /// Won or lost, as the account's side sees it.
        outcome: DisputeOutcome,
    },
    /// Limit what the account may spend in a UTC month, or lift the limit (I1). By owner or operator.
    LimitSpending {
        /// The new limit; none where null or left out.
        #[serde(default)]
        limit: Option<Amount>,
    },
    /// Set the level of the low-balance notice, or switch it off (I2). By owner or operator.
    SetNotice {
        /// The new level; off where null or left out.
        #[serde(default)]
        level: Option<Amount>,
    },
    /// Refuse calls, keys and charges until resumed (J1). By the operator.
    Suspend {
        /// Why; calls are refused with it.
        reason: Text,
    },
    /// End a suspension (J1). By the operator.
    Resume {},
    /// Take over an account that was funded elsewhere before (B4). By the operator.
    Migrate {
        /// Where that is on record.
        reference: Text,
    },
    /// Give up a debt, or a part of it (J2). By the operator.
    WriteOff {
        /// How much; at most the debt.
        amount: Amount,
        /// Why.
        reason: Text,
    },
    /// Close the account (J2). By owner or operator.
    Close {},
    /// Make the changes that are due (K3). By the clock.
    Tick {},
}

const fn one_unit() -> u16 {
    1
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "the signature serde calls")]
const fn is_one_unit(units: &u16) -> bool {
    *units == 1
}

impl Action {
    /// This, asked by `actor`.
    ///
    /// ```
    /// use prepaid::{Action, Actor};
    /// assert_eq!(Action::Resume {}.by(Actor::Operator).actor, Actor::Operator);
    /// ```
    #[must_use]
    pub const fn by(self, actor: Actor) -> Command {
        Command { actor, action: self }
    }
}
