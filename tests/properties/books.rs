//! The books of a life, kept by `Journal` from its events alone, against what the machine says, after every step.

use prepaid::{Account, Audit, AuditLine, BookedGrant, Journal, step};
use proptest::prelude::*;

use crate::booked::booked;
use crate::choice::Choice;
use crate::generate::{lives, search};
use crate::policies::{dawn, policy, with_newer_terms};

fn live(first: u8, choices: &[Choice]) -> Result<(), TestCaseError> {
    let (mut policy, mut now, mut account) = (policy(first), dawn(), Account::default());
    let (mut journal, mut audit, mut seq, mut told) = (Journal::new(), Audit::new(), 0, Vec::new());
    for (n, choice) in choices.iter().enumerate() {
        if n == usize::from(first / 8) && first % 2 == 0 {
            policy = with_newer_terms(&policy, now);
        }
        now = choice.when(&account, now);
        let command = choice.command(&account, now);
        let Ok(batch) = step(&mut account, &policy, &command, now) else { continue };
        if batch.events.is_empty() {
            continue;
        }
        seq += 1;
        told.push(batch.clone());
        for event in &batch.events {
            match journal.record(batch.at, event) {
                Ok(_) => {}
                Err(error) => return Err(TestCaseError::fail(format!("{error}: {told:#?}"))),
            }
        }
        let balance = account.balance();
        prop_assert_eq!(journal.posted(), balance.posted.to_decimal(), "posted: {:#?}", told);
        prop_assert_eq!(journal.held(), balance.held.to_decimal(), "held: {:#?}", told);
        prop_assert_eq!(journal.purchased(), account.purchased().to_decimal(), "purchased: {:#?}", told);
        let lots: Vec<BookedGrant> = account.lots().iter().map(booked).collect();
        prop_assert_eq!(journal.grants().collect::<Vec<_>>(), lots, "grants: {:#?}", told);
        let (posted, held, events) = (balance.posted, balance.held, &*batch.events);
        let account = journal.account().unwrap();
        let audited = audit.check(&AuditLine { account, seq, at: batch.at, events, posted, held });
        prop_assert!(audited.is_ok(), "{}", audited.unwrap_err());
    }
    Ok(())
}

proptest! {
    #![proptest_config(search(5_000))]

    #[test]
    fn the_books_say_what_the_machine_says_at_every_step((first, choices) in lives(60)) {
        live(first, &choices)?;
    }
}
