//! What kind of answer a rejection is, and whether asking again may help.

use serde::Serialize;

use super::{Rejection, TopUpOutlook};
use crate::account::StageTag;

/// What kind of answer a rejection is, for a shell to map (say, to an HTTP status).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum RejectionClass {
    /// Not theirs to ask, or the key does not authenticate.
    Forbidden,
    /// The command itself is wrong.
    Invalid,
    /// What it names does not exist.
    NotFound,
    /// It contradicts what is already so.
    Conflict,
    /// Money is missing.
    PaymentRequired,
    /// Too much at once.
    Limited,
    /// A fault of this library.
    Defect,
}

impl Rejection {
    /// What kind of answer this is.
    ///
    /// ```
    /// use prepaid::{Amount, Rejection, RejectionClass};
    /// let debt = Rejection::Debt { debt: Amount::SMALLEST };
    /// assert_eq!(debt.class(), RejectionClass::PaymentRequired);
    /// ```
    #[must_use]
    pub const fn class(&self) -> RejectionClass {
        match self {
            Self::WrongActor { .. }
            | Self::FieldForbidden { .. }
            | Self::KeyInactive { .. }
            | Self::KeyRevoked { .. }
            | Self::KeyExpired { .. }
            | Self::Suspended { .. }
            | Self::TermsOutdated(_) => RejectionClass::Forbidden,
            Self::CurrencyMismatch { .. }
            | Self::FieldMissing { .. }
            | Self::TermsMismatch { .. }
            | Self::ShownTooLong { .. }
            | Self::TimeOutOfBounds { .. }
            | Self::QuoteNotInForce { .. }
            | Self::UnitsZero {}
            | Self::AmountZero {}
            | Self::SettingsInvalid { .. }
            | Self::AmountNotWhole { .. }
            | Self::AmountOutOfBounds { .. }
            | Self::BalanceTooHigh { .. }
            | Self::AboveContribution { .. }
            | Self::AboveRefundable { .. }
            | Self::AboveDebt { .. }
            | Self::AboveHold { .. }
            | Self::OutOfRange { .. } => RejectionClass::Invalid,
            Self::KeyUnknown { .. }
            | Self::ChargeUnknown { .. }
            | Self::ChargeArchived { .. }
            | Self::CallNotOpen { .. }
            | Self::GrantUnknown { .. }
            | Self::RefundUnknown { .. }
            | Self::RefundArchived { .. }
            | Self::DisputeUnknown { .. } => RejectionClass::NotFound,
            Self::OutOfOrder { .. }
            | Self::KeyConflict { .. }
            | Self::CallConflict { .. }
            | Self::GrantConflict { .. }
            | Self::RefundConflict { .. }
            | Self::DisputeConflict { .. }
            | Self::AlreadyExtended { .. }
            | Self::ChargeSucceeded { .. }
            | Self::ChargeNotSucceeded { .. }
            | Self::DisputeClosed { .. }
            | Self::ChargeUnresolved { .. }
            | Self::ChargeEnded { .. }
            | Self::ActionNotRequired { .. }
            | Self::ChargeOpen { .. } => RejectionClass::Conflict,
            Self::Debt { .. }
            | Self::KeyLimitReached { .. }
            | Self::SpendingLimitReached { .. }
            | Self::InsufficientCredit { .. }
            | Self::MethodBarred { .. }
            | Self::DisputeStands { .. } => RejectionClass::PaymentRequired,
            Self::TooManyInFlight { .. } | Self::TooManyKeys { .. } => RejectionClass::Limited,
            Self::Defect { .. } => RejectionClass::Defect,
        }
    }

    /// Whether the same command may succeed later without the owner or the operator acting: when an open call or charge
    /// has ended, a wait, a bar or a limit's window is over, a top-up has come, or a result is known.
    ///
    /// ```
    /// use prepaid::{Amount, Rejection, TopUpOutlook};
    /// let short = |held, outlook| Rejection::InsufficientCredit { short: Amount::SMALLEST, held, outlook };
    /// assert!(short(Amount::ZERO, TopUpOutlook::Pending { charge: prepaid::ChargeNumber(1) }).is_retryable());
    /// assert!(short(Amount::SMALLEST, TopUpOutlook::Off).is_retryable()); // an open call may free it
    /// assert!(!short(Amount::ZERO, TopUpOutlook::Off).is_retryable());
    /// ```
    #[must_use]
    pub fn is_retryable(&self) -> bool {
        match self {
            Self::ChargeOpen { .. }
            | Self::MethodBarred { .. }
            | Self::KeyInactive { .. }
            | Self::KeyLimitReached { .. }
            | Self::SpendingLimitReached { .. }
            | Self::ChargeNotSucceeded { .. }
            | Self::DisputeUnknown { .. } => true,
            Self::TooManyInFlight { units, bound, .. } => units <= bound,
            Self::OutOfOrder { needs, is } => (*needs, *is) == (StageTag::Active, StageTag::Funding),
            Self::InsufficientCredit { held, outlook, .. } => match outlook {
                TopUpOutlook::Pending { .. }
                | TopUpOutlook::RetryAt { .. }
                | TopUpOutlook::BarredUntil { .. }
                | TopUpOutlook::DeferredUntil { .. } => true,
                TopUpOutlook::NotFunded
                | TopUpOutlook::Off
                | TopUpOutlook::Paused { .. }
                | TopUpOutlook::ReversalPaused { .. }
                | TopUpOutlook::Disputed
                | TopUpOutlook::Closing
                | TopUpOutlook::AboveThreshold
                | TopUpOutlook::Suspended
                | TopUpOutlook::TermsOutdated
                | TopUpOutlook::OutOfRange
                | TopUpOutlook::Due => !held.is_zero(),
            },
            Self::WrongActor { .. }
            | Self::CurrencyMismatch { .. }
            | Self::FieldForbidden { .. }
            | Self::FieldMissing { .. }
            | Self::TermsMismatch { .. }
            | Self::KeyUnknown { .. }
            | Self::ChargeUnknown { .. }
            | Self::ChargeArchived { .. }
            | Self::CallNotOpen { .. }
            | Self::GrantUnknown { .. }
            | Self::RefundUnknown { .. }
            | Self::RefundArchived { .. }
            | Self::KeyConflict { .. }
            | Self::CallConflict { .. }
            | Self::GrantConflict { .. }
            | Self::RefundConflict { .. }
            | Self::DisputeConflict { .. }
            | Self::KeyRevoked { .. }
            | Self::KeyExpired { .. }
            | Self::ShownTooLong { .. }
            | Self::TimeOutOfBounds { .. }
            | Self::QuoteNotInForce { .. }
            | Self::UnitsZero {}
            | Self::AmountZero {}
            | Self::AlreadyExtended { .. }
            | Self::ChargeSucceeded { .. }
            | Self::DisputeClosed { .. }
            | Self::ChargeUnresolved { .. }
            | Self::ChargeEnded { .. }
            | Self::ActionNotRequired { .. }
            | Self::Suspended { .. }
            | Self::TermsOutdated(_)
            | Self::Debt { .. }
            | Self::SettingsInvalid { .. }
            | Self::AmountNotWhole { .. }
            | Self::AmountOutOfBounds { .. }
            | Self::BalanceTooHigh { .. }
            | Self::AboveContribution { .. }
            | Self::AboveRefundable { .. }
            | Self::AboveDebt { .. }
            | Self::TooManyKeys { .. }
            | Self::DisputeStands { .. }
            | Self::AboveHold { .. }
            | Self::OutOfRange { .. }
            | Self::Defect { .. } => false,
        }
    }
}
