//! Which events are registered with which CLI.

use session_signals_protocol::EVENT_RULES;

use super::home::{Home, registered, text};

/// What the first CLIs know, in the table's order.
const FIRST: [&str; 7] =
    ["SessionStart", "UserPromptSubmit", "PermissionRequest", "PostToolUse", "SubagentStop", "Stop", "SessionEnd"];

const OF_2_1_100: [&str; 6] =
    ["Elicitation", "PermissionDenied", "ElicitationResult", "PreCompact", "PostCompact", "StopFailure"];

fn names(groups: &[&[&str]]) -> Vec<String> {
    let wanted = groups.concat();
    let mut names: Vec<String> = wanted.iter().map(|name| (*name).to_owned()).collect();
    names.sort();
    names
}

fn registered_with(home: &Home) -> Vec<String> {
    home.succeeds(&["install"]);
    registered(&home.parsed())
}

#[test]
fn every_version_gets_the_events_it_knows() {
    let all: Vec<&str> = EVENT_RULES.iter().map(|rule| rule.event).collect();
    let of_2_1_50: &[&str] = &["PostToolUseFailure"];
    for (version, expected) in [
        ("2.0.50", names(&[&FIRST])),
        ("2.1.49", names(&[&FIRST])),
        ("2.1.50", names(&[&FIRST, of_2_1_50])),
        ("2.1.99", names(&[&FIRST, of_2_1_50])),
        ("2.1.100", names(&[&FIRST, of_2_1_50, &OF_2_1_100])),
        ("2.1.121", names(&[&FIRST, of_2_1_50, &OF_2_1_100])),
        ("2.1.122", names(&[&all])),
        ("2.1.329", names(&[&all])),
        ("3.0.0", names(&[&all])),
        ("2.2.0-beta.1", names(&[&all])),
    ] {
        assert_eq!(registered_with(&Home::with_claude(version)), expected, "{version}");
    }
}

#[test]
fn an_unknown_version_gets_what_all_know_and_is_said() {
    for (script, reason) in [
        ("sleep 600 & sleep 600", "did not end within 10s"),
        ("echo >&2 no; exit 7", "failed (exit status: 7)"),
        ("kill -9 $$", "failed (signal: 9 (SIGKILL))"),
        ("echo Hello, World", "printed no version but \"Hello, World\\n\""),
        ("yes", "prints without end"),
        (":", "printed no version but \"\""),
    ] {
        let home = Home::new();
        home.claude(script);
        let (code, report) = home.json(&["install"]);
        let warning = text(&report["warnings"][0]);
        assert_eq!((code, &report["claude"]), (0, &serde_json::Value::Null));
        assert!(warning.starts_with("the CLI's version is unknown (~/bin/claude --version"), "{warning}");
        assert!(warning.contains(reason), "{warning}");
        assert_eq!(registered(&home.parsed()), names(&[&FIRST]));
    }
}

#[test]
fn a_hanging_cli_is_killed_with_all_it_started() {
    let home = Home::new();
    home.claude(&format!("sleep 600 & echo $! > {}; wait", home.path("child").display()));
    home.succeeds(&["install", "--dry-run"]);
    let child = home.read("child");
    // The kill is sent but not waited for, and a zombie is its new parent's.
    let lives = || {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", child.trim())).unwrap_or_default();
        !stat.is_empty() && !stat.contains(") Z ")
    };
    for _ in 0..1000 {
        if !lives() {
            return;
        }
        std::thread::sleep(std::time::Duration::from_millis(1));
    }
    panic!("it lives");
}

#[test]
fn no_cli_at_all_is_said() {
    let home = Home::new();
    std::fs::remove_file(home.path("bin/claude")).unwrap();
    let mut command = home.command(&crate::sandbox::executable_path("hooks"));
    let done = crate::sandbox::run_with_input(command.env("PATH", home.path("bin")).arg("install"), "");
    assert!(done.stderr.contains("the CLI's version is unknown (there is no `claude` on PATH)"), "{done:?}");
    assert_eq!(registered(&home.parsed()), names(&[&FIRST]));
    // Its own installer's place, which a login shell's PATH has.
    home.script(".local/bin/claude", "echo 2.1.329");
    let mut command = home.command(&crate::sandbox::executable_path("hooks"));
    crate::sandbox::run_with_input(command.env("PATH", home.path("bin")).arg("install"), "");
    assert_eq!(registered(&home.parsed()).len(), EVENT_RULES.len());
}

