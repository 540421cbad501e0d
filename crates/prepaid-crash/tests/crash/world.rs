//! One store and one book, and the rounds they go through.

use std::path::PathBuf;
use std::thread;
use std::time::{Duration, Instant};

use prepaid::{Policy, effects};
use prepaid_crash::{Chance, Line, Load, Webhooks, accounts, client, options};
use prepaid_runtime::{ReadStore, Runtime, SystemClock};
use prepaid_sandbox::{Answer, BookedCharge, Request, SandboxClient};
use prepaid_sqlite::{SqliteReader, SqliteStore};
use tempfile::TempDir;

use crate::books;
use crate::ledger::{Ledger, log};
use crate::process::{Loading, Provider};

pub struct World {
    folder: TempDir,
    provider: Provider,
    ledger: Ledger,
    /// The last event of the provider that was dealt with.
    dealt_with: u64,
}

/// What was seen.
#[derive(Debug, Default)]
pub struct Count {
    pub acked: u64,
    /// Asked and never acknowledged; and how many of them had been done.
    pub unknown: u64,
    pub unknown_done: u64,
    pub providers_killed: u64,
    /// Rounds in which two processes wrote at once.
    pub raced: u64,
    /// The rounds after which everything came to rest, and what the books had then, at their ends.
    pub rests: u64,
    pub charges: usize,
    pub taken: usize,
    pub refunds: usize,
}

impl World {
    pub fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let provider = Provider::start(&folder.path().join("book.jsonl"), 0);
        Self { folder, provider, ledger: Ledger::default(), dealt_with: 0 }
    }

    fn store(&self) -> PathBuf {
        self.folder.path().join("accounts.db")
    }

    /// Loads, kills, starts again, compares; in most rounds, and in the last, after everything has come to rest. The
    /// provider is killed too in a quarter of the rounds.
    pub fn round(&mut self, chance: &mut Chance, number: u64, is_last: bool, count: &mut Count) {
        let kills_provider = number.is_multiple_of(4);
        self.load(chance, kills_provider, count);
        self.provider_again();
        let store = SqliteStore::open(self.store()).unwrap();
        let mut reader = SqliteStore::open_reader(self.store()).unwrap();
        let found = log(&mut reader);
        self.ledger.compare(&found);

        let client = client(self.provider.port);
        let runtime =
            Runtime::start(store, client.clone(), Policy::default(), SystemClock::default(), options())
                .unwrap();
        let mut webhooks = Webhooks::after(client.clone(), runtime.handle(), self.dealt_with);
        let rests = is_last || kills_provider || chance.below(4) > 0;
        if rests && (kills_provider || chance.below(2) == 0) {
            // What is owed after a start, most where there was no provider, is done without being asked for.
            settle(&mut webhooks, &mut reader);
        }
        let (unknown, done) = self.ledger.ask_again(&runtime.handle(), &found);
        count.unknown += unknown;
        count.unknown_done += done;
        if rests {
            rest(&client, &mut webhooks, &mut reader);
            self.dealt_with = webhooks.dealt_with();
            runtime.shut_down();
            let (found, book) = (log(&mut reader), book(&client));
            self.ledger.compare(&found);
            books::compare(&book, &found.changes);
            count.rests += 1;
            if is_last {
                count.charges += book.len();
                count.taken += book.iter().map(|charge| charge.taken().len()).sum::<usize>();
                count.refunds += book.iter().map(|charge| charge.refunds.len()).sum::<usize>();
            }
        }
    }

    /// Load until so many acknowledgements and a little more, then a kill; also of the provider, before or after.
    fn load(&mut self, chance: &mut Chance, kills_provider: bool, count: &mut Count) {
        let start = |chance: &mut Chance| {
            let (store, port, seed) = (self.store(), self.provider.port, chance.any());
            Loading::start(&Load { store, port, seed, dealt_with: self.dealt_with })
        };
        let mut loading = start(chance);
        // In a third of the rounds two processes race for the same accounts.
        let rival = (chance.below(3) == 0).then(|| start(chance));
        let is_first = chance.below(4) > 0;
        // Some are killed while they start.
        let first = if chance.below(8) == 0 { 0 } else { chance.below(90) };
        let second = chance.below(60);
        self.read(&mut loading, first, count);
        if kills_provider {
            count.providers_killed += 1;
            if is_first {
                self.provider.kill();
                self.read(&mut loading, second, count);
            }
        }
        thread::sleep(Duration::from_micros(chance.below(8_000)));
        let mut told = loading.killed();
        if let Some(rival) = rival {
            count.raced += 1;
            told.append(&mut rival.killed());
        }
        for line in told {
            self.take(line, count);
        }
        if kills_provider {
            thread::sleep(Duration::from_micros(chance.below(8_000)));
            self.provider.kill();
        }
    }

    fn read(&mut self, loading: &mut Loading, acked: u64, count: &mut Count) {
        let end = count.acked + acked;
        while count.acked < end {
            let line = loading.line();
            self.take(line, count);
        }
    }

    fn take(&mut self, line: Line, count: &mut Count) {
        count.acked += u64::from(matches!(line, Line::Acked { .. }));
        self.ledger.take(line);
    }

    /// Starts the provider where it was killed, on the same port and book.
    fn provider_again(&mut self) {
        if self.provider.is_killed() {
            self.provider = Provider::start(&self.folder.path().join("book.jsonl"), self.provider.port);
        }
    }
}

fn book(client: &SandboxClient) -> Vec<BookedCharge> {
    let Ok(Answer::Book { charges }) = client.ask(&Request::Book {}) else { panic!("no book") };
    charges
}

/// Until nothing is owed, and what comes late has come: also what follows from that.
fn rest(client: &SandboxClient, webhooks: &mut Webhooks, reader: &mut SqliteReader) {
    settle(webhooks, reader);
    for _ in 0..2 {
        client.ask(&Request::Advance { span: "2m".parse().unwrap() }).unwrap();
        settle(webhooks, reader);
    }
}

/// Until nothing is owed and nothing has happened for a while.
fn settle(webhooks: &mut Webhooks, reader: &mut SqliteReader) {
    let (began, mut since, mut batches) = (Instant::now(), Instant::now(), 0);
    while since.elapsed() < Duration::from_millis(60) {
        assert!(began.elapsed() < Duration::from_secs(10), "it does not come to rest");
        let brought = webhooks.bring().unwrap();
        let loaded: Vec<_> = accounts().map(|account| reader.account(account).unwrap()).collect();
        let now = loaded.iter().map(|loaded| loaded.seq).sum();
        let is_owed = loaded.iter().any(|loaded| effects(&loaded.account).next().is_some());
        if brought || is_owed || now != batches {
            (batches, since) = (now, Instant::now());
        }
        thread::sleep(Duration::from_millis(5));
    }
}
