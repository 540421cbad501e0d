//! Starting and ending.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::sync_channel;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use prepaid::{Policy, Span};

use crate::clock::{Clock, SteadyClock, instant};
use crate::gateway::Gateway;
use crate::handle::{Handle, Work};
use crate::perform::Performers;
use crate::store::{EventStore, StoreError};
use crate::writer::Writer;

/// How a runtime works.
#[derive(Debug, Clone)]
pub struct Options {
    /// How many commands may wait; one more is refused at once.
    pub queue: usize,
    /// How many commands one transaction takes, at most.
    pub group: usize,
    /// How many effects are performed at a time.
    pub performers: usize,
    /// How many accounts are kept in memory.
    pub accounts: usize,
    /// How long after an effect whose outcome is not known it is performed again; twice as long each time.
    pub retry: Duration,
    /// At most so long.
    pub longest_retry: Duration,
    /// How long requests are remembered (K6).
    pub retention: Span,
    /// How long what another process on the same store owes, or waits for, is left to it; then it is seen to here.
    pub adopt: Duration,
}

impl Default for Options {
    /// 4,096 commands waiting, 512 in a transaction, 4 effects at a time, 100,000 accounts in memory, second tries after
    /// 1 second and at most 5 minutes, requests remembered for 30 days, what other processes left undone adopted after 10
    /// seconds.
    fn default() -> Self {
        Self {
            queue: 4_096,
            group: 512,
            performers: 4,
            accounts: 100_000,
            retry: Duration::from_secs(1),
            longest_retry: Duration::from_secs(300),
            retention: Span::from_days(30),
            adopt: Duration::from_secs(10),
        }
    }
}

/// A running loop: one writer on a store, threads that perform effects.
#[derive(Debug)]
pub struct Runtime {
    handle: Handle,
    writer: Option<JoinHandle<()>>,
}

impl Runtime {
    /// Starts: reads what is owed and due, and begins to take commands. A clock that has run ahead of the time that has
    /// passed by more than the policy's skew is not believed ([`SteadyClock`], K2), unless it is set by hand.
    ///
    /// # Errors
    /// [`StoreError`] when the store cannot be read.
    ///
    /// See the crate's front page for an example.
    #[expect(clippy::disallowed_methods, reason = "shells have threads; the core has none")]
    pub fn start(
        mut store: impl EventStore,
        gateway: impl Gateway,
        policy: Policy,
        clock: impl Clock,
        mut options: Options,
    ) -> Result<Self, StoreError> {
        options.group = options.group.max(1);
        let wakings = store.wakings()?;
        let (queue, work) = sync_channel::<Work>(options.queue.max(1));
        let closed = Arc::new(AtomicBool::new(false));
        let gateway: Arc<dyn Gateway> = Arc::new(gateway);
        let clock: Arc<dyn Clock> = if clock.is_set_by_hand() {
            Arc::new(clock)
        } else {
            Arc::new(SteadyClock::over(clock, policy.numbers().skew))
        };
        let performers = Performers::start(&gateway, &clock, options.performers, &queue);
        let handle = Handle { queue, closed };
        let mut writer = Writer::new(store, clock, gateway, policy, options, performers);
        writer.wake(&wakings, instant());
        let writer = thread::spawn(move || writer.run(&work));
        Ok(Self { handle, writer: Some(writer) })
    }

    /// Asks this runtime; copies may be given away.
    ///
    /// See the crate's front page for an example.
    #[must_use]
    pub fn handle(&self) -> Handle {
        self.handle.clone()
    }

    /// Ends: takes no more commands, answers all that are waiting, lets the effects that are being performed come to
    /// their end and commits what is known of them. What is owed and not begun is performed after the next start.
    ///
    /// See the crate's front page for an example.
    pub fn shut_down(mut self) {
        self.end();
    }

    fn end(&mut self) {
        self.handle.closed.store(true, Ordering::Release);
        if let Some(writer) = self.writer.take() {
            // The queue may be full: the writer takes from it until this is its turn.
            drop(self.handle.queue.send(Work::End));
            drop(writer.join());
        }
    }
}

impl Drop for Runtime {
    fn drop(&mut self) {
        self.end();
    }
}
