//! The log: one line a batch, each with the digest of the line before, in the order of commits; `prepaid audit` accepts
//! it.

use prepaid::{AccountId, Amount, Balance, Digest, Events, Text, Timestamp};
use serde::Serialize;
use sha2::{Digest as _, Sha256};

use crate::request::RequestId;
use crate::store::{BatchRow, Page, ReadStore, StoreError};

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
    page: Page,
    rows: std::vec::IntoIter<crate::store::Change>,
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
        Self { store, page, rows: Vec::new().into_iter(), prev: [0; 32] }
    }

    /// The next line; none at the end.
    ///
    /// # Errors
    /// [`StoreError`].
    ///
    /// See [`LogLines`] for an example.
    pub fn next_line(&mut self) -> Result<Option<String>, StoreError> {
        if self.rows.len() == 0 {
            self.rows = self.store.changes(self.page)?.into_iter();
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

    /// The digest of the last line given: what `prepaid audit --head` compares with.
    ///
    /// See [`LogLines`] for an example.
    #[must_use]
    pub const fn head(&self) -> Digest {
        Digest(self.prev)
    }
}
