//! The load: threads that ask, as fast as they are answered.
#![expect(clippy::disallowed_methods, reason = "load has threads, and an end")]

use std::path::PathBuf;
use std::thread;
use std::time::{Duration, Instant};

use prepaid::Policy;
use prepaid_runtime::{Handle, ReadStore, Refused, Runtime, StoreError, SystemClock, Ticket};
use prepaid_sqlite::{SqliteReader, SqliteStore};

use crate::chance::Chance;
use crate::told::{Acked, Asked, Line};
use crate::webhooks::Webhooks;
use crate::{accounts, choice, client, options};

type Error = Box<dyn std::error::Error + Send + Sync>;

/// How many ask.
const THREADS: u64 = 4;
/// How much each of them asks before it waits for the answers, at most.
const BURST: u64 = 6;
/// It is killed before that.
const LONGEST: Duration = Duration::from_secs(20);

/// One round's load.
#[derive(Debug, Clone)]
pub struct Load {
    /// Where the store is.
    pub store: PathBuf,
    /// Where the provider listens.
    pub port: u16,
    /// What decides what is asked.
    pub seed: u64,
    /// The last event of the provider that was dealt with.
    pub dealt_with: u64,
}

impl Load {
    /// Asks until it is killed.
    ///
    /// # Errors
    /// What must not happen: a store that cannot be opened or written, a command that is neither done nor refused.
    pub fn run(&self) -> Result<(), Error> {
        let store = SqliteStore::open(&self.store)?;
        let client = client(self.port);
        let runtime =
            Runtime::start(store, client.clone(), Policy::default(), SystemClock::default(), options())?;
        let mut webhooks = Webhooks::after(client, runtime.handle(), self.dealt_with);
        let mut chance = Chance::new(self.seed);
        let askers = (0..THREADS)
            .map(|number| {
                Ok(Asker {
                    handle: runtime.handle(),
                    reader: SqliteStore::open_reader(&self.store)?,
                    chance: Chance::new(chance.any()),
                    name: format!("{}-{number}", self.seed),
                    count: 0,
                })
            })
            .collect::<Result<Vec<_>, Error>>()?;
        let began = Instant::now();
        let goes_on = || began.elapsed() < LONGEST;
        thread::scope(|scope| {
            let askers = askers.into_iter().map(|mut asker| {
                scope.spawn(move || {
                    while goes_on() {
                        asker.ask_some()?;
                    }
                    Ok::<(), Error>(())
                })
            });
            let askers: Vec<_> = askers.collect();
            while goes_on() && askers.iter().all(|asker| !asker.is_finished()) {
                webhooks.bring()?;
                thread::sleep(Duration::from_millis(5));
            }
            askers
                .into_iter()
                .try_for_each(|asker| asker.join().unwrap_or_else(|_| Err("it panicked".into())))
        })
    }
}

struct Asker {
    handle: Handle,
    reader: SqliteReader,
    chance: Chance,
    name: String,
    count: u64,
}

impl Asker {
    /// A few commands at once, so that groups have more than one; answers are told as they come.
    fn ask_some(&mut self) -> Result<(), Error> {
        let mut waiting = Vec::new();
        for _ in 0..=self.chance.below(BURST) {
            let asked = self.choose()?;
            Line::Asked(asked.clone()).tell()?;
            let ticket = self.handle.submit(asked.submission()?);
            waiting.push((asked, ticket));
        }
        for (Asked { request, account, .. }, ticket) in waiting {
            let line = match ticket.and_then(Ticket::wait) {
                Ok(answer) => Line::Acked { request, acked: Acked::of(account, &answer)? },
                Err(
                    Refused::Rejected(_)
                    | Refused::CallConflict { .. }
                    | Refused::KeyConflict
                    // Another process was always faster: nothing was written.
                    | Refused::Store(StoreError::Held),
                ) => Line::Refused { request },
                Err(other) => return Err(other.into()),
            };
            line.tell()?;
        }
        Ok(())
    }

    fn choose(&mut self) -> Result<Asked, Error> {
        let ids: Vec<_> = accounts().collect();
        let account = self.chance.of(ids.into_iter()).ok_or("there are accounts")?;
        let state = self.reader.account(account)?.account;
        let (actor, action) = choice::next(&state, account, &mut self.chance)?;
        self.count = self.count.saturating_add(1);
        let request = format!("{}-{}", self.name, self.count).parse()?;
        Ok(Asked { request, account, actor, action })
    }
}
