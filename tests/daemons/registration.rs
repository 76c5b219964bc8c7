//! `hooks install --daemons` registers `sessions daemons` as a hook, and `hooks uninstall` removes it.

use serde_json::{Value, json};

use super::daemon_sandbox::is_alive;
use crate::install::installation::Installation;
use crate::sandbox::{ClaudeProcess, payload};

/// Returns all hooks of an event.
fn hooks_of_event(settings: &Value, event: &str) -> Vec<Value> {
    let groups = settings["hooks"][event].as_array().cloned().unwrap_or_default();
    groups.iter().flat_map(|group| group["hooks"].as_array().unwrap().clone()).collect()
}

#[test]
fn install_registers_both_hooks_and_uninstall_restores_the_settings() {
    for original in ["{}", "{\n\t\"model\": \"opus\",\n\t\"hooks\": {}\n}"] {
        let installation = Installation::with_settings(original);
        let report = installation.run_successfully(&["install", "--daemons"]);
        for line in [
            "  SessionStart        sessions daemons start  added\n",
            "  SessionEnd          sessions daemons stop   added\n",
        ] {
            assert!(report.contains(line), "{report}");
        }
        let settings = installation.parse_settings();
        let command = installation.executable_path("sessions");
        for (event, word) in [("SessionStart", "start"), ("SessionEnd", "stop")] {
            let entry = json!({"type": "command", "command": command, "args": ["daemons", word], "timeout": 10});
            assert_eq!(hooks_of_event(&settings, event)[1], entry);
        }
        assert_eq!(installation.find_ids(), [""; 0]);
        // A second install changes nothing, with the option or without it.
        for arguments in [&["install", "--daemons"][..], &["install"]] {
            assert!(installation.run_successfully(arguments).starts_with("Already installed"), "{arguments:?}");
        }
        assert_eq!(installation.parse_settings(), settings);
        installation.run_successfully(&["uninstall"]);
        assert_eq!(installation.read_file(".claude/settings.json"), original);
        assert!(!installation.executable_path("sessions").exists());
    }
}

#[test]
fn uninstall_keeps_other_hooks_after_the_settings_were_edited() {
    let installation = Installation::with_settings("{}");
    installation.run_successfully(&["install", "--daemons"]);
    let mut settings = installation.parse_settings();
    // The user has registered the same executable for another purpose.
    let command = installation.executable_path("sessions");
    let other = json!({"hooks": [{"type": "command", "command": command, "args": ["--all"]}]});
    settings["hooks"]["SessionStart"].as_array_mut().unwrap().push(other.clone());
    installation.write_file(".claude/settings.json", &serde_json::to_string_pretty(&settings).unwrap());
    installation.run_successfully(&["uninstall"]);
    assert_eq!(installation.parse_settings(), json!({"hooks": {"SessionStart": [other]}}));
}

#[test]
fn a_path_that_needs_quotes_is_run_by_a_shell() {
    let installation = Installation::new();
    let config = installation.path("my config");
    let run_hooks = |arguments: &[&str]| {
        let outcome = installation.run_hooks_in(&config, arguments);
        assert_eq!(outcome.code, Some(0), "{outcome:?}");
    };
    run_hooks(&["install", "--daemons"]);
    let settings: Value = serde_json::from_str(&installation.read_file("my config/settings.json")).unwrap();
    let entry = hooks_of_event(&settings, "SessionEnd")[1].clone();
    let command = format!("'{}' daemons stop", config.join("hooks/session-signals/sessions").display());
    assert_eq!(entry, json!({"type": "command", "command": command, "timeout": 10}));
    run_hooks(&["doctor"]);
    run_hooks(&["uninstall"]);
    assert!(!config.join("settings.json").exists());
}

#[test]
fn doctor_finds_and_repairs_missing_entries() {
    let installation = Installation::new();
    installation.run_successfully(&["install", "--daemons"]);
    let mut settings = installation.parse_settings();
    settings["hooks"]["SessionEnd"].as_array_mut().unwrap().pop();
    installation.write_file(".claude/settings.json", &serde_json::to_string_pretty(&settings).unwrap());
    assert_eq!(installation.find_ids(), ["entry-missing"]);
    installation.run_successfully(&["doctor", "--fix"]);
    assert_eq!(hooks_of_event(&installation.parse_settings(), "SessionEnd").len(), 2);
    std::fs::remove_file(installation.executable_path("sessions")).unwrap();
    assert_eq!(installation.find_ids(), ["executable-gone"]);
    installation.run_successfully(&["doctor", "--fix"]);
    assert_eq!(installation.find_ids(), [""; 0]);
}

#[test]
fn the_installed_hooks_start_and_end_daemons() {
    let installation = Installation::new();
    installation.run_successfully(&["install", "--daemons"]);
    let config = json!({"daemons": [{"name": "a", "command": "/bin/sleep", "args": ["1000"]}]});
    let path = installation.write_file(".claude/session-daemons.json", &config.to_string());
    std::fs::set_permissions(path, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
    let mut claude = ClaudeProcess::start(installation.sandbox());
    let command_line = |word: &str| format!("{} daemons {word}", installation.executable_path("sessions").display());
    claude
        .run_shell_command(&command_line("start"), &payload("s", "SessionStart", r#""source":"startup""#))
        .assert_success();
    let pid: u32 = installation.read_file(".claude/session-daemons/.a.s.pid").trim_end().parse().unwrap();
    assert!(is_alive(pid));
    // A reinstallation does not affect a running daemon.
    installation.run_successfully(&["uninstall"]);
    installation.run_successfully(&["install", "--daemons"]);
    assert!(is_alive(pid));
    claude.run_shell_command(&command_line("stop"), &payload("s", "SessionEnd", "")).assert_success();
    assert!(!is_alive(pid));
}
