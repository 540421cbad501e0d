//! Generated lives, written as a log, audited, and exported as journals: what the audit sums is what the machine says.
//!
//! With `PREPAID_BOOKS=FOLDER` log, sums and journals are left there, for other programs to agree with (`cargo xtask
//! test books`); `PREPAID_TRANSACTIONS=N` says how many transactions there are to be.
#![expect(
    unreachable_pub,
    clippy::disallowed_methods,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "tests; the caller says how much and where"
)]

#[path = "../../../tests/books/lives.rs"]
mod lives;
mod program;

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

use lives::Life;
use prepaid::{AccountId, Amount, Balance, Batch, Events, Journal, Timestamp};
use program::{Folder, prepaid};
use rust_decimal::Decimal;
use serde::Serialize;
use serde_json::Value;
use sha2::{Digest as _, Sha256};

/// So many transactions are usual here; the check asks for more.
const USUAL: usize = 1_000;
/// So many accounts live side by side.
const TOGETHER: u64 = 6;

/// A line of a log, written here a second way.
#[derive(Serialize)]
struct Line<'a> {
    account: AccountId,
    seq: u64,
    at: Timestamp,
    request: Option<&'a str>,
    policy: &'a str,
    events: &'a Events,
    posted: Balance,
    held: Amount,
    prev: prepaid::Digest,
}

/// One account, and how much of it is written.
struct Written {
    life: Life,
    journal: Journal,
    seq: u64,
}

/// A log, and what the machine says at its end, by currency.
#[derive(Default)]
struct Generated {
    log: Vec<u8>,
    prev: [u8; 32],
    transactions: usize,
    accounts: usize,
    posted: BTreeMap<String, Decimal>,
    held: BTreeMap<String, Decimal>,
}

impl Written {
    fn new(seed: u64) -> Self {
        Self { life: Life::new(seed), journal: Journal::new(), seq: 0 }
    }
}

impl Generated {
    fn of(transactions: usize) -> Self {
        let mut made = Self::default();
        let mut together: Vec<Written> = (0..TOGETHER).map(Written::new).collect();
        let mut seed = TOGETHER;
        while made.transactions < transactions {
            for one in &mut together {
                if one.life.is_over() {
                    made.end(one);
                    *one = Written::new(seed);
                    seed = seed.saturating_add(1);
                }
                if let Some(batch) = one.life.step() {
                    made.write(one, &batch);
                }
            }
        }
        for one in &together {
            made.end(one);
        }
        made
    }

    fn write(&mut self, one: &mut Written, batch: &Batch) {
        for event in &batch.events {
            let entry = one.journal.record(batch.at, event).expect("the books agree");
            self.transactions = self.transactions.saturating_add(usize::from(!entry.postings().is_empty()));
        }
        one.seq = one.seq.saturating_add(1);
        let balance = one.life.account.balance();
        let line = Line {
            account: one.life.id,
            seq: one.seq,
            at: batch.at,
            request: None,
            policy: one.life.policy.numbers().id.as_str(),
            events: &batch.events,
            posted: balance.posted,
            held: balance.held,
            prev: prepaid::Digest(self.prev),
        };
        let line = serde_json::to_vec(&line).expect("a line of JSON");
        self.prev = Sha256::digest(&line).into();
        self.log.extend(line);
        self.log.push(b'\n');
    }

    fn end(&mut self, one: &Written) {
        if one.seq > 0 {
            let (balance, currency) = (one.life.account.balance(), one.life.policy.numbers().currency);
            self.accounts = self.accounts.saturating_add(1);
            let add = |sums: &mut BTreeMap<String, Decimal>, amount: Decimal| {
                let sum = sums.entry(currency.to_string()).or_default();
                *sum = sum.checked_add(amount).expect("a small sum");
            };
            add(&mut self.posted, balance.posted.to_decimal());
            add(&mut self.held, balance.held.to_decimal());
        }
    }
}

fn asked<T: std::str::FromStr>(name: &str) -> Option<T> {
    let text = std::env::var(name).ok()?;
    Some(text.parse().unwrap_or_else(|_| panic!("{name} is {text:?}")))
}

#[test]
fn generated_lives_are_audited_and_exported() {
    let made = Generated::of(asked("PREPAID_TRANSACTIONS").unwrap_or(USUAL));
    let (own, kept) = (Folder::new("books"), asked::<PathBuf>("PREPAID_BOOKS"));
    let place = |name: &str| match &kept {
        Some(folder) => folder.join(name).to_string_lossy().into_owned(),
        None => own.place(name),
    };
    let log = place("log.jsonl");
    fs::write(&log, &made.log).expect("a file can be written");
    let head = prepaid::Digest(made.prev).to_string();
    for format in ["hledger", "ledger", "beancount"] {
        let out = place(&format!("books.{format}"));
        let audited = prepaid(&["audit", &log, "--head", &head, "--journal", format, "--out", &out]);
        assert_eq!(audited.status, 0, "{}", audited.err);
        let told = audited.value();
        assert_eq!(told["accounts"], made.accounts);
        let said = |what: &str| {
            let all = told["currencies"].as_object().expect("an object").iter();
            let sum = |sums: &Value| sums[what].as_str().and_then(|text| text.parse().ok());
            all.map(|(currency, sums)| (currency.clone(), sum(sums).expect("an amount")))
                .collect::<BTreeMap<_, Decimal>>()
        };
        assert_eq!((said("posted"), said("held")), (made.posted.clone(), made.held.clone()));
        fs::write(place("sums.json"), audited.out).expect("a file can be written");
        let text = fs::read_to_string(&out).expect("the journal is there");
        let asserted = if format == "beancount" { text.matches(" balance ") } else { text.matches(" = ") };
        assert!(asserted.count() > made.transactions, "every posting is followed by an assertion");
    }
    println!("{} transactions of {} accounts", made.transactions, made.accounts);
}
