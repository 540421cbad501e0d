//! What was told, compared with what the store has.

use std::collections::{BTreeMap, BTreeSet};

use prepaid::{Audit, AuditLine};
use prepaid_crash::{Acked, Asked, Line, found};
use prepaid_runtime::{Change, Handle, Page, ReadStore, Refused, RequestId, Ticket};
use prepaid_sqlite::SqliteReader;

/// All that the processes on one store have told.
#[derive(Default)]
pub struct Ledger {
    asked: BTreeMap<RequestId, Asked>,
    acked: BTreeMap<RequestId, Option<Acked>>,
    refused: BTreeSet<RequestId>,
    /// Those of this round.
    recent: Vec<RequestId>,
}

/// What the store has.
pub struct Log {
    pub changes: Vec<Change>,
    of: BTreeMap<RequestId, Vec<Acked>>,
}

/// The whole log, checked by the store and by the audit.
pub fn log(reader: &mut SqliteReader) -> Log {
    let checked = reader.check().unwrap();
    let mut changes: Vec<Change> = Vec::new();
    loop {
        let after = changes.last().map_or(0, |change| change.position);
        let mut page = reader.changes(Page { after, limit: 1_000 }).unwrap();
        if page.is_empty() {
            break;
        }
        changes.append(&mut page);
    }
    assert_eq!(checked.batches, u64::try_from(changes.len()).unwrap());
    let (mut audit, mut of) = (Audit::new(), BTreeMap::<_, Vec<_>>::new());
    for change in &changes {
        let row = &change.row;
        let (events, at) = (&row.batch.events, row.batch.at);
        let line =
            AuditLine { account: row.account, seq: row.seq, at, events, posted: row.posted, held: row.held };
        audit.check(&line).unwrap();
        if let Some(request) = &row.request {
            of.entry(request.clone()).or_default().push(found(change).unwrap());
        }
    }
    Log { changes, of }
}

impl Ledger {
    pub fn take(&mut self, line: Line) {
        match line {
            Line::Asked(asked) => {
                self.recent.push(asked.request.clone());
                assert_eq!(self.asked.insert(asked.request.clone(), asked), None);
            }
            Line::Acked { request, acked } => assert_eq!(self.acked.insert(request, acked), None),
            Line::Refused { request } => assert!(self.refused.insert(request)),
        }
    }

    /// What was acknowledged is there, once, as it was acknowledged; what was refused is not; nothing is there twice, or
    /// unasked.
    pub fn compare(&self, log: &Log) {
        for (request, acked) in &self.acked {
            let there = log.of.get(request).map_or(&[][..], Vec::as_slice);
            assert_eq!(there, acked.as_slice(), "{request}: found, and acknowledged");
        }
        for (request, there) in &log.of {
            assert!(there.len() == 1, "{request} was done {} times: {there:?}", there.len());
            assert!(self.asked.contains_key(request), "{request} was never asked");
            assert!(!self.refused.contains(request), "{request} was refused, and done: {there:?}");
        }
    }

    /// Asks again, under the same ids, what was asked since the last time and not refused: what had been done is only
    /// repeated. Gives how many were never acknowledged, and how many of these had been done.
    pub fn ask_again(&mut self, handle: &Handle, log: &Log) -> (u64, u64) {
        let (mut unknown, mut done) = (0, 0);
        for request in std::mem::take(&mut self.recent) {
            // What changed nothing is not remembered.
            if self.refused.contains(&request) || self.acked.get(&request) == Some(&None) {
                continue;
            }
            let asked = &self.asked[&request];
            let there = log.of.get(&request).map(|there| &there[0]);
            if !self.acked.contains_key(&request) {
                unknown += 1;
                done += u64::from(there.is_some());
            }
            match handle.submit(asked.submission().unwrap()).and_then(Ticket::wait) {
                Ok(answer) => {
                    let now = Acked::of(asked.account, &answer).unwrap();
                    assert_eq!(answer.repeated, there.is_some(), "{asked:?}");
                    assert!(there.is_none_or(|there| Some(there) == now.as_ref()), "{asked:?}: {now:?}");
                    self.acked.insert(request, now);
                }
                Err(Refused::Rejected(rejection)) => {
                    assert_eq!(there, None, "{asked:?}: {rejection}");
                    self.refused.insert(request);
                }
                Err(other) => panic!("{asked:?}: {other}"),
            }
        }
        (unknown, done)
    }
}
