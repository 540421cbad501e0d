//! Money going back: refunds and disputes, and what they stop (chapter G).

mod answer;
mod apply;

use alloc::vec::Vec;

use serde::{Deserialize, Serialize};

pub(crate) use self::answer::*;
use super::charges::{EndedCharge, Outcome};
use crate::event::ReversalReason;
use crate::id::{ChargeNumber, RefundNumber};
use crate::money::{Amount, AmountError, Balance};
use crate::payment::{Fingerprint, PaymentMethod};
use crate::rejection::Rejection;
use crate::text::Text;
use crate::time::Timestamp;

/// The refunds and disputes of the charges on record, and whether they stop the automatic top-up.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(crate) struct Reversals {
    /// In the order of their numbers.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) refunds: Vec<Refund>,
    /// Those made at the provider, in the order in which they were recorded.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) recorded: Vec<RecordedRefund>,
    /// In the order in which they were opened.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) disputes: Vec<Dispute>,
    /// The number of the last refund, whose record may be gone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) last_refund: Option<RefundNumber>,
    /// Why the automatic top-up is paused, if it is (G4).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) pause: Option<ReversalReason>,
}

/// A refund that was asked here (G1).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refund {
    /// Its number.
    pub number: RefundNumber,
    /// Of which charge.
    pub charge: ChargeNumber,
    /// How much.
    pub amount: Amount,
    /// When it was asked.
    pub requested_at: Timestamp,
    /// How far it has come.
    pub phase: RefundPhase,
}

/// How far a refund has come.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RefundPhase {
    /// Its outcome is unknown, and it is asked, again and again, under one idempotency key.
    Asking {
        /// Until when.
        until: Timestamp,
    },
    /// Its outcome is unknown, and it is only looked up.
    LookingUp {},
    /// The money was sent; it may still come back.
    Succeeded {
        /// The provider's reference.
        reference: Text,
    },
    /// The money was not sent, or came back: final.
    Failed {
        /// The provider's reference, where it had succeeded before.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reference: Option<Text>,
    },
}

/// A refund that was made at the provider, known by its reference (G1).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecordedRefund {
    /// Of which charge.
    pub charge: ChargeNumber,
    /// How much.
    pub amount: Amount,
    /// The provider's reference.
    pub reference: Text,
}

/// A dispute (G2).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Dispute {
    /// The provider's id.
    pub dispute: Text,
    /// Of which charge.
    pub charge: ChargeNumber,
    /// How much of it.
    pub amount: Amount,
    /// What identifies the payment method that the charge was asked of.
    pub fingerprint: Fingerprint,
    /// How far it has come.
    pub phase: DisputePhase,
    /// Whether it keeps its payment method from being asked (G4).
    pub bar: DisputeBar,
}

/// How far a dispute has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DisputePhase {
    /// It has no outcome yet.
    Open,
    /// The money came back.
    Won,
    /// It did not.
    Lost,
}

/// Whether a dispute that is open or lost keeps its payment method from being asked (G4).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DisputeBar {
    /// It does.
    Stands,
    /// The operator has cleared it.
    Cleared,
}

/// What is known under a provider's reference: of which charge, and how much.
enum Known {
    Own(ChargeNumber, Amount),
    Recorded(ChargeNumber, Amount),
}

impl Dispute {
    /// Whether it keeps its payment method from being asked, and a pause from being cleared (G4).
    pub(crate) const fn stands(&self) -> bool {
        matches!((self.phase, self.bar), (DisputePhase::Open | DisputePhase::Lost, DisputeBar::Stands))
    }
}

impl Reversals {
    /// What a charge credited, less all that went back of it; below zero where more did than it had credited (G2).
    fn left(&self, charge: &EndedCharge) -> Result<Balance, AmountError> {
        let Outcome::Succeeded { credited } = charge.outcome else { return Ok(Balance::ZERO) };
        let number = charge.number;
        let refunded = self.refunds.iter().filter(|refund| match refund.phase {
            RefundPhase::Asking { .. } | RefundPhase::LookingUp {} | RefundPhase::Succeeded { .. } => {
                refund.charge == number
            }
            RefundPhase::Failed { .. } => false,
        });
        let recorded = self.recorded.iter().filter(|refund| refund.charge == number);
        let disputed = self.disputes.iter().filter(|dispute| match dispute.phase {
            DisputePhase::Open | DisputePhase::Lost => dispute.charge == number,
            DisputePhase::Won => false,
        });
        let mut gone = refunded
            .map(|refund| refund.amount)
            .chain(recorded.map(|refund| refund.amount))
            .chain(disputed.map(|dispute| dispute.amount));
        gone.try_fold(Balance::from(credited), Balance::checked_sub)
    }

