//! The rules for requests.

use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, header};

use crate::serve::http::request_policy;

#[test]
fn only_read_requests_of_this_machine_are_allowed() {
    let status = |method: Method, uri: &str, headers: &[(header::HeaderName, &'static str)]| {
        let headers: HeaderMap =
            headers.iter().map(|(name, value)| (name.clone(), HeaderValue::from_static(value))).collect();
        request_policy::find_refusal(&method, &uri.parse::<Uri>().unwrap(), &headers).map(|(status, _)| status)
    };
    let host = (header::HOST, "127.0.0.1:4450");
    assert_eq!(status(Method::GET, "/", std::slice::from_ref(&host)), None);
    assert_eq!(status(Method::HEAD, "/", &[host.clone(), (header::ORIGIN, "http://localhost:1")]), None);
    assert_eq!(status(Method::GET, "/", &[]), Some(StatusCode::FORBIDDEN));
    assert_eq!(status(Method::GET, "http://evil.example/", std::slice::from_ref(&host)), Some(StatusCode::FORBIDDEN));
    assert_eq!(status(Method::POST, "/", std::slice::from_ref(&host)), Some(StatusCode::METHOD_NOT_ALLOWED));
    assert_eq!(status(Method::OPTIONS, "/", std::slice::from_ref(&host)), None);
    // A foreign host is refused first, so that it does not learn which methods are allowed.
    assert_eq!(status(Method::POST, "/", &[(header::HOST, "evil.example")]), Some(StatusCode::FORBIDDEN));
    assert_eq!(status(Method::GET, "/", &[host, (header::CONTENT_LENGTH, "+0")]), Some(StatusCode::PAYLOAD_TOO_LARGE));
}
