//! A day of the service, as a process: from the first refusal to a restart and the audit of its log.
#![expect(
    clippy::disallowed_methods,
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "a test starts processes, speaks to them, and waits with deadlines"
)]

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use prepaid::{AccountId, Amount, Audit, AuditLine, Balance, Events, Timestamp};
use prepaid_key::KeyFormat;
use prepaid_runtime::read::LogLines;
use prepaid_sandbox::{Provider, Server, Settings, Stopper};
use prepaid_sqlite::SqliteStore;
use serde::Deserialize;
use serde_json::{Value, json};

const OWNER: &str = "X-Owner: 20000000-0000-4000-8000-000000000001";
const PATIENCE: Duration = Duration::from_secs(30);

/// Waits until it is so.
fn until(what: &str, mut is_so: impl FnMut() -> bool) {
    let began = Instant::now();
    while !is_so() {
        assert!(began.elapsed() < PATIENCE, "not in time: {what}");
        thread::sleep(Duration::from_millis(5));
    }
}

/// A process; killed with the test, however that ends.
struct Killed(Child);

impl Drop for Killed {
    fn drop(&mut self) {
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

struct Service {
    process: Killed,
    port: u16,
    /// All that it prints and logs.
    said: [JoinHandle<String>; 2],
}

fn all_of(mut from: impl Read + Send + 'static) -> JoinHandle<String> {
    thread::spawn(move || {
        let mut said = String::new();
        from.read_to_string(&mut said).unwrap();
        said
    })
}

impl Service {
    fn start(data: &Path, provider: u16) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_metered-example"));
        let prices = Path::new(env!("CARGO_MANIFEST_DIR")).join("prices.toml");
        command
            .arg("--data")
            .arg(data)
            .arg("--prices")
            .arg(prices)
            .args(["--provider", &provider.to_string()]);
        let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut process = Killed(child);
        let mut output = BufReader::new(process.0.stdout.take().unwrap());
        let errors = all_of(process.0.stderr.take().unwrap());
        let mut line = String::new();
        output.read_line(&mut line).unwrap();
        let told: Value = serde_json::from_str(&line).unwrap();
        let port = u16::try_from(told["port"].as_u64().unwrap()).unwrap();
        Self { process, port, said: [all_of(output), errors] }
    }

    /// Ctrl-C, and all that it said until it had ended.
    fn ended(mut self) -> String {
        let id = self.process.0.id().to_string();
        assert!(Command::new("kill").args(["-INT", &id]).status().unwrap().success());
        let mut status = None;
        until("it ends", || {
            status = self.process.0.try_wait().unwrap();
            status.is_some()
        });
        let said = self.said.map(|said| said.join().unwrap()).concat();
        assert!(status.unwrap().success() && said.contains("ended"), "{status:?}: {said}");
        said
    }

    fn ask(&self, method: &str, path: &str, headers: &[&str], body: &Value) -> (u16, Value) {
        let body = if body.is_null() { String::new() } else { body.to_string() };
        let mut lines = vec![format!("{method} {path} HTTP/1.1")];
        lines.extend(headers.iter().map(|header| (*header).to_owned()));
        lines.extend(
            ["Host: localhost", "Connection: close", "Content-Type: application/json"].map(String::from),
        );
        lines.push(format!("Content-Length: {}\r\n\r\n{body}", body.len()));
        let request = lines.join("\r\n");
        let mut connection = TcpStream::connect(("127.0.0.1", self.port)).unwrap();
        connection.set_read_timeout(Some(PATIENCE)).unwrap();
        connection.write_all(request.as_bytes()).unwrap();
        let mut answer = String::new();
        connection.read_to_string(&mut answer).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        (status, serde_json::from_str(body).unwrap())
    }

    fn account(&self) -> Value {
        let (status, account) = self.ask("GET", "/account", &[OWNER], &Value::Null);
        assert_eq!(status, 200, "{account}");
        account
    }

    fn has(&self, posted: &str) {
        let balance = json!({ "posted": posted, "held": "0", "available": posted });
        assert_eq!(self.account()["balance"], balance);
    }

    fn call(&self, key: &str, name: &str, body: &Value) -> (u16, Value) {
        let headers = [format!("Authorization: Bearer {key}"), format!("Idempotency-Key: {name}")];
        self.ask("POST", "/v1/echo", &[&headers[0], &headers[1]], body)
    }

    fn refuses(&self, key: &str, name: &str, body: &Value, expected: (u16, &str)) {
        let (status, answer) = self.call(key, name, body);
        assert_eq!((status, answer["error"]["type"].as_str().unwrap()), expected, "{answer}");
        assert!(answer["error"]["message"].as_str().is_some_and(|said| !said.is_empty()), "{answer}");
    }
}

/// The payment provider, on a port of its own or the one it had.
fn provider(book: &Path, port: u16) -> (u16, Stopper, JoinHandle<()>) {
    let mut server = None;
    // A port that has just been given up may still be somebody's for a moment.
    until("the provider listens", || {
        server = Server::bind(Provider::open(book, Settings::default()).unwrap(), port, 8).ok();
        server.is_some()
    });
    let server = server.unwrap();
    (server.port(), server.stopper(), thread::spawn(move || server.run()))
}

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
    let card = json!({ "token": "card_ok", "brand": "visa", "last_four": "4242", "expires": "2031-01" });
    let sign_up = json!({ "terms": "TOS_2024_04_20", "accepted_by": "Ada", "card": card });
    for _ in 0..2 {
        let (status, account) = service.ask("POST", "/account", &[OWNER], &sign_up);
        assert_eq!((status, account["stage"].as_str()), (200, Some("linked")), "{account}");
    }
    assert_eq!(service.ask("POST", "/account", &[], &sign_up).0, 401);
    let create =
        || service.ask("POST", "/account/keys", &[OWNER, "Idempotency-Key: first key"], &Value::Null);
    let (status, created) = create();
    assert_eq!(status, 201, "{created}");
    let key = created["secret"].as_str().unwrap();
    let (status, again) = create();
    assert_eq!((status, again["key"] == created["key"], again.get("secret")), (200, true, None), "{again}");

    // Before the card could be charged nothing is served, and nothing billed.
    let hello = json!({ "text": "hello", "lines": 2 });
    service.refuses(key, "too early", &hello, (409, "out_of_order"));
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
    service.refuses(key, "nothing", &json!({ "text": " ", "lines": 2 }), (409, "no_result"));
    service.refuses(key, "dear", &json!({ "text": "hello", "lines": 400 }), (402, "insufficient_credit"));
    service.refuses(key, "", &hello, (400, "invalid_request"));
    service.refuses(key, "wrong", &json!({ "text": "hello", "times": 2 }), (400, "invalid_request"));
    let other = KeyFormat::new("demo").unwrap().issue(&mut [7; 32]).unwrap().secret.reveal();
    service.refuses(&other, "call 2", &hello, (401, "unauthorized"));
    service.refuses("demo_oops", "call 2", &hello, (401, "unauthorized"));
    service.has("19.9");
    let said = service.ended();

    // All of it is there after a restart.
    let service = Service::start(&data, port);
    service.has("19.9");
    assert_eq!(service.call(key, "call 1", &hello), (200, first));
    service.has("19.9");
    assert_eq!(service.call(key, "call 2", &hello).0, 200);
    service.has("19.8");
    let said = said + &service.ended();
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
