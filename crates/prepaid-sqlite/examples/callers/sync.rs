//! How long the disk takes to sync: it decides how far the two sides are apart.

use std::fs::File;
use std::io::Write;
use std::path::Path;
use std::time::Instant;

use crate::Done;
use crate::slice::{median, micros};

/// The median of 200 syncs, each of 64 bytes at the end of a file, in microseconds.
pub(crate) fn time(folder: &Path) -> Done<u64> {
    let mut file = File::create(folder.join("sync"))?;
    let mut times = Vec::new();
    for _ in 0..200 {
        file.write_all(&[0; 64])?;
        let begun = Instant::now();
        file.sync_data()?;
        times.push(micros(begun.elapsed()));
    }
    Ok(median(times))
}
