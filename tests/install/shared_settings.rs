//! Settings that several homes use: those of a team, and those of one person on two computers.

use std::os::unix::fs::symlink;
use std::path::Path;

use fs_err as fs;
use serde_json::{Value, json};
use session_signals_protocol::EVENT_RULES;

use super::installation::{Installation, json_text, registered_events};
use crate::sandbox::{Outcome, payload, run_with_input};

const PROJECT: &str = "project/.claude/settings.json";

/// Returns the events and commands of settings.
fn commands(settings: &str) -> Vec<(String, String)> {
    let settings: Value = serde_json::from_str(settings).unwrap();
    let mut found = Vec::new();
    for (event, groups) in settings["hooks"].as_object().unwrap() {
        for group in groups.as_array().unwrap() {
            found.extend(
                group["hooks"].as_array().unwrap().iter().map(|hook| (event.clone(), json_text(&hook["command"]))),
            );
        }
    }
    found
}

/// Returns settings as an earlier version wrote them for a project, with the paths of one home.
fn settings_of_home(home: &str) -> String {
    let hook = |name: &str| json!({ "type": "command", "command": format!("{home}/.claude/hooks/session-signals/{name}"), "args": [], "timeout": 10 });
    let events: serde_json::Map<String, Value> = EVENT_RULES
        .iter()
        .map(|rule| (rule.event.to_owned(), json!([{ "hooks": [hook(rule.hook.executable())] }])))
        .collect();
    serde_json::to_string_pretty(&json!({ "hooks": events })).unwrap()
}

/// Runs the `Stop` command of these settings in a shell, as the CLI does.
fn run_stop(installation: &Installation, settings: &str, config: Option<&Path>) -> Outcome {
    let lines = commands(settings);
    let (_, line) = lines.iter().find(|(event, _)| event == "Stop").unwrap();
    let mut shell = installation.command("/bin/sh".as_ref());
    if let Some(config) = config {
        shell.env("CLAUDE_CONFIG_DIR", config);
    }
    run_with_input(shell.args(["-c", line]), payload("someone", "Stop", ""))
}

#[test]
fn project_entries_work_in_every_home_and_disturb_none() {
    let [one, other] = [Installation::new(), Installation::new()];
    one.run_successfully(&["install", "--scope", "project"]);
    let settings = one.read_file(PROJECT);
    assert!(!settings.contains(one.path("").to_str().unwrap()), "{settings}");
    assert_eq!(registered_events(&serde_json::from_str(&settings).unwrap()).len(), EVENT_RULES.len());
    run_stop(&one, &settings, None).assert_success();
    assert!(one.path(".claude/session-signals/someone.stop.json").exists());
    assert_eq!(one.find_ids(), [""; 0]);
    // For a member who has not installed the hooks, the command does nothing and prints nothing.
    other.write_file(PROJECT, &settings);
    run_stop(&other, &settings, None).assert_success();
    assert!(!other.path(".claude").exists());
    // An installation by another member does not change the settings.
    for arguments in [&["install", "--scope", "project"][..], &["install"], &["doctor", "--fix"]] {
        other.run_hooks(arguments);
        assert_eq!(other.read_file(PROJECT), settings, "{arguments:?}");
    }
    run_stop(&other, &settings, None).assert_success();
    assert!(other.path(".claude/session-signals/someone.stop.json").exists());
    // Another configuration directory works, too.
    let config = other.path("con fig");
    fs::create_dir(&config).unwrap();
    fs::rename(other.path(".claude/hooks"), config.join("hooks")).unwrap();
    run_stop(&other, &settings, Some(&config)).assert_success();
    assert!(config.join("session-signals/someone.stop.json").exists());
}

#[test]
fn a_members_copy_that_is_missing_is_found_and_copied() {
    let installation = Installation::new();
    installation.run_successfully(&["install", "--scope", "project"]);
    let settings = installation.read_file(PROJECT);
    fs::remove_dir_all(installation.path(".claude/hooks")).unwrap();
    assert!(installation.find_ids().iter().all(|id| id == "executable-gone"));
    installation.run_successfully(&["doctor", "--fix"]);
    assert_eq!((installation.find_ids(), installation.read_file(PROJECT)), (vec![], settings));
}

