//! `sessions serve` mends the files: whoever reads them alone sees what is true.

use std::os::unix::fs::PermissionsExt as _;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use fs_err as fs;
use serde_json::json;
use session_signals::event::{KINDS, Kind};
use session_signals::process::stat;

use super::server::{Server, within};
use crate::sandbox::{Life, Sandbox};

/// The kinds that stand for a session, while others change.
fn stands(sandbox: &Sandbox, session: &str) -> String {
    let stands = |kind: &&Kind| sandbox.signal(session, kind.word()).exists();
    KINDS.iter().filter(stands).map(|kind| kind.word()).collect::<Vec<_>>().join(" ")
}

/// What the CLI says of its session, `ago` before now.
fn register(sandbox: &Sandbox, life: &Life, session: &str, status: &str, ago: Duration) {
    // It counts in milliseconds: the next one is newer than any signal until now.
    std::thread::sleep(Duration::from_millis(2));
    let directory = sandbox.home().join(".claude/sessions");
    fs::create_dir_all(&directory).unwrap();
    let updated = (SystemTime::now() - ago).duration_since(UNIX_EPOCH).unwrap().as_millis();
    let pid = life.pid();
    let entry = json!({
        "pid": pid, "sessionId": session, "cwd": "/", "procStart": stat(pid).unwrap().start.to_string(),
        "status": status, "statusUpdatedAt": u64::try_from(updated).unwrap(),
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
const ASKS: &str = r#""tool_name":"Bash","tool_input":{"command":"ls"}"#;

/// Session, its events, what the registry says and since when; what the files must say in the end, and by which rule.
type Row = (&'static str, &'static [(&'static str, &'static str)], &'static str, Duration, &'static str, &'static str);

#[rustfmt::skip]
const LIVING: [Row; 6] = [
    ("approved", &[("UserPromptSubmit", ""), ("PermissionRequest", ASKS)], "busy", NOW, "working", "approved"),
    ("denied", &[("UserPromptSubmit", ""), ("PermissionRequest", ASKS)], "idle", NOW, "stop", "denied"),
    ("interrupted", &[("UserPromptSubmit", "")], "idle", NOW, "stop", "interrupted"),
    ("blocked", &[("UserPromptSubmit", "")], "idle", Duration::from_secs(60), "stop", "interrupted"),
    ("queued", &[("UserPromptSubmit", ""), ("Stop", "")], "busy", NOW, "working", "queued"),
    ("reopened", &[("SessionEnd", "")], "idle", NOW, "stop", "idle"),
];

#[test]
fn what_fires_no_hook_is_written_down() {
    let sandbox = Sandbox::new();
    let mut lives = Vec::new();
    for (session, events, status, ago, ..) in LIVING {
        let mut life = Life::begin(&sandbox);
        for (event, members) in events {
            life.fire(session, event, members).succeeds();
        }
        register(&sandbox, &life, session, status, ago);
        lives.push(life);
    }
    let server = Server::start(&sandbox);
    for (session, .., state, rule) in LIVING {
        heals(&sandbox, &server, session, state, rule);
    }
    // A healed signal is like any other, and says who wrote it.
    let stop = sandbox.read("denied", "stop");
    assert_eq!((&stop["session_id"], &stop["healed_by"]), (&"denied".into(), &"denied".into()), "{stop}");
    assert!(stop["stopped_at"].is_string() && stop["claude_pid"].is_u64() && stop["claude_host"].is_string(), "{stop}");
    assert_eq!(fs::metadata(sandbox.signal("denied", "stop")).unwrap().permissions().mode() & 0o777, 0o600);
    // Once is enough.
    let told = server.log();
    assert_eq!(told.lines().count(), LIVING.len(), "{told}");
}

#[test]
fn a_dead_process_has_ended_unless_it_is_of_another_host() {
    let sandbox = Sandbox::new();
    let mut life = Life::begin(&sandbox);
    life.fire("working", "UserPromptSubmit", "").succeeds();
    life.fire("asking", "UserPromptSubmit", "").succeeds();
    life.fire("asking", "PermissionRequest", ASKS).succeeds();
    for host in ["elsewhere", "unnamed"] {
        life.fire(host, "UserPromptSubmit", "").succeeds();
        let signal = sandbox.signal(host, "working");
        let mut members = sandbox.read(host, "working");
        match host {
            "elsewhere" => members["claude_host"] = "elsewhere/4026531836".into(),
            _ => _ = members.as_object_mut().unwrap().remove("claude_host"),
        }
        fs::write(signal, format!("{members}\n")).unwrap();
    }
    let server = Server::start(&sandbox);
    let newest = fs::metadata(sandbox.signal("asking", "permission")).unwrap().modified().unwrap();
    drop(life);
    heals(&sandbox, &server, "working", "ended", "killed");
    heals(&sandbox, &server, "asking", "ended", "killed");
    // A nanosecond newer than what it replaces, so that no event finds it newer than itself.
    let ended = fs::metadata(sandbox.signal("asking", "ended")).unwrap().modified().unwrap();
    assert_eq!(ended, newest + Duration::from_nanos(1));
    assert_eq!(sandbox.read("asking", "ended")["reason"], "killed");
    // Another look, which finds the next dead, has not touched them either.
    let mut life = Life::begin(&sandbox);
    life.fire("next", "Stop", "").succeeds();
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
    let mut life = Life::begin(&sandbox);
    life.fire("s", "UserPromptSubmit", r#""prompt":"old""#).succeeds();
    // It has read the clock, and is kept from going on.
    let mut held = sandbox.hold("UserPromptSubmit");
    held.signal("-STOP");
    held.give("s", "UserPromptSubmit", r#""prompt":"new""#);
    register(&sandbox, &life, "s", "idle", NOW);
    let server = Server::start(&sandbox);
    heals(&sandbox, &server, "s", "stop", "interrupted");
    held.signal("-CONT");
    held.outcome().succeeds();
    assert_eq!((&*stands(&sandbox, "s"), &sandbox.read("s", "working")["prompt"]), ("working", &"new".into()));
}

#[test]
fn nothing_is_healed_without_the_lock() {
    let sandbox = Sandbox::new();
    let mut life = Life::begin(&sandbox);
    life.fire("s", "Stop", "").succeeds();
    let lock = fs::File::open(sandbox.spool()).unwrap().into_file();
    lock.lock().unwrap();
    drop(life);
    let server = Server::start(&sandbox);
    // Two looks of one second each.
    std::thread::sleep(Duration::from_millis(2500));
    assert_eq!((sandbox.state("s"), server.log()), ("stop".to_owned(), String::new()));
    drop(lock);
    heals(&sandbox, &server, "s", "ended", "killed");
}
