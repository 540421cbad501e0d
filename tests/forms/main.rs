//! The forms of things: stored JSON (golden files), sizes, the table of stages and commands.
//!
//! Golden files are append-only: `PREPAID_BLESS=1 cargo test -p prepaid --test forms` writes those that are missing,
//! and the generated table of docs/lifecycle.md; it never changes a golden file that is there.
#![expect(
    unreachable_pub,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::unreachable,
    clippy::panic,
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    clippy::wildcard_enum_match_arm,
    clippy::disallowed_methods,
    reason = "tests stop at the first surprise, and read their golden files"
)]

mod edges;
mod golden;
#[path = "../rules/life/mod.rs"]
#[expect(dead_code, reason = "shared with the rules, which need more of it")]
mod life;
mod lifecycle;
mod parsers;
mod samples;
mod sizes;
mod torn;
mod values;
mod words;

/// Whether missing golden files and generated tables are to be written.
fn is_blessing() -> bool {
    std::env::var_os("PREPAID_BLESS").is_some()
}

/// A path within the project.
fn path(relative: &str) -> std::path::PathBuf {
    std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(relative)
}
