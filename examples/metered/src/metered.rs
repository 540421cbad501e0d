//! The endpoint that costs something.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::extract::rejection::JsonRejection;
use axum::http::{HeaderMap, StatusCode, header};
use prepaid::{AccountId, Action, Actor, CallId, Digest, Quote, Usage};
use prepaid_runtime::{
    Answer, Clock as _, KeyOwner, ReadStore as _, RequestId, Submission, SystemClock, content_of,
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::errors::Failed;
use crate::{App, Idempotency, body, id_of, idempotency};

/// What is asked.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Echo {
    text: String,
    lines: u16,
}

/// One call: what it costs, and the names under which it is repeated.
struct Call {
    of: KeyOwner,
    id: CallId,
    quote: Quote,
    request: Idempotency,
    content: Digest,
}

/// `POST /v1/echo`: the key in `Authorization: Bearer`, the request's name in `Idempotency-Key`.
pub(crate) async fn echo(
    State(app): State<Arc<App>>,
    headers: HeaderMap,
    asked: Result<Json<Echo>, JsonRejection>,
) -> Result<Json<Value>, Failed> {
    let of = app.key_owner(&headers).await?;
    let request = idempotency(&headers)?;
    let asked = body(asked)?;
    let now = SystemClock::default().now().map_err(|error| Failed::later("clock", error))?;
    let text = |text: &str| text.parse().map_err(Failed::lost);
    let quantities = [(text("lines")?, u64::from(asked.lines))].into();
    let usage = Usage { item: text("echo")?, quantities };
    let quote = app.prices.quote(&usage, now).map_err(|error| Failed::wrong(error.to_string()))?;
    // The account never takes a call's id twice, even when the request has long been forgotten (D5).
    let id = CallId(id_of(&("call", of.account, &request))?);
    // What was asked, not what it costs: it is the same request also when the prices have changed meanwhile.
    let content = content_of(&asked).map_err(Failed::lost)?;
    let call = Call { of, id, quote, request, content };
    // A task of its own: it comes to its end also when the caller hangs up.
    tokio::spawn(async move { app.serve(call, &asked).await }).await.map_err(Failed::lost)?.map(Json)
}

impl App {
    /// Which account and key ask; whether the key works, the account says when the call is admitted.
    async fn key_owner(self: &Arc<Self>, headers: &HeaderMap) -> Result<KeyOwner, Failed> {
        let said = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
        let key = said.and_then(|said| said.strip_prefix("Bearer "));
        let key = key.ok_or_else(|| Failed::unknown("header Authorization must be: Bearer and a key"))?;
        // A mistyped key is refused without a look-up; what is looked up is a digest, and the key itself goes nowhere.
        let record = self.keys.parse(key).map_err(|error| Failed::unknown(error.to_string()))?;
        let digest = Digest(record.digest.to_bytes());
        let owner = self.read(move |store| store.key_owner(&digest)).await?;
        owner.ok_or_else(|| Failed::unknown("unknown key"))
    }

    /// A hold, the work, and then a bill or a release.
    async fn serve(&self, call: Call, echo: &Echo) -> Result<Value, Failed> {
        let Call { of, id: call, quote, request, content } = call;
        let admit = Action::AuthorizeCall { call, key: of.key, quote, units: 1 };
        if self.ask(of.account, admit, &request, "admit", content).await?.repeated {
            // The work was done before, or begun. If we fell over before the bill, it is made now, and once.
            let kept = self.results.of(call).map_err(|error| Failed::later("results", error))?;
            let result = kept.ok_or_else(|| {
                let message = "this request was made before and has no result: it is under way, or failed and was not \
                               billed; ask for another under another Idempotency-Key";
                Failed::new(StatusCode::CONFLICT, "no_result", message)
            })?;
            self.bill(of.account, call, &request, content).await?;
            return Ok(result);
        }
        let done = work(echo).and_then(|result| {
            // Kept before it is billed: whoever paid can have it again.
            let kept = self.results.keep(call, &result);
            kept.map(|()| result).map_err(|error| Failed::later("results", error))
        });
        match done {
            Ok(result) => {
                self.bill(of.account, call, &request, content).await?;
                Ok(result)
            }
            Err(failed) => {
                self.ask(of.account, Action::ReleaseCall { call }, &request, "release", content).await?;
                Err(failed)
            }
        }
    }

    async fn bill(
        &self,
        account: AccountId,
        call: CallId,
        request: &Idempotency,
        content: Digest,
    ) -> Result<Answer, Failed> {
        self.ask(account, Action::SettleCall { call, amount: None }, request, "settle", content).await
    }

    /// Sends a command of ours under the caller's request and the step of it; the answer comes when it is on the disk.
    async fn ask(
        &self,
        account: AccountId,
        action: Action,
        request: &Idempotency,
        step: &str,
        content: Digest,
    ) -> Result<Answer, Failed> {
        let id: RequestId = format!("{request} {step}").parse().map_err(Failed::lost)?;
        let submission = Submission::new(account, action.by(Actor::Gateway));
        let submission = submission.with_request(id).with_content(content);
        Ok(self.runtime.submit(submission)?.await?)
    }
}

/// What is sold here: the text, so many times.
fn work(echo: &Echo) -> Result<Value, Failed> {
    if echo.text.trim().is_empty() {
        let message = "there is nothing to echo; nothing was billed";
        return Err(Failed::new(StatusCode::UNPROCESSABLE_ENTITY, "work_failed", message));
    }
    let lines: Vec<&str> = (0..echo.lines).map(|_| echo.text.as_str()).collect();
    Ok(json!({ "lines": lines }))
}
