//! A statement: what moved an account's balance from one instant up to another, and that it foots.

use std::collections::HashMap;

use prepaid::{AccountId, Amount, Balance, GrantId, Timestamp};

use super::{More, each_batch};
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

/// What moved the balance in a range of time. `opening + what raises - what lowers - calls == closing`, to the last digit:
/// otherwise there is no statement, but an error.
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

struct Reader<'a, S> {
    store: &'a mut S,
    account: AccountId,
    statement: Statement,
    /// The face values of grants that started in the range, once one did.
    faces: Option<HashMap<GrantId, Amount>>,
}

fn beyond(_: prepaid::AmountError) -> StoreError {
    StoreError::Damaged("the sums of a statement leave the range of amounts".into())
}

/// The statement of an account from one instant up to another, which is no part of it.
///
/// # Errors
/// [`StoreError`]; [`StoreError::Damaged`] where it does not foot.
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
    let before = store.last_before(account, from)?;
    let last = store.last_before(account, until)?;
    let opening = match before.checked_sub(1) {
        Some(after) => {
            store.batches(account, Page { after, limit: 1 })?.first().map_or(Balance::ZERO, |row| row.posted)
        }
        None => Balance::ZERO,
    };
    let mut rows: Vec<BatchRow> = Vec::new();
    each_batch(store, account, before, |row| {
        if row.seq > last {
            return Ok(More::Enough);
        }
        rows.push(row);
        Ok(More::Wanted)
    })?;
    let statement =
        Statement { opening, lines: Vec::new(), calls: 0, billed: Amount::ZERO, closing: opening };
    let mut reader = Reader { store, account, statement, faces: None };
    for row in &rows {
        reader.read(row)?;
    }
    reader.statement.foots()?;
    Ok(reader.statement)
}

impl<S: ReadStore> Reader<'_, S> {
    fn read(&mut self, row: &BatchRow) -> Result<(), StoreError> {
        let (mut plus, mut minus) = (Amount::ZERO, Amount::ZERO);
        let mut reverses = false;
        for event in &row.batch.events {
            match Fact::of(event) {
                Fact::ChargeCredited { amount, .. } => {
                    plus = self.line(row, Movement::Charge, amount, plus)?;
                }
                Fact::GrantIssued(issued) => {
                    if issued.effective_at.is_none_or(|start| start <= row.batch.at) {
                        plus = self.line(row, Movement::Grant, issued.amount, plus)?;
                    }
                }
                Fact::GrantStarted(grant) => {
                    let face = self.face(grant)?;
                    plus = self.line(row, Movement::Grant, face, plus)?;
                }
                Fact::WrittenOff(amount) => plus = self.line(row, Movement::WrittenOff, amount, plus)?,
                Fact::CreditGone(amount) => minus = self.line(row, Movement::Gone, amount, minus)?,
                Fact::CallAdmitted { billed: Some(amount), .. } | Fact::CallBilled { amount, .. } => {
                    self.statement.calls = self.statement.calls.saturating_add(1);
                    self.statement.billed = self.statement.billed.checked_add(amount).map_err(beyond)?;
                    minus = minus.checked_add(amount).map_err(beyond)?;
                }
                Fact::Reversed(_) => reverses = true,
                Fact::CallAdmitted { billed: None, .. }
                | Fact::KeyAsked(_)
                | Fact::ChargeAsked(_)
                | Fact::ChargeEnded { .. }
                | Fact::Nothing => {}
            }
        }
        let expected = self.statement.closing.checked_add(plus).and_then(|sum| sum.checked_sub(minus));
        self.reversal(row, expected.map_err(beyond)?, reverses)?;
        self.statement.closing = row.posted;
        Ok(())
    }

    /// What a reversal moved is what nothing else in its batch explains (G2).
    fn reversal(&mut self, row: &BatchRow, expected: Balance, reverses: bool) -> Result<(), StoreError> {
        if row.posted == expected {
            return Ok(());
        }
        if !reverses {
            return Err(self.damaged(row.seq));
        }
        let (movement, amount) = if row.posted < expected {
            (Movement::WentBack, difference(expected, row.posted)?)
        } else {
            (Movement::CameBack, difference(row.posted, expected)?)
        };
        self.line(row, movement, amount, Amount::ZERO).map(drop)
    }

    /// Writes a line, and adds its amount to a sum.
    fn line(
        &mut self,
        row: &BatchRow,
        movement: Movement,
        amount: Amount,
        sum: Amount,
    ) -> Result<Amount, StoreError> {
        if !amount.is_zero() {
            self.statement.lines.push(Line { at: row.batch.at, seq: row.seq, movement, amount });
        }
        sum.checked_add(amount).map_err(beyond)
    }

    /// A grant's face value: in the batch that issued it, which may be older than the range.
    fn face(&mut self, grant: GrantId) -> Result<Amount, StoreError> {
        if self.faces.is_none() {
            let mut faces = HashMap::new();
            each_batch(self.store, self.account, 0, |row| {
                for event in &row.batch.events {
                    if let Fact::GrantIssued(issued) = Fact::of(event) {
                        faces.insert(issued.grant, issued.amount);
                    }
                }
                Ok(More::Wanted)
            })?;
            self.faces = Some(faces);
        }
        let face = self.faces.as_ref().and_then(|faces| faces.get(&grant).copied());
        face.ok_or_else(|| self.damaged(0))
    }

    fn damaged(&self, seq: u64) -> StoreError {
        StoreError::Damaged(format!("batch {seq} of account {} does not foot", self.account))
    }
}

/// The difference of two balances of which the first is not smaller.
fn difference(greater: Balance, smaller: Balance) -> Result<Amount, StoreError> {
    let up = greater.credit().checked_add(smaller.debt()).map_err(beyond)?;
    let down = greater.debt().checked_add(smaller.credit()).map_err(beyond)?;
    up.checked_sub(down).map_err(beyond)
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

    fn foots(&self) -> Result<(), StoreError> {
        let mut balance = self.opening;
        for line in &self.lines {
            let moved = if line.movement.raises() {
                balance.checked_add(line.amount)
            } else {
                balance.checked_sub(line.amount)
            };
            balance = moved.map_err(beyond)?;
        }
        let balance = balance.checked_sub(self.billed).map_err(beyond)?;
        if balance == self.closing {
            Ok(())
        } else {
            Err(StoreError::Damaged(format!(
                "a statement ends at {balance}, and {} was posted",
                self.closing
            )))
        }
    }
}
