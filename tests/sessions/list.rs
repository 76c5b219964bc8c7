//! What it prints.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::sandbox::{ClaudeProcess, Sandbox, executable_path, run_with_input};
use crate::serve::server::within;

const BASH: &str = r#""tool_name":"Bash","tool_input":{"command":"ls"}"#;

/// `sessions` with these arguments; it must succeed.
pub fn sessions(sandbox: &Sandbox, arguments: &[&str]) -> String {
    let outcome = run_with_input(sandbox.command(executable_path("sessions")).args(arguments), "");
    assert_eq!((outcome.code, &*outcome.stderr), (Some(0), ""), "{}", outcome.stdout);
    outcome.stdout
}

pub fn json(sandbox: &Sandbox, arguments: &[&str]) -> Vec<Value> {
    serde_json::from_str(&sessions(sandbox, &[&["--json"], arguments].concat())).unwrap()
}

#[test]
fn nothing_is_one_helpful_line() {
    let sandbox = Sandbox::new();
    assert_eq!(
        sessions(&sandbox, &[]),
        "No session is open. Start `claude`; `sessions --all` shows those that ended.\n"
    );
    assert_eq!(sessions(&sandbox, &["--json"]), "[]\n");
    sandbox.run_hook("s", "SessionEnd", "").assert_success();
    assert!(sessions(&sandbox, &[]).starts_with("No session is open."));
}

