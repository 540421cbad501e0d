//! What a refusal means in HTTP: a status, and a body that names its type and says it in a sentence.

use std::fmt::Display;

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use prepaid::{KeyRefusal, Rejection, RejectionClass, RejectionTag};
use prepaid_runtime::{Refused, StoreError};
use serde_json::json;

/// Why a request was not done.
#[derive(Debug)]
pub(crate) struct Failed {
    status: StatusCode,
    kind: &'static str,
    message: String,
    /// Whether the same request may succeed later by itself.
    is_retryable: bool,
    /// Whether that is a matter of moments.
    is_soon: bool,
}

impl Failed {
    pub(crate) fn new(status: StatusCode, kind: &'static str, message: impl Into<String>) -> Self {
        Self { status, kind, message: message.into(), is_retryable: false, is_soon: false }
    }

    /// The request itself is wrong.
    pub(crate) fn wrong(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "invalid_request", message)
    }

    /// Whoever asks is not known.
    pub(crate) fn unknown(message: impl Into<String>) -> Self {
        Self::new(StatusCode::UNAUTHORIZED, "unauthorized", message)
    }

    /// Our own fault: told to us in full, to the caller in general.
    pub(crate) fn lost(error: impl Display) -> Self {
        eprintln!("internal error: {error}");
        Self::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "internal",
            "something is wrong here, and has been noted",
        )
    }

    /// It could not be done now; the same request under the same Idempotency-Key may be.
    pub(crate) fn later(kind: &'static str, error: impl Display) -> Self {
        eprintln!("{kind}: {error}");
        let message = "this cannot be done now: ask again under the same Idempotency-Key";
        let failed = Self::new(StatusCode::SERVICE_UNAVAILABLE, kind, message);
        Self { is_retryable: true, is_soon: true, ..failed }
    }

    /// Somebody is at this very call.
    pub(crate) fn under_way() -> Self {
        let message = "this request is under way: ask again under the same Idempotency-Key";
        let failed = Self::new(StatusCode::CONFLICT, "under_way", message);
        Self { is_retryable: true, is_soon: true, ..failed }
    }

    /// It was done and paid, long ago.
    pub(crate) fn gone() -> Self {
        let message = "this request was billed, and its result is no longer kept";
        Self::new(StatusCode::GONE, "result_gone", message)
    }

    /// It ended without a bill.
    pub(crate) fn not_billed() -> Self {
        let message = "this request failed, and was not billed: ask again under another Idempotency-Key";
        Self::new(StatusCode::CONFLICT, "not_billed", message)
    }

    /// Our own fault, and the hold is released: nobody pays for what they could not have again.
    pub(crate) fn not_kept(error: impl Display) -> Self {
        eprintln!("no result: {error}");
        let message = "this failed here, and nothing was billed: ask again under another Idempotency-Key";
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "not_kept", message)
    }

    /// Whether the account refused it so.
    pub(crate) fn is(&self, tag: RejectionTag) -> bool {
        self.kind == tag.as_str()
    }
}

impl From<Refused> for Failed {
    fn from(refused: Refused) -> Self {
        let conflict = |kind, refused: &Refused| Self::new(StatusCode::CONFLICT, kind, refused.to_string());
        match refused {
            Refused::Rejected(rejection) => rejection.into(),
            Refused::RequestConflict { .. } => conflict("request_conflict", &refused),
            Refused::CallConflict { .. } => conflict("call_conflict", &refused),
            Refused::GrantConflict { .. } => conflict("grant_conflict", &refused),
            Refused::KeyConflict => conflict("key_conflict", &refused),
            Refused::Busy => Self::later("busy", refused),
            Refused::ShutDown => Self::later("shut_down", refused),
            Refused::Clock(error) => Self::later("clock", error),
            Refused::Unknown(error) => Self::later("outcome_unknown", error),
            Refused::Store(error) => error.into(),
        }
    }
}

