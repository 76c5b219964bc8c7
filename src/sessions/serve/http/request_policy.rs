//! The rules for every request: only programs and web pages of this machine may send requests, and they may only read.
//!
//! A web page from anywhere can make a browser send requests to this server. It can do so under a host name of its own
//! that it points at 127.0.0.1; then the Host header is foreign. Or it sends them from its own origin; then the Origin
//! header is foreign. Both are refused.

use axum::extract::Request;
use axum::http::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
    ACCESS_CONTROL_EXPOSE_HEADERS, ALLOW, CACHE_CONTROL, CONTENT_LENGTH, CONTENT_SECURITY_POLICY, HOST, HeaderName,
    ORIGIN, REFERRER_POLICY, TRANSFER_ENCODING, VARY, X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};
use axum::http::uri::Authority;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, Uri};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};

use super::refusal::refuse_request;

/// The headers of every answer, unless the handler has set them to another value.
const DEFAULT_HEADERS: [(HeaderName, &str); 8] = [
    // A prompt may be secret, and a stored answer would be outdated.
    (CACHE_CONTROL, "no-store"),
    (CONTENT_SECURITY_POLICY, "default-src 'none'; frame-ancestors 'none'"),
    (X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (X_FRAME_OPTIONS, "DENY"),
    (REFERRER_POLICY, "no-referrer"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    (VARY, "origin"),
];

/// The response headers that pages of other ports of this machine may read.
const EXPOSED_HEADERS: &str = "stream-next-offset, stream-cursor, stream-up-to-date, etag";

/// The methods that are allowed.
const ALLOWED_METHODS: &str = "GET, HEAD, OPTIONS";

/// The request headers that pages of other ports of this machine may send: those that clients of the protocol send. Only
/// `If-None-Match` changes an answer.
const ACCEPTED_HEADERS: &str = "accept, cache-control, content-type, if-none-match, last-event-id, pragma";

/// Refuses a request that breaks a rule, or passes it to its handler. Adds the headers that every answer has.
pub async fn enforce_policy(request: Request, next: Next) -> Response {
    let origin = request.headers().get(ORIGIN).cloned();
    let is_options = request.method() == Method::OPTIONS;
    let refusal = find_refusal(request.method(), request.uri(), request.headers());
    let mut response = match refusal {
        None if is_options => StatusCode::NO_CONTENT.into_response(),
        None => next.run(request).await,
        Some((status, reason)) => refuse_request(status, reason),
    };
    let status = response.status();
    let headers = response.headers_mut();
    for (name, value) in DEFAULT_HEADERS {
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    }
    let is_preflight = is_options && status == StatusCode::NO_CONTENT;
    if status == StatusCode::METHOD_NOT_ALLOWED || is_preflight {
        headers.insert(ALLOW, HeaderValue::from_static(ALLOWED_METHODS));
    }
    if let Some(origin) = origin.filter(|_| status != StatusCode::FORBIDDEN) {
        if is_preflight {
            headers.insert(ACCESS_CONTROL_ALLOW_METHODS, HeaderValue::from_static(ALLOWED_METHODS));
            headers.insert(ACCESS_CONTROL_ALLOW_HEADERS, HeaderValue::from_static(ACCEPTED_HEADERS));
        }
        headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin);
        headers.insert(ACCESS_CONTROL_EXPOSE_HEADERS, HeaderValue::from_static(EXPOSED_HEADERS));
    }
    response
}

/// Returns the status and the reason with which a request is refused; `None` if it is allowed.
pub fn find_refusal(method: &Method, uri: &Uri, headers: &HeaderMap) -> Option<(StatusCode, &'static str)> {
    let mut hosts = headers.get_all(HOST).iter();
    let is_loopback = match (hosts.next(), hosts.next()) {
        (Some(host), None) => host.to_str().is_ok_and(is_loopback_authority),
        _ => false, // no Host header, or several
    };
    // The second condition finds `GET http://example.com/`, as a client sends it to a proxy.
    if !is_loopback || uri.authority().is_some_and(|authority| !is_loopback_authority(authority.as_str())) {
        return Some((StatusCode::FORBIDDEN, "Host must be localhost, 127.0.0.1 or [::1]"));
    }
    if !headers.get_all(ORIGIN).iter().all(|origin| origin.to_str().is_ok_and(is_loopback_origin)) {
        return Some((StatusCode::FORBIDDEN, "only pages of this machine may read this"));
    }
    if ![Method::GET, Method::HEAD, Method::OPTIONS].contains(method) {
        return Some((StatusCode::METHOD_NOT_ALLOWED, "only GET and HEAD are allowed"));
    }
    let is_empty = headers.get_all(CONTENT_LENGTH).iter().all(|length| length == "0");
    if !is_empty || headers.contains_key(TRANSFER_ENCODING) {
        return Some((StatusCode::PAYLOAD_TOO_LARGE, "the request must have no body"));
    }
    None
}

fn is_loopback_origin(origin: &str) -> bool {
    let authority = origin.strip_prefix("http://").or_else(|| origin.strip_prefix("https://"));
    authority.is_some_and(is_loopback_authority)
}

/// Returns whether the authority is a loopback host with any port, or with none. The port may be another one than ours,
/// because a user can forward it.
fn is_loopback_authority(authority: &str) -> bool {
    let Ok(parsed) = authority.parse::<Authority>() else { return false };
    let host = parsed.host();
    let Some(port) = authority.strip_prefix(host) else { return false }; // it is `user@host`
    let is_port = |port: &str| port.bytes().all(|byte| byte.is_ascii_digit()) && port.parse::<u16>().is_ok();
    (port.is_empty() || port.strip_prefix(':').is_some_and(is_port))
        && (host.eq_ignore_ascii_case("localhost") || host == "127.0.0.1" || host == "[::1]")
}
