//! The charges of an account, archived ones too, each with the number that stands on its receipt.

use std::collections::BTreeMap;
use std::fmt;

use prepaid::{
    AccountId, Amount, ChargeKind, ChargeNumber, DisputeOutcome, Event, Outcome, RefundNumber, Text,
    Timestamp,
};

use super::{More, each_batch};
use crate::fact::{Fact, Reversal};
use crate::store::{ReadStore, StoreError};

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

#[derive(Default)]
struct Charges {
    rows: BTreeMap<ChargeNumber, ChargeRow>,
    /// Also those that failed: one may yet turn out to have been recorded.
    refunds: BTreeMap<RefundNumber, (ChargeNumber, Amount)>,
    recorded: BTreeMap<Text, (ChargeNumber, Amount)>,
    disputes: BTreeMap<Text, (ChargeNumber, Amount)>,
}

impl Charges {
    fn note(&mut self, account: AccountId, at: Timestamp, event: &Event) -> Option<()> {
        match Fact::of(event) {
            Fact::ChargeAsked(asked) => {
                let (charge, kind, amount) = (asked.charge, asked.kind, asked.amount);
                let row = ChargeRow {
                    receipt: Receipt { account, charge },
                    charge,
                    kind,
                    amount,
                    requested_at: at,
                    ended: None,
                    reference: None,
                    refunded: Amount::ZERO,
                    disputed: Amount::ZERO,
                };
                self.rows.insert(charge, row);
            }
            Fact::ChargeCredited { charge, amount, reference } => {
                let row = self.rows.get_mut(&charge)?;
                row.ended = Some((at, Outcome::Succeeded { credited: amount }));
                row.reference = Some(reference.clone());
            }
            Fact::ChargeEnded { charge, outcome } => self.rows.get_mut(&charge)?.ended = Some((at, outcome)),
            Fact::Reversed(reversal) => self.reverse(reversal)?,
            Fact::CallAdmitted { .. }
            | Fact::CallBilled { .. }
            | Fact::KeyAsked(_)
            | Fact::GrantIssued(_)
            | Fact::GrantStarted(_)
            | Fact::CreditGone(_)
            | Fact::WrittenOff(_)
            | Fact::Nothing => {}
        }
        Some(())
    }

    fn reverse(&mut self, reversal: Reversal<'_>) -> Option<()> {
        match reversal {
            Reversal::RefundAsked { refund, charge, amount } => {
                self.refunds.insert(refund, (charge, amount));
                self.refunded(charge, amount);
            }
            Reversal::RefundFailed(refund) => {
                let (charge, amount) = self.refunds.get(&refund).copied()?;
                self.not_refunded(charge, amount);
            }
            Reversal::RefundRecorded { charge, amount, reference } => {
                self.recorded.insert(reference.clone(), (charge, amount));
                self.refunded(charge, amount);
            }
            Reversal::RefundSent { refund, reference } => {
                // One that was recorded under this reference was this one, and counts once (G1).
                if let Some((charge, amount)) = self.recorded.get(reference).copied()
                    && self.refunds.get(&refund) == Some(&(charge, amount))
                {
                    self.recorded.remove(reference);
                    self.not_refunded(charge, amount);
                }
            }
            Reversal::DisputeOpened { dispute, charge, amount } => {
                self.disputes.insert(dispute.clone(), (charge, amount));
                let row = self.rows.get_mut(&charge)?;
                row.disputed = row.disputed.checked_add(amount).unwrap_or(Amount::MAX);
            }
            Reversal::DisputeClosed { dispute, outcome } => {
                let (charge, amount) = self.disputes.get(dispute).copied()?;
                let row = self.rows.get_mut(&charge)?;
                match outcome {
                    DisputeOutcome::Won => {
                        row.disputed = row.disputed.checked_sub(amount).unwrap_or(Amount::ZERO);
                    }
                    DisputeOutcome::Lost => {}
                }
            }
        }
        Some(())
    }

    fn refunded(&mut self, charge: ChargeNumber, amount: Amount) {
        if let Some(row) = self.rows.get_mut(&charge) {
            row.refunded = row.refunded.checked_add(amount).unwrap_or(Amount::MAX);
        }
    }

    fn not_refunded(&mut self, charge: ChargeNumber, amount: Amount) {
        if let Some(row) = self.rows.get_mut(&charge) {
            row.refunded = row.refunded.checked_sub(amount).unwrap_or(Amount::ZERO);
        }
    }
}

/// Every charge of an account, by number.
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
    each_batch(store, account, 0, |row| {
        for event in &row.batch.events {
            charges.note(account, row.batch.at, event).ok_or_else(|| {
                StoreError::Damaged(format!("batch {} of account {account} does not fit", row.seq))
            })?;
        }
        Ok(More::Wanted)
    })?;
    Ok(charges.rows.into_values().collect())
}
