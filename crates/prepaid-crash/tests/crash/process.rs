//! Processes that are killed, at the latest when the test ends.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::thread;
use std::time::Duration;

use prepaid_crash::{Line, Load};

/// A process; it dies by `SIGKILL`.
struct Process(Child);

impl Drop for Process {
    fn drop(&mut self) {
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

fn start(arguments: &[&str]) -> (Process, BufReader<ChildStdout>) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_prepaid-crash"));
    // Its input stays open as long as it is wanted.
    command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let output = BufReader::new(child.stdout.take().unwrap());
    (Process(child), output)
}

/// The provider.
pub struct Provider {
    process: Option<Process>,
    pub port: u16,
}

impl Provider {
    /// On a port, or on any where it is 0.
    pub fn start(book: &Path, port: u16) -> Self {
        // A port that has just been given up may still be somebody's for a moment.
        (0..50).find_map(|_| Self::try_start(book, port)).unwrap()
    }

    fn try_start(book: &Path, port: u16) -> Option<Self> {
        let (process, mut output) = start(&["provider", book.to_str().unwrap(), &port.to_string()]);
        let mut line = String::new();
        output.read_line(&mut line).unwrap();
        let Ok(port) = line.trim().parse() else {
            thread::sleep(Duration::from_millis(100));
            return None;
        };
        Some(Self { process: Some(process), port })
    }

    pub fn kill(&mut self) {
        self.process = None;
    }

    pub const fn is_killed(&self) -> bool {
        self.process.is_none()
    }
}

/// The load.
pub struct Loading {
    process: Process,
    output: BufReader<ChildStdout>,
}

impl Loading {
    pub fn start(load: &Load) -> Self {
        let Load { store, port, seed, dealt_with } = load;
        let [port, seed, event] = [u64::from(*port), *seed, *dealt_with].map(|number| number.to_string());
        let (process, output) = start(&["load", store.to_str().unwrap(), &port, &seed, &event]);
        Self { process, output }
    }

    /// What it tells next. It tells more until it is killed.
    pub fn line(&mut self) -> Line {
        self.read().unwrap_or_else(|| panic!("the load has ended by itself: {:?}", self.process.0.wait()))
    }

    /// Kills it; what it had still told.
    pub fn killed(mut self) -> Vec<Line> {
        self.process.0.kill().unwrap();
        std::iter::from_fn(|| self.read()).collect()
    }

    /// A line without an end was not told.
    fn read(&mut self) -> Option<Line> {
        let mut line = String::new();
        self.output.read_line(&mut line).unwrap();
        line.ends_with('\n').then(|| serde_json::from_str(&line).unwrap())
    }
}
