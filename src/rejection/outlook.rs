//! Whether and when an automatic top-up will help.

use serde::Serialize;

use crate::event::{Cap, PauseReason, ReversalReason};
use crate::id::ChargeNumber;
use crate::time::Timestamp;

/// Whether and when an automatic top-up will help (F6).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum TopUpOutlook {
    /// The account was never funded (E1).
    NotFunded,
    /// A charge, of whatever kind, is open.
    Pending {
        /// Which charge.
        charge: ChargeNumber,
    },
    /// It is switched off (E6).
    Off,
    /// It is paused until something clears it (F5).
    Paused {
        /// Why.
        reason: PauseReason,
    },
    /// It is paused by a reversal until something clears it (G4); written as `paused`, too.
    #[serde(rename = "paused")]
    ReversalPaused {
        /// What kind of reversal.
        reason: ReversalReason,
    },
    /// The balance is above the threshold: nothing is due (E1).
    AboveThreshold,
    /// It waits after a soft decline (F5).
    RetryAt {
        /// When the wait ends.
        at: Timestamp,
    },
    /// The payment method is barred (F5).
    BarredUntil {
        /// When the bar ends.
        until: Timestamp,
    },
    /// A cap leaves no room in this window (E7).
    DeferredUntil {
        /// When the next window begins.
        until: Timestamp,
        /// Which cap.
        cap: Cap,
    },
    /// The payment method is disputed (G4).
    Disputed,
    /// The account is suspended (J1).
    Suspended,
    /// The terms are outdated and past their grace (A6).
    TermsOutdated,
    /// The account is closing or closed (J2).
    Closing,
    /// What the account keeps count of is at the end of its range, and has no room for another charge (M1).
    OutOfRange,
    /// Everything E1 asks for holds: the next accepted command that changes something charges.
    Due,
}

impl core::fmt::Display for TopUpOutlook {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            Self::NotFunded => f.write_str("not before the first funding"),
            Self::Pending { charge } => write!(f, "pending as charge {charge}"),
            Self::Off => f.write_str("off"),
            Self::Paused { reason } => write!(f, "paused after {}", reason.as_text()),
            Self::ReversalPaused { reason } => write!(f, "paused after {}", reason.as_text()),
            Self::AboveThreshold => f.write_str("not due: the balance is above the threshold"),
            Self::RetryAt { at } => write!(f, "due at {at}"),
            Self::BarredUntil { until } => write!(f, "barred until {until}"),
            Self::DeferredUntil { until, cap } => write!(f, "held by its {} until {until}", cap.as_text()),
            Self::Disputed => f.write_str("stopped: the payment method is disputed"),
            Self::Suspended => f.write_str("suspended"),
            Self::TermsOutdated => f.write_str("waiting for the terms to be accepted"),
            Self::Closing => f.write_str("over: the account is closing"),
            Self::OutOfRange => f.write_str("over: no total of the account has room for another charge"),
            Self::Due => f.write_str("due with the next change"),
        }
    }
}

impl PauseReason {
    const fn as_text(self) -> &'static str {
        match self {
            Self::HardDecline => "a hard decline",
            Self::ChargeAbandoned => "an abandoned charge",
            Self::RetriesExhausted => "the last retry",
        }
    }
}

impl ReversalReason {
    const fn as_text(self) -> &'static str {
        match self {
            Self::Refund => "a refund",
            Self::Dispute => "a dispute",
        }
    }
}

impl Cap {
    const fn as_text(self) -> &'static str {
        match self {
            Self::Monthly => "monthly cap",
            Self::Daily => "daily count",
        }
    }
}
