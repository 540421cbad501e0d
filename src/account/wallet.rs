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
        Ok(Self { posted, credited, ..self })
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
        Ok(Self { posted, granted: self.granted.checked_add(amount)?, ..self })
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
        Ok(Self { posted, written_off: self.written_off.checked_add(amount)?, ..self })
    }
}

/// All that ever came to the account: what charges credited, whatever went back of it since, grants, also those that
/// still wait, and debts written off. It is one amount (M1).
pub(crate) fn came(opened: &Opened) -> Result<Amount, AmountError> {
    let Wallet { granted, written_off, .. } = opened.wallet;
    let grants = granted.checked_add(opened.lots.waiting_total()?)?;
    opened.charges.credited()?.checked_add(grants)?.checked_add(written_off)
}

/// The most that can still come (M1).
pub(crate) fn room(opened: &Opened) -> Amount {
    came(opened).and_then(|came| Amount::MAX.checked_sub(came)).unwrap_or(Amount::ZERO)
}

/// Refuses `more` where it has no room beside all that came and what the open charge asks for (M1).
pub(crate) fn refuse_without_room(opened: &Opened, more: Amount) -> Result<(), Rejection> {
    let asked = opened.charges.asked();
    refuse_above(room(opened).checked_sub(asked).unwrap_or(Amount::ZERO), more)
}

/// Refuses what the open charge brings where it has no room; for as much as was asked there always is (M1).
pub(crate) fn refuse_to_credit(opened: &Opened, brought: Amount) -> Result<(), Rejection> {
    refuse_above(room(opened), brought)
}

fn refuse_above(room: Amount, more: Amount) -> Result<(), Rejection> {
    if more <= room { Ok(()) } else { Err(Rejection::OutOfRange { field: "posted" }) }
}

/// Refuses a wallet, as a command would leave it, whose balances have left the range (M1).
pub(crate) fn refuse_beyond_range(after: Result<Wallet, AmountError>) -> Result<(), Rejection> {
    let in_range = after.and_then(|wallet| wallet.posted.checked_sub(wallet.held));
    in_range.map(|_| ()).map_err(|_| Rejection::OutOfRange { field: "posted" })
}
