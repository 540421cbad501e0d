//! A small HTTP service that is paid for by prepaid credit, to copy from: `POST /v1/echo` is metered, and the endpoints
//! under `/account` are an owner's way to a key that works.
//!
//! What it shows: a hold before the work, settled when the work is done and released when it fails; the header
//! `Idempotency-Key` as the request's id, so that a repeated request is not billed twice; what a refusal means in HTTP;
//! keys of which only a digest is kept; and a store that another start goes on with. [How to run it](../README.md).

mod call;
mod errors;
mod metered;
mod owner;
mod results;

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use axum::extract::Request;
use axum::http::HeaderMap;
use axum::middleware::{self, Next};
use axum::response::Response;
use axum::routing::{delete, get, post, put};
use axum::{Router, extract::rejection::JsonRejection};
use prepaid::{AccountId, Action, Effect, Policy, PriceList, Text};
use prepaid_key::KeyFormat;
use prepaid_runtime::{Gateway, GatewayError, Handle, Refused, StoreError, content_of};
use prepaid_sandbox::SandboxClient;
use prepaid_sqlite::SqliteReader;
use serde::Serialize;
use uuid::Uuid;

use crate::call::UnderWay;
use crate::errors::Failed;
use crate::results::Results;

/// The caller's name for a request: short enough that what we add to it is still a request's id.
type Idempotency = Text<100>;

/// What every handler has.
#[derive(Debug)]
pub struct App {
    runtime: Handle,
    reader: Mutex<SqliteReader>,
    policy: Policy,
    prices: PriceList,
    keys: KeyFormat,
    results: Results,
    under_way: UnderWay,
}

impl App {
    /// The service over a running loop, with a reader of the same store and a folder for the results of calls.
    #[must_use]
    pub fn new(
        runtime: Handle,
        reader: SqliteReader,
        policy: Policy,
        prices: PriceList,
        keys: KeyFormat,
        results: &Path,
    ) -> Self {
        Self {
            runtime,
            reader: Mutex::new(reader),
            policy,
            prices,
            keys,
            results: Results::in_folder(results),
            under_way: UnderWay::default(),
        }
    }

    /// Its endpoints.
    pub fn router(self) -> Router {
        Router::new()
            .route("/v1/echo", post(metered::echo))
            .route("/account", post(owner::sign_up).get(owner::show))
            .route("/account/card", put(owner::link_card))
            .route("/account/keys", post(owner::create_key))
            .route("/account/keys/{key}", delete(owner::revoke_key))
            .route("/health", get(|| async { "ok" }))
            .layer(middleware::from_fn(log))
            .with_state(Arc::new(self))
    }

    /// Reads from the store, on a thread that may wait for the disk.
    async fn read<T: Send + 'static>(
        self: &Arc<Self>,
        read: impl FnOnce(&mut SqliteReader) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, Failed> {
        let app = Arc::clone(self);
        let reading = tokio::task::spawn_blocking(move || {
            read(&mut app.reader.lock().unwrap_or_else(PoisonError::into_inner))
        });
        Ok(reading.await.map_err(Failed::lost)??)
    }
}

/// One line a request. Its headers, which hold the key, are nobody's business here.
async fn log(request: Request, next: Next) -> Response {
    let (method, path) = (request.method().clone(), request.uri().path().to_owned());
    let response = next.run(request).await;
    eprintln!("{method} {path} {}", response.status().as_u16());
    response
}

/// The sandbox as the payment provider; what an account refuses of its results is noted for somebody to look at.
#[derive(Debug)]
pub struct Provider(pub SandboxClient);

impl Gateway for Provider {
    fn perform(&self, account: AccountId, effect: &Effect) -> Result<Vec<Action>, GatewayError> {
        self.0.perform(account, effect)
    }

    fn refused(&self, account: AccountId, result: &Action, refused: &Refused) {
        eprintln!("account {account} refuses the provider's {}: {refused}", result.tag());
    }
}

/// The same parts always make the same id, so that a repeated request names the same call, or the same key.
fn id_of(parts: &impl Serialize) -> Result<Uuid, Failed> {
    let digest = content_of(parts).map_err(Failed::lost)?.0;
    let mut bytes = [0; 16];
    bytes.iter_mut().zip(digest).for_each(|(byte, of)| *byte = of);
    Ok(uuid::Builder::from_custom_bytes(bytes).into_uuid())
}

/// Without a name for the request, nobody could tell a repeat from a second one.
fn idempotency(headers: &HeaderMap) -> Result<Idempotency, Failed> {
    let said = one_header(headers, "Idempotency-Key")?.unwrap_or_default();
    said.parse()
        .map_err(|error| Failed::wrong(format!("header Idempotency-Key {error}: must name this request")))
}

/// A header that means something only where it is there once.
fn one_header<'a>(headers: &'a HeaderMap, name: &str) -> Result<Option<&'a str>, Failed> {
    let mut said = headers.get_all(name).iter();
    let first = said.next().and_then(|value| value.to_str().ok());
    if said.next().is_some() {
        return Err(Failed::wrong(format!("header {name} must be there once")));
    }
    Ok(first)
}

/// The body, or what is wrong with it.
fn body<T>(read: Result<axum::Json<T>, JsonRejection>) -> Result<T, Failed> {
    read.map(|axum::Json(body)| body).map_err(|rejection| Failed::wrong(rejection.body_text()))
}

/// The examples of the guide to embedding are run as tests, here where all the crates are at hand.
#[cfg(doctest)]
#[doc = include_str!("../../../docs/embedding.md")]
struct Embedding;
