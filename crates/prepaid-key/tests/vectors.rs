//! Values worked out elsewhere: the published checksum examples, and keys made with Python's `zlib` and `hashlib`.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

use prepaid_key::{Digest, KeyFormat, ParseError, checksum};

const LARGEST: &str = "ppk_yhjskwdA6OZ1AL1YmHWZWm8LLG7HjnuCA2j5rOw8Xp13sRzl1";
const SMALLEST: &str = "ppk_00000000000000000000000000000000000000000010HNUPx";
const HIGH_BIT_ONLY: &str = "ppk_0EhWuMzfS7MPuxAu520Mu4XwCuyZfalRej3Z8gTlzA84OW3lE";
const COUNTING: &str = "ppk_003aUlTJC7tjlCTQj2uNU3MFagCXG9LRKRcwGkBIDlf1Yo7hP";

fn one_at(index: usize) -> [u8; 32] {
    std::array::from_fn(|i| u8::from(i == index))
}

fn counting() -> [u8; 32] {
    std::array::from_fn(|i| u8::try_from(i).unwrap())
}

#[test]
fn checksums() {
    assert_eq!(&checksum(b"zQWBuTSOoRi4A9spHcVY5ncnsDkxkJ"), b"0mLq17");
    assert_eq!(&checksum(&[b'A'; 30]), b"0uCPlr");
    assert_eq!(&checksum(b""), b"000000");
}

#[test]
fn key_texts() {
    let format = KeyFormat::new("ppk").unwrap();
    for (mut entropy, text) in
        [([0xff; 32], LARGEST), (one_at(31), SMALLEST), (one_at(0), HIGH_BIT_ONLY), (counting(), COUNTING)]
    {
        let issued = format.issue(&mut entropy).unwrap();
        assert_eq!(format.parse(text), Ok(issued.record));
        assert_eq!(*issued.secret.reveal(), text);
    }
}

#[test]
fn digests() {
    let format = KeyFormat::new("ppk").unwrap();
    for (text, digest) in [
        (LARGEST, "42a43133574eff690f510a13bd6aecbde25cc794d6275ef5b356e7fbdc6cf556"),
        (SMALLEST, "9b94d1d4be469c518eb0c91759009693e843b63c68f9b9b7eaa5c3de43406c7f"),
        (HIGH_BIT_ONLY, "e8078b49e7357b0ebb1f286061b43b4d5f2e8d387f6a3dc3b9ea0dd262b0ed7b"),
        (COUNTING, "972f75b30ff76cc59e350134b09a84caecdb5fe54542572b5d513289fff65336"),
    ] {
        assert_eq!(format!("{:?}", format.parse(text).unwrap().digest), format!("Digest({digest})"));
    }
}

#[test]
fn digests_differ_by_any_bit() {
    let digest = Digest::from_bytes([0x5a; 32]);
    assert_eq!(digest, Digest::from_bytes([0x5a; 32]));
    for index in 0..32 {
        for bit in 0..8 {
            let other = std::array::from_fn(|i| if i == index { 0x5a ^ (1 << bit) } else { 0x5a });
            assert_ne!(digest, Digest::from_bytes(other));
        }
    }
}

#[test]
fn one_more_than_256_bits_is_refused_though_its_checksum_fits() {
    let format = KeyFormat::new("ppk").unwrap();
    for text in [
        "ppk_yhjskwdA6OZ1AL1YmHWZWm8LLG7HjnuCA2j5rOw8Xp21MwCft",
        "ppk_zzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz0UsatS",
    ] {
        assert_eq!(format.parse(text), Err(ParseError::Range));
    }
}
