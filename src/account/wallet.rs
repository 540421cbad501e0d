//! The balance: all credit less settled usage, and what open calls hold of it (M5).

use serde::{Deserialize, Serialize};

use super::Opened;
use crate::money::{Amount, AmountError, Balance};
use crate::rejection::Rejection;

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
    /// `credited + granted + written_off - settled - lapsed - forfeited`.
    pub(crate) posted: Balance,
    /// The sum of the open holds.
    pub(crate) held: Amount,
    /// What all charges contribute, archived ones too (G2).
    pub(crate) credited: Amount,
    /// The sum of all settled usage.
    pub(crate) settled: Amount,
    /// The face value of all grants that took effect (H1).
    #[serde(default, skip_serializing_if = "is_zero")]
    pub(crate) granted: Amount,
    /// Remainders of grants that expired or were voided; never more than was granted (H3).
    #[serde(default, skip_serializing_if = "is_zero")]
    pub(crate) lapsed: Amount,
    /// Purchased credit that could not be refunded at the end (J2).
    #[serde(default, skip_serializing_if = "is_zero")]
    pub(crate) forfeited: Amount,
    /// Debts that were given up (J2).
    #[serde(default, skip_serializing_if = "is_zero")]
    pub(crate) written_off: Amount,
}

pub(crate) const fn is_zero(amount: &Amount) -> bool {
    amount.is_zero()
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

    /// The wallet after a charge contributes something else than `before` (F2, G2).
    pub(crate) fn contribute(self, before: Amount, after: Amount) -> Result<Self, AmountError> {
        let posted =
            Balance::total(&[after], &[before]).and_then(|change| self.posted.checked_sum(change))?;
        let credited = Balance::total(&[self.credited, after], &[before])?.credit();
        Self { posted, credited, ..self }.within_range()
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

    /// The wallet after a grant took effect (H1).
    pub(crate) fn grant(self, amount: Amount) -> Result<Self, AmountError> {
        let posted = self.posted.checked_add(amount)?;
        Self { posted, granted: self.granted.checked_add(amount)?, ..self }.within_range()
    }

    /// The wallet after purchased credit was forfeited (J2).
    pub(crate) fn forfeit(self, amount: Amount) -> Result<Self, AmountError> {
        let posted = self.posted.checked_sub(amount)?;
        Ok(Self { posted, forfeited: self.forfeited.checked_add(amount)?, ..self })
    }

    /// The wallet after credit of a grant expired or was voided (H3).
    pub(crate) fn lapse(self, amount: Amount) -> Result<Self, AmountError> {
        let posted = self.posted.checked_sub(amount)?;
        Ok(Self { posted, lapsed: self.lapsed.checked_add(amount)?, ..self })
    }

    /// The wallet after a debt was given up (J2).
    pub(crate) fn write_off(self, amount: Amount) -> Result<Self, AmountError> {
        let posted = self.posted.checked_add(amount)?;
        Self { posted, written_off: self.written_off.checked_add(amount)?, ..self }.within_range()
    }

    /// All that ever came to the account is one amount. What went is no more than that and the debt, so every book of
    /// the account is in range, too (M1).
    fn came(&self) -> Result<Amount, AmountError> {
        self.credited.checked_add(self.granted)?.checked_add(self.written_off)
    }

    fn within_range(self) -> Result<Self, AmountError> {
        self.came().map(|_| self)
    }
}

/// The most that can still be credited for a charge, once every grant that waits has started (M1).
pub(crate) fn room(opened: &Opened) -> Amount {
    let started = opened.lots.waiting_total().and_then(|waiting| opened.wallet.grant(waiting));
    let left = started.and_then(|wallet| Amount::MAX.checked_sub(wallet.came()?));
    left.unwrap_or(Amount::ZERO)
}

/// Refuses a wallet, as a command would leave it, that has left the range of amounts, or would once every grant that
/// waits has started: what is due is never refused (M1).
pub(crate) fn refuse_beyond_range(
    opened: &Opened,
    after: Result<Wallet, AmountError>,
) -> Result<(), Rejection> {
    let in_range = || {
        let (wallet, waiting) = (after?, opened.lots.waiting_total()?);
        wallet.posted.checked_sub(wallet.held)?;
        wallet.grant(waiting)
    };
    in_range().map(|_| ()).map_err(|_| Rejection::OutOfRange { field: "posted" })
}
