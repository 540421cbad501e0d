//! Bounded texts that people and providers write, cheap to copy, and the serde that values with a text form share.

use alloc::sync::Arc;
use core::fmt;
use core::str::FromStr;

/// A wrong value as errors show it: whole when it is short, and only its length when it could be a secret (C2).
pub(crate) struct Wrong<'a>(pub(crate) &'a str);

impl fmt::Display for Wrong<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.chars().count() {
            0..=40 => write!(f, "{:?}", self.0),
            characters => write!(f, "a text of {characters} characters"),
        }
    }
}

/// Serialises a value as its `Display` text and reads it back through `FromStr`; errors name the value.
macro_rules! serde_as_text {
    ($type:ty, $expecting:literal) => {
        impl serde::Serialize for $type {
            fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
                to.collect_str(self)
            }
        }

        impl<'de> serde::Deserialize<'de> for $type {
            fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
                struct Reader;
                impl serde::de::Visitor<'_> for Reader {
                    type Value = $type;

                    fn expecting(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
                        f.write_str($expecting)
                    }

                    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<$type, E> {
                        text.parse()
                            .map_err(|error| E::custom(format_args!("{} {error}", crate::text::Wrong(text))))
                    }
                }
                from.deserialize_str(Reader)
            }
        }
    };
}
pub(crate) use serde_as_text;

/// The same for what might be a secret or a card number in the wrong field: errors never repeat what was given.
macro_rules! serde_without_echo {
    ($type:ty, $expecting:literal) => {
        impl serde::Serialize for $type {
            fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
                to.collect_str(self)
            }
        }

        impl<'de> serde::Deserialize<'de> for $type {
            fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
                use serde::de::Error;
                let text = crate::text::Text::<255>::deserialize(from);
                let text = text.map_err(|_| D::Error::custom(concat!("expected ", $expecting)))?;
                text.as_str().parse().map_err(D::Error::custom)
            }
        }
    };
}
pub(crate) use serde_without_echo;

/// A text of 1 to `MAX` characters without control characters; copies share it.
///
/// ```
/// use prepaid::Text;
/// let reason: Text = "card expired".parse()?;
/// assert_eq!(reason.as_str(), "card expired");
/// assert!("".parse::<Text>().is_err());
/// # Ok::<(), prepaid::TextError>(())
/// ```
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Text<const MAX: usize = 255>(Arc<str>);

/// What a person calls a key: at most 64 characters (C6).
pub type Label = Text<64>;
/// The name of a version of the developer agreement (A3).
pub type TermsVersion = Text<64>;

/// Why a text was refused; it never repeats the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
pub enum TextError {
    /// Empty where a text is needed.
    #[error("must not be empty")]
    Empty,
    /// Longer than allowed.
    #[error("must have at most {0} characters")]
    TooLong(usize),
    /// Line breaks, tabs and the like.
    #[error("must not contain control characters")]
    Control,
    /// Something about a payment method that could be a card number.
    #[error("must not be a card number")]
    CardNumber,
}

impl<const MAX: usize> Text<MAX> {
    /// The text itself.
    ///
    /// ```
    /// let label: prepaid::Label = "laptop".parse()?;
    /// assert_eq!(label.as_str(), "laptop");
    /// # Ok::<(), prepaid::TextError>(())
    /// ```
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// A text of this crate's own, known to be within the bounds.
    pub(crate) fn constant(text: &'static str) -> Self {
        Self(text.into())
    }
}

impl<const MAX: usize> FromStr for Text<MAX> {
    type Err = TextError;

    fn from_str(text: &str) -> Result<Self, TextError> {
        if text.is_empty() {
            return Err(TextError::Empty);
        }
        if text.chars().count() > MAX {
            return Err(TextError::TooLong(MAX));
        }
        if text.chars().any(char::is_control) {
            return Err(TextError::Control);
        }
        Ok(Self(text.into()))
    }
}

impl<const MAX: usize> fmt::Display for Text<MAX> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl<const MAX: usize> fmt::Debug for Text<MAX> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&*self.0, f)
    }
}

impl<const MAX: usize> serde::Serialize for Text<MAX> {
    fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(&self.0)
    }
}

impl<'de, const MAX: usize> serde::Deserialize<'de> for Text<MAX> {
    fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Reader<const MAX: usize>;
        impl<const MAX: usize> serde::de::Visitor<'_> for Reader<MAX> {
            type Value = Text<MAX>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "a text of 1 to {MAX} characters")
            }

            fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Text<MAX>, E> {
                text.parse().map_err(E::custom)
            }
        }
        from.deserialize_str(Reader::<MAX>)
    }
}
