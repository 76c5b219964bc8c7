//! Findings about the entries in the settings, and about scripts beside them.

use fs_err as fs;

use super::super::installation::{Installation, json_text, registered_events};
use super::{finds_and_leaves, finds_and_repairs, installed};
use crate::sandbox::{executable_path, run_with_input};

#[test]
fn nothing_installed() {
    finds_and_repairs(&Installation::new(), &["not-installed"]);
}

#[test]
fn an_entry_missing() {
    let installation = installed();
    let mut settings = installation.parse_settings();
    settings["hooks"].as_object_mut().unwrap().remove("Stop");
    installation.write_file(".claude/settings.json", &settings.to_string());
    finds_and_repairs(&installation, &["entry-missing"]);
    assert!(registered_events(&installation.parse_settings()).contains(&"Stop".to_owned()));
}

#[test]
fn an_entry_twice() {
    let installation = installed();
    let mut settings = installation.parse_settings();
    let group = settings["hooks"]["Stop"][0].clone();
    settings["hooks"]["Stop"].as_array_mut().unwrap().push(group);
    installation.write_file(".claude/settings.json", &settings.to_string());
    finds_and_repairs(&installation, &["entry-duplicated"]);
}

#[test]
fn an_entry_in_two_scopes() {
    let installation = installed();
    installation.run_successfully(&["install", "--scope", "project"]);
    let settings = installation.read_file("project/.claude/settings.json");
    assert!(installation.run_hooks(&["doctor"]).stdout.contains("each event is handled twice"));
    // The settings of a project are not changed without being asked.
    finds_and_leaves(&installation, &["entry-in-two-scopes"]);
    assert_eq!(installation.read_file("project/.claude/settings.json"), settings);
    fs::remove_file(installation.path("project/.claude/settings.json")).unwrap();
    installation.run_successfully(&["install", "--scope", "local"]);
    assert!(
        installation
            .run_hooks(&["doctor"])
            .stdout
            .contains("the commands are equal, so Claude Code runs one of the two")
    );
    finds_and_repairs(&installation, &["entry-in-two-scopes"]);
    assert!(
        installation.settings_path().exists() && !installation.path("project/.claude/settings.local.json").exists()
    );
}

#[test]
fn a_script_in_a_compound_command_is_left_to_the_user() {
    let installation = Installation::new();
    let script = installation.write_file("scripts/stop.sh", "cat >~/.claude/session-signals/x.stop.json");
    for (line, is_warned) in [
        (format!("cd /tmp && bash {}", script.display()), true),
        (format!("( {}; say done )", script.display()), true),
        ("cd /tmp && ./other/stop.sh".to_owned(), false),
        (format!("echo '; {}'", script.display()), false),
    ] {
        let hook = serde_json::json!({ "type": "command", "command": line });
        let settings = serde_json::json!({ "hooks": { "Stop": [{ "hooks": [hook] }] } });
        installation.write_file(".claude/settings.json", &settings.to_string());
        let (code, report) = installation.run_json(&["install"]);
        let warned =
            report["warnings"].as_array().unwrap().iter().any(|one| json_text(one).contains(&format!("`{line}`")));
        assert_eq!((code, warned), (0, is_warned), "{report}");
        assert_eq!(installation.parse_settings()["hooks"]["Stop"][0]["hooks"][0]["command"], *line);
        finds_and_leaves(&installation, if is_warned { &["script-beside"] } else { &[] });
    }
}

#[test]
fn the_settings_of_another_config_dir_are_not_repaired() {
    let installation = installed();
    let usual = installation.read_file(".claude/settings.json");
    let hooks = |arguments: &[&str]| {
        let mut command = installation.command(&executable_path("hooks"));
        command.args(arguments).env("CLAUDE_CONFIG_DIR", installation.path("other")).current_dir(installation.path(""));
        run_with_input(&mut command, "")
    };
    assert_eq!(hooks(&["install"]).code, Some(0));
    let found = hooks(&["doctor", "--fix"]);
    assert_eq!((found.code, found.stdout.matches(':').count() > 0), (Some(1), true), "{found:?}");
    assert!(found.stdout.starts_with("entry-in-two-scopes: "), "{found:?}");
    assert_eq!(installation.read_file(".claude/settings.json"), usual);
}

