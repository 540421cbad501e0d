//! The canary: nothing but the one reply contains the key (C2).
#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::fmt::Write as _;

use prepaid_key::{IssuedKey, KeyFormat, ParseError, Secret, ZeroEntropy};
use proptest::prelude::*;

/// Does not compile if the type has the trait: the method is then found twice.
macro_rules! assert_lacks {
    ($type:ty: $($bound:path),+ $(,)?) => {$(
        const _: fn() = || {
            struct Has;
            trait Unless<Marker> {
                fn found() {}
            }
            impl<T: ?Sized> Unless<()> for T {}
            impl<T: ?Sized + $bound> Unless<Has> for T {}
            let _ = <$type as Unless<_>>::found;
        };
    )+};
}

assert_lacks!(Secret: Clone, PartialEq, std::fmt::Display, AsRef<str>, std::ops::Deref, serde::Serialize);
assert_lacks!(IssuedKey: Clone, std::fmt::Display, serde::Serialize);

const fn wiped_on_drop<T: zeroize::ZeroizeOnDrop>() {}
const _: () = wiped_on_drop::<Secret>();
const _: () = assert!(std::mem::needs_drop::<Secret>());

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02x}").unwrap();
        text
    })
}

/// Every 9 characters running of the random part and the checksum, one more than may ever be shown, and the
/// entropy as hexadecimal and as a list.
fn traces(text: &str, entropy: &[u8; 32]) -> Vec<String> {
    let body: Vec<char> = text.chars().skip("ppk_".len()).collect();
    let mut traces: Vec<String> = body.windows(9).map(|window| window.iter().collect()).collect();
    traces.extend(entropy.chunks(8).map(hex));
    traces.extend(entropy.chunks(8).map(|chunk| format!("{chunk:?}").replace(['[', ']'], "")));
    traces
}

proptest! {
    #[test]
    fn nothing_printed_contains_the_key(entropy: [u8; 32], shown in 1_usize..=8, at in 4_usize..53) {
        prop_assume!(entropy.chunks(8).all(|chunk| chunk != [0; 8]));
        let format = KeyFormat::new("ppk").unwrap().with_shown(shown).unwrap();
        let mut lent = entropy;
        let issued = format.issue(&mut lent).unwrap();

        let mut printed = vec![
            format!("{format:?} {issued:?} {issued:#?} {:?} {:#?}", issued.secret, issued.secret),
            format!("{:?} {:#?} {}", issued.record, issued.record, issued.record.shown),
            format!("{lent:?}"),
        ];

        let text = issued.secret.reveal();
        let changed = |new: char| -> String {
            text.chars().enumerate().map(|(i, old)| if i == at { new } else { old }).collect()
        };
        let mistyped = [
            changed('-'),
            changed('\u{e9}'),
            changed(if text.chars().nth(at) == Some('0') { '1' } else { '0' }),
            text.replace("ppk_", "ppk_z").chars().take(text.len()).collect(),
            text.replace("ppk_", "ppl_"),
            format!("{}0", *text),
        ];
        for presented in mistyped {
            let error = format.parse(&presented).unwrap_err();
            printed.push(format!("{error} {error:?} {error:#?}"));
        }
        let error = KeyFormat::new(&text).unwrap_err();
        printed.push(format!("{error} {error:?}"));
        let error = KeyFormat::new("k").unwrap().parse(&text).unwrap_err();
        printed.push(format!("{error} {error:?}"));

        for trace in traces(&text, &entropy) {
            for output in &printed {
                prop_assert!(!output.contains(&trace), "{} in {}", trace, output);
            }
        }
    }
}

#[test]
fn the_secret_prints_as_one_fixed_word() {
    let issued = KeyFormat::new("ppk").unwrap().issue(&mut [7; 32]).unwrap();
    assert_eq!(format!("{:?}", issued.secret), "Secret(redacted)");
    assert_eq!(format!("{:#?}", issued.secret), "Secret(redacted)");
}

#[test]
fn errors_have_room_for_nothing_presented() {
    assert_eq!(size_of::<ParseError>(), 1);
    assert_eq!(size_of::<ZeroEntropy>(), 0);
}
