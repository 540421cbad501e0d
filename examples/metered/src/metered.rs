//! The endpoint that costs something: who asks, what is asked, and what it costs.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::extract::rejection::JsonRejection;
use axum::http::{HeaderMap, StatusCode};
use prepaid::{CallId, Digest, Timestamp, Usage};
use prepaid_runtime::{Clock as _, KeyOwner, ReadStore as _, SystemClock, content_of};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::call::Call;
use crate::errors::Failed;
use crate::{App, body, id_of, idempotency, one_header};

/// One call must not take all the memory: these bound what comes back.
const LONGEST_TEXT: usize = 4_096;
const MOST_LINES: u16 = 1_000;

/// What is asked.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Echo {
    text: String,
    lines: u16,
}

/// `POST /v1/echo`: the key in `Authorization: Bearer`, the request's name in `Idempotency-Key`.
pub(crate) async fn echo(
    State(app): State<Arc<App>>,
    headers: HeaderMap,
    asked: Result<Json<Echo>, JsonRejection>,
) -> Result<Json<Value>, Failed> {
    let now = SystemClock::default().now().map_err(|error| Failed::later("clock", error))?;
    let of = app.authenticated(&headers, now).await?;
    let request = idempotency(&headers)?;
    let asked = body(asked)?;
    asked.within_bounds()?;
    let text = |text: &str| text.parse().map_err(Failed::lost);
    let quantities = [(text("lines")?, u64::from(asked.lines))].into();
    let usage = Usage { item: text("echo")?, quantities };
    let quote = app.prices.quote(&usage, now).map_err(|error| Failed::wrong(error.to_string()))?;
    // The account never takes a call's id twice, even when the request has long been forgotten (D5).
    let id = CallId(id_of(&("call", of.account, &request))?);
    // Who asked what, not what it costs: it is the same request also when the prices have changed meanwhile, and another
    // one when another key asks.
    let content = content_of(&(of.key, &asked)).map_err(Failed::lost)?;
    let call = Call { of, id, quote, request, content };
    // A task of its own: it comes to its end also when the caller hangs up.
    tokio::spawn(async move { app.serve(call, asked).await }).await.map_err(Failed::lost)?.map(Json)
}

impl App {
    /// Which account and key ask. The account is asked first, before anything is served: the runtime answers a repeated
    /// request from memory, also when its key has been revoked meanwhile (C5, K6).
    async fn authenticated(
        self: &Arc<Self>,
        headers: &HeaderMap,
        now: Timestamp,
    ) -> Result<KeyOwner, Failed> {
        let said = one_header(headers, "Authorization")?.and_then(|said| said.split_once(' '));
        let key = said.filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer")).map(|(_, key)| key.trim());
        let key = key.ok_or_else(|| Failed::unknown("header Authorization must be: Bearer and a key"))?;
        // A mistyped key is refused without a look-up; what is looked up is a digest, and the key itself goes nowhere.
        let record = self.keys.parse(key).map_err(|error| Failed::unknown(error.to_string()))?;
        let digest = Digest(record.digest.to_bytes());
        let known = self.read(move |store| {
            let Some(owner) = store.key_owner(&digest)? else { return Ok(None) };
            Ok(Some((owner, store.account(owner.account)?.account)))
        });
        let (owner, account) = known.await?.ok_or_else(|| Failed::unknown("unknown key"))?;
        account.authenticate(&digest, now)?;
        Ok(owner)
    }
}

impl Echo {
    fn within_bounds(&self) -> Result<(), Failed> {
        let refused = |said: String| Err(Failed::wrong(said));
        if self.text.len() > LONGEST_TEXT {
            let found = self.text.len();
            return refused(format!("field text has {found} bytes: at most {LONGEST_TEXT} are taken"));
        }
        if self.lines > MOST_LINES {
            return refused(format!("field lines is {}: at most {MOST_LINES}", self.lines));
        }
        Ok(())
    }

    /// What is sold here: the text, so many times.
    pub(crate) fn work(&self) -> Result<Value, Failed> {
        if self.text.trim().is_empty() {
            let message = "there is nothing to echo; nothing was billed";
            return Err(Failed::new(StatusCode::UNPROCESSABLE_ENTITY, "work_failed", message));
        }
        let lines: Vec<&str> = (0..self.lines).map(|_| self.text.as_str()).collect();
        Ok(json!({ "lines": lines }))
    }
}
