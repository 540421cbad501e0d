//! The balance: all credit less settled usage, and what open calls hold of it (M5).

use serde::{Deserialize, Serialize};

use crate::money::{Amount, AmountError, Balance};

/// What the account has, holds, and has left to spend.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Balances {
    /// All credit less settled usage; below zero it is a debt.
    pub posted: Balance,
    /// What open calls reserve.
    pub held: Amount,
    /// `posted - held`: what another call may cost.
    pub available: Balance,
}

/// The running totals; each is checked against its parts by [`crate::Account::check`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(crate) struct Wallet {
    /// `credited - settled`.
    pub(crate) posted: Balance,
    /// The sum of the open holds.
    pub(crate) held: Amount,
    /// The sum of all successful charges.
    pub(crate) credited: Amount,
    /// The sum of all settled usage.
    pub(crate) settled: Amount,
}

impl Wallet {
    /// What another call may cost. `posted` and `held` are in range, so only an absurd debt could leave it.
    pub(crate) fn available(&self) -> Balance {
        self.posted.checked_sub(self.held).unwrap_or(Balance::MIN)
    }

    /// What would be available if `hold` were given back and `amount` billed.
    pub(crate) fn available_after(&self, hold: Amount, amount: Amount) -> Result<Balance, AmountError> {
        self.posted.checked_sub(amount)?.checked_sub(self.held.checked_sub(hold)?)
    }

    pub(crate) fn balances(&self) -> Balances {
        Balances { posted: self.posted, held: self.held, available: self.available() }
    }

    /// The wallet after a charge was credited (F2).
    pub(crate) fn credit(self, amount: Amount) -> Result<Self, AmountError> {
        let posted = self.posted.checked_add(amount)?;
        Ok(Self { posted, credited: self.credited.checked_add(amount)?, ..self })
    }

    /// The wallet after a call was billed that held nothing (D7, and late by D6).
    pub(crate) fn bill(self, amount: Amount) -> Result<Self, AmountError> {
        let posted = self.posted.checked_sub(amount)?;
        Ok(Self { posted, settled: self.settled.checked_add(amount)?, ..self })
    }

    /// The wallet after a call's price was reserved (D3).
    pub(crate) fn hold(self, amount: Amount) -> Result<Self, AmountError> {
        Ok(Self { held: self.held.checked_add(amount)?, ..self })
    }

    /// The wallet after a hold was given back (D4).
    pub(crate) fn free(self, amount: Amount) -> Result<Self, AmountError> {
        Ok(Self { held: self.held.checked_sub(amount)?, ..self })
    }
}
