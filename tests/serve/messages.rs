//! Messages of the stream.

use serde_json::Value;

/// Summarizes each message as its operation, the session's id, and its state: `insert s waiting`.
pub fn summarize(messages: &[Value]) -> Vec<String> {
    let summary = |message: &Value| {
        assert_eq!(message["type"], "session");
        let state = message["value"]["state"].as_str().unwrap_or("-");
        format!("{} {} {state}", message["headers"]["operation"], message["key"]).replace('"', "")
    };
    messages.iter().map(summary).collect()
}
