//! The process: it listens on this machine only, with a thread for every connection.
#![expect(clippy::disallowed_methods, reason = "a server listens and has threads")]

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;

use crate::card::Manner;
use crate::protocol::{Answer, Refusal, Request};
use crate::provider::{Provider, Reply};

/// The longest request: more than the longest texts that the account knows.
const LONGEST: u64 = 65_536;

/// A provider that listens.
///
/// ```
/// use prepaid_sandbox::{Answer, Provider, Request, SandboxClient, Server, Settings};
/// let file = std::env::temp_dir().join(format!("prepaid-sandbox-server-{}.jsonl", std::process::id()));
/// let server = Server::bind(Provider::open(&file, Settings::default())?, 0, 8)?;
/// let client = SandboxClient::at(server.port());
/// let running = std::thread::spawn(move || server.run());
/// assert_eq!(client.ask(&Request::Book {})?, Answer::Book { charges: Vec::new() });
/// client.ask(&Request::Stop {})?;
/// assert!(running.join().is_ok());
/// # std::fs::remove_file(file)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Server {
    listener: TcpListener,
    address: SocketAddr,
    provider: Arc<Provider>,
    /// How many connections at most.
    most: usize,
    stopping: Arc<AtomicBool>,
}

/// Stops a server; copies stop the same one.
#[derive(Debug, Clone)]
pub struct Stopper {
    address: SocketAddr,
    stopping: Arc<AtomicBool>,
}

impl Stopper {
    /// Stops it: nothing is written from now on.
    ///
    /// ```
    /// # use prepaid_sandbox::{Provider, Server, Settings};
    /// # let file = std::env::temp_dir().join(format!("prepaid-sandbox-stop-{}.jsonl", std::process::id()));
    /// let server = Server::bind(Provider::open(&file, Settings::default())?, 0, 8)?;
    /// server.stopper().stop();
    /// server.run(); // ends at once
    /// # std::fs::remove_file(file)?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn stop(&self) {
        self.stopping.store(true, Ordering::Release);
        // Whoever waits for a connection gets one, and looks up. If none can be made, there is nobody waiting.
        drop(TcpStream::connect(self.address));
    }
}

impl Server {
    /// Begins to listen on a port of 127.0.0.1, with 0 on any that is free, for at most so many connections at a time.
    ///
    /// # Errors
    /// When the port cannot be had.
    ///
    /// See [`Server`] for an example.
    pub fn bind(provider: Provider, port: u16, connections: usize) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port))?;
        let address = listener.local_addr()?;
        let (provider, stopping) = (Arc::new(provider), Arc::new(AtomicBool::new(false)));
        Ok(Self { listener, address, provider, most: connections.max(1), stopping })
    }

    /// Where it listens.
    ///
    /// See [`Server`] for an example.
    #[must_use]
    pub const fn port(&self) -> u16 {
        self.address.port()
    }

    /// What stops it.
    ///
    /// See [`Stopper::stop`] for an example.
    #[must_use]
    pub fn stopper(&self) -> Stopper {
        Stopper { address: self.address, stopping: Arc::clone(&self.stopping) }
    }

    /// Serves until it is stopped; what is being written then is finished first. Threads of connections that are still
    /// open end with the process, or when the other side closes them.
    ///
    /// See [`Server`] for an example.
    pub fn run(self) {
        let serving = Arc::new(AtomicUsize::new(0));
        for connection in self.listener.incoming() {
            if self.stopping.load(Ordering::Acquire) {
                break;
            }
            // A connection that ended before it was taken is nobody's any more.
            let Ok(connection) = connection else { continue };
            if serving.fetch_add(1, Ordering::AcqRel) >= self.most {
                serving.fetch_sub(1, Ordering::AcqRel);
                drop(send(&connection, &Answer::Refused { reason: Refusal::Busy }));
                continue;
            }
            let (provider, stopper) = (Arc::clone(&self.provider), self.stopper());
            let place = Place(Arc::clone(&serving));
            let served = thread::Builder::new().spawn(move || {
                // If it fails, the other side has gone.
                drop(serve(&provider, &stopper, &connection));
                drop(place);
            });
            // Where no thread is to be had, the connection is closed, and its place free again.
            drop(served);
        }
        self.provider.close();
    }
}

/// A place among the connections, given back also by a thread that panics.
struct Place(Arc<AtomicUsize>);

impl Drop for Place {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::AcqRel);
    }
}

fn serve(provider: &Provider, stopper: &Stopper, connection: &TcpStream) -> io::Result<()> {
    connection.set_nodelay(true)?;
    let mut reader = BufReader::new(connection);
    let mut line = Vec::new();
    loop {
        line.clear();
        (&mut reader).take(LONGEST).read_until(b'\n', &mut line)?;
        let Some(request) = line.strip_suffix(b"\n") else {
            // Either they have said all they had to say, or what they say has no end.
            return Ok(());
        };
        let request: Request = match serde_json::from_slice(request) {
            Ok(request) => request,
            Err(error) => {
                let reason = Refusal::Malformed(where_it_is_wrong(&error));
                send(connection, &Answer::Refused { reason })?;
                continue;
            }
        };
        let stop = request == Request::Stop {};
        let Reply { answer, manner } = provider.answer(request);
        let Some(answer) = answer else { return Ok(()) };
        match manner {
            Manner::Usual => send(connection, &answer)?,
            Manner::Lost => return Ok(()),
            Manner::Broken => {
                let text = serde_json::to_string(&answer)?;
                let mut connection = connection;
                let half = text.len() / 2;
                connection.write_all(text.as_bytes().get(..half).unwrap_or_default())?;
                return Ok(());
            }
            Manner::Slow(wait) => {
                thread::sleep(wait);
                send(connection, &answer)?;
            }
        }
        if stop {
            stopper.stop();
            return Ok(());
        }
    }
}

/// Where, not what: a request may hold what is nobody's business.
fn where_it_is_wrong(error: &serde_json::Error) -> String {
    let what = match error.classify() {
        serde_json::error::Category::Data => "a field is missing, unknown or wrong",
        serde_json::error::Category::Eof | serde_json::error::Category::Io => "the JSON ends too early",
        serde_json::error::Category::Syntax => "this is no JSON",
    };
    format!("{what} (column {})", error.column())
}

fn send(mut connection: &TcpStream, answer: &Answer) -> io::Result<()> {
    let mut line = serde_json::to_vec(answer)?;
    line.push(b'\n');
    connection.write_all(&line)
}