    /// What a charge still contributes to the balance (G2).
    pub(crate) fn contribution(&self, charge: &EndedCharge) -> Amount {
        // Where more went back than there can be, it contributes nothing.
        self.left(charge).map_or(Amount::ZERO, Balance::credit)
    }

    /// What went back of a charge beyond what it had credited (M1).
    pub(crate) fn excess(&self, charge: &EndedCharge) -> Result<Amount, AmountError> {
        self.left(charge).map(Balance::debt)
    }

    pub(crate) fn refund(&self, number: RefundNumber) -> Option<&Refund> {
        self.refunds.iter().find(|refund| refund.number == number)
    }

    /// A refund that is on record; or it never was, or is no longer.
    fn known(&self, number: RefundNumber) -> Result<&Refund, Rejection> {
        self.refund(number).ok_or(if number > RefundNumber(0) && number < self.next_refund() {
            Rejection::RefundArchived { refund: number }
        } else {
            Rejection::RefundUnknown { refund: number }
        })
    }

    /// What is known under a provider's reference: a refund of our own that has succeeded, also if it failed later, or
    /// one that was recorded (G1).
    fn known_by(&self, reference: &Text) -> Option<Known> {
        let own = self.refunds.iter().find(|own| match &own.phase {
            RefundPhase::Succeeded { reference: known } => known == reference,
            RefundPhase::Failed { reference: known } => known.as_ref() == Some(reference),
            RefundPhase::Asking { .. } | RefundPhase::LookingUp {} => false,
        });
        let recorded = self.recorded.iter().find(|recorded| recorded.reference == *reference);
        let own = own.map(|own| Known::Own(own.charge, own.amount));
        own.or_else(|| recorded.map(|recorded| Known::Recorded(recorded.charge, recorded.amount)))
    }

    pub(crate) fn dispute(&self, id: &Text) -> Option<&Dispute> {
        self.disputes.iter().find(|dispute| dispute.dispute == *id)
    }

    pub(crate) fn next_refund(&self) -> RefundNumber {
        self.last_refund.map_or(RefundNumber(1), |last| RefundNumber(last.0.saturating_add(1)))
    }

    /// The first dispute that keeps a pause from being cleared, but for `except` (G4).
    pub(crate) fn standing(&self, except: Option<&Text>) -> Option<&Dispute> {
        self.disputes.iter().find(|dispute| dispute.stands() && Some(&dispute.dispute) != except)
    }

    /// The first dispute that keeps this payment method from being asked (G4).
    pub(crate) fn barring(&self, method: &Fingerprint) -> Option<&Dispute> {
        self.disputes.iter().find(|dispute| dispute.stands() && dispute.fingerprint == *method)
    }

    pub(crate) fn disputes_method(&self, method: &PaymentMethod) -> bool {
        !self.disputes.is_empty() && self.barring(&method.identity()).is_some()
    }

    /// The earliest end of an asking window, and of which refund (K3).
    pub(crate) fn next_asking_end(&self) -> Option<(Timestamp, RefundNumber)> {
        let ends = self.refunds.iter().filter_map(|refund| match refund.phase {
            RefundPhase::Asking { until } => Some((until, refund.number)),
            RefundPhase::LookingUp {} | RefundPhase::Succeeded { .. } | RefundPhase::Failed { .. } => None,
        });
        ends.min()
    }

    /// Whether something of this charge is still undecided, or still bars its method: then it is not archived (G1).
    pub(crate) fn keeps(&self, charge: ChargeNumber) -> bool {
        let refunds = self.refunds.iter().any(|refund| {
            refund.charge == charge
                && matches!(refund.phase, RefundPhase::Asking { .. } | RefundPhase::LookingUp {})
        });
        let mut disputes = self.disputes.iter().filter(|dispute| dispute.charge == charge);
        refunds || disputes.any(|dispute| dispute.phase == DisputePhase::Open || dispute.stands())
    }
}
