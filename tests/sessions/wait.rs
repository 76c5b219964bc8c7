//! `sessions wait`.

use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::Duration;

use serde_json::Value;

use crate::hooks::steps::BASH;
use crate::sandbox::{ClaudeProcess, Outcome, Sandbox, executable_path, run_with_input};
use crate::serve::server::becomes_true;

/// Runs `sessions wait` with these arguments until it ends.
fn wait(sandbox: &Sandbox, arguments: &[&str]) -> Outcome {
    run_with_input(sandbox.command(executable_path("sessions")).arg("wait").args(arguments), "")
}

/// Starts `sessions wait` with these arguments.
fn start_to_wait(sandbox: &Sandbox, arguments: &[&str]) -> Child {
    let mut command = Command::new(executable_path("sessions"));
    command.env_clear().env("HOME", sandbox.home()).arg("wait").args(arguments);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
}

/// Returns the exit code, and what was printed.
fn finish(mut child: Child) -> (Option<i32>, String) {
    assert!(becomes_true(|| child.try_wait().unwrap().is_some()), "it still waits");
    let output = child.wait_with_output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (output.status.code(), text(output.stdout) + &text(output.stderr))
}

#[test]
fn a_session_that_is_in_the_state_already_is_printed_at_once() {
    let sandbox = Sandbox::new();
    sandbox.run_hook("new", "SessionStart", r#""source":"startup""#).assert_success();
    sandbox.run_hook("works", "UserPromptSubmit", r#""prompt":"go""#).assert_success();
    sandbox.run_hook("over", "SessionEnd", "").assert_success();
    // Nobody needs the user yet.
    let outcome = wait(&sandbox, &["--timeout", "300ms"]);
    assert_eq!((outcome.code, &*outcome.stdout), (Some(3), ""));
    assert_eq!(outcome.stderr, "sessions: no such session needed you within 300ms\n");
    sandbox.run_hook("rests", "Stop", "").assert_success();
    sandbox.run_hook("asks", "PermissionRequest", BASH).assert_success();
    for (arguments, session) in [
        (&[][..], "asks"),
        (&["--for", "need"], "asks"),
        (&["--for", "approval"], "asks"),
        (&["--for", "working"], "works"),
        (&["--for", "ended", "--session", "over"], "over"),
        (&["--for", "need", "--session", "re"], "rests"),
    ] {
        let outcome = wait(&sandbox, &[arguments, &["--json", "--timeout", "20s"]].concat());
        assert_eq!((outcome.code, &*outcome.stderr), (Some(0), ""), "{arguments:?}");
        let printed: Value = serde_json::from_str(&outcome.stdout).unwrap();
        assert_eq!(printed["sessionId"], session, "{arguments:?}");
    }
    let outcome = wait(&sandbox, &["--for", "approval"]);
    assert!(outcome.stdout.starts_with("▲ approve") && outcome.stdout.lines().count() == 1, "{}", outcome.stdout);
}

#[test]
fn it_waits_until_a_hook_or_a_kill_makes_it_true() {
    let sandbox = Sandbox::new();
    let mut cli = ClaudeProcess::start(&sandbox);
    cli.run_hook("one", "UserPromptSubmit", "").assert_success();
    cli.run_hook("two", "UserPromptSubmit", "").assert_success();
    let need = start_to_wait(&sandbox, &[]);
    let two = start_to_wait(&sandbox, &["--session", "tw", "--for", "approval"]);
    let end = start_to_wait(&sandbox, &["--session", "one", "--for", "ended"]);
    let later = start_to_wait(&sandbox, &["--session", "later", "--for", "working"]);
    thread::sleep(Duration::from_millis(500));
    cli.run_hook("one", "Stop", "").assert_success();
    let (code, text) = finish(need);
    assert!(code == Some(0) && text.starts_with("◆ waiting"), "{code:?} {text}");
    cli.run_hook("two", "PermissionRequest", BASH).assert_success();
    let (code, text) = finish(two);
    assert!(code == Some(0) && text.starts_with("▲ approve") && text.contains("two"), "{code:?} {text}");
    // A session that comes later.
    cli.run_hook("later", "UserPromptSubmit", "").assert_success();
    assert_eq!(finish(later).0, Some(0));
    // No hook tells of the kill.
    drop(cli);
    let (code, text) = finish(end);
    assert!(code == Some(0) && text.starts_with("○ ended"), "{code:?} {text}");
}

#[test]
fn what_cannot_be_waited_for_is_refused_with_the_reason() {
    let sandbox = Sandbox::new();
    let outcome = wait(&sandbox, &[]);
    assert_eq!(outcome.code, Some(1));
    assert!(outcome.stderr.contains(".claude is no directory: Claude Code makes it"), "{}", outcome.stderr);
    sandbox.run_hook("same1", "Stop", "").assert_success();
    sandbox.run_hook("same2", "Stop", "").assert_success();
    let outcome = wait(&sandbox, &["--session", "same"]);
    assert_eq!(outcome.code, Some(1));
    assert_eq!(outcome.stderr, "sessions: the ids of 2 sessions begin with same: give more of it\n");
    for (arguments, reason) in [
        (&["--for", "ended"][..], "--session <ID>"),
        (&["--for", "bored"], "need, approval, waiting, working, ended"),
        (&["--timeout", "soon"], "expected number"),
        (&["--session", ""], "a value is required"),
    ] {
        let outcome = wait(&sandbox, arguments);
        assert_eq!(outcome.code, Some(2), "{arguments:?}");
        assert!(outcome.stderr.contains(reason), "{}", outcome.stderr);
    }
}

/// While nothing can change, the program sleeps. It is woken by a file, or by the end of the process.
#[test]
#[cfg(target_os = "linux")]
#[ignore = "needs strace"]
fn it_makes_no_system_call_while_nothing_changes() {
    let sandbox = Sandbox::new();
    let mut cli = ClaudeProcess::start(&sandbox);
    cli.run_hook("s", "UserPromptSubmit", "").assert_success();
    let waiting = start_to_wait(&sandbox, &["--for", "ended", "--session", "s"]);
    let log = sandbox.home().join("calls");
    // After this time nothing is new any more.
    thread::sleep(Duration::from_secs(5));
    let mut strace = Command::new("strace");
    strace.args(["-f", "-q", "-o"]).arg(&log).args(["-p", &waiting.id().to_string()]);
    let mut strace = strace.spawn().unwrap();
    thread::sleep(Duration::from_secs(4));
    let calls = fs_err::read_to_string(&log).unwrap_or_default();
    // A call that has ended has a result.
    let made: Vec<_> = calls.lines().filter(|line| line.contains(" = ")).collect();
    drop(cli);
    assert_eq!(finish(waiting).0, Some(0));
    strace.wait().unwrap();
    let all = fs_err::read_to_string(&log).unwrap();
    assert!(made.is_empty(), "{made:#?}");
    assert!(all.contains("openat"), "the calls after the end of the process are recorded: {all}");
}
