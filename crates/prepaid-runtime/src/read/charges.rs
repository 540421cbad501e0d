//! The charges of an account, archived ones too, each with the number that stands on its receipt.

use std::collections::BTreeMap;
use std::fmt;

use prepaid::{
    AccountId, Amount, ChargeKind, ChargeNumber, ChargeRequested, DisputeOutcome, Event, Outcome,
    RefundNumber, Text, Timestamp,
};

use super::{More, each_batch_beside_calls};
use crate::fact::{Fact, Reversal};
use crate::store::{BatchRow, ReadStore, StoreError};

/// The number on a receipt: unique among all accounts, the same for ever.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Receipt {
    account: AccountId,
    charge: ChargeNumber,
}

impl fmt::Display for Receipt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{:06}", self.account.0.simple(), self.charge.0)
    }
}

/// A charge, and what became of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChargeRow {
    /// The number on its receipt.
    pub receipt: Receipt,
    /// Its number within the account.
    pub charge: ChargeNumber,
    /// What it was for.
    pub kind: ChargeKind,
    /// How much was asked.
    pub amount: Amount,
    /// When.
    pub requested_at: Timestamp,
    /// How it ended, and when; none while it is open.
    pub ended: Option<(Timestamp, Outcome)>,
    /// The provider's reference, where it succeeded.
    pub reference: Option<Text>,
    /// What was refunded of it: asked and not failed, or recorded.
    pub refunded: Amount,
    /// What is disputed of it, or was lost.
    pub disputed: Amount,
}

impl ChargeRow {
    fn asked(account: AccountId, at: Timestamp, asked: &ChargeRequested) -> Self {
        let (charge, kind, amount) = (asked.charge, asked.kind, asked.amount);
        Self {
            receipt: Receipt { account, charge },
            charge,
            kind,
            amount,
            requested_at: at,
            ended: None,
            reference: None,
            refunded: Amount::ZERO,
            disputed: Amount::ZERO,
        }
    }

    /// What it contributes to the balance: what was credited less all that went back, and never less than nothing (G2).
    ///
    /// ```
    /// use prepaid_runtime::{MemoryStore, read};
    /// let account = prepaid::AccountId(uuid::Uuid::from_u128(1));
    /// for charge in read::charges(&mut MemoryStore::default(), account)? {
    ///     println!("{}: {} of {}", charge.receipt, charge.contribution(), charge.amount);
    /// }
    /// # Ok::<(), prepaid_runtime::StoreError>(())
    /// ```
    #[must_use]
    pub fn contribution(&self) -> Amount {
        match self.ended {
            Some((_, Outcome::Succeeded { credited })) => {
                let gone = [self.refunded, self.disputed];
                gone.into_iter().try_fold(credited, Amount::checked_sub).unwrap_or(Amount::ZERO)
            }
            Some((_, Outcome::Failed {} | Outcome::Abandoned {})) | None => Amount::ZERO,
        }
    }

    fn refund(&mut self, amount: Amount) -> Option<()> {
        self.refunded = self.refunded.checked_add(amount).ok()?;
        Some(())
    }

    fn unrefund(&mut self, amount: Amount) -> Option<()> {
        self.refunded = self.refunded.checked_sub(amount).ok()?;
        Some(())
    }
}

/// What a charge contributed before an event, and after it; nothing for an event that is of no charge.
#[derive(Clone, Copy)]
pub(super) struct Contribution {
    before: Amount,
    after: Amount,
}

impl Contribution {
    const NONE: Self = Self { before: Amount::ZERO, after: Amount::ZERO };

    /// By how much it rose.
    pub(super) fn gained(self) -> Amount {
        self.after.checked_sub(self.before).unwrap_or(Amount::ZERO)
    }

    /// By how much it fell.
    pub(super) fn lost(self) -> Amount {
        self.before.checked_sub(self.after).unwrap_or(Amount::ZERO)
    }
}

/// The charges of an account up to a batch, and what went back of them.
#[derive(Default)]
pub(super) struct Charges {
    rows: BTreeMap<ChargeNumber, ChargeRow>,
    /// Also those that failed: one may yet turn out to have been recorded.
    refunds: BTreeMap<RefundNumber, (ChargeNumber, Amount)>,
    recorded: BTreeMap<Text, (ChargeNumber, Amount)>,
    disputes: BTreeMap<Text, (ChargeNumber, Amount)>,
}

