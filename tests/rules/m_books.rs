//! The books and the audit (M5): that they refuse what cannot have happened. That they say what the machine says is
//! checked after every step of every other test.

use prepaid::{
    Action, Actor, Audit, AuditError, AuditFault, AuditLine, Batch, Command, Event, Journal, JournalFault,
    StageTag, Subject, step,
};

use crate::life::{Life, a_grant, amount, balance, grant, time};

/// A life with money coming, going, held and gone back: what is audited here.
fn busy() -> Life {
    let mut life = Life::funded();
    life.is_granted(1, "3").unwrap();
    life.authorizes(1, "6").unwrap();
    life.settles(1, "5").unwrap();
    life.authorizes(2, "0.25").unwrap();
    life.is_disputed("dp_1", 1, "2").unwrap();
    life
}

/// What the audit says of the batches of a life, the last of which is told otherwise.
fn audited<'a>(life: &'a Life, tell: impl Fn(&mut AuditLine<'a>)) -> Option<AuditFault> {
    let (mut audit, last) = (Audit::new(), life.batches.len());
    for (before, batch) in life.batches.iter().enumerate() {
        let (seq, state) = (before + 1, prepaid::replay(&life.batches[..=before]).unwrap());
        let mut logged = AuditLine {
            account: state.id().unwrap(),
            seq: seq.try_into().unwrap(),
            at: batch.at,
            events: &batch.events,
            posted: state.balance().posted,
            held: state.balance().held,
        };
        if seq == last {
            tell(&mut logged);
        }
        match audit.check(&logged) {
            Ok(entries) => assert_eq!(entries.len(), batch.events.len(), "an entry for each event"),
            Err(AuditError { seq: said, why, .. }) => {
                assert_eq!((said, seq), (logged.seq, last), "only the last one is told otherwise");
                return Some(why);
            }
        }
    }
    None
}

#[test]
fn m5_an_audit_accepts_what_happened() {
    assert_eq!(audited(&busy(), |_| {}), None);
}

#[test]
fn m5_an_audit_refuses_a_balance_that_is_one_unit_off() {
    let life = busy();
    for found in ["16.000000000001", "15.999999999999", "-16"] {
        let (expected, found) = (balance("16").to_decimal(), balance(found));
        let said = audited(&life, |line| line.posted = found);
        assert_eq!(said, Some(AuditFault::Posted { expected, found }));
    }
    for found in ["0.250000000001", "0.249999999999", "0"] {
        let (expected, found) = (amount("0.25").to_decimal(), amount(found));
        assert_eq!(audited(&life, |line| line.held = found), Some(AuditFault::Held { expected, found }));
    }
}

#[test]
fn m5_an_audit_misses_a_batch_and_notices_one_told_twice() {
    let life = busy();
    let next = u64::try_from(life.batches.len()).unwrap();
    for found in [next - 1, next + 1, 0] {
        let expected = AuditFault::Seq { expected: next, found };
        assert_eq!(audited(&life, |line| line.seq = found), Some(expected));
    }
}

#[test]
fn m5_an_audit_refuses_a_batch_without_events() {
    assert_eq!(audited(&busy(), |line| line.events = &[]), Some(AuditFault::Empty));
}

#[test]
fn m5_an_audit_names_the_event_that_does_not_fit() {
    let mut life = busy();
    let known = Event::CallExtended { call: crate::life::call(2), deadline: time("2025-01-01T02:00:00Z") };
    let strange = Event::CallReleased { call: crate::life::call(7) };
    let told = [known, strange];
    let said = audited(&life, |line| line.events = &told);
    let Some(AuditFault::Event { number, error }) = said else { unreachable!("it does not fit: {said:?}") };
    assert_eq!((number, error.why), (2, JournalFault::Unknown(Subject::Call)));
    // The event that opens an account opens the one whose batch it is.
    life = Life::at_stage(StageTag::Registered);
    let found = life.account.id().unwrap();
    let other = prepaid::AccountId(uuid::Uuid::from_u128(9));
    assert_eq!(audited(&life, |line| line.account = other), Some(AuditFault::OtherAccount { found }));
}

