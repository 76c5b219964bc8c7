//! `hooks install` where all goes well.

use std::os::unix::fs::{MetadataExt, PermissionsExt};

use fs_err as fs;
use session_signals_protocol::EVENT_RULES;

use super::home::{Home, NEWEST, registered, text};
use crate::sandbox::{executable_path, payload, run_with_input};

const FOREIGN: &str = "{\n\t\"model\": \"opus\",\n\t\"hooks\": {\n\t\t\"Stop\": [\n\t\t\t{ \"hooks\": [ { \"type\": \"command\", \"command\": \"say done\" } ] }\n\t\t]\n\t}\n}\n";

#[test]
fn one_command_makes_working_hooks() {
    let home = Home::new();
    let said = home.succeeds(&["install"]);
    assert!(said.starts_with(&format!("Installed in ~/.claude/settings.json for Claude Code {NEWEST}\n")), "{said}");
    for rule in &EVENT_RULES {
        let name = rule.hook.executable();
        assert!(said.contains(&format!("  {:<19} {name:<23} added\n", rule.event)), "{said}");
        assert_eq!(fs::metadata(home.installed(name)).unwrap().permissions().mode() & 0o777, 0o755);
    }
    assert!(said.contains("\nFrom its next prompt on, every session says in ~/.claude/session-signals"), "{said}");
    // As the CLI would: the registered command, with a payload on stdin.
    let command = text(&home.parsed()["hooks"]["UserPromptSubmit"][0]["hooks"][0]["command"]);
    let prompt = payload("someone", "UserPromptSubmit", r#""prompt":"hi""#);
    run_with_input(&mut home.command(command.as_ref()), prompt).assert_success();
    assert!(home.path(".claude/session-signals/someone.working.json").exists());
    assert_eq!(home.findings(), [""; 0]);
}

#[test]
fn the_example_is_what_install_makes_of_an_empty_object() {
    let home = Home::with_settings("{}");
    home.succeeds(&["install"]);
    let made = home.read(".claude/settings.json").replace(home.path("").to_str().unwrap(), "/home/you/");
    let example = concat!(env!("CARGO_MANIFEST_DIR"), "/settings.example.json");
    if std::env::var_os("UPDATE_EXAMPLE").is_some() {
        fs::write(example, &made).unwrap();
    }
    assert_eq!(made, fs::read_to_string(example).unwrap(), "UPDATE_EXAMPLE=1 writes it anew");
}

#[test]
fn a_second_install_touches_nothing() {
    let home = Home::with_settings(FOREIGN);
    home.succeeds(&["install"]);
    let before = (home.everything(), home.read(".claude/settings.json"), fs::metadata(home.settings()).unwrap().ino());
    let inode = fs::metadata(home.installed("hook-stop")).unwrap().ino();
    let said = home.succeeds(&["install"]);
    assert!(said.starts_with("Already installed in ~/.claude/settings.json"), "{said}");
    let after = (home.everything(), home.read(".claude/settings.json"), fs::metadata(home.settings()).unwrap().ino());
    assert_eq!(after, before);
    assert_eq!(fs::metadata(home.installed("hook-stop")).unwrap().ino(), inode);
}

#[test]
fn the_settings_are_saved_first_and_the_last_ten_are_kept() {
    let home = Home::with_settings(FOREIGN);
    home.write(".claude/backups/settings.json.notes", "not ours");
    let backup = text(&home.json(&["install"]).1["backup"]);
    assert_eq!(fs::read_to_string(&backup).unwrap(), FOREIGN);
    assert_eq!(fs::metadata(&backup).unwrap().permissions().mode() & 0o777, 0o600);
    let mut newest = backup;
    for _ in 0..6 {
        home.succeeds(&["uninstall"]);
        newest = text(&home.json(&["install"]).1["backup"]);
    }
    let saved: Vec<String> =
        home.everything().into_iter().filter(|name| name.contains("backups/settings.json.1")).collect();
    assert_eq!(saved.len(), 10);
    assert_eq!(home.path(saved.last().unwrap()).to_str(), Some(&*newest));
    assert_eq!(home.read(".claude/backups/settings.json.notes"), "not ours");
}

#[test]
fn the_scripts_it_replaces_are_named_and_taken_out() {
    let home = Home::new();
    home.write(".claude/hooks/stop.sh", "#!/bin/sh\ncat > ~/.claude/session-signals/x.stop.json\n");
    home.write("other/stop.sh", "#!/bin/sh\necho stopped\n");
    let script = |path: &str| format!(r#"{{"hooks": [{{"type": "command", "command": "{path}"}}]}}"#);
    let ours = home.path(".claude/hooks/stop.sh").display().to_string();
    let groups: Vec<String> = [&ours, "~/.claude/hooks/stop.sh", "$HOME/other/stop.sh"].map(script).to_vec();
    let settings = format!(r#"{{"hooks": {{"Stop": [{}]}}}}"#, groups.join(", "));
    home.write(".claude/settings.json", &settings);

    let kept = home.json(&["install", "--keep-scripts", "--dry-run"]).1;
    assert_eq!(kept["replaced"].as_array().unwrap().len(), 0);
    let (_, report) = home.json(&["install"]);
    let replaced: Vec<String> =
        report["replaced"].as_array().unwrap().iter().map(|one| text(&one["command"])).collect();
    assert_eq!(replaced, [&ours, "~/.claude/hooks/stop.sh"]);
    let left = home.read(".claude/settings.json");
    assert!(!left.contains(".claude/hooks/stop.sh") && left.contains("$HOME/other/stop.sh"), "{left}");
    home.succeeds(&["uninstall"]);
    assert_eq!(home.read(".claude/settings.json"), settings);
}

#[test]
fn scripts_that_were_to_stay_are_no_fault() {
    let home = Home::new();
    home.write(".claude/hooks/stop.sh", "#!/bin/sh\ncat > ~/.claude/session-signals/x.stop.json\n");
    let settings = r#"{"hooks":{"Stop":[{"hooks":[{"type":"command","command":"~/.claude/hooks/stop.sh"}]}]}}"#;
    home.write(".claude/settings.json", settings);
    home.succeeds(&["install", "--keep-scripts"]);
    assert!(home.read(".claude/settings.json").contains("~/.claude/hooks/stop.sh"));
    assert_eq!(home.findings(), [""; 0]);
}

#[test]
fn a_path_that_needs_quoting_goes_through_a_shell() {
    for name in ["it's a config", "of $HOME", "${CLAUDE_CONFIG_DIR:-$HOME/.claude}", "a `b` $(c) \"d\""] {
        goes_through_a_shell(name);
    }
}

#[track_caller]
fn goes_through_a_shell(name: &str) {
    let home = Home::new();
    let config = home.path(name);
    let hooks = |arguments: &[&str]| {
        run_with_input(home.command(&executable_path("hooks")).env("CLAUDE_CONFIG_DIR", &config).args(arguments), "")
    };
    let done = hooks(&["install"]);
    assert_eq!(done.code, Some(0), "{done:?}");
    let settings: serde_json::Value =
        serde_json::from_str(&fs::read_to_string(config.join("settings.json")).unwrap()).unwrap();
    let entry = &settings["hooks"]["Stop"][0]["hooks"][0];
    assert!(entry["args"].is_null(), "{entry}");
    let ran = run_with_input(
        home.command("/bin/sh".as_ref()).env("CLAUDE_CONFIG_DIR", &config).args(["-c", &text(&entry["command"])]),
        payload("someone", "Stop", ""),
    );
    ran.assert_success();
    assert!(config.join("session-signals/someone.stop.json").exists());
    let found = hooks(&["doctor"]);
    assert_eq!(found.code, Some(0), "{found:?}");
    assert_eq!(hooks(&["uninstall"]).code, Some(0));
    assert!(!config.join("settings.json").exists() && !config.join("hooks").exists());
}

#[test]
fn an_executable_that_does_not_start_is_an_error_now() {
    let home = Home::new();
    let build = home.build("broken");
    build.replace("hook-stop", b"\x7fELF is not all it takes");
    let done = build.hooks(&["install"]);
    assert_eq!(done.code, Some(3), "{done:?}");
    assert!(
        done.stderr.contains("error: Stop, StopFailure: ") && done.stderr.contains("hook-stop does not run: "),
        "{done:?}"
    );
    build.replace("hook-stop", b"#!/bin/sh\nexit 1\n");
    assert_eq!(build.hooks(&["install"]).code, Some(3));
    // A build that works mends it.
    home.succeeds(&["install"]);
    assert_eq!(home.findings(), [""; 0]);
}

#[test]
fn a_build_that_is_not_whole_is_refused() {
    let home = Home::new();
    let build = home.build("partial");
    fs::remove_file(build.folder.join("hook-compact")).unwrap();
    let done = build.hooks(&["install"]);
    assert_eq!(done.code, Some(1));
    assert!(done.stderr.contains("hook-compact is not beside `hooks`"), "{done:?}");
    assert_eq!(home.everything(), [""; 0]);
}

#[test]
fn a_spool_that_others_can_write_to_is_closed() {
    let home = Home::new();
    fs::create_dir_all(home.path(".claude/session-signals")).unwrap();
    for mode in [0o777, 0o755] {
        fs::set_permissions(home.path(".claude/session-signals"), PermissionsExt::from_mode(mode)).unwrap();
        let (_, report) = home.json(&["install"]);
        assert!(text(&report["warnings"][0]).contains(&format!("was open to others (mode {mode:o})")), "{report}");
        assert_eq!(fs::metadata(home.path(".claude/session-signals")).unwrap().permissions().mode() & 0o777, 0o700);
    }
}

#[test]
fn scopes_are_files() {
    let home = Home::new();
    for (scope, file) in
        [("project", "project/.claude/settings.json"), ("local", "project/.claude/settings.local.json")]
    {
        let (_, report) = home.json(&["install", "--scope", scope]);
        assert_eq!(report["scope"], scope);
        assert_eq!(registered(&serde_json::from_str(&home.read(file)).unwrap()).len(), EVENT_RULES.len());
        assert!(!home.settings().exists());
    }
    // The executables go with the last scope.
    home.succeeds(&["uninstall", "--scope", "local"]);
    assert!(home.installed("hook-stop").exists());
    home.succeeds(&["uninstall", "--scope", "project"]);
    assert!(!home.path(".claude/hooks").exists());
}

#[test]
fn settings_that_disable_hooks_are_warned_of() {
    let home = Home::with_settings(r#"{"disableAllHooks": true}"#);
    let (code, report) = home.json(&["install"]);
    assert_eq!(code, 0);
    assert_eq!(report["warnings"][0], "disableAllHooks is set in ~/.claude/settings.json: the hooks will not run");
    home.succeeds(&["uninstall"]);
    assert!(!home.succeeds(&["install"]).contains("From its next prompt on"));
}
