//! Performing what accounts owe the world: a few threads, each effect once at a time.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, Sender, SyncSender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};

use prepaid::{AccountId, Action, Effect, Timestamp};

use crate::clock::Clock;
use crate::gateway::Gateway;
use crate::handle::Work;

/// What came of performing an effect.
pub(crate) struct Performed {
    pub(crate) account: AccountId,
    /// Which effect, so that it is not performed twice at a time.
    pub(crate) name: String,
    /// None where nothing is known yet.
    pub(crate) results: Vec<Action>,
}

/// The same effect of the same account has the same name: its kind, and the key it is asked under.
pub(crate) fn name_of(effect: &Effect) -> String {
    match effect {
        Effect::MakeCharge { idempotency_key, .. }
        | Effect::LookUpCharge { idempotency_key, .. }
        | Effect::CancelCharge { idempotency_key, .. }
        | Effect::SendRefund { idempotency_key, .. }
        | Effect::LookUpRefund { idempotency_key, .. } => format!("{} {idempotency_key}", effect.tag()),
    }
}

/// The threads that perform effects.
pub(crate) struct Performers {
    queue: Option<Sender<(AccountId, Effect)>>,
    is_ending: Arc<AtomicBool>,
    threads: Vec<JoinHandle<()>>,
}

impl Performers {
    #[expect(clippy::disallowed_methods, reason = "shells have threads; the core has none")]
    pub(crate) fn start(
        gateway: &Arc<dyn Gateway>,
        clock: &Arc<dyn Clock>,
        threads: usize,
        tell: &SyncSender<Work>,
    ) -> Self {
        let (queue, work) = channel::<(AccountId, Effect)>();
        let work = Arc::new(Mutex::new(work));
        let is_ending = Arc::new(AtomicBool::new(false));
        let threads = (0..threads.max(1)).map(|_| {
            let (gateway, clock) = (Arc::clone(gateway), Arc::clone(clock));
            let performer =
                Performer { gateway, clock, is_ending: Arc::clone(&is_ending), tell: tell.clone() };
            let work = Arc::clone(&work);
            thread::spawn(move || performer.perform_all(&work))
        });
        Self { queue: Some(queue), threads: threads.collect(), is_ending }
    }

    pub(crate) fn perform(&self, account: AccountId, effect: Effect) {
        if let Some(queue) = &self.queue {
            // It fails only when every thread is gone; then the effect is still owed, and performed after a restart.
            drop(queue.send((account, effect)));
        }
    }

    /// Lets the threads finish what they are at, and begin nothing more: it is still owed, and performed after a restart.
    pub(crate) fn end(&mut self) {
        self.is_ending.store(true, Ordering::Release);
        self.queue = None;
    }

    pub(crate) fn join(self) {
        for thread in self.threads {
            drop(thread.join());
        }
    }
}

/// One thread's part.
struct Performer {
    gateway: Arc<dyn Gateway>,
    clock: Arc<dyn Clock>,
    is_ending: Arc<AtomicBool>,
    tell: SyncSender<Work>,
}

impl Performer {
    fn perform_all(&self, work: &Mutex<Receiver<(AccountId, Effect)>>) {
        loop {
            let next = work.lock().unwrap_or_else(PoisonError::into_inner).recv();
            let Ok((account, effect)) = next else { return };
            let results = if self.may_begin(&effect) { self.results(account, &effect) } else { Vec::new() };
            let performed = Performed { account, name: name_of(&effect), results };
            if self.tell.send(Work::Performed(Box::new(performed))).is_err() {
                return;
            }
        }
    }

    /// Where the outcome is not known, it is performed again later, or looked up. A gateway that panics has told nothing,
    /// and its thread goes on.
    fn results(&self, account: AccountId, effect: &Effect) -> Vec<Action> {
        let performed = catch_unwind(AssertUnwindSafe(|| self.gateway.perform(account, effect)));
        performed.ok().and_then(Result::ok).unwrap_or_default()
    }

    /// Whether it is asked now. It may have waited here, or its account could not be stored, until its window ended:
    /// asked then, it might be done twice (F3).
    fn may_begin(&self, effect: &Effect) -> bool {
        let is_in_time =
            asked_until(effect).is_none_or(|until| self.clock.now().is_ok_and(|now| now < until));
        is_in_time && !self.is_ending.load(Ordering::Acquire)
    }
}

/// The end of the window in which it may be asked; what is only looked up, or cancelled, has none.
const fn asked_until(effect: &Effect) -> Option<Timestamp> {
    match effect {
        Effect::MakeCharge { until, .. } | Effect::SendRefund { until, .. } => Some(*until),
        Effect::LookUpCharge { .. } | Effect::CancelCharge { .. } | Effect::LookUpRefund { .. } => None,
    }
}
