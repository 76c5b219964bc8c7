//! What `hooks` prints contains no character that a terminal obeys or that makes a command look like another.

use fs_err as fs;
use serde_json::json;

use super::installation::Installation;

/// Sets the title of a terminal, and writes from right to left.
const HARMFUL: &str = "\u{1b}]0;x\u{7}\u{9b}31m\u{202e}\u{200f}";

/// Returns settings that register this command for Stop.
fn settings_with_command(command: &str) -> String {
    json!({ "hooks": { "Stop": [{ "hooks": [{ "type": "command", "command": command }] }] } }).to_string()
}

#[track_caller]
fn assert_harmless(text: &str, visible: &str) {
    assert!(text.contains(visible), "{text:?}");
    let harmful = text.chars().filter(|c| *c != '\n' && (c.is_control() || HARMFUL.contains(*c) && !c.is_ascii()));
    assert_eq!(harmful.collect::<String>(), "", "{text:?}");
}

#[test]
fn commands_of_settings_are_harmless() {
    let command = format!("nice /x/session-signals/hook-stop {HARMFUL}\nhealthy: forged");
    let installation = Installation::new();
    installation.run_successfully(&["install"]);
    installation.write_file("project/.claude/settings.json", &settings_with_command(&command));
    let output = installation.run_hooks(&["doctor"]).stdout;
    assert_harmless(&output, "note: ");
    assert!(!output.lines().any(|line| line.starts_with("healthy: forged")), "{output:?}");
}

#[test]
fn replaced_scripts_are_harmless() {
    let installation = Installation::new();
    let script = installation.write_file("scripts/stop.sh", "cat >~/.claude/session-signals/x.stop.json");
    let command = format!("bash {} {HARMFUL}", script.display());
    let hook = json!({ "type": "command", "command": "bash", "args": [script, HARMFUL] });
    let settings = json!({ "hooks": { "Stop": [{ "hooks": [hook] }] } }).to_string();
    installation.write_file(".claude/settings.json", &settings);
    assert_harmless(&installation.run_successfully(&["install"]), "Replaced in Stop: bash ");
    // A script that uninstall does not restore is a warning.
    installation.write_file(".claude/settings.json", "{}");
    let result = installation.run_hooks(&["uninstall"]);
    assert_harmless(&result.stderr, "warning: install had replaced `");
    // JSON has the command as it is.
    installation.write_file(".claude/settings.json", &settings);
    let (_, report) = installation.run_json(&["install", "--dry-run"]);
    assert_eq!(report["replaced"][0]["command"], command);
}

#[test]
fn refusals_are_harmless_and_their_snippet_keeps_its_lines() {
    let installation = Installation::new();
    fs::create_dir_all(installation.path(".claude")).unwrap();
    fs_err::os::unix::fs::symlink(format!("gone{HARMFUL}"), installation.settings_path()).unwrap();
    let result = installation.run_hooks(&["install"]);
    assert_harmless(&result.stderr, "is a symlink to gone");
    assert!(result.stderr.contains("\n{\n  \"hooks\": {\n"), "{result:?}");
    assert_harmless(&installation.run_hooks(&["doctor"]).stdout, "settings-unusable: ");
}
