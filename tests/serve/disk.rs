//! What is on the disk: signals that a test writes, and the sessions that the server must show for them.

use std::fmt::Write as _;

use serde_json::Value;

use super::server::{Server, becomes_true};
use crate::sandbox::Sandbox;
use crate::sessions::list;

/// Writes a signal as the hooks do: under a temporary name first, so that no reader sees half of it.
pub fn publish_signal(sandbox: &Sandbox, session: &str, kind: &str, members: &str) {
    let temporary = sandbox.signal_dir().join(format!(".{session}.{kind}"));
    fs_err::write(&temporary, format!("{{\"session_id\":\"{session}\"{members}}}\n")).unwrap();
    fs_err::rename(temporary, sandbox.signal_path(session, kind)).unwrap();
}

/// Returns the sessions that `sessions --all` lists, sorted by id. It reads the files anew each time.
pub fn listed_sessions(sandbox: &Sandbox) -> Vec<Value> {
    let mut sessions = list::json(sandbox, &["--all"]);
    sessions.sort_by_key(|value| value["sessionId"].to_string());
    sessions
}

/// Waits until the server says the same as `sessions --all`.
#[track_caller]
pub fn assert_agrees(server: &Server, sandbox: &Sandbox) {
    let expected = listed_sessions(sandbox);
    let mut shown = Vec::new();
    let agrees = becomes_true(|| {
        shown = server.sessions();
        shown == expected
    });
    let first = shown.iter().zip(&expected).find(|(shown, expected)| shown != expected);
    assert!(agrees, "{} sessions, not {}; the first that differ: {first:#?}", shown.len(), expected.len());
}

/// Writes the signals of very many sessions that ended, as the hooks leave them.
pub fn write_ended_sessions(sandbox: &Sandbox, count: usize) {
    fs_err::create_dir_all(sandbox.signal_dir()).unwrap();
    let mut text = String::new();
    for number in 0..count {
        let id = format!("0cc11bc4-3864-478d-bc8b-{number:012}");
        text.clear();
        let _ = write!(
            text,
            r#"{{"session_id":"{id}","transcript_path":"/home/dev/.claude/projects/-home-dev-work/{id}.jsonl","cwd":"/home/dev/work","hook_event_name":"SessionEnd","reason":"prompt_input_exit","ended_at":"1795246000.123456789","claude_pid":4194300,"claude_start":17,"claude_host":"here/4026531836"}}"#
        );
        fs_err::write(sandbox.signal_path(&id, "ended"), &text).unwrap();
    }
}
