//! One paid call: a hold, the work, its result on the disk, and then the bill; and what a repeat of it is answered.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use prepaid::{Action, Actor, CallId, Digest, Quote, RejectionTag};
use prepaid_runtime::{Answer, KeyOwner, ReadStore as _, RequestId, Submission};
use serde_json::Value;

use crate::errors::Failed;
use crate::metered::Echo;
use crate::{App, Idempotency};

/// What it costs, and the names under which it is repeated.
pub(crate) struct Call {
    pub(crate) of: KeyOwner,
    pub(crate) id: CallId,
    pub(crate) quote: Quote,
    pub(crate) request: Idempotency,
    pub(crate) content: Digest,
}

/// The calls that this process is at. Another process on the same store would not know them: two of them may do the work
/// of one call twice. It is billed once all the same.
#[derive(Debug, Default)]
pub(crate) struct UnderWay(Mutex<HashSet<CallId>>);

/// While this is there, somebody is at the call.
struct At<'a>(&'a UnderWay, CallId);

impl UnderWay {
    fn calls(&self) -> MutexGuard<'_, HashSet<CallId>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// None where somebody is at it.
    fn begin(&self, call: CallId) -> Option<At<'_>> {
        self.calls().insert(call).then(|| At(self, call))
    }
}

impl Drop for At<'_> {
    fn drop(&mut self) {
        self.0.calls().remove(&self.1);
    }
}

impl App {
    /// A hold, the work, and then a bill or a release. A repeat gets the same result, and finishes what was left undone.
    pub(crate) async fn serve(self: &Arc<Self>, call: Call, echo: Echo) -> Result<Value, Failed> {
        let _at = self.under_way.begin(call.id).ok_or_else(Failed::under_way)?;
        let admit =
            Action::AuthorizeCall { call: call.id, key: call.of.key, quote: call.quote.clone(), units: 1 };
        let repeated = self.ask(&call, admit, "admit").await?.repeated;
        if repeated && let Some(result) = self.kept(call.id).await? {
            // If we fell over before the bill, it is made now, and once.
            self.bill(&call).await?;
            return Ok(result);
        }
        if repeated && !self.may_still_be_billed(&call).await? {
            self.bill(&call).await?; // says that it is billed already, or else that it never was
            return Err(Failed::gone());
        }
        // It is new, or we fell over in the middle of it: the hold, or what it may still be billed for, is there.
        let done = self.work(call.id, echo).await;
        let ended = match &done {
            Ok(_) => self.bill(&call).await,
            Err(_) => self.ask(&call, Action::ReleaseCall { call: call.id }, "release").await,
        };
        ended?;
        done
    }

    /// The work, and its result on the disk: whoever pays can have it again. On a thread that may be busy and may wait.
    async fn work(self: &Arc<Self>, call: CallId, echo: Echo) -> Result<Value, Failed> {
        let app = Arc::clone(self);
        let working = tokio::task::spawn_blocking(move || {
            let result = echo.work()?;
            app.results.keep(call, &result).map_err(Failed::not_kept)?;
            Ok(result)
        });
        working.await.unwrap_or_else(|error| Err(Failed::not_kept(error)))
    }

    async fn kept(self: &Arc<Self>, call: CallId) -> Result<Option<Value>, Failed> {
        let app = Arc::clone(self);
        tokio::task::spawn_blocking(move || app.results.of(call)).await.map_err(Failed::lost)
    }

    /// Whether it is open, or its hold has expired and may be settled late (D6).
    async fn may_still_be_billed(self: &Arc<Self>, call: &Call) -> Result<bool, Failed> {
        let of = call.of.account;
        let account = self.read(move |store| store.account(of)).await?.account;
        let is_open = account.open_calls().any(|open| open.call == call.id);
        Ok(is_open || account.late_calls().any(|late| late.call == call.id))
    }

    /// Bills it, now or before: the settling is remembered as long as the admission is (K6).
    async fn bill(&self, call: &Call) -> Result<Answer, Failed> {
        let settled = self.ask(call, Action::SettleCall { call: call.id, amount: None }, "settle").await;
        // Where it is not open it was released, or its hold and the late window ran out.
        settled.map_err(
            |failed| {
                if failed.is(RejectionTag::CallNotOpen) { Failed::not_billed() } else { failed }
            },
        )
    }

    /// Sends a command of ours under the caller's request and the step of it; the answer comes when it is on the disk.
    async fn ask(&self, call: &Call, action: Action, step: &str) -> Result<Answer, Failed> {
        let Call { of, request, content, .. } = call;
        let id: RequestId = format!("{request} {step}").parse().map_err(Failed::lost)?;
        let submission = Submission::new(of.account, action.by(Actor::Gateway));
        Ok(self.runtime.submit(submission.with_request(id).with_content(*content))?.await?)
    }
}
