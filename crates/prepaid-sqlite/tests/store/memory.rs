//! Whatever happens, the store in a file says what the store in memory says.

use std::collections::BTreeSet;

use crate::lives::{ALL, Lives, account, everything, place};
use prepaid::{AccountId, CallId, Span, Timestamp};
use prepaid_runtime::{AppendError, EventStore, Group, MemoryStore, Page, ReadStore, RequestId, Waking};
use prepaid_sqlite::SqliteStore;
use uuid::Uuid;

fn wakings(store: &mut impl EventStore) -> BTreeSet<(AccountId, bool, Option<Timestamp>)> {
    let all = store.wakings().unwrap();
    all.into_iter().map(|Waking { account, owes, deadline }| (account, owes, deadline)).collect()
}

fn said(result: &Result<(), AppendError>) -> String {
    format!("{result:?}")
}

#[test]
fn random_groups_read_the_same() {
    for seed in 1..=12 {
        let (_folder, path) = place();
        let (mut file, mut memory) = (SqliteStore::open(&path).unwrap(), MemoryStore::default());
        let mut reader = SqliteStore::open_reader(&path).unwrap();
        let mut lives = Lives::new(seed);
        let mut old = Group::default();
        for round in 0..60 {
            for _ in 0..lives.dice.below(12) {
                lives.anything(6);
                // In memory a digest is free for its own account only from the next group on.
                if lives.group.appends.last().is_some_and(|append| says(append, "charge_failed")) {
                    break;
                }
            }
            // What was written is refused by both, for the same reason and at the same place.
            assert_eq!(said(&file.append(&old)), said(&memory.append(&old)), "seed {seed} round {round}");
            let group = std::mem::take(&mut lives.group);
            for spoilt in spoilt(&group, &old) {
                let (one, other) = (said(&file.append(&spoilt)), said(&memory.append(&spoilt)));
                assert_eq!(one, other, "seed {seed} round {round}");
                assert!(one.contains("Taken"), "{one}");
            }
            file.append(&group).unwrap();
            memory.append(&group).unwrap();
            if !group.appends.is_empty() {
                old = group;
            }
            assert_eq!(wakings(&mut file), wakings(&mut memory), "seed {seed} round {round}");
            if round == 40 {
                let before = Timestamp::from_micros(lives.now.as_micros() - 20 * 3_600_000_000).unwrap();
                let forgotten = forgets(&mut file, before);
                assert_eq!(forgotten, forgets(&mut memory, before));
                assert!(forgotten > 0);
                assert_eq!(forgets(&mut file, before), 0);
            }
        }
        let expected = everything(&mut memory).unwrap();
        assert_eq!(everything(&mut file).unwrap(), expected);
        assert_eq!(everything(&mut reader).unwrap(), expected);
        the_rest_is_the_same(&mut file, &mut memory, &lives);
        let checked = file.check().unwrap();
        assert_eq!(usize::try_from(checked.batches).unwrap(), memory.changes(ALL).unwrap().len());
    }
}

/// Forgets all that is old enough, a stretch after the other.
fn forgets(store: &mut impl EventStore, before: Timestamp) -> u64 {
    let (mut requests, mut from) = (0, Some(0));
    while let Some(next) = from {
        let stretch = store.forget_requests(before, next).unwrap();
        assert!(stretch.next.is_none_or(|after| after > next));
        (requests, from) = (requests + stretch.requests, stretch.next);
    }
    requests
}

/// The group with a batch that does not fit.
fn spoilt(group: &Group, old: &Group) -> Vec<Group> {
    let Some(last) = group.appends.last() else { return Vec::new() };
    let mut spoilt = Vec::new();
    let mut with = |change: &dyn Fn(&mut prepaid_runtime::Append)| {
        let mut group = group.clone();
        change(group.appends.last_mut().expect("it has one"));
        spoilt.push(group);
    };
    with(&|append| append.seq += 1);
    with(&|append| append.seq -= 1);
    let same = old.appends.iter().filter(|append| append.account == last.account);
    for earlier in same {
        if earlier.request.is_some() {
            with(&|append| append.request.clone_from(&earlier.request));
        }
        if says(earlier, "call_charged") || says(earlier, "call_authorized") {
            with(&|append| append.batch = earlier.batch.clone());
        }
    }
    spoilt
}

/// Whether a batch has an event of this name.
fn says(append: &prepaid_runtime::Append, name: &str) -> bool {
    serde_json::to_string(&append.batch).unwrap().contains(name)
}

fn the_rest_is_the_same(file: &mut SqliteStore, memory: &mut MemoryStore, lives: &Lives) {
    for n in 0..8 {
        let id = account(n);
        assert_eq!(file.load(id).unwrap(), memory.load(id).unwrap());
        for request in 0..=lives.requests {
            let request: RequestId = format!("request {request}").parse().unwrap();
            assert_eq!(file.remembered(id, &request).unwrap(), memory.remembered(id, &request).unwrap());
        }
        for call in 0..=lives.calls {
            for call in [call, call.wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835)] {
                let call = CallId(Uuid::from_u128(call));
                assert_eq!(file.has_call(id, call).unwrap(), memory.has_call(id, call).unwrap());
            }
        }
        for seq in 0..100 {
            assert_eq!(file.batch(id, seq).unwrap(), memory.batch(id, seq).unwrap());
        }
        for (after, limit) in [(0, 0), (0, 1), (3, 4), (1_000_000, 5), (u64::MAX, u32::MAX)] {
            let page = Page { after, limit };
            assert_eq!(file.batches(id, page).unwrap(), memory.batches(id, page).unwrap());
            assert_eq!(file.changes(page).unwrap(), memory.changes(page).unwrap());
            let beside = file.batches_beside_calls(id, page).unwrap();
            assert_eq!(beside, memory.batches_beside_calls(id, page).unwrap());
        }
        usage_is_paged_the_same(file, memory, n);
        let start: Timestamp = "2025-01-01T00:00:00Z".parse().unwrap();
        for hours in 0..200 {
            let at = start.saturating_add(Span::from_hours(hours));
            assert_eq!(file.last_before(id, at).unwrap(), memory.last_before(id, at).unwrap());
            let until = at.saturating_add(Span::from_hours(hours % 50));
            let usage = file.usage(id, at, until, None, u32::MAX).unwrap();
            assert_eq!(usage, memory.usage(id, at, until, None, u32::MAX).unwrap(), "{at} {until}");
        }
        for limit in 0..4 {
            let after = Some(id).filter(|_| n > 0);
            assert_eq!(file.accounts(after, limit).unwrap(), memory.accounts(after, limit).unwrap());
        }
    }
}

/// Page after page, of pages of any size, that is what one page of all says.
fn usage_is_paged_the_same(file: &mut SqliteStore, memory: &mut MemoryStore, n: u128) {
    let (id, from, until) = (account(n), Timestamp::MIN, Timestamp::MAX);
    let expected = memory.usage(id, from, until, None, u32::MAX).unwrap();
    assert_eq!(file.usage(id, from, until, None, 0).unwrap(), []);
    for limit in 1..6 {
        let (mut read, mut after) = (Vec::new(), None);
        loop {
            let rows = file.usage(id, from, until, after.as_ref(), limit).unwrap();
            assert_eq!(rows, memory.usage(id, from, until, after.as_ref(), limit).unwrap());
            let Some(last) = rows.last() else { break };
            after = Some(last.place());
            read.extend(rows);
        }
        assert_eq!(read, expected, "pages of {limit}");
    }
}