impl Charges {
    /// Takes in the next event, and says what it did to the contribution of its charge.
    pub(super) fn note(&mut self, row: &BatchRow, event: &Event) -> Result<Contribution, StoreError> {
        self.noted(row, event).ok_or_else(|| {
            StoreError::Damaged(format!(
                "batch {} of account {}: no batch before it has the charge, refund or dispute that it is about, or of \
                 such an amount",
                row.seq, row.account
            ))
        })
    }

    fn noted(&mut self, row: &BatchRow, event: &Event) -> Option<Contribution> {
        let at = row.batch.at;
        match Fact::of(event) {
            Fact::ChargeAsked(asked) => {
                self.rows.insert(asked.charge, ChargeRow::asked(row.account, at, asked));
                Some(Contribution::NONE)
            }
            Fact::ChargeCredited { charge, amount, reference } => self.revise(charge, |row| {
                row.ended = Some((at, Outcome::Succeeded { credited: amount }));
                row.reference = Some(reference.clone());
                Some(())
            }),
            Fact::ChargeEnded { charge, outcome } => self.revise(charge, |row| {
                row.ended = Some((at, outcome));
                Some(())
            }),
            Fact::Reversed(reversal) => self.reverse(reversal),
            Fact::CallAdmitted { .. }
            | Fact::CallBilled { .. }
            | Fact::CallMoved(_)
            | Fact::KeyAsked(_)
            | Fact::GrantIssued(_)
            | Fact::GrantStarted(_)
            | Fact::CreditGone(_)
            | Fact::WrittenOff(_)
            | Fact::Nothing => Some(Contribution::NONE),
        }
    }

    fn reverse(&mut self, reversal: Reversal<'_>) -> Option<Contribution> {
        match reversal {
            Reversal::RefundAsked { refund, charge, amount } => {
                self.refunds.insert(refund, (charge, amount));
                self.revise(charge, |row| row.refund(amount))
            }
            Reversal::RefundFailed(refund) => {
                let (charge, amount) = self.refunds.get(&refund).copied()?;
                self.revise(charge, |row| row.unrefund(amount))
            }
            Reversal::RefundRecorded { charge, amount, reference } => {
                self.recorded.insert(reference.clone(), (charge, amount));
                self.revise(charge, |row| row.refund(amount))
            }
            Reversal::RefundSent { refund, reference } => {
                let own = self.refunds.get(&refund).copied()?;
                // One that was recorded under this reference was this one, and counts once (G1).
                if self.recorded.get(reference) != Some(&own) {
                    return Some(Contribution::NONE);
                }
                self.recorded.remove(reference);
                let (charge, amount) = own;
                self.revise(charge, |row| row.unrefund(amount))
            }
            Reversal::DisputeOpened { dispute, charge, amount } => {
                self.disputes.insert(dispute.clone(), (charge, amount));
                self.revise(charge, |row| {
                    row.disputed = row.disputed.checked_add(amount).ok()?;
                    Some(())
                })
            }
            Reversal::DisputeClosed { dispute, outcome } => {
                let (charge, amount) = self.disputes.get(dispute).copied()?;
                match outcome {
                    DisputeOutcome::Lost => Some(Contribution::NONE),
                    DisputeOutcome::Won => self.revise(charge, |row| {
                        row.disputed = row.disputed.checked_sub(amount).ok()?;
                        Some(())
                    }),
                }
            }
        }
    }

    /// Changes what is known of a charge.
    fn revise(
        &mut self,
        charge: ChargeNumber,
        revise: impl FnOnce(&mut ChargeRow) -> Option<()>,
    ) -> Option<Contribution> {
        let row = self.rows.get_mut(&charge)?;
        let before = row.contribution();
        revise(row)?;
        Some(Contribution { before, after: row.contribution() })
    }
}

/// Every charge of an account, by number: all at once, because an account has few of them. Its calls are not read.
///
/// # Errors
/// [`StoreError`].
///
/// ```
/// use prepaid_runtime::{MemoryStore, read};
/// let account = prepaid::AccountId(uuid::Uuid::from_u128(1));
/// assert!(read::charges(&mut MemoryStore::default(), account)?.is_empty());
/// # Ok::<(), prepaid_runtime::StoreError>(())
/// ```
pub fn charges(store: &mut impl ReadStore, account: AccountId) -> Result<Vec<ChargeRow>, StoreError> {
    let mut charges = Charges::default();
    each_batch_beside_calls(store, account, |row| {
        for event in &row.batch.events {
            charges.note(&row, event)?;
        }
        Ok(More::Wanted)
    })?;
    Ok(charges.rows.into_values().collect())
}
