//! Charges: at most one is open, whatever its kind (E4); what the provider says of it (F1 to F4), and its memory (F5).

mod apply;
mod results;

use alloc::boxed::Box;
use alloc::vec::Vec;

use serde::{Deserialize, Serialize};

pub(crate) use self::results::*;
use super::onboarding::Profile;
use super::reversals::Reversals;
use super::{Opened, Stage};
use crate::event::{ChargeKind, ChargeRequested, Event};
use crate::id::ChargeNumber;
use crate::money::{Amount, AmountError};
use crate::payment::{Fingerprint, PaymentMethod, PaymentToken};
use crate::policy::Policy;
use crate::rejection::Rejection;
use crate::text::Text;
use crate::time::Timestamp;

/// The open charge, those that ended, and the payment methods barred after too many failures.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(crate) struct Charges {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) open: Option<OpenCharge>,
    /// In the order of their numbers.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) ended: Vec<EndedCharge>,
    /// In the order in which they end.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) bars: Vec<Bar>,
    /// Those whose records were dropped.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) archived: Option<Archived>,
}

/// What is still known of the charges whose records were dropped (G1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Archived {
    /// The highest of their numbers.
    pub(crate) last: ChargeNumber,
    /// What they had credited (M1).
    pub(crate) credited: Amount,
    /// What they contribute to the balance.
    pub(crate) contributed: Amount,
    /// What went back of them beyond what they had credited (M1).
    pub(crate) excess: Amount,
}

/// The charge that holds the one place (E4).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OpenCharge {
    /// Its number.
    pub number: ChargeNumber,
    /// What it is for.
    pub kind: ChargeKind,
    /// How much was asked; fixed.
    pub amount: Amount,
    /// The payment method asked; fixed (F3).
    pub token: PaymentToken,
    /// What identifies that method across tokens.
    pub fingerprint: Fingerprint,
    /// When it was requested.
    pub requested_at: Timestamp,
    /// How far it has come.
    pub phase: ChargePhase,
    /// Whether a failure of it says anything of the payment method.
    #[serde(default, skip_serializing_if = "Counting::counts")]
    pub counting: Counting,
}

/// How far an open charge has come.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ChargePhase {
    /// Its outcome is unknown, and it is asked, again and again, under one idempotency key (F3).
    Asking {
        /// Until when.
        until: Timestamp,
    },
    /// Its outcome is unknown, and it is only looked up (F3).
    LookingUp {},
    /// The owner has to act (F4).
    ActionRequired {
        /// The provider's reference.
        reference: Text,
        /// When it is cancelled if nobody has acted.
        until: Timestamp,
    },
    /// Its cancellation is owed (F4).
    Cancelling {
        /// The provider's reference, where it gave one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reference: Option<Text>,
    },
    /// The provider reported another amount: only the operator can end it (F2, F3b).
    Unresolved {
        /// What was reported, in order; never empty.
        reports: Reports,
        /// What it becomes if nothing was taken.
        if_not_taken: IfNotTaken,
    },
}

/// The amounts a provider reported for a charge, other than was asked; each once, in order (F2).
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Reports(Vec<Amount>);

impl Reports {
    /// The amounts.
    ///
    /// ```
    /// assert!(prepaid::Reports::default().as_slice().is_empty());
    /// ```
    #[must_use]
    pub fn as_slice(&self) -> &[Amount] {
        &self.0
    }

    pub(crate) fn contains(&self, amount: Amount) -> bool {
        self.0.contains(&amount)
    }

    pub(crate) fn last(&self) -> Option<Amount> {
        self.0.last().copied()
    }

    fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    fn with(mut self, amount: Amount) -> Self {
        self.0.push(amount);
        self
    }
}

/// What a charge becomes when the operator finds that nothing was taken (F3b).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum IfNotTaken {
    /// It fails, as by a look-up that finds nothing.
    Fails,
    /// It was being cancelled, and is abandoned.
    IsAbandoned,
}

/// Whether the ending of a charge counts as a decline (F1, F5).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Counting {
    /// As usual.
    #[default]
    Counts,
    /// An earlier charge succeeded late, so this one is cancelled without blame.
    Superseded,
}

impl Counting {
    #[expect(clippy::trivially_copy_pass_by_ref, reason = "the signature serde calls")]
    const fn counts(&self) -> bool {
        matches!(self, Self::Counts)
    }
}

/// A charge that has ended. Success is final; a failed or abandoned one may yet turn out to have been taken (F1).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EndedCharge {
    /// Its number.
    pub number: ChargeNumber,
    /// What it was for.
    pub kind: ChargeKind,
    /// How much was asked.
    pub amount: Amount,
    /// What identifies the payment method asked.
    pub fingerprint: Fingerprint,
    /// When it was requested.
    pub requested_at: Timestamp,
    /// When it ended; for a late success, when it first did.
    pub ended_at: Timestamp,
    /// How.
    pub outcome: Outcome,
    /// Whether its failure counts (F5).
    #[serde(default, skip_serializing_if = "Counting::counts")]
    pub counting: Counting,
    /// The other amounts the provider reported, if it ever did (F2).
    #[serde(default, skip_serializing_if = "Reports::is_empty")]
    pub reports: Reports,
    /// Until when this record is kept at least; for ever where none (G1).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub keep_until: Option<Timestamp>,
    /// When a refund or dispute of it last came to something; the record is kept for as long after that (G1).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reversed_at: Option<Timestamp>,
}

