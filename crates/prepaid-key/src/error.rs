use thiserror::Error;

/// Why a [`KeyFormat`](crate::KeyFormat) cannot be made.
///
/// # Example
///
/// ```
/// use prepaid_key::{FormatError, KeyFormat};
///
/// assert_eq!(KeyFormat::new("PPK"), Err(FormatError::PrefixCharacter));
/// ```
#[derive(Clone, Copy, Debug, Eq, Error, PartialEq)]
pub enum FormatError {
    /// The prefix is empty or longer than 16 characters.
    #[error("the key prefix must have 1 to 16 characters")]
    PrefixLength,
    /// The prefix has something else than lower-case letters and digits.
    #[error("the key prefix must be ASCII lower-case letters and digits")]
    PrefixCharacter,
    /// None or more than 8 of the random characters are to be shown.
    #[error("1 to 8 of the random characters may be shown")]
    ShownLength,
}

/// The entropy was all zeros.
///
/// # Example
///
/// ```
/// use prepaid_key::{KeyFormat, ZeroEntropy};
///
/// let format = KeyFormat::new("ppk")?;
///
/// assert_eq!(format.issue(&mut [0; 32]).err(), Some(ZeroEntropy));
/// # Ok::<(), prepaid_key::FormatError>(())
/// ```
#[derive(Clone, Copy, Debug, Eq, Error, PartialEq)]
#[error("the entropy is all zeros: its buffer was never filled, or has been used")]
pub struct ZeroEntropy;

/// Why a presented text is no key of this format (C4). It holds and prints nothing of that text (C2).
///
/// These are for the operator's log. Whether a client is told more than "no such key" is the caller's choice;
/// nothing here depends on which keys exist.
///
/// # Example
///
/// ```
/// use prepaid_key::{KeyFormat, ParseError};
///
/// let format = KeyFormat::new("ppk")?;
///
/// assert_eq!(format.parse("sk_live_123"), Err(ParseError::Prefix));
/// assert_eq!(format.parse("ppk_123"), Err(ParseError::Length));
/// # Ok::<(), prepaid_key::FormatError>(())
/// ```
#[derive(Clone, Copy, Debug, Eq, Error, PartialEq)]
pub enum ParseError {
    /// It does not begin with the prefix and `_`.
    #[error("the key does not begin with the expected prefix")]
    Prefix,
    /// It is too short or too long.
    #[error("the key has the wrong length")]
    Length,
    /// After the prefix it has something else than ASCII letters and digits.
    #[error("the key has a character that no key has")]
    Character,
    /// Its digits stand for a number that does not fit 256 bits.
    #[error("the key stands for more than 256 bits")]
    Range,
    /// The checksum does not fit the digits: the key is mistyped, or made up.
    #[error("the key does not fit its checksum")]
    Checksum,
}
