//! One life from its opening on, with everything that must hold after every step of it. A fault is a panic, which is
//! what the fuzzer looks for.

use std::env;
use std::fmt::Debug;
use std::sync::LazyLock;

use prepaid::{
    Account, Action, Actor, Audit, AuditLine, Batch, Command, Event, Policy, Rejection, Snapshot, Timestamp,
    decide, next_deadline, replay, step,
};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::booked::booked;
use crate::witness::{Witness, nothing_left_due};

/// Whether every step is told as it is taken: for repeating what a run has found.
static TOLD: LazyLock<bool> = LazyLock::new(|| env::var_os("PREPAID_TELL").is_some());

/// An account, the policy it lives under, and all who keep its books a second way.
pub(crate) struct Life {
    pub(crate) policy: Policy,
    pub(crate) account: Account,
    witness: Witness,
    audit: Audit,
    batches: Vec<Batch>,
}

impl Life {
    pub(crate) fn under(policy: Policy) -> Self {
        let (account, batches) = (Account::default(), Vec::new());
        Self { policy, account, witness: Witness::default(), audit: Audit::new(), batches }
    }

    /// One command, and everything that must hold after it.
    pub(crate) fn step(&mut self, command: &Command, now: Timestamp) {
        let before = self.account.clone();
        let answer = step(&mut self.account, &self.policy, command, now);
        tell(command, now, &answer);
        let Some(batch) = changed(&before, &self.account, answer) else { return };
        must(self.witness.see(&self.policy, &batch));
        must(self.witness.agrees(&self.policy, &self.account));
        must(nothing_left_due(&self.policy, &self.account, &batch));
        let late = next_deadline(&self.account).is_some_and(|due| due <= batch.at);
        assert!(!late, "a deadline is not after the step that left it (K3)");
        self.whole_units(&batch);
        self.ticked_first(before, command, now, &batch);
        self.batches.push(batch);
        self.books();
    }

    /// What was due came first, as if somebody had ticked (L4).
    fn ticked_first(&self, before: Account, command: &Command, now: Timestamp, batch: &Batch) {
        if next_deadline(&before).is_none_or(|due| due > batch.at) {
            return;
        }
        let mut account = before;
        let tick = Action::Tick {}.by(Actor::Clock);
        let ticked =
            step(&mut account, &self.policy, &tick, now).expect("a tick is not refused where a step is not");
        let stepped =
            step(&mut account, &self.policy, command, now).expect("a step after a tick is not refused (L4)");
        let events = ticked.events.iter().chain(stepped.events.iter());
        assert!(events.eq(batch.events.iter()), "a tick and the step say something else than the step (L4)");
        assert_eq!(account, self.account, "a tick and the step leave another state than the step (L4)");
    }

    /// What can be asked only of the whole: folding its batches gives its state (L2), nothing is left to tick (L5), and
    /// what is stored of it reads as it was (K4).
    pub(crate) fn end(self) {
        self.batches.iter().for_each(same_again);
        same_again(&Snapshot::of(&self.account));
        assert_eq!(
            replay(&self.batches).as_ref(),
            Ok(&self.account),
            "folding the batches gives another state (L2)"
        );
        if let Some(last) = self.account.last_instant() {
            let ticked = decide(&self.account, &self.policy, &Action::Tick {}.by(Actor::Clock), last);
            assert!(
                ticked.is_ok_and(|batch| batch.events.is_empty()),
                "a tick after a step is not empty (L5)"
            );
        }
    }

    /// What the journal makes of the events is what the account says (M5).
    fn books(&mut self) {
        let (Some(batch), Some(account)) = (self.batches.last(), self.account.id()) else { return };
        let balance = self.account.balance();
        let seq = u64::try_from(self.batches.len()).expect("a life is short");
        let (events, posted, held) = (&*batch.events, balance.posted, balance.held);
        let audited = self.audit.check(&AuditLine { account, seq, at: batch.at, events, posted, held });
        if let Err(error) = audited {
            panic!("the audit: {error}");
        }
        let (_, journal) = self.audit.accounts().next().expect("the account was audited");
        assert_eq!(journal.purchased(), self.account.purchased().to_decimal(), "purchased credit (H2)");
        assert!(
            journal.grants().eq(self.account.lots().iter().map(booked)),
            "the journal has other grants (H2)"
        );
    }

    /// What is asked of a payment method is whole charge units (M3).
    fn whole_units(&self, batch: &Batch) {
        let unit = self.policy.numbers().charge_unit.to_decimal();
        for event in &batch.events {
            if let Event::ChargeRequested(asked) = event {
                assert!((asked.amount.to_decimal() % unit).is_zero(), "a charge of broken units (M3)");
            }
        }
    }
}

/// What a step changed, if anything: no fault of the machine's own, and a step that says nothing has done nothing (K4).
pub(crate) fn changed(before: &Account, after: &Account, answer: Result<Batch, Rejection>) -> Option<Batch> {
    match answer {
        Err(Rejection::Defect { event }) => panic!("the machine cannot apply its own {event}"),
        Ok(batch) if !batch.events.is_empty() => Some(batch),
        Err(_) | Ok(_) => {
            assert_eq!(before, after, "refused or empty, and the account has changed (K4, L3)");
            None
        }
    }
}

/// Tells a step, if that is wanted.
pub(crate) fn tell(command: &Command, now: Timestamp, answer: &Result<Batch, Rejection>) {
    if !*TOLD {
        return;
    }
    let command = serde_json::to_string(command).expect("commands can be written");
    match answer {
        Ok(batch) => {
            let events = serde_json::to_string(&batch.events).expect("events can be written");
            eprintln!("{now} {command}\n  {} {events}", batch.at);
        }
        Err(rejection) => eprintln!("{now} {command}\n  refused: {rejection}"),
    }
}

/// Tells why a life is not gone on with, if that is wanted.
pub(crate) fn remark(words: std::fmt::Arguments<'_>) {
    if *TOLD {
        eprintln!("{words}");
    }
}

/// What was read is written, and read again as the same.
pub(crate) fn same_again<T: Serialize + DeserializeOwned + PartialEq + Debug>(value: &T) {
    let written = serde_json::to_string(value).expect("what was read can be written");
    let again = serde_json::from_str::<T>(&written);
    assert_eq!(again.as_ref().ok(), Some(value), "read again from {written}");
}

/// The verdict of an oracle.
pub(crate) fn must(verdict: Result<(), String>) {
    if let Err(fault) = verdict {
        panic!("{fault}");
    }
}
