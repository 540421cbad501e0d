use alloc::string::String;
use core::{fmt, iter};

/// The part of a key that may be shown again: the prefix, `_` and the first few random characters (C3).
///
/// It is what tells a customer which of several keys a line is about.
///
/// # Example
///
/// ```
/// use prepaid_key::KeyFormat;
///
/// let issued = KeyFormat::new("ppk")?.issue(&mut [0xff; 32])?;
///
/// assert_eq!(issued.record.shown.to_string(), "ppk_yhjs");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct ShownPart(String);

impl ShownPart {
    pub(crate) fn new(prefix: &str, digits: &[u8], length: usize) -> Self {
        let random = digits.iter().copied().map(char::from).take(length);
        Self(prefix.chars().chain(iter::once('_')).chain(random).collect())
    }

    /// The text.
    ///
    /// # Example
    ///
    /// ```
    /// use prepaid_key::KeyFormat;
    ///
    /// let issued = KeyFormat::new("ppk")?.with_shown(2)?.issue(&mut [0xff; 32])?;
    ///
    /// assert_eq!(issued.record.shown.as_str(), "ppk_yh");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ShownPart {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl From<ShownPart> for String {
    fn from(shown: ShownPart) -> Self {
        shown.0
    }
}
