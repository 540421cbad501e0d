//! Exact money: the only file of the machine that does arithmetic on amounts (rules M1 to M4).

use core::fmt;
use core::str::FromStr;

use rust_decimal::Decimal;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use crate::text::Wrong;

/// Fractional digits of every amount (M1).
const DIGITS: u32 = 12;
/// Units of 10^-12 in one whole.
const WHOLE: i128 = 1_000_000_000_000;
/// Units in one hundredth.
const HUNDREDTH: i128 = 10_000_000_000;
/// Magnitudes stay below 7.9e16, so that every amount is exactly a `Decimal` (M1).
const LIMIT: i128 = 79_000_000_000_000_000 * WHOLE;

/// Why a text, a `Decimal` or a result is no amount.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
pub enum AmountError {
    /// Something other than `digits[.digits]`.
    #[error("must be written as digits[.digits], such as 10 or 0.025")]
    Malformed,
    /// More than 12 fractional digits: it would have to be rounded.
    #[error("has more than 12 fractional digits")]
    TooPrecise,
    /// The magnitude is 7.9e16 or more.
    #[error("must be below 79000000000000000 in magnitude")]
    OutOfRange,
    /// Below zero where money cannot be.
    #[error("must not be negative")]
    Negative,
}

/// An exact, never negative sum of money, in the account's currency (M1, M4).
///
/// At most 12 fractional digits, below 7.9e16. Equal amounts have one representation and one text.
///
/// ```
/// use prepaid::Amount;
/// let price: Amount = "0.025".parse()?;
/// assert_eq!(price.to_string(), "0.025");
/// assert_eq!("0.0250".parse(), Ok(price));
/// assert!("1e3".parse::<Amount>().is_err());
/// # Ok::<(), prepaid::AmountError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Amount(i128);

/// An exact signed sum of money; below zero it is a debt (M1, D8).
///
/// ```
/// use prepaid::Balance;
/// let debt: Balance = "-3.10".parse()?;
/// assert_eq!(debt.debt().to_string(), "3.1");
/// # Ok::<(), prepaid::AmountError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Balance(i128);

const fn in_range(units: i128) -> bool {
    -LIMIT < units && units < LIMIT
}

impl Amount {
    /// No money.
    pub const ZERO: Self = Self(0);
    /// The largest amount: one unit of the last digit below 7.9e16.
    pub const MAX: Self = Self(LIMIT - 1);
    /// The smallest amount above zero, 10^-12.
    pub const SMALLEST: Self = Self(1);

    /// A constant of this crate's own, in hundredths.
    pub(crate) const fn hundredths(n: u32) -> Self {
        #[expect(clippy::as_conversions, reason = "u32 to i128 is lossless; From is not const")]
        let n = n as i128;
        Self(n.saturating_mul(HUNDREDTH))
    }

    /// The sum, or an error when it would leave the range.
    ///
    /// # Errors
    /// [`AmountError::OutOfRange`].
    ///
    /// ```
    /// use prepaid::{Amount, AmountError};
    /// assert_eq!(Amount::MAX.checked_add(Amount::SMALLEST), Err(AmountError::OutOfRange));
    /// ```
    pub const fn checked_add(self, other: Self) -> Result<Self, AmountError> {
        match self.0.checked_add(other.0) {
            Some(units) if in_range(units) => Ok(Self(units)),
            Some(_) | None => Err(AmountError::OutOfRange),
        }
    }

    /// The difference, or an error when it would be negative.
    ///
    /// # Errors
    /// [`AmountError::Negative`].
    ///
    /// ```
    /// use prepaid::{Amount, AmountError};
    /// assert_eq!(Amount::ZERO.checked_sub(Amount::SMALLEST), Err(AmountError::Negative));
    /// ```
    pub const fn checked_sub(self, other: Self) -> Result<Self, AmountError> {
        match self.0.checked_sub(other.0) {
            Some(units) if units >= 0 => Ok(Self(units)),
            Some(_) | None => Err(AmountError::Negative),
        }
    }

