//! What the loop does when its store fails, its gateway is slow or says nothing new, its clock jumps, and when it is told
//! to end.

#![expect(clippy::disallowed_methods, reason = "the loop works on threads of its own: it is waited for")]
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod gateway;
mod time;

use prepaid::{
    AccountId, Action, Actor, CallId, Command, Currency, Digest, Effect, KeyId, Policy, Quote, Timestamp,
};
use prepaid_runtime::conformance::onboarding_of;
use prepaid_runtime::{
    Answer, AppendError, Clock, EventStore, Gateway, GatewayError, Group, ManualClock, MemoryStore, Options,
    Refused, Runtime, StoreError, Submission,
};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering::SeqCst};
use std::thread;
use std::time::{Duration, Instant};
use uuid::Uuid;

/// A gateway made of a function.
#[derive(Clone)]
struct Does<F>(F);

impl<F> Gateway for Does<F>
where
    F: Fn(AccountId, &Effect) -> Vec<Action> + Send + Sync + 'static,
{
    fn perform(&self, account: AccountId, effect: &Effect) -> Result<Vec<Action>, GatewayError> {
        Ok((self.0)(account, effect))
    }
}

/// A store that is full while it is said to be.
#[derive(Clone, Default)]
struct Fills {
    store: MemoryStore,
    is_full: Arc<AtomicBool>,
}

impl EventStore for Fills {
    prepaid_runtime::pass_on!(store: load, remembered, has_call, has_grant, batch, wakings, changed_elsewhere, begin, end, forget_requests);

    fn append(&mut self, group: &Group) -> Result<(), AppendError> {
        if self.is_full.load(SeqCst) {
            return Err(AppendError::Failed(StoreError::Full));
        }
        self.store.append(group)
    }
}

fn account(n: u128) -> AccountId {
    AccountId(Uuid::from_u128(n))
}

fn time(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn new_year() -> ManualClock {
    ManualClock::at(time("2025-01-01T00:00:00Z"))
}

fn options() -> Options {
    let retry = Duration::from_millis(20);
    Options { retry, longest_retry: retry, ..Options::default() }
}

fn start(store: impl EventStore, gateway: impl Gateway, clock: &ManualClock, options: Options) -> Runtime {
    Runtime::start(store, gateway, Policy::default(), clock.clone(), options).unwrap()
}

fn ask(runtime: &Runtime, n: u128, command: Command) -> Result<Answer, Refused> {
    runtime.handle().submit(Submission::new(account(n), command))?.wait()
}

/// Onboards the n-th account: its first charge is owed.
fn onboard(runtime: &Runtime, n: u128) {
    let mut digest = [0; 32];
    digest[..16].copy_from_slice(&n.to_be_bytes());
    let key = KeyId(Uuid::from_u128(n));
    for command in onboarding_of(account(n), key, Digest(digest)).unwrap() {
        ask(runtime, n, command).unwrap();
    }
}

/// A call that holds 1.00 of account 1.
fn hold(n: u128) -> Command {
    let quote = Quote::agreed("1".parse().unwrap(), Currency::USD, "x".parse().unwrap());
    let (call, key) = (CallId(Uuid::from_u128(n)), KeyId(Uuid::from_u128(1)));
    Action::AuthorizeCall { call, key, quote, units: 1 }.by(Actor::Gateway)
}

/// The money was taken.
fn takes(effect: &Effect) -> Vec<Action> {
    match effect {
        Effect::MakeCharge { charge, amount, .. } | Effect::LookUpCharge { charge, amount, .. } => {
            let reference = "ch_1".parse().unwrap();
            vec![Action::ChargeSucceeded { charge: *charge, amount: *amount, reference }]
        }
        Effect::CancelCharge { .. } | Effect::SendRefund { .. } | Effect::LookUpRefund { .. } => vec![],
    }
}

fn rest(millis: u64) {
    thread::sleep(Duration::from_millis(millis));
}

/// Looks again and again, for ten seconds.
fn comes_about(mut is_so: impl FnMut() -> bool) -> bool {
    let began = Instant::now();
    while began.elapsed() < Duration::from_secs(10) {
        if is_so() {
            return true;
        }
        rest(5);
    }
    false
}

/// Counts what is asked for at or after the end of its window.
fn counts_late(clock: &ManualClock, effect: &Effect, late: &AtomicU32) {
    if let Effect::MakeCharge { until, .. } = effect
        && clock.now().unwrap() >= *until
    {
        late.fetch_add(1, SeqCst);
    }
}
