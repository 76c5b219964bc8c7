//! What it prints.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::sandbox::{Life, Sandbox, executable, outcome};

const BASH: &str = r#""tool_name":"Bash","tool_input":{"command":"ls"}"#;

/// `sessions` with these arguments; it must succeed.
pub fn sessions(sandbox: &Sandbox, arguments: &[&str]) -> String {
    let outcome = outcome(sandbox.command(executable("sessions")).args(arguments), "");
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
    sandbox.fire("s", "SessionEnd", "").succeeds();
    assert!(sessions(&sandbox, &[]).starts_with("No session is open."));
}

#[test]
fn a_life_is_told_as_it_goes() {
    let sandbox = Sandbox::new();
    let mut life = Life::begin(&sandbox);
    let states = |sandbox: &Sandbox| {
        let shown = |session: &Value| {
            format!("{} {} {}", session["sessionId"], session["state"], session["rule"]).replace('"', "")
        };
        json(sandbox, &["--all"]).iter().map(shown).collect::<Vec<_>>().join(", ")
    };
    for (event, members, told) in [
        ("SessionStart", r#""source":"startup""#, "s waiting stop"),
        ("UserPromptSubmit", r#""prompt":"go""#, "s working working"),
        ("PermissionRequest", BASH, "s permission permission"),
        ("PostToolUse", BASH, "s working working"),
        ("StopFailure", r#""error":"rate_limit""#, "s waiting stop"),
        ("UserPromptSubmit", "", "s working working"),
    ] {
        life.fire("s", event, members).succeeds();
        assert_eq!(states(&sandbox), told, "{event}");
    }
    drop(life);
    assert_eq!(states(&sandbox), "s ended killed");
    let mut life = Life::begin(&sandbox);
    life.fire("s", "SessionStart", r#""source":"resume""#).succeeds();
    life.fire("s", "SessionEnd", r#""reason":"clear""#).succeeds();
    life.fire("t", "SessionStart", r#""source":"clear""#).succeeds();
    assert_eq!(states(&sandbox), "t waiting stop, s ended ended");
    assert_eq!(json(&sandbox, &[]).len(), 1);
}

#[test]
fn the_json_has_the_members_that_the_readme_tells() {
    let sandbox = Sandbox::new();
    sandbox.fire("s", "UserPromptSubmit", r#""prompt":"go","cwd":"/nonexistent/project""#).succeeds();
    sandbox.fire("s", "PermissionRequest", &format!(r#"{BASH},"cwd":"/nonexistent/project""#)).succeeds();
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
    let since = sandbox.read("s", "permission")["pending_since"].as_str().unwrap().to_owned();
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
        sandbox.fire("s", "Stop", &format!(r#""cwd":"{}""#, cwd.display())).succeeds();
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
        sandbox.fire(&format!("s{}", number % 4), event, BASH).succeeds();
    }
    let check = || outcome(sandbox.command("sh").args(["-c", CONFLICTS, "sh"]).arg(sandbox.spool()), "").stdout;
    assert_eq!(check(), "");
    for kind in ["ended", "working"] {
        fs_err::write(sandbox.signal("s", kind), "{}").unwrap();
    }
    assert_eq!(check(), "CONFLICT: s has both ended and working\n");
}