    /// This amount `count` times, exactly.
    ///
    /// # Errors
    /// [`AmountError::OutOfRange`].
    ///
    /// ```
    /// use prepaid::Amount;
    /// let per_token: Amount = "0.000003".parse()?;
    /// assert_eq!(per_token.checked_mul(1_000_000)?, "3".parse()?);
    /// # Ok::<(), prepaid::AmountError>(())
    /// ```
    pub fn checked_mul(self, count: u64) -> Result<Self, AmountError> {
        match self.0.checked_mul(i128::from(count)) {
            Some(units) if in_range(units) => Ok(Self(units)),
            Some(_) | None => Err(AmountError::OutOfRange),
        }
    }

    /// This amount divided by `count`, if that is exact; `None` where a digit would be lost, or for zero.
    pub(crate) fn exactly_divided_by(self, count: u64) -> Option<Self> {
        let count = i128::from(count);
        match self.0.checked_rem(count) {
            Some(0) => self.0.checked_div(count).map(Self),
            Some(_) | None => None,
        }
    }

    /// Whether this is no money.
    ///
    /// ```
    /// assert!(prepaid::Amount::ZERO.is_zero());
    /// ```
    #[must_use]
    pub const fn is_zero(self) -> bool {
        self.0 == 0
    }

    /// Whether this is a whole number of `unit`s (M3). Nothing is a whole number of a zero unit.
    #[must_use]
    pub(crate) fn is_whole(self, unit: Self) -> bool {
        self.0.checked_rem(unit.0) == Some(0)
    }

    /// The least whole number of `unit`s that is not below this (M3: charges are rounded up).
    pub(crate) fn rounded_up(self, unit: Self) -> Result<Self, AmountError> {
        let Some(rest) = self.0.checked_rem(unit.0) else {
            return Err(AmountError::OutOfRange);
        };
        if rest == 0 {
            return Ok(self);
        }
        match self.0.checked_sub(rest).and_then(|whole| whole.checked_add(unit.0)) {
            Some(units) if in_range(units) => Ok(Self(units)),
            Some(_) | None => Err(AmountError::OutOfRange),
        }
    }

    /// The greatest whole number of `unit`s that is not above this (M3: refunds are rounded down).
    pub(crate) fn rounded_down(self, unit: Self) -> Self {
        let rest = self.0.checked_rem(unit.0).unwrap_or(self.0);
        Self(self.0.saturating_sub(rest))
    }

    /// The amount as a `Decimal`, exactly, without trailing zeros.
    ///
    /// ```
    /// use prepaid::Amount;
    /// let price: Amount = "0.0250".parse()?;
    /// assert_eq!(price.to_decimal().to_string(), "0.025");
    /// # Ok::<(), prepaid::AmountError>(())
    /// ```
    #[must_use]
    pub fn to_decimal(self) -> Decimal {
        decimal(self.0)
    }
}

impl Balance {
    /// Nothing, and no debt.
    pub const ZERO: Self = Self(0);
    /// The largest balance.
    pub const MAX: Self = Self(LIMIT - 1);
    /// The deepest debt.
    pub const MIN: Self = Self(1 - LIMIT);

    /// The balance after adding `amount`.
    ///
    /// # Errors
    /// [`AmountError::OutOfRange`].
    ///
    /// ```
    /// use prepaid::{Amount, AmountError, Balance};
    /// assert_eq!(Balance::MAX.checked_add(Amount::SMALLEST), Err(AmountError::OutOfRange));
    /// ```
    pub const fn checked_add(self, amount: Amount) -> Result<Self, AmountError> {
        match self.0.checked_add(amount.0) {
            Some(units) if in_range(units) => Ok(Self(units)),
            Some(_) | None => Err(AmountError::OutOfRange),
        }
    }

    /// The balance after taking `amount`; it may fall below zero.
    ///
    /// # Errors
    /// [`AmountError::OutOfRange`].
    ///
    /// ```
    /// use prepaid::{Amount, Balance};
    /// let debt = Balance::ZERO.checked_sub(Amount::SMALLEST)?;
    /// assert!(debt.is_debt());
    /// # Ok::<(), prepaid::AmountError>(())
    /// ```
    pub const fn checked_sub(self, amount: Amount) -> Result<Self, AmountError> {
        match self.0.checked_sub(amount.0) {
            Some(units) if in_range(units) => Ok(Self(units)),
            Some(_) | None => Err(AmountError::OutOfRange),
        }
    }