#[test]
fn entries_of_another_home_in_project_settings_are_kept() {
    let installation = Installation::new();
    let settings = settings_of_home("/home/alice");
    installation.write_file(PROJECT, &settings);
    installation.run_successfully(&["install"]);
    assert_eq!(installation.find_ids(), ["entry-of-another-home"]);
    let output = installation.run_hooks(&["doctor"]).stdout;
    assert!(
        output.contains("/home/alice/.claude/hooks/session-signals/") && output.contains("does not start here"),
        "{output}"
    );
    for arguments in
        [&["doctor", "--fix"][..], &["install"], &["install", "--scope", "local"], &["uninstall", "--scope", "local"]]
    {
        installation.run_hooks(arguments);
        assert_eq!(installation.read_file(PROJECT), settings, "{arguments:?}");
    }
    let (_, report) = installation.run_json(&["uninstall", "--scope", "project"]);
    assert_eq!(installation.read_file(PROJECT), settings, "{report}");
    assert!(json_text(&report["warnings"][0]).contains("belongs to another home and stays registered"), "{report}");
    // An install in this scope makes the entries work in both homes.
    let (code, report) = installation.run_json(&["install", "--scope", "project"]);
    assert_eq!((code, installation.read_file(PROJECT).contains("alice")), (0, false), "{report}");
    let warned =
        report["warnings"].as_array().unwrap().iter().any(|one| json_text(one).contains("/home/alice/.claude/"));
    assert!(warned, "{report}");
    assert_eq!(commands(&installation.read_file(PROJECT)).len(), EVENT_RULES.len());
    installation.run_successfully(&["uninstall", "--scope", "project"]);
    assert_eq!(installation.read_file(PROJECT), settings);
}

#[test]
fn install_in_a_project_makes_entries_work_in_every_home() {
    let installation = Installation::new();
    installation.run_successfully(&["install", "--scope", "project"]);
    let wanted = commands(&installation.read_file(PROJECT));
    installation.write_file(PROJECT, &settings_of_home(installation.path("").to_str().unwrap().trim_end_matches('/')));
    assert_eq!(installation.find_ids(), ["entry-outdated"]);
    let before = installation.read_file(PROJECT);
    assert_eq!(installation.run_hooks(&["doctor", "--fix"]).code, Some(1));
    assert_eq!(installation.read_file(PROJECT), before);
    installation.run_successfully(&["install", "--scope", "project"]);
    let mut now = commands(&installation.read_file(PROJECT));
    now.sort();
    let mut wanted = wanted;
    wanted.sort();
    assert_eq!((installation.find_ids(), now), (vec![], wanted));
}

#[test]
fn two_homes_with_one_settings_file_by_symlinks() {
    let [one, other] = [Installation::new(), Installation::new()];
    let file = one.write_file("dotfiles/settings.json", "{}\n");
    for installation in [&one, &other] {
        fs::create_dir_all(installation.path(".claude")).unwrap();
        symlink(&file, installation.settings_path()).unwrap();
    }
    let (code, report) = one.run_json(&["install"]);
    assert_eq!(code, 0, "{report}");
    assert!(json_text(&report["warnings"][0]).contains("its entries name no home"), "{report}");
    let settings = fs::read_to_string(&file).unwrap();
    run_stop(&other, &settings, None).assert_success();
    other.run_successfully(&["install", "--daemons"]);
    one.run_successfully(&["install"]);
    for installation in [&one, &other] {
        let settings = fs::read_to_string(&file).unwrap();
        assert_eq!(commands(&settings).len(), EVENT_RULES.len() + 2, "{settings}");
        run_stop(installation, &settings, None).assert_success();
        assert!(installation.path(".claude/session-signals/someone.stop.json").exists());
        assert_eq!(installation.find_ids(), [""; 0]);
    }
    let (_, report) = other.run_json(&["uninstall"]);
    assert!(json_text(&report["warnings"][0]).contains("gone for every home"), "{report}");
}

#[test]
fn two_homes_with_copies_of_one_settings_file() {
    let [one, other] = [Installation::new(), Installation::new()];
    one.run_successfully(&["install"]);
    let of_one = one.path(".claude/hooks/session-signals/hook-stop").display().to_string();
    let before = one.read_file(".claude/settings.json");
    assert!(before.contains(&of_one));
    other.write_file(".claude/settings.json", &before);
    assert!(other.find_ids().iter().all(|id| id == "entry-outdated"), "{:?}", other.find_ids());
    let (code, report) = other.run_json(&["install"]);
    let warned = report["warnings"].as_array().unwrap().iter().any(|one| json_text(one).contains(&of_one));
    assert!((code, warned) == (0, true), "{report}");
    let settings = other.read_file(".claude/settings.json");
    assert!(!settings.contains(one.path("").to_str().unwrap()), "{settings}");
    // The settings go back to the first home.
    one.write_file(".claude/settings.json", &settings);
    one.run_successfully(&["install"]);
    assert_eq!(one.read_file(".claude/settings.json"), settings);
    for installation in [&one, &other] {
        run_stop(installation, &settings, None).assert_success();
        assert!(installation.path(".claude/session-signals/someone.stop.json").exists());
        assert_eq!(installation.find_ids(), [""; 0]);
    }
}

