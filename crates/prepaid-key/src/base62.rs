//! Fixed-width base62 with the alphabet `0-9A-Za-z`.
//!
//! The alphabet is in ASCII order, so two texts of one width compare as the numbers they stand for.

/// Writes the big-endian `number` over all of `digits`, padded on the left with `0`.
///
/// The number is divided in place and is zero afterwards, provided `digits` is wide enough to hold it.
pub(crate) fn encode(number: &mut [u8], digits: &mut [u8]) {
    for digit in digits.iter_mut().rev() {
        *digit = character(divide_by_62(number));
    }
}

/// Long division, most significant byte first: leaves the quotient in `number` and returns the remainder.
fn divide_by_62(number: &mut [u8]) -> u8 {
    let mut remainder = 0;
    for byte in number {
        let dividend = u16::from_be_bytes([remainder, *byte]);
        // The remainder so far is below 62, so the dividend is below 62 * 256: both results fit their low byte.
        [_, *byte] = (dividend / 62).to_be_bytes();
        [_, remainder] = (dividend % 62).to_be_bytes();
    }
    remainder
}

/// Works the character out instead of reading it from a table, so that encoding looks up nothing by the secret.
fn character(digit: u8) -> u8 {
    match digit {
        0..=9 => b'0'.wrapping_add(digit),
        10..=35 => b'A'.wrapping_add(digit.wrapping_sub(10)),
        _ => b'a'.wrapping_add(digit.wrapping_sub(36)),
    }
}
