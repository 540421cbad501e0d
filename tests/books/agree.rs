//! Generated lives: after every step the books, kept from the events alone, say what the machine says.

use std::collections::BTreeMap;

use prepaid::{Audit, AuditLine, Batch, BookedGrant, EventTag, Journal, LotPhase};

use crate::lives::Life;

/// What the machine says of its lots, as the books say it.
fn lots(life: &Life) -> Vec<BookedGrant> {
    let lot = |lot: &prepaid::Lot| BookedGrant {
        grant: lot.issued.grant,
        left: lot.left.to_decimal(),
        held: lot.held.to_decimal(),
        ended: lot.phase == LotPhase::Ended,
    };
    life.account.lots().iter().map(lot).collect()
}

fn enter(journal: &mut Journal, batch: &Batch) -> Result<(), String> {
    for event in &batch.events {
        let entry = journal.record(batch.at, event).map_err(|error| error.to_string())?;
        let sum: rust_decimal::Decimal = entry.postings().iter().map(|posting| posting.amount).sum();
        assert!(sum.is_zero(), "{event:?}: {entry:?}");
        let after = entry.postings().iter().all(|posting| journal.balance(posting.book) == posting.balance);
        assert!(after, "{event:?}: {entry:?}");
    }
    Ok(())
}

#[test]
fn the_books_say_what_the_machine_says_at_every_step() {
    let mut seen: BTreeMap<EventTag, u64> = BTreeMap::new();
    for seed in 0..400 {
        let (mut life, mut journal, mut audit) = (Life::new(seed), Journal::new(), Audit::new());
        let (mut seq, mut told) = (0, Vec::new());
        while seq < 400 && !life.is_over() {
            let Some(batch) = life.step() else { continue };
            seq += 1;
            batch.events.iter().for_each(|event| *seen.entry(event.tag()).or_default() += 1);
            told.push(batch.clone());
            let context = || {
                let last: Vec<_> = told.iter().rev().take(12).rev().collect();
                format!("seed {seed}, batch {seq}: {last:#?}\n{:#?}", life.account)
            };
            if let Err(error) = enter(&mut journal, &batch) {
                panic!("{error}\n{}", context());
            }
            let balance = life.account.balance();
            assert_eq!(journal.posted(), balance.posted.to_decimal(), "posted: {}", context());
            assert_eq!(journal.held(), balance.held.to_decimal(), "held: {}", context());
            assert_eq!(
                journal.purchased(),
                life.account.purchased().to_decimal(),
                "purchased: {}",
                context()
            );
            assert_eq!(journal.grants().collect::<Vec<_>>(), lots(&life), "grants: {}", context());
            let logged = AuditLine {
                account: life.id,
                seq,
                at: batch.at,
                events: &batch.events,
                posted: balance.posted,
                held: balance.held,
            };
            audit.check(&logged).unwrap();
        }
    }
    for (tag, times) in &seen {
        println!("{times:>9} {tag}");
    }
    for tag in EventTag::ALL.iter().filter(|tag| moves_money(**tag)) {
        assert!(seen.contains_key(tag), "{tag} never came up");
    }
}

/// Whether an event can change what the books say.
fn moves_money(tag: EventTag) -> bool {
    let name = tag.as_str();
    ["call_", "grant_", "refund_", "dispute_", "charge_"].iter().any(|start| name.starts_with(start))
        || matches!(tag, EventTag::DebtWrittenOff | EventTag::CreditForfeited)
}