impl From<StoreError> for Failed {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Held | StoreError::Full | StoreError::ReadOnly | StoreError::Other(_) => {
                Self::later("store", error)
            }
            // It does not get better by itself.
            StoreError::Damaged(_) | StoreError::Newer { .. } => Self::lost(error),
        }
    }
}

impl From<Rejection> for Failed {
    fn from(rejection: Rejection) -> Self {
        let tag = rejection.tag();
        let is_of_key =
            [RejectionTag::KeyInactive, RejectionTag::KeyRevoked, RejectionTag::KeyExpired].contains(&tag);
        let status = match rejection.class() {
            RejectionClass::Forbidden if is_of_key => StatusCode::UNAUTHORIZED,
            RejectionClass::Forbidden => StatusCode::FORBIDDEN,
            RejectionClass::Invalid => StatusCode::BAD_REQUEST,
            RejectionClass::NotFound => StatusCode::NOT_FOUND,
            RejectionClass::Conflict => StatusCode::CONFLICT,
            RejectionClass::PaymentRequired => StatusCode::PAYMENT_REQUIRED,
            // The number of keys is no rate: waiting does not help.
            RejectionClass::Limited if tag == RejectionTag::TooManyKeys => StatusCode::FORBIDDEN,
            RejectionClass::Limited => StatusCode::TOO_MANY_REQUESTS,
            RejectionClass::Defect => return Self::lost(rejection),
        };
        let is_retryable = rejection.is_retryable();
        let is_soon = is_retryable && status == StatusCode::TOO_MANY_REQUESTS;
        Self { is_retryable, is_soon, ..Self::new(status, tag.as_str(), rejection.to_string()) }
    }
}

impl From<KeyRefusal> for Failed {
    fn from(refusal: KeyRefusal) -> Self {
        let tag = match refusal {
            KeyRefusal::Unknown => return Self::unknown(refusal.to_string()),
            KeyRefusal::Inactive => RejectionTag::KeyInactive,
            KeyRefusal::Revoked => RejectionTag::KeyRevoked,
            KeyRefusal::Expired { .. } => RejectionTag::KeyExpired,
        };
        let is_retryable = refusal == KeyRefusal::Inactive;
        Self { is_retryable, ..Self::new(StatusCode::UNAUTHORIZED, tag.as_str(), refusal.to_string()) }
    }
}

impl IntoResponse for Failed {
    fn into_response(self) -> Response {
        let Self { status, kind, message, is_retryable, is_soon } = self;
        let error = json!({ "type": kind, "message": message, "retryable": is_retryable });
        let mut response = (status, Json(json!({ "error": error }))).into_response();
        if is_soon {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("1"));
        }
        response
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_passes_by_itself_is_said_so_and_what_does_not_is_not() {
        let answer = |failed: Failed| {
            let response = failed.into_response();
            (response.status().as_u16(), response.headers().contains_key(header::RETRY_AFTER))
        };
        let of = |refused: Refused| answer(refused.into());
        let in_flight = |units| Rejection::TooManyInFlight { units, taken: 10, bound: 10 };
        assert_eq!(of(Refused::Busy), (503, true));
        assert_eq!(of(Refused::Store(StoreError::Full)), (503, true));
        assert_eq!(of(Refused::Unknown(StoreError::Held)), (503, true));
        assert_eq!(of(Refused::Store(StoreError::Damaged("a row".into()))), (500, false));
        assert_eq!(of(Refused::KeyConflict), (409, false));
        assert_eq!(of(Refused::Rejected(in_flight(1))), (429, true));
        assert_eq!(of(Refused::Rejected(in_flight(11))), (429, false), "it never fits");
        assert_eq!(of(Refused::Rejected(Rejection::TooManyKeys { bound: 100 })), (403, false));
        assert_eq!(answer(Failed::under_way()), (409, true));
        assert_eq!(answer(Failed::not_billed()), (409, false));
        assert_eq!(answer(Failed::not_kept("no room")), (500, false));
        assert_eq!(answer(KeyRefusal::Revoked.into()), (401, false));
    }
}
