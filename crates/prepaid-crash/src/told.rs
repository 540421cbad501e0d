//! What the process tells its parent: one JSON object a line, written whole and at once, so that it outlives a kill.

use std::io::{self, Write};

use prepaid::{
    AccountId, Action, Actor, Amount, Balance, Balances, Batch, Currency, Digest, Quote, TextError,
};
use prepaid_runtime::{Answer, Change, RequestId, Submission, content_of};
use serde::{Deserialize, Serialize};

/// One line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "told", rename_all = "snake_case")]
pub enum Line {
    /// This is going to be asked.
    Asked(Asked),
    /// It was acknowledged.
    Acked {
        /// Which request.
        request: RequestId,
        /// What was acknowledged; none where nothing changed.
        acked: Option<Acked>,
    },
    /// It was refused: nothing has changed.
    Refused {
        /// Which request.
        request: RequestId,
    },
}

/// A command with its request's id; calls at agreed prices.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Asked {
    /// The request's id, used once only.
    pub request: RequestId,
    /// Of which account.
    pub account: AccountId,
    /// By whom.
    pub actor: Actor,
    /// What.
    pub action: Action<Amount>,
}

/// One batch, as it was acknowledged or as it is found in the store.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Acked {
    /// Of which account.
    pub account: AccountId,
    /// Which of its batches.
    pub seq: u64,
    /// The digest of the batch.
    pub batch: Digest,
    /// What was posted after it.
    pub posted: Balance,
    /// What was held after it.
    pub held: Amount,
}

impl Line {
    /// Writes it to the standard output.
    ///
    /// # Errors
    /// That of the output: the parent has gone.
    pub fn tell(&self) -> io::Result<()> {
        let mut line = serde_json::to_vec(self)?;
        line.push(b'\n');
        let mut output = io::stdout().lock();
        output.write_all(&line)?;
        output.flush()
    }
}

impl Asked {
    /// As the loop takes it.
    ///
    /// # Errors
    /// [`TextError`] of the price's reference, which is a constant.
    pub fn submission(&self) -> Result<Submission, TextError> {
        let reference = "agreed".parse()?;
        let quote = |amount| Ok::<_, TextError>(Quote::agreed(amount, Currency::USD, reference));
        let action: Action = self.action.clone().quoted(quote)?;
        Ok(Submission::new(self.account, action.by(self.actor)).with_request(self.request.clone()))
    }
}

impl Acked {
    /// What an answer acknowledges.
    ///
    /// # Errors
    /// What serde says of a batch that has no JSON.
    pub fn of(account: AccountId, answer: &Answer) -> Result<Option<Self>, serde_json::Error> {
        let Answer { batch, seq, balance: Balances { posted, held, .. }, .. } = answer;
        let acked = |seq| Self::new(account, seq, batch, *posted, *held);
        seq.map(acked).transpose()
    }

    fn new(
        account: AccountId,
        seq: u64,
        batch: &Batch,
        posted: Balance,
        held: Amount,
    ) -> Result<Self, serde_json::Error> {
        Ok(Self { account, seq, batch: content_of(batch)?, posted, held })
    }
}

/// A batch as it is found in the store.
///
/// # Errors
/// What serde says of a batch that has no JSON.
pub fn found(change: &Change) -> Result<Acked, serde_json::Error> {
    let row = &change.row;
    Acked::new(row.account, row.seq, &row.batch, row.posted, row.held)
}
