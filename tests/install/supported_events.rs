//! Which events are registered with which CLI.

use session_signals_cli::NEWEST_TESTED_CLI;
use session_signals_protocol::EVENT_RULES;

use super::installation::{Installation, json_text, registered_events};

/// The events of the oldest CLIs, in the order of the table.
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

fn registered_with(installation: &Installation) -> Vec<String> {
    installation.run_successfully(&["install"]);
    registered_events(&installation.parse_settings())
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
        assert_eq!(registered_with(&Installation::with_claude(version)), expected, "{version}");
    }
}

#[test]
fn an_unknown_version_gets_the_events_of_the_oldest_and_a_warning() {
    for (script, reason) in [
        ("sleep 600 & sleep 600", "did not end within 10s"),
        ("echo >&2 no; exit 7", "failed (exit status: 7)"),
        ("kill -9 $$", "failed (signal: 9 (SIGKILL))"),
        ("echo Hello, World", "printed no version but \"Hello, World\\n\""),
        ("yes", "prints more than 16 MiB"),
        (":", "printed no version but \"\""),
    ] {
        let installation = Installation::new();
        installation.set_claude(script);
        let (code, report) = installation.run_json(&["install"]);
        let warning = json_text(&report["warnings"][0]);
        assert_eq!((code, &report["claude"]), (0, &serde_json::Value::Null));
        assert!(warning.starts_with("the version of Claude Code is unknown (~/bin/claude --version"), "{warning}");
        assert!(warning.contains(reason), "{warning}");
        assert_eq!(registered_events(&installation.parse_settings()), names(&[&FIRST]));
    }
}

#[test]
fn a_hanging_cli_is_killed_with_its_children() {
    let installation = Installation::new();
    installation.set_claude(&format!("sleep 600 & echo $! > {}; wait", installation.path("child").display()));
    installation.run_successfully(&["install", "--dry-run"]);
    let child = installation.read_file("child").trim().parse().unwrap();
    // The process may end a moment after the kill, and may stay a zombie until its new parent waits for it.
    assert!(crate::serve::server::becomes_true(|| !crate::sandbox::is_alive(child)), "it lives");
}

#[test]
fn a_missing_cli_is_a_warning() {
    let installation = Installation::new();
    std::fs::remove_file(installation.path("bin/claude")).unwrap();
    let mut command = installation.command(&crate::sandbox::executable_path("hooks"));
    let result = crate::sandbox::run_with_input(command.env("PATH", installation.path("bin")).arg("install"), "");
    assert!(
        result.stderr.contains("the version of Claude Code is unknown (there is no `claude` on PATH)"),
        "{result:?}"
    );
    assert_eq!(registered_events(&installation.parse_settings()), names(&[&FIRST]));
    // The installer of the CLI puts it there, and the PATH of a login shell contains that directory.
    installation.write_script(".local/bin/claude", "echo 2.1.329");
    let mut command = installation.command(&crate::sandbox::executable_path("hooks"));
    crate::sandbox::run_with_input(command.env("PATH", installation.path("bin")).arg("install"), "");
    assert_eq!(registered_events(&installation.parse_settings()).len(), EVENT_RULES.len());
}

#[test]
fn a_cli_older_than_the_oldest_supported_is_refused() {
    let installation = Installation::with_claude("2.0.49");
    let result = installation.run_hooks(&["install"]);
    assert_eq!(result.code, Some(1));
    assert!(result.stderr.contains("claude 2.0.49 is older than 2.0.50") && result.stderr.contains("`claude update`"));
    assert_eq!(installation.list_files(), [""; 0]);
    assert_eq!(installation.find_ids(), ["claude-too-old"]);
}

#[test]
fn a_downgrade_of_the_cli_is_found_and_repaired() {
    let installation = Installation::new();
    installation.run_successfully(&["install"]);
    installation.set_claude("echo 2.0.50");
    let found = installation.find_ids();
    assert_eq!(found, ["entry-unknown-event"]);
    let output = installation.run_hooks(&["doctor"]).stdout;
    for rule in &EVENT_RULES {
        let is_named = output.lines().next().unwrap().split([' ', ',']).any(|word| word == rule.event);
        assert_eq!(is_named, !FIRST.contains(&rule.event), "{output}");
    }
    installation.run_successfully(&["doctor", "--fix"]);
    assert_eq!(registered_events(&installation.parse_settings()), names(&[&FIRST]));
    // An upgrade is found, too.
    installation.set_claude("echo 2.1.329");
    assert_eq!(installation.find_ids(), ["entry-missing"]);
}

