//! The list, as a table and as JSON.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::hooks::steps::BASH;
use crate::sandbox::{ClaudeProcess, Sandbox, executable_path, run_with_input, set_modified};

/// Runs `sessions` with these arguments, and returns what it prints. It must succeed.
pub fn sessions(sandbox: &Sandbox, arguments: &[&str]) -> String {
    let outcome = run_with_input(sandbox.command(executable_path("sessions")).args(arguments), "");
    assert_eq!((outcome.code, &*outcome.stderr), (Some(0), ""), "{}", outcome.stdout);
    outcome.stdout
}

/// Returns the sessions that `sessions --json` prints.
pub fn json(sandbox: &Sandbox, arguments: &[&str]) -> Vec<Value> {
    serde_json::from_str(&sessions(sandbox, &[&["--json"], arguments].concat())).unwrap()
}

#[test]
fn an_empty_list_is_one_helpful_line() {
    let sandbox = Sandbox::new();
    assert_eq!(
        sessions(&sandbox, &[]),
        "No session is open. Start `claude`; `sessions --all` shows those that ended.\n"
    );
    assert_eq!(sessions(&sandbox, &["--json"]), "[]\n");
    assert_eq!(
        sessions(&sandbox, &["--all"]),
        "No session is known, neither an open one nor one that ended. Start `claude`.\n"
    );
    assert_eq!(sessions(&sandbox, &["--all", "--json"]), "[]\n");
    sandbox.run_hook("s", "SessionEnd", "").assert_success();
    assert!(sessions(&sandbox, &[]).starts_with("No session is open."));
}

