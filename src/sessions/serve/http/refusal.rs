//! The answer to a request that is refused.

use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};

/// Returns an answer with this status, whose body is the reason in one line of text.
pub fn refuse_request(status: StatusCode, reason: &'static str) -> Response {
    (status, format!("{reason}\n")).into_response()
}
