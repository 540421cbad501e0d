//! Killed again and again while many charge: nobody is charged twice, and nothing that was answered is lost.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use prepaid_sandbox::{Answer, PaymentState, SandboxClient, Timeouts};

use crate::process::{Folder, Sandbox, booked, charge};

/// Charges one key after another, each until it is answered, as long as it may; gives the keys with what was answered.
fn charging(client: &SandboxClient, may_go_on: &AtomicBool) -> Vec<(String, Option<String>)> {
    let cards = ["card_ok", "card_lost_answer", "card_broken_answer"];
    let mut answered = Vec::new();
    for n in 0..100_000 {
        let (key, token) = (format!("k{n}"), cards[n % cards.len()]);
        loop {
            if !may_go_on.load(Ordering::Acquire) {
                answered.push((key, None));
                return answered;
            }
            match client.ask(&charge(&key, token)) {
                Ok(Answer::Payment { reference, state: PaymentState::Succeeded { .. } }) => {
                    answered.push((key, Some(reference)));
                    break;
                }
                Ok(other) => panic!("{other:?}"),
                Err(_) => thread::sleep(Duration::from_millis(2)),
            }
        }
    }
    answered
}

#[test]
fn killed_while_many_charge() {
    let folder = Folder::new();
    let mut sandbox = Sandbox::start(&folder, &[]);
    let timeouts = Timeouts { answer: Duration::from_secs(2), ..Timeouts::default() };
    let client = sandbox.client().with_timeouts(timeouts);
    let may_go_on = Arc::new(AtomicBool::new(true));
    // All ask under the same keys, at the same time.
    let threads: Vec<_> = (0..4)
        .map(|_| {
            let (client, may_go_on) = (client.clone(), Arc::clone(&may_go_on));
            thread::spawn(move || charging(&client, &may_go_on))
        })
        .collect();
    for round in 0..6 {
        thread::sleep(Duration::from_millis(150 + 37 * round));
        sandbox = sandbox.killed_and_started(&folder, &[]);
    }
    thread::sleep(Duration::from_millis(100));
    may_go_on.store(false, Ordering::Release);
    let answers: Vec<_> = threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect();
    let sandbox = sandbox.killed_and_started(&folder, &[]);
    let book: BTreeMap<String, Vec<(String, usize)>> = booked(&sandbox.client())
        .into_iter()
        .map(|charge| {
            let taken = charge.taken().len();
            (charge.key, charge.payments.into_iter().map(|payment| (payment.reference, taken)).collect())
        })
        .collect();
    for (key, payments) in &book {
        assert!(matches!(payments.as_slice(), [(_, 1)]), "{key} {payments:?}");
    }
    let mut count = 0;
    for (key, reference) in answers {
        if let Some(reference) = reference {
            assert_eq!(book[&key], [(reference, 1)], "{key}");
            count += 1;
        }
    }
    assert!(count > 40, "only {count} charges were answered: this shows nothing");
}
