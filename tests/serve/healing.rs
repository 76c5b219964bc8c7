//! `sessions serve` mends the files: whoever reads them alone sees what is true.

use std::os::unix::fs::PermissionsExt as _;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use fs_err as fs;
use serde_json::json;
use session_signals_protocol::cli_process::read_stat;
use session_signals_protocol::{SIGNAL_KINDS, SignalKind};

use super::server::{Server, within};
use crate::sandbox::{ClaudeProcess, Sandbox, executable_path, run_with_input};

/// The kinds that stand for a session, while others change.
fn stands(sandbox: &Sandbox, session: &str) -> String {
    let stands = |kind: &&SignalKind| sandbox.signal_path(session, kind.word()).exists();
    SIGNAL_KINDS.iter().filter(stands).map(|kind| kind.word()).collect::<Vec<_>>().join(" ")
}

/// What the CLI says of its session, `ago` before now. A word that is no status of the CLI's is what it waits for.
pub fn register(sandbox: &Sandbox, life: &ClaudeProcess, session: &str, status: &str, ago: Duration) {
    // It counts in milliseconds: the next one is newer than any signal until now.
    std::thread::sleep(Duration::from_millis(2));
    let directory = sandbox.home().join(".claude/sessions");
    fs::create_dir_all(&directory).unwrap();
    let updated = (SystemTime::now() - ago).duration_since(UNIX_EPOCH).unwrap().as_millis();
    let pid = life.pid();
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
    fs::write(directory.join(format!("{pid}.json")), entry.to_string()).unwrap();
}

/// Waits until the log says that a session was healed by this rule: then the files say this.
#[track_caller]
fn heals(sandbox: &Sandbox, server: &Server, session: &str, state: &str, rule: &str) {
    let (line, rule) = (format!("healed {session}: "), format!("({rule}: "));
    let is_told = within(|| server.log().lines().any(|told| told.starts_with(&line) && told.contains(&rule)));
    assert!(is_told, "{session} is not healed by {rule}\n{}", server.log());
    assert_eq!(stands(sandbox, session), state, "{session}");
}

const NOW: Duration = Duration::ZERO;
/// Longer ago than anything that happens here: the registry does not move.
pub const LONG: Duration = Duration::from_secs(60);
const ASKS: &str = r#""tool_name":"Bash","tool_input":{"command":"ls"}"#;
const ITS_CALL: &str = r#""agent_id":"a","tool_name":"Bash","tool_input":{"command":"ls"}"#;
const TEAMMATE: &str = r#""background_tasks":[{"id":"t","type":"teammate","status":"running","description":"bob"}]"#;
const SHELL: &str = r#""background_tasks":[{"id":"b","type":"shell","status":"running","description":"sleep"}]"#;

/// Session, its events, what the registry says and since when; what the files must say in the end, and by which rule.
type Row = (&'static str, Events, &'static str, Duration, &'static str, &'static str);
type Events = &'static [(&'static str, &'static str)];

