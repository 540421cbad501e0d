//! The sample log of the examples: what generates it, and that the committed file is what is generated.
//!
//! To write it anew: `PREPAID_WRITE_SAMPLE=1 cargo test -p prepaid-cli --test sample`
#![expect(
    clippy::arithmetic_side_effects,
    clippy::disallowed_methods,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a test, and the generator of a file"
)]

use std::fmt::Write as _;
use std::fs;
use std::path::PathBuf;

use prepaid::Timestamp;

/// A small generator of numbers (Knuth's MMIX constants): the same on every machine.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % bound
    }
}

/// Who makes the calls, with which items, and how many images at once at most.
const CALLERS: [(&str, &[&str], u64); 3] = [
    ("website", &["generate-3.0-turbo", "generate-3.0-turbo", "generate-3.0", "describe"], 4),
    ("design tool", &["generate-3.0-quality", "character-3.0", "upscale"], 2),
    ("nightly batch", &["generate-2a-turbo", "generate-2a"], 8),
];

const ROWS: usize = 2_000;
const SECOND: u64 = 1_000_000;

/// Bursts of calls a second or so apart, by one caller each, with minutes to hours between them.
fn sample() -> String {
    let mut numbers = Numbers(2025);
    let start: Timestamp = "2025-09-01T06:00:00Z".parse().expect("a time");
    let mut micros = u64::try_from(start.as_micros()).expect("after 1970");
    let mut text = String::from("time,key,item,images\n");
    let mut rows = 0;
    while rows < ROWS {
        micros += (60 + numbers.below(5_400)) * SECOND;
        let (key, items, most) = CALLERS[usize::try_from(numbers.below(3)).expect("small")];
        for _ in 0..=numbers.below(60) {
            if rows == ROWS {
                break;
            }
            micros += 1_000 * (50 + numbers.below(2_500));
            let kinds = u64::try_from(items.len()).expect("small");
            let item = items[usize::try_from(numbers.below(kinds)).expect("small")];
            let images = 1 + numbers.below(most);
            let at = Timestamp::from_micros(i64::try_from(micros).expect("small")).expect("in range");
            let at = at.to_string().replace('T', " ").replace('Z', "");
            writeln!(text, "{at},{key},{item},{images}").expect("a text takes everything");
            rows += 1;
        }
    }
    text
}

#[test]
fn the_sample_log_is_what_is_generated() {
    let file = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../examples/logs/sample.csv");
    if std::env::var_os("PREPAID_WRITE_SAMPLE").is_some() {
        fs::write(&file, sample()).expect("the file can be written");
    }
    assert_eq!(fs::read_to_string(&file).expect("the file is there"), sample());
}
