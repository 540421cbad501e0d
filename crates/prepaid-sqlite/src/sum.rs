//! The check sum of a row: SQLite has none of its own, and a flipped bit in an amount is still an amount.

use crc32fast::Hasher;

use crate::fault::Fault;

/// Sums the parts of a row, each with its length, so that no two rows have the same parts in other places.
pub(crate) struct Sum(Hasher);

impl Sum {
    /// The kind keeps a row of one table from passing as one of another.
    pub(crate) fn of(kind: &str, owner: &[u8]) -> Self {
        Self(Hasher::new()).bytes(kind.as_bytes()).bytes(owner)
    }

    pub(crate) fn bytes(mut self, bytes: &[u8]) -> Self {
        let length = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
        self.0.update(&length.to_le_bytes());
        self.0.update(bytes);
        self
    }

    pub(crate) fn text(self, text: &str) -> Self {
        self.bytes(text.as_bytes())
    }

    pub(crate) fn int(mut self, value: i64) -> Self {
        self.0.update(&value.to_le_bytes());
        self
    }

    /// An absent value is another than every present one.
    pub(crate) fn maybe(self, value: Option<&[u8]>) -> Self {
        match value {
            Some(value) => self.int(1).bytes(value),
            None => self.int(0),
        }
    }

    pub(crate) fn end(self) -> i64 {
        i64::from(self.0.finalize())
    }

    /// Nothing is decided on a row that is not as it was written.
    pub(crate) fn check(self, stored: i64, what: impl FnOnce() -> String) -> Result<(), Fault> {
        if self.end() == stored {
            return Ok(());
        }
        Err(Fault::damaged(format_args!("{} is not as it was written", what())))
    }
}
