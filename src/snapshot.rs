//! A cache of the state with a format number: drop it and replay when it is unknown.

use serde::{Deserialize, Deserializer, Serialize};

use crate::account::Account;

/// The format this version writes. Format 1 did not count what keys and the account have used (C6, I1), format 2 not what
/// archived charges had credited (M1).
const FORMAT: u32 = 3;

/// A stored copy of an account. Reading one checks its format and the invariants of [`Account::check`]; whatever fails
/// that is dropped, and the account replayed from its batches.
///
/// ```
/// use prepaid::{Account, Snapshot};
/// let text = serde_json::to_string(&Snapshot::of(&Account::Vacant))?;
/// assert_eq!(text, r#"{"format":3,"account":"vacant"}"#);
/// assert_eq!(serde_json::from_str::<Snapshot>(&text)?.into_account(), Account::Vacant);
/// assert!(serde_json::from_str::<Snapshot>(r#"{"format":2,"account":"vacant"}"#).is_err());
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Snapshot {
    format: u32,
    account: Account,
}

impl Snapshot {
    /// A copy of `account`.
    ///
    /// ```
    /// use prepaid::{Account, Snapshot};
    /// assert_eq!(Snapshot::of(&Account::Vacant).into_account(), Account::Vacant);
    /// ```
    #[must_use]
    pub fn of(account: &Account) -> Self {
        Self { format: FORMAT, account: account.clone() }
    }

    /// The account.
    ///
    /// ```
    /// use prepaid::{Account, Snapshot};
    /// assert_eq!(Snapshot::of(&Account::Vacant).into_account(), Account::Vacant);
    /// ```
    #[must_use]
    pub fn into_account(self) -> Account {
        self.account
    }
}

impl<'de> Deserialize<'de> for Snapshot {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        struct Checked {
            format: Format,
            account: Account,
        }
        let Checked { format: Format(format), account } = Checked::deserialize(from)?;
        Ok(Self { format, account })
    }
}

/// The format of a snapshot, which is looked at before the account: that of another format cannot be read.
struct Format(u32);

impl<'de> Deserialize<'de> for Format {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        match u32::deserialize(from)? {
            FORMAT => Ok(Self(FORMAT)),
            other => Err(serde::de::Error::custom(format_args!(
                "format {other} is not {FORMAT}: replay the account"
            ))),
        }
    }
}