#[test]
fn left_out_events_are_named() {
    let installation = Installation::with_claude("2.1.100");
    let (_, report) = installation.run_json(&["install"]);
    assert_eq!(report["left_out"], serde_json::json!([{"event": "PostToolBatch", "since": "2.1.122"}]));
    let output = installation.run_successfully(&["install"]);
    assert!(output.contains("Left out with this version: PostToolBatch (2.1.122)"), "{output}");
}

#[test]
fn a_cli_that_cannot_be_asked_keeps_its_events() {
    let installation = Installation::new();
    installation.run_successfully(&["install"]);
    let before = installation.read_file(".claude/settings.json");
    installation.set_claude("exit 1");
    installation.run_successfully(&["install"]);
    assert_eq!(installation.read_file(".claude/settings.json"), before);
    assert_eq!(installation.find_ids(), [""; 0]);
    assert!(
        installation
            .run_successfully(&["doctor"])
            .ends_with("for 15 of 15 events (the version of Claude Code is unknown)\n")
    );
    let installation = Installation::new();
    installation.set_claude("exit 1");
    installation.run_successfully(&["install"]);
    assert!(
        installation
            .run_successfully(&["doctor"])
            .ends_with("for 7 of 15 events (the version of Claude Code is unknown)\n")
    );
}

#[test]
fn project_settings_do_not_depend_on_one_members_version() {
    const TEAMS: &str = "project/.claude/settings.json";
    for (theirs, mine, id) in [("2.1.329", "2.0.50", "entry-unknown-event"), ("2.0.50", "2.1.329", "entry-missing")] {
        let installation = Installation::with_claude(theirs);
        installation.run_successfully(&["install", "--scope", "project"]);
        let before = installation.read_file(TEAMS);
        installation.set_claude(&format!("echo {mine}"));
        let checkup = installation.run_json(&["doctor"]).1;
        assert_eq!((&checkup["findings"][0]["id"], &checkup["findings"][0]["fix"]), (&id.into(), &().into()));
        let sentence = json_text(&checkup["findings"][0]["sentence"]);
        assert!(sentence.ends_with("`hooks install --scope project` changes it, for everybody"), "{sentence}");
        // The executables belong to the member, so --fix copies them.
        std::fs::remove_dir_all(installation.path(".claude/hooks")).unwrap();
        assert_eq!(installation.find_ids(), [id, "executable-gone"]);
        let (code, checkup) = installation.run_json(&["doctor", "--fix"]);
        assert_eq!((code, installation.read_file(TEAMS)), (1, before), "{checkup}");
        assert_eq!(
            (installation.find_ids(), installation.executable_path("hook-stop").exists()),
            (vec![id.to_owned()], true),
            "{checkup}"
        );
        installation.run_successfully(&["install", "--scope", "project"]);
        assert_eq!(installation.find_ids(), [""; 0]);
    }
}

#[test]
fn doctor_notes_a_cli_that_is_newer_than_the_tested_ones() {
    let installation = Installation::with_claude("2.1.400");
    installation.run_successfully(&["install"]);
    let note = format!(
        "Claude Code 2.1.400 is newer than {NEWEST_TESTED_CLI}, the newest version that session-signals was tested with"
    );
    let (code, checkup) = installation.run_json(&["doctor"]);
    assert_eq!((code, &checkup["healthy"], &checkup["notes"]), (0, &true.into(), &serde_json::json!([note])));
    assert!(installation.run_successfully(&["doctor"]).starts_with(&format!("note: {note}\nhealthy: ")));
    installation.set_claude(&format!("echo {NEWEST_TESTED_CLI}"));
    assert_eq!(installation.run_json(&["doctor"]).1["notes"], serde_json::json!([]));
}

#[test]
fn the_newest_tested_cli_is_the_newest_one_that_the_tests_run() {
    let numbers = |version: &str| version.split('.').map(|number| number.parse().unwrap()).collect::<Vec<u32>>();
    let newest = crate::real_cli::VERSIONS.into_iter().max_by_key(|version| numbers(version));
    assert_eq!(newest, Some(NEWEST_TESTED_CLI));
}
