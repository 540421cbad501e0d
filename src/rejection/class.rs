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
            | Self::SettingsInvalid { .. }
            | Self::AmountNotWhole { .. }
            | Self::AmountOutOfBounds { .. }
            | Self::BalanceTooHigh { .. }
            | Self::AboveHold { .. }
            | Self::OutOfRange { .. } => RejectionClass::Invalid,
            Self::KeyUnknown { .. } | Self::ChargeUnknown { .. } | Self::CallNotOpen { .. } => {
                RejectionClass::NotFound
            }
            Self::OutOfOrder { .. }
            | Self::KeyConflict { .. }
            | Self::CallConflict { .. }
            | Self::AlreadyExtended { .. }
            | Self::ChargeSucceeded { .. }
            | Self::ChargeUnresolved { .. }
            | Self::ChargeEnded { .. }
            | Self::ActionNotRequired { .. }
            | Self::ChargeOpen { .. } => RejectionClass::Conflict,
            Self::Debt { .. } | Self::InsufficientCredit { .. } | Self::MethodBarred { .. } => {
                RejectionClass::PaymentRequired
            }
            Self::TooManyInFlight { .. } | Self::TooManyKeys { .. } => RejectionClass::Limited,
            Self::Defect { .. } => RejectionClass::Defect,
        }
    }

    /// Whether the same command may succeed later without the owner or the operator acting: when an open call or charge
    /// has ended, a wait or a bar is over, or a top-up has come.
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
            Self::ChargeOpen { .. } | Self::MethodBarred { .. } | Self::KeyInactive { .. } => true,
            Self::TooManyInFlight { units, bound, .. } => units <= bound,
            Self::OutOfOrder { needs, is } => (*needs, *is) == (StageTag::Active, StageTag::Funding),
            Self::InsufficientCredit { held, outlook, .. } => match outlook {
                TopUpOutlook::Pending { .. }
                | TopUpOutlook::RetryAt { .. }
                | TopUpOutlook::BarredUntil { .. } => true,
                TopUpOutlook::NotFunded
                | TopUpOutlook::Off
                | TopUpOutlook::Paused { .. }
                | TopUpOutlook::AboveThreshold
                | TopUpOutlook::Suspended
                | TopUpOutlook::TermsOutdated
                | TopUpOutlook::Due => !held.is_zero(),
            },
            Self::WrongActor { .. }
            | Self::CurrencyMismatch { .. }
            | Self::FieldMissing { .. }
            | Self::TermsMismatch { .. }
            | Self::KeyUnknown { .. }
            | Self::ChargeUnknown { .. }
            | Self::CallNotOpen { .. }
            | Self::KeyConflict { .. }
            | Self::CallConflict { .. }
            | Self::KeyRevoked { .. }
            | Self::KeyExpired { .. }
            | Self::ShownTooLong { .. }
            | Self::TimeOutOfBounds { .. }
            | Self::QuoteNotInForce { .. }
            | Self::UnitsZero {}
            | Self::AlreadyExtended { .. }
            | Self::ChargeSucceeded { .. }
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
            | Self::TooManyKeys { .. }
            | Self::AboveHold { .. }
            | Self::OutOfRange { .. }
            | Self::Defect { .. } => false,
        }
    }
}
