//! The example of docs/journal.md is what the journal enters.

use std::fmt::Write as _;

use prepaid::{Batch, Journal};

fn block<'a>(page: &'a str, name: &str) -> &'a str {
    let (_, from) = page.split_once(&format!("<!-- example: {name} -->\n```")).unwrap();
    let (_, from) = from.split_once('\n').unwrap();
    from.split_once("```").unwrap().0
}

#[test]
fn the_example_of_the_page_is_what_the_journal_enters() {
    let page = include_str!("../../docs/journal.md");
    let (mut journal, mut entered) = (Journal::new(), String::new());
    for line in block(page, "batches").lines() {
        let batch: Batch = serde_json::from_str(line).unwrap();
        for event in &batch.events {
            let entry = journal.record(batch.at, event).unwrap();
            if !entry.postings().is_empty() {
                writeln!(entered, "{} {}", batch.at, event.tag()).unwrap();
            }
            for posting in entry.postings() {
                let (amount, after) = (posting.amount.to_string(), posting.balance.to_string());
                writeln!(entered, "    {:<18}{amount:>8}{after:>10}", posting.book.as_str()).unwrap();
            }
        }
    }
    assert_eq!(block(page, "entries"), entered, "docs/journal.md says otherwise; entered is:\n{entered}");
    assert!(journal.posted().is_zero());
}
