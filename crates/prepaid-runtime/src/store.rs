//! The store's port: one transaction appends the batches of a group, remembers their requests and keeps the new states.

mod pass_on;

use prepaid::{Account, AccountId, Amount, Balances, Batch, CallId, Digest, GrantId, KeyId, Text, Timestamp};

use crate::request::RequestId;

/// An account as the store has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Loaded {
    /// The account; vacant where there is none.
    pub account: Account,
    /// How many batches it has.
    pub seq: u64,
}

/// One batch to append.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Append {
    /// Whose.
    pub account: AccountId,
    /// Which of its batches this is, from 1; one more than the last.
    pub seq: u64,
    /// What happened.
    pub batch: Batch,
    /// The request that asked for it, and the digest of its content; ticks and provider results have none (K6).
    pub request: Option<(RequestId, Digest)>,
    /// The policy it was decided under.
    pub policy: Text<64>,
    /// The balance after it.
    pub balance: Balances,
}

/// An account's state after the last of its batches in a group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct State {
    /// Whose.
    pub account: AccountId,
    /// The number of its last batch.
    pub seq: u64,
    /// The state.
    pub state: Account,
    /// Whether the world is owed something.
    pub owes: bool,
    /// When time alone changes something.
    pub deadline: Option<Timestamp>,
}

/// What one transaction writes: all of it or nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Group {
    /// The batches, in the order in which they were decided.
    pub appends: Vec<Append>,
    /// Each account's state after its last batch.
    pub states: Vec<State>,
}

/// A request that produced events.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Remembered {
    /// The digest of its content.
    pub content: Digest,
    /// The number of its batch.
    pub seq: u64,
    /// What it did.
    pub batch: Batch,
    /// The balance after it.
    pub balance: Balances,
}

/// An account that something is to be done for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Waking {
    /// Which.
    pub account: AccountId,
    /// Whether the world is owed something.
    pub owes: bool,
    /// When time alone changes something.
    pub deadline: Option<Timestamp>,
}

/// What a stretch of forgetting did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Forgotten {
    /// How many requests were forgotten.
    pub requests: u64,
    /// Where to go on; none at the end.
    pub next: Option<u64>,
}

/// What was already there, so that a group could not be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Taken {
    /// The account has a batch of this number: somebody else writes it too.
    #[error("the account was changed by another process")]
    Seq,
    /// The account has a request with this id.
    #[error("the request's id is in use")]
    Request,
    /// The account has admitted a call with this id (D5).
    #[error("call {0} was made before")]
    Call(CallId),
    /// The account has issued a grant with this id (H1).
    #[error("grant {0} was issued before")]
    Grant(GrantId),
    /// A key with this digest exists, in this account or another.
    #[error("the key exists")]
    Key,
}

/// Why a group was not written, or may not have been.
#[derive(Debug, thiserror::Error)]
pub enum AppendError {
    /// One of its batches does not fit what is there. Nothing was written.
    #[error("{taken}")]
    Taken {
        /// The place of that batch in the group.
        index: usize,
        /// What was there.
        taken: Taken,
    },
    /// The store failed before it was committed. Nothing was written.
    #[error("{0}")]
    Failed(#[from] StoreError),
    /// The answer to the commit was lost: all of it was written, or nothing.
    #[error("the commit's outcome is not known: {0}")]
    Unknown(StoreError),
}

/// Why a store cannot do what it is asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// Somebody else holds it.
    #[error("the store is held by another process")]
    Held,
    /// There is no room.
    #[error("the disk is full")]
    Full,
    /// It may not be written.
    #[error("the store cannot be written")]
    ReadOnly,
    /// Its content is damaged: nothing is decided on it.
    #[error("the store is damaged: {0}")]
    Damaged(String),
    /// A later version of this program wrote it.
    #[error("the store has schema {found}, and this program knows {known}: use a newer program")]
    Newer {
        /// The schema it has.
        found: u32,
        /// The last one this program knows.
        known: u32,
    },
    /// Anything else.
    #[error("the store failed: {0}")]
    Other(String),
}

/// Where batches are kept. One writer uses it; several processes may each have one on the same store.
pub trait EventStore: Send + 'static {
    /// The account, from its last state or its batches; vacant where there is none.
    ///
    /// # Errors
    /// [`StoreError`].
    fn load(&mut self, account: AccountId) -> Result<Loaded, StoreError>;

    /// The request with this id, if it produced events and is still remembered (K6).
    ///
    /// # Errors
    /// [`StoreError`].
    fn remembered(
        &mut self,
        account: AccountId,
        request: &RequestId,
    ) -> Result<Option<Remembered>, StoreError>;

    /// Whether the account has admitted a call with this id (D5).
    ///
    /// # Errors
    /// [`StoreError`].
    fn has_call(&mut self, account: AccountId, call: CallId) -> Result<bool, StoreError>;

    /// Whether the account has issued a grant with this id (H1).
    ///
    /// # Errors
    /// [`StoreError`].
    fn has_grant(&mut self, account: AccountId, grant: GrantId) -> Result<bool, StoreError>;

    /// One batch of an account, by its number.
    ///
    /// # Errors
    /// [`StoreError`].
    fn batch(&mut self, account: AccountId, seq: u64) -> Result<Option<Batch>, StoreError>;

    /// Writes a group, durably, all of it or nothing. (account, seq), (account, request), (account, call), (account,
    /// grant) and the digests of keys are unique; of a batch that meets several of them the first of these is told, so
    /// that a request made meanwhile by another process is known as a repeat.
    ///
    /// # Errors
    /// [`AppendError`].
    fn append(&mut self, group: &Group) -> Result<(), AppendError>;

    /// Every account that owes the world something or has a deadline.
    ///
    /// # Errors
    /// [`StoreError`].
    fn wakings(&mut self) -> Result<Vec<Waking>, StoreError>;

    /// Whether another process has written since this was last asked: what was loaded before may be stale.
    ///
    /// # Errors
    /// [`StoreError`].
    fn changed_elsewhere(&mut self) -> Result<bool, StoreError>;

    /// A group is about to be decided: says what [`EventStore::changed_elsewhere`] does. A store may see to it that all
    /// it is asked from here to [`EventStore::append`] or [`EventStore::end`] is of one moment, and asked for less.
    ///
    /// # Errors
    /// [`StoreError`]; then nothing has begun.
    fn begin(&mut self) -> Result<bool, StoreError> {
        self.changed_elsewhere()
    }

    /// Nothing will be appended of what has begun, if anything has.
    fn end(&mut self) {}

    /// Forgets requests that were remembered before this instant: a stretch of them, from a position on, so that nobody
    /// waits long for it. From 0, and from each position that is given, until none is.
    ///
    /// # Errors
    /// [`StoreError`].
    fn forget_requests(&mut self, before: Timestamp, from: u64) -> Result<Forgotten, StoreError>;
}

