//! Exact sums. A `Decimal` rounds without a word where digits run out, so every operand and result is held to the range
//! of M1 first: there it never does. This shares nothing with `money.rs`, which the books are to check.

use rust_decimal::Decimal;

use super::fault::JournalFault;

/// Magnitudes stay below this (M1).
const LIMIT: Decimal = Decimal::from_parts(3_644_948_480, 18_393_620, 0, false, 0);
/// Fractional digits of every amount (M1).
const DIGITS: u32 = 12;

type Sum = Result<Decimal, JournalFault>;

/// `value`, if it is one that M1 allows.
fn within(value: Decimal) -> Sum {
    if value.scale() <= DIGITS && value.abs() < LIMIT { Ok(value) } else { Err(JournalFault::OutOfRange) }
}

/// The sum of two values in range, exactly, and without trailing zeros, so that equal sums have one text.
pub(super) fn add(a: Decimal, b: Decimal) -> Sum {
    // Both lie below 7.9e16 with at most 12 digits: a sum below it fits a `Decimal` to the last digit, and one that does
    // not fit is rounded to a value that is not below it.
    let sum = within(a)?.checked_add(within(b)?).ok_or(JournalFault::OutOfRange)?;
    within(sum).map(|sum| sum.normalize())
}

/// The difference of two values in range, exactly.
pub(super) fn sub(a: Decimal, b: Decimal) -> Sum {
    let difference = within(a)?.checked_sub(within(b)?).ok_or(JournalFault::OutOfRange)?;
    within(difference).map(|difference| difference.normalize())
}

/// The value with the other sign.
pub(super) fn negated(a: Decimal) -> Sum {
    sub(Decimal::ZERO, a)
}

/// The sum of all.
pub(super) fn total(values: impl IntoIterator<Item = Decimal>) -> Sum {
    values.into_iter().try_fold(Decimal::ZERO, add)
}

/// The value where it is above zero, else zero.
pub(super) fn above_zero(value: Decimal) -> Decimal {
    value.max(Decimal::ZERO)
}
