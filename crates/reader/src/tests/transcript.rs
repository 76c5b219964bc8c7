//! Transcripts, as the real CLI wrote them.

use std::io::{Seek as _, SeekFrom, Write as _};

use super::fixture;
use crate::pending_call::PendingCall;
use crate::transcript::TranscriptTail;
use crate::transcript_end::MAX_TAIL_LEN;

#[test]
fn the_transcript_shows_a_denial_and_an_interrupt() {
    let text = fixture("transcripts/denied-escaped-interrupted-failed.jsonl");
    let tail = TranscriptTail::parse(&text);
    assert_eq!(tail.interrupted_at, Some(humantime::parse_rfc3339("2026-11-21T07:49:26.249Z").unwrap()));
    let call = |command: &str| PendingCall {
        tool_name: Some("Bash".into()),
        tool_input: serde_json::json!({"command": command, "description": command}),
        ..PendingCall::default()
    };
    assert!(tail.has_result(&call("sleep 5 > x.txt")));
    assert!(!tail.has_result(&call("sleep 6 > x.txt")));
    assert!(!tail.has_result(&PendingCall { agent_id: Some("a".into()), ..call("sleep 5 > x.txt") }));
    let before = text.windows(3).position(|bytes| bytes == b"no2").unwrap();
    let first = TranscriptTail::parse(&text[..before]);
    assert_eq!(first.interrupted_at, Some(humantime::parse_rfc3339("2026-11-21T07:49:22.784Z").unwrap()));
}

#[test]
fn only_the_end_of_a_transcript_is_read() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("t.jsonl");
    let mut file = fs_err::File::create(&path).unwrap();
    file.seek(SeekFrom::Start(8 << 30)).unwrap(); // a hole of 8 GiB, which takes no space
    file.write_all(b"\n").unwrap();
    file.write_all(&fixture("transcripts/denied-escaped-interrupted-failed.jsonl")).unwrap();
    assert!(TranscriptTail::read(&path).unwrap().interrupted_at.is_some());
    // An interrupt before the end that is read does not count.
    let answer = super::conversation::answer("one");
    let len = usize::try_from(MAX_TAIL_LEN).unwrap();
    file.write_all(answer.repeat(len / answer.len() + 1).as_bytes()).unwrap();
    assert!(TranscriptTail::read(&path).unwrap().interrupted_at.is_none());
    assert!(TranscriptTail::read(directory.path()).is_err());
    assert!(TranscriptTail::read("/dev/zero".as_ref()).is_err());
}
