//! Performing what accounts owe the world: a few threads, each effect once at a time.

use std::sync::mpsc::{Receiver, Sender, SyncSender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};

use prepaid::{AccountId, Action, Effect};

use crate::gateway::{Gateway, GatewayError};
use crate::handle::Work;

/// What came of performing an effect.
pub(crate) struct Performed {
    pub(crate) account: AccountId,
    /// Which effect, so that it is not performed twice at a time.
    pub(crate) name: String,
    pub(crate) outcome: Result<Vec<Action>, GatewayError>,
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
    threads: Vec<JoinHandle<()>>,
}

impl Performers {
    #[expect(clippy::disallowed_methods, reason = "shells have threads; the core has none")]
    pub(crate) fn start(gateway: &Arc<dyn Gateway>, threads: usize, tell: &SyncSender<Work>) -> Self {
        let (queue, work) = channel::<(AccountId, Effect)>();
        let work = Arc::new(Mutex::new(work));
        let threads = (0..threads.max(1)).map(|_| {
            let (gateway, work, tell) = (Arc::clone(gateway), Arc::clone(&work), tell.clone());
            thread::spawn(move || perform_all(&*gateway, &work, &tell))
        });
        Self { queue: Some(queue), threads: threads.collect() }
    }

    pub(crate) fn perform(&self, account: AccountId, effect: Effect) {
        if let Some(queue) = &self.queue {
            // It fails only when every thread is gone; then the effect is still owed, and performed after a restart.
            drop(queue.send((account, effect)));
        }
    }

    /// Lets the threads finish what they are at.
    pub(crate) fn end(&mut self) {
        self.queue = None;
    }

    pub(crate) fn join(self) {
        for thread in self.threads {
            drop(thread.join());
        }
    }
}

fn perform_all(gateway: &dyn Gateway, work: &Mutex<Receiver<(AccountId, Effect)>>, tell: &SyncSender<Work>) {
    loop {
        let next = work.lock().unwrap_or_else(PoisonError::into_inner).recv();
        let Ok((account, effect)) = next else { return };
        let outcome = gateway.perform(account, &effect);
        let performed = Performed { account, name: name_of(&effect), outcome };
        if tell.send(Work::Performed(Box::new(performed))).is_err() {
            return;
        }
    }
}
