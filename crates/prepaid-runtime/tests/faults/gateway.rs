//! The gateway is slow, says nothing new, or cannot be heard because nothing can be stored.

use crate::{
    Does, Fills, account, ask, comes_about, counts_late, new_year, onboard, options, rest, start, takes, time,
};
use prepaid::{AccountId, Action, Actor, ChargeNumber, Effect, StageTag};
use prepaid_runtime::{EventStore, Gateway, GatewayError, MemoryStore, Options, Refused, Runtime};
use std::sync::atomic::{AtomicU32, Ordering::SeqCst};
use std::sync::{Arc, Mutex, mpsc};
use std::thread;
use std::time::{Duration, Instant};

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

/// It ends, and in time.
fn ends(runtime: Runtime) {
    let (tell, told) = mpsc::channel();
    let ending = thread::spawn(move || {
        runtime.shut_down();
        tell.send(()).unwrap();
    });
    told.recv_timeout(Duration::from_secs(10)).unwrap();
    ending.join().unwrap();
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
    ends(runtime);
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

// A gateway that panics has told nothing: it is asked again, and whoever ends the loop does not wait for it.
#[test]
fn a_gateway_that_panics_is_asked_again() {
    let asked = Arc::new(AtomicU32::new(0));
    let gateway = {
        let asked = Arc::clone(&asked);
        Does(move |_, effect: &Effect| {
            // On every thread that performs.
            assert!(asked.fetch_add(1, SeqCst) >= 6, "as a broken library does");
            takes(effect)
        })
    };
    let store = MemoryStore::default();
    let runtime = start(store.clone(), gateway, &new_year(), options());
    onboard(&runtime, 1);
    let stage = || store.clone().load(account(1)).unwrap().account.stage();
    assert!(comes_about(|| stage() == StageTag::Active));
    ends(runtime);
}
