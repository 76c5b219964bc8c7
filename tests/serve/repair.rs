//! `sessions serve` repairs signals, so that programs that read only the files see the truth.

use std::os::unix::fs::PermissionsExt as _;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use fs_err as fs;
use serde_json::json;
use session_signals_protocol::cli_process::read_stat;
use session_signals_protocol::{SIGNAL_KINDS, SignalKind};

use super::server::{Server, becomes_true};
use crate::hooks::steps::BASH;
use crate::sandbox::{ClaudeProcess, Sandbox, executable_path, run_with_input};
use crate::sessions::registry_entry::write_registry_entry;

/// Returns the kinds of the signals that a session has now.
fn signal_kinds(sandbox: &Sandbox, session: &str) -> String {
    let exists = |kind: &&SignalKind| sandbox.signal_path(session, kind.word()).exists();
    SIGNAL_KINDS.iter().filter(exists).map(|kind| kind.word()).collect::<Vec<_>>().join(" ")
}

/// Writes the registry entry of a session, last changed `ago` before now. The statuses `permission` and `dialog` stand for
/// what the session waits for.
pub fn register(sandbox: &Sandbox, cli: &ClaudeProcess, session: &str, status: &str, ago: Duration) {
    // The registry counts in milliseconds. After this pause, its time is newer than that of every signal.
    std::thread::sleep(Duration::from_millis(2));
    let updated = (SystemTime::now() - ago).duration_since(UNIX_EPOCH).unwrap().as_millis();
    let pid = cli.pid();
    let waiting_for = match status {
        "permission" => Some("permission prompt"),
        "dialog" => Some("dialog open"),
        _ => None,
    };
    let entry = json!({
        "pid": pid, "sessionId": session, "cwd": "/", "procStart": read_stat(pid).unwrap().start.to_string(),
        "status": if waiting_for.is_some() { "waiting" } else { status }, "waitingFor": waiting_for,
        "statusUpdatedAt": u64::try_from(updated).unwrap(),
    });
    write_registry_entry(sandbox, pid, &entry);
}

/// Waits until the log says that a session was repaired by this rule. Then the session must have these signals.
#[track_caller]
fn assert_repaired(sandbox: &Sandbox, server: &Server, session: &str, kinds: &str, rule: &str) {
    let (line, rule) = (format!("repaired {session}: "), format!("({rule}: "));
    let is_logged =
        becomes_true(|| server.log().lines().any(|logged| logged.starts_with(&line) && logged.contains(&rule)));
    assert!(is_logged, "{session} is not repaired by {rule}\n{}", server.log());
    assert_eq!(signal_kinds(sandbox, session), kinds, "{session}");
}

const NOW: Duration = Duration::ZERO;
/// Longer ago than any event of these tests: the registry does not change.
pub const LONG_AGO: Duration = Duration::from_secs(60);
const SUBAGENT_CALL: &str = r#""agent_id":"a","tool_name":"Bash","tool_input":{"command":"ls"}"#;
const TEAMMATE: &str = r#""background_tasks":[{"id":"t","type":"teammate","status":"running","description":"bob"}]"#;
const SHELL: &str = r#""background_tasks":[{"id":"b","type":"shell","status":"running","description":"sleep"}]"#;

/// A session, its events, its status in the registry and the age of that status; the kinds of its signals after the repair,
/// and the rule of the repair.
type Row = (&'static str, Events, &'static str, Duration, &'static str, &'static str);
type Events = &'static [(&'static str, &'static str)];

