//! What the account knows of a payment method: the provider's token and what may be shown, never a card number.

use core::fmt;
use core::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::text::{Text, TextError, serde_without_echo};

/// A text about a payment method that could be a card number, and so is refused: 12 to 19 digits and no letter.
fn is_card_number(text: &str) -> bool {
    let digits = text.chars().filter(char::is_ascii_digit).count();
    (12..=19).contains(&digits) && !text.chars().any(char::is_alphabetic)
}

macro_rules! payment_text {
    ($(#[$doc:meta])* $name:ident, $expecting:literal) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(Text);

        impl $name {
            /// The text as it was given.
            ///
            /// ```
            #[doc = concat!("let text: prepaid::", stringify!($name), " = \"pm_1\".parse()?;")]
            /// assert_eq!(text.as_str(), "pm_1");
            /// # Ok::<(), prepaid::TextError>(())
            /// ```
            #[must_use]
            pub fn as_str(&self) -> &str {
                self.0.as_str()
            }
        }

        impl FromStr for $name {
            type Err = TextError;

            fn from_str(text: &str) -> Result<Self, TextError> {
                if is_card_number(text) { Err(TextError::CardNumber) } else { text.parse().map(Self) }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(&self.0, f)
            }
        }

        serde_without_echo!($name, $expecting);
    };
}

payment_text! {
    /// The payment provider's token for a payment method; a text that could be a card number is refused.
    ///
    /// ```
    /// use prepaid::PaymentToken;
    /// assert!("pm_1NqZ4x".parse::<PaymentToken>().is_ok());
    /// assert!("4242 4242 4242 4242".parse::<PaymentToken>().is_err());
    /// ```
    PaymentToken, "the provider's token of a payment method"
}

payment_text! {
    /// What identifies a payment method across tokens: the provider's fingerprint, or the token where there is none (F5).
    Fingerprint, "the provider's fingerprint of a payment method"
}

payment_text! {
    /// The brand of a payment method, to be shown, such as `visa`.
    Brand, "the brand of a payment method"
}

/// A linked payment method (A5).
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct PaymentMethod {
    /// The provider's token: what a charge is asked of.
    pub token: PaymentToken,
    /// The provider's fingerprint of the card or account behind the token.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fingerprint: Option<Fingerprint>,
    /// The brand to show, such as `visa`.
    pub brand: Brand,
    /// The last four digits to show.
    pub last_four: LastFour,
    /// The month after which the method is of no use.
    pub expires: CardExpiry,
}

impl PaymentMethod {
    /// What identifies the method: its fingerprint, or its token where there is none (F5).
    ///
    /// ```
    /// use prepaid::PaymentMethod;
    /// let method = PaymentMethod {
    ///     token: "pm_1".parse()?,
    ///     fingerprint: Some("fp_1".parse()?),
    ///     brand: "visa".parse()?,
    ///     last_four: "4242".parse()?,
    ///     expires: "2027-03".parse()?,
    /// };
    /// assert_eq!(method.identity().to_string(), "fp_1");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn identity(&self) -> Fingerprint {
        self.fingerprint.clone().unwrap_or_else(|| Fingerprint(self.token.0.clone()))
    }
}

/// The last four digits of a card or account.
///
/// ```
/// assert_eq!("4242".parse::<prepaid::LastFour>()?.to_string(), "4242");
/// # Ok::<(), prepaid::PaymentError>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct LastFour([u8; 4]);

/// The month in which a payment method expires, written `2027-03`.
///
/// ```
/// let expires: prepaid::CardExpiry = "2027-03".parse()?;
/// assert_eq!((expires.year(), expires.month()), (2027, 3));
/// # Ok::<(), prepaid::PaymentError>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CardExpiry {
    year: u16,
    month: u8,
}

/// Why a text says nothing of a payment method.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
pub enum PaymentError {
    /// Not four digits.
    #[error("must be exactly four digits")]
    LastFour,
    /// Not a year and a month.
    #[error("must be a year and a month, such as 2027-03")]
    Expiry,
}

impl FromStr for LastFour {
    type Err = PaymentError;

    fn from_str(text: &str) -> Result<Self, PaymentError> {
        let digits: [u8; 4] = text.as_bytes().try_into().map_err(|_| PaymentError::LastFour)?;
        if digits.iter().all(u8::is_ascii_digit) { Ok(Self(digits)) } else { Err(PaymentError::LastFour) }
    }
}

impl fmt::Display for LastFour {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(core::str::from_utf8(&self.0).unwrap_or_default())
    }
}

impl fmt::Debug for LastFour {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl CardExpiry {
    /// The year, 2000 to 2199.
    ///
    /// ```
    /// let expires: prepaid::CardExpiry = "2027-03".parse()?;
    /// assert_eq!(expires.year(), 2027);
    /// # Ok::<(), prepaid::PaymentError>(())
    /// ```
    #[must_use]
    pub const fn year(self) -> u16 {
        self.year
    }

    /// The month, 1 to 12.
    ///
    /// ```
    /// let expires: prepaid::CardExpiry = "2027-03".parse()?;
    /// assert_eq!(expires.month(), 3);
    /// # Ok::<(), prepaid::PaymentError>(())
    /// ```
    #[must_use]
    pub const fn month(self) -> u8 {
        self.month
    }
}

impl FromStr for CardExpiry {
    type Err = PaymentError;

    fn from_str(text: &str) -> Result<Self, PaymentError> {
        let (year, month) = text.split_once('-').ok_or(PaymentError::Expiry)?;
        let digits = |part: &str, n: usize| part.len() == n && part.bytes().all(|b| b.is_ascii_digit());
        if !digits(year, 4) || !digits(month, 2) {
            return Err(PaymentError::Expiry);
        }
        let year: u16 = year.parse().map_err(|_| PaymentError::Expiry)?;
        let month: u8 = month.parse().map_err(|_| PaymentError::Expiry)?;
        if (2000..2200).contains(&year) && (1..=12).contains(&month) {
            Ok(Self { year, month })
        } else {
            Err(PaymentError::Expiry)
        }
    }
}

impl fmt::Display for CardExpiry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}", self.year, self.month)
    }
}

impl fmt::Debug for CardExpiry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

serde_without_echo!(LastFour, "the last four digits of a card");
serde_without_echo!(CardExpiry, "a year and a month, such as \"2027-03\"");
