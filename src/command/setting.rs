//! Settings that may be left as they are, switched off, or set; and limits by window.

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::money::Amount;
use crate::time::Window;

/// A setting in a command: left out, null, or a value.
///
/// ```
/// use prepaid::Setting;
/// assert_eq!(Setting::Kept.over(Some(3)), Some(3));
/// assert_eq!(Setting::Off.over(Some(3)), None);
/// assert_eq!(Setting::To(4).over(Some(3)), Some(4));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Setting<T> {
    /// It stays as it is; the field is left out.
    #[default]
    Kept,
    /// It is off; written as null.
    Off,
    /// It is this.
    To(T),
}

impl<T> Setting<T> {
    /// What becomes of `before`.
    ///
    /// ```
    /// assert_eq!(prepaid::Setting::<u16>::Kept.over(None), None);
    /// ```
    #[must_use]
    pub fn over(self, before: Option<T>) -> Option<T> {
        match self {
            Self::Kept => before,
            Self::Off => None,
            Self::To(value) => Some(value),
        }
    }

    pub(crate) const fn is_kept(&self) -> bool {
        matches!(self, Self::Kept)
    }
}

impl<T: Serialize> Serialize for Setting<T> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Kept | Self::Off => to.serialize_none(),
            Self::To(value) => to.serialize_some(value),
        }
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Setting<T> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        Option::deserialize(from).map(|value| value.map_or(Self::Off, Self::To))
    }
}

/// What a key may spend in a window (C6).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KeyLimit {
    /// How much.
    pub amount: Amount,
    /// In which window.
    pub window: Window,
}