#[rustfmt::skip]
const REPAIRED: [Row; 14] = [
    ("approved", &[("UserPromptSubmit", ""), ("PermissionRequest", BASH)], "busy", NOW, "working", "approved"),
    ("denied", &[("UserPromptSubmit", ""), ("PermissionRequest", BASH)], "idle", NOW, "stop", "denied"),
    ("interrupted", &[("UserPromptSubmit", "")], "idle", NOW, "stop", "interrupted"),
    ("blocked", &[("UserPromptSubmit", "")], "idle", LONG_AGO, "stop", "interrupted"),
    ("escaped-model", &[("UserPromptSubmit", "")], "dialog", NOW, "stop", "dialog"),
    ("denied-config", &[("UserPromptSubmit", ""), ("PermissionRequest", BASH)], "dialog", NOW, "stop", "dialog"),
    ("queued", &[("UserPromptSubmit", ""), ("Stop", "")], "busy", NOW, "working", "queued"),
    ("another-tools-stop-hook", &[("UserPromptSubmit", ""), ("Stop", "")], "busy", LONG_AGO, "working", "queued"),
    ("cleared", &[("SessionStart", r#""source":"clear""#)], "busy", LONG_AGO, "working", "queued"),
    ("teammate", &[("UserPromptSubmit", ""), ("Stop", TEAMMATE)], "busy", LONG_AGO, "working", "queued"),
    ("shell", &[("UserPromptSubmit", ""), ("Stop", SHELL)], "busy", LONG_AGO, "working", "queued"),
    ("unnamed", &[("UserPromptSubmit", "")], "permission", NOW, "working permission", "asks"),
    ("unnamed-long-since", &[("UserPromptSubmit", "")], "permission", LONG_AGO, "working permission", "asks"),
    ("reopened", &[("SessionEnd", "")], "idle", NOW, "stop", "idle"),
];

/// Sessions whose signals are true: the registry is no reason to change them.
#[rustfmt::skip]
const UNCHANGED: [(&str, Events, &str, Duration, &str); 3] = [
    ("its-call-and-model", &[("PermissionRequest", SUBAGENT_CALL), ("Stop", TEAMMATE)], "dialog", NOW, "permission stop"),
    ("its-later-call-and-model", &[("Stop", TEAMMATE), ("PermissionRequest", SUBAGENT_CALL)], "dialog", NOW, "permission stop"),
    ("it-rests", &[("UserPromptSubmit", ""), ("Stop", TEAMMATE)], "idle", NOW, "stop"),
];

#[test]
fn changes_that_fire_no_hook_are_written_to_the_signals() {
    let sandbox = Sandbox::new();
    let mut clis = Vec::new();
    let unchanged =
        UNCHANGED.into_iter().map(|(session, events, status, ago, state)| (session, events, status, ago, state, ""));
    for (session, events, status, ago, ..) in unchanged.chain(REPAIRED) {
        let mut cli = ClaudeProcess::start(&sandbox);
        for (event, members) in events {
            cli.run_hook(session, event, members).assert_success();
        }
        register(&sandbox, &cli, session, status, ago);
        clis.push(cli);
    }
    let server = Server::start(&sandbox);
    for (session, .., state, rule) in REPAIRED {
        assert_repaired(&sandbox, &server, session, state, rule);
    }
    // A repaired signal is like any other, and names its rule.
    let stop = sandbox.read_signal("denied", "stop");
    assert_eq!((&stop["session_id"], &stop["healed_by"]), (&"denied".into(), &"denied".into()), "{stop}");
    assert!(stop["stopped_at"].is_string() && stop["claude_pid"].is_u64() && stop["claude_host"].is_string(), "{stop}");
    assert_eq!(fs::metadata(sandbox.signal_path("denied", "stop")).unwrap().permissions().mode() & 0o777, 0o600);
    // Each session is repaired once.
    let log = server.log();
    assert_eq!(log.lines().count(), REPAIRED.len(), "{log}");
    // The others are unchanged. The waits above were long enough for a repair.
    for (session, .., state) in UNCHANGED {
        assert_eq!(signal_kinds(&sandbox, session), state, "{session}\n{log}");
    }
    // The background tasks stay known.
    let working = sandbox.read_signal("teammate", "working");
    assert_eq!(working["background_tasks"][0]["type"], "teammate", "{working}");
}

/// Returns the call that `sessions` lists.
fn listed_call(sandbox: &Sandbox) -> serde_json::Value {
    let found = crate::sessions::list::json(sandbox, &[]).remove(0);
    assert_eq!((&found["hasPendingToolUse"], &found["pendingCount"]), (&true.into(), &1.into()), "{found}");
    found["pendingPermission"].clone()
}

#[test]
fn an_unknown_call_comes_and_goes() {
    let sandbox = Sandbox::new();
    let mut cli = ClaudeProcess::start(&sandbox);
    cli.run_hook("s", "UserPromptSubmit", r#""cwd":"/here""#).assert_success();
    let server = Server::start(&sandbox);
    let wait_for = |kinds: &str, rule: &str| {
        let logged = format!("({rule}: ");
        assert!(
            becomes_true(|| signal_kinds(&sandbox, "s") == kinds && server.log().contains(&logged)),
            "{rule}\n{}",
            server.log()
        );
    };
    register(&sandbox, &cli, "s", "permission", NOW);
    wait_for("working permission", "asks");
    let permission = sandbox.read_signal("s", "permission");
    assert_eq!(
        (&permission["pending"], &permission["healed_by"], &permission["cwd"]),
        (&json!([]), &"asks".into(), &"/here".into())
    );
    assert!(permission["pending_since"].is_string() && permission["claude_pid"] == cli.pid(), "{permission}");
    assert_eq!(listed_call(&sandbox), serde_json::Value::Null);
    let doctor = run_with_input(sandbox.command(executable_path("hooks")).args(["doctor", "--json"]), "");
    assert!(!doctor.stdout.contains("signal-") && doctor.stdout.contains("not-installed"), "{doctor:?}");
    // The call is approved; the next one is denied.
    register(&sandbox, &cli, "s", "busy", NOW);
    wait_for("working", "approved");
    register(&sandbox, &cli, "s", "permission", NOW);
    wait_for("working permission", "asks");
    register(&sandbox, &cli, "s", "idle", NOW);
    wait_for("stop", "denied");
    // A PermissionRequest names the call. The end of any tool shows that no call waits.
    for (event, members, kinds, call) in [
        ("PermissionRequest", BASH, "working permission", "Bash"),
        ("PostToolUse", r#""tool_name":"Read""#, "working", ""),
    ] {
        cli.run_hook("s", "UserPromptSubmit", "").assert_success();
        register(&sandbox, &cli, "s", "permission", NOW);
        assert!(becomes_true(|| signal_kinds(&sandbox, "s") == "working permission"), "{event}\n{}", server.log());
        // From now on, the registry says nothing.
        register(&sandbox, &cli, "s", "unknown", NOW);
        cli.run_hook("s", event, members).assert_success();
        assert_eq!(signal_kinds(&sandbox, "s"), kinds);
        if !call.is_empty() {
            assert_eq!(listed_call(&sandbox)["toolName"], call);
            let permission = sandbox.read_signal("s", "permission");
            assert!(permission.get("healed_by").is_none() && permission["tool_name"] == call, "{permission}");
        }
    }
}

#[test]
fn a_session_whose_process_is_dead_has_ended_unless_it_is_of_another_host() {
    let sandbox = Sandbox::new();
    let mut cli = ClaudeProcess::start(&sandbox);
    cli.run_hook("working", "UserPromptSubmit", "").assert_success();
    cli.run_hook("asking", "UserPromptSubmit", "").assert_success();
    cli.run_hook("asking", "PermissionRequest", BASH).assert_success();
    for host in ["elsewhere", "unnamed"] {
        cli.run_hook(host, "UserPromptSubmit", "").assert_success();
        let signal = sandbox.signal_path(host, "working");
        let mut members = sandbox.read_signal(host, "working");
        match host {
            "elsewhere" => members["claude_host"] = "elsewhere/4026531836".into(),
            _ => _ = members.as_object_mut().unwrap().remove("claude_host"),
        }
        fs::write(signal, format!("{members}\n")).unwrap();
    }
    let server = Server::start(&sandbox);
    let newest = fs::metadata(sandbox.signal_path("asking", "permission")).unwrap().modified().unwrap();
    drop(cli);
    assert_repaired(&sandbox, &server, "working", "ended", "killed");
    assert_repaired(&sandbox, &server, "asking", "ended", "killed");
    // The repaired signal is a nanosecond newer than the one it replaces, so that every later event is newer.
    let ended = fs::metadata(sandbox.signal_path("asking", "ended")).unwrap().modified().unwrap();
    assert_eq!(ended, newest + Duration::from_nanos(1));
    assert_eq!(sandbox.read_signal("asking", "ended")["reason"], "killed");
    // A later round, which finds the next dead process, does not change them either.
    let mut cli = ClaudeProcess::start(&sandbox);
    cli.run_hook("next", "Stop", "").assert_success();
    drop(cli);
    assert_repaired(&sandbox, &server, "next", "ended", "killed");
    for host in ["elsewhere", "unnamed"] {
        assert_eq!(signal_kinds(&sandbox, host), "working", "{host}\n{}", server.log());
    }
}

// Not for portable hooks: their time limit for stdin is kept by a thread, and may be over after SIGCONT.
#[cfg(freestanding)]
#[test]
fn an_event_that_waits_during_a_repair_wins() {
    let sandbox = Sandbox::new();
    let mut cli = ClaudeProcess::start(&sandbox);
    cli.run_hook("s", "UserPromptSubmit", r#""prompt":"old""#).assert_success();
    // This hook has read the clock, and is then suspended.
    let mut hook = sandbox.start_hook("UserPromptSubmit");
    hook.send_signal("-STOP");
    hook.write_payload("s", "UserPromptSubmit", r#""prompt":"new""#);
    register(&sandbox, &cli, "s", "idle", NOW);
    let server = Server::start(&sandbox);
    assert_repaired(&sandbox, &server, "s", "stop", "interrupted");
    hook.send_signal("-CONT");
    hook.wait_for_end().assert_success();
    assert_eq!(
        (&*signal_kinds(&sandbox, "s"), &sandbox.read_signal("s", "working")["prompt"]),
        ("working", &"new".into())
    );
}

#[test]
fn nothing_is_repaired_without_the_lock() {
    let sandbox = Sandbox::new();
    let mut cli = ClaudeProcess::start(&sandbox);
    cli.run_hook("s", "Stop", "").assert_success();
    let lock = fs::File::open(sandbox.signal_dir()).unwrap().into_file();
    lock.lock().unwrap();
    drop(cli);
    let server = Server::start(&sandbox);
    // Two rounds, one second apart.
    std::thread::sleep(Duration::from_millis(2500));
    assert_eq!((sandbox.describe_signals("s"), server.log()), ("stop".to_owned(), String::new()));
    drop(lock);
    assert_repaired(&sandbox, &server, "s", "ended", "killed");
}
