//! What the fuzzed programs share: the choices and the witness of the properties, the readers of the command line, and
//! the oracles. A program only hands its bytes over.
#![expect(
    clippy::disallowed_methods,
    reason = "a developer's tool: it reads the environment and writes files"
)]
#![expect(clippy::manual_is_multiple_of, reason = "choices are drawn by remainder")]

mod difference;
mod life;
mod mutate;
mod raw;
mod scratch;
mod targets;

pub use crate::mutate::{lines_mutated, records_mutated};
pub use crate::targets::{
    CHOICES, RAW, commands, commands_raw, logs, policies as policies_read, scripts, snapshots,
};

// The properties' own modules: what they find hard to say once more would be another oracle.
#[path = "../../tests/properties/booked.rs"]
#[expect(unreachable_pub, reason = "another package's module")]
mod booked;
#[path = "../../tests/properties/choice.rs"]
#[expect(unreachable_pub, clippy::match_same_arms, reason = "another package's module")]
mod choice;
#[path = "../../tests/properties/credit.rs"]
#[expect(unreachable_pub, clippy::match_same_arms, reason = "another package's module")]
mod credit;
#[path = "../../tests/properties/policies.rs"]
#[expect(unreachable_pub, reason = "another package's module")]
mod policies;
#[path = "../../tests/properties/witness.rs"]
#[expect(unreachable_pub, clippy::match_same_arms, clippy::string_slice, reason = "another package's module")]
mod witness;

// The command line's readers as they are: a program has no library to call, and another reader would prove nothing.
#[path = "../../crates/prepaid-cli/src/alphabet/mod.rs"]
#[expect(dead_code, unused_imports, reason = "the command line prints and writes, too")]
mod alphabet;
#[path = "../../crates/prepaid-cli/src/expect.rs"]
#[expect(dead_code, reason = "the command line prints and writes, too")]
mod expect;
#[path = "../../crates/prepaid-cli/src/fault.rs"]
#[expect(dead_code, reason = "the command line prints and writes, too")]
mod fault;
#[path = "../../crates/prepaid-cli/src/files.rs"]
#[expect(dead_code, reason = "the command line prints and writes, too")]
mod files;
#[path = "../../crates/prepaid-cli/src/json_once.rs"]
mod json_once;
#[path = "../../crates/prepaid-cli/src/policies.rs"]
mod policy_files;
#[path = "../../crates/prepaid-cli/src/prices.rs"]
#[expect(dead_code, reason = "the command line prints and writes, too")]
mod prices;
#[path = "../../crates/prepaid-cli/src/script.rs"]
#[expect(dead_code, reason = "the command line prints and writes, too")]
mod script;
#[path = "../../crates/prepaid-cli/src/toml_lines.rs"]
mod toml_lines;