#[test]
fn a_cli_older_than_any_we_know_is_refused() {
    let home = Home::with_claude("2.0.49");
    let done = home.hooks(&["install"]);
    assert_eq!(done.code, Some(1));
    assert!(done.stderr.contains("claude 2.0.49 is older than 2.0.50") && done.stderr.contains("`claude update`"));
    assert_eq!(home.everything(), [""; 0]);
    assert_eq!(home.findings(), ["claude-too-old"]);
}

#[test]
fn a_downgrade_is_found_and_mended() {
    let home = Home::new();
    home.succeeds(&["install"]);
    home.claude("echo 2.0.50");
    let found = home.findings();
    assert_eq!(found, ["entry-unknown-event"]);
    let said = home.hooks(&["doctor"]).stdout;
    for rule in &EVENT_RULES {
        let is_named = said.lines().next().unwrap().split([' ', ',']).any(|word| word == rule.event);
        assert_eq!(is_named, !FIRST.contains(&rule.event), "{said}");
    }
    home.succeeds(&["doctor", "--fix"]);
    assert_eq!(registered(&home.parsed()), names(&[&FIRST]));
    // And the way up again.
    home.claude("echo 2.1.329");
    assert_eq!(home.findings(), ["entry-missing"]);
}

#[test]
fn what_is_left_out_is_named() {
    let home = Home::with_claude("2.1.100");
    let (_, report) = home.json(&["install"]);
    assert_eq!(report["left_out"], serde_json::json!([{"event": "PostToolBatch", "since": "2.1.122"}]));
    let said = home.succeeds(&["install"]);
    assert!(said.contains("Left out with this version: PostToolBatch (2.1.122)"), "{said}");
}

#[test]
fn a_cli_that_cannot_be_asked_loses_nothing_it_had() {
    let home = Home::new();
    home.succeeds(&["install"]);
    let before = home.read(".claude/settings.json");
    home.claude("exit 1");
    home.succeeds(&["install"]);
    assert_eq!(home.read(".claude/settings.json"), before);
    assert_eq!(home.findings(), [""; 0]);
    assert!(home.succeeds(&["doctor"]).ends_with("for 15 of 15 events (the version of Claude Code is unknown)\n"));
    let home = Home::new();
    home.claude("exit 1");
    home.succeeds(&["install"]);
    assert!(home.succeeds(&["doctor"]).ends_with("for 7 of 15 events (the version of Claude Code is unknown)\n"));
}

#[test]
fn a_teams_settings_do_not_follow_one_members_version() {
    const TEAMS: &str = "project/.claude/settings.json";
    for (theirs, mine, id) in [("2.1.329", "2.0.50", "entry-unknown-event"), ("2.0.50", "2.1.329", "entry-missing")] {
        let home = Home::with_claude(theirs);
        home.succeeds(&["install", "--scope", "project"]);
        let before = home.read(TEAMS);
        home.claude(&format!("echo {mine}"));
        let checkup = home.json(&["doctor"]).1;
        assert_eq!((&checkup["findings"][0]["id"], &checkup["findings"][0]["fix"]), (&id.into(), &().into()));
        let sentence = text(&checkup["findings"][0]["sentence"]);
        assert!(sentence.ends_with("`hooks install --scope project` changes it, for everybody"), "{sentence}");
        // The executables are the member's own: these are copied.
        std::fs::remove_dir_all(home.path(".claude/hooks")).unwrap();
        assert_eq!(home.findings(), [id, "executable-gone"]);
        let (code, checkup) = home.json(&["doctor", "--fix"]);
        assert_eq!((code, home.read(TEAMS)), (1, before), "{checkup}");
        assert_eq!((home.findings(), home.installed("hook-stop").exists()), (vec![id.to_owned()], true), "{checkup}");
        home.succeeds(&["install", "--scope", "project"]);
        assert_eq!(home.findings(), [""; 0]);
    }
}
