//! The service and the provider, and how to speak to them.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use prepaid_sandbox::{Provider, Server, Settings, Stopper};
use serde_json::{Value, json};
use tempfile::TempDir;

pub(crate) const OWNER: &str = "X-Owner: 20000000-0000-4000-8000-000000000001";
const PATIENCE: Duration = Duration::from_secs(30);

/// Waits until it is so.
pub(crate) fn until(what: &str, mut is_so: impl FnMut() -> bool) {
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

pub(crate) struct Service {
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
    pub(crate) fn start(data: &Path, provider: u16) -> Self {
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

    /// A signal that ends it cleanly, and all that it said until it had ended.
    pub(crate) fn ended(mut self, signal: &str) -> String {
        let id = self.process.0.id().to_string();
        assert!(Command::new("kill").args([signal, &id]).status().unwrap().success());
        let mut status = None;
        until("it ends", || {
            status = self.process.0.try_wait().unwrap();
            status.is_some()
        });
        let said = self.said.map(|said| said.join().unwrap()).concat();
        assert!(status.unwrap().success() && said.contains("ended"), "{status:?}: {said}");
        said
    }

    /// Asks, and does not wait for an answer.
    pub(crate) fn send(&self, method: &str, path: &str, headers: &[&str], body: &Value) -> TcpStream {
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
        connection
    }

    pub(crate) fn ask(&self, method: &str, path: &str, headers: &[&str], body: &Value) -> (u16, Value) {
        answer(self.send(method, path, headers, body))
    }

    pub(crate) fn create_key(&self, name: &str) -> (u16, Value) {
        self.ask("POST", "/account/keys", &[OWNER, &format!("Idempotency-Key: {name}")], &Value::Null)
    }

    pub(crate) fn account(&self) -> Value {
        let (status, account) = self.ask("GET", "/account", &[OWNER], &Value::Null);
        assert_eq!(status, 200, "{account}");
        account
    }

    pub(crate) fn has(&self, posted: &str) {
        let balance = json!({ "posted": posted, "held": "0", "available": posted });
        assert_eq!(self.account()["balance"], balance);
    }

    pub(crate) fn calling(&self, key: &str, name: &str, body: &Value) -> TcpStream {
        let headers = [format!("Authorization: Bearer {key}"), format!("Idempotency-Key: {name}")];
        self.send("POST", "/v1/echo", &[&headers[0], &headers[1]], body)
    }

    pub(crate) fn call(&self, key: &str, name: &str, body: &Value) -> (u16, Value) {
        answer(self.calling(key, name, body))
    }

    pub(crate) fn refuses(&self, key: &str, name: &str, body: &Value, expected: (u16, &str)) {
        let (status, answer) = self.call(key, name, body);
        assert_eq!((status, answer["error"]["type"].as_str().unwrap()), expected, "{answer}");
        assert!(answer["error"]["message"].as_str().is_some_and(|said| !said.is_empty()), "{answer}");
    }
}

/// What comes back, whole.
pub(crate) fn answer(mut connection: TcpStream) -> (u16, Value) {
    let mut answer = String::new();
    connection.read_to_string(&mut answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    (status, serde_json::from_str(body).unwrap())
}

/// The payment provider, on a port of its own or the one it had.
pub(crate) fn provider(book: &Path, port: u16) -> (u16, Stopper, JoinHandle<()>) {
    let mut server = None;
    // A port that has just been given up may still be somebody's for a moment.
    until("the provider listens", || {
        server = Server::bind(Provider::open(book, Settings::default()).unwrap(), port, 8).ok();
        server.is_some()
    });
    let server = server.unwrap();
    (server.port(), server.stopper(), thread::spawn(move || server.run()))
}

pub(crate) fn sign_up(card: &str) -> Value {
    json!({ "terms": "TOS_2024_04_20", "accepted_by": "Ada", "card": a_card(card) })
}

pub(crate) fn a_card(token: &str) -> Value {
    json!({ "token": token, "brand": "visa", "last_four": "4242", "expires": "2031-01" })
}

/// A service with a funded account of 20.00, and its first key.
pub(crate) struct Funded {
    folder: TempDir,
    provider: u16,
    stopper: Stopper,
    pub(crate) service: Service,
    pub(crate) key: String,
}

impl Funded {
    pub(crate) fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let (port, stopper, _) = provider(&folder.path().join("book.jsonl"), 0);
        let service = Service::start(&folder.path().join("data"), port);
        assert_eq!(service.ask("POST", "/account", &[OWNER], &sign_up("card_ok")).0, 200);
        let (status, created) = service.create_key("first key");
        assert_eq!(status, 201, "{created}");
        let key = created["secret"].as_str().unwrap().to_owned();
        until("the account is funded", || service.account()["stage"] == "active");
        Self { folder, provider: port, stopper, service, key }
    }

    /// The folder of its results.
    pub(crate) fn results(&self) -> PathBuf {
        self.folder.path().join("data/results")
    }

    /// Killed in the middle of whatever it is at, and started again.
    pub(crate) fn killed_and_started(&mut self) {
        self.service.process.0.kill().unwrap();
        self.service.process.0.wait().unwrap();
        self.service = Service::start(&self.folder.path().join("data"), self.provider);
    }
}

impl Drop for Funded {
    fn drop(&mut self) {
        self.stopper.stop();
    }
}
