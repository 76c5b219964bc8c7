//! The user's own commands that start our executables. No entry is added beside them, and uninstall keeps what they start.

use fs_err as fs;
use serde_json::{Value, json};
use session_signals_protocol::EVENT_RULES;

use super::installation::{Installation, json_text};
use crate::sandbox::{payload, run_with_input};

fn settings(hook: &Value) -> String {
    json!({ "hooks": { "Stop": [{ "hooks": [hook] }] } }).to_string()
}

/// Returns the hooks of `Stop`.
fn stop_hooks(installation: &Installation) -> Vec<Value> {
    let groups = installation.parse_settings()["hooks"]["Stop"].as_array().cloned().unwrap_or_default();
    groups.iter().flat_map(|group| group["hooks"].as_array().unwrap().clone()).collect()
}

fn warns_of(report: &Value, part: &str) -> bool {
    report["warnings"].as_array().unwrap().iter().any(|one| json_text(one).contains(part))
}

#[test]
fn a_command_that_starts_ours_replaces_the_entry() {
    for line in [
        "nice -n 5 BIN",
        "timeout 5 BIN",
        "timeout 5 \"BIN\" || true; date >/dev/null",
        "cd /tmp && BIN",
        "true & BIN",
        "sh -c 'BIN; true'",
        "if true; then BIN; fi",
        "( BIN )",
        "tee /dev/null | BIN",
        "S=BIN; [ -x \"$S\" ] && nice \"$S\"",
        "BIN 2>&1 | cat",
        "X=1 env Y=2 nice \"$HOME/.claude/hooks/session-signals/hook-stop\"",
        "[ ! -x BIN ] || exec nice BIN",
    ] {
        let installation = Installation::new();
        let line = line.replace("BIN", installation.executable_path("hook-stop").to_str().unwrap());
        assert_replaces_entry(&installation, &json!({ "type": "command", "command": line }), &line);
    }
    let installation = Installation::new();
    let path = installation.executable_path("hook-stop").display().to_string();
    let hook = json!({ "type": "command", "command": "/usr/bin/nice", "args": ["-n", "5", path] });
    assert_replaces_entry(&installation, &hook, &format!("/usr/bin/nice -n 5 {path}"));
}

#[track_caller]
fn assert_replaces_entry(installation: &Installation, hook: &Value, line: &str) {
    installation.write_file(".claude/settings.json", &settings(hook));
    let (code, report) = installation.run_json(&["install"]);
    assert_eq!((code, stop_hooks(installation)), (0, vec![hook.clone()]), "{report}");
    assert!(warns_of(&report, &format!("`{line}`; no entry was added beside it")), "{report}");
    assert_eq!(installation.run_json(&["install"]).1["outcome"], "unchanged");
    // The command works, so it is a note of doctor and not a finding.
    assert_eq!(installation.find_ids(), [""; 0], "{line}");
    let output = installation.run_successfully(&["doctor"]);
    assert!(
        output.starts_with("note: Stop in ~/.claude/settings.json: a line of your own starts hook-stop: `"),
        "{output}"
    );
    if hook["args"].is_null() {
        let result =
            run_with_input(installation.command("/bin/sh".as_ref()).args(["-c", line]), payload("someone", "Stop", ""));
        assert_eq!((result.code, result.stderr.as_str()), (Some(0), ""), "{line}");
    }
    // Uninstall keeps the executable that the command starts.
    let (code, report) = installation.run_json(&["uninstall"]);
    assert_eq!((code, installation.parse_settings()), (0, serde_json::from_str(&settings(hook)).unwrap()), "{report}");
    assert!(warns_of(&report, &format!("`{line}`")) && installation.executable_path("hook-stop").exists(), "{report}");
    installation.write_file(".claude/settings.json", "{}");
    installation.run_successfully(&["uninstall"]);
    assert!(!installation.path(".claude/hooks").exists(), "{line}");
}

/// Commands that only name the directory of the executables. What they start is unknown.
const MENTIONS: [&str; 24] = [
    "cd DIR && ./hook-stop",
    "B=DIR; $B/hook-stop",
    "PATH=DIR:$PATH hook-stop",
    "export PATH=\"DIR:$PATH\"; hook-stop",
    "DIR/sessions --json",
    "python3 -c \"import subprocess; subprocess.run([\\\"BIN\\\"])\"",
    "bash <<<BIN",
    "for h in stop; do DIR/hook-$h; done",
    "DIR/hook-st*",
    "test -x BIN && date",
    "cp BIN /tmp/x && /tmp/x",
    "cd ~/.claude/hooks/session-signals && ./hook-stop",
    "cd \"$HOME/.claude/hooks\"/session-signals && ./hook-stop",
    "D=${HOME}/.claude/hooks/session-signals; nice $D/hook-$(echo stop)",
    "cd $CLAUDE_CONFIG_DIR/hooks/session-signals && ./hook-stop",
    "D=\"${CLAUDE_CONFIG_DIR:-$HOME/.claude}\"; nice \"$D/hooks/session-signals/hook-stop\"",
    "cd ~/.claude/hooks && session-signals/hook-stop",
    "cd ~/.claude && nice hooks/session-signals/hook-stop",
    "cd ~/.claude/hooks//session-signals/ && ./hook-stop",
    "echo BIN",
    "ls -l BIN >/dev/null",
    "date >BIN.log",
    "# BIN",
    "BIN.sh",
];

