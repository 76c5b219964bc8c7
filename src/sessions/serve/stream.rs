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

use super::feed::Feed;
use super::frames::Frames;
use super::log::Batch;
use super::offset::{self, Offset, Refusal};
use super::{cursor, sse};

/// How long a client may wait for something to happen.
const LONG_POLL: Duration = Duration::from_secs(25);

/// What a client may ask.
#[derive(Deserialize)]
pub struct Asked {
    offset: Option<String>,
    live: Option<String>,
    cursor: Option<String>,
}

/// Answers a read.
pub async fn read(
    State(feed): State<Arc<Feed>>,
    method: Method,
    headers: HeaderMap,
    asked: Result<Query<Asked>, axum::extract::rejection::QueryRejection>,
) -> Response {
    let Ok(Query(asked)) = asked else { return refuse(StatusCode::BAD_REQUEST, "a parameter is given twice") };
    if method == Method::HEAD {
        // Of unknown length: an empty one would be said to be of none.
        let nothing = Body::from_stream(stream::empty::<Result<&str, Infallible>>());
        return answer(&feed, StatusCode::OK, feed.tail()).body(nothing);
    }
    let is_given = asked.offset.is_some();
    let from = match offset::parse(asked.offset.as_deref().unwrap_or("-1"), &feed) {
        Ok(from) => from,
        Err(Refusal::Malformed) => return refuse(StatusCode::BAD_REQUEST, "offset is none of this stream"),
        Err(Refusal::Gone) => return gone(),
    };
    match asked.live.as_deref() {
        None => catch_up(&feed, from, &headers, &asked),
        Some("long-poll" | "sse") if !is_given => refuse(StatusCode::BAD_REQUEST, "live needs an offset"),
        Some("long-poll") => long_poll(&feed, from, &headers, &asked).await,
        Some("sse") => sse::follow(feed, from, asked.cursor.as_deref()),
        Some(_) => refuse(StatusCode::BAD_REQUEST, "live is long-poll or sse"),
    }
}

/// What there is.
fn catch_up(feed: &Feed, from: Offset, headers: &HeaderMap, asked: &Asked) -> Response {
    let position = match from {
        Offset::Now => {
            let tail = feed.tail();
            return answer(feed, StatusCode::OK, tail).up_to_date(asked).body("[]");
        }
        Offset::Start => None,
        Offset::At(position) => Some(position),
    };
    match feed.read(position) {
        Some(batch) => all(feed, position, batch, headers, asked),
        None => gone(),
    }
}

/// What there is, or what comes next.
async fn long_poll(feed: &Feed, from: Offset, headers: &HeaderMap, asked: &Asked) -> Response {
    let position = match from {
        Offset::Start => None,
        Offset::Now => Some(feed.tail()),
        Offset::At(position) => Some(position),
    };
    let mut grown = feed.subscribe();
    let until = Instant::now() + LONG_POLL;
    loop {
        grown.mark_unchanged();
        let Some(batch) = feed.read(position) else { return gone() };
        if !batch.events.is_empty() {
            return all(feed, position, batch, headers, asked);
        }
        if feed.is_closed() || timeout_at(until, grown.changed()).await.is_err() {
            return answer(feed, StatusCode::NO_CONTENT, batch.tail).up_to_date(asked).body(Body::empty());
        }
    }
}

/// All of a batch, unless the client has it.
fn all(feed: &Feed, position: Option<u64>, batch: Batch, headers: &HeaderMap, asked: &Asked) -> Response {
    let from = position.map_or_else(|| "-1".to_owned(), |position| format!("{position:x}"));
    let tag = format!("\"{:016x}:{from}:{:x}\"", feed.run(), batch.tail);
    let known = headers.get_all(header::IF_NONE_MATCH).iter().filter_map(|known| known.to_str().ok());
    let is_known = known.flat_map(|known| known.split(',')).any(|known| {
        let known = known.trim();
        known == "*" || known.strip_prefix("W/").unwrap_or(known) == tag
    });
    let status = if is_known { StatusCode::NOT_MODIFIED } else { StatusCode::OK };
    let answer = answer(feed, status, batch.tail).up_to_date(asked).with(header::ETAG.as_str(), &tag);
    if is_known {
        return answer.body(Body::empty());
    }
    let pieces = Frames::new(batch, "", "").map(Ok::<_, Infallible>);
    answer.body(Body::from_stream(stream::iter(pieces)))
}

/// An answer in the making.
struct Answer(Response);

/// The headers that every answer has: where the next read begins.
fn answer(feed: &Feed, status: StatusCode, tail: u64) -> Answer {
    let answer = Answer(status.into_response()).with("stream-next-offset", &offset::show(feed.run(), tail));
    if status == StatusCode::NO_CONTENT { answer } else { answer.with("content-type", "application/json") }
}

impl Answer {
    fn with(mut self, name: &'static str, value: &str) -> Self {
        if let Ok(value) = HeaderValue::from_str(value) {
            self.0.headers_mut().insert(name, value);
        }
        self
    }

    /// The client has all there is. What it gets is whole, so this is said of every read.
    fn up_to_date(self, asked: &Asked) -> Self {
        let cursor = cursor::next(SystemTime::now(), asked.cursor.as_deref());
        self.with("stream-up-to-date", "true").with("stream-cursor", &cursor)
    }

    fn body(mut self, body: impl Into<Body>) -> Response {
        *self.0.body_mut() = body.into();
        self.0
    }
}

/// What a client gets whose offset is of another run, or from before what is remembered: it starts again from -1.
pub fn gone() -> Response {
    refuse(StatusCode::GONE, "this offset is no longer known: read again from -1")
}

/// Says no, in a sentence.
pub fn refuse(status: StatusCode, why: &'static str) -> Response {
    (status, format!("{why}\n")).into_response()
}
