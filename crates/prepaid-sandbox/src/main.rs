//! `prepaid-sandbox`: a payment provider for tests, until a `stop` request, or until its standard input closes.
#![expect(clippy::disallowed_methods, reason = "a program has arguments, an input and threads")]

use std::io::{self, Read, Write};
use std::path::PathBuf;
use std::process::ExitCode;
use std::thread;

use prepaid_sandbox::{Provider, Server, Settings, Stopper};

const HELP: &str = "\
A payment provider for tests, on 127.0.0.1: one JSON object a line, a request and then its answer.

Usage: prepaid-sandbox --book FILE [--memory SPAN] [--late SPAN] [--port PORT] [--connections COUNT] [--stay]

  --book FILE          where everything is written before it is answered; begun where there is none
  --memory SPAN        how long idempotency keys are remembered [24h]
  --late SPAN          how late is what comes late, where nobody asks for it three times [1m]
  --port PORT          0 for any that is free [0]
  --connections COUNT  how many at a time [64]
  --stay               go on when the standard input closes

It prints {\"port\":PORT,\"torn\":BYTES} once it listens: BYTES of an unfinished last line of the book were dropped.
Exit status: 0 stopped, 1 the book or the port cannot be used, 2 the options are wrong.
";

struct Options {
    book: PathBuf,
    settings: Settings,
    port: u16,
    connections: usize,
    stay: bool,
}

fn main() -> ExitCode {
    let options = match options(std::env::args().skip(1)) {
        Ok(Some(options)) => options,
        Ok(None) => {
            // Whoever closed the pipe has read enough.
            drop(io::stdout().write_all(HELP.as_bytes()));
            return ExitCode::SUCCESS;
        }
        Err(wrong) => {
            eprintln!("{wrong}\n\n{HELP}");
            return ExitCode::from(2);
        }
    };
    match run(&options) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn run(options: &Options) -> Result<(), Box<dyn std::error::Error>> {
    let provider = Provider::open(&options.book, options.settings)?;
    let torn = provider.torn();
    if torn > 0 {
        eprintln!("the last line of the book was not finished: {torn} bytes were dropped");
    }
    let server = Server::bind(provider, options.port, options.connections)?;
    let mut output = io::stdout().lock();
    writeln!(output, "{{\"port\":{},\"torn\":{torn}}}", server.port())?;
    output.flush()?;
    drop(output);
    if !options.stay {
        let stopper = server.stopper();
        thread::spawn(move || stop_with_input(&stopper));
    }
    server.run();
    Ok(())
}

/// Whoever started this has gone, or wants it to go.
fn stop_with_input(stopper: &Stopper) {
    let (mut input, mut some) = (io::stdin().lock(), [0; 256]);
    loop {
        match input.read(&mut some) {
            Ok(0) => break,
            Ok(_) => {}
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(_) => break,
        }
    }
    stopper.stop();
}

/// The options; none where help is asked for.
fn options(mut given: impl Iterator<Item = String>) -> Result<Option<Options>, String> {
    let (mut book, mut settings, mut port, mut connections, mut stay) =
        (None, Settings::default(), 0, 64, false);
    while let Some(name) = given.next() {
        match name.as_str() {
            "--help" | "-h" => return Ok(None),
            "--stay" => {
                stay = true;
                continue;
            }
            "--book" | "--memory" | "--late" | "--port" | "--connections" => {}
            _ => return Err(format!("{name:?} is no option")),
        }
        let value = given.next().ok_or_else(|| format!("{name} needs a value"))?;
        let wrong = |why: &dyn std::fmt::Display| format!("{name} {value:?}: {why}");
        match name.as_str() {
            "--book" => book = Some(PathBuf::from(&value)),
            "--memory" => settings.memory = value.parse().map_err(|error| wrong(&error))?,
            "--late" => settings.late = value.parse().map_err(|error| wrong(&error))?,
            "--port" => port = value.parse().map_err(|error| wrong(&error))?,
            _ => connections = value.parse().map_err(|error| wrong(&error))?,
        }
    }
    let book = book.ok_or("--book FILE is needed")?;
    Ok(Some(Options { book, settings, port, connections, stay }))
}
