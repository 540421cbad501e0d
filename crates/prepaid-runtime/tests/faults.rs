//! What the loop does when its store fails, its gateway is slow or says nothing new, its clock jumps, and when it is told
//! to end.

#![expect(clippy::disallowed_methods, reason = "the loop works on threads of its own: it is waited for")]
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::sync::atomic::{AtomicBool, AtomicU32, Ordering::SeqCst};
use std::sync::{Arc, Mutex, mpsc};
use std::thread;
use std::time::{Duration, Instant};

use prepaid::{
    AccountId, Action, Actor, Batch, CallId, ChargeNumber, Command, Currency, Digest, Effect, KeyId, Policy,
    Quote, Span, StageTag, Timestamp,
};
use prepaid_runtime::conformance::onboarding_of;
use prepaid_runtime::{
    Answer, AppendError, Clock, ClockError, EventStore, Gateway, GatewayError, Group, Loaded, ManualClock,
    MemoryStore, Options, Refused, Remembered, RequestId, Runtime, SteadyClock, StoreError, Submission,
    Waking,
};
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
    fn load(&mut self, account: AccountId) -> Result<Loaded, StoreError> {
        self.store.load(account)
    }
    fn remembered(
        &mut self,
        account: AccountId,
        request: &RequestId,
    ) -> Result<Option<Remembered>, StoreError> {
        self.store.remembered(account, request)
    }
    fn has_call(&mut self, account: AccountId, call: CallId) -> Result<bool, StoreError> {
        self.store.has_call(account, call)
    }
    fn batch(&mut self, account: AccountId, seq: u64) -> Result<Option<Batch>, StoreError> {
        self.store.batch(account, seq)
    }
    fn append(&mut self, group: &Group) -> Result<(), AppendError> {
        if self.is_full.load(SeqCst) {
            return Err(AppendError::Failed(StoreError::Full));
        }
        self.store.append(group)
    }
    fn wakings(&mut self) -> Result<Vec<Waking>, StoreError> {
        self.store.wakings()
    }
    fn changed_elsewhere(&mut self) -> Result<bool, StoreError> {
        self.store.changed_elsewhere()
    }
    fn forget_requests(&mut self, before: Timestamp) -> Result<u64, StoreError> {
        self.store.forget_requests(before)
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

// F3: the disk is full when the window ends, so that the turn to looking up cannot be stored. It is not asked any more.
#[test]
fn a_charge_is_not_asked_after_its_window_when_the_store_is_full() {
    let (clock, late, asked) = (new_year(), Arc::new(AtomicU32::new(0)), Arc::new(AtomicU32::new(0)));
    let gateway = {
        let (clock, late, asked) = (clock.clone(), Arc::clone(&late), Arc::clone(&asked));
        Does(move |_, effect: &Effect| {
            counts_late(&clock, effect, &late);
            asked.fetch_add(1, SeqCst);
            vec![]
        })
    };
    let store = Fills::default();
    let runtime = start(store.clone(), gateway, &clock, options());
    onboard(&runtime, 1);
    assert!(comes_about(|| asked.load(SeqCst) > 1));
    store.is_full.store(true, SeqCst);
    clock.set(time("2025-01-03T00:00:00Z"));
    rest(1_500);
    assert_eq!(late.load(SeqCst), 0);
    // With room again it is looked up.
    let before = asked.load(SeqCst);
    store.is_full.store(false, SeqCst);
    assert!(comes_about(|| asked.load(SeqCst) > before));
    assert_eq!(late.load(SeqCst), 0);
}

// F3: nor when it has waited behind a slow one until its window ended.
#[test]
fn a_charge_is_not_asked_after_its_window_when_it_had_to_wait() {
    let (clock, late) = (new_year(), Arc::new(AtomicU32::new(0)));
    let (is_slow, goes_on) = mpsc::channel::<()>();
    let (asked, goes_on) = (Arc::new(Mutex::new(Vec::new())), Mutex::new(goes_on));
    let gateway = {
        let (clock, late, asked) = (clock.clone(), Arc::clone(&late), Arc::clone(&asked));
        Does(move |of, effect: &Effect| {
            if of == account(1) {
                goes_on.lock().unwrap().recv().ok();
            } else {
                counts_late(&clock, effect, &late);
                asked.lock().unwrap().push(effect.tag().to_string());
            }
            vec![]
        })
    };
    let one = Options { performers: 1, ..options() };
    let runtime = start(MemoryStore::default(), gateway, &clock, one);
    onboard(&runtime, 1);
    onboard(&runtime, 2);
    clock.set(time("2025-01-03T00:00:00Z"));
    drop(is_slow);
    assert!(comes_about(|| asked.lock().unwrap().contains(&"look_up_charge".to_string())));
    assert_eq!(late.load(SeqCst), 0);
}

// A result that changes nothing does not make the loop ask again at once.
#[test]
fn a_result_that_changes_nothing_is_waited_after() {
    let cancels = Arc::new(AtomicU32::new(0));
    let gateway = {
        let cancels = Arc::clone(&cancels);
        Does(move |_, effect: &Effect| match effect {
            Effect::MakeCharge { charge, .. } | Effect::CancelCharge { charge, .. } => {
                cancels.fetch_add(u32::from(matches!(effect, Effect::CancelCharge { .. })), SeqCst);
                vec![Action::ChargeActionRequired { charge: *charge, reference: "ch_1".parse().unwrap() }]
            }
            Effect::LookUpCharge { .. } | Effect::SendRefund { .. } | Effect::LookUpRefund { .. } => vec![],
        })
    };
    let wait = Duration::from_millis(100);
    let patient = Options { retry: wait, longest_retry: wait, ..Options::default() };
    let runtime = start(MemoryStore::default(), gateway, &new_year(), patient);
    onboard(&runtime, 1);
    let cancel = Action::CancelCharge { charge: ChargeNumber(1) };
    assert!(comes_about(|| ask(&runtime, 1, cancel.clone().by(Actor::Operator)).is_ok()));
    assert!(comes_about(|| cancels.load(SeqCst) > 0));
    let (began, before) = (Instant::now(), cancels.load(SeqCst));
    assert!(comes_about(|| cancels.load(SeqCst) > before + 4));
    let (asked, waits) = (cancels.load(SeqCst) - before, began.elapsed().as_millis() / wait.as_millis());
    assert!(u128::from(asked) <= waits + 1, "asked {asked} times in {waits} waits");
}

// Nor does one that cannot be stored; it is asked for again, under the same key, and stored with room again.
#[test]
fn a_result_that_cannot_be_stored_is_asked_for_again() {
    let asked = Arc::new(AtomicU32::new(0));
    let store = Fills::default();
    let gateway = {
        let (asked, is_full) = (Arc::clone(&asked), Arc::clone(&store.is_full));
        Does(move |_, effect: &Effect| {
            if asked.fetch_add(1, SeqCst) == 0 {
                is_full.store(true, SeqCst);
            }
            takes(effect)
        })
    };
    let wait = Duration::from_millis(100);
    let patient = Options { retry: wait, longest_retry: wait, ..Options::default() };
    let runtime = start(store.clone(), gateway, &new_year(), patient);
    onboard(&runtime, 1);
    assert!(comes_about(|| asked.load(SeqCst) > 0));
    let (began, before) = (Instant::now(), asked.load(SeqCst));
    assert!(comes_about(|| asked.load(SeqCst) > before + 4));
    let (again, waits) = (asked.load(SeqCst) - before, began.elapsed().as_millis() / wait.as_millis());
    assert!(u128::from(again) <= waits + 1, "asked {again} times in {waits} waits");
    store.is_full.store(false, SeqCst);
    let stage = || store.store.clone().load(account(1)).unwrap().account.stage();
    assert!(comes_about(|| stage() == StageTag::Active));
    assert!(asked.load(SeqCst) > 1);
}

// A deadline that came while nothing could be stored has its effect with room again.
#[test]
fn a_deadline_outlives_a_full_store() {
    let (clock, store) = (new_year(), Fills::default());
    let runtime = start(store.clone(), Does(|_, effect: &Effect| takes(effect)), &clock, options());
    onboard(&runtime, 1);
    assert!(comes_about(|| ask(&runtime, 1, hold(1)).is_ok()));
    store.is_full.store(true, SeqCst);
    clock.set(time("2025-01-01T02:00:00Z"));
    rest(1_200);
    let open_calls = || store.store.clone().load(account(1)).unwrap().account.open_calls().count();
    assert_eq!(open_calls(), 1);
    store.is_full.store(false, SeqCst);
    assert!(comes_about(|| open_calls() == 0));
}

// K2: a clock that has jumped ahead decides nothing, not even what would be due; when it is right again all goes on.
#[test]
fn a_clock_that_jumps_ahead_is_not_believed() {
    let (clock, store) = (new_year(), MemoryStore::default());
    let gateway = Does(|_, effect: &Effect| takes(effect));
    let steady = SteadyClock::over(clock.clone(), Span::from_minutes(5));
    let runtime = Runtime::start(store.clone(), gateway, Policy::default(), steady, options()).unwrap();
    onboard(&runtime, 1);
    assert!(comes_about(|| ask(&runtime, 1, hold(1)).is_ok()));
    let before = store.clone().load(account(1)).unwrap();
    clock.set(time("2026-01-01T00:00:00Z"));
    let refused = ask(&runtime, 1, hold(2)).unwrap_err();
    assert!(matches!(refused, Refused::Clock(ClockError::Ahead { .. })), "{refused:?}");
    let said = refused.to_string();
    assert!(said.starts_with("the clock has jumped ahead by 315"), "{said}");
    // The hold is due by that clock, and stays.
    rest(1_200);
    assert_eq!(store.clone().load(account(1)).unwrap(), before);
    clock.set(time("2025-01-01T00:00:01Z"));
    let answer = ask(&runtime, 1, hold(2)).unwrap();
    assert_eq!(
        (answer.balance.posted.to_string(), answer.balance.held.to_string()),
        ("20".into(), "2".into())
    );
}

// K2: a clock that goes back is believed, but no account's time goes back with it.
#[test]
fn a_clock_that_goes_back_takes_no_account_with_it() {
    let (clock, store) = (new_year(), MemoryStore::default());
    let gateway = Does(|_, effect: &Effect| takes(effect));
    let steady = SteadyClock::over(clock.clone(), Span::from_minutes(5));
    let runtime = Runtime::start(store, gateway, Policy::default(), steady, options()).unwrap();
    onboard(&runtime, 1);
    assert!(comes_about(|| ask(&runtime, 1, hold(1)).is_ok()));
    clock.set(time("2024-06-01T00:00:00Z"));
    let answer = ask(&runtime, 1, hold(2)).unwrap();
    assert_eq!(answer.batch.at, time("2025-01-01T00:00:00Z"));
    assert_eq!(
        (answer.balance.posted.to_string(), answer.balance.held.to_string()),
        ("20".into(), "2".into())
    );
}

// Ending waits for what is under way, and begins nothing more.
#[test]
fn it_ends_while_one_effect_is_under_way_and_others_wait() {
    let (begun, ended) = (Arc::new(AtomicU32::new(0)), Arc::new(AtomicU32::new(0)));
    let gateway = {
        let (begun, ended) = (Arc::clone(&begun), Arc::clone(&ended));
        Does(move |of, effect: &Effect| {
            if of != account(1) {
                return vec![];
            }
            begun.fetch_add(1, SeqCst);
            rest(300);
            ended.fetch_add(1, SeqCst);
            takes(effect)
        })
    };
    let store = MemoryStore::default();
    let runtime = start(store.clone(), gateway, &new_year(), options());
    onboard(&runtime, 1);
    onboard(&runtime, 2);
    assert!(comes_about(|| begun.load(SeqCst) == 1));
    let (tell, told) = mpsc::channel();
    let ending = thread::spawn(move || {
        runtime.shut_down();
        tell.send(()).unwrap();
    });
    told.recv_timeout(Duration::from_secs(10)).unwrap();
    ending.join().unwrap();
    assert_eq!((begun.load(SeqCst), ended.load(SeqCst)), (1, 1));
    // What it was at is committed.
    assert_eq!(store.clone().load(account(1)).unwrap().account.stage(), StageTag::Active);
}

// A result that the account refuses is told to the gateway.
#[test]
fn the_gateway_hears_of_a_refused_result() {
    struct Confused(Mutex<mpsc::Sender<String>>);
    impl Gateway for Confused {
        fn perform(&self, _: AccountId, _: &Effect) -> Result<Vec<Action>, GatewayError> {
            let reference = "ch_9".parse().unwrap();
            Ok(vec![Action::ChargeSucceeded {
                charge: ChargeNumber(9),
                amount: "1".parse().unwrap(),
                reference,
            }])
        }
        fn refused(&self, _: AccountId, result: &Action, refused: &Refused) {
            self.0.lock().unwrap().send(format!("{}: {refused}", result.tag())).ok();
        }
    }
    let (tell, told) = mpsc::channel();
    let runtime = start(MemoryStore::default(), Confused(Mutex::new(tell)), &new_year(), options());
    onboard(&runtime, 1);
    let heard = told.recv_timeout(Duration::from_secs(10)).unwrap();
    assert!(heard.starts_with("charge_succeeded: "), "{heard}");
}