/// How much is read at once, and from where.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Page {
    /// What comes after this position or number.
    pub after: u64,
    /// At most so many.
    pub limit: u32,
}

/// A stored batch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BatchRow {
    /// Whose.
    pub account: AccountId,
    /// Which of its batches, from 1.
    pub seq: u64,
    /// What happened.
    pub batch: Batch,
    /// The request that asked for it.
    pub request: Option<RequestId>,
    /// The policy it was decided under.
    pub policy: Text<64>,
    /// What was posted after it.
    pub posted: prepaid::Balance,
    /// What was held after it.
    pub held: Amount,
}

/// A stored batch in the order of commits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// Its position; later ones are greater, and no reader sees a greater one before a smaller.
    pub position: u64,
    /// The batch.
    pub row: BatchRow,
}

/// Whose key has a digest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KeyOwner {
    /// The account.
    pub account: AccountId,
    /// The key's id there.
    pub key: KeyId,
}

/// What a key has used of an item on a UTC day, by the day of settlement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UsageRow {
    /// The key's number within the account.
    pub key: prepaid::KeyNumber,
    /// The item of the price list; for agreed prices the reference.
    pub item: String,
    /// The day's first instant.
    pub day: Timestamp,
    /// How many calls were billed.
    pub calls: u64,
    /// How much.
    pub amount: Amount,
}

/// The place of a [`UsageRow`] among the others: taken from the last row of a page, it says where the next page goes on,
/// whatever has been billed between the two.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct UsagePlace {
    /// The day's first instant.
    pub day: Timestamp,
    /// The key's number within the account.
    pub key: prepaid::KeyNumber,
    /// The item.
    pub item: String,
}

impl UsageRow {
    /// Where the next page begins after this row.
    ///
    /// ```
    /// use prepaid::{Amount, KeyNumber, Timestamp};
    /// use prepaid_runtime::UsageRow;
    /// let (key, item, day) = (KeyNumber(1), "image".to_owned(), Timestamp::MIN);
    /// let row = UsageRow { key, item, day, calls: 2, amount: "0.06".parse()? };
    /// assert_eq!(row.place().item, "image");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn place(&self) -> UsagePlace {
        UsagePlace { day: self.day, key: self.key, item: self.item.clone() }
    }
}

/// Reading what was committed; any number of readers beside the writer.
pub trait ReadStore: Send + 'static {
    /// The account as it is committed.
    ///
    /// # Errors
    /// [`StoreError`].
    fn account(&mut self, account: AccountId) -> Result<Loaded, StoreError>;

    /// Which account and key have this digest, whether or not the key works (ask the account that).
    ///
    /// # Errors
    /// [`StoreError`].
    fn key_owner(&mut self, digest: &Digest) -> Result<Option<KeyOwner>, StoreError>;

    /// An account's batches by number.
    ///
    /// # Errors
    /// [`StoreError`].
    fn batches(&mut self, account: AccountId, page: Page) -> Result<Vec<BatchRow>, StoreError>;

    /// Those of an account's batches that say anything which is not of a call alone ([`is_more_than_calls`]), by number: an
    /// account has few of them, however many calls it makes, and all that moves its balance besides calls is there.
    ///
    /// [`is_more_than_calls`]: crate::is_more_than_calls
    ///
    /// # Errors
    /// [`StoreError`].
    fn batches_beside_calls(&mut self, account: AccountId, page: Page) -> Result<Vec<BatchRow>, StoreError>;

    /// The number of an account's last batch before an instant; zero where there is none.
    ///
    /// # Errors
    /// [`StoreError`].
    fn last_before(&mut self, account: AccountId, at: Timestamp) -> Result<u64, StoreError>;

    /// Every batch of every account, in the order of commits.
    ///
    /// # Errors
    /// [`StoreError`].
    fn changes(&mut self, page: Page) -> Result<Vec<Change>, StoreError>;

    /// What an account's keys have used by item and day, of the days that begin from one instant up to another, in the
    /// order day, key, item: the rows after a place, at most so many. Calls that are billed between two pages change rows
    /// and add some, but no row is given twice, and none that was there is passed over.
    ///
    /// # Errors
    /// [`StoreError`].
    fn usage(
        &mut self,
        account: AccountId,
        from: Timestamp,
        until: Timestamp,
        after: Option<&UsagePlace>,
        limit: u32,
    ) -> Result<Vec<UsageRow>, StoreError>;

    /// The accounts there are, in the order of their ids, after one of them.
    ///
    /// # Errors
    /// [`StoreError`].
    fn accounts(&mut self, after: Option<AccountId>, limit: u32) -> Result<Vec<AccountId>, StoreError>;
}
