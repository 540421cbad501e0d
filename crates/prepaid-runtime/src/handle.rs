//! Asking: a submission goes into a bounded queue, and its answer comes when its batch is durable.

use std::future::{Future, IntoFuture};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{SyncSender, TrySendError};
use std::task::{Context, Poll};

use prepaid::{AccountId, Balances, Batch, CallId, Command, Digest, GrantId, Policy, Rejection};

use crate::clock::ClockError;
use crate::request::{RequestId, content_of_command};
use crate::store::StoreError;

/// A command for an account, with the id of its request.
#[derive(Debug, Clone)]
pub struct Submission {
    pub(crate) account: AccountId,
    pub(crate) command: Command,
    pub(crate) request: Option<RequestId>,
    pub(crate) content: Option<Digest>,
}

impl Submission {
    /// A command without a request id: for ticks and provider results, and for callers that never repeat.
    ///
    /// ```
    /// use prepaid::{AccountId, Action, Actor};
    /// use prepaid_runtime::Submission;
    /// let account = AccountId(uuid::Uuid::from_u128(1));
    /// let _submission = Submission::new(account, Action::Tick {}.by(Actor::Clock));
    /// ```
    #[must_use]
    pub const fn new(account: AccountId, command: Command) -> Self {
        Self { account, command, request: None, content: None }
    }

    /// The same with the request's id: repeated, it changes nothing and gives the same events (K6).
    ///
    /// ```
    /// use prepaid::{AccountId, Action, Actor};
    /// use prepaid_runtime::Submission;
    /// let account = AccountId(uuid::Uuid::from_u128(1));
    /// let _submission = Submission::new(account, Action::Close {}.by(Actor::Owner)).with_request("close-1".parse()?);
    /// # Ok::<(), prepaid::TextError>(())
    /// ```
    #[must_use]
    pub fn with_request(self, request: RequestId) -> Self {
        Self { request: Some(request), ..self }
    }

    /// The same with the digest of what was asked, where that is not the command itself ([`crate::content_of`]).
    ///
    /// ```
    /// use prepaid::{AccountId, Action, Actor};
    /// use prepaid_runtime::{Submission, content_of};
    /// let account = AccountId(uuid::Uuid::from_u128(1));
    /// let asked = serde_json::json!({"close": true});
    /// let submission = Submission::new(account, Action::Close {}.by(Actor::Owner));
    /// let _submission = submission.with_request("close-1".parse()?).with_content(content_of(&asked)?);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn with_content(self, content: Digest) -> Self {
        Self { content: Some(content), ..self }
    }

    /// The same with its digest made: here, on the caller's thread, because all callers wait for the writer's.
    fn digested(self) -> Result<Self, StoreError> {
        let content = self.asked()?.map(|(_, content)| content);
        Ok(Self { content, ..self })
    }

    /// The request, and the digest of what it asks.
    pub(crate) fn asked(&self) -> Result<Option<(&RequestId, Digest)>, StoreError> {
        let Some(request) = &self.request else { return Ok(None) };
        let content = match self.content {
            Some(content) => content,
            None => {
                content_of_command(&self.command).map_err(|error| StoreError::Other(error.to_string()))?
            }
        };
        Ok(Some((request, content)))
    }
}

/// What an accepted command did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// The batch; empty where nothing changed.
    pub batch: Batch,
    /// Which batch of the account it is; none where nothing changed.
    pub seq: Option<u64>,
    /// The balance after it.
    pub balance: Balances,
    /// Whether the request was made before: these are the events it produced then (K6).
    pub repeated: bool,
}

