//! `/sessions`: the read side of the Durable Streams protocol, in JSON mode.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use axum::body::Body;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use futures_util::stream;
use serde::Deserialize;
use tokio::time::{Instant, timeout_at};

use super::batch_text::BatchText;
use super::event_log::StartPosition;
use super::feed::{Batch, Feed};
use super::offset::{self, Offset};
use super::{cursor, sse};

/// How long a client may wait for something to happen.
const LONG_POLL: Duration = Duration::from_secs(25);

/// What a client may ask.
#[derive(Deserialize)]
pub struct StreamQuery {
    offset: Option<String>,
    live: Option<String>,
    cursor: Option<String>,
}

/// Answers a read.
pub async fn read_stream(
    State(feed): State<Arc<Feed>>,
    method: Method,
    headers: HeaderMap,
    asked: Result<Query<StreamQuery>, axum::extract::rejection::QueryRejection>,
) -> Response {
    let Ok(Query(asked)) = asked else { return refuse_request(StatusCode::BAD_REQUEST, "a parameter is given twice") };
    if method == Method::HEAD {
        // Of unknown length: an empty one would be said to be of none.
        let nothing = Body::from_stream(stream::empty::<Result<&str, Infallible>>());
        return start_answer(&feed, StatusCode::OK, feed.tail_position()).with_body(nothing);
    }
    let is_given = asked.offset.is_some();
    let Some(offset) = offset::parse_offset(asked.offset.as_deref().unwrap_or("-1"), &feed) else {
        return refuse_request(StatusCode::BAD_REQUEST, "offset is none of this stream");
    };
    let from = match offset {
        Offset::Now if asked.live.is_none() => {
            return start_answer(&feed, StatusCode::OK, feed.tail_position()).mark_up_to_date(&asked).with_body("[]");
        }
        Offset::Now => StartPosition::At(feed.tail_position()),
        Offset::After(from) => from,
    };
    match asked.live.as_deref() {
        None => read_all(&feed, from, feed.start_batch(from), &headers, &asked),
        Some("long-poll" | "sse") if !is_given => refuse_request(StatusCode::BAD_REQUEST, "live needs an offset"),
        Some("long-poll") => long_poll(&feed, from, &headers, &asked).await,
        Some("sse") => sse::follow_as_sse(feed, from, asked.cursor.as_deref()),
        Some(_) => refuse_request(StatusCode::BAD_REQUEST, "live is long-poll or sse"),
    }
}

/// What there is, or what comes next.
async fn long_poll(feed: &Arc<Feed>, from: StartPosition, headers: &HeaderMap, asked: &StreamQuery) -> Response {
    let mut grown = feed.subscribe();
    let until = Instant::now() + LONG_POLL;
    loop {
        grown.mark_unchanged();
        // Not held while nothing comes: what is overtaken meanwhile would be kept for it.
        let tail = {
            let batch = feed.start_batch(from);
            if !batch.is_finished() {
                return read_all(feed, from, batch, headers, asked);
            }
            batch.tail()
        };
        if feed.is_closed() || timeout_at(until, grown.changed()).await.is_err() {
            return start_answer(feed, StatusCode::NO_CONTENT, tail).mark_up_to_date(asked).with_body(Body::empty());
        }
    }
}

/// All of a batch, unless the client has it.
fn read_all(feed: &Feed, from: StartPosition, batch: Batch, headers: &HeaderMap, asked: &StreamQuery) -> Response {
    let from = match from {
        StartPosition::Start => "-1".to_owned(),
        StartPosition::At(position) => format!("{position:x}"),
        StartPosition::Elsewhere => "all".to_owned(),
    };
    let tag = format!("\"{:016x}:{from}:{:x}\"", feed.run_id(), batch.tail());
    let known = headers.get_all(header::IF_NONE_MATCH).iter().filter_map(|known| known.to_str().ok());
    let is_known = known.flat_map(|known| known.split(',')).any(|known| {
        let known = known.trim();
        known == "*" || known.strip_prefix("W/").unwrap_or(known) == tag
    });
    let status = if is_known { StatusCode::NOT_MODIFIED } else { StatusCode::OK };
    let answer =
        start_answer(feed, status, batch.tail()).mark_up_to_date(asked).with_header(header::ETAG.as_str(), &tag);
    if is_known {
        return answer.with_body(Body::empty());
    }
    answer.with_body(Body::from_stream(stream::iter(BatchText::new(batch, "", ""))))
}

/// An answer in the making.
struct StreamAnswer(Response);

/// The headers that every answer has: where the next read begins.
fn start_answer(feed: &Feed, status: StatusCode, tail: u64) -> StreamAnswer {
    let answer = StreamAnswer(status.into_response())
        .with_header("stream-next-offset", &offset::format_offset(feed.run_id(), tail));
    if status == StatusCode::NO_CONTENT { answer } else { answer.with_header("content-type", "application/json") }
}

impl StreamAnswer {
    fn with_header(mut self, name: &'static str, value: &str) -> Self {
        if let Ok(value) = HeaderValue::from_str(value) {
            self.0.headers_mut().insert(name, value);
        }
        self
    }

    /// The client has all there is. What it gets is whole, so this is said of every read.
    fn mark_up_to_date(self, asked: &StreamQuery) -> Self {
        let cursor = cursor::next_cursor(SystemTime::now(), asked.cursor.as_deref());
        self.with_header("stream-up-to-date", "true").with_header("stream-cursor", &cursor)
    }

    fn with_body(mut self, body: impl Into<Body>) -> Response {
        *self.0.body_mut() = body.into();
        self.0
    }
}

/// Says no, in a sentence.
pub fn refuse_request(status: StatusCode, why: &'static str) -> Response {
    (status, format!("{why}\n")).into_response()
}
