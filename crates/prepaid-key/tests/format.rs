//! What a format accepts, and that what it issues it reads back.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

use prepaid_key::{FormatError, KeyFormat, ZeroEntropy};
use proptest::prelude::*;

/// Reads 43 base62 digits back into the bytes they stand for.
fn decode(digits: &str) -> [u8; 32] {
    let mut number = [0; 32];
    for digit in digits.chars() {
        let value = ('0'..='9').chain('A'..='Z').chain('a'..='z').position(|c| c == digit).unwrap();
        let mut carry = u16::try_from(value).unwrap();
        for byte in number.iter_mut().rev() {
            let [high, low] =
                u16::from(*byte).checked_mul(62).unwrap().checked_add(carry).unwrap().to_be_bytes();
            *byte = low;
            carry = u16::from(high);
        }
        assert_eq!(carry, 0, "more than 256 bits");
    }
    number
}

fn round_trip(prefix: &str, shown: usize, entropy: [u8; 32]) {
    let format = KeyFormat::new(prefix).unwrap().with_shown(shown).unwrap();
    let mut lent = entropy;
    let issued = format.issue(&mut lent).unwrap();
    assert_eq!(lent, [0; 32], "the entropy is wiped");
    assert_eq!(format.issue(&mut lent).err(), Some(ZeroEntropy), "and cannot be used again");

    let shown_text = issued.record.shown.to_string();
    let text = issued.secret.reveal();
    assert_eq!(text.capacity(), text.len(), "the text never moved");
    assert!(text.starts_with(&shown_text));
    assert_eq!(shown_text.len(), [prefix.len(), 1, shown].iter().sum());

    let body = text.strip_prefix(prefix).unwrap().strip_prefix('_').unwrap();
    let (digits, checksum) = body.split_at(43);
    assert_eq!(checksum.len(), 6);
    assert_eq!(decode(digits), entropy);
    assert_eq!(format.parse(&text), Ok(issued.record));
}

proptest! {
    #[test]
    fn what_is_issued_is_read_back(prefix in "[a-z0-9]{1,16}", shown in 1_usize..=8, entropy: [u8; 32]) {
        prop_assume!(entropy != [0; 32]);
        round_trip(&prefix, shown, entropy);
    }

    #[test]
    fn no_text_makes_the_parser_panic(presented in any::<String>(), tail in "\\PC{0,60}") {
        let format = KeyFormat::new("ppk").unwrap();
        prop_assert!(format.parse(&presented).is_err());
        let prefixed = format!("ppk_{tail}");
        prop_assert!(format.parse(&prefixed).is_err());
    }
}

#[test]
fn every_single_bit_is_read_back() {
    for index in 0..32 {
        for bit in 0..8 {
            round_trip("ppk", 4, std::array::from_fn(|i| if i == index { 1 << bit } else { 0 }));
        }
    }
    round_trip("p", 1, [0xff; 32]);
}

#[test]
fn zero_entropy_is_refused() {
    assert_eq!(KeyFormat::new("ppk").unwrap().issue(&mut [0; 32]).err(), Some(ZeroEntropy));
}

#[test]
fn prefixes() {
    for prefix in ["p", "7", "ppk", "abcdefghij012345"] {
        assert!(KeyFormat::new(prefix).is_ok(), "{prefix}");
    }
    for prefix in ["", "abcdefghij0123456"] {
        assert_eq!(KeyFormat::new(prefix), Err(FormatError::PrefixLength), "{prefix}");
    }
    for prefix in ["Ppk", "pp_k", "pp-k", "pp k", "é", "p\n"] {
        assert_eq!(KeyFormat::new(prefix), Err(FormatError::PrefixCharacter), "{prefix}");
    }
}

#[test]
fn shown_characters() {
    let format = KeyFormat::new("ppk").unwrap();
    for (shown, expected) in [(1, "ppk_y"), (4, "ppk_yhjs"), (8, "ppk_yhjskwdA")] {
        let issued = format.clone().with_shown(shown).unwrap().issue(&mut [0xff; 32]).unwrap();
        assert_eq!(issued.record.shown.as_str(), expected);
    }
    for shown in [0, 9, usize::MAX] {
        assert_eq!(format.clone().with_shown(shown), Err(FormatError::ShownLength));
    }
}
