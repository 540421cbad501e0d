//! From the first refusal to a restart and the audit of the log.

use std::fs;
use std::path::Path;

use prepaid::{AccountId, Amount, Audit, AuditLine, Balance, Events, Timestamp};
use prepaid_key::KeyFormat;
use prepaid_runtime::read::LogLines;
use prepaid_sqlite::SqliteStore;
use serde::Deserialize;
use serde_json::json;

use crate::service::{OWNER, Service, provider, sign_up, until};

#[derive(Deserialize)]
struct Line {
    account: AccountId,
    seq: u64,
    at: Timestamp,
    events: Events,
    posted: Balance,
    held: Amount,
}

/// Every balance of the log is what its events make.
fn audited(store: &Path) -> usize {
    let mut reader = SqliteStore::open_reader(store).unwrap();
    let (mut lines, mut audit, mut count) = (LogLines::of(&mut reader), Audit::new(), 0_usize);
    while let Some(line) = lines.next_line().unwrap() {
        let Line { account, seq, at, events, posted, held } = serde_json::from_str(&line).unwrap();
        audit.check(&AuditLine { account, seq, at, events: &events, posted, held }).unwrap();
        count = count.saturating_add(1);
    }
    count
}

/// How many files under a folder have this in them.
fn files_with(folder: &Path, text: &str) -> usize {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let found = entries.map(|path| {
        if path.is_dir() {
            return files_with(&path, text);
        }
        let bytes = fs::read(path).unwrap();
        usize::from(bytes.windows(text.len()).any(|part| part == text.as_bytes()))
    });
    found.sum()
}

#[test]
fn from_the_first_refusal_to_a_restart_and_the_audit() {
    let folder = tempfile::tempdir().unwrap();
    let (data, book) = (folder.path().join("data"), folder.path().join("book.jsonl"));
    // It has a port, and is not there yet.
    let (port, stopper, running) = provider(&book, 0);
    stopper.stop();
    running.join().unwrap();

    let service = Service::start(&data, port);
    let sign_up = sign_up("card_ok");
    for _ in 0..2 {
        let (status, account) = service.ask("POST", "/account", &[OWNER], &sign_up);
        assert_eq!((status, account["stage"].as_str()), (200, Some("linked")), "{account}");
    }
    assert_eq!(service.ask("POST", "/account", &[], &sign_up).0, 401);
    let create = || service.create_key("first key");
    let (status, created) = create();
    assert_eq!(status, 201, "{created}");
    let key = created["secret"].as_str().unwrap();
    let (status, again) = create();
    assert_eq!((status, again["key"] == created["key"], again.get("secret")), (200, true, None), "{again}");

    // Before the card could be charged nothing is served, and nothing billed.
    let hello = json!({ "text": "hello", "lines": 2 });
    service.refuses(key, "too early", &hello, (401, "key_inactive"));
    service.has("0");
    let (_, stopper, running) = provider(&book, port);
    until("the account is funded", || service.account()["stage"] == "active");
    service.has("20");

    let (status, first) = service.call(key, "call 1", &hello);
    assert_eq!((status, &first), (200, &json!({ "lines": ["hello", "hello"] })));
    service.has("19.9");
    assert_eq!(service.call(key, "call 1", &hello), (200, first.clone()));
    service.has("19.9");
    service.refuses(key, "call 1", &json!({ "text": "hello", "lines": 3 }), (409, "request_conflict"));
    service.refuses(key, "nothing", &json!({ "text": " ", "lines": 2 }), (422, "work_failed"));
    service.refuses(key, "nothing", &json!({ "text": " ", "lines": 2 }), (409, "not_billed"));
    service.refuses(key, "dear", &json!({ "text": "hello", "lines": 400 }), (402, "insufficient_credit"));
    service.refuses(key, "", &hello, (400, "invalid_request"));
    service.refuses(key, "1\r\nIdempotency-Key: 2", &hello, (400, "invalid_request"));
    service.refuses(key, "wrong", &json!({ "text": "hello", "times": 2 }), (400, "invalid_request"));
    let other = KeyFormat::new("demo").unwrap().issue(&mut [7; 32]).unwrap().secret.reveal();
    service.refuses(&other, "call 2", &hello, (401, "unauthorized"));
    service.refuses("demo_oops", "call 2", &hello, (401, "unauthorized"));
    service.has("19.9");
    let said = service.ended("-INT");

    // All of it is there after a restart.
    let service = Service::start(&data, port);
    service.has("19.9");
    assert_eq!(service.call(key, "call 1", &hello), (200, first));
    service.has("19.9");
    assert_eq!(service.call(key, "call 2", &hello).0, 200);
    service.has("19.8");
    let said = said + &service.ended("-TERM");
    stopper.stop();
    running.join().unwrap();

    // Open, terms, use, card, key, charge; two calls and one that failed, each a hold and its end.
    assert_eq!(audited(&data.join("accounts.db")), 12);
    assert!(said.contains("POST /v1/echo 402"), "{said}");
    let shown = created["shown"].as_str().unwrap();
    assert!(files_with(folder.path(), shown) > 0, "what may be shown is found, so the key would be, too");
    let end = key.get(key.len().saturating_sub(20)..).unwrap();
    for secret in [key, end] {
        assert!(!said.contains(secret), "the key was logged");
        assert_eq!(files_with(folder.path(), secret), 0, "the key was stored");
    }
}
