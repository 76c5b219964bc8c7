//! What leaves this machine of a session.
//!
//! The list below names each member of the JSON of a session. What is not in the list does not leave, so a new member stays here
//! until somebody has decided about it. Whole transcripts, the output of tools and the environment are no members at all.

use serde_json::{Map, Value};
use session_signals_reader::Session;

use super::publish_text::PublishText;

/// When a member leaves.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Leaves {
    /// Always.
    Always,
    /// With `--publish-text full`. Otherwise it is null.
    AsTextOrNull,
    /// With `--publish-text full`. Otherwise it is an empty text, because a text is required.
    AsTextOrEmpty,
    /// With `--publish-text full`. Otherwise it is an empty list, because a list is required.
    AsListOrEmpty,
    /// Never: the key says it.
    NeverButNull,
}

use Leaves::{Always, AsListOrEmpty, AsTextOrEmpty, AsTextOrNull, NeverButNull};

/// The members, in the order of `docs/json.md`.
const MEMBERS: [(&str, Leaves); 34] = [
    ("format", Always),
    ("sessionId", Always),
    ("status", Always),
    ("state", Always),
    ("hasProcess", Always),
    ("hasPendingToolUse", Always),
    ("pendingPermission", AsTextOrNull),
    ("pendingCount", Always),
    ("cwd", AsTextOrEmpty),
    ("project", Always),
    ("branch", AsTextOrNull),
    ("name", AsTextOrNull),
    ("lastActivityAt", Always),
    ("since", Always),
    ("reason", AsTextOrEmpty),
    ("rule", Always),
    ("background", AsListOrEmpty),
    ("error", AsTextOrNull),
    ("endReason", AsTextOrNull),
    ("pid", AsTextOrNull),
    ("host", Always),
    ("machine", NeverButNull),
    ("prompt", AsTextOrNull),
    ("lastMessage", AsTextOrNull),
    ("gitBranch", AsTextOrNull),
    ("gitRepoUrl", AsTextOrNull),
    ("gitRepoId", AsTextOrNull),
    ("originalPrompt", AsTextOrEmpty),
    ("messageCount", Always),
    ("pendingTool", AsTextOrNull),
    ("goal", AsTextOrEmpty),
    ("summary", AsTextOrEmpty),
    ("recentOutput", AsListOrEmpty),
    ("pr", AsTextOrNull),
];

/// Returns the value that is published for a session: a JSON object that is a session again when it is read. Empty if the session
/// cannot be written as JSON.
pub fn shared_json(session: &Session, text: PublishText) -> Vec<u8> {
    let Ok(Value::Object(mut all)) = serde_json::to_value(session) else { return Vec::new() };
    let is_full = text == PublishText::Full;
    let shared: Map<_, _> = MEMBERS
        .into_iter()
        .filter_map(|(name, leaves)| {
            let value = match leaves {
                Always => all.remove(name)?,
                AsTextOrNull | AsTextOrEmpty | AsListOrEmpty if is_full => all.remove(name)?,
                AsTextOrNull | NeverButNull => Value::Null,
                AsTextOrEmpty => Value::String(String::new()),
                AsListOrEmpty => Value::Array(Vec::new()),
            };
            Some((name.to_owned(), value))
        })
        .collect();
    serde_json::to_vec(&shared).unwrap_or_default()
}

/// Returns what tells whether a change of a session must be known soon: the value without the times and counts that grow while the
/// session works.
pub fn urgent_part(json: &[u8]) -> u64 {
    use std::hash::{DefaultHasher, Hasher as _};
    let mut hasher = DefaultHasher::new();
    if let Ok(mut members) = serde_json::from_slice::<Map<String, Value>>(json) {
        for name in ["lastActivityAt", "messageCount", "recentOutput"] {
            members.remove(name);
        }
        hasher.write(&serde_json::to_vec(&members).unwrap_or_default());
    }
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use std::time::SystemTime;

    use super::*;

    const MARKER: &str = "MARKER";

    /// A session that has text of its user in each member that can hold text.
    fn marked_session() -> Session {
        let signals = session_signals_reader::Evidence::default();
        let session = Session::from_evidence("0a-1", &signals, SystemTime::UNIX_EPOCH);
        let mut all: Map<String, Value> = match serde_json::to_value(&session).unwrap() {
            Value::Object(all) => all,
            _ => unreachable!(),
        };
        for (name, leaves) in MEMBERS {
            let value = match name {
                "pendingPermission" => serde_json::json!({"toolName": MARKER, "toolInput": {"command": MARKER},
                    "agentId": MARKER, "pendingSince": null}),
                "pendingTool" => serde_json::json!({"tool": MARKER, "target": MARKER}),
                "recentOutput" => serde_json::json!([{"role": "user", "content": MARKER}]),
                "background" => serde_json::json!([MARKER]),
                "cwd" => Value::from(format!("/srv/{MARKER}/parser")),
                "project" => Value::from("parser"),
                "host" => Value::from("container/1"),
                "pid" => Value::from(4711),
                "pr" => Value::Null,
                _ if leaves == Always => continue,
                _ => Value::from(MARKER),
            };
            all.insert(name.to_owned(), value);
        }
        serde_json::from_value(Value::Object(all)).unwrap()
    }

    fn shared(text: PublishText) -> (String, Session) {
        let json = String::from_utf8(shared_json(&marked_session(), text)).unwrap();
        let session = serde_json::from_str(&json).unwrap();
        (json, session)
    }

    #[test]
    fn the_list_has_every_member_of_a_session() {
        let Value::Object(all) = serde_json::to_value(marked_session()).unwrap() else { unreachable!() };
        let listed: Vec<_> = MEMBERS.iter().map(|(name, _)| *name).collect();
        let mut missing: Vec<_> = all.keys().filter(|name| !listed.contains(&name.as_str())).collect();
        missing.sort();
        assert!(missing.is_empty(), "decide when these leave: {missing:?}");
        assert_eq!(all.len(), listed.len());
    }

    #[test]
    fn without_text_nothing_leaves_that_its_user_has_written() {
        let (json, session) = shared(PublishText::None);
        assert!(!json.contains(MARKER) && !json.contains("4711"), "{json}");
        assert_eq!((&*session.session_id, session.project.as_deref()), ("0a-1", Some("parser")));
        assert_eq!((session.host.as_deref(), session.machine), (Some("container/1"), None));
        assert_eq!((session.cwd, session.pending_permission.is_none()), (None, true));
    }

    #[test]
    fn with_text_all_leaves_but_the_name_of_the_machine() {
        let (json, session) = shared(PublishText::Full);
        let mut expected = marked_session();
        expected.machine = None;
        assert_eq!(serde_json::from_str::<Value>(&json).unwrap(), serde_json::to_value(&expected).unwrap());
        assert_eq!(session.prompt.as_deref(), Some(MARKER));
    }

    #[test]
    fn a_new_time_is_less_urgent_than_a_new_state() {
        let json = |text: &str| urgent_part(text.as_bytes());
        let first = json(r#"{"state":"working","lastActivityAt":"1","messageCount":1}"#);
        assert_eq!(first, json(r#"{"state":"working","lastActivityAt":"2","messageCount":2}"#));
        assert_ne!(first, json(r#"{"state":"waiting","lastActivityAt":"1","messageCount":1}"#));
    }
}
