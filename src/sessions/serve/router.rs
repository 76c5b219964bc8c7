//! The paths that are answered: `/`, the page; `/sessions`, the stream; `/setup`, whether the hooks are installed.

use std::sync::Arc;

use axum::Router;
use axum::http::StatusCode;
use axum::middleware::from_fn;
use axum::response::Response;
use axum::routing::any;

use super::feed::Feed;
use super::http::refusal::refuse_request;
use super::http::{page, request_policy};
use super::setup::SetupReading;
use super::stream::read_stream;

/// Returns the handlers of all paths, behind the request policy.
pub fn router(feed: Arc<Feed>, setup: SetupReading) -> Router {
    Router::new()
        // The request policy decides which methods are allowed.
        .route("/", any(page::show_page))
        .route("/sessions", any(read_stream))
        .route("/setup", any(async move || setup.answer()))
        .fallback(answer_not_found)
        .layer(from_fn(request_policy::enforce_policy))
        .with_state(feed)
}

async fn answer_not_found() -> Response {
    refuse_request(StatusCode::NOT_FOUND, "not found: this server has only /, /sessions and /setup")
}
