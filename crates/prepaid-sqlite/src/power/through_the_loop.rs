//! The same through the driving loop: many callers, whose commands share a sync, and who ask again after the restart.

use std::collections::BTreeMap;
use std::thread;

use prepaid::{Action, Actor, CallId, Event, Policy};
use prepaid_runtime::{
    Answer, ManualClock, Options, ReadStore, Refused, Runtime, StoreError, Submission, Untouched,
};
use uuid::Uuid;

use super::Machine;
use super::disk::Trouble;
use super::lives::{ALL, Dice, Lives, account, key, quote};

const CALLERS: u128 = 4;
const CALLS: u128 = 30;

/// What a caller was told of each of its calls.
type Told = BTreeMap<u128, Result<Answer, Refused>>;

fn call(number: u128) -> Submission {
    let id = account(number % 3 + 1);
    let call = CallId(Uuid::from_u128(number));
    let charge = Action::ChargeCall { call, key: key(number % 3 + 1, 1), quote: quote("0.01", "power") };
    Submission::new(id, charge.by(Actor::Gateway)).with_request(format!("call {number}").parse().unwrap())
}

fn running(machine: &Machine, lives: &Lives) -> Runtime {
    let (store, clock) = (machine.open().unwrap(), ManualClock::at(lives.now));
    Runtime::start(store, Untouched, Policy::default(), clock, Options::default()).unwrap()
}

/// All callers make all of their calls, three at a time, whatever comes of them.
fn all_call(runtime: &Runtime) -> Told {
    let calling: Vec<_> = (0..CALLERS)
        .map(|caller| {
            let handle = runtime.handle();
            thread::spawn(move || {
                let mut told = Told::new();
                for first in (0..CALLS).step_by(3) {
                    let numbers = (first..first + 3).map(|n| caller * CALLS + n + 1);
                    let tickets: Vec<_> =
                        numbers.map(|number| (number, handle.submit(call(number)).unwrap())).collect();
                    for (number, ticket) in tickets {
                        told.insert(number, ticket.wait());
                    }
                }
                told
            })
        })
        .collect();
    calling.into_iter().flat_map(|caller| caller.join().unwrap()).collect()
}

fn funded(machine: &Machine) -> Lives {
    let (mut lives, mut store) = (Lives::new(1), machine.open().unwrap());
    for n in 1..=3 {
        lives.funded(n);
        lives.writes(&mut store);
    }
    lives
}

/// The calls that are stored, each as often as it is.
fn billed(machine: &Machine) -> Vec<u128> {
    let mut store = machine.open().unwrap();
    store.check().unwrap();
    let mut billed = Vec::new();
    for change in store.changes(ALL).unwrap() {
        for event in &change.row.batch.events {
            if let Event::CallCharged { call, .. } = event {
                billed.push(call.0.as_u128());
            }
        }
    }
    billed.sort_unstable();
    billed
}

/// Until the trouble comes, while it lasts, and after it every call is asked; each is billed once, and whoever was told so
/// before is told the same.
fn goes_through(
    trouble: Trouble,
    seed: u64,
    ends: impl FnOnce(&Machine, Runtime, &Lives, &mut Dice) -> Runtime,
) -> u64 {
    let machine = Machine::new();
    let (lives, mut dice) = (funded(&machine), Dice(seed * 104_729));
    machine.disk.plan(trouble, dice.below(400));
    let runtime = running_or_mended(&machine, &lives);
    let told = all_call(&runtime);
    let runtime = ends(&machine, runtime, &lives, &mut dice);
    let again = all_call(&runtime);
    runtime.shut_down();
    for (number, told) in &told {
        let again = again.get(number).unwrap().as_ref().unwrap();
        match told {
            Ok(told) => {
                let expected = Answer { repeated: true, ..told.clone() };
                assert_eq!(*again, expected, "{trouble:?}, seed {seed}, call {number}");
            }
            Err(Refused::Store(_) | Refused::Unknown(_)) => {}
            Err(other) => panic!("{other}"),
        }
    }
    assert_eq!(billed(&machine), (1..=CALLERS * CALLS).collect::<Vec<_>>(), "{trouble:?}, seed {seed}");
    u64::try_from(told.values().filter(|told| told.is_err()).count()).unwrap()
}

/// The trouble may come while the store is opened: then it is opened again.
fn running_or_mended(machine: &Machine, lives: &Lives) -> Runtime {
    match machine.open() {
        Ok(_) if !machine.disk.is_in_trouble() => {}
        _ => machine.disk.mend(),
    }
    running(machine, lives)
}

#[test]
fn the_power_goes() {
    let mut refused = 0;
    for seed in 1..=40 {
        let how = if seed % 2 == 0 { Trouble::NoPower } else { Trouble::NoPowerAtSync };
        refused += goes_through(how, seed, |machine, runtime, lives, dice| {
            drop(runtime);
            machine.disk.restart(dice);
            running(machine, lives)
        });
    }
    assert!(refused > 100, "{refused}");
}

#[test]
fn the_disk_is_full_broken_or_does_not_sync_for_a_while() {
    for trouble in [Trouble::NoRoom, Trouble::Broken, Trouble::SyncFails] {
        let mut refused = 0;
        for seed in 1..=25 {
            refused += goes_through(trouble, seed, |machine, runtime, _, _| {
                machine.disk.mend();
                runtime
            });
        }
        assert!(refused > 50, "{trouble:?}: {refused}");
    }
}

#[test]
fn what_a_caller_is_told_of_a_full_disk() {
    let machine = Machine::new();
    let lives = funded(&machine);
    let runtime = running(&machine, &lives);
    machine.disk.plan(Trouble::NoRoom, 0);
    let refused = runtime.handle().submit(call(1)).unwrap().wait().unwrap_err();
    assert_eq!(refused, Refused::Store(StoreError::Full));
    assert_eq!(refused.to_string(), "the disk is full");
}
