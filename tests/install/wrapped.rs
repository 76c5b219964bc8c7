//! Lines of the user's own that start our executables: nothing is added beside them, and nothing is taken from them.

use fs_err as fs;
use serde_json::{Value, json};
use session_signals_protocol::EVENT_RULES;

use super::home::{Home, text};
use crate::sandbox::{payload, run_with_input};

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
        let done = run_with_input(home.command("/bin/sh".as_ref()).args(["-c", line]), payload("someone", "Stop", ""));
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

/// Lines that only name where ours lie: nobody knows what they start.
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
fn a_line_that_names_where_ours_lie_is_spoken_of_and_keeps_them() {
    for line in MENTIONS {
        let home = Home::new();
        let path = home.installed("hook-stop").display().to_string();
        let line = line.replace("BIN", &path).replace("DIR", path.strip_suffix("/hook-stop").unwrap());
        // Never a finding that nothing could end.
        is_spoken_of_and_keeps(&home, &settings(&json!({ "type": "command", "command": line })), &format!("`{line}`"));
    }
    let home = Home::new();
    let code = format!("import subprocess; subprocess.run(['{}'])", home.installed("hook-stop").display());
    let hook = json!({ "type": "command", "command": "python3", "args": ["-c", code] });
    is_spoken_of_and_keeps(&home, &settings(&hook), &format!("`python3 -c {code}`"));
}

#[test]
fn a_command_in_other_settings_that_names_where_ours_lie_counts_alike() {
    for (settings, told) in [
        (r#"{"statusLine": {"type": "command", "command": "DIR/sessions --json | wc -l"}}"#, "statusLine.command"),
        (r#"{"env": {"PATH": "DIR:/usr/bin"}}"#, "env.PATH"),
        (r#"{"apiKeyHelper": "~/.claude/hooks/session-signals/hook-stop; echo key", "x": "\ud83d"}"#, "apiKeyHelper"),
    ] {
        let home = Home::new();
        let folder = home.path(".claude/hooks/session-signals").display().to_string();
        is_spoken_of_and_keeps(&home, &settings.replace("DIR", &folder), &format!("{told}: `"));
    }
}

#[track_caller]
fn is_spoken_of_and_keeps(home: &Home, before: &str, named: &str) {
    home.write(".claude/settings.json", before);
    let (code, report) = home.json(&["install"]);
    let warnings = report["warnings"].as_array().unwrap();
    assert_eq!((code, warnings.len(), told(&report, named)), (0, 1, true), "{named} {report}");
    let entry = format!("\"{}\"", home.installed("hook-stop").display());
    assert!(home.read(".claude/settings.json").contains(&entry), "an entry is there whatever the line does");
    let checkup = home.json(&["doctor"]).1;
    let notes = checkup["notes"].as_array().unwrap();
    let is_named = notes.len() == 1 && text(&notes[0]).contains(named);
    assert_eq!((checkup["healthy"] == true, is_named), (true, true), "{named} {checkup}");
    let (code, report) = home.json(&["uninstall"]);
    assert_eq!((code, &home.read(".claude/settings.json")[..]), (0, before), "{report}");
    assert!(told(&report, named) && told(&report, "stay"), "{named} {report}");
    assert!(home.installed("hook-stop").exists(), "{named}");
    home.write(".claude/settings.json", "{}");
    home.succeeds(&["uninstall"]);
    assert!(!home.path(".claude/hooks").exists(), "{named}");
}

#[test]
fn all_that_only_names_where_ours_lie_is_one_warning() {
    let home = Home::new();
    let folder = home.path(".claude/hooks/session-signals").display().to_string();
    let hook = |line: &str| json!([{ "hooks": [{ "type": "command", "command": line }] }]);
    let (one, other) = (format!("cd {folder} && ./hook-stop"), format!("{folder}/hook-comp*"));
    let before = json!({ "statusLine": { "command": format!("{folder}/sessions") },
        "hooks": { "Stop": hook(&one), "StopFailure": hook(&one), "PreCompact": hook(&other) } });
    home.write(".claude/settings.json", &before.to_string());
    let (_, report) = home.json(&["install"]);
    assert_eq!(report["warnings"].as_array().unwrap().len(), 1, "{report}");
    for part in
        [format!("Stop, StopFailure: `{one}`"), format!("PreCompact: `{other}`"), "statusLine.command: `".to_owned()]
    {
        assert!(told(&report, &part), "{part} {report}");
    }
    // Those of other scopes keep the executables, too.
    home.write("project/.claude/settings.local.json", &settings(&json!({ "type": "command", "command": other })));
    home.write(".claude/settings.json", "{}");
    let (_, report) = home.json(&["uninstall"]);
    assert!(told(&report, &other) && home.installed("hook-stop").exists(), "{report}");
}

#[test]
fn a_line_that_starts_none_of_ours_does_not_count() {
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
        let home = Home::new();
        let line = line.replace("DIR", home.path(".claude/hooks/session-signals").to_str().unwrap());
        let mut before: Value =
            serde_json::from_str(&settings(&json!({ "type": "command", "command": line }))).unwrap();
        // A rule runs nothing.
        before["permissions"] = json!({ "allow": ["Bash(~/.claude/hooks/session-signals/sessions:*)"] });
        let before = before.to_string();
        home.write(".claude/settings.json", &before);
        let (_, report) = home.json(&["install"]);
        assert_eq!((of_stop(&home).len(), report["warnings"].as_array().unwrap().len()), (2, 0), "{line} {report}");
        assert!(home.succeeds(&["doctor"]).starts_with("healthy: "), "{line}");
        home.succeeds(&["uninstall"]);
        assert_eq!(home.read(".claude/settings.json"), before);
        assert!(!home.path(".claude/hooks").exists(), "{line}");
    }
}

#[test]
fn many_such_lines_are_spoken_of_once() {
    let home = Home::new();
    let line = |rule: &session_signals_protocol::EventRule| {
        format!("nice {}", home.installed(rule.hook.executable()).display())
    };
    let group = |rule| (json!([{ "hooks": [{ "type": "command", "command": line(rule) }] }]), rule);
    let hooks: serde_json::Map<String, Value> =
        EVENT_RULES.iter().map(group).map(|(groups, rule)| (rule.event.to_owned(), groups)).collect();
    let before = json!({ "hooks": hooks });
    home.write(".claude/settings.json", &before.to_string());
    let all = |sentence: &Value| EVENT_RULES.iter().all(|rule| text(sentence).contains(rule.event));
    let one = |told: &Value| {
        let told = told.as_array().unwrap();
        assert!(told.len() == 1 && all(&told[0]), "{told:?}");
    };
    let (_, report) = home.json(&["install"]);
    assert_eq!(home.parsed(), before);
    one(&report["warnings"]);
    one(&home.json(&["doctor"]).1["notes"]);
    one(&home.json(&["uninstall"]).1["warnings"]);
    // With an entry beside each.
    home.write(".claude/settings.json", "{}");
    home.succeeds(&["install"]);
    let mut with = home.parsed();
    for (event, groups) in with["hooks"].as_object_mut().unwrap() {
        groups.as_array_mut().unwrap().push(before["hooks"][event][0].clone());
    }
    home.write(".claude/settings.json", &with.to_string());
    assert_eq!(home.findings(), ["entry-duplicated"]);
    assert!(all(&home.json(&["doctor"]).1["findings"][0]["sentence"]));
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
    // For those tools two run, which nothing can end but the line's owner.
    assert_eq!(home.findings(), [""; 0]);
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
    assert_eq!(home.json(&["install"]).1["events"].as_array().unwrap().len(), EVENT_RULES.len());
}
