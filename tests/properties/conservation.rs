//! What must hold over a whole life, re-derived from its events alone, in `Decimal`, sharing nothing with the machine.

use std::collections::BTreeMap;

use prepaid::{Account, ChargeKind, Event, Policy, TopUpOutlook, step};
use proptest::prelude::*;
use rust_decimal::Decimal;

use crate::generate::{Choice, dawn, lives, policy, search};

/// The books, kept from events alone.
#[derive(Default)]
struct Books {
    credited: Decimal,
    settled: Decimal,
    holds: BTreeMap<prepaid::CallId, Decimal>,
    /// What each charge asked and of which payment method.
    asked: BTreeMap<u32, (Decimal, String)>,
    open: Vec<u32>,
    succeeded: Vec<u32>,
    superseded: Vec<u32>,
    /// When charges that count failed, by payment method.
    failures: Vec<(String, i64, u32)>,
    funded: bool,
}

impl Books {
    fn end(&mut self, number: u32) -> Result<(), TestCaseError> {
        prop_assert_eq!(self.open.pop(), Some(number), "an ending of a charge that is not open (E4)");
        Ok(())
    }

    fn note(&mut self, policy: &Policy, at: i64, event: &Event) -> Result<(), TestCaseError> {
        match event {
            Event::ChargeRequested(asked) => {
                prop_assert!(self.open.is_empty(), "two open charges (E4)");
                // Bounded attempts (F5): never as many failures of one method in the window as the policy's bound.
                let bound = usize::from(policy.numbers().failures_bound);
                let window = policy.numbers().failures_window.as_micros();
                let of_method = |method: &str| method == asked.fingerprint.to_string();
                let recent =
                    |(method, failed, _): &&(String, i64, u32)| of_method(method) && failed + window > at;
                prop_assert!(
                    self.failures.iter().filter(recent).count() < bound,
                    "asked of a barred method (F5)"
                );
                let amount = asked.amount.to_decimal();
                prop_assert!(amount > Decimal::ZERO, "a charge of nothing (M4)");
                self.asked.insert(asked.charge.0, (amount, asked.fingerprint.to_string()));
                self.open.push(asked.charge.0);
                if asked.kind == ChargeKind::InitialFunding {
                    prop_assert!(!self.funded, "a second initial funding (B4)");
                }
            }
            Event::ChargeSucceeded { charge, amount, .. } => {
                self.end(charge.0)?;
                self.credit(charge.0, amount.to_decimal())?;
            }
            Event::ChargeSucceededLate { charge, amount, .. } => {
                self.failures.retain(|(_, _, number)| *number != charge.0);
                self.credit(charge.0, amount.to_decimal())?;
            }
            Event::ChargeFailed { charge, .. } | Event::ChargeAbandoned { charge } => {
                self.end(charge.0)?;
                if !self.superseded.contains(&charge.0) {
                    self.failures.push((self.asked[&charge.0].1.clone(), at, charge.0));
                }
            }
            Event::ChargeSuperseded { charge } => self.superseded.push(charge.0),
            Event::CallAuthorized { call, amount, .. } => {
                prop_assert_eq!(
                    self.holds.insert(*call, amount.to_decimal()),
                    None,
                    "a call held twice (D5)"
                );
            }
            Event::CallCharged { amount, .. } => self.settled += amount.to_decimal(),
            Event::CallSettled { call, amount } => {
                prop_assert!(self.holds.remove(call).is_some(), "a settlement without a hold (D5)");
                self.settled += amount.to_decimal();
            }
            Event::CallReleased { call } | Event::CallExpired { call, .. } => {
                prop_assert!(self.holds.remove(call).is_some(), "a hold freed twice (D5)");
            }
            Event::CallSettledLate { amount, .. } => self.settled += amount.to_decimal(),
            // What moves no money and ends no charge; a new event has to be placed here or above.
            Event::AccountOpened(_)
            | Event::TermsAccepted(_)
            | Event::UseChosen(_)
            | Event::BillingUpdated(_)
            | Event::PaymentMethodLinked(_)
            | Event::FirstKeyRequested(_)
            | Event::FirstKeyDropped { .. }
            | Event::KeyCreated(_)
            | Event::KeyRelabelled { .. }
            | Event::KeyRevoked { .. }
            | Event::TopUpSet(_)
            | Event::TopUpReactivated {}
            | Event::ChargeActionRequired { .. }
            | Event::ChargeAskingEnded { .. }
            | Event::ChargeCancelling { .. }
            | Event::ChargeMismatched { .. }
            | Event::ChargeResolved { .. }
            | Event::TopUpRetryScheduled { .. }
            | Event::TopUpRetryDue {}
            | Event::TopUpPaused { .. }
            | Event::MethodBarred { .. }
            | Event::MethodBarEnded { .. }
            | Event::CallExtended { .. }
            | Event::CallForgotten { .. }
            | Event::AccountSuspended { .. }
            | Event::AccountResumed {} => {}
        }
        Ok(())
    }

    fn credit(&mut self, number: u32, amount: Decimal) -> Result<(), TestCaseError> {
        prop_assert!(!self.succeeded.contains(&number), "a charge credited twice (F2)");
        self.succeeded.push(number);
        self.credited += amount;
        self.funded = true;
        Ok(())
    }
}

fn live(first: u8, choices: &[Choice]) -> Result<(), TestCaseError> {
    let (policy, mut now): (Policy, _) = (policy(first), dawn());
    let (mut account, mut books) = (Account::default(), Books::default());
    for choice in choices {
        now = choice.when(&account, now);
        let command = choice.command(&account, now);
        let Ok(batch) = step(&mut account, &policy, &command, now) else { continue };
        for event in &batch.events {
            books.note(&policy, batch.at.as_micros(), event)?;
        }
        let balance = account.balance();
        let held: Decimal = books.holds.values().sum();
        prop_assert_eq!(balance.posted.to_decimal(), books.credited - books.settled, "posted (M5)");
        prop_assert_eq!(balance.held.to_decimal(), held, "held (M5)");
        prop_assert_eq!(
            balance.available.to_decimal(),
            books.credited - books.settled - held,
            "available (M5)"
        );
        prop_assert_eq!(account.open_charge().map(|charge| charge.number.0), books.open.last().copied());
        let debt = policy.numbers().debt_at_settlement.to_decimal();
        prop_assert!(balance.available.to_decimal() >= -debt, "below what the policy allows (D8)");
        if !batch.events.is_empty() {
            let outlook = account.top_up_outlook(&policy, batch.at);
            prop_assert_ne!(outlook, TopUpOutlook::Due, "a top-up is left due (E3)");
        }
        account.check().map_err(|violation| TestCaseError::fail(violation.to_string()))?;
    }
    Ok(())
}

proptest! {
    #![proptest_config(search(5_000))]

    #[test]
    fn m5_every_cent_is_accounted_for_at_every_step((first, choices) in lives(60)) {
        live(first, &choices)?;
    }
}
