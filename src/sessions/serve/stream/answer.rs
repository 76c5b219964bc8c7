//! Answers with the headers of the protocol.

use std::time::SystemTime;

use axum::body::Body;
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse as _, Response};

use super::{cursor, offset};
use crate::serve::feed::Feed;

/// An answer that has its headers, but no body yet.
pub struct StreamAnswer(Response);

impl StreamAnswer {
    /// Begins an answer with the headers that every answer has. `tail` is the position where the client's next read begins.
    pub fn new(feed: &Feed, status: StatusCode, tail: u64) -> Self {
        let answer =
            Self(status.into_response()).with_header("stream-next-offset", &offset::format_offset(feed.run_id(), tail));
        if status == StatusCode::NO_CONTENT { answer } else { answer.with_header("content-type", "application/json") }
    }

    /// Adds a header. A value that no header can have is left out.
    pub fn with_header(mut self, name: &'static str, value: &str) -> Self {
        if let Ok(value) = HeaderValue::from_str(value) {
            self.0.headers_mut().insert(name, value);
        }
        self
    }

    /// Adds the headers that say that after this answer the client has everything. Every read is answered to the end of
    /// the stream, so this is true of every read.
    pub fn mark_up_to_date(self, client_cursor: Option<&str>) -> Self {
        let cursor = cursor::next_cursor(SystemTime::now(), client_cursor);
        self.with_header("stream-up-to-date", "true").with_header("stream-cursor", &cursor)
    }

    /// Ends the answer with its body.
    pub fn with_body(mut self, body: impl Into<Body>) -> Response {
        *self.0.body_mut() = body.into();
        self.0
    }
}
