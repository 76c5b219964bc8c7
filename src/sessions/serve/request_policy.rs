//! Who may ask: programs and pages of this machine, and they may only read.
//!
//! A page of anywhere can make a browser ask us: under a name of its own that it lets point here (then Host is foreign),
//! or from its own origin.

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

use super::stream::refuse_request;

/// What every answer says, unless the handler said otherwise.
const HEADERS: [(HeaderName, &str); 8] = [
    // A prompt may be a secret, and a stored answer would be an old one.
    (CACHE_CONTROL, "no-store"),
    (CONTENT_SECURITY_POLICY, "default-src 'none'; frame-ancestors 'none'"),
    (X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (X_FRAME_OPTIONS, "DENY"),
    (REFERRER_POLICY, "no-referrer"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    (VARY, "origin"),
];

/// What pages of other ports of this machine may read of an answer.
const EXPOSED: &str = "stream-next-offset, stream-cursor, stream-up-to-date, etag";

/// What may be asked.
const METHODS: &str = "GET, HEAD, OPTIONS";

/// Which headers pages of other ports may send: those that clients do, and that change nothing here but `If-None-Match`.
const ACCEPTED: &str = "accept, cache-control, content-type, if-none-match, last-event-id, pragma";

/// Lets through who may ask.
pub async fn enforce_policy(request: Request, next: Next) -> Response {
    let origin = request.headers().get(ORIGIN).cloned();
    let is_options = request.method() == Method::OPTIONS;
    let refusal = find_refusal(request.method(), request.uri(), request.headers());
    let mut response = match refusal {
        None if is_options => StatusCode::NO_CONTENT.into_response(),
        None => next.run(request).await,
        Some((status, why)) => refuse_request(status, why),
    };
    let status = response.status();
    let headers = response.headers_mut();
    for (name, value) in HEADERS {
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    }
    let is_preflight = is_options && status == StatusCode::NO_CONTENT;
    if status == StatusCode::METHOD_NOT_ALLOWED || is_preflight {
        headers.insert(ALLOW, HeaderValue::from_static(METHODS));
    }
    if let Some(origin) = origin.filter(|_| status != StatusCode::FORBIDDEN) {
        if is_preflight {
            headers.insert(ACCESS_CONTROL_ALLOW_METHODS, HeaderValue::from_static(METHODS));
            headers.insert(ACCESS_CONTROL_ALLOW_HEADERS, HeaderValue::from_static(ACCEPTED));
        }
        headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin);
        headers.insert(ACCESS_CONTROL_EXPOSE_HEADERS, HeaderValue::from_static(EXPOSED));
    }
    response
}

/// Why this is not answered, if it is not.
pub fn find_refusal(method: &Method, uri: &Uri, headers: &HeaderMap) -> Option<(StatusCode, &'static str)> {
    let mut hosts = headers.get_all(HOST).iter();
    let is_ours = match (hosts.next(), hosts.next()) {
        (Some(host), None) => host.to_str().is_ok_and(is_loopback_authority),
        _ => false, // none, or several
    };
    // `GET http://elsewhere/`, as to a proxy
    if !is_ours || uri.authority().is_some_and(|authority| !is_loopback_authority(authority.as_str())) {
        return Some((StatusCode::FORBIDDEN, "Host must be localhost, 127.0.0.1 or [::1]"));
    }
    if !headers.get_all(ORIGIN).iter().all(|origin| origin.to_str().is_ok_and(is_loopback_origin)) {
        return Some((StatusCode::FORBIDDEN, "only pages of this machine may read this"));
    }
    if ![Method::GET, Method::HEAD, Method::OPTIONS].contains(method) {
        return Some((StatusCode::METHOD_NOT_ALLOWED, "this can only be read: GET or HEAD"));
    }
    let is_empty = headers.get_all(CONTENT_LENGTH).iter().all(|length| length == "0");
    if !is_empty || headers.contains_key(TRANSFER_ENCODING) {
        return Some((StatusCode::PAYLOAD_TOO_LARGE, "a question has no body"));
    }
    None
}

fn is_loopback_origin(origin: &str) -> bool {
    let authority = origin.strip_prefix("http://").or_else(|| origin.strip_prefix("https://"));
    authority.is_some_and(is_loopback_authority)
}

/// Whether this is a loopback host with any port: somebody may forward another one to us.
fn is_loopback_authority(authority: &str) -> bool {
    let Ok(parsed) = authority.parse::<Authority>() else { return false };
    let host = parsed.host();
    let Some(port) = authority.strip_prefix(host) else { return false }; // somebody@host
    let is_port = |port: &str| port.bytes().all(|byte| byte.is_ascii_digit()) && port.parse::<u16>().is_ok();
    (port.is_empty() || port.strip_prefix(':').is_some_and(is_port))
        && (host.eq_ignore_ascii_case("localhost") || host == "127.0.0.1" || host == "[::1]")
}