#[test]
fn a_life_is_told_as_it_goes() {
    let sandbox = Sandbox::new();
    let mut life = ClaudeProcess::start(&sandbox);
    let states = |sandbox: &Sandbox| {
        let shown = |session: &Value| {
            format!("{} {} {}", session["sessionId"], session["state"], session["rule"]).replace('"', "")
        };
        json(sandbox, &["--all"]).iter().map(shown).collect::<Vec<_>>().join(", ")
    };
    for (event, members, told) in [
        ("SessionStart", r#""source":"startup""#, "s waiting started"),
        ("UserPromptSubmit", r#""prompt":"go""#, "s working working"),
        ("PermissionRequest", BASH, "s permission permission"),
        ("PostToolUse", BASH, "s working working"),
        ("StopFailure", r#""error":"rate_limit""#, "s waiting stop"),
        ("UserPromptSubmit", "", "s working working"),
    ] {
        life.run_hook("s", event, members).assert_success();
        assert_eq!(states(&sandbox), told, "{event}");
    }
    drop(life);
    assert_eq!(states(&sandbox), "s ended killed");
    let mut life = ClaudeProcess::start(&sandbox);
    life.run_hook("s", "SessionStart", r#""source":"resume""#).assert_success();
    life.run_hook("s", "SessionEnd", r#""reason":"clear""#).assert_success();
    life.run_hook("t", "SessionStart", r#""source":"clear""#).assert_success();
    assert_eq!(states(&sandbox), "t waiting started, s ended ended");
    assert_eq!(json(&sandbox, &[]).len(), 1);
}

#[test]
fn the_json_has_the_members_that_the_readme_tells() {
    let sandbox = Sandbox::new();
    sandbox.run_hook("s", "UserPromptSubmit", r#""prompt":"go","cwd":"/nonexistent/project""#).assert_success();
    sandbox.run_hook("s", "PermissionRequest", &format!(r#"{BASH},"cwd":"/nonexistent/project""#)).assert_success();
    let found = json(&sandbox, &[]).remove(0);
    let readme = include_str!("../../README.md");
    let table = readme.split_once("| member | type |").unwrap().1.split_once("\n\n").unwrap().0;
    let quoted = |text: &str| text.split('`').skip(1).step_by(2).map(str::to_owned).collect::<BTreeSet<_>>();
    let members = |value: &Value| value.as_object().unwrap().keys().cloned().collect::<BTreeSet<_>>();
    let rows = table.lines().filter_map(|line| line.strip_prefix("| ")?.split_once(" |"));
    let told: BTreeSet<_> = rows.clone().flat_map(|(names, _)| quoted(names)).collect();
    assert_eq!(told, members(&found));
    let (_, pending) = rows.clone().find(|(names, _)| *names == "`pendingPermission`").unwrap();
    assert_eq!(quoted(pending), members(&found["pendingPermission"]));
    let since = sandbox.read_signal("s", "permission")["pending_since"].as_str().unwrap().to_owned();
    assert_eq!((&found["status"], &found["state"]), (&json!("waiting"), &json!("permission")));
    assert_eq!(
        (&found["hasProcess"], &found["hasPendingToolUse"], &found["pendingCount"]),
        (&json!(true), &json!(true), &json!(1))
    );
    assert_eq!(found["pendingPermission"]["toolInput"], json!({"command": "ls"}));
    assert_eq!((&found["project"], &found["pid"]), (&json!("project"), &json!(std::process::id())));
    let rfc3339 = found["since"].as_str().unwrap();
    let seconds = std::process::Command::new("date").args(["-u", "-d", rfc3339, "+%s"]).output().unwrap().stdout;
    assert_eq!(String::from_utf8(seconds).unwrap().trim(), since.split_once('.').unwrap().0);
}

#[test]
fn the_branch_of_a_repository_and_of_a_worktree() {
    let sandbox = Sandbox::new();
    let repository = sandbox.home().join("repository");
    let git = |arguments: &[&str]| {
        let mut git = sandbox.command("git");
        git.args(["-c", "user.name=a", "-c", "user.email=a@b", "-C", repository.to_str().unwrap()])
            .args(arguments)
            .assert()
            .success();
    };
    fs_err::create_dir_all(repository.join("deep")).unwrap();
    git(&["init", "-q", "-b", "feature/x"]);
    git(&["commit", "-q", "--allow-empty", "-m", "a"]);
    git(&["worktree", "add", "-q", "-b", "fix", "../worktree"]);
    let branch = |cwd: &str| {
        let cwd = sandbox.home().join(cwd);
        sandbox.run_hook("s", "Stop", &format!(r#""cwd":"{}""#, cwd.display())).assert_success();
        json(&sandbox, &[]).remove(0)["branch"].clone()
    };
    assert_eq!(
        (branch("repository/deep"), branch("worktree"), branch(".")),
        (json!("feature/x"), json!("fix"), json!(null))
    );
    git(&["checkout", "-q", "--detach"]);
    assert_eq!(branch("repository").as_str().map(str::len), Some(7));
}

/// The check that the dashboards' documentation gives.
const CONFLICTS: &str = r#"cd "$1" && for f in *.working.json; do id=${f%.working.json}; [ -e "$id.ended.json" ] && echo "CONFLICT: $id has both ended and working"; done; true"#;

#[test]
fn the_dashboards_own_check_finds_no_conflict() {
    let sandbox = Sandbox::new();
    let events = [
        "SessionStart",
        "UserPromptSubmit",
        "PermissionRequest",
        "Stop",
        "SessionEnd",
        "PreCompact",
        "UserPromptSubmit",
    ];
    for (number, event) in events.iter().cycle().take(60).enumerate() {
        sandbox.run_hook(&format!("s{}", number % 4), event, BASH).assert_success();
    }
    let check =
        || run_with_input(sandbox.command("sh").args(["-c", CONFLICTS, "sh"]).arg(sandbox.signal_dir()), "").stdout;
    assert_eq!(check(), "");
    for kind in ["ended", "working"] {
        fs_err::write(sandbox.signal_path("s", kind), "{}").unwrap();
    }
    assert_eq!(check(), "CONFLICT: s has both ended and working\n");
}

#[test]
fn of_those_that_ended_the_last_come_first_and_old_ones_are_counted() {
    let sandbox = Sandbox::new();
    for (session, days) in [("first", 2), ("last", 1), ("old", 8), ("older", 300)] {
        sandbox.run_hook(session, "SessionEnd", "").assert_success();
        let path = sandbox.signal_path(session, "ended");
        let time = std::time::SystemTime::now() - std::time::Duration::from_secs(days * 24 * 60 * 60);
        let mut signal = sandbox.read_signal(session, "ended");
        let since = time.duration_since(std::time::UNIX_EPOCH).unwrap().as_secs();
        signal["ended_at"] = format!("{since}.000000000").into();
        fs_err::write(&path, format!("{signal}\n")).unwrap();
        fs_err::File::options().write(true).open(&path).unwrap().into_file().set_modified(time).unwrap();
    }
    let table = sessions(&sandbox, &["--all"]);
    let place = |session: &str| table.find(session);
    assert!(place("last ").unwrap() < place("first ").unwrap(), "{table}");
    assert!(table.ends_with("2 more ended over 7 days ago: `sessions --all --json` lists them.\n"), "{table}");
    assert_eq!(table.lines().count(), 3);
    let ids: Vec<_> = json(&sandbox, &["--all"]).iter().map(|session| session["sessionId"].clone()).collect();
    assert_eq!(ids, ["last", "first", "old", "older"]);
}

#[test]
fn evidence_that_is_there_and_cannot_be_read_is_told() {
    let sandbox = Sandbox::new();
    let spool = sandbox.signal_dir();
    fs_err::create_dir_all(spool.parent().unwrap()).unwrap();
    for (path, text) in [(&spool, "File name too long"), (&spool, "Not a directory")] {
        let _ = fs_err::remove_file(path);
        if text == "Not a directory" {
            fs_err::write(path, "a file").unwrap();
        } else {
            std::os::unix::fs::symlink("x".repeat(300), path).unwrap();
        }
        for arguments in [&[][..], &["--json"]] {
            let told = run_with_input(sandbox.command(executable_path("sessions")).args(arguments), "");
            assert_eq!(told.code, Some(1), "{told:?}");
            assert!(told.stderr.starts_with("sessions: cannot read ") && told.stderr.contains(text), "{told:?}");
            assert!(!told.stdout.contains("No session is open"), "{told:?}");
        }
    }
}

/// What the CLI says of its session "s" in the registry, long since.
fn register(sandbox: &Sandbox, life: &ClaudeProcess, members: &Value) {
    let registry = sandbox.home().join(".claude/sessions");
    fs_err::create_dir_all(&registry).unwrap();
    let start = session_signals_protocol::cli_process::read_stat(life.pid()).unwrap().start.to_string();
    let mut account =
        json!({"pid": life.pid(), "sessionId": "s", "procStart": start, "startedAt": 1, "statusUpdatedAt": 1});
    account.as_object_mut().unwrap().extend(members.as_object().unwrap().clone());
    fs_err::write(registry.join(format!("{}.json", life.pid())), account.to_string()).unwrap();
}

/// Lets a minute pass: what stands is as old.
fn settle(sandbox: &Sandbox) {
    let then = std::time::SystemTime::now() - std::time::Duration::from_secs(60);
    for name in sandbox.list_signal_dir() {
        let signal = fs_err::File::options().write(true).open(sandbox.signal_dir().join(name)).unwrap();
        signal.into_file().set_modified(then).unwrap();
    }
}

/// Waits until the session is in this state by this rule.
#[track_caller]
fn comes_to(sandbox: &Sandbox, state: &str, rule: &str) {
    let told = || json(sandbox, &["--all"]).first().map(|found| (found["state"].clone(), found["rule"].clone()));
    let expected = Some((json!(state), json!(rule)));
    assert!(within(|| told() == expected), "{expected:?}, but {:?}", told());
}

#[test]
fn an_end_counts_for_the_process_that_it_names() {
    let sandbox = Sandbox::new();
    let mut first = ClaudeProcess::start(&sandbox);
    first.run_hook("s", "SessionStart", r#""source":"startup""#).assert_success();
    first.run_hook("s", "UserPromptSubmit", r#""prompt":"go""#).assert_success();
    // `claude -p --resume` beside it, with the same session id.
    let mut second = ClaudeProcess::start(&sandbox);
    for (event, members) in [("SessionStart", r#""source":"resume""#), ("UserPromptSubmit", ""), ("Stop", "")] {
        second.run_hook("s", event, members).assert_success();
    }
    register(&sandbox, &first, &json!({"status": "idle"}));
    second.run_hook("s", "SessionEnd", "").assert_success();
    drop(second);
    let found = json(&sandbox, &["--all"]);
    assert_eq!(found.len(), 1);
    assert_eq!(found[0]["state"], "waiting", "{found:?}");
    drop(first);
    assert_eq!(json(&sandbox, &["--all"])[0]["state"], "ended");
}

#[test]
fn of_two_processes_of_a_session_the_one_that_asks_or_works_counts() {
    let busy = (json!({"status": "busy"}), "working", "queued");
    let asks = (json!({"status": "waiting", "waitingFor": "permission prompt"}), "permission", "asks");
    for (account, state, rule) in [busy, asks] {
        // One of the two ends: either of them, with an end or without.
        for (of_the_idle, with_an_end) in [(true, true), (true, false), (false, true), (false, false)] {
            let sandbox = Sandbox::new();
            let [mut idle, mut other] = [ClaudeProcess::start(&sandbox), ClaudeProcess::start(&sandbox)];
            idle.run_hook("s", "SessionStart", r#""source":"startup""#).assert_success();
            other.run_hook("s", "SessionStart", r#""source":"resume""#).assert_success();
            other.run_hook("s", "Stop", "").assert_success();
            register(&sandbox, &idle, &json!({"status": "idle"}));
            register(&sandbox, &other, &account);
            settle(&sandbox);
            comes_to(&sandbox, state, rule);
            let (mut ends, stays) = if of_the_idle { (idle, other) } else { (other, idle) };
            if with_an_end {
                ends.run_hook("s", "SessionEnd", "").assert_success();
                settle(&sandbox);
            }
            drop(ends);
            match (of_the_idle, with_an_end) {
                // Its end took the signals away.
                (true, true) => comes_to(&sandbox, state, if state == "working" { "busy" } else { rule }),
                (true, false) => comes_to(&sandbox, state, rule),
                (false, _) => comes_to(&sandbox, "waiting", "idle"),
            }
            drop(stays);
            assert_eq!(json(&sandbox, &["--all"])[0]["state"], "ended");
        }
    }
}

#[test]
fn what_a_dead_process_left_says_nothing_of_another_that_lives() {
    let sandbox = Sandbox::new();
    let [mut first, mut second] = [ClaudeProcess::start(&sandbox), ClaudeProcess::start(&sandbox)];
    second.run_hook("s", "SessionStart", r#""source":"resume""#).assert_success();
    first.run_hook("s", "PermissionRequest", BASH).assert_success();
    second.run_hook("s", "PreCompact", "").assert_success();
    let told = || json(&sandbox, &["--all"]).remove(0);
    assert_eq!((told()["state"].clone(), told()["pid"].clone()), (json!("permission"), json!(second.pid())));
    drop(second);
    assert_eq!((told()["rule"].clone(), told()["pid"].clone()), (json!("permission"), json!(first.pid())));
    drop(first);
    assert_eq!(told()["rule"], "killed");
}

#[test]
fn what_the_background_service_keeps_ready_is_listed_once_it_is_taken() {
    let sandbox = Sandbox::new();
    let mut life = ClaudeProcess::start(&sandbox);
    life.run_hook("s", "SessionStart", r#""source":"startup""#).assert_success();
    register(&sandbox, &life, &json!({"status": "idle", "kind": "bg", "spare": true}));
    assert_eq!(json(&sandbox, &["--all"]).len(), 0);
    register(&sandbox, &life, &json!({"status": "idle", "kind": "bg", "spare": false}));
    comes_to(&sandbox, "waiting", "started");
}

#[test]
fn a_window_that_handed_its_session_over_is_none() {
    let sandbox = Sandbox::new();
    let mut window = ClaudeProcess::start(&sandbox);
    window.run_hook("s", "SessionStart", r#""source":"startup""#).assert_success();
    let parked = json!({"status": "idle", "kind": "interactive", "parkedJobId": "895ffc8e"});
    register(&sandbox, &window, &parked);
    assert_eq!(json(&sandbox, &["--all"]).len(), 0);
    // A process that the registry does not name runs it on; then one that it names.
    let mut other = ClaudeProcess::start(&sandbox);
    other.run_hook("s", "UserPromptSubmit", "").assert_success();
    comes_to(&sandbox, "working", "working");
    register(&sandbox, &other, &json!({"status": "busy", "kind": "bg"}));
    comes_to(&sandbox, "working", "busy");
    drop(other);
    assert_eq!(json(&sandbox, &["--all"])[0]["state"], "ended");
}