#[test]
fn an_entry_with_another_path() {
    let installation = installed();
    let moved = installation
        .read_file(".claude/settings.json")
        .replace("/hooks/session-signals/hook-stop", "/old/session-signals/hook-stop");
    installation.write_file(".claude/settings.json", &moved);
    finds_and_repairs(&installation, &["entry-outdated", "executable-gone"]);
}

#[test]
fn one_fault_of_all_events_is_one_finding() {
    let installation = Installation::with_settings(r#"{"hooks":{}}"#);
    installation.run_successfully(&["install", "--scope", "local"]);
    let file = "project/.claude/settings.local.json";
    let mut settings: serde_json::Value = serde_json::from_str(&installation.read_file(file)).unwrap();
    settings["hooks"].as_object_mut().unwrap().retain(|event, _| event == "Stop");
    installation.write_file(file, &settings.to_string());
    fs::remove_dir_all(installation.path(".claude/hooks")).unwrap();
    let output = installation.run_hooks(&["doctor"]).stdout;
    let lines: Vec<&str> = output.lines().collect();
    assert_eq!(lines.len(), 4, "{output}");
    assert!(
        lines[0].starts_with("entry-missing: ") && lines[0].contains("SessionStart, UserPromptSubmit, "),
        "{output}"
    );
    assert!(lines[2].starts_with("executable-gone: ~/.claude/hooks/session-signals/hook-stop "), "{output}");
    installation.run_successfully(&["doctor", "--fix"]);
    fs::remove_dir_all(installation.path(".claude/hooks")).unwrap();
    let output = installation.run_hooks(&["doctor"]).stdout;
    let gone = "executable-gone: in ~/.claude/hooks/session-signals each of these is registered but does not exist: hook-compact, ";
    assert!(output.starts_with(gone) && output.lines().count() == 2, "{output}");
    installation.run_successfully(&["doctor", "--fix"]);
    assert_eq!(installation.find_ids(), [""; 0]);
}

#[test]
fn scripts_of_a_session_dashboard_are_one_finding() {
    let installation = installed();
    let mut settings = installation.parse_settings();
    for (name, event) in [("stop", "Stop"), ("session-end", "SessionEnd"), ("permission-request", "PermissionRequest")]
    {
        installation.write_file(&format!(".claude/hooks/{name}.sh"), "cat > ~/.claude/session-signals/x.stop.json");
        let script =
            serde_json::json!({"hooks": [{"type": "command", "command": format!("~/.claude/hooks/{name}.sh")}]});
        settings["hooks"][event].as_array_mut().unwrap().push(script);
    }
    installation.write_file(".claude/settings.json", &settings.to_string());
    finds_and_repairs(&installation, &["script-beside"]);
    for event in ["Stop", "SessionEnd"] {
        let line = serde_json::json!({"hooks": [{"type": "command", "command": "cd /tmp; ~/.claude/hooks/stop.sh"}]});
        settings["hooks"][event] = serde_json::json!([settings["hooks"][event][0].clone(), line]);
    }
    settings["hooks"]["PermissionRequest"].as_array_mut().unwrap().pop();
    installation.write_file(".claude/settings.json", &settings.to_string());
    finds_and_leaves(&installation, &["script-beside"]);
    assert_eq!(installation.run_json(&["install"]).1["warnings"].as_array().unwrap().len(), 1);
}

#[test]
fn a_script_beside_its_executable() {
    let installation = installed();
    installation.write_file(".claude/hooks/stop.sh", "cat > ~/.claude/session-signals/x.stop.json");
    let mut settings = installation.parse_settings();
    let script = serde_json::json!({"hooks": [{"type": "command", "command": "~/.claude/hooks/stop.sh"}]});
    settings["hooks"]["Stop"].as_array_mut().unwrap().push(script);
    installation.write_file(".claude/settings.json", &settings.to_string());
    finds_and_repairs(&installation, &["script-beside"]);
}
