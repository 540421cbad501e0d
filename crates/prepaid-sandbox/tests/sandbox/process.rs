//! A sandbox that is started by a test, and killed when the test ends, however it ends.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use prepaid::{AccountId, ChargeNumber, RefundNumber};
use prepaid_sandbox::{
    Answer, Asked, AskedBack, BookedCharge, Delivery, PaymentState, Request, SandboxClient,
};

/// A place for a book, gone with the test.
pub struct Folder(PathBuf);

impl Folder {
    pub fn new() -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let name = format!("sandbox-{}-{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        fs::create_dir_all(&folder).unwrap();
        Self(folder)
    }

    pub fn book(&self) -> PathBuf {
        self.0.join("book.jsonl")
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        drop(fs::remove_dir_all(&self.0));
    }
}

/// A process.
pub struct Sandbox {
    child: Child,
    input: Option<ChildStdin>,
    pub port: u16,
    /// What it says of the book's last line.
    pub torn: u64,
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

pub fn command(book: &Path, options: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_prepaid-sandbox"));
    command.arg("--book").arg(book).args(options).stdin(Stdio::piped()).stdout(Stdio::piped());
    command
}

impl Sandbox {
    pub fn start(folder: &Folder, options: &[&str]) -> Self {
        // A port that has just been given up may still be somebody's for a moment.
        (0..50).find_map(|_| Self::try_start(folder, options)).unwrap()
    }

    fn try_start(folder: &Folder, options: &[&str]) -> Option<Self> {
        let mut child = command(&folder.book(), options).spawn().unwrap();
        let input = child.stdin.take();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let mut sandbox = Self { child, input, port: 0, torn: 0 };
        let Ok(ready) = serde_json::from_str::<serde_json::Value>(&line) else {
            thread::sleep(Duration::from_millis(100));
            return None;
        };
        sandbox.port = u16::try_from(ready["port"].as_u64().unwrap()).unwrap();
        sandbox.torn = ready["torn"].as_u64().unwrap();
        Some(sandbox)
    }

    /// Another process with the same book, on the same port.
    pub fn killed_and_started(self, folder: &Folder, options: &[&str]) -> Self {
        let port = self.port.to_string();
        drop(self); // kill -9
        let options = [options, &["--port", &port]].concat();
        Self::start(folder, &options)
    }

    pub fn client(&self) -> SandboxClient {
        SandboxClient::at(self.port)
    }

    pub fn close_input(&mut self) {
        self.input = None;
    }

    /// How it ended by itself.
    pub fn ended(mut self) -> ExitStatus {
        let began = Instant::now();
        while began.elapsed() < Duration::from_secs(5) {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status;
            }
            thread::sleep(Duration::from_millis(5));
        }
        panic!("it goes on");
    }
}

pub fn account(n: u128) -> AccountId {
    AccountId(uuid::Uuid::from_u128(n))
}

pub fn asked(key: &str, token: &str) -> Asked {
    Asked {
        key: key.into(),
        account: account(1),
        charge: ChargeNumber(1),
        amount: "20".parse().unwrap(),
        currency: "USD".parse().unwrap(),
        token: token.into(),
    }
}

pub fn charge(key: &str, token: &str) -> Request {
    Request::Charge(asked(key, token))
}

pub fn refund(key: &str, charge_key: &str, amount: &str) -> Request {
    Request::Refund(AskedBack {
        key: key.into(),
        refund: RefundNumber(1),
        charge_key: charge_key.into(),
        amount: amount.parse().unwrap(),
        currency: "USD".parse().unwrap(),
    })
}

pub fn look_up(key: &str) -> Request {
    Request::LookUp { key: key.into() }
}

pub fn cancel(key: &str) -> Request {
    Request::Cancel { key: key.into() }
}

pub fn advance(span: &str) -> Request {
    Request::Advance { span: span.parse().unwrap() }
}

/// A payment's state, as one word or two.
pub fn word(state: &PaymentState) -> String {
    match state {
        PaymentState::Pending {} => "pending".into(),
        PaymentState::ActionRequired {} => "action".into(),
        PaymentState::Succeeded { amount } => format!("took {amount}"),
        PaymentState::Failed { reason, .. } => reason.clone(),
        PaymentState::Cancelled {} => "cancelled".into(),
    }
}

/// What a sandbox says of a charge, or that it says nothing.
pub fn says(client: &SandboxClient, request: &Request) -> String {
    match client.ask(request) {
        Ok(Answer::Payment { state, .. }) => word(&state),
        Ok(Answer::Refund { state, .. }) => format!("{state:?}"),
        Ok(Answer::NotFound {}) => "not found".into(),
        Ok(Answer::Done {}) => "done".into(),
        Ok(Answer::Refused { reason }) => reason.to_string(),
        Ok(other) => panic!("{other:?}"),
        Err(_) => "nothing".into(),
    }
}

pub fn booked(client: &SandboxClient) -> Vec<BookedCharge> {
    let Ok(Answer::Book { charges }) = client.ask(&Request::Book {}) else { panic!("no book") };
    charges
}

pub fn events(client: &SandboxClient, after: u64) -> Vec<Delivery> {
    let Ok(Answer::Events { events }) = client.ask(&Request::Events { after }) else { panic!("no events") };
    events
}
