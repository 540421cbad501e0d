//! What a refusal means in HTTP: a status, and a body that names its type and says it in a sentence.

use std::fmt::Display;

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use prepaid::{Rejection, RejectionClass, RejectionTag};
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
}

impl Failed {
    pub(crate) fn new(status: StatusCode, kind: &'static str, message: impl Into<String>) -> Self {
        Self { status, kind, message: message.into(), is_retryable: false }
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
        Self { is_retryable: true, ..Self::new(StatusCode::SERVICE_UNAVAILABLE, kind, message) }
    }
}

impl From<Refused> for Failed {
    fn from(refused: Refused) -> Self {
        let conflict = |kind, refused: &Refused| Self::new(StatusCode::CONFLICT, kind, refused.to_string());
        match refused {
            Refused::Rejected(rejection) => rejection.into(),
            Refused::RequestConflict { .. } => conflict("request_conflict", &refused),
            Refused::CallConflict { .. } => conflict("call_conflict", &refused),
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
        Self { is_retryable, ..Self::new(status, tag.as_str(), rejection.to_string()) }
    }
}

impl IntoResponse for Failed {
    fn into_response(self) -> Response {
        let Self { status, kind, message, is_retryable } = self;
        let error = json!({ "type": kind, "message": message, "retryable": is_retryable });
        let mut response = (status, Json(json!({ "error": error }))).into_response();
        let is_soon = [StatusCode::SERVICE_UNAVAILABLE, StatusCode::TOO_MANY_REQUESTS].contains(&status);
        if is_retryable && is_soon {
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
        let of = |refused: Refused| {
            let response = Failed::from(refused).into_response();
            (response.status().as_u16(), response.headers().contains_key(header::RETRY_AFTER))
        };
        let in_flight = |units| Rejection::TooManyInFlight { units, taken: 10, bound: 10 };
        assert_eq!(of(Refused::Busy), (503, true));
        assert_eq!(of(Refused::Store(StoreError::Full)), (503, true));
        assert_eq!(of(Refused::Unknown(StoreError::Held)), (503, true));
        assert_eq!(of(Refused::Store(StoreError::Damaged("a row".into()))), (500, false));
        assert_eq!(of(Refused::KeyConflict), (409, false));
        assert_eq!(of(Refused::Rejected(in_flight(1))), (429, true));
        assert_eq!(of(Refused::Rejected(in_flight(11))), (429, false), "it never fits");
        assert_eq!(of(Refused::Rejected(Rejection::TooManyKeys { bound: 100 })), (403, false));
    }
}
