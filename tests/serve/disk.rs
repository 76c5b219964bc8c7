//! What is on the disk: signals that a test writes, and the sessions that the server must show for them.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

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

/// Writes the signals of very many sessions that ended, as the hooks leave them. Their transcripts are missing.
pub fn write_ended_sessions(sandbox: &Sandbox, count: usize) {
    write_ended_sessions_of(sandbox, count, |id| {
        Path::new("/home/dev/.claude/projects/-home-dev-work").join(id).with_extension("jsonl")
    });
}

/// Writes the same for sessions with these transcripts.
pub fn write_ended_sessions_of(sandbox: &Sandbox, count: usize, transcript_of: impl Fn(&str) -> PathBuf) {
    fs_err::create_dir_all(sandbox.signal_dir()).unwrap();
    let mut text = String::new();
    for number in 0..count {
        let id = format!("0cc11bc4-3864-478d-bc8b-{number:012}");
        let transcript = transcript_of(&id);
        text.clear();
        let _ = write!(
            text,
            r#"{{"session_id":"{id}","transcript_path":"{}","cwd":"/home/dev/work","hook_event_name":"SessionEnd","reason":"prompt_input_exit","ended_at":"1795246000.123456789","claude_pid":4194300,"claude_start":17,"claude_host":"here/4026531836"}}"#,
            transcript.display()
        );
        fs_err::write(sandbox.signal_path(&id, "ended"), &text).unwrap();
    }
}

/// Writes a transcript with the beginning of a real conversation: its first nine messages. Returns its path.
pub fn write_transcript(sandbox: &Sandbox) -> PathBuf {
    const RECORDED: &str = include_str!("../fixtures/transcripts/denied-escaped-interrupted-failed.jsonl");
    let is_message = |line: &&str| line.contains(r#""type":"user""#) || line.contains(r#""type":"assistant""#);
    let lines: Vec<_> = RECORDED.lines().filter(is_message).take(9).collect();
    let path = sandbox.home().join("transcript.jsonl");
    fs_err::write(&path, lines.join("\n") + "\n").unwrap();
    path
}
