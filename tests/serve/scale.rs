//! Very many sessions.

use std::process::Stdio;
use std::time::Duration;

use serde_json::Value;
use session_signals_cli::wait_until;

use super::disk::{assert_agrees, write_ended_sessions, write_ended_sessions_of, write_transcript};
use super::server::{Server, TIMEOUT, becomes_true, serve_command};
use crate::sandbox::Sandbox;

#[test]
fn ten_thousand_sessions_fit_into_27_mb_and_with_their_conversations_into_33_mb() {
    let sandbox = Sandbox::new();
    let transcript = write_transcript(&sandbox);
    write_ended_sessions_of(&sandbox, 10_000, |_| transcript.clone());
    let members = format!(r#""transcript_path":"{}","last_assistant_message":"done""#, transcript.display());
    sandbox.run_hook("s", "Stop", &members).assert_success();
    let server = Server::start(&sandbox);
    let has_conversation = |message: &Value| message["value"]["messageCount"] == 9;
    let answer = server.get("/sessions");
    // Before the answer is parsed: the server reads the conversations meanwhile.
    #[cfg(target_os = "linux")]
    let without_conversations = server.allocated_kib();
    let first = answer.messages();
    assert_eq!(first.len(), 10_001);
    assert!(first.iter().any(|message| message["key"] == "s" && has_conversation(message)), "the open session");
    assert!(!first.iter().all(has_conversation), "the server does not wait for all conversations");
    // Each session without its conversation has this in its JSON. A debug build reads slowly.
    let are_all_read = || !server.get("/sessions").body.contains(r#""messageCount":0,"#);
    let is_done = wait_until(4 * TIMEOUT, Duration::from_secs(1), || are_all_read().then_some(()));
    assert!(is_done.is_some());
    assert_agrees(&server, &sandbox);
    #[cfg(target_os = "linux")]
    {
        let allocated = server.allocated_kib();
        println!("{without_conversations} KiB, and {allocated} KiB with the conversations");
        assert!(without_conversations < 27 << 10, "{without_conversations} KiB");
        // Of a conversation nothing is in memory but its part of the JSON.
        assert!(allocated < 33 << 10, "{allocated} KiB");
    }
}

#[test]
#[ignore = "needs strace"]
fn very_many_deleted_signals_are_not_looked_at_one_by_one() {
    const COUNT: usize = 5000;
    let sandbox = Sandbox::new();
    write_ended_sessions(&sandbox, COUNT);
    let counts = sandbox.home().join("counts");
    let serve = serve_command(&sandbox, 0);
    // -D: the server is the child of this process, and strace runs apart.
    let mut strace = std::process::Command::new("strace");
    strace.args(["-D", "-f", "-c", "-e", "trace=openat", "-o"]).arg(&counts).arg(serve.get_program());
    strace.args(serve.get_args()).env_remove("CLAUDE_CONFIG_DIR").env("HOME", sandbox.home()).stdout(Stdio::piped());
    let server = Server::spawn(&sandbox, strace);
    assert_eq!(server.messages().len(), COUNT);
    for entry in fs_err::read_dir(sandbox.signal_dir()).unwrap() {
        fs_err::remove_file(entry.unwrap().path()).unwrap();
    }
    // A session that comes meanwhile is not missed.
    sandbox.run_hook("s", "Stop", "").assert_success();
    assert!(becomes_true(|| server.sessions().len() == 1));
    assert_agrees(&server, &sandbox);
    server.send_signal("-TERM");
    assert_eq!(server.wait(), Some(0));
    let mut text = String::new();
    assert!(becomes_true(|| {
        text = fs_err::read_to_string(&counts).unwrap_or_default();
        text.contains("total")
    }));
    let line = text.lines().find(|line| line.trim_end().ends_with("openat")).unwrap();
    let calls: usize = line.split_whitespace().nth(3).unwrap().parse().unwrap();
    // Each file was opened once, to be read.
    assert!(calls < 3 * COUNT, "{text}");
}
