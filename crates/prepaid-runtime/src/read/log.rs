//! The log: one line a batch, each with the digest of the line before, in the order of commits; `prepaid audit` accepts
//! it.

use prepaid::{AccountId, Amount, Balance, Digest, Events, Text, Timestamp};
use serde::Serialize;
use sha2::{Digest as _, Sha256};

use crate::request::RequestId;
use crate::store::{BatchRow, Change, Page, ReadStore, StoreError};

/// The lines of a log, without their line breaks, from the first batch on.
///
/// ```
/// use prepaid_runtime::{MemoryStore, read::LogLines};
/// let mut store = MemoryStore::default();
/// assert_eq!(LogLines::of(&mut store).next_line()?, None);
/// # Ok::<(), prepaid_runtime::StoreError>(())
/// ```
#[derive(Debug)]
pub struct LogLines<'a, S> {
    store: &'a mut S,
    account: Option<AccountId>,
    page: Page,
    rows: std::vec::IntoIter<Change>,
    prev: [u8; 32],
}

#[derive(Serialize)]
struct Line<'a> {
    account: AccountId,
    seq: u64,
    at: Timestamp,
    request: Option<&'a RequestId>,
    policy: &'a Text<64>,
    events: &'a Events,
    posted: Balance,
    held: Amount,
    prev: Digest,
}

impl<'a, S: ReadStore> LogLines<'a, S> {
    /// The log of a store.
    ///
    /// ```
    /// let mut store = prepaid_runtime::MemoryStore::default();
    /// let _lines = prepaid_runtime::read::LogLines::of(&mut store);
    /// ```
    pub fn of(store: &'a mut S) -> Self {
        let page = Page { after: 0, limit: super::PAGE };
        Self { store, account: None, page, rows: Vec::new().into_iter(), prev: [0; 32] }
    }

    /// The log of one account alone, with a chain of its own.
    ///
    /// ```
    /// use prepaid_runtime::{MemoryStore, read::LogLines};
    /// let account = prepaid::AccountId(uuid::Uuid::from_u128(1));
    /// assert_eq!(LogLines::of_account(&mut MemoryStore::default(), account).next_line()?, None);
    /// # Ok::<(), prepaid_runtime::StoreError>(())
    /// ```
    pub fn of_account(store: &'a mut S, account: AccountId) -> Self {
        Self { account: Some(account), ..Self::of(store) }
    }

    /// The next line; none at the end.
    ///
    /// # Errors
    /// [`StoreError`].
    ///
    /// See [`LogLines`] for an example.
    pub fn next_line(&mut self) -> Result<Option<String>, StoreError> {
        if self.rows.len() == 0 {
            self.rows = self.page()?.into_iter();
        }
        let Some(change) = self.rows.next() else { return Ok(None) };
        self.page.after = change.position;
        let BatchRow { account, seq, batch, request, policy, posted, held } = &change.row;
        let line = Line {
            account: *account,
            seq: *seq,
            at: batch.at,
            request: request.as_ref(),
            policy,
            events: &batch.events,
            posted: *posted,
            held: *held,
            prev: Digest(self.prev),
        };
        let line = serde_json::to_string(&line).map_err(|error| StoreError::Other(error.to_string()))?;
        self.prev = Sha256::digest(line.as_bytes()).into();
        Ok(Some(line))
    }

    /// What comes next; of one account a batch's place is its number.
    fn page(&mut self) -> Result<Vec<Change>, StoreError> {
        let Some(account) = self.account else { return self.store.changes(self.page) };
        let rows = self.store.batches(account, self.page)?.into_iter();
        Ok(rows.map(|row| Change { position: row.seq, row }).collect())
    }

    /// The digest of the last line given: what `prepaid audit --head` compares with.
    ///
    /// See [`LogLines`] for an example.
    #[must_use]
    pub const fn head(&self) -> Digest {
        Digest(self.prev)
    }
}
