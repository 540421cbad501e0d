//! A slice of time in which a number of callers call as often as they can.

use std::sync::Barrier;
use std::time::{Duration, Instant};

use crate::Done;

/// What came of it.
pub(crate) struct Slice {
    time: Duration,
    /// How long each call took, in microseconds.
    waits: Vec<u64>,
}

impl Slice {
    pub(crate) fn calls(&self) -> u64 {
        u64::try_from(self.waits.len()).unwrap_or(u64::MAX)
    }

    /// Calls a second.
    pub(crate) fn rate(&self) -> u64 {
        self.calls() * 1_000_000 / micros(self.time).max(1)
    }
}

pub(crate) fn micros(time: Duration) -> u64 {
    u64::try_from(time.as_micros()).unwrap_or(u64::MAX)
}

/// Runs callers, each on a thread of its own, all beginning at once.
pub(crate) fn slice<C: FnMut() -> Done<()> + Send>(
    callers: usize,
    length: Duration,
    caller: impl Fn(usize) -> Done<C>,
) -> Done<Slice> {
    let ready = Barrier::new(callers + 1);
    let callers = (0..callers).map(caller).collect::<Done<Vec<C>>>()?;
    let (begun, waits) = std::thread::scope(|scope| {
        let ready = &ready;
        let running: Vec<_> = callers
            .into_iter()
            .map(|mut call| {
                scope.spawn(move || {
                    let mut waits = Vec::new();
                    ready.wait();
                    let begun = Instant::now();
                    while begun.elapsed() < length {
                        let asked = Instant::now();
                        call()?;
                        waits.push(micros(asked.elapsed()));
                    }
                    Ok(waits)
                })
            })
            .collect();
        ready.wait();
        let begun = Instant::now();
        let joined = running.into_iter().map(|caller| caller.join().map_err(|_| "a caller has died")?);
        (begun, joined.collect::<Done<Vec<Vec<u64>>>>())
    });
    Ok(Slice { time: begun.elapsed(), waits: waits?.concat() })
}

/// The one in the middle.
pub(crate) fn median(mut values: Vec<u64>) -> u64 {
    values.sort_unstable();
    values.get(values.len() / 2).copied().unwrap_or_default()
}

/// The half, 95 and 99 in a hundred, and the longest, in milliseconds, over all slices.
pub(crate) fn quantiles(slices: &[Slice]) -> String {
    let mut waits: Vec<u64> = slices.iter().flat_map(|slice| &slice.waits).copied().collect();
    waits.sort_unstable();
    let last = waits.len().saturating_sub(1);
    let at = |percent: usize| {
        let wait = waits.get(last * percent / 100).copied().unwrap_or_default();
        format!("{:>8}", ratio(wait / 10))
    };
    [50, 95, 99, 100].map(at).join(" ")
}

/// Hundredths, written as a decimal.
pub(crate) fn ratio(hundredths: u64) -> String {
    format!("{}.{:02}", hundredths / 100, hundredths % 100)
}
