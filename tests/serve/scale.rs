//! Very many sessions.

use std::process::Stdio;

use super::disk::{assert_agrees, write_ended_sessions};
use super::server::{Server, becomes_true, serve_command};
use crate::sandbox::Sandbox;

#[test]
fn ten_thousand_sessions_fit_into_33_mb() {
    let sandbox = Sandbox::new();
    write_ended_sessions(&sandbox, 10_000);
    let server = Server::start(&sandbox);
    assert_eq!(server.messages().len(), 10_000);
    assert_agrees(&server, &sandbox);
    sandbox.run_hook("s", "Stop", r#""last_assistant_message":"done""#).assert_success();
    server.wait_for_state("s", "waiting stop");
    #[cfg(target_os = "linux")]
    assert!(server.resident_kib() < 33 << 10, "{} KiB", server.resident_kib());
}

#[test]
#[cfg(target_os = "linux")]
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