/// Why nothing was done; nothing has changed, unless it says that it does not know.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum Refused {
    /// The account refuses the command.
    #[error("{0}")]
    Rejected(Rejection),
    /// The request's id was used for something else (K6).
    #[error("request {request} was made before with other content")]
    RequestConflict {
        /// Which request.
        request: RequestId,
    },
    /// The account has made a call with this id before (D5).
    #[error("call {call} was made before")]
    CallConflict {
        /// Which call.
        call: CallId,
    },
    /// The account has issued a grant with this id before (H1).
    #[error("grant {grant} was issued before")]
    GrantConflict {
        /// Which grant.
        grant: GrantId,
    },
    /// A key with this digest exists in another account.
    #[error("the key exists")]
    KeyConflict,
    /// The queue is full: try again later.
    #[error("too much is waiting: try again later")]
    Busy,
    /// The runtime is being shut down.
    #[error("the runtime is shut down")]
    ShutDown,
    /// The clock cannot be believed.
    #[error("{0}")]
    Clock(#[from] ClockError),
    /// The store cannot be used; nothing was written.
    #[error("{0}")]
    Store(#[from] StoreError),
    /// The store's answer was lost, and it cannot be read back now. Repeat the request under the same id.
    #[error("it is not known whether this was done: repeat the request under the same id ({0})")]
    Unknown(StoreError),
}

pub(crate) type Reply = oneshot::Sender<Result<Answer, Refused>>;

/// What the writer is told.
pub(crate) enum Work {
    /// A command, and where to say what came of it.
    Asked(Box<Submission>, Option<Reply>),
    /// An effect was performed, and this is known now.
    Performed(Box<crate::perform::Performed>),
    /// From now on decisions are made under this policy.
    Policy(Box<Policy>),
    /// Drain, and end.
    End,
}

/// Asks; copies ask the same runtime.
#[derive(Debug, Clone)]
pub struct Handle {
    pub(crate) queue: SyncSender<Work>,
    pub(crate) closed: Arc<AtomicBool>,
}

impl std::fmt::Debug for Work {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Asked(..) => "Asked",
            Self::Performed(_) => "Performed",
            Self::Policy(_) => "Policy",
            Self::End => "End",
        })
    }
}

impl Handle {
    /// Decides under another policy from the next group on.
    ///
    /// # Errors
    /// [`Refused::Busy`] when the queue is full, [`Refused::ShutDown`] after [`crate::Runtime::shut_down`].
    ///
    /// ```
    /// use prepaid::Policy;
    /// use prepaid_runtime::{MemoryStore, Options, Runtime, SystemClock, Untouched};
    /// let runtime = Runtime::start(MemoryStore::default(), Untouched, Policy::default(), SystemClock::default(), Options::default())?;
    /// runtime.handle().use_policy(Policy::published_2026())?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn use_policy(&self, policy: Policy) -> Result<(), Refused> {
        if self.closed.load(Ordering::Acquire) {
            return Err(Refused::ShutDown);
        }
        self.queue.try_send(Work::Policy(Box::new(policy))).map_err(|error| match error {
            TrySendError::Full(_) => Refused::Busy,
            TrySendError::Disconnected(_) => Refused::ShutDown,
        })
    }

    /// Puts a command into the queue; the ticket gives its answer once it is durable.
    ///
    /// # Errors
    /// [`Refused::Busy`] at once when the queue is full, [`Refused::ShutDown`] after [`crate::Runtime::shut_down`].
    ///
    /// See the crate's front page for an example.
    pub fn submit(&self, submission: Submission) -> Result<Ticket, Refused> {
        if self.closed.load(Ordering::Acquire) {
            return Err(Refused::ShutDown);
        }
        let submission = submission.digested()?;
        let (reply, answer) = oneshot::channel();
        match self.queue.try_send(Work::Asked(Box::new(submission), Some(reply))) {
            Ok(()) => Ok(Ticket(answer)),
            Err(TrySendError::Full(_)) => Err(Refused::Busy),
            Err(TrySendError::Disconnected(_)) => Err(Refused::ShutDown),
        }
    }
}

/// The runtime is gone, and took the answer with it: it may have committed.
fn unanswered() -> Refused {
    Refused::Unknown(StoreError::Other("the runtime ended without an answer".into()))
}

/// The answer to come: wait for it, or await it.
#[derive(Debug)]
pub struct Ticket(oneshot::Receiver<Result<Answer, Refused>>);

impl Ticket {
    /// Waits for the answer.
    ///
    /// # Errors
    /// [`Refused`].
    pub fn wait(self) -> Result<Answer, Refused> {
        self.0.recv().unwrap_or_else(|_| Err(unanswered()))
    }
}

impl IntoFuture for Ticket {
    type Output = Result<Answer, Refused>;
    type IntoFuture = Awaited;

    fn into_future(self) -> Awaited {
        Awaited(self.0.into_future())
    }
}

/// A ticket that is awaited.
#[derive(Debug)]
pub struct Awaited(oneshot::AsyncReceiver<Result<Answer, Refused>>);

impl Future for Awaited {
    type Output = Result<Answer, Refused>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        Pin::new(&mut self.0).poll(context).map(|answer| answer.unwrap_or_else(|_| Err(unanswered())))
    }
}
