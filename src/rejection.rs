//! Why a command was refused, in order of precedence: of several reasons the one declared first is given.

mod class;
mod fault;
mod outlook;
mod tag;

use alloc::vec::Vec;

use serde::Serialize;

pub use self::class::RejectionClass;
pub use self::fault::SettingFault;
pub use self::outlook::TopUpOutlook;
pub use self::tag::RejectionTag;

use self::fault::Listed;
use crate::account::StageTag;
use crate::command::{ActionTag, Actor, DisputeOutcome};
use crate::currency::Currency;
use crate::event::{ChargeKind, EventTag};
use crate::id::{CallId, ChargeNumber, GrantId, KeyId, RefundNumber};
use crate::money::Amount;
use crate::text::{TermsVersion, Text};
use crate::time::{Timestamp, Window};

/// Why a command was refused. Nothing has changed, not even what was due (K4); nothing is billed (D2).
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Rejection {
    /// This actor may not send this command (K7).
    #[error("{command} may not be sent by {actor}, only by {}", Among(command.actors()))]
    WrongActor {
        /// What was asked.
        command: ActionTag,
        /// Who asked.
        actor: Actor,
    },
    /// Account, policy, price list or request are in different currencies (M2).
    #[error("currency {given} does not fit {expected}")]
    CurrencyMismatch {
        /// What is needed.
        expected: Currency,
        /// What was given.
        given: Currency,
    },
    /// The command needs another stage (A2); an account that was not opened is `vacant`.
    #[error("needs an account that is {needs}, and it is {is}")]
    OutOfOrder {
        /// The stage, or the earliest of the stages, in which the command is possible.
        needs: StageTag,
        /// The stage the account is in.
        is: StageTag,
    },
    /// Only the operator may set this field (G1).
    #[error("{field} may be set by the operator only")]
    FieldForbidden {
        /// Which field.
        field: &'static str,
    },
    /// One of two fields that go together is missing (A4).
    #[error("{field} is missing: a billing reference and its digest go together")]
    FieldMissing {
        /// The missing field.
        field: &'static str,
    },
    /// The version is not the required one (A3).
    #[error("terms {required} are required, not {given}")]
    TermsMismatch {
        /// The version the policy requires.
        required: TermsVersion,
        /// The version given.
        given: TermsVersion,
    },
    /// No key has this id (C7).
    #[error("no key {key}")]
    KeyUnknown {
        /// Which key.
        key: KeyId,
    },
    /// No charge has this number.
    #[error("no charge {charge}")]
    ChargeUnknown {
        /// Which charge.
        charge: ChargeNumber,
    },
    /// The charge ended so long ago that its record was dropped (G1).
    #[error("charge {charge} is archived")]
    ChargeArchived {
        /// Which charge.
        charge: ChargeNumber,
    },
    /// The call is not open, and not expired and waiting to be settled late (D5).
    #[error("call {call} is not open")]
    CallNotOpen {
        /// Which call.
        call: CallId,
    },
    /// No grant has this id, or it is spent and forgotten (H1).
    #[error("no grant {grant}")]
    GrantUnknown {
        /// Which grant.
        grant: GrantId,
    },
    /// No refund has this number (G1).
    #[error("no refund {refund}")]
    RefundUnknown {
        /// Which refund.
        refund: RefundNumber,
    },
    /// The refund is of a charge whose record was dropped long after both ended (G1).
    #[error("refund {refund} is archived")]
    RefundArchived {
        /// Which refund.
        refund: RefundNumber,
    },
    /// No dispute has this id; perhaps its opening is still to be reported (G2).
    #[error("no dispute {dispute}")]
    DisputeUnknown {
        /// Which dispute.
        dispute: Text,
    },
    /// A key with this id, or this digest, exists with other content (K6).
    #[error("key {key} exists with other content")]
    KeyConflict {
        /// Which key.
        key: KeyId,
    },
    /// The call is open with other content, or expired (D5).
    #[error("call {call} exists with other content")]
    CallConflict {
        /// Which call.
        call: CallId,
    },
    /// A grant with this id exists with other content (K6).
    #[error("grant {grant} exists with other content")]
    GrantConflict {
        /// Which grant.
        grant: GrantId,
    },
    /// A refund with this reference exists with another charge or amount (G1).
    #[error("refund {reference} exists with other content")]
    RefundConflict {
        /// The provider's reference.
        reference: Text,
    },
    /// A dispute with this id exists with another charge or amount (K6).
    #[error("dispute {dispute} exists with other content")]
    DisputeConflict {
        /// Which dispute.
        dispute: Text,
    },
    /// The key is not active before the initial funding has succeeded (B1).
    #[error("key {key} is not active yet")]
    KeyInactive {
        /// Which key.
        key: KeyId,
    },
    /// The key was revoked (C5).
    #[error("key {key} is revoked")]
    KeyRevoked {
        /// Which key.
        key: KeyId,
    },
    /// The key has expired (C6).
    #[error("key {key} expired at {expired_at}")]
    KeyExpired {
        /// Which key.
        key: KeyId,
        /// Since when.
        expired_at: Timestamp,
    },
    /// More of the key would be shown than the policy allows (C3).
    #[error("shown part has {given} random characters, at most {at_most} may be shown")]
    ShownTooLong {
        /// Random characters in the shown part.
        given: u8,
        /// What the policy allows.
        at_most: u8,
    },
    /// A time in the command is not in its allowed range.
    #[error("{field} {given} must be after {after}{}", NotAfter(*not_after))]
    TimeOutOfBounds {
        /// Which field.
        field: &'static str,
        /// Its value.
        given: Timestamp,
        /// It must be later than this.
        after: Timestamp,
        /// It must not be later than this, where there is such a bound.
        #[serde(skip_serializing_if = "Option::is_none")]
        not_after: Option<Timestamp>,
    },
    /// The price is of a version of the list that is not in force at admission (D1).
    #[error("prices of {version} are not in force: the call must be quoted anew")]
    QuoteNotInForce {
        /// The version the price came from.
        version: Timestamp,
    },
    /// A call takes at least one place in flight (D2).
    #[error("units must be at least 1")]
    UnitsZero {},
    /// Grants, refunds, disputes and write-offs are above zero (M4).
    #[error("amount must be above 0")]
    AmountZero {},
    /// A hold may be extended once (D6).
    #[error("call {call} was extended before")]
    AlreadyExtended {
        /// Which call.
        call: CallId,
    },
    /// The charge succeeded, and success is final (F1).
    #[error("charge {charge} has succeeded, which is final")]
    ChargeSucceeded {
        /// Which charge.
        charge: ChargeNumber,
    },
    /// The charge is not known as succeeded, so there is nothing to send back yet: try again (G2).
    #[error("charge {charge} has not succeeded")]
    ChargeNotSucceeded {
        /// Which charge.
        charge: ChargeNumber,
    },
    /// The dispute has its final outcome, and it is another (G2).
    #[error("dispute {dispute} was {outcome}, which is final")]
    DisputeClosed {
        /// Which dispute.
        dispute: Text,
        /// Its outcome.
        outcome: DisputeOutcome,
    },
    /// The provider reported another amount before: only the operator can resolve the charge (F2).
    #[error(
        "charge {charge} was reported with {reported} instead of {expected}: it must be resolved by evidence"
    )]
    ChargeUnresolved {
        /// Which charge.
        charge: ChargeNumber,
        /// What was asked.
        expected: Amount,
        /// What the provider reported.
        reported: Amount,
    },
    /// The charge has ended.
    #[error("charge {charge} has ended")]
    ChargeEnded {
        /// Which charge.
        charge: ChargeNumber,
    },
    /// The owner may cancel once action is required (F4).
    #[error("charge {charge} can be cancelled by the owner once action is required")]
    ActionNotRequired {
        /// Which charge.
        charge: ChargeNumber,
    },
    /// The account is suspended (J1).
    #[error("suspended: {reason}")]
    Suspended {
        /// Why.
        reason: Text,
    },
    /// The accepted terms are not the required ones; for calls, past the grace (A6).
    #[error("terms {} must be accepted (accepted: {})", .0.required, .0.accepted)]
    TermsOutdated(OutdatedTerms),
    /// A debt stands (D2, D9).
    #[error("a debt of {debt} must be paid first")]
    Debt {
        /// How much.
        debt: Amount,
    },
    /// Too many places in flight (D2).
    #[error("{units} more places in flight do not fit: {taken} of {bound} are taken")]
    TooManyInFlight {
        /// Places asked.
        units: u16,
        /// Places taken by open calls.
        taken: u32,
        /// Places there are.
        bound: u16,
    },
    /// The key's spending limit leaves no room for the price (C6).
    #[error("the limit of key {key} is reached: {used} of {limit} used, until {resets_at}")]
    KeyLimitReached {
        /// Which key.
        key: KeyId,
        /// The limit's window.
        window: Window,
        /// The limit.
        limit: Amount,
        /// What the window has used.
        used: Amount,
        /// When the next window begins.
        resets_at: Timestamp,
    },
    /// The account's spending limit leaves no room for the price (I1).
    #[error("the spending limit is reached: {used} of {limit} used, until {resets_at}")]
    SpendingLimitReached {
        /// The limit.
        limit: Amount,
        /// What the month has used.
        used: Amount,
        /// When the next month begins.
        resets_at: Timestamp,
    },
    /// The available credit does not cover the price (D8, F6).
    #[error("credit is short by {short} ({held} held; top-up {outlook})")]
    InsufficientCredit {
        /// What is missing.
        short: Amount,
        /// What open calls hold.
        held: Amount,
        /// Whether and when a top-up will help.
        outlook: TopUpOutlook,
    },
    /// Every fault of the settings asked for (E5).
    #[error("settings are refused: {}", Listed(faults))]
    SettingsInvalid {
        /// The faults, in the order threshold, target, both.
        faults: Vec<SettingFault>,
    },
    /// The amount is not whole charge units (F7, M3).
    #[error("amount {amount} must be a whole number of {unit}")]
    AmountNotWhole {
        /// What was asked.
        amount: Amount,
        /// The charge unit.
        unit: Amount,
    },
    /// The amount is outside the policy's bounds (F7).
    #[error("amount {amount} must be from {at_least} to {at_most}")]
    AmountOutOfBounds {
        /// What was asked.
        amount: Amount,
        /// The least allowed.
        at_least: Amount,
        /// The most allowed.
        at_most: Amount,
    },
    /// The balance would pass the policy's maximum (F7).
    #[error("amount {amount} would lift the balance above {at_most}")]
    BalanceTooHigh {
        /// What was asked.
        amount: Amount,
        /// The maximum balance.
        at_most: Amount,
    },
    /// More than the charge still contributes to the balance (G1).
    #[error("{amount} is above the {contribution} that the charge still contributes")]
    AboveContribution {
        /// What was asked.
        amount: Amount,
        /// What the charge contributes.
        contribution: Amount,
    },
    /// More than the unheld purchased credit, and not forced (G1).
    #[error("{amount} is above the {at_most} of purchased credit that is left")]
    AboveRefundable {
        /// What was asked.
        amount: Amount,
        /// The unheld purchased credit.
        at_most: Amount,
    },
    /// More than is owed (J2).
    #[error("{amount} is above the debt of {debt}")]
    AboveDebt {
        /// What was asked.
        amount: Amount,
        /// The debt.
        debt: Amount,
    },
    /// As many keys were created as the policy allows (C1).
    #[error("{bound} keys were created, and no more may be")]
    TooManyKeys {
        /// The policy's bound.
        bound: u16,
    },
    /// A charge is open, and only one may be (E4, B2).
    #[error("charge {charge} is open")]
    ChargeOpen {
        /// Which charge.
        charge: ChargeNumber,
        /// What it is for.
        kind: ChargeKind,
    },
    /// So many charges of this payment method failed that nothing is asked of it for now (F5).
    #[error("the payment method is barred until {until} after too many failed charges")]
    MethodBarred {
        /// When the bar ends.
        until: Timestamp,
    },
    /// A dispute stands, so the payment method is asked for nothing, or the pause stays (G4).
    #[error("dispute {dispute} stands: link another payment method, or have the operator reactivate")]
    DisputeStands {
        /// Which dispute.
        dispute: Text,
    },
    /// More than was held, and more than the policy's debt allows (D4, D6, D8).
    #[error("{amount} is above the hold of {hold}")]
    AboveHold {
        /// What was asked.
        amount: Amount,
        /// What was held.
        hold: Amount,
    },
    /// A total would leave the range of amounts (M1); for `now`, which is refused before all but the first two, the
    /// time lies too near the end of the year 9999.
    #[error("{field} would leave its range")]
    OutOfRange {
        /// Which total.
        field: &'static str,
    },
    /// The machine refused its own event. Drop the value and reload it; please report it.
    #[error("defect in {event}: drop the account and reload it")]
    Defect {
        /// Which event.
        event: EventTag,
    },
}

/// Which terms are required, and which were accepted (A6).
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct OutdatedTerms {
    /// The version the policy requires.
    pub required: TermsVersion,
    /// The version accepted.
    pub accepted: TermsVersion,
}

/// Writes who may send a command.
struct Among(&'static [Actor]);

impl core::fmt::Display for Among {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        for (n, actor) in self.0.iter().enumerate() {
            let separator = if n == 0 { "" } else { " or " };
            write!(f, "{separator}{actor}")?;
        }
        Ok(())
    }
}

/// Writes the upper bound of a time, where there is one.
struct NotAfter(Option<Timestamp>);

impl core::fmt::Display for NotAfter {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self.0 {
            Some(bound) => write!(f, " and not after {bound}"),
            None => Ok(()),
        }
    }
}
