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

use super::feed::{Batch, Feed};
use super::frames::Frames;
use super::log::From;
use super::offset::{self, Offset};
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
    let Some(offset) = offset::parse(asked.offset.as_deref().unwrap_or("-1"), &feed) else {
        return refuse(StatusCode::BAD_REQUEST, "offset is none of this stream");
    };
    let from = match offset {
        Offset::Now if asked.live.is_none() => {
            return answer(&feed, StatusCode::OK, feed.tail()).up_to_date(&asked).body("[]");
        }
        Offset::Now => From::At(feed.tail()),
        Offset::After(from) => from,
    };
    match asked.live.as_deref() {
        None => all(&feed, from, feed.read(from), &headers, &asked),
        Some("long-poll" | "sse") if !is_given => refuse(StatusCode::BAD_REQUEST, "live needs an offset"),
        Some("long-poll") => long_poll(&feed, from, &headers, &asked).await,
        Some("sse") => sse::follow(feed, from, asked.cursor.as_deref()),
        Some(_) => refuse(StatusCode::BAD_REQUEST, "live is long-poll or sse"),
    }
}

/// What there is, or what comes next.
async fn long_poll(feed: &Arc<Feed>, from: From, headers: &HeaderMap, asked: &Asked) -> Response {
    let mut grown = feed.subscribe();
    let until = Instant::now() + LONG_POLL;
    loop {
        grown.mark_unchanged();
        // Not held while nothing comes: what is overtaken meanwhile would be kept for it.
        let tail = {
            let batch = feed.read(from);
            if !batch.is_over() {
                return all(feed, from, batch, headers, asked);
            }
            batch.tail()
        };
        if feed.is_closed() || timeout_at(until, grown.changed()).await.is_err() {
            return answer(feed, StatusCode::NO_CONTENT, tail).up_to_date(asked).body(Body::empty());
        }
    }
}

/// All of a batch, unless the client has it.
fn all(feed: &Feed, from: From, batch: Batch, headers: &HeaderMap, asked: &Asked) -> Response {
    let from = match from {
        From::Start => "-1".to_owned(),
        From::At(position) => format!("{position:x}"),
        From::Elsewhere => "all".to_owned(),
    };
    let tag = format!("\"{:016x}:{from}:{:x}\"", feed.run(), batch.tail());
    let known = headers.get_all(header::IF_NONE_MATCH).iter().filter_map(|known| known.to_str().ok());
    let is_known = known.flat_map(|known| known.split(',')).any(|known| {
        let known = known.trim();
        known == "*" || known.strip_prefix("W/").unwrap_or(known) == tag
    });
    let status = if is_known { StatusCode::NOT_MODIFIED } else { StatusCode::OK };
    let answer = answer(feed, status, batch.tail()).up_to_date(asked).with(header::ETAG.as_str(), &tag);
    if is_known {
        return answer.body(Body::empty());
    }
    answer.body(Body::from_stream(stream::iter(Frames::new(batch, "", ""))))
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

/// Says no, in a sentence.
pub fn refuse(status: StatusCode, why: &'static str) -> Response {
    (status, format!("{why}\n")).into_response()
}