#[test]
fn every_event_of_a_session_changes_its_state() {
    let sandbox = Sandbox::new();
    let mut cli = ClaudeProcess::start(&sandbox);
    let states = |sandbox: &Sandbox| {
        let shown = |session: &Value| {
            format!("{} {} {}", session["sessionId"], session["state"], session["rule"]).replace('"', "")
        };
        json(sandbox, &["--all"]).iter().map(shown).collect::<Vec<_>>().join(", ")
    };
    for (event, members, expected) in [
        ("SessionStart", r#""source":"startup""#, "s waiting started"),
        ("UserPromptSubmit", r#""prompt":"go""#, "s working working"),
        ("PermissionRequest", BASH, "s permission permission"),
        ("PostToolUse", BASH, "s working working"),
        ("StopFailure", r#""error":"rate_limit""#, "s waiting stop"),
        ("UserPromptSubmit", "", "s working working"),
    ] {
        cli.run_hook("s", event, members).assert_success();
        assert_eq!(states(&sandbox), expected, "{event}");
    }
    drop(cli);
    assert_eq!(states(&sandbox), "s ended killed");
    let mut cli = ClaudeProcess::start(&sandbox);
    cli.run_hook("s", "SessionStart", r#""source":"resume""#).assert_success();
    cli.run_hook("s", "SessionEnd", r#""reason":"clear""#).assert_success();
    cli.run_hook("t", "SessionStart", r#""source":"clear""#).assert_success();
    assert_eq!(states(&sandbox), "t waiting started, s ended ended");
    assert_eq!(json(&sandbox, &[]).len(), 1);
}

#[test]
fn the_json_has_exactly_the_documented_members() {
    let sandbox = Sandbox::new();
    sandbox.run_hook("s", "UserPromptSubmit", r#""prompt":"go","cwd":"/nonexistent/project""#).assert_success();
    sandbox.run_hook("s", "PermissionRequest", &format!(r#"{BASH},"cwd":"/nonexistent/project""#)).assert_success();
    let found = json(&sandbox, &[]).remove(0);
    let page = include_str!("../../docs/json.md");
    let table = page.split_once("| member | type |").unwrap().1.split_once("\n\n").unwrap().0;
    let quoted = |text: &str| text.split('`').skip(1).step_by(2).map(str::to_owned).collect::<BTreeSet<_>>();
    let members = |value: &Value| value.as_object().unwrap().keys().cloned().collect::<BTreeSet<_>>();
    let rows = table.lines().filter_map(|line| line.strip_prefix("| ")?.split_once(" |"));
    let documented: BTreeSet<_> = rows.clone().flat_map(|(names, _)| quoted(names)).collect();
    assert_eq!(documented, members(&found));
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
fn the_branch_of_a_repository_and_of_a_worktree_is_listed() {
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

/// The check for conflicting signals from the documentation of session dashboards.
const CONFLICT_CHECK: &str = r#"cd "$1" && for f in *.working.json; do id=${f%.working.json}; [ -e "$id.ended.json" ] && echo "CONFLICT: $id has both ended and working"; done; true"#;

#[test]
fn the_conflict_check_of_session_dashboards_finds_nothing() {
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
    let check = || {
        run_with_input(sandbox.command("sh").args(["-c", CONFLICT_CHECK, "sh"]).arg(sandbox.signal_dir()), "").stdout
    };
    assert_eq!(check(), "");
    for kind in ["ended", "working"] {
        fs_err::write(sandbox.signal_path("s", kind), "{}").unwrap();
    }
    assert_eq!(check(), "CONFLICT: s has both ended and working\n");
}

#[test]
fn the_newest_ended_sessions_come_first_and_old_ones_are_counted() {
    let sandbox = Sandbox::new();
    for (session, days) in [("first", 2), ("last", 1), ("old", 8), ("older", 300)] {
        sandbox.run_hook(session, "SessionEnd", "").assert_success();
        let path = sandbox.signal_path(session, "ended");
        let time = std::time::SystemTime::now() - std::time::Duration::from_secs(days * 24 * 60 * 60);
        let mut signal = sandbox.read_signal(session, "ended");
        let since = time.duration_since(std::time::UNIX_EPOCH).unwrap().as_secs();
        signal["ended_at"] = format!("{since}.000000000").into();
        fs_err::write(&path, format!("{signal}\n")).unwrap();
        set_modified(&path, time);
    }
    let table = sessions(&sandbox, &["--all"]);
    let position = |session: &str| table.find(session);
    assert!(position("last ").unwrap() < position("first ").unwrap(), "{table}");
    assert!(table.ends_with("2 more ended over 7 days ago: `sessions --all --json` lists them.\n"), "{table}");
    assert_eq!(table.lines().count(), 3);
    let ids: Vec<_> = json(&sandbox, &["--all"]).iter().map(|session| session["sessionId"].clone()).collect();
    assert_eq!(ids, ["last", "first", "old", "older"]);
    for session in ["last", "first"] {
        fs_err::remove_file(sandbox.signal_path(session, "ended")).unwrap();
    }
    let text = "No session is open, and none ended in the last 7 days.\n\
                2 more ended over 7 days ago: `sessions --all --json` lists them.\n";
    assert_eq!(sessions(&sandbox, &["--all"]), text.replace("2 more", "2"));
}

#[test]
fn evidence_that_cannot_be_read_is_reported() {
    let sandbox = Sandbox::new();
    let signal_dir = sandbox.signal_dir();
    fs_err::create_dir_all(signal_dir.parent().unwrap()).unwrap();
    for (path, text) in [(&signal_dir, "File name too long"), (&signal_dir, "Not a directory")] {
        let _ = fs_err::remove_file(path);
        if text == "Not a directory" {
            fs_err::write(path, "a file").unwrap();
        } else {
            std::os::unix::fs::symlink("x".repeat(300), path).unwrap();
        }
        for arguments in [&[][..], &["--json"]] {
            let output = run_with_input(sandbox.command(executable_path("sessions")).args(arguments), "");
            assert_eq!(output.code, Some(1), "{output:?}");
            assert!(output.stderr.starts_with("sessions: cannot read ") && output.stderr.contains(text), "{output:?}");
            assert!(!output.stdout.contains("No session is open"), "{output:?}");
        }
    }
}
