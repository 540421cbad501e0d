//! Starts the service, and ends it cleanly: what is being answered is answered, what is owed is kept for the next start.
#![expect(clippy::disallowed_methods, reason = "a program has files and folders; the core has none")]

use std::error::Error;
use std::fs;
use std::net::Ipv4Addr;
use std::path::PathBuf;

use clap::Parser;
use metered_example::{App, Provider};
use prepaid::{Policy, PriceList};
use prepaid_key::KeyFormat;
use prepaid_runtime::{Options, Runtime, SystemClock};
use prepaid_sandbox::SandboxClient;
use prepaid_sqlite::SqliteStore;

/// A small HTTP service that is paid for by prepaid credit.
#[derive(Debug, Parser)]
struct Arguments {
    /// Where the store and the results of calls are kept.
    #[arg(long)]
    data: PathBuf,
    /// What calls cost, as TOML.
    #[arg(long)]
    prices: PathBuf,
    /// The port of the payment provider, a `prepaid-sandbox` on this machine.
    #[arg(long)]
    provider: u16,
    /// The port to listen on, on this machine only; 0 for any that is free.
    #[arg(long, default_value_t = 0)]
    port: u16,
}

fn main() -> Result<(), Box<dyn Error>> {
    let Arguments { data, prices, provider, port } = Arguments::parse();
    let prices = PriceList::new(toml::from_str(&fs::read_to_string(prices)?)?)?;
    let policy = Policy::default();
    fs::create_dir_all(&data)?;
    let file = data.join("accounts.db");
    let store = SqliteStore::open(&file)?;
    let reader = SqliteStore::open_reader(&file)?;
    let clock = SystemClock::default();
    let provider = Provider(SandboxClient::at(provider));
    let runtime = Runtime::start(store, provider, policy.clone(), clock, Options::default())?;
    let keys = KeyFormat::new("demo")?;
    let app = App::new(runtime.handle(), reader, policy, prices, keys, &data.join("results"));
    let threads = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    threads.block_on(async {
        let listener = tokio::net::TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await?;
        println!("{{\"port\":{}}}", listener.local_addr()?.port());
        axum::serve(listener, app.router()).with_graceful_shutdown(ended()).await
    })?;
    // Calls whose callers hung up may be cut off here: a repeat bills them, or their holds end by themselves.
    drop(threads);
    runtime.shut_down();
    eprintln!("ended");
    Ok(())
}

/// Until Ctrl-C or, as services are ended, SIGTERM; for ever where nobody could tell.
async fn ended() {
    let told = tokio::select! {
        told = tokio::signal::ctrl_c() => told,
        told = terminated() => told,
    };
    if let Err(error) = told {
        eprintln!("cannot wait for a signal: {error}");
        std::future::pending::<()>().await;
    }
}

#[cfg(unix)]
async fn terminated() -> std::io::Result<()> {
    use tokio::signal::unix::{SignalKind, signal};
    signal(SignalKind::terminate())?.recv().await;
    Ok(())
}

#[cfg(not(unix))]
async fn terminated() -> std::io::Result<()> {
    std::future::pending().await
}
