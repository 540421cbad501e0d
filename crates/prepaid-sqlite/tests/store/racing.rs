//! Two processes' worth of runtimes on one file, all for one account.

use std::collections::BTreeSet;
use std::thread;

use crate::lives::{ALL, Lives, account, key, place, quote};
use prepaid::{Action, Actor, CallId, Event, Policy};
use prepaid_runtime::{ManualClock, Options, ReadStore, Refused, Runtime, Submission, Untouched};
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
