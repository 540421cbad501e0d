//! Two processes' worth of runtimes on one file, all for one account.

use std::collections::BTreeSet;
use std::thread;

use crate::lives::{ALL, Lives, account, key, place, quote};
use prepaid::{AccountId, Action, Actor, CallId, Event, Policy};
use prepaid_runtime::{
    EventStore, Group, ManualClock, Options, ReadStore, Refused, RequestId, Runtime, StoreError, Submission,
    Untouched, content_of_command,
};
use prepaid_sqlite::SqliteStore;
use uuid::Uuid;

#[test]
fn every_acknowledged_command_is_there_once() {
    let (_folder, path) = place();
    let mut store = SqliteStore::open(&path).unwrap();
    let mut lives = Lives::new(1);
    lives.funded(1);
    lives.writes(&mut store);
    let racing: Vec<_> = (0..2_u128)
        .map(|side| {
            let (path, now) = (path.clone(), lives.now);
            thread::spawn(move || {
                let store = SqliteStore::open(path).unwrap();
                let clock = ManualClock::at(now);
                let runtime =
                    Runtime::start(store, Untouched, Policy::default(), clock, Options::default()).unwrap();
                let mut done = BTreeSet::new();
                for round in 0..40 {
                    let tickets: Vec<_> = (0..5)
                        .map(|n| {
                            // Every second call is made by both sides, under the same request.
                            let number = round * 10 + n * 2 + if n % 2 == 0 { 0 } else { side };
                            let call = CallId(Uuid::from_u128(number + 1));
                            let charge =
                                Action::ChargeCall { call, key: key(1, 1), quote: quote("0.01", "race") };
                            let submission = Submission::new(account(1), charge.by(Actor::Gateway))
                                .with_request(format!("call {number}").parse().unwrap());
                            (call, runtime.handle().submit(submission).unwrap())
                        })
                        .collect();
                    for (call, ticket) in tickets {
                        match ticket.wait() {
                            Ok(_) => drop(done.insert(call)),
                            // It was told to try again, which it need not.
                            Err(Refused::Store(prepaid_runtime::StoreError::Held)) => {}
                            Err(other) => assert_eq!(other, Refused::Busy),
                        }
                    }
                }
                runtime.shut_down();
                done
            })
        })
        .collect();
    let mut acknowledged = BTreeSet::new();
    for side in racing {
        acknowledged.extend(side.join().map_err(|_| "a side panicked").unwrap());
    }
    let mut stored = Vec::new();
    for row in store.batches(account(1), ALL).unwrap() {
        for event in &row.batch.events {
            if let Event::CallCharged { call, .. } = event {
                stored.push(*call);
            }
        }
    }
    let once: BTreeSet<_> = stored.iter().copied().collect();
    assert_eq!(once.len(), stored.len());
    assert_eq!(once, acknowledged);
    assert!(once.len() > 150, "{}", once.len());
    store.check().unwrap();
}

/// A store beside which another process makes the same request, just after it was looked up.
struct Overtaken {
    store: SqliteStore,
    other: Option<(SqliteStore, Group)>,
}

impl EventStore for Overtaken {
    // Not `begin`: another process could write nothing then.
    prepaid_runtime::pass_on!(store: load, remembered, has_grant, batch, append, wakings, changed_elsewhere, forget_requests);

    fn has_call(&mut self, account: AccountId, call: CallId) -> Result<bool, StoreError> {
        if let Some((mut other, group)) = self.other.take() {
            other.append(&group).unwrap();
        }
        self.store.has_call(account, call)
    }
}

#[test]
fn a_request_that_another_process_has_just_made_is_a_repeat() {
    let (_folder, path) = place();
    let mut store = SqliteStore::open(&path).unwrap();
    let mut lives = Lives::new(1);
    lives.funded(1);
    lives.writes(&mut store);
    let now = lives.now;
    lives.charged(1);
    let mut group = std::mem::take(&mut lives.group);
    let call = CallId(Uuid::from_u128(lives.calls));
    let charge = Action::ChargeCall { call, key: key(1, 1), quote: quote("0.0001", "contract 7") };
    let (charge, request) = (charge.by(Actor::Gateway), "once".parse::<RequestId>().unwrap());
    let append = group.appends.first_mut().unwrap();
    append.request = Some((request.clone(), content_of_command(&charge).unwrap()));
    let expected = append.batch.clone();
    let store = Overtaken { store, other: Some((SqliteStore::open(&path).unwrap(), group)) };
    let clock = ManualClock::at(now);
    let runtime = Runtime::start(store, Untouched, Policy::default(), clock, Options::default()).unwrap();
    let submission = Submission::new(account(1), charge).with_request(request);
    let answer = runtime.handle().submit(submission).unwrap().wait().unwrap();
    assert_eq!((answer.batch, answer.repeated), (expected, true));
}
