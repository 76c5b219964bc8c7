//! Describes the signals of a session in one line, so that a test can compare them with a string.

use serde_json::Value;

/// The order in which the kinds of signals are described.
const KINDS: [&str; 4] = ["working", "permission", "stop", "ended"];

/// Describes signals, each a kind and its content: `working permission(Bash,Edit@a3a8)`.
pub fn describe_signals(mut signals: Vec<(String, Value)>) -> String {
    signals.sort_by_key(|(kind, _)| KINDS.iter().position(|known| kind == known));
    let descriptions = signals.into_iter().map(|(kind, signal)| match &*kind {
        "permission" => format!("permission({})", describe_tools(&signal)),
        _ => kind,
    });
    descriptions.collect::<Vec<_>>().join(" ")
}

/// Lists the tools of a permission signal, oldest first. The first four characters of a subagent's id follow its tool.
fn describe_tools(permission: &Value) -> String {
    let agent = |call: &Value| call["agent_id"].as_str().map(|id| format!("@{}", &id[..4.min(id.len())]));
    let tool = |call: &Value| {
        let name = call["tool_name"].as_str().or(call["hook_event_name"].as_str()).unwrap_or("?");
        name.to_owned() + &agent(call).unwrap_or_default()
    };
    permission["pending"].as_array().unwrap().iter().map(tool).collect::<Vec<_>>().join(",")
}