    /// The sum of both.
    pub(crate) const fn checked_sum(self, other: Self) -> Result<Self, AmountError> {
        match self.0.checked_add(other.0) {
            Some(units) if in_range(units) => Ok(Self(units)),
            Some(_) | None => Err(AmountError::OutOfRange),
        }
    }

    /// Whether the balance is below zero.
    ///
    /// ```
    /// assert!(!prepaid::Balance::ZERO.is_debt());
    /// ```
    #[must_use]
    pub const fn is_debt(self) -> bool {
        self.0 < 0
    }

    /// What is owed: zero unless the balance is below zero.
    ///
    /// ```
    /// let balance: prepaid::Balance = "-3.10".parse()?;
    /// assert_eq!(balance.debt(), "3.10".parse()?);
    /// # Ok::<(), prepaid::AmountError>(())
    /// ```
    #[must_use]
    pub fn debt(self) -> Amount {
        Amount(0_i128.saturating_sub(self.0).max(0))
    }

    /// What is there: zero where the balance is below zero.
    ///
    /// ```
    /// let balance: prepaid::Balance = "-3.10".parse()?;
    /// assert!(balance.credit().is_zero());
    /// # Ok::<(), prepaid::AmountError>(())
    /// ```
    #[must_use]
    pub fn credit(self) -> Amount {
        Amount(self.0.max(0))
    }

    /// The balance that all of `plus` and `minus` make together; only their total must be in range (M5).
    pub(crate) fn total(plus: &[Amount], minus: &[Amount]) -> Result<Self, AmountError> {
        let sum =
            |amounts: &[Amount]| amounts.iter().try_fold(0_i128, |sum, amount| sum.checked_add(amount.0));
        match sum(plus).zip(sum(minus)).and_then(|(plus, minus)| plus.checked_sub(minus)) {
            Some(units) if in_range(units) => Ok(Self(units)),
            Some(_) | None => Err(AmountError::OutOfRange),
        }
    }

    /// What is missing to reach `target`; zero when the balance is there already.
    ///
    /// # Errors
    /// [`AmountError::OutOfRange`].
    ///
    /// ```
    /// use prepaid::{Amount, Balance};
    /// let debt: Balance = "-3.10".parse()?;
    /// assert_eq!(debt.shortfall("80".parse()?)?, "83.1".parse()?);
    /// # Ok::<(), prepaid::AmountError>(())
    /// ```
    pub fn shortfall(self, target: Amount) -> Result<Amount, AmountError> {
        match target.0.checked_sub(self.0) {
            Some(units) if in_range(units) => Ok(Amount(units.max(0))),
            Some(_) | None => Err(AmountError::OutOfRange),
        }
    }

    /// The balance as a `Decimal`, exactly, without trailing zeros.
    ///
    /// ```
    /// use prepaid::Balance;
    /// let debt: Balance = "-3.10".parse()?;
    /// assert_eq!(debt.to_decimal().to_string(), "-3.1");
    /// # Ok::<(), prepaid::AmountError>(())
    /// ```
    #[must_use]
    pub fn to_decimal(self) -> Decimal {
        decimal(self.0)
    }
}

impl From<Amount> for Balance {
    fn from(amount: Amount) -> Self {
        Self(amount.0)
    }
}

impl PartialEq<Amount> for Balance {
    fn eq(&self, other: &Amount) -> bool {
        self.0 == other.0
    }
}

impl PartialOrd<Amount> for Balance {
    fn partial_cmp(&self, other: &Amount) -> Option<core::cmp::Ordering> {
        self.0.partial_cmp(&other.0)
    }
}

/// Every value in range is below 2^96, so the conversion cannot fail; zero stands in where it would.
fn decimal(units: i128) -> Decimal {
    Decimal::try_from_i128_with_scale(units, DIGITS).unwrap_or_default().normalize()
}

/// The units of a `Decimal`, refusing what would be rounded.
fn units_of(value: Decimal) -> Result<i128, AmountError> {
    let value = value.normalize();
    let missing = DIGITS.checked_sub(value.scale()).ok_or(AmountError::TooPrecise)?;
    let factor = 10_i128.checked_pow(missing).ok_or(AmountError::OutOfRange)?;
    match value.mantissa().checked_mul(factor) {
        Some(units) if in_range(units) => Ok(units),
        Some(_) | None => Err(AmountError::OutOfRange),
    }
}