#[test]
fn a_moved_config_dir_is_not_another_home() {
    let installation = Installation::new();
    let hooks = |config: &Path, arguments: &[&str]| {
        let result = installation.run_hooks_in(config, arguments);
        assert_eq!(result.code, Some(0), "{result:?}");
    };
    let elsewhere = tempfile::tempdir().unwrap();
    let [old, new] = ["old", "new"].map(|name| elsewhere.path().join(name));
    hooks(&old, &["install"]);
    fs::rename(&old, &new).unwrap();
    hooks(&new, &["install"]);
    let settings = fs::read_to_string(new.join("settings.json")).unwrap();
    let path = new.join("hooks/session-signals/hook-stop").display().to_string();
    assert!(settings.contains(&format!("\"{path}\"")) && !settings.contains("CLAUDE_CONFIG_DIR"), "{settings}");
}

#[test]
fn a_path_with_a_variable_is_kept() {
    let installation = Installation::new();
    let line = "\"$HOME\"/.claude/hooks/session-signals/hook-stop";
    let hook = json!({ "type": "command", "command": line, "timeout": 10 });
    installation
        .write_file(".claude/settings.json", &json!({ "hooks": { "Stop": [{ "hooks": [hook] }] } }).to_string());
    installation.run_successfully(&["install"]);
    let lines = commands(&installation.read_file(".claude/settings.json"));
    let of_stop: Vec<_> = lines.iter().filter(|(event, _)| event == "Stop").map(|(_, line)| line.as_str()).collect();
    assert_eq!(of_stop, [line]);
    assert_eq!(installation.find_ids(), [""; 0]);
}

/// Checks a home whose settings may be shared, because of the place that `arrange` gives them.
fn check_shared_by(arrange: impl Fn(&Installation)) {
    let installation = Installation::new();
    arrange(&installation);
    let (code, report) = installation.run_json(&["install"]);
    let settings = installation.read_file(".claude/settings.json");
    let is_warned =
        report["warnings"].as_array().unwrap().iter().any(|one| json_text(one).contains("its entries name no home"));
    assert_eq!(
        (code, is_warned, settings.contains(installation.path("").to_str().unwrap())),
        (0, true, false),
        "{report}"
    );
    run_stop(&installation, &settings, None).assert_success();
    assert!(installation.path(".claude/session-signals/someone.stop.json").exists());
    assert_eq!(installation.find_ids(), [""; 0]);
    assert_eq!(installation.run_json(&["install"]).1["outcome"], "unchanged");
    // Entries of an earlier version are found.
    let of_one = settings_of_home(installation.path("").to_str().unwrap().trim_end_matches('/'));
    installation.write_file(".claude/settings.json", &of_one);
    assert_eq!(installation.find_ids(), ["entry-outdated"]);
    installation.run_successfully(&["doctor", "--fix"]);
    assert_eq!(
        (installation.find_ids(), installation.read_file(".claude/settings.json").contains("CLAUDE_CONFIG_DIR")),
        (vec![], true)
    );
    let (_, report) = installation.run_json(&["uninstall"]);
    assert!(json_text(&report["warnings"][0]).contains("gone for every home"), "{report}");
}

#[test]
fn a_config_dir_by_a_symlink_or_in_a_repository_may_be_shared() {
    check_shared_by(|installation| {
        fs::create_dir_all(installation.path("dotfiles/claude")).unwrap();
        symlink("dotfiles/claude", installation.path(".claude")).unwrap();
    });
    check_shared_by(|installation| fs::create_dir_all(installation.path(".claude/.git")).unwrap());
    // In a submodule and in a linked work tree, `.git` is a file.
    check_shared_by(|installation| drop(installation.write_file(".claude/.git", "gitdir: ../dotfiles\n")));
    check_shared_by(|installation| fs::create_dir_all(installation.path(".git")).unwrap());
}

#[test]
fn local_entries_in_a_repository_name_the_home() {
    let installation = Installation::new();
    fs::create_dir_all(installation.path("project/.git")).unwrap();
    for scope in ["local", "user"] {
        let (code, report) = installation.run_json(&["install", "--scope", scope]);
        assert_eq!((code, report["warnings"].as_array().unwrap().len()), (0, 0), "{report}");
    }
    let path = installation.executable_path("hook-stop").display().to_string();
    assert!(installation.read_file("project/.claude/settings.local.json").contains(&path));
    assert!(installation.read_file(".claude/settings.json").contains(&path));
}