#[test]
fn m5_an_audit_keeps_the_books_of_each_account_apart() {
    let (mut audit, ids) = (Audit::new(), [3, 4].map(|n| prepaid::AccountId(uuid::Uuid::from_u128(n))));
    for id in ids {
        let (mut account, life) = (prepaid::Account::default(), Life::vacant());
        let open =
            Action::Open { account: id, owner: prepaid::OwnerId(uuid::Uuid::from_u128(1)), currency: None };
        let command: Command = open.by(Actor::Owner);
        let Batch { at, events, .. } = step(&mut account, &life.policy, &command, life.now).unwrap();
        let (posted, held) = (account.balance().posted, account.balance().held);
        audit.check(&AuditLine { account: id, seq: 1, at, events: &events, posted, held }).unwrap();
    }
    assert!(audit.accounts().map(|(id, _)| id).eq(ids));
    assert!(audit.accounts().all(|(id, journal)| journal.account() == Some(id)));
}

#[test]
fn k2_an_audit_refuses_a_batch_before_the_one_before_it() {
    let mut life = busy();
    life.later("1h").spends("1").unwrap();
    let last = life.batches[life.batches.len() - 2].at;
    assert_eq!(audited(&life, |line| line.at = last), None, "the same instant is no way back");
    let found = prepaid::Timestamp::from_micros(last.as_micros() - 1).unwrap();
    let expected = AuditFault::TimeBackwards { last, found };
    assert_eq!(audited(&life, |line| line.at = found), Some(expected));
}

/// What the books of a busy life say to one more event.
fn enters(life: &Life, event: &Event) -> Result<usize, JournalFault> {
    let mut journal: Journal = life.journal().clone();
    journal.record(life.now, event).map(|entry| entry.postings().len()).map_err(|error| error.why)
}

/// The event that the life would record if the command were sent.
fn would_record(life: &Life, action: Action) -> Event {
    let batch = prepaid::decide(&life.account, &life.policy, &action.by(Actor::Operator), life.now).unwrap();
    batch.events[0].clone()
}

#[test]
fn h2_the_books_know_a_grant_once() {
    let life = busy();
    let issued = would_record(&life, a_grant(5, "1"));
    let Event::GrantIssued(mut about) = issued.clone() else { unreachable!("it is issued: {issued:?}") };
    assert_eq!(enters(&life, &issued), Ok(2));
    assert_eq!(
        enters(&life, &Event::GrantStarted { grant: grant(5) }),
        Err(JournalFault::Unknown(Subject::Grant))
    );
    // One that starts later is no credit, is known all the same, and does not start before its time.
    about.effective_at = Some(life.now.saturating_add(crate::life::span("1h")));
    let mut journal = life.journal().clone();
    let mut record = |event: &Event| journal.record(life.now, event).map_err(|error| error.why);
    assert!(record(&Event::GrantIssued(about)).unwrap().postings().is_empty());
    assert_eq!(record(&issued), Err(JournalFault::Known(Subject::Grant)));
    assert_eq!(record(&Event::GrantStarted { grant: grant(5) }), Err(JournalFault::TooEarly(Subject::Grant)));
}

#[test]
fn h2_the_books_know_a_call_once() {
    let mut life = busy();
    let before = life.journal().clone();
    life.authorizes(3, "0.5").unwrap();
    let authorized = life.last_event().clone();
    assert_eq!(enters(&life, &authorized), Err(JournalFault::Known(Subject::Call)));
    life.later("2h").tick().unwrap();
    assert_eq!(
        enters(&life, &authorized),
        Err(JournalFault::Known(Subject::Call)),
        "an expired one is known, too"
    );
    assert!(before.clone().record(life.now, &authorized).is_ok());
}

#[test]
fn g2_the_books_know_a_dispute_and_a_refund_once() {
    let mut life = busy();
    let disputed =
        life.batches.last().unwrap().events.iter().find(|event| event.tag().as_str() == "dispute_opened");
    assert_eq!(enters(&life, disputed.unwrap()), Err(JournalFault::Known(Subject::Dispute)));
    life.records_refund(1, "1", "re_9").unwrap();
    let recorded = life.batches.last().unwrap().events[0].clone();
    assert_eq!(enters(&life, &recorded), Err(JournalFault::Known(Subject::Refund)));
    life.refunds(1, "1").unwrap();
    let asked = life.batches.last().unwrap().events[0].clone();
    assert_eq!(enters(&life, &asked), Err(JournalFault::Known(Subject::Refund)));
}

#[test]
fn m5_the_books_are_opened_once_and_first() {
    let life = busy();
    let opened = life.batches[0].events[0].clone();
    assert_eq!(enters(&life, &opened), Err(JournalFault::OpenedTwice));
    let second = life.batches[1].events[0].clone();
    let error = Journal::new().record(life.now, &second).unwrap_err();
    assert_eq!((error.event, error.why), (second.tag(), JournalFault::NotOpened));
}
