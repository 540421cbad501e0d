//! Currencies (M2).

use core::fmt;
use core::str::FromStr;

/// An ISO 4217 currency code: three upper-case letters (M2). Whether the code is assigned is not checked.
///
/// ```
/// use prepaid::Currency;
/// let dollars: Currency = "USD".parse()?;
/// assert!("usd".parse::<Currency>().is_err());
/// # Ok::<(), prepaid::CurrencyError>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Currency([u8; 3]);

/// A text that is no currency code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
#[error("must be three upper-case letters, such as USD")]
pub struct CurrencyError;

impl Currency {
    /// United States dollars.
    pub const USD: Self = Self(*b"USD");
}

impl FromStr for Currency {
    type Err = CurrencyError;

    fn from_str(text: &str) -> Result<Self, CurrencyError> {
        let code: [u8; 3] = text.as_bytes().try_into().map_err(|_| CurrencyError)?;
        if code.iter().all(u8::is_ascii_uppercase) { Ok(Self(code)) } else { Err(CurrencyError) }
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(core::str::from_utf8(&self.0).unwrap_or_default())
    }
}

impl fmt::Debug for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

crate::text::serde_as_text!(Currency, "a currency code, such as \"USD\"");
