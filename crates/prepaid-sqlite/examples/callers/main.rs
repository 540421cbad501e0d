//! Many callers at once, each waiting for its answer before it asks again: one-step calls through a runtime on
//! `SqliteStore`, beside the usual hand-written SQL on the same settings.
//!
//! `cargo run --release -p prepaid-sqlite --example callers [FOLDER [SECONDS [ROUNDS [ACCOUNTS [CALLERS]]]]]`. Both sides
//! take turns of so many seconds, in so many rounds, and what is printed is the median of the rounds' ratios: absolute
//! figures say how fast the disk syncs, and what else the machine does.
#![expect(clippy::arithmetic_side_effects, reason = "an example counts what it does")]
#![expect(clippy::disallowed_methods, reason = "a measurement has a clock and arguments")]

mod by_hand;
mod grouped;
mod slice;
mod sync;

use std::error::Error;
use std::path::Path;
use std::time::Duration;

use by_hand::ByHand;
use grouped::Grouped;
use rusqlite::Connection;
use slice::{Slice, median, quantiles, ratio, slice};
use uuid::Uuid;

type Done<T> = Result<T, Box<dyn Error + Send + Sync>>;

const ACCOUNTS: [usize; 2] = [10_000, 1];
const CALLERS: [usize; 4] = [1, 8, 32, 128];
/// What a call costs, in units of 0.000001.
const PRICE: i64 = 2_500;

/// The same numbers in every run.
struct Dice(u64);

impl Dice {
    /// One for a caller, unlike those of others.
    const fn of(round: u64, caller: u64) -> Self {
        Self((round << 32 | caller).wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    const fn roll(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    /// As random as ids are that are not ordered by time.
    const fn uuid(&mut self) -> Uuid {
        Uuid::from_u64_pair(self.roll(), self.roll())
    }

    fn below(&mut self, bound: usize) -> Done<usize> {
        Ok(usize::try_from(self.roll() % u64::try_from(bound)?)?)
    }
}

/// How large a database is once its log has been copied back.
fn size(path: &Path) -> Done<u64> {
    let conn = Connection::open(path)?;
    conn.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))?;
    Ok(std::fs::metadata(path)?.len())
}

/// The rounds of one number of callers.
#[derive(Default)]
struct Rounds {
    grouped: Vec<Slice>,
    one_connection: Vec<Slice>,
    connection_each: Vec<Slice>,
}

impl Rounds {
    /// A row a side, and the ratio to the faster form of the other.
    fn print(&self, accounts: usize, callers: usize, group: u64) {
        let rate = |slices: &[Slice]| median(slices.iter().map(Slice::rate).collect());
        let [one, each] = [&self.one_connection, &self.connection_each].map(|slices| rate(slices));
        let (form, faster) = if one >= each {
            ("one connection", &self.one_connection)
        } else {
            ("one each", &self.connection_each)
        };
        let mut ratios: Vec<u64> = self
            .grouped
            .iter()
            .zip(faster)
            .map(|(ours, theirs)| ours.rate() * 100 / theirs.rate().max(1))
            .collect();
        ratios.sort_unstable();
        let [least, most] = [ratios.first(), ratios.last()].map(|ratio| ratio.copied().unwrap_or_default());
        let middle = median(ratios);
        println!(
            "{accounts:>8} {callers:>7}  {:<22} {:>8} {}  calls a commit {}.{:02}",
            "prepaid",
            rate(&self.grouped),
            quantiles(&self.grouped),
            group / 100,
            group % 100
        );
        for (name, slices) in [("one connection", &self.one_connection), ("one each", &self.connection_each)]
        {
            let name = format!("by hand, {name}");
            println!("{:>8} {:>7}  {name:<22} {:>8} {}", "", "", rate(slices), quantiles(slices));
        }
        let [least, middle, most] = [least, middle, most].map(ratio);
        println!("{:>8} {:>7}  ratio to {form}: {middle} ({least} to {most})\n", "", "");
    }
}

/// Those numbers of callers on so many accounts.
fn compare(folder: &Path, accounts: usize, callers: &[usize], length: Duration, rounds: u64) -> Done<()> {
    let (ours, theirs) =
        (folder.join(format!("{accounts}.db")), folder.join(format!("{accounts}-by-hand.db")));
    let by_hand = ByHand::new(&theirs, accounts)?;
    let grouped = Grouped::new(&ours, accounts)?;
    let before = (std::fs::metadata(&ours)?.len(), size(&theirs)?);
    let mut calls = (0, 0);
    for &callers in callers {
        let (mut measured, mut appended) = (Rounds::default(), (0, 0));
        for round in 0..=rounds {
            let dice = |caller: usize, side: u64| {
                Ok::<_, std::num::TryFromIntError>(Dice::of(
                    round * 3 + side + 1,
                    u64::try_from(callers << 8 | caller)?,
                ))
            };
            let counted = grouped.counted();
            let first = slice(callers, length, |caller| Ok(grouped.caller(dice(caller, 0)?)))?;
            let counted = (grouped.counted().0 - counted.0, grouped.counted().1 - counted.1);
            let second = slice(callers, length, |caller| Ok(by_hand.shared(dice(caller, 1)?)))?;
            let third = slice(callers, length, |caller| by_hand.own(dice(caller, 2)?))?;
            calls = (calls.0 + first.calls(), calls.1 + second.calls() + third.calls());
            // The first round warms up.
            if round > 0 {
                appended = (appended.0 + counted.0, appended.1 + counted.1);
                measured.grouped.push(first);
                measured.one_connection.push(second);
                measured.connection_each.push(third);
            }
        }
        measured.print(accounts, callers, appended.1 * 100 / appended.0.max(1));
    }
    grouped.shut_down();
    let after = (size(&ours)?, size(&theirs)?);
    let [per_call, by_hand] = [(after.0 - before.0, calls.0), (after.1 - before.1, calls.1)]
        .map(|(bytes, calls)| bytes / calls.max(1));
    println!("{accounts:>8} accounts: {per_call} bytes on disk a call, {by_hand} by hand\n");
    Ok(())
}

fn main() -> Done<()> {
    let mut args = std::env::args().skip(1);
    let folder = match args.next() {
        Some(folder) => {
            std::fs::create_dir_all(&folder)?;
            tempfile::tempdir_in(folder)?
        }
        None => tempfile::tempdir()?,
    };
    let length = Duration::from_secs(args.next().map_or(Ok(1), |seconds| seconds.parse())?);
    let rounds = args.next().map_or(Ok(5), |rounds| rounds.parse())?;
    let accounts = args.next().map_or(Ok(ACCOUNTS.into()), |one| one.parse().map(|one| vec![one]))?;
    let callers = args.next().map_or(Ok(CALLERS.into()), |one| one.parse().map(|one| vec![one]))?;
    println!("A sync of 64 bytes takes {} ms (median of 200)\n", ratio(sync::time(folder.path())? / 10));
    println!(
        "By hand, one transaction a call:\n\n{}\n{};\n{};\n",
        by_hand::SCHEMA,
        by_hand::TAKE,
        by_hand::NOTE
    );
    println!(
        "{:>8} {:>7}  {:<22} {:>8} {:>8} {:>8} {:>8} {:>8}",
        "accounts", "callers", "side", "calls/s", "p50 ms", "p95", "p99", "max"
    );
    for accounts in accounts {
        compare(folder.path(), accounts, &callers, length, rounds)?;
    }
    Ok(())
}
