//! Ids from the caller, numbers within an account, and the digest that stands for a key (K1, C2).

use core::fmt;
use core::str::FromStr;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::text::serde_without_echo;

macro_rules! caller_id {
    ($name:ident, $what:literal) => {
        #[doc = $what]
        ///
        /// Made by the caller (K1); written as a UUID.
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub Uuid);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(&self.0, f)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(&self.0, f)
            }
        }
    };
}

caller_id!(AccountId, "Which account.");
caller_id!(OwnerId, "The logged-in user an account belongs to (A1).");
caller_id!(KeyId, "Which key, as the caller named it.");
caller_id!(CallId, "Which metered call; kept unique by the store (D5).");
caller_id!(GrantId, "Which grant; kept unique by the store once it is spent (H1).");

macro_rules! account_number {
    ($name:ident, $what:literal) => {
        #[doc = $what]
        ///
        /// Counted from 1 within the account.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub u32);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(&self.0, f)
            }
        }
    };
}

account_number!(ChargeNumber, "Which charge (K1).");
account_number!(RefundNumber, "Which refund (K1).");
account_number!(KeyNumber, "Which key, in the order of creation; events name keys by it.");

/// A SHA-256 digest, written as 64 lower-case hexadecimal digits (C4).
///
/// ```
/// use prepaid::Digest;
/// let digest: Digest = "ab".repeat(32).parse()?;
/// assert!(digest.matches(&Digest([0xab; 32])));
/// # Ok::<(), prepaid::DigestError>(())
/// ```
#[derive(Clone, Copy, Eq, PartialOrd, Ord, Hash)]
#[expect(clippy::derived_hash_with_manual_eq, reason = "equality is the same, only in constant time")]
pub struct Digest(pub [u8; 32]);

/// A text that is no digest; it never repeats the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
#[error("must be 64 lower-case hexadecimal digits")]
pub struct DigestError;

impl Digest {
    /// Whether both are the same, in a time that does not depend on where they differ (C4).
    ///
    /// ```
    /// use prepaid::Digest;
    /// assert!(!Digest([1; 32]).matches(&Digest([2; 32])));
    /// ```
    #[must_use]
    pub fn matches(&self, other: &Self) -> bool {
        let difference = self.0.iter().zip(&other.0).fold(0, |seen, (a, b)| seen | (a ^ b));
        core::hint::black_box(difference) == 0
    }
}

impl PartialEq for Digest {
    fn eq(&self, other: &Self) -> bool {
        self.matches(other)
    }
}

impl FromStr for Digest {
    type Err = DigestError;

    fn from_str(text: &str) -> Result<Self, DigestError> {
        let digits: &[u8; 64] = text.as_bytes().try_into().map_err(|_| DigestError)?;
        let mut bytes = [0; 32];
        for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
            for digit in pair {
                let value = match digit {
                    b'0'..=b'9' => digit.saturating_sub(b'0'),
                    b'a'..=b'f' => digit.saturating_sub(b'a').saturating_add(10),
                    _ => return Err(DigestError),
                };
                *byte = *byte << 4 | value;
            }
        }
        Ok(Self(bytes))
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// The part of a key that may be shown: its prefix, `_`, and its first random characters, never its end (C3).
///
/// At most 16 lower-case letters and digits, `_`, and 1 to 8 letters and digits, so that no whole key fits.
///
/// ```
/// use prepaid::Shown;
/// let shown: Shown = "ppk_A1b2".parse()?;
/// assert_eq!(shown.random(), 4);
/// # Ok::<(), prepaid::ShownError>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Shown {
    bytes: [u8; 25],
    len: u8,
    random: u8,
}

/// A text that is not the shown part of a key; it never repeats the text, which might be a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
#[error("must be the key's prefix, _ and its first 1 to 8 random characters")]
pub struct ShownError;

impl Shown {
    /// How many random characters are shown.
    ///
    /// ```
    /// let shown: prepaid::Shown = "ppk_A1b2".parse()?;
    /// assert_eq!(shown.random(), 4);
    /// # Ok::<(), prepaid::ShownError>(())
    /// ```
    #[must_use]
    pub const fn random(&self) -> u8 {
        self.random
    }
}

impl FromStr for Shown {
    type Err = ShownError;

    fn from_str(text: &str) -> Result<Self, ShownError> {
        let (prefix, random) = text.split_once('_').ok_or(ShownError)?;
        let in_prefix = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit();
        let ok = (1..=16).contains(&prefix.len())
            && (1..=8).contains(&random.len())
            && prefix.bytes().all(in_prefix)
            && random.bytes().all(|b| b.is_ascii_alphanumeric());
        if !ok {
            return Err(ShownError);
        }
        let mut bytes = [0; 25];
        for (to, from) in bytes.iter_mut().zip(text.bytes()) {
            *to = from;
        }
        let short = |n: usize| u8::try_from(n).map_err(|_| ShownError);
        Ok(Self { bytes, len: short(text.len())?, random: short(random.len())? })
    }
}

impl fmt::Display for Shown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bytes = self.bytes.get(..usize::from(self.len)).unwrap_or_default();
        f.write_str(core::str::from_utf8(bytes).unwrap_or_default())
    }
}

impl fmt::Debug for Shown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

serde_without_echo!(Digest, "a digest of 64 lower-case hexadecimal digits");
serde_without_echo!(Shown, "the shown part of a key, such as \"ppk_A1b2\"");
