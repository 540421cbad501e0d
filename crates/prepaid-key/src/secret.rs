use alloc::string::String;
use core::fmt;

use zeroize::{ZeroizeOnDrop, Zeroizing};

/// The text of a new key, on its way to the one reply that contains it (C2).
///
/// It cannot be cloned, compared, printed or serialised; `Debug` says only that there is one; dropping it
/// wipes it. The one thing to do with it is to [`reveal`](Self::reveal) it.
///
/// # Example
///
/// ```
/// use prepaid_key::KeyFormat;
///
/// let issued = KeyFormat::new("ppk")?.issue(&mut [7; 32])?;
///
/// assert_eq!(format!("{:?}", issued.secret), "Secret(redacted)");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// Once is all:
///
/// ```compile_fail,E0382
/// # use prepaid_key::KeyFormat;
/// # let issued = KeyFormat::new("ppk")?.issue(&mut [7; 32])?;
/// let once = issued.secret.reveal();
/// let twice = issued.secret.reveal();
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[must_use = "a secret that is dropped is lost: nothing else holds the key's text"]
pub struct Secret(Zeroizing<String>);

impl Secret {
    pub(crate) fn new(text: Zeroizing<String>) -> Self {
        Self(text)
    }

    /// Gives the text away, once.
    ///
    /// What is returned still wipes itself when dropped, but no longer hides: its `Debug` prints the key.
    /// It belongs straight in the reply.
    ///
    /// # Example
    ///
    /// ```
    /// use prepaid_key::KeyFormat;
    ///
    /// let issued = KeyFormat::new("ppk")?.issue(&mut [7; 32])?;
    ///
    /// assert!(issued.secret.reveal().starts_with("ppk_"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use = "the text exists nowhere else"]
    pub fn reveal(self) -> Zeroizing<String> {
        self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(redacted)")
    }
}

// The field does it.
impl ZeroizeOnDrop for Secret {}
