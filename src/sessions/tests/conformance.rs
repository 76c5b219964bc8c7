//! The official conformance suite of the Durable Streams protocol.
//!
//! Nearly every test of it writes first, and this server cannot be written to. So a write side stands in front, in tests
//! only: it makes a feed of each stream that is put, publishes what is posted, and hands every GET, HEAD and OPTIONS to
//! the real router. Of the answer it changes one thing: the value of each message is taken out of what is put around it,
//! and of a stream that is no JSON, the text out of the value.

use std::collections::HashMap;
use std::convert::Infallible;
use std::fmt::Write as _;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::{Body, Bytes, to_bytes};
use axum::extract::Request;
use axum::http::{HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use futures_util::StreamExt as _;
use hyper::service::Service as _;
use hyper_util::service::TowerToHyperService;
use serde_json::Value;

use crate::serve::feed::Feed;
use crate::serve::offset;
use crate::serve::router;

/// What is put around a value.
const BEFORE: &str = "\"value\":";
const AFTER: &str = ",\"headers\":{\"operation\":\"";

/// Blocks of tests about what can be written, and about streams that end: none of that is offered.
const WRITES: [&str; 6] = [
    "Fork - ",
    "Idempotent Producer Operations",
    "Stream Closure",
    "TTL ",
    "HEAD Metadata Edge Cases",
    "Reserved subscription",
];

/// Tests outside these blocks that must fail, and why.
const NOT_OFFERED: [(&str, &[&str]); 3] = [
    (
        "a writer's sequence is checked where one writes",
        &[
            "Append Operations should enforce sequence ordering with seq",
            "HTTP Protocol should enforce sequence ordering",
            "HTTP Protocol should enforce lexicographic seq ordering (\"2\" then \"10\" rejects)",
            "HTTP Protocol should reject duplicate seq values",
            "Protocol Edge Cases should enforce case-sensitive seq ordering",
            "Property-Based Tests (fast-check) Sequence Ordering Properties out-of-order seq values are rejected",
        ],
    ),
    (
        "the stream is JSON, and never binary",
        &[
            "SSE Mode base64 SSE catch-up pairs every data event with a control event",
            "SSE Mode should auto-detect binary streams and return base64 encoded data in SSE mode",
            "SSE Mode should include Stream-SSE-Data-Encoding header for binary streams",
            "SSE Mode should handle large binary payload with auto-detected base64 encoding",
            "SSE Mode should handle binary data with special bytes using auto-detected base64 encoding",
            "SSE Mode should auto-detect base64 encoding for application/x-protobuf streams",
            "SSE Mode should auto-detect base64 encoding for image/png streams",
        ],
    ),
    (
        "it asks from https://example.com, and pages of other machines are refused",
        &["Caching and ETag should allow If-None-Match in CORS preflight responses"],
    ),
];

struct Stream {
    kind: String,
    feed: Arc<Feed>,
    messages: usize,
}

type Streams = Arc<Mutex<HashMap<String, Stream>>>;

impl Stream {
    fn is_json(&self) -> bool {
        self.kind.starts_with("application/json")
    }

    /// Appends a body; `false` where it is none of this stream.
    fn append(&mut self, body: &[u8], may_be_empty: bool) -> bool {
        let values = if self.is_json() {
            match serde_json::from_slice(body) {
                Ok(Value::Array(values)) => values,
                Ok(value) => vec![value],
                Err(_) => return false,
            }
        } else {
            // A character for each byte.
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
        response.headers_mut().insert(header::CONTENT_TYPE, self.kind.parse().unwrap());
        if let Some(location) = location {
            response.headers_mut().insert(header::LOCATION, location.parse().unwrap());
        }
        response
    }
}

async fn handle(streams: Streams, request: Request) -> Response {
    let path = request.uri().path().to_owned();
    let header = |request: &Request, name| Some(request.headers().get(name)?.to_str().ok()?.to_owned());
    let kind = header(&request, header::CONTENT_TYPE);
    let host = header(&request, header::HOST).unwrap_or_default();
    if matches!(*request.method(), Method::PUT | Method::POST | Method::DELETE) {
        let method = request.method().clone();
        let body = to_bytes(request.into_body(), 64 << 20).await.unwrap();
        let mut response = write(&streams, &method, &path, kind, &body, &format!("http://{host}{path}"));
        response.headers_mut().insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
        return response;
    }
    // One that is not there is asked for as such.
    let found = streams.lock().unwrap().get(&path).map(|stream| (Arc::clone(&stream.feed), stream.kind.clone()));
    let (feed, kind) = found.unwrap_or_else(|| (Arc::new(Feed::new(1)), String::new()));
    let is_there = !kind.is_empty() || request.method() == Method::OPTIONS;
    let query = request.uri().query().map(|query| format!("?{query}")).unwrap_or_default();
    let uri = format!("/{}{query}", if is_there { "sessions" } else { "none" });
    let (mut parts, body) = request.into_parts();
    parts.uri = uri.parse().unwrap();
    let Ok(answer) = TowerToHyperService::new(router(feed)).call(Request::from_parts(parts, body)).await;
    unwrap(answer, &kind)
}

fn write(streams: &Streams, method: &Method, path: &str, kind: Option<String>, body: &[u8], url: &str) -> Response {
    let mut streams = streams.lock().unwrap();
    let is_same = |stream: &Stream, kind: &str| {
        let plain = |kind: &str| kind.split(';').next().unwrap_or_default().trim().to_lowercase();
        plain(&stream.kind) == plain(kind)
    };
    if *method == Method::PUT {
        let kind = kind.unwrap_or_else(|| "application/octet-stream".to_owned());
        return match streams.get(path) {
            Some(stream) if is_same(stream, &kind) => stream.answer(StatusCode::OK, None),
            Some(_) => StatusCode::CONFLICT.into_response(),
            None => {
                // Each is a stream of its own, also after another of the same name.
                let run = u64::try_from(std::time::UNIX_EPOCH.elapsed().unwrap().as_nanos()).unwrap();
                let mut stream = Stream { kind, feed: Arc::new(Feed::new(run)), messages: 0 };
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
    match kind {
        None => StatusCode::BAD_REQUEST.into_response(),
        Some(_) if body.is_empty() => StatusCode::BAD_REQUEST.into_response(),
        Some(kind) if !is_same(stream, &kind) => StatusCode::CONFLICT.into_response(),
        Some(_) if !stream.append(body, false) => StatusCode::BAD_REQUEST.into_response(),
        Some(_) => stream.answer(StatusCode::NO_CONTENT, None),
    }
}

/// Takes the values out of an answer, line by line, as it comes.
fn unwrap(answer: Response, kind: &str) -> Response {
    let (mut parts, body) = answer.into_parts();
    let is_json = kind.starts_with("application/json");
    let told = parts.headers.get(header::CONTENT_TYPE).and_then(|told| told.to_str().ok()).unwrap_or_default();
    let is_sse = told == "text/event-stream";
    if parts.status != StatusCode::OK || !is_sse && told != "application/json" {
        return Response::from_parts(parts, body);
    }
    parts.headers.remove(header::CONTENT_LENGTH);
    if !is_sse {
        parts.headers.insert(header::CONTENT_TYPE, kind.parse().unwrap());
    }
    let mut rest = Vec::new();
    let mut text = Vec::new();
    let end = futures_util::stream::once(async { Ok(Bytes::from_static(b"\n\0")) });
    let pieces = body.into_data_stream().chain(end).map(move |piece: Result<Bytes, axum::Error>| {
        rest.extend_from_slice(&piece.unwrap());
        let mut out = Vec::new();
        while let Some(end) = rest.iter().position(|byte| *byte == b'\n') {
            let line: Vec<u8> = rest.drain(..=end).take(end).collect();
            take(&String::from_utf8(line).unwrap(), is_sse, is_json, &mut text, &mut out);
        }
        Ok::<_, Infallible>(out)
    });
    Response::from_parts(parts, Body::from_stream(pieces))
}

fn take(line: &str, is_sse: bool, is_json: bool, text: &mut Vec<u8>, out: &mut Vec<u8>) {
    let value = line.split_once(BEFORE).and_then(|(_, rest)| rest.rsplit_once(AFTER)).map(|(value, _)| value);
    let prefix = if is_sse { "data:" } else { "" };
    let bytes = |value: &str| -> Vec<u8> {
        let text: String = serde_json::from_str(value).unwrap();
        text.chars().map(|c| u8::try_from(u32::from(c)).unwrap()).collect()
    };
    match value {
        Some(value) if is_json => {
            let comma = if line.ends_with(',') { "," } else { "" };
            out.extend_from_slice(format!("{prefix}{value}{comma}\n").as_bytes());
        }
        Some(value) => text.extend(bytes(value)),
        // The brackets of what is no array; at the second one all of it is there.
        None if !is_json && (line == format!("{prefix}[") || line == format!("{prefix}[]")) => {}
        None if !is_json && line == format!("{prefix}]") => {
            let whole = std::mem::take(text);
            if is_sse {
                let whole = String::from_utf8_lossy(&whole).replace("\r\n", "\n").replace('\r', "\n");
                let mut lines = String::new();
                whole.split('\n').for_each(|line| _ = writeln!(lines, "data:{line}"));
                out.extend_from_slice(lines.as_bytes());
            } else {
                out.extend_from_slice(&whole);
            }
        }
        None => {
            out.extend_from_slice(line.as_bytes());
            if is_sse {
                out.push(b'\n');
            }
        }
    }
}

#[test]
#[ignore = "needs node and packages from npm"]
fn the_official_suite_finds_nothing_wrong_with_what_is_read() {
    let folder =
        session_signals_testing::node::packages("conformance", &["@durable-streams/server-conformance-tests@0.3.6"]);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let report = folder.join("report.json");
    let _ = fs_err::remove_file(&report);
    let mut suite = session_signals_testing::node::node(&folder, "conformance.mjs");
    suite.arg(&folder).args(["run", "--reporter=json", "--testTimeout=60000"]);
    suite.args(["--testNamePattern", &format!("^(?!{})", WRITES.join("|"))]);
    suite.arg(format!("--outputFile={}", report.display())).arg("--root").arg(&folder).env("STREAMS_AT", &url);
    std::thread::spawn(move || {
        let streams = Streams::default();
        let router = Router::new().fallback(move |request: Request| handle(Arc::clone(&streams), request));
        runtime.block_on(async {
            let _answering = crate::serve::connections::start_serving(vec![listener], &router).unwrap();
            std::future::pending::<()>().await;
        });
    });
    let _ = suite.output().unwrap();
    let report: Value = serde_json::from_slice(&fs_err::read(report).unwrap()).unwrap();
    let tests = report["testResults"][0]["assertionResults"].as_array().unwrap();
    let (mut failed, mut passed) = (Vec::new(), 0);
    for test in tests {
        let name = test["fullName"].as_str().unwrap();
        match test["status"].as_str().unwrap() {
            "passed" => passed += 1,
            "failed" => {
                println!("{name}: {}", test["failureMessages"].to_string().chars().take(300).collect::<String>());
                failed.push(name);
            }
            _ => assert!(WRITES.iter().any(|block| name.starts_with(block)), "{name}"),
        }
    }
    println!("{passed} passed, {} are not about reading, of {}", tests.len() - passed, tests.len());
    failed.sort_unstable();
    let mut expected: Vec<_> = NOT_OFFERED.iter().flat_map(|(_, names)| names.iter().copied()).collect();
    expected.sort_unstable();
    assert_eq!(failed, expected);
    assert_eq!(passed, 143);
}
