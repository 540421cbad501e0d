//! Deadlines that come while nothing can be stored, clocks that jump, and processes that go.

use crate::{
    Does, Fills, account, ask, comes_about, hold, new_year, onboard, options, rest, start, takes, time,
};
use prepaid::{Action, Actor, Effect, Policy, Span, StageTag, Timestamp};
use prepaid_runtime::{
    Clock, ClockError, EventStore, MemoryStore, Options, Refused, RequestId, Runtime, SteadyClock,
    Submission, SystemClock, Untouched,
};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering::SeqCst};
use std::time::Duration;

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

// K3, K5: what a process that has gone owed, and what it waited for, is seen to by one that goes on.
#[test]
fn what_another_process_left_undone_is_adopted() {
    let (clock, store) = (new_year(), MemoryStore::default());
    let adopting = Options { adopt: Duration::from_millis(100), ..options() };
    let stays = start(store.clone(), Does(|_, effect: &Effect| takes(effect)), &clock, adopting);
    let goes = start(store.clone(), Does(|_, _: &Effect| vec![]), &clock, options());
    onboard(&goes, 1);
    goes.shut_down();
    let read = || store.clone().load(account(1)).unwrap().account;
    assert!(comes_about(|| read().stage() == StageTag::Active));
    let goes = start(store.clone(), Untouched, &clock, options());
    ask(&goes, 1, hold(1)).unwrap();
    drop(goes);
    rest(300);
    clock.set(time("2025-01-01T02:00:00Z"));
    assert!(comes_about(|| read().open_calls().count() == 0));
    drop(stays);
}

// K6: a request is forgotten when it was remembered long enough, also where nobody asks for anything.
#[test]
fn requests_are_forgotten_in_time() {
    let (clock, store) = (new_year(), MemoryStore::default());
    let runtime = start(store.clone(), Does(|_, effect: &Effect| takes(effect)), &clock, options());
    onboard(&runtime, 1);
    let request: RequestId = "once".parse().unwrap();
    let level = Action::SetNotice { level: Some("5".parse().unwrap()) }.by(Actor::Owner);
    let submission = Submission::new(account(1), level).with_request(request.clone());
    runtime.handle().submit(submission).unwrap().wait().unwrap();
    let is_known = || store.clone().remembered(account(1), &request).unwrap().is_some();
    clock.set(time("2025-01-30T23:00:00Z"));
    rest(1_200);
    assert!(is_known());
    clock.set(time("2025-01-31T01:00:00Z"));
    assert!(comes_about(|| !is_known()));
}

/// A clock that nobody sets, and that jumps when it is told to; it counts its readings.
#[derive(Clone, Default)]
struct Jumps {
    ahead: Arc<AtomicBool>,
    readings: Arc<AtomicU32>,
}

impl Clock for Jumps {
    fn now(&self) -> Result<Timestamp, ClockError> {
        self.readings.fetch_add(1, SeqCst);
        let now = SystemClock::default().now()?;
        let ahead = Span::from_days(if self.ahead.load(SeqCst) { 30 } else { 0 });
        Ok(now.saturating_add(ahead))
    }
}

// K2: nobody has to think of it; and while it is ahead nothing is tried over and over.
#[test]
fn every_clock_is_checked_and_one_that_is_ahead_is_looked_at_now_and_then() {
    let clock = Jumps::default();
    let runtime =
        Runtime::start(MemoryStore::default(), Untouched, Policy::default(), clock.clone(), options())
            .unwrap();
    onboard(&runtime, 1);
    clock.ahead.store(true, SeqCst);
    let refused = ask(&runtime, 1, hold(1)).unwrap_err();
    assert!(matches!(refused, Refused::Clock(ClockError::Ahead { .. })), "{refused:?}");
    let before = clock.readings.load(SeqCst);
    rest(500);
    let readings = clock.readings.load(SeqCst) - before;
    assert!(readings < 100, "{readings} readings while a charge is owed");
}

// A bound of nothing is one.
#[test]
fn a_group_has_room_for_one() {
    let none = Options { group: 0, queue: 0, performers: 0, ..options() };
    let runtime = start(MemoryStore::default(), Untouched, &new_year(), none);
    onboard(&runtime, 1);
    runtime.shut_down();
}
