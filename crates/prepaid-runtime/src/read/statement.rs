//! A statement: what moved an account's balance from one instant up to another, and that it foots.

use std::collections::HashMap;

use prepaid::{AccountId, Amount, AmountError, Balance, Event, GrantId, Timestamp};

use super::charges::Charges;
use super::{More, each_batch, each_batch_beside_calls};
use crate::fact::Fact;
use crate::store::{BatchRow, Page, ReadStore, StoreError};

/// What moved the balance; the calls of the range are one line of their own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Movement {
    /// A charge was credited.
    Charge,
    /// A grant became credit.
    Grant,
    /// Money that had gone back came back: a refund failed, a dispute was won.
    CameBack,
    /// A debt was given up.
    WrittenOff,
    /// Money went back: a refund, a dispute.
    WentBack,
    /// A grant's remainder expired, was voided or lapsed; purchased credit was forfeited.
    Gone,
}

impl Movement {
    /// Whether it raises the balance.
    const fn raises(self) -> bool {
        match self {
            Self::Charge | Self::Grant | Self::CameBack | Self::WrittenOff => true,
            Self::WentBack | Self::Gone => false,
        }
    }
}

/// One movement that is no call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Line {
    /// When.
    pub at: Timestamp,
    /// In which batch of the account.
    pub seq: u64,
    /// What it was.
    pub movement: Movement,
    /// How much.
    pub amount: Amount,
}

/// What moved the balance in a range of time. `opening + what raises - what lowers - calls == closing`, to the last digit.
/// Every line is made from its event alone, and after every batch of the range what they add up to is what was stored as
/// posted: otherwise there is no statement, but an error.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Statement {
    /// What was posted before the range.
    pub opening: Balance,
    /// Everything but calls, in order.
    pub lines: Vec<Line>,
    /// How many calls were billed.
    pub calls: u64,
    /// How much they cost.
    pub billed: Amount,
    /// What was posted at its end.
    pub closing: Balance,
}

struct Reader {
    account: AccountId,
    /// The face values of grants, of which a later batch may say only that they started.
    faces: HashMap<GrantId, Amount>,
    /// What charges contribute: a reversal moves the balance by the change of that (G2).
    charges: Charges,
    statement: Statement,
}

fn beyond(_: AmountError) -> StoreError {
    StoreError::Damaged("the sums of a statement leave the range of amounts".into())
}

/// The statement of an account from one instant up to another, which is no part of it.
///
/// It reads the batches of the range, a page at a time, and of the time before only those that are more than calls.
///
/// # Errors
/// [`StoreError`]: [`StoreError::Damaged`] where what the events say is not what was posted, [`StoreError::Other`] where
/// the range ends before it begins.
///
/// ```
/// use prepaid::{AccountId, Balance, Timestamp};
/// use prepaid_runtime::{MemoryStore, read};
/// let account = AccountId(uuid::Uuid::from_u128(1));
/// let statement = read::statement(&mut MemoryStore::default(), account, Timestamp::MIN, Timestamp::MAX)?;
/// assert_eq!((statement.opening, statement.closing), (Balance::ZERO, Balance::ZERO));
/// # Ok::<(), prepaid_runtime::StoreError>(())
/// ```
pub fn statement(
    store: &mut impl ReadStore,
    account: AccountId,
    from: Timestamp,
    until: Timestamp,
) -> Result<Statement, StoreError> {
    if from > until {
        return Err(StoreError::Other(format!(
            "a statement from {from} until {until}: expected an end that is not before the beginning"
        )));
    }
    let before = store.last_before(account, from)?;
    let last = store.last_before(account, until)?;
    let opening = match before.checked_sub(1) {
        Some(after) => {
            store.batches(account, Page { after, limit: 1 })?.first().map_or(Balance::ZERO, |row| row.posted)
        }
        None => Balance::ZERO,
    };
    let statement =
        Statement { opening, lines: Vec::new(), calls: 0, billed: Amount::ZERO, closing: opening };
    let mut reader = Reader { account, faces: HashMap::new(), charges: Charges::default(), statement };
    if last > before {
        each_batch_beside_calls(store, account, |row| {
            if row.seq > before {
                return Ok(More::Enough);
            }
            reader.remember(&row)?;
            Ok(More::Wanted)
        })?;
    }
    each_batch(store, account, before, |row| {
        if row.seq > last {
            return Ok(More::Enough);
        }
        reader.read(&row)?;
        Ok(More::Wanted)
    })?;
    Ok(reader.statement)
}

