//! `hooks install` when nothing fails.

use std::os::unix::fs::{MetadataExt, PermissionsExt};

use fs_err as fs;
use session_signals_protocol::EVENT_RULES;

use super::installation::{Installation, NEWEST_CLI, json_text, registered_events};
use crate::sandbox::{payload, run_with_input};

const FOREIGN: &str = "{\n\t\"model\": \"opus\",\n\t\"hooks\": {\n\t\t\"Stop\": [\n\t\t\t{ \"hooks\": [ { \"type\": \"command\", \"command\": \"say done\" } ] }\n\t\t]\n\t}\n}\n";

#[test]
fn one_command_installs_working_hooks() {
    let installation = Installation::new();
    let output = installation.run_successfully(&["install"]);
    assert!(
        output.starts_with(&format!("Installed in ~/.claude/settings.json for Claude Code {NEWEST_CLI}\n")),
        "{output}"
    );
    for rule in &EVENT_RULES {
        let name = rule.hook.executable();
        assert!(output.contains(&format!("  {:<19} {name:<23} added\n", rule.event)), "{output}");
        assert_eq!(fs::metadata(installation.executable_path(name)).unwrap().permissions().mode() & 0o777, 0o755);
    }
    assert!(
        output.contains("\nFrom its next prompt on, every session writes to ~/.claude/session-signals"),
        "{output}"
    );
    // The CLI runs the registered command with a payload on standard input.
    let command = json_text(&installation.parse_settings()["hooks"]["UserPromptSubmit"][0]["hooks"][0]["command"]);
    let prompt = payload("someone", "UserPromptSubmit", r#""prompt":"hi""#);
    run_with_input(&mut installation.command(command.as_ref()), prompt).assert_success();
    assert!(installation.path(".claude/session-signals/someone.working.json").exists());
    assert_eq!(installation.find_ids(), [""; 0]);
}

#[test]
fn the_example_is_what_install_writes_into_empty_settings() {
    let installation = Installation::with_settings("{}");
    installation.run_successfully(&["install"]);
    let made =
        installation.read_file(".claude/settings.json").replace(installation.path("").to_str().unwrap(), "/home/you/");
    let example = concat!(env!("CARGO_MANIFEST_DIR"), "/settings.example.json");
    if std::env::var_os("UPDATE_EXAMPLE").is_some() {
        fs::write(example, &made).unwrap();
    }
    assert_eq!(made, fs::read_to_string(example).unwrap(), "UPDATE_EXAMPLE=1 writes it anew");
}

#[test]
fn a_second_install_touches_nothing() {
    let installation = Installation::with_settings(FOREIGN);
    installation.run_successfully(&["install"]);
    let before = (
        installation.list_files(),
        installation.read_file(".claude/settings.json"),
        fs::metadata(installation.settings_path()).unwrap().ino(),
    );
    let inode = fs::metadata(installation.executable_path("hook-stop")).unwrap().ino();
    let output = installation.run_successfully(&["install"]);
    assert!(output.starts_with("Already installed in ~/.claude/settings.json"), "{output}");
    let after = (
        installation.list_files(),
        installation.read_file(".claude/settings.json"),
        fs::metadata(installation.settings_path()).unwrap().ino(),
    );
    assert_eq!(after, before);
    assert_eq!(fs::metadata(installation.executable_path("hook-stop")).unwrap().ino(), inode);
}

#[test]
fn the_last_ten_backups_are_kept() {
    let installation = Installation::with_settings(FOREIGN);
    installation.write_file(".claude/backups/settings.json.notes", "not ours");
    let backup = json_text(&installation.run_json(&["install"]).1["backup"]);
    assert_eq!(fs::read_to_string(&backup).unwrap(), FOREIGN);
    assert_eq!(fs::metadata(&backup).unwrap().permissions().mode() & 0o777, 0o600);
    let mut newest = backup;
    for _ in 0..6 {
        installation.run_successfully(&["uninstall"]);
        newest = json_text(&installation.run_json(&["install"]).1["backup"]);
    }
    let saved: Vec<String> =
        installation.list_files().into_iter().filter(|name| name.contains("backups/settings.json.1")).collect();
    assert_eq!(saved.len(), 10);
    assert_eq!(installation.path(saved.last().unwrap()).to_str(), Some(&*newest));
    assert_eq!(installation.read_file(".claude/backups/settings.json.notes"), "not ours");
}

#[test]
fn replaced_scripts_are_named_and_removed() {
    let installation = Installation::new();
    installation.write_file(".claude/hooks/stop.sh", "#!/bin/sh\ncat > ~/.claude/session-signals/x.stop.json\n");
    installation.write_file("other/stop.sh", "#!/bin/sh\necho stopped\n");
    let script = |path: &str| format!(r#"{{"hooks": [{{"type": "command", "command": "{path}"}}]}}"#);
    let ours = installation.path(".claude/hooks/stop.sh").display().to_string();
    let groups: Vec<String> = [&ours, "~/.claude/hooks/stop.sh", "$HOME/other/stop.sh"].map(script).to_vec();
    let settings = format!(r#"{{"hooks": {{"Stop": [{}]}}}}"#, groups.join(", "));
    installation.write_file(".claude/settings.json", &settings);

    let kept = installation.run_json(&["install", "--keep-scripts", "--dry-run"]).1;
    assert_eq!(kept["replaced"].as_array().unwrap().len(), 0);
    let (_, report) = installation.run_json(&["install"]);
    let replaced: Vec<String> =
        report["replaced"].as_array().unwrap().iter().map(|one| json_text(&one["command"])).collect();
    assert_eq!(replaced, [&ours, "~/.claude/hooks/stop.sh"]);
    let left = installation.read_file(".claude/settings.json");
    assert!(!left.contains(".claude/hooks/stop.sh") && left.contains("$HOME/other/stop.sh"), "{left}");
    installation.run_successfully(&["uninstall"]);
    assert_eq!(installation.read_file(".claude/settings.json"), settings);
}

#[test]
fn scripts_that_are_kept_on_request_are_not_a_finding() {
    let installation = Installation::new();
    installation.write_file(".claude/hooks/stop.sh", "#!/bin/sh\ncat > ~/.claude/session-signals/x.stop.json\n");
    let settings = r#"{"hooks":{"Stop":[{"hooks":[{"type":"command","command":"~/.claude/hooks/stop.sh"}]}]}}"#;
    installation.write_file(".claude/settings.json", settings);
    installation.run_successfully(&["install", "--keep-scripts"]);
    assert!(installation.read_file(".claude/settings.json").contains("~/.claude/hooks/stop.sh"));
    assert_eq!(installation.find_ids(), [""; 0]);
}

#[test]
fn a_path_that_needs_quoting_goes_through_a_shell() {
    for name in ["it's a config", "of $HOME", "${CLAUDE_CONFIG_DIR:-$HOME/.claude}", "a `b` $(c) \"d\""] {
        goes_through_a_shell(name);
    }
}

#[track_caller]
fn goes_through_a_shell(name: &str) {
    let installation = Installation::new();
    let config = installation.path(name);
    let result = installation.run_hooks_in(&config, &["install"]);
    assert_eq!(result.code, Some(0), "{result:?}");
    let settings: serde_json::Value =
        serde_json::from_str(&fs::read_to_string(config.join("settings.json")).unwrap()).unwrap();
    let entry = &settings["hooks"]["Stop"][0]["hooks"][0];
    assert!(entry["args"].is_null(), "{entry}");
    let ran = run_with_input(
        installation
            .command("/bin/sh".as_ref())
            .env("CLAUDE_CONFIG_DIR", &config)
            .args(["-c", &json_text(&entry["command"])]),
        payload("someone", "Stop", ""),
    );
    ran.assert_success();
    assert!(config.join("session-signals/someone.stop.json").exists());
    let found = installation.run_hooks_in(&config, &["doctor"]);
    assert_eq!(found.code, Some(0), "{found:?}");
    assert_eq!(installation.run_hooks_in(&config, &["uninstall"]).code, Some(0));
    assert!(!config.join("settings.json").exists() && !config.join("hooks").exists());
}

#[test]
fn an_executable_that_does_not_start_is_a_problem_of_install() {
    let installation = Installation::new();
    let build = installation.copy_build("broken");
    build.replace_executable("hook-stop", b"\x7fELF is not all it takes");
    let result = build.hooks(&["install"]);
    assert_eq!(result.code, Some(3), "{result:?}");
    assert!(
        result.stderr.contains("error: Stop, StopFailure: ") && result.stderr.contains("hook-stop does not run: "),
        "{result:?}"
    );
    build.replace_executable("hook-stop", b"#!/bin/sh\nexit 1\n");
    assert_eq!(build.hooks(&["install"]).code, Some(3));
    // A build that works repairs the installation.
    installation.run_successfully(&["install"]);
    assert_eq!(installation.find_ids(), [""; 0]);
}

#[test]
fn an_incomplete_build_is_refused() {
    let installation = Installation::new();
    let build = installation.copy_build("partial");
    fs::remove_file(build.folder.join("hook-compact")).unwrap();
    let result = build.hooks(&["install"]);
    assert_eq!(result.code, Some(1));
    assert!(result.stderr.contains("hook-compact is not beside `hooks`"), "{result:?}");
    assert!(result.stderr.contains("or install the package again"), "{result:?}");
    assert_eq!(installation.list_files(), [""; 0]);
}

#[test]
fn install_restricts_the_mode_of_the_signal_directory() {
    let installation = Installation::new();
    fs::create_dir_all(installation.path(".claude/session-signals")).unwrap();
    for mode in [0o777, 0o755] {
        fs::set_permissions(installation.path(".claude/session-signals"), PermissionsExt::from_mode(mode)).unwrap();
        let (_, report) = installation.run_json(&["install"]);
        assert!(
            json_text(&report["warnings"][0]).contains(&format!("was open to other users (mode {mode:o})")),
            "{report}"
        );
        assert_eq!(
            fs::metadata(installation.path(".claude/session-signals")).unwrap().permissions().mode() & 0o777,
            0o700
        );
    }
}

#[test]
fn each_scope_has_its_file() {
    let installation = Installation::new();
    for (scope, file) in
        [("project", "project/.claude/settings.json"), ("local", "project/.claude/settings.local.json")]
    {
        let (_, report) = installation.run_json(&["install", "--scope", scope]);
        assert_eq!(report["scope"], scope);
        assert_eq!(
            registered_events(&serde_json::from_str(&installation.read_file(file)).unwrap()).len(),
            EVENT_RULES.len()
        );
        assert!(!installation.settings_path().exists());
    }
    // The executables are removed with the last scope that starts them.
    installation.run_successfully(&["uninstall", "--scope", "local"]);
    assert!(installation.executable_path("hook-stop").exists());
    installation.run_successfully(&["uninstall", "--scope", "project"]);
    assert!(!installation.path(".claude/hooks").exists());
}

#[test]
fn install_warns_of_settings_that_disable_hooks() {
    let installation = Installation::with_settings(r#"{"disableAllHooks": true}"#);
    let (code, report) = installation.run_json(&["install"]);
    assert_eq!(code, 0);
    assert_eq!(report["warnings"][0], "disableAllHooks is set in ~/.claude/settings.json: the hooks will not run");
    installation.run_successfully(&["uninstall"]);
    assert!(!installation.run_successfully(&["install"]).contains("From its next prompt on"));
}
