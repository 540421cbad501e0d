use core::fmt;

use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;

/// The SHA-256 of a whole key text: what is stored and looked up instead of the key (C4).
///
/// `==` takes the same time wherever two digests differ. There is no `Hash` and no ordering, because a map
/// would compare by other means; one that is keyed by digest takes [`to_bytes`](Self::to_bytes) and says so.
///
/// It is no secret: 256 random bits cannot be found from it. `Debug` prints it in hexadecimal.
///
/// # Example
///
/// ```
/// use prepaid_key::{Digest, KeyFormat};
///
/// let issued = KeyFormat::new("ppk")?.issue(&mut [7; 32])?;
/// let stored: [u8; 32] = issued.record.digest.to_bytes();
///
/// assert_eq!(Digest::from_bytes(stored), issued.record.digest);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy)]
pub struct Digest([u8; 32]);

impl Digest {
    pub(crate) fn of(text: &str) -> Self {
        Self(Sha256::digest(text.as_bytes()).into())
    }

    /// Takes back a digest that was stored.
    ///
    /// # Example
    ///
    /// ```
    /// use prepaid_key::Digest;
    ///
    /// assert_ne!(Digest::from_bytes([1; 32]), Digest::from_bytes([2; 32]));
    /// ```
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The 32 bytes, for storing and looking up.
    ///
    /// # Example
    ///
    /// ```
    /// use prepaid_key::Digest;
    ///
    /// assert_eq!(Digest::from_bytes([1; 32]).to_bytes(), [1; 32]);
    /// ```
    #[must_use]
    pub const fn to_bytes(self) -> [u8; 32] {
        self.0
    }
}

impl PartialEq for Digest {
    fn eq(&self, other: &Self) -> bool {
        // `subtle` answers early for slices of unequal length. Both are arrays of 32 bytes: there is no such case.
        self.0.ct_eq(&other.0).into()
    }
}

impl Eq for Digest {}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Digest(")?;
        for byte in self.0 {
            write!(f, "{byte:02x}")?;
        }
        f.write_str(")")
    }
}
