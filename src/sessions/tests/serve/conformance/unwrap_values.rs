//! Removes from the answers of the real router what is around the value of each message. Of a stream that is not JSON, it
//! returns the text of the values.

use std::convert::Infallible;
use std::fmt::Write as _;

use axum::body::{Body, Bytes};
use axum::http::{StatusCode, header};
use axum::response::Response;
use futures_util::StreamExt as _;

/// What is before the value in a message.
const BEFORE: &str = "\"value\":";
/// What is after the value in a message.
const AFTER: &str = ",\"headers\":{\"operation\":\"";

/// Replaces each message of an answer by its value, line by line, as the answer comes.
pub fn unwrap_values(answer: Response, content_type: &str) -> Response {
    let (mut parts, body) = answer.into_parts();
    let is_json = content_type.starts_with("application/json");
    let answer_type = parts.headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let is_sse = answer_type == "text/event-stream";
    if parts.status != StatusCode::OK || !is_sse && answer_type != "application/json" {
        return Response::from_parts(parts, body);
    }
    parts.headers.remove(header::CONTENT_LENGTH);
    if !is_sse {
        parts.headers.insert(header::CONTENT_TYPE, content_type.parse().unwrap());
    }
    let mut unread = Vec::new();
    let mut text = Vec::new();
    let end = futures_util::stream::once(async { Ok(Bytes::from_static(b"\n\0")) });
    let pieces = body.into_data_stream().chain(end).map(move |piece: Result<Bytes, axum::Error>| {
        unread.extend_from_slice(&piece.unwrap());
        let mut out = Vec::new();
        while let Some(end) = unread.iter().position(|byte| *byte == b'\n') {
            let line: Vec<u8> = unread.drain(..=end).take(end).collect();
            unwrap_line(&String::from_utf8(line).unwrap(), is_sse, is_json, &mut text, &mut out);
        }
        Ok::<_, Infallible>(out)
    });
    Response::from_parts(parts, Body::from_stream(pieces))
}

/// Adds to `out` what is left of a line without what is around its value. `text` collects the text of a stream that is not
/// JSON.
fn unwrap_line(line: &str, is_sse: bool, is_json: bool, text: &mut Vec<u8>, out: &mut Vec<u8>) {
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
        // The brackets of the array. A stream that is not JSON has none; at the second one, its text is complete.
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
