//! A front that accepts writes. It makes a feed for each stream that is put, publishes what is posted, and passes every GET,
//! HEAD and OPTIONS to the real router.

use std::collections::HashMap;
use std::path::Path;
use std::sync::{Arc, Mutex};

use axum::body::to_bytes;
use axum::extract::Request;
use axum::http::{HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use hyper::service::Service as _;
use hyper_util::service::TowerToHyperService;
use serde_json::Value;

use super::unwrap_values::unwrap_values;
use crate::serve::feed::Feed;
use crate::serve::router;
use crate::serve::setup::SetupReading;
use crate::serve::stream::offset;

pub struct Stream {
    content_type: String,
    feed: Arc<Feed>,
    messages: usize,
}

pub type Streams = Arc<Mutex<HashMap<String, Stream>>>;

impl Stream {
    fn is_json(&self) -> bool {
        self.content_type.starts_with("application/json")
    }

    /// Appends the messages of a body. Returns `false` if the body is not of the stream's content type.
    fn append(&mut self, body: &[u8], may_be_empty: bool) -> bool {
        let values = if self.is_json() {
            match serde_json::from_slice(body) {
                Ok(Value::Array(values)) => values,
                Ok(value) => vec![value],
                Err(_) => return false,
            }
        } else {
            // One character for each byte.
            vec![body.iter().map(|byte| char::from(*byte)).collect::<String>().into()]
        };
        if values.is_empty() && !may_be_empty {
            return false;
        }
        for value in values {
            self.messages += 1;
            self.feed.publish([(format!("m{}", self.messages), Some(value.to_string()))]);
        }
        true
    }

    fn answer(&self, status: StatusCode, location: Option<String>) -> Response {
        let mut response = status.into_response();
        let next = offset::format_offset(self.feed.run_id(), self.feed.tail_position());
        response.headers_mut().insert("stream-next-offset", next.parse().unwrap());
        response.headers_mut().insert(header::CONTENT_TYPE, self.content_type.parse().unwrap());
        if let Some(location) = location {
            response.headers_mut().insert(header::LOCATION, location.parse().unwrap());
        }
        response
    }
}

/// Answers a write, or passes a read to the real router.
pub async fn handle_request(streams: Streams, request: Request) -> Response {
    let path = request.uri().path().to_owned();
    let header = |request: &Request, name| Some(request.headers().get(name)?.to_str().ok()?.to_owned());
    let content_type = header(&request, header::CONTENT_TYPE);
    let host = header(&request, header::HOST).unwrap_or_default();
    if matches!(*request.method(), Method::PUT | Method::POST | Method::DELETE) {
        let method = request.method().clone();
        let body = to_bytes(request.into_body(), 64 << 20).await.unwrap();
        let mut response = answer_write(&streams, &method, &path, content_type, &body, &format!("http://{host}{path}"));
        response.headers_mut().insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
        return response;
    }
    // A stream that does not exist is read under a path that does not exist.
    let found =
        streams.lock().unwrap().get(&path).map(|stream| (Arc::clone(&stream.feed), stream.content_type.clone()));
    let (feed, content_type) = found.unwrap_or_else(|| (Arc::new(Feed::new(1)), String::new()));
    let exists = !content_type.is_empty() || request.method() == Method::OPTIONS;
    let query = request.uri().query().map(|query| format!("?{query}")).unwrap_or_default();
    let uri = format!("/{}{query}", if exists { "sessions" } else { "none" });
    let (mut parts, body) = request.into_parts();
    parts.uri = uri.parse().unwrap();
    let router = router(feed, SetupReading::read(Path::new("/none")));
    let Ok(answer) = TowerToHyperService::new(router).call(Request::from_parts(parts, body)).await;
    unwrap_values(answer, &content_type)
}

fn answer_write(
    streams: &Streams,
    method: &Method,
    path: &str,
    content_type: Option<String>,
    body: &[u8],
    url: &str,
) -> Response {
    let mut streams = streams.lock().unwrap();
    let is_same_type = |stream: &Stream, content_type: &str| {
        let plain = |content_type: &str| content_type.split(';').next().unwrap_or_default().trim().to_lowercase();
        plain(&stream.content_type) == plain(content_type)
    };
    if *method == Method::PUT {
        let content_type = content_type.unwrap_or_else(|| "application/octet-stream".to_owned());
        return match streams.get(path) {
            Some(stream) if is_same_type(stream, &content_type) => stream.answer(StatusCode::OK, None),
            Some(_) => StatusCode::CONFLICT.into_response(),
            None => {
                // Each stream has a run of its own, also if a stream of the same name was deleted.
                let run = u64::try_from(std::time::UNIX_EPOCH.elapsed().unwrap().as_nanos()).unwrap();
                let mut stream = Stream { content_type, feed: Arc::new(Feed::new(run)), messages: 0 };
                if !body.is_empty() && !stream.append(body, true) {
                    return StatusCode::BAD_REQUEST.into_response();
                }
                let answer = stream.answer(StatusCode::CREATED, Some(url.to_owned()));
                streams.insert(path.to_owned(), stream);
                answer
            }
        };
    }
    let Some(stream) = streams.get_mut(path) else { return StatusCode::NOT_FOUND.into_response() };
    if *method == Method::DELETE {
        streams.remove(path);
        return StatusCode::NO_CONTENT.into_response();
    }
    match content_type {
        None => StatusCode::BAD_REQUEST.into_response(),
        Some(_) if body.is_empty() => StatusCode::BAD_REQUEST.into_response(),
        Some(content_type) if !is_same_type(stream, &content_type) => StatusCode::CONFLICT.into_response(),
        Some(_) if !stream.append(body, false) => StatusCode::BAD_REQUEST.into_response(),
        Some(_) => stream.answer(StatusCode::NO_CONTENT, None),
    }
}
