//! A mistyped key is refused without a look-up.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

use prepaid_key::{KeyFormat, KeyRecord, ParseError};
use proptest::prelude::*;

const TEXT: &str = "ppk_003aUlTJC7tjlCTQj2uNU3MFagCXG9LRKRcwGkBIDlf1Yo7hP";

fn parse(presented: &str) -> Result<KeyRecord, ParseError> {
    KeyFormat::new("ppk").unwrap().parse(presented)
}

/// Every text that differs from `text` in one character, with characters no key has among the replacements.
fn substitutions(text: &str) -> impl Iterator<Item = String> {
    (0..text.len()).flat_map(move |at| {
        (' '..='~').chain(['\0', '\n', 'é', '０', '𝟘']).filter_map(move |new| {
            let typo = text.chars().enumerate().map(|(i, old)| if i == at { new } else { old });
            Some(typo.collect::<String>()).filter(|typo| typo != text)
        })
    })
}

/// Every text in which two unlike neighbours of `text` have changed places.
fn transpositions(text: &str) -> impl Iterator<Item = String> {
    (1..text.len()).filter_map(move |at| {
        let mut typo: Vec<char> = text.chars().collect();
        typo.swap(at.checked_sub(1)?, at);
        Some(typo.into_iter().collect::<String>()).filter(|typo| typo != text)
    })
}

#[test]
fn every_substitution_is_refused() {
    assert!(parse(TEXT).is_ok());
    assert_eq!(substitutions(TEXT).count(), TEXT.len().checked_mul(99).unwrap());
    for typo in substitutions(TEXT) {
        assert!(parse(&typo).is_err(), "{typo}");
    }
}

#[test]
fn every_transposition_is_refused() {
    assert_eq!(transpositions(TEXT).count(), 50, "all 52 pairs of neighbours but the alike ones");
    for typo in transpositions(TEXT) {
        assert!(parse(&typo).is_err(), "{typo}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn no_typo_in_any_key_passes(entropy: [u8; 32]) {
        prop_assume!(entropy != [0; 32]);
        let mut entropy = entropy;
        let text = KeyFormat::new("ppk").unwrap().issue(&mut entropy).unwrap().secret.reveal();
        for typo in substitutions(&text).chain(transpositions(&text)) {
            prop_assert!(parse(&typo).is_err(), "{}", typo);
        }
    }
}

#[test]
fn a_cut_or_lengthened_key_is_refused() {
    for length in 0..TEXT.len() {
        let cut: String = TEXT.chars().take(length).collect();
        let expected = if length < "ppk_".len() { ParseError::Prefix } else { ParseError::Length };
        assert_eq!(parse(&cut), Err(expected), "{cut}");
    }
    assert_eq!(parse(&format!("{TEXT}0")), Err(ParseError::Length));
    assert_eq!(parse(&format!("{TEXT}\n")), Err(ParseError::Length));
    assert_eq!(parse(&format!("{TEXT}{}", "0".repeat(1_000_000))), Err(ParseError::Length));
}

#[test]
fn the_first_fault_is_named() {
    let zeros = "0".repeat(49);
    for (presented, expected) in [
        (String::new(), ParseError::Prefix),
        (format!(" {TEXT}"), ParseError::Prefix),
        (TEXT.replace("ppk_", "PPK_"), ParseError::Prefix),
        (TEXT.replace("ppk_", "ppk-"), ParseError::Prefix),
        (TEXT.replace("ppk_", "ppkk_"), ParseError::Prefix),
        (TEXT.replace("ppk_", "pp_"), ParseError::Prefix),
        (TEXT.replace("ppk_", "ppk__"), ParseError::Length),
        (TEXT.replace("TJ", "é"), ParseError::Character),
        (TEXT.replace("TJ", "T-"), ParseError::Character),
        (TEXT.replace("ppk_00", "ppk_zz"), ParseError::Range),
        (TEXT.replace("TJ", "JT"), ParseError::Checksum),
        (TEXT.to_lowercase(), ParseError::Checksum),
        (format!("ppk_{zeros}"), ParseError::Checksum),
    ] {
        assert_eq!(parse(&presented), Err(expected), "{presented}");
    }
}
