//! The official conformance suite of the Durable Streams protocol.
//!
//! Nearly every test of the suite writes first, but this server accepts no writes. So the tests run against a front that
//! accepts them: see [`write_front`].

mod unwrap_values;
mod write_front;

use std::path::Path;
use std::sync::Arc;

use axum::Router;
use axum::extract::Request;
use serde_json::Value;

use write_front::{Streams, handle_request};

/// Blocks of tests about writes and about streams that end. The server offers neither.
const SKIPPED_BLOCKS: [&str; 6] = [
    "Fork - ",
    "Idempotent Producer Operations",
    "Stream Closure",
    "TTL ",
    "HEAD Metadata Edge Cases",
    "Reserved subscription",
];

/// The tests outside these blocks that must fail, with the reason.
const EXPECTED_FAILURES: [(&str, &[&str]); 3] = [
    (
        "they need writes whose sequence is checked",
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
        "they need binary streams, and this stream is always JSON",
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
        "it sends a request from https://example.com, and pages of other machines are refused",
        &["Caching and ETag should allow If-None-Match in CORS preflight responses"],
    ),
];

/// The number of tests that must pass.
const EXPECTED_PASSES: usize = 143;

/// What the suite says of one test that it ran.
struct TestResult {
    name: String,
    /// Why the test failed; `None` if it passed.
    failure: Option<String>,
}

impl TestResult {
    fn is_expected(&self) -> bool {
        let is_listed = EXPECTED_FAILURES.iter().any(|(_, names)| names.contains(&self.name.as_str()));
        is_listed == self.failure.is_some()
    }

    /// Returns whether the test may have failed only because the machine was too slow. Some tests of the suite wait two seconds
    /// and no longer. A counterexample that a test found is a fault at any speed.
    fn may_be_slowness(&self) -> bool {
        self.failure.as_ref().is_some_and(|failure| !failure.contains("Counterexample"))
    }
}

#[test]
#[ignore = "needs node and packages from npm"]
fn reads_pass_the_official_conformance_suite() {
    let folder =
        session_signals_testing::node::packages("conformance", &["@durable-streams/server-conformance-tests@0.3.6"]);
    let url = start_server();
    let mut results = run_suite(&folder, &url, &format!("^(?!{})", SKIPPED_BLOCKS.join("|")));
    let slow: Vec<_> = results.iter().filter(|result| !result.is_expected() && result.may_be_slowness()).collect();
    if !slow.is_empty() {
        let names: Vec<_> = slow.iter().map(|result| escape_pattern(&result.name)).collect();
        println!("runs again: {names:#?}");
        let again = run_suite(&folder, &url, &format!("^({})$", names.join("|")));
        results.retain(|result| again.iter().all(|second| second.name != result.name));
        results.extend(again);
    }
    let passed = results.iter().filter(|result| result.failure.is_none()).count();
    let unexpected: Vec<_> = results.iter().filter(|result| !result.is_expected()).collect();
    let unexpected: Vec<_> =
        unexpected.iter().map(|result| (&result.name, result.failure.as_deref().unwrap_or("passed"))).collect();
    println!("{passed} passed and {} failed", results.len() - passed);
    assert!(unexpected.is_empty() && passed == EXPECTED_PASSES, "{passed} passed; not as expected: {unexpected:#?}");
}

/// Starts the server on a port that is free, and returns its URL.
fn start_server() -> String {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        let streams = Streams::default();
        let router = Router::new().fallback(move |request: Request| handle_request(Arc::clone(&streams), request));
        runtime.block_on(async {
            let _server = crate::serve::http::connections::start_serving(vec![listener], &router).unwrap();
            std::future::pending::<()>().await;
        });
    });
    url
}

/// Runs the tests of the suite whose names match the pattern, a regular expression of JavaScript.
fn run_suite(folder: &Path, url: &str, pattern: &str) -> Vec<TestResult> {
    let report = folder.join("report.json");
    let _ = fs_err::remove_file(&report);
    let mut suite = session_signals_testing::node::node(folder, "conformance.mjs");
    suite.arg(folder).args(["run", "--reporter=json", "--testTimeout=60000", "--testNamePattern", pattern]);
    suite.arg(format!("--outputFile={}", report.display())).arg("--root").arg(folder).env("STREAMS_AT", url);
    let _ = suite.output().unwrap();
    let report: Value = serde_json::from_slice(&fs_err::read(report).unwrap()).unwrap();
    let tests = report["testResults"][0]["assertionResults"].as_array().unwrap();
    let ran = tests.iter().filter(|test| test["status"] == "passed" || test["status"] == "failed");
    ran.map(|test| TestResult {
        name: test["fullName"].as_str().unwrap().to_owned(),
        failure: (test["status"] == "failed").then(|| test["failureMessages"].to_string().chars().take(1000).collect()),
    })
    .collect()
}

/// Returns a regular expression that matches this name.
fn escape_pattern(name: &str) -> String {
    let mut pattern = String::new();
    for character in name.chars() {
        if !character.is_alphanumeric() && character != ' ' {
            pattern.push('\\');
        }
        pattern.push(character);
    }
    pattern
}
