//! Lines of the user's own that start our executables: nothing is added beside them, and nothing is taken from them.

use fs_err as fs;
use serde_json::{Value, json};
use session_signals::event::RULES;

use super::home::{Home, text};
use crate::sandbox::{outcome, payload};

fn settings(hook: &Value) -> String {
    json!({ "hooks": { "Stop": [{ "hooks": [hook] }] } }).to_string()
}

/// The hooks of `Stop`.
fn of_stop(home: &Home) -> Vec<Value> {
    let groups = home.parsed()["hooks"]["Stop"].as_array().cloned().unwrap_or_default();
    groups.iter().flat_map(|group| group["hooks"].as_array().unwrap().clone()).collect()
}

fn told(report: &Value, part: &str) -> bool {
    report["warnings"].as_array().unwrap().iter().any(|one| text(one).contains(part))
}

#[test]
fn a_line_that_starts_ours_counts_and_stays() {
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
        let home = Home::new();
        let line = line.replace("BIN", home.installed("hook-stop").to_str().unwrap());
        counts_and_stays(&home, &json!({ "type": "command", "command": line }), &line);
    }
    let home = Home::new();
    let path = home.installed("hook-stop").display().to_string();
    let hook = json!({ "type": "command", "command": "/usr/bin/nice", "args": ["-n", "5", path] });
    counts_and_stays(&home, &hook, &format!("/usr/bin/nice -n 5 {path}"));
}

#[track_caller]
fn counts_and_stays(home: &Home, hook: &Value, line: &str) {
    home.write(".claude/settings.json", &settings(hook));
    let (code, report) = home.json(&["install"]);
    assert_eq!((code, of_stop(home)), (0, vec![hook.clone()]), "{report}");
    assert!(told(&report, &format!("`{line}`; no entry was added beside it")), "{report}");
    assert_eq!(home.json(&["install"]).1["outcome"], "unchanged");
    // It works; so doctor finds nothing, but names it.
    assert_eq!(home.findings(), [""; 0], "{line}");
    let said = home.succeeds(&["doctor"]);
    assert!(
        said.starts_with("note: Stop in ~/.claude/settings.json: a line of your own starts hook-stop: `"),
        "{said}"
    );
    if hook["args"].is_null() {
        let done = outcome(home.command("/bin/sh".as_ref()).args(["-c", line]), payload("someone", "Stop", ""));
        assert_eq!((done.code, done.stderr.as_str()), (Some(0), ""), "{line}");
    }
    // What it starts is not taken from it.
    let (code, report) = home.json(&["uninstall"]);
    assert_eq!((code, home.parsed()), (0, serde_json::from_str(&settings(hook)).unwrap()), "{report}");
    assert!(told(&report, &format!("`{line}`")) && home.installed("hook-stop").exists(), "{report}");
    home.write(".claude/settings.json", "{}");
    home.succeeds(&["uninstall"]);
    assert!(!home.path(".claude/hooks").exists(), "{line}");
}

#[test]
fn a_line_that_starts_none_of_ours_does_not_count() {
    for line in [
        "echo BIN",
        "ls -l BIN >/dev/null",
        "date >BIN.log",
        "# BIN",
        "test -x BIN && date",
        "nice /x/hook-stop",
        "BIN.sh",
    ] {
        let home = Home::new();
        let line = line.replace("BIN", home.installed("hook-stop").to_str().unwrap());
        let before = settings(&json!({ "type": "command", "command": line }));
        home.write(".claude/settings.json", &before);
        home.succeeds(&["install"]);
        assert_eq!(of_stop(&home).len(), 2, "{line}");
        assert_eq!(home.findings(), [""; 0], "{line}");
        home.succeeds(&["uninstall"]);
        assert_eq!(home.read(".claude/settings.json"), before);
        assert!(!home.path(".claude/hooks").exists(), "{line}");
    }
}

#[test]
fn a_line_for_some_tools_leaves_the_others_to_an_entry() {
    let home = Home::new();
    let hook =
        json!({ "type": "command", "command": format!("nice {}", home.installed("hook-post-tool-use").display()) });
    let before = json!({ "hooks": { "PostToolUse": [{ "matcher": "Bash", "hooks": [hook] }] } });
    home.write(".claude/settings.json", &before.to_string());
    home.succeeds(&["install"]);
    assert_eq!(home.parsed()["hooks"]["PostToolUse"].as_array().unwrap().len(), 2);
}

#[test]
fn an_entry_beside_such_a_line_is_found_and_left() {
    let home = Home::new();
    home.succeeds(&["install"]);
    let mut with = home.parsed();
    let hook = json!({ "type": "command", "command": format!("nice {}", home.installed("hook-stop").display()) });
    with["hooks"]["Stop"].as_array_mut().unwrap().push(json!({ "hooks": [hook] }));
    home.write(".claude/settings.json", &with.to_string());
    assert_eq!(home.findings(), ["entry-duplicated"]);
    assert_eq!(home.hooks(&["doctor", "--fix"]).code, Some(1));
    assert_eq!(home.parsed(), with);
}

#[test]
fn of_executables_that_are_gone_such_a_line_tells() {
    let home = Home::new();
    let line = format!("nice {}", home.installed("hook-stop").display());
    home.write(".claude/settings.json", &settings(&json!({ "type": "command", "command": line })));
    assert!(home.findings().contains(&"executable-gone".to_owned()));
    home.succeeds(&["doctor", "--fix"]);
    assert_eq!((home.findings(), of_stop(&home).len()), (vec![], 1));
    fs::remove_file(home.installed("hook-stop")).unwrap();
    assert_eq!(home.findings(), ["executable-gone"]);
    assert_eq!(home.json(&["install"]).1["events"].as_array().unwrap().len(), RULES.len());
}