impl TryFrom<Decimal> for Amount {
    type Error = AmountError;

    fn try_from(value: Decimal) -> Result<Self, AmountError> {
        match units_of(value)? {
            units if units < 0 => Err(AmountError::Negative),
            units => Ok(Self(units)),
        }
    }
}

impl TryFrom<Decimal> for Balance {
    type Error = AmountError;

    fn try_from(value: Decimal) -> Result<Self, AmountError> {
        units_of(value).map(Self)
    }
}

/// `digits[.digits]` and nothing else, as units.
fn parse_units(text: &str) -> Result<i128, AmountError> {
    let (whole, fraction) = match text.split_once('.') {
        Some((whole, fraction)) => (whole, Some(fraction)),
        None => (text, None),
    };
    let all_digits = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    if !all_digits(whole) || !fraction.is_none_or(all_digits) {
        return Err(AmountError::Malformed);
    }
    let fraction = fraction.unwrap_or("");
    let written = u32::try_from(fraction.len()).map_err(|_| AmountError::TooPrecise)?;
    let missing = DIGITS.checked_sub(written).ok_or(AmountError::TooPrecise)?;
    let mut units: i128 = 0;
    for digit in whole.bytes().chain(fraction.bytes()) {
        let digit = i128::from(digit.saturating_sub(b'0'));
        units = units.checked_mul(10).and_then(|u| u.checked_add(digit)).ok_or(AmountError::OutOfRange)?;
    }
    let scale = 10_i128.checked_pow(missing).ok_or(AmountError::OutOfRange)?;
    match units.checked_mul(scale) {
        Some(units) if in_range(units) => Ok(units),
        Some(_) | None => Err(AmountError::OutOfRange),
    }
}

impl FromStr for Amount {
    type Err = AmountError;

    fn from_str(text: &str) -> Result<Self, AmountError> {
        match text.strip_prefix('-') {
            Some(rest) => parse_units(rest).and(Err(AmountError::Negative)),
            None => parse_units(text).map(Self),
        }
    }
}

impl FromStr for Balance {
    type Err = AmountError;

    fn from_str(text: &str) -> Result<Self, AmountError> {
        match text.strip_prefix('-') {
            // "-0" would be a second text for zero.
            Some(rest) => match parse_units(rest)? {
                0 => Err(AmountError::Malformed),
                units => Ok(Self(0_i128.saturating_sub(units))),
            },
            None => parse_units(text).map(Self),
        }
    }
}

fn write_units(f: &mut fmt::Formatter<'_>, units: i128) -> fmt::Result {
    let magnitude = units.unsigned_abs();
    let whole = magnitude.checked_div(WHOLE.unsigned_abs()).unwrap_or_default();
    let mut fraction = magnitude.checked_rem(WHOLE.unsigned_abs()).unwrap_or_default();
    let mut digits = [b'0'; 12];
    for digit in digits.iter_mut().rev() {
        *digit = b'0'.saturating_add(u8::try_from(fraction % 10).unwrap_or(0));
        fraction /= 10;
    }
    let sign = if units < 0 { "-" } else { "" };
    let text = core::str::from_utf8(&digits).unwrap_or_default().trim_end_matches('0');
    match text {
        "" => write!(f, "{sign}{whole}"),
        text => write!(f, "{sign}{whole}.{text}"),
    }
}

impl fmt::Display for Amount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_units(f, self.0)
    }
}

impl fmt::Display for Balance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_units(f, self.0)
    }
}

/// Reads amounts from text only: a JSON number has been through a float already.
struct TextOnly<T>(core::marker::PhantomData<T>);

impl<T: FromStr<Err = AmountError>> de::Visitor<'_> for TextOnly<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an amount as text, such as \"10.00\"")
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<T, E> {
        text.parse().map_err(|error| E::custom(format_args!("amount {} {error}", Wrong(text))))
    }
}

impl Serialize for Amount {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Amount {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_str(TextOnly(core::marker::PhantomData))
    }
}

impl Serialize for Balance {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Balance {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_str(TextOnly(core::marker::PhantomData))
    }
}
