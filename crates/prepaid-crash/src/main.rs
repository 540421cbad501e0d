//! What the crash test starts and kills: `load STORE PORT SEED EVENT`, or `provider BOOK PORT`.
#![expect(clippy::disallowed_methods, reason = "a program has arguments, an input and threads")]

use std::io::{self, Read, Write};
use std::thread;

use prepaid_crash::Load;
use prepaid_sandbox::{Provider, Server, Settings};

fn main() -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    // Whoever started this has gone: nothing of it may stay.
    thread::spawn(|| {
        drop(io::stdin().read_to_end(&mut Vec::new()));
        std::process::abort();
    });
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments.as_slice() {
        ["load", store, port, seed, event] => {
            Load { store: store.into(), port: port.parse()?, seed: seed.parse()?, dealt_with: event.parse()? }
                .run()
        }
        ["provider", book, port] => {
            let provider = Provider::open(book.as_ref(), Settings::default())?;
            let server = Server::bind(provider, port.parse()?, 64)?;
            let mut output = io::stdout().lock();
            writeln!(output, "{}", server.port())?;
            output.flush()?;
            drop(output);
            server.run();
            Ok(())
        }
        _ => Err("load STORE PORT SEED EVENT, or provider BOOK PORT".into()),
    }
}