#[rustfmt::skip]
const LIVING: [Row; 14] = [
    ("approved", &[("UserPromptSubmit", ""), ("PermissionRequest", ASKS)], "busy", NOW, "working", "approved"),
    ("denied", &[("UserPromptSubmit", ""), ("PermissionRequest", ASKS)], "idle", NOW, "stop", "denied"),
    ("interrupted", &[("UserPromptSubmit", "")], "idle", NOW, "stop", "interrupted"),
    ("blocked", &[("UserPromptSubmit", "")], "idle", LONG, "stop", "interrupted"),
    ("escaped-model", &[("UserPromptSubmit", "")], "dialog", NOW, "stop", "dialog"),
    ("denied-config", &[("UserPromptSubmit", ""), ("PermissionRequest", ASKS)], "dialog", NOW, "stop", "dialog"),
    ("queued", &[("UserPromptSubmit", ""), ("Stop", "")], "busy", NOW, "working", "queued"),
    ("another-tools-stop-hook", &[("UserPromptSubmit", ""), ("Stop", "")], "busy", LONG, "working", "queued"),
    ("cleared", &[("SessionStart", r#""source":"clear""#)], "busy", LONG, "working", "queued"),
    ("teammate", &[("UserPromptSubmit", ""), ("Stop", TEAMMATE)], "busy", LONG, "working", "queued"),
    ("shell", &[("UserPromptSubmit", ""), ("Stop", SHELL)], "busy", LONG, "working", "queued"),
    ("unnamed", &[("UserPromptSubmit", "")], "permission", NOW, "working permission", "asks"),
    ("unnamed-long-since", &[("UserPromptSubmit", "")], "permission", LONG, "working permission", "asks"),
    ("reopened", &[("SessionEnd", "")], "idle", NOW, "stop", "idle"),
];

/// Of these the files say the truth; and what the registry says is no reason to change them.
#[rustfmt::skip]
const TRUE: [(&str, Events, &str, Duration, &str); 3] = [
    ("its-call-and-model", &[("PermissionRequest", ITS_CALL), ("Stop", TEAMMATE)], "dialog", NOW, "permission stop"),
    ("its-later-call-and-model", &[("Stop", TEAMMATE), ("PermissionRequest", ITS_CALL)], "dialog", NOW, "permission stop"),
    ("it-rests", &[("UserPromptSubmit", ""), ("Stop", TEAMMATE)], "idle", NOW, "stop"),
];

#[test]
fn what_fires_no_hook_is_written_down() {
    let sandbox = Sandbox::new();
    let mut lives = Vec::new();
    let of_true =
        TRUE.into_iter().map(|(session, events, status, ago, state)| (session, events, status, ago, state, ""));
    for (session, events, status, ago, ..) in of_true.chain(LIVING) {
        let mut life = ClaudeProcess::start(&sandbox);
        for (event, members) in events {
            life.run_hook(session, event, members).assert_success();
        }
        register(&sandbox, &life, session, status, ago);
        lives.push(life);
    }
    let server = Server::start(&sandbox);
    for (session, .., state, rule) in LIVING {
        heals(&sandbox, &server, session, state, rule);
    }
    // A healed signal is like any other, and says who wrote it.
    let stop = sandbox.read_signal("denied", "stop");
    assert_eq!((&stop["session_id"], &stop["healed_by"]), (&"denied".into(), &"denied".into()), "{stop}");
    assert!(stop["stopped_at"].is_string() && stop["claude_pid"].is_u64() && stop["claude_host"].is_string(), "{stop}");
    assert_eq!(fs::metadata(sandbox.signal_path("denied", "stop")).unwrap().permissions().mode() & 0o777, 0o600);
    // Once is enough.
    let told = server.log();
    assert_eq!(told.lines().count(), LIVING.len(), "{told}");
    // And so is none: the last of those above were waited for longer.
    for (session, .., state) in TRUE {
        assert_eq!(stands(&sandbox, session), state, "{session}\n{told}");
    }
    // What runs in the background is known as long as nothing else is said of it.
    let working = sandbox.read_signal("teammate", "working");
    assert_eq!(working["background_tasks"][0]["type"], "teammate", "{working}");
}

/// The call that `sessions` names.
fn named(sandbox: &Sandbox) -> serde_json::Value {
    let found = crate::sessions::list::json(sandbox, &[]).remove(0);
    assert_eq!((&found["hasPendingToolUse"], &found["pendingCount"]), (&true.into(), &1.into()), "{found}");
    found["pendingPermission"].clone()
}

#[test]
fn a_call_that_nobody_can_name_comes_and_goes() {
    let sandbox = Sandbox::new();
    let mut life = ClaudeProcess::start(&sandbox);
    life.run_hook("s", "UserPromptSubmit", r#""cwd":"/here""#).assert_success();
    let server = Server::start(&sandbox);
    let comes_to = |state: &str, rule: &str| {
        let told = format!("({rule}: ");
        assert!(within(|| stands(&sandbox, "s") == state && server.log().contains(&told)), "{rule}\n{}", server.log());
    };
    register(&sandbox, &life, "s", "permission", NOW);
    comes_to("working permission", "asks");
    let permission = sandbox.read_signal("s", "permission");
    assert_eq!(
        (&permission["pending"], &permission["healed_by"], &permission["cwd"]),
        (&json!([]), &"asks".into(), &"/here".into())
    );
    assert!(permission["pending_since"].is_string() && permission["claude_pid"] == life.pid(), "{permission}");
    assert_eq!(named(&sandbox), serde_json::Value::Null);
    let doctor = run_with_input(sandbox.command(executable_path("hooks")).args(["doctor", "--json"]), "");
    assert!(!doctor.stdout.contains("signal-") && doctor.stdout.contains("not-installed"), "{doctor:?}");
    // Approved; then denied.
    register(&sandbox, &life, "s", "busy", NOW);
    comes_to("working", "approved");
    register(&sandbox, &life, "s", "permission", NOW);
    comes_to("working permission", "asks");
    register(&sandbox, &life, "s", "idle", NOW);
    comes_to("stop", "denied");
    // A request names it after all; and the end of any tool shows that none waits.
    for (event, members, state, call) in [
        ("PermissionRequest", ASKS, "working permission", "Bash"),
        ("PostToolUse", r#""tool_name":"Read""#, "working", ""),
    ] {
        life.run_hook("s", "UserPromptSubmit", "").assert_success();
        register(&sandbox, &life, "s", "permission", NOW);
        assert!(within(|| stands(&sandbox, "s") == "working permission"), "{event}\n{}", server.log());
        // It says nothing from here on.
        register(&sandbox, &life, "s", "unknown", NOW);
        life.run_hook("s", event, members).assert_success();
        assert_eq!(stands(&sandbox, "s"), state);
        if !call.is_empty() {
            assert_eq!(named(&sandbox)["toolName"], call);
            let permission = sandbox.read_signal("s", "permission");
            assert!(permission.get("healed_by").is_none() && permission["tool_name"] == call, "{permission}");
        }
    }
}

#[test]
fn a_dead_process_has_ended_unless_it_is_of_another_host() {
    let sandbox = Sandbox::new();
    let mut life = ClaudeProcess::start(&sandbox);
    life.run_hook("working", "UserPromptSubmit", "").assert_success();
    life.run_hook("asking", "UserPromptSubmit", "").assert_success();
    life.run_hook("asking", "PermissionRequest", ASKS).assert_success();
    for host in ["elsewhere", "unnamed"] {
        life.run_hook(host, "UserPromptSubmit", "").assert_success();
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
    drop(life);
    heals(&sandbox, &server, "working", "ended", "killed");
    heals(&sandbox, &server, "asking", "ended", "killed");
    // A nanosecond newer than what it replaces, so that no event finds it newer than itself.
    let ended = fs::metadata(sandbox.signal_path("asking", "ended")).unwrap().modified().unwrap();
    assert_eq!(ended, newest + Duration::from_nanos(1));
    assert_eq!(sandbox.read_signal("asking", "ended")["reason"], "killed");
    // Another look, which finds the next dead, has not touched them either.
    let mut life = ClaudeProcess::start(&sandbox);
    life.run_hook("next", "Stop", "").assert_success();
    drop(life);
    heals(&sandbox, &server, "next", "ended", "killed");
    for host in ["elsewhere", "unnamed"] {
        assert_eq!(stands(&sandbox, host), "working", "{host}\n{}", server.log());
    }
}

// A portable hook that is stopped may find its time for stdin over: it has a thread for that.
#[cfg(freestanding)]
#[test]
fn an_event_that_waits_while_a_signal_is_healed_wins() {
    let sandbox = Sandbox::new();
    let mut life = ClaudeProcess::start(&sandbox);
    life.run_hook("s", "UserPromptSubmit", r#""prompt":"old""#).assert_success();
    // It has read the clock, and is kept from going on.
    let mut held = sandbox.start_hook("UserPromptSubmit");
    held.send_signal("-STOP");
    held.write_payload("s", "UserPromptSubmit", r#""prompt":"new""#);
    register(&sandbox, &life, "s", "idle", NOW);
    let server = Server::start(&sandbox);
    heals(&sandbox, &server, "s", "stop", "interrupted");
    held.send_signal("-CONT");
    held.wait_for_end().assert_success();
    assert_eq!((&*stands(&sandbox, "s"), &sandbox.read_signal("s", "working")["prompt"]), ("working", &"new".into()));
}

#[test]
fn nothing_is_healed_without_the_lock() {
    let sandbox = Sandbox::new();
    let mut life = ClaudeProcess::start(&sandbox);
    life.run_hook("s", "Stop", "").assert_success();
    let lock = fs::File::open(sandbox.signal_dir()).unwrap().into_file();
    lock.lock().unwrap();
    drop(life);
    let server = Server::start(&sandbox);
    // Two looks of one second each.
    std::thread::sleep(Duration::from_millis(2500));
    assert_eq!((sandbox.describe_signals("s"), server.log()), ("stop".to_owned(), String::new()));
    drop(lock);
    heals(&sandbox, &server, "s", "ended", "killed");
}