impl Reader {
    /// Of a batch before the range: what later ones need of it.
    fn remember(&mut self, row: &BatchRow) -> Result<(), StoreError> {
        for event in &row.batch.events {
            if let Fact::GrantIssued(issued) = Fact::of(event) {
                self.faces.insert(issued.grant, issued.amount);
            }
            self.charges.note(row, event)?;
        }
        Ok(())
    }

    /// A batch of the range: what it says is what was posted after it.
    fn read(&mut self, row: &BatchRow) -> Result<(), StoreError> {
        for event in &row.batch.events {
            self.event(row, event)?;
        }
        let (made, posted) = (self.statement.closing, row.posted);
        if made == posted {
            return Ok(());
        }
        Err(StoreError::Damaged(format!(
            "batch {} of account {}: its events make {made}, and {posted} was posted",
            row.seq, self.account
        )))
    }

    fn event(&mut self, row: &BatchRow, event: &Event) -> Result<(), StoreError> {
        let contribution = self.charges.note(row, event)?;
        match Fact::of(event) {
            Fact::ChargeCredited { .. } => self.line(row, Movement::Charge, contribution.gained()),
            Fact::Reversed(_) => {
                self.line(row, Movement::CameBack, contribution.gained())?;
                self.line(row, Movement::WentBack, contribution.lost())
            }
            Fact::GrantIssued(issued) => {
                self.faces.insert(issued.grant, issued.amount);
                if issued.effective_at.is_none_or(|start| start <= row.batch.at) {
                    self.line(row, Movement::Grant, issued.amount)?;
                }
                Ok(())
            }
            Fact::GrantStarted(grant) => {
                let face = self.faces.get(&grant).copied().ok_or_else(|| {
                    StoreError::Damaged(format!(
                        "batch {} of account {}: no earlier one issued grant {grant}",
                        row.seq, self.account
                    ))
                })?;
                self.line(row, Movement::Grant, face)
            }
            Fact::WrittenOff(amount) => self.line(row, Movement::WrittenOff, amount),
            Fact::CreditGone(amount) => self.line(row, Movement::Gone, amount),
            Fact::CallAdmitted { billed: Some(amount), .. } | Fact::CallBilled { amount, .. } => {
                let statement = &mut self.statement;
                statement.calls = statement.calls.saturating_add(1);
                statement.billed = statement.billed.checked_add(amount).map_err(beyond)?;
                statement.closing = statement.closing.checked_sub(amount).map_err(beyond)?;
                Ok(())
            }
            Fact::CallAdmitted { billed: None, .. }
            | Fact::CallMoved(_)
            | Fact::KeyAsked(_)
            | Fact::ChargeAsked(_)
            | Fact::ChargeEnded { .. }
            | Fact::Nothing => Ok(()),
        }
    }

    /// Writes a line, and moves the balance by it.
    fn line(&mut self, row: &BatchRow, movement: Movement, amount: Amount) -> Result<(), StoreError> {
        if amount.is_zero() {
            return Ok(());
        }
        let Statement { lines, closing, .. } = &mut self.statement;
        lines.push(Line { at: row.batch.at, seq: row.seq, movement, amount });
        let moved = if movement.raises() { closing.checked_add(amount) } else { closing.checked_sub(amount) };
        *closing = moved.map_err(beyond)?;
        Ok(())
    }
}

impl Statement {
    /// The sum of one kind of movement.
    ///
    /// # Errors
    /// [`StoreError::Damaged`] when it leaves the range of amounts.
    ///
    /// ```
    /// use prepaid::{AccountId, Amount, Timestamp};
    /// use prepaid_runtime::{MemoryStore, read};
    /// let account = AccountId(uuid::Uuid::from_u128(1));
    /// let statement = read::statement(&mut MemoryStore::default(), account, Timestamp::MIN, Timestamp::MAX)?;
    /// assert_eq!(statement.sum(read::Movement::Charge)?, Amount::ZERO);
    /// # Ok::<(), prepaid_runtime::StoreError>(())
    /// ```
    pub fn sum(&self, movement: Movement) -> Result<Amount, StoreError> {
        let lines = self.lines.iter().filter(|line| line.movement == movement);
        lines.map(|line| line.amount).try_fold(Amount::ZERO, Amount::checked_add).map_err(beyond)
    }
}
