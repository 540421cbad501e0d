use crate::base62;

/// How many characters the checksum takes: 62^6 is above 2^32, 62^5 is not.
pub(crate) const CHECKSUM_LENGTH: usize = 6;

/// The CRC-32 (IEEE) of `digits` as six base62 characters in ASCII, padded on the left with `0` (C4).
///
/// Public so that a scanner for leaked keys can tell a key from a lookalike whatever its prefix. It guards
/// against mistakes only: anyone can compute it.
///
/// # Example
///
/// ```
/// assert_eq!(&prepaid_key::checksum(b"zQWBuTSOoRi4A9spHcVY5ncnsDkxkJ"), b"0mLq17");
/// ```
#[must_use]
pub fn checksum(digits: &[u8]) -> [u8; CHECKSUM_LENGTH] {
    let mut text = [0; CHECKSUM_LENGTH];
    base62::encode(&mut crc32fast::hash(digits).to_be_bytes(), &mut text);
    text
}
