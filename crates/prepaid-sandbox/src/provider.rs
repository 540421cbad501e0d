//! The provider: what it does when it is asked, and the book in which it writes that first.

mod charges;
mod money_back;

use std::collections::HashMap;
use std::path::Path;
use std::sync::{Mutex, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

use prepaid::{Span, Timestamp};

use crate::book::{Book, BookError};
use crate::card::Manner;
use crate::protocol::{Answer, Refusal, Request};
use crate::state::{Change, Entry, Named, State};

/// How many times what comes late is asked for before it comes, if time does not bring it.
const PATIENCE: u32 = 3;
/// How many events one answer brings.
const EVENTS: usize = 500;

/// How the sandbox works.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Settings {
    /// How long idempotency keys are remembered, from when they are first used.
    pub memory: Span,
    /// How late is what comes late.
    pub late: Span,
}

impl Default for Settings {
    /// Keys are remembered for 24 hours, and late is a minute.
    fn default() -> Self {
        Self { memory: Span::from_hours(24), late: Span::from_minutes(1) }
    }
}

/// The provider, with its book.
#[derive(Debug)]
pub struct Provider {
    inner: Mutex<Inner>,
    torn: usize,
}

#[derive(Debug)]
struct Inner {
    settings: Settings,
    state: State,
    /// None once it is closed.
    book: Option<Book>,
    /// How often was asked for what comes late; not kept, for a provider owes nobody that count.
    asked_for: HashMap<Named, u32>,
}

/// What to answer, and how.
pub(crate) struct Reply {
    /// None closes the connection.
    pub(crate) answer: Option<Answer>,
    pub(crate) manner: Manner,
}

impl From<Answer> for Reply {
    fn from(answer: Answer) -> Self {
        Self { answer: Some(answer), manner: Manner::Usual }
    }
}

impl From<Refusal> for Reply {
    fn from(reason: Refusal) -> Self {
        Answer::Refused { reason }.into()
    }
}

impl Provider {
    /// Opens the book, or begins one.
    ///
    /// # Errors
    /// [`BookError`] when the file cannot be read and written, another process has it, or it is damaged.
    ///
    /// ```
    /// use prepaid_sandbox::{Provider, Settings};
    /// let file = std::env::temp_dir().join(format!("prepaid-sandbox-{}.jsonl", std::process::id()));
    /// assert_eq!(Provider::open(&file, Settings::default())?.torn(), 0);
    /// # std::fs::remove_file(file)?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn open(path: &Path, settings: Settings) -> Result<Self, BookError> {
        let found = Book::open(path)?;
        let (state, book, asked_for) = (found.state, Some(found.book), HashMap::new());
        Ok(Self { inner: Mutex::new(Inner { settings, state, book, asked_for }), torn: found.torn })
    }

    /// How many bytes of an unfinished last line were dropped when the book was opened.
    ///
    /// See [`Self::open`] for an example.
    #[must_use]
    pub const fn torn(&self) -> usize {
        self.torn
    }

    pub(crate) fn answer(&self, request: Request) -> Reply {
        let mut inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        inner.answer(request).unwrap_or_else(Reply::from)
    }

    /// Nothing is written from now on; what is being written is finished first.
    pub(crate) fn close(&self) {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner).book = None;
    }
}

impl Inner {
    fn answer(&mut self, request: Request) -> Result<Reply, Refusal> {
        self.bring_what_is_late()?;
        match request {
            Request::Charge(asked) => self.charge(asked),
            Request::LookUp { key } => self.look_up(&key),
            Request::Cancel { key } => self.cancel(&key),
            Request::Approve { key } => self.approve(&key),
            Request::Refund(asked) => self.refund(asked),
            Request::LookUpRefund { key } => self.look_up_refund(&key),
            Request::Events { after } => {
                Ok(Answer::Events { events: self.state.events_after(after, EVENTS) }.into())
            }
            Request::Book {} => Ok(Answer::Book { charges: self.state.booked() }.into()),
            Request::Advance { span } => self.advance(span),
            Request::Dispute { charge_key, id, amount } => self.dispute(&charge_key, id, amount),
            Request::EndDispute { id, outcome } => self.end_dispute(id, outcome),
            Request::Stop {} => Ok(Answer::Done {}.into()),
        }
    }

    /// The machine's clock, as far ahead as it was moved; it never shows less than it has shown to the book.
    fn now(&self) -> Timestamp {
        let ahead = self.state.ahead.unwrap_or(Span::from_minutes(0));
        let now = wall().saturating_add(ahead);
        self.state.last.map_or(now, |last| last.max(now))
    }

    fn advance(&mut self, span: Span) -> Result<Reply, Refusal> {
        let before = self.state.ahead.unwrap_or(Span::from_minutes(0));
        let seconds = before.as_micros().saturating_add(span.as_micros()) / 1_000_000;
        let refused = |_| Refusal::Malformed("too far ahead".into());
        let ahead = format!("{seconds}s").parse().map_err(refused)?;
        self.commit(vec![Change::Clock { ahead }])?;
        self.bring_what_is_late()?;
        Ok(Answer::Advanced { now: self.now() }.into())
    }

    /// Writes, and only then believes it.
    fn commit(&mut self, changes: Vec<Change>) -> Result<(), Refusal> {
        if changes.is_empty() {
            return Ok(());
        }
        let entry = Entry { at: self.now(), changes };
        let book = self.book.as_mut().ok_or(Refusal::Unwritten)?;
        book.add(&entry).map_err(|_| Refusal::Unwritten)?;
        self.state.apply(entry);
        Ok(())
    }

    /// What was asked under this key within the memory.
    fn remembered(&self, key: &str) -> Option<Named> {
        let (named, at) = self.state.last_under(key)?;
        (self.now() < at.saturating_add(self.settings.memory)).then_some(named)
    }

    /// What comes late and is due by the clock comes now.
    fn bring_what_is_late(&mut self) -> Result<(), Refusal> {
        if self.state.waiting.is_empty() {
            return Ok(());
        }
        let (now, late) = (self.now(), self.settings.late);
        let due: Vec<Named> = self.state.waiting.iter().copied().collect();
        for named in due {
            let at = match named {
                Named::Payment(number) => self.state.payments.get(&number).map(|payment| payment.at),
                Named::Refund(number) => self.state.refunds.get(&number).map(|refund| refund.at),
            };
            if at.is_some_and(|at| at.saturating_add(late) <= now) {
                self.bring(named)?;
            }
        }
        Ok(())
    }

    /// It was asked for; often enough, and it comes.
    fn asked_for(&mut self, named: Named) -> Result<(), Refusal> {
        if !self.state.waiting.contains(&named) {
            return Ok(());
        }
        let times = self.asked_for.entry(named).or_default();
        *times = times.saturating_add(1);
        if *times >= PATIENCE {
            self.bring(named)?;
            self.asked_for.remove(&named);
        }
        Ok(())
    }

    fn bring(&mut self, named: Named) -> Result<(), Refusal> {
        match named {
            Named::Payment(number) => self.bring_payment(number),
            Named::Refund(number) => self.bring_refund(number),
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "a provider has a clock of its own")]
fn wall() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let micros = i64::try_from(since.as_micros()).unwrap_or(i64::MAX);
    Timestamp::from_micros(micros).unwrap_or(Timestamp::LATEST_NOW)
}
