//! `hooks install --daemons`, and away again.

use serde_json::{Value, json};

use crate::install::home::Home;
use crate::sandbox::{ClaudeProcess, payload};

fn hooks(settings: &Value, event: &str) -> Vec<Value> {
    let groups = settings["hooks"][event].as_array().cloned().unwrap_or_default();
    groups.iter().flat_map(|group| group["hooks"].as_array().unwrap().clone()).collect()
}

#[test]
fn what_it_registers_and_takes_away() {
    for original in ["{}", "{\n\t\"model\": \"opus\",\n\t\"hooks\": {}\n}"] {
        let home = Home::with_settings(original);
        let said = home.succeeds(&["install", "--daemons"]);
        for line in [
            "  SessionStart        sessions daemons start  added\n",
            "  SessionEnd          sessions daemons stop   added\n",
        ] {
            assert!(said.contains(line), "{said}");
        }
        let settings = home.parsed();
        let command = home.installed("sessions");
        for (event, word) in [("SessionStart", "start"), ("SessionEnd", "stop")] {
            let entry = json!({"type": "command", "command": command, "args": ["daemons", word], "timeout": 10});
            assert_eq!(hooks(&settings, event)[1], entry);
        }
        assert_eq!(home.findings(), [""; 0]);
        // Again, with the option and without it: nothing changes.
        for arguments in [&["install", "--daemons"][..], &["install"]] {
            assert!(home.succeeds(arguments).starts_with("Already installed"), "{arguments:?}");
        }
        assert_eq!(home.parsed(), settings);
        home.succeeds(&["uninstall"]);
        assert_eq!(home.read(".claude/settings.json"), original);
        assert!(!home.installed("sessions").exists());
    }
}

#[test]
fn after_somebody_wrote_the_file_only_ours_goes() {
    let home = Home::with_settings("{}");
    home.succeeds(&["install", "--daemons"]);
    let mut settings = home.parsed();
    // Another use of the same executable is its owner's.
    let command = home.installed("sessions");
    let other = json!({"hooks": [{"type": "command", "command": command, "args": ["--all"]}]});
    settings["hooks"]["SessionStart"].as_array_mut().unwrap().push(other.clone());
    home.write(".claude/settings.json", &serde_json::to_string_pretty(&settings).unwrap());
    home.succeeds(&["uninstall"]);
    assert_eq!(home.parsed(), json!({"hooks": {"SessionStart": [other]}}));
}

#[test]
fn a_path_that_needs_quoting_goes_through_a_shell() {
    let home = Home::new();
    let config = home.path("my config");
    let hooks = |arguments: &[&str]| {
        let mut hooks = home.command(&crate::sandbox::executable_path("hooks"));
        let done = crate::sandbox::run_with_input(hooks.env("CLAUDE_CONFIG_DIR", &config).args(arguments), "");
        assert_eq!(done.code, Some(0), "{done:?}");
    };
    hooks(&["install", "--daemons"]);
    let settings: Value = serde_json::from_str(&home.read("my config/settings.json")).unwrap();
    let entry = self::hooks(&settings, "SessionEnd")[1].clone();
    let command = format!("'{}' daemons stop", config.join("hooks/session-signals/sessions").display());
    assert_eq!(entry, json!({"type": "command", "command": command, "timeout": 10}));
    hooks(&["doctor"]);
    hooks(&["uninstall"]);
    assert!(!config.join("settings.json").exists());
}

#[test]
fn doctor_knows_the_entries_and_mends_them() {
    let home = Home::new();
    home.succeeds(&["install", "--daemons"]);
    let mut settings = home.parsed();
    settings["hooks"]["SessionEnd"].as_array_mut().unwrap().pop();
    home.write(".claude/settings.json", &serde_json::to_string_pretty(&settings).unwrap());
    assert_eq!(home.findings(), ["entry-missing"]);
    home.succeeds(&["doctor", "--fix"]);
    assert_eq!(hooks(&home.parsed(), "SessionEnd").len(), 2);
    std::fs::remove_file(home.installed("sessions")).unwrap();
    assert_eq!(home.findings(), ["executable-gone"]);
    home.succeeds(&["doctor", "--fix"]);
    assert_eq!(home.findings(), [""; 0]);
}

#[test]
fn what_is_installed_starts_and_ends_daemons() {
    let home = Home::new();
    home.succeeds(&["install", "--daemons"]);
    let config = json!({"daemons": [{"name": "a", "command": "/bin/sleep", "args": ["1000"]}]});
    let path = home.write(".claude/session-daemons.json", &config.to_string());
    std::fs::set_permissions(path, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
    let mut life = ClaudeProcess::start(home.sandbox());
    let command = |word: &str| format!("{} daemons {word}", home.installed("sessions").display());
    life.run_shell_command(&command("start"), &payload("s", "SessionStart", r#""source":"startup""#)).assert_success();
    let pid: u32 = home.read(".claude/session-daemons/.a.s.pid").trim_end().parse().unwrap();
    assert!(super::world::lives(pid));
    // An installation anew takes nothing from under it.
    home.succeeds(&["uninstall"]);
    home.succeeds(&["install", "--daemons"]);
    assert!(super::world::lives(pid));
    life.run_shell_command(&command("stop"), &payload("s", "SessionEnd", "")).assert_success();
    assert!(!super::world::lives(pid));
}
