//! Decides which kind of read a request asks for, and answers reads that are no server-sent events.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, Method, StatusCode, header};
use axum::response::Response;
use futures_util::stream;
use serde::Deserialize;
use tokio::time::{Instant, timeout_at};

use super::answer::StreamAnswer;
use super::batch_text::BatchText;
use super::offset::{self, Offset};
use super::sse;
use crate::serve::feed::{Batch, Feed, StartPosition};
use crate::serve::http::refusal::refuse_request;

/// How long a long poll waits for an event.
const LONG_POLL_TIMEOUT: Duration = Duration::from_secs(25);

/// The parameters of a request.
#[derive(Deserialize)]
pub struct StreamQuery {
    offset: Option<String>,
    live: Option<String>,
    cursor: Option<String>,
}

/// Answers a request for the stream.
pub async fn read_stream(
    State(feed): State<Arc<Feed>>,
    method: Method,
    headers: HeaderMap,
    query: Result<Query<StreamQuery>, QueryRejection>,
) -> Response {
    let Ok(Query(query)) = query else { return refuse_request(StatusCode::BAD_REQUEST, "a parameter is given twice") };
    if method == Method::HEAD {
        // A body of unknown length: for an empty body, a Content-Length of 0 would be sent.
        let no_body = Body::from_stream(stream::empty::<Result<&str, Infallible>>());
        return StreamAnswer::new(&feed, StatusCode::OK, feed.tail_position()).with_body(no_body);
    }
    let Some(offset) = offset::parse_offset(query.offset.as_deref().unwrap_or("-1"), &feed) else {
        return refuse_request(StatusCode::BAD_REQUEST, "this is not an offset of this stream");
    };
    let from = match offset {
        Offset::Now if query.live.is_none() => {
            return StreamAnswer::new(&feed, StatusCode::OK, feed.tail_position())
                .mark_up_to_date(query.cursor.as_deref())
                .with_body("[]");
        }
        Offset::Now => StartPosition::At(feed.tail_position()),
        Offset::After(from) => from,
    };
    match query.live.as_deref() {
        None => answer_batch(&feed, from, feed.start_batch(from), &headers, &query),
        Some("long-poll" | "sse") if query.offset.is_none() => {
            refuse_request(StatusCode::BAD_REQUEST, "the parameter live needs an offset")
        }
        Some("long-poll") => long_poll(&feed, from, &headers, &query).await,
        Some("sse") => sse::follow_as_sse(feed, from, query.cursor.as_deref()),
        Some(_) => refuse_request(StatusCode::BAD_REQUEST, "the parameter live must be long-poll or sse"),
    }
}

/// Answers with everything after `from`. If there is nothing, waits for the next event, or until the time is over.
async fn long_poll(feed: &Arc<Feed>, from: StartPosition, headers: &HeaderMap, query: &StreamQuery) -> Response {
    let mut grown = feed.subscribe();
    let deadline = Instant::now() + LONG_POLL_TIMEOUT;
    loop {
        grown.mark_unchanged();
        // The batch is dropped before the wait: as long as it exists, the log stores superseded events for it.
        let tail = {
            let batch = feed.start_batch(from);
            if !batch.is_finished() {
                return answer_batch(feed, from, batch, headers, query);
            }
            batch.tail()
        };
        if feed.is_closed() || timeout_at(deadline, grown.changed()).await.is_err() {
            return StreamAnswer::new(feed, StatusCode::NO_CONTENT, tail)
                .mark_up_to_date(query.cursor.as_deref())
                .with_body(Body::empty());
        }
    }
}

/// Answers with a whole batch, or with 304 if the client already has it.
fn answer_batch(feed: &Feed, from: StartPosition, batch: Batch, headers: &HeaderMap, query: &StreamQuery) -> Response {
    let from = match from {
        StartPosition::Start => "-1".to_owned(),
        StartPosition::At(position) => format!("{position:x}"),
        StartPosition::Elsewhere => "all".to_owned(),
    };
    let tag = format!("\"{:016x}:{from}:{:x}\"", feed.run_id(), batch.tail());
    let is_known = has_entity_tag(headers, &tag);
    let status = if is_known { StatusCode::NOT_MODIFIED } else { StatusCode::OK };
    let answer = StreamAnswer::new(feed, status, batch.tail())
        .mark_up_to_date(query.cursor.as_deref())
        .with_header(header::ETAG.as_str(), &tag);
    if is_known {
        return answer.with_body(Body::empty());
    }
    answer.with_body(Body::from_stream(stream::iter(BatchText::new(batch, "", ""))))
}

/// Returns whether an `If-None-Match` header names this entity tag.
fn has_entity_tag(headers: &HeaderMap, tag: &str) -> bool {
    let values = headers.get_all(header::IF_NONE_MATCH).iter().filter_map(|value| value.to_str().ok());
    values.flat_map(|value| value.split(',')).any(|known| {
        let known = known.trim();
        known == "*" || known.strip_prefix("W/").unwrap_or(known) == tag
    })
}