/// How a charge ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// The money was taken and credited.
    Succeeded {
        /// How much was credited.
        credited: Amount,
    },
    /// The provider declined, or has no such charge.
    Failed {},
    /// It was cancelled.
    Abandoned {},
}

impl Outcome {
    pub(crate) const fn credited(self) -> Amount {
        match self {
            Self::Succeeded { credited } => credited,
            Self::Failed {} | Self::Abandoned {} => Amount::ZERO,
        }
    }
}

/// Nothing more is asked of a payment method until then (F5).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) struct Bar {
    pub(crate) until: Timestamp,
    pub(crate) fingerprint: Fingerprint,
}

impl Charges {
    pub(crate) fn ended(&self, number: ChargeNumber) -> Option<&EndedCharge> {
        let at = self.ended.binary_search_by_key(&number, |charge| charge.number).ok()?;
        self.ended.get(at)
    }

    pub(crate) fn ended_mut(&mut self, number: ChargeNumber) -> Option<&mut EndedCharge> {
        let at = self.ended.binary_search_by_key(&number, |charge| charge.number).ok()?;
        self.ended.get_mut(at)
    }

    /// What the open charge asks for; nothing where none is open.
    pub(crate) fn asked(&self) -> Amount {
        self.open.as_ref().map_or(Amount::ZERO, |charge| charge.amount)
    }

    /// What charges credited, whatever went back of it since, of all that ever were (M1).
    pub(crate) fn credited(&self) -> Result<Amount, AmountError> {
        let archived = self.archived.map_or(Amount::ZERO, |archived| archived.credited);
        self.ended.iter().try_fold(archived, |sum, charge| sum.checked_add(charge.outcome.credited()))
    }

    /// What went back of charges beyond what they had credited, of all that ever were: an amount, too (M1).
    pub(crate) fn excess(&self, reversals: &Reversals) -> Result<Amount, AmountError> {
        let archived = self.archived.map_or(Amount::ZERO, |archived| archived.excess);
        self.ended.iter().try_fold(archived, |sum, charge| sum.checked_add(reversals.excess(charge)?))
    }

    pub(crate) fn next_number(&self) -> ChargeNumber {
        let open = self.open.as_ref().map(|charge| charge.number);
        let ended = self.ended.last().map(|charge| charge.number);
        let last = open.max(ended).max(self.archived.map(|archived| archived.last));
        last.map_or(ChargeNumber(1), |number| ChargeNumber(number.0.saturating_add(1)))
    }

    pub(crate) fn barred_until(&self, method: &PaymentMethod) -> Option<Timestamp> {
        if self.bars.is_empty() {
            return None;
        }
        let identity = method.identity();
        self.bars.iter().find(|bar| bar.fingerprint == identity).map(|bar| bar.until)
    }
}

/// A charge that has ended; none while it is open.
pub(crate) fn ended_charge(opened: &Opened, number: ChargeNumber) -> Result<Option<&EndedCharge>, Rejection> {
    match find(opened, number)? {
        Found::Open(_) => Ok(None),
        Found::Ended(charge) => Ok(Some(charge)),
    }
}

/// The first charge whose record need not be kept any longer (G1).
pub(crate) fn due_for_archive(opened: &Opened, policy: &Policy, now: Timestamp) -> Option<Event> {
    // What is left is still to be refunded to them (J2).
    match &opened.stage {
        Stage::Closing(_) => return None,
        Stage::Closed(_) if !opened.purchased().credit().is_zero() => return None,
        Stage::Registered {}
        | Stage::Agreed { .. }
        | Stage::Described { .. }
        | Stage::Linked(_)
        | Stage::Funding { .. }
        | Stage::Active { .. }
        | Stage::Closed(_) => {}
    }
    // A refund that has succeeded may fail as late as a charge may be reversed.
    let window = policy.numbers().reversal_window;
    let is_due = |charge: &&EndedCharge| {
        charge.keep_until.is_some_and(|until| until <= now)
            && charge.reversed_at.is_none_or(|at| at.saturating_add(window) <= now)
    };
    let mut due = opened.charges.ended.iter().filter(is_due);
    let charge = due.find(|charge| !opened.reversals.keeps(charge.number))?.number;
    Some(Event::ChargeArchived { charge })
}

/// Refuses to ask for another charge while one is open (E4) or the payment method is barred (F5) or disputed (G4).
pub(crate) fn refuse_asking(opened: &Opened) -> Result<(), Rejection> {
    if let Some(OpenCharge { number, kind, .. }) = &opened.charges.open {
        return Err(Rejection::ChargeOpen { charge: *number, kind: *kind });
    }
    let Some(Profile { method, .. }) = opened.stage.profile() else { return Ok(()) };
    if let Some(until) = opened.charges.barred_until(method) {
        return Err(Rejection::MethodBarred { until });
    }
    match opened.reversals.barring(&method.identity()) {
        Some(dispute) => Err(Rejection::DisputeStands { dispute: dispute.dispute.clone() }),
        None => Ok(()),
    }
}

/// The request for a charge of the current payment method; none before one is linked.
pub(crate) fn request(
    opened: &Opened,
    policy: &Policy,
    kind: ChargeKind,
    amount: Amount,
    now: Timestamp,
) -> Option<Event> {
    let method = &opened.stage.profile()?.method;
    Some(Event::ChargeRequested(Box::new(ChargeRequested {
        charge: opened.charges.next_number(),
        kind,
        amount,
        token: method.token.clone(),
        fingerprint: method.identity(),
        ask_until: now.saturating_add(policy.numbers().asking_window),
    })))
}