#[test]
fn a_command_that_names_the_directory_is_noted_and_keeps_the_executables() {
    for line in MENTIONS {
        let installation = Installation::new();
        let path = installation.executable_path("hook-stop").display().to_string();
        let line = line.replace("BIN", &path).replace("DIR", path.strip_suffix("/hook-stop").unwrap());
        // This is not a finding, because the user could do nothing about it.
        assert_noted_and_keeps(
            &installation,
            &settings(&json!({ "type": "command", "command": line })),
            &format!("`{line}`"),
        );
    }
    let installation = Installation::new();
    let code =
        format!("import subprocess; subprocess.run(['{}'])", installation.executable_path("hook-stop").display());
    let hook = json!({ "type": "command", "command": "python3", "args": ["-c", code] });
    assert_noted_and_keeps(&installation, &settings(&hook), &format!("`python3 -c {code}`"));
}

#[test]
fn other_settings_that_name_the_directory_count_alike() {
    for (settings, warns_of) in [
        (r#"{"statusLine": {"type": "command", "command": "DIR/sessions --json | wc -l"}}"#, "statusLine.command"),
        (r#"{"env": {"PATH": "DIR:/usr/bin"}}"#, "env.PATH"),
        (r#"{"apiKeyHelper": "~/.claude/hooks/session-signals/hook-stop; echo key", "x": "\ud83d"}"#, "apiKeyHelper"),
    ] {
        let installation = Installation::new();
        let folder = installation.path(".claude/hooks/session-signals").display().to_string();
        assert_noted_and_keeps(&installation, &settings.replace("DIR", &folder), &format!("{warns_of}: `"));
    }
}

#[track_caller]
fn assert_noted_and_keeps(installation: &Installation, before: &str, named: &str) {
    installation.write_file(".claude/settings.json", before);
    let (code, report) = installation.run_json(&["install"]);
    let warnings = report["warnings"].as_array().unwrap();
    assert_eq!((code, warnings.len(), warns_of(&report, named)), (0, 1, true), "{named} {report}");
    let entry = format!("\"{}\"", installation.executable_path("hook-stop").display());
    assert!(
        installation.read_file(".claude/settings.json").contains(&entry),
        "an entry is there whatever the line does"
    );
    let checkup = installation.run_json(&["doctor"]).1;
    let notes = checkup["notes"].as_array().unwrap();
    let is_named = notes.len() == 1 && json_text(&notes[0]).contains(named);
    assert_eq!((checkup["healthy"] == true, is_named), (true, true), "{named} {checkup}");
    let (code, report) = installation.run_json(&["uninstall"]);
    assert_eq!((code, &installation.read_file(".claude/settings.json")[..]), (0, before), "{report}");
    assert!(warns_of(&report, named) && warns_of(&report, "stay"), "{named} {report}");
    assert!(installation.executable_path("hook-stop").exists(), "{named}");
    installation.write_file(".claude/settings.json", "{}");
    installation.run_successfully(&["uninstall"]);
    assert!(!installation.path(".claude/hooks").exists(), "{named}");
}

#[test]
fn all_commands_that_name_the_directory_are_one_warning() {
    let installation = Installation::new();
    let folder = installation.path(".claude/hooks/session-signals").display().to_string();
    let hook = |line: &str| json!([{ "hooks": [{ "type": "command", "command": line }] }]);
    let (one, other) = (format!("cd {folder} && ./hook-stop"), format!("{folder}/hook-comp*"));
    let before = json!({ "statusLine": { "command": format!("{folder}/sessions") },
        "hooks": { "Stop": hook(&one), "StopFailure": hook(&one), "PreCompact": hook(&other) } });
    installation.write_file(".claude/settings.json", &before.to_string());
    let (_, report) = installation.run_json(&["install"]);
    assert_eq!(report["warnings"].as_array().unwrap().len(), 1, "{report}");
    for part in
        [format!("Stop, StopFailure: `{one}`"), format!("PreCompact: `{other}`"), "statusLine.command: `".to_owned()]
    {
        assert!(warns_of(&report, &part), "{part} {report}");
    }
    // Commands in other scopes keep the executables, too.
    installation
        .write_file("project/.claude/settings.local.json", &settings(&json!({ "type": "command", "command": other })));
    installation.write_file(".claude/settings.json", "{}");
    let (_, report) = installation.run_json(&["uninstall"]);
    assert!(warns_of(&report, &other) && installation.executable_path("hook-stop").exists(), "{report}");
}

#[test]
fn a_command_that_starts_none_of_ours_is_ignored() {
    for line in [
        "nice /x/hook-stop",
        "cd /x/session-signals && ./hook-stop",
        "DIR-old/hook-stop",
        "DIR.bak/hook-stop --now",
        "ls ~/.claude/session-signals",
        "cd ~/.claude && cat session-signals/*.json",
        "ls /home/alice/.claude/hooks/session-signals",
        "ls ~alice/.claude/hooks/session-signals",
    ] {
        let installation = Installation::new();
        let line = line.replace("DIR", installation.path(".claude/hooks/session-signals").to_str().unwrap());
        let mut before: Value =
            serde_json::from_str(&settings(&json!({ "type": "command", "command": line }))).unwrap();
        // A permission rule runs nothing.
        before["permissions"] = json!({ "allow": ["Bash(~/.claude/hooks/session-signals/sessions:*)"] });
        let before = before.to_string();
        installation.write_file(".claude/settings.json", &before);
        let (_, report) = installation.run_json(&["install"]);
        assert_eq!(
            (stop_hooks(&installation).len(), report["warnings"].as_array().unwrap().len()),
            (2, 0),
            "{line} {report}"
        );
        assert!(installation.run_successfully(&["doctor"]).starts_with("healthy: "), "{line}");
        installation.run_successfully(&["uninstall"]);
        assert_eq!(installation.read_file(".claude/settings.json"), before);
        assert!(!installation.path(".claude/hooks").exists(), "{line}");
    }
}

#[test]
fn many_commands_are_one_warning() {
    let installation = Installation::new();
    let line = |rule: &session_signals_protocol::EventRule| {
        format!("nice {}", installation.executable_path(rule.hook.executable()).display())
    };
    let group = |rule| (json!([{ "hooks": [{ "type": "command", "command": line(rule) }] }]), rule);
    let hooks: serde_json::Map<String, Value> =
        EVENT_RULES.iter().map(group).map(|(groups, rule)| (rule.event.to_owned(), groups)).collect();
    let before = json!({ "hooks": hooks });
    installation.write_file(".claude/settings.json", &before.to_string());
    let all = |sentence: &Value| EVENT_RULES.iter().all(|rule| json_text(sentence).contains(rule.event));
    let one = |warns_of: &Value| {
        let warns_of = warns_of.as_array().unwrap();
        assert!(warns_of.len() == 1 && all(&warns_of[0]), "{warns_of:?}");
    };
    let (_, report) = installation.run_json(&["install"]);
    assert_eq!(installation.parse_settings(), before);
    one(&report["warnings"]);
    one(&installation.run_json(&["doctor"]).1["notes"]);
    one(&installation.run_json(&["uninstall"]).1["warnings"]);
    // The same with an entry beside each command.
    installation.write_file(".claude/settings.json", "{}");
    installation.run_successfully(&["install"]);
    let mut with = installation.parse_settings();
    for (event, groups) in with["hooks"].as_object_mut().unwrap() {
        groups.as_array_mut().unwrap().push(before["hooks"][event][0].clone());
    }
    installation.write_file(".claude/settings.json", &with.to_string());
    assert_eq!(installation.find_ids(), ["entry-duplicated"]);
    assert!(all(&installation.run_json(&["doctor"]).1["findings"][0]["sentence"]));
}

#[test]
fn a_command_for_some_tools_does_not_replace_the_entry() {
    let installation = Installation::new();
    let hook = json!({ "type": "command", "command": format!("nice {}", installation.executable_path("hook-post-tool-use").display()) });
    let before = json!({ "hooks": { "PostToolUse": [{ "matcher": "Bash", "hooks": [hook] }] } });
    installation.write_file(".claude/settings.json", &before.to_string());
    installation.run_successfully(&["install"]);
    assert_eq!(installation.parse_settings()["hooks"]["PostToolUse"].as_array().unwrap().len(), 2);
    // For the tool of the matcher, both run. Only the user can change that, so it is not a finding.
    assert_eq!(installation.find_ids(), [""; 0]);
}

#[test]
fn an_entry_beside_a_command_is_found_and_kept() {
    let installation = Installation::new();
    installation.run_successfully(&["install"]);
    let mut with = installation.parse_settings();
    let hook = json!({ "type": "command", "command": format!("nice {}", installation.executable_path("hook-stop").display()) });
    with["hooks"]["Stop"].as_array_mut().unwrap().push(json!({ "hooks": [hook] }));
    installation.write_file(".claude/settings.json", &with.to_string());
    assert_eq!(installation.find_ids(), ["entry-duplicated"]);
    assert_eq!(installation.run_hooks(&["doctor", "--fix"]).code, Some(1));
    assert_eq!(installation.parse_settings(), with);
}

#[test]
fn a_missing_executable_of_a_command_is_found() {
    let installation = Installation::new();
    let line = format!("nice {}", installation.executable_path("hook-stop").display());
    installation.write_file(".claude/settings.json", &settings(&json!({ "type": "command", "command": line })));
    assert!(installation.find_ids().contains(&"executable-gone".to_owned()));
    installation.run_successfully(&["doctor", "--fix"]);
    assert_eq!((installation.find_ids(), stop_hooks(&installation).len()), (vec![], 1));
    fs::remove_file(installation.executable_path("hook-stop")).unwrap();
    assert_eq!(installation.find_ids(), ["executable-gone"]);
    assert_eq!(installation.run_json(&["install"]).1["events"].as_array().unwrap().len(), EVENT_RULES.len());
}
