//! Settings that several homes have: a team's, and one person's on two computers.

use std::os::unix::fs::symlink;
use std::path::Path;

use fs_err as fs;
use serde_json::{Value, json};
use session_signals_protocol::EVENT_RULES;

use super::home::{Home, registered, text};
use crate::sandbox::{Outcome, executable_path, payload, run_with_input};

const PROJECT: &str = "project/.claude/settings.json";

/// The command lines of settings, by event.
fn commands(settings: &str) -> Vec<(String, String)> {
    let settings: Value = serde_json::from_str(settings).unwrap();
    let mut found = Vec::new();
    for (event, groups) in settings["hooks"].as_object().unwrap() {
        for group in groups.as_array().unwrap() {
            found.extend(group["hooks"].as_array().unwrap().iter().map(|hook| (event.clone(), text(&hook["command"]))));
        }
    }
    found
}

/// Settings as an earlier version registered them for a project: with the paths of one home.
fn of_home(home: &str) -> String {
    let hook = |name: &str| json!({ "type": "command", "command": format!("{home}/.claude/hooks/session-signals/{name}"), "args": [], "timeout": 10 });
    let events: serde_json::Map<String, Value> = EVENT_RULES
        .iter()
        .map(|rule| (rule.event.to_owned(), json!([{ "hooks": [hook(rule.hook.executable())] }])))
        .collect();
    serde_json::to_string_pretty(&json!({ "hooks": events })).unwrap()
}

/// Runs the `Stop` of these settings as the CLI does, by a shell.
fn stops(home: &Home, settings: &str, config: Option<&Path>) -> Outcome {
    let lines = commands(settings);
    let (_, line) = lines.iter().find(|(event, _)| event == "Stop").unwrap();
    let mut shell = home.command("/bin/sh".as_ref());
    if let Some(config) = config {
        shell.env("CLAUDE_CONFIG_DIR", config);
    }
    run_with_input(shell.args(["-c", line]), payload("someone", "Stop", ""))
}

#[test]
fn what_project_scope_writes_serves_every_home_and_disturbs_none() {
    let [one, other] = [Home::new(), Home::new()];
    one.succeeds(&["install", "--scope", "project"]);
    let settings = one.read(PROJECT);
    assert!(!settings.contains(one.path("").to_str().unwrap()), "{settings}");
    assert_eq!(registered(&serde_json::from_str(&settings).unwrap()).len(), EVENT_RULES.len());
    stops(&one, &settings, None).assert_success();
    assert!(one.path(".claude/session-signals/someone.stop.json").exists());
    assert_eq!(one.findings(), [""; 0]);
    // With a member who has not installed it, it does nothing and says nothing.
    other.write(PROJECT, &settings);
    stops(&other, &settings, None).assert_success();
    assert!(!other.path(".claude").exists());
    // Who installs it, in either way, does not change it.
    for arguments in [&["install", "--scope", "project"][..], &["install"], &["doctor", "--fix"]] {
        other.hooks(arguments);
        assert_eq!(other.read(PROJECT), settings, "{arguments:?}");
    }
    stops(&other, &settings, None).assert_success();
    assert!(other.path(".claude/session-signals/someone.stop.json").exists());
    // And another config dir is found.
    let config = other.path("con fig");
    fs::create_dir(&config).unwrap();
    fs::rename(other.path(".claude/hooks"), config.join("hooks")).unwrap();
    stops(&other, &settings, Some(&config)).assert_success();
    assert!(config.join("session-signals/someone.stop.json").exists());
}

#[test]
fn a_members_copy_that_is_missing_is_found_and_copied() {
    let home = Home::new();
    home.succeeds(&["install", "--scope", "project"]);
    let settings = home.read(PROJECT);
    fs::remove_dir_all(home.path(".claude/hooks")).unwrap();
    assert!(home.findings().iter().all(|id| id == "executable-gone"));
    home.succeeds(&["doctor", "--fix"]);
    assert_eq!((home.findings(), home.read(PROJECT)), (vec![], settings));
}

#[test]
fn entries_of_another_home_in_a_teams_settings_are_left() {
    let home = Home::new();
    let settings = of_home("/home/alice");
    home.write(PROJECT, &settings);
    home.succeeds(&["install"]);
    assert_eq!(home.findings(), ["entry-of-another-home"]);
    let said = home.hooks(&["doctor"]).stdout;
    assert!(
        said.contains("/home/alice/.claude/hooks/session-signals/") && said.contains("does not start here"),
        "{said}"
    );
    for arguments in
        [&["doctor", "--fix"][..], &["install"], &["install", "--scope", "local"], &["uninstall", "--scope", "local"]]
    {
        home.hooks(arguments);
        assert_eq!(home.read(PROJECT), settings, "{arguments:?}");
    }
    let (_, report) = home.json(&["uninstall", "--scope", "project"]);
    assert_eq!(home.read(PROJECT), settings, "{report}");
    assert!(text(&report["warnings"][0]).contains("is another home's, and stays registered"), "{report}");
    // Asked for this very file, they become such that they serve both.
    let (code, report) = home.json(&["install", "--scope", "project"]);
    assert_eq!((code, home.read(PROJECT).contains("alice")), (0, false), "{report}");
    let told = report["warnings"].as_array().unwrap().iter().any(|one| text(one).contains("/home/alice/.claude/"));
    assert!(told, "{report}");
    assert_eq!(commands(&home.read(PROJECT)).len(), EVENT_RULES.len());
    home.succeeds(&["uninstall", "--scope", "project"]);
    assert_eq!(home.read(PROJECT), settings);
}

#[test]
fn entries_of_this_home_in_a_teams_settings_become_everybodys_when_asked_to() {
    let home = Home::new();
    home.succeeds(&["install", "--scope", "project"]);
    let wanted = commands(&home.read(PROJECT));
    home.write(PROJECT, &of_home(home.path("").to_str().unwrap().trim_end_matches('/')));
    assert_eq!(home.findings(), ["entry-outdated"]);
    let before = home.read(PROJECT);
    assert_eq!(home.hooks(&["doctor", "--fix"]).code, Some(1));
    assert_eq!(home.read(PROJECT), before);
    home.succeeds(&["install", "--scope", "project"]);
    let mut now = commands(&home.read(PROJECT));
    now.sort();
    let mut wanted = wanted;
    wanted.sort();
    assert_eq!((home.findings(), now), (vec![], wanted));
}

#[test]
fn two_homes_with_one_settings_file_by_symlinks() {
    let [one, other] = [Home::new(), Home::new()];
    let file = one.write("dotfiles/settings.json", "{}\n");
    for home in [&one, &other] {
        fs::create_dir_all(home.path(".claude")).unwrap();
        symlink(&file, home.settings()).unwrap();
    }
    let (code, report) = one.json(&["install"]);
    assert_eq!(code, 0, "{report}");
    assert!(text(&report["warnings"][0]).contains("its entries name no home"), "{report}");
    let settings = fs::read_to_string(&file).unwrap();
    stops(&other, &settings, None).assert_success();
    other.succeeds(&["install", "--daemons"]);
    one.succeeds(&["install"]);
    for home in [&one, &other] {
        let settings = fs::read_to_string(&file).unwrap();
        assert_eq!(commands(&settings).len(), EVENT_RULES.len() + 2, "{settings}");
        stops(home, &settings, None).assert_success();
        assert!(home.path(".claude/session-signals/someone.stop.json").exists());
        assert_eq!(home.findings(), [""; 0]);
    }
    let (_, report) = other.json(&["uninstall"]);
    assert!(text(&report["warnings"][0]).contains("gone for every home"), "{report}");
}

#[test]
fn two_homes_with_copies_of_one_settings_file() {
    let [one, other] = [Home::new(), Home::new()];
    one.succeeds(&["install"]);
    let of_one = one.path(".claude/hooks/session-signals/hook-stop").display().to_string();
    let before = one.read(".claude/settings.json");
    assert!(before.contains(&of_one));
    other.write(".claude/settings.json", &before);
    assert!(other.findings().iter().all(|id| id == "entry-outdated"), "{:?}", other.findings());
    let (code, report) = other.json(&["install"]);
    let told = report["warnings"].as_array().unwrap().iter().any(|one| text(one).contains(&of_one));
    assert!((code, told) == (0, true), "{report}");
    let settings = other.read(".claude/settings.json");
    assert!(!settings.contains(one.path("").to_str().unwrap()), "{settings}");
    // Back on the first.
    one.write(".claude/settings.json", &settings);
    one.succeeds(&["install"]);
    assert_eq!(one.read(".claude/settings.json"), settings);
    for home in [&one, &other] {
        stops(home, &settings, None).assert_success();
        assert!(home.path(".claude/session-signals/someone.stop.json").exists());
        assert_eq!(home.findings(), [""; 0]);
    }
}

#[test]
fn a_config_dir_that_was_moved_is_no_other_home() {
    let home = Home::new();
    let hooks = |config: &Path, arguments: &[&str]| {
        let done = run_with_input(
            home.command(&executable_path("hooks")).env("CLAUDE_CONFIG_DIR", config).args(arguments),
            "",
        );
        assert_eq!(done.code, Some(0), "{done:?}");
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
fn a_path_that_the_user_wrote_with_a_variable_stays() {
    let home = Home::new();
    let line = "\"$HOME\"/.claude/hooks/session-signals/hook-stop";
    let hook = json!({ "type": "command", "command": line, "timeout": 10 });
    home.write(".claude/settings.json", &json!({ "hooks": { "Stop": [{ "hooks": [hook] }] } }).to_string());
    home.succeeds(&["install"]);
    let lines = commands(&home.read(".claude/settings.json"));
    let of_stop: Vec<_> = lines.iter().filter(|(event, _)| event == "Stop").map(|(_, line)| line.as_str()).collect();
    assert_eq!(of_stop, [line]);
    assert_eq!(home.findings(), [""; 0]);
}

/// A home whose settings others may have, too, by where they lie.
fn shared_by(arrange: impl Fn(&Home)) {
    let home = Home::new();
    arrange(&home);
    let (code, report) = home.json(&["install"]);
    let settings = home.read(".claude/settings.json");
    let is_told =
        report["warnings"].as_array().unwrap().iter().any(|one| text(one).contains("its entries name no home"));
    assert_eq!((code, is_told, settings.contains(home.path("").to_str().unwrap())), (0, true, false), "{report}");
    stops(&home, &settings, None).assert_success();
    assert!(home.path(".claude/session-signals/someone.stop.json").exists());
    assert_eq!(home.findings(), [""; 0]);
    assert_eq!(home.json(&["install"]).1["outcome"], "unchanged");
    // An earlier version's entries are told of.
    let of_one = of_home(home.path("").to_str().unwrap().trim_end_matches('/'));
    home.write(".claude/settings.json", &of_one);
    assert_eq!(home.findings(), ["entry-outdated"]);
    home.succeeds(&["doctor", "--fix"]);
    assert_eq!((home.findings(), home.read(".claude/settings.json").contains("CLAUDE_CONFIG_DIR")), (vec![], true));
    let (_, report) = home.json(&["uninstall"]);
    assert!(text(&report["warnings"][0]).contains("gone for every home"), "{report}");
}

#[test]
fn a_config_dir_that_is_a_symlink_or_in_a_repository_may_be_other_homes_too() {
    shared_by(|home| {
        fs::create_dir_all(home.path("dotfiles/claude")).unwrap();
        symlink("dotfiles/claude", home.path(".claude")).unwrap();
    });
    shared_by(|home| fs::create_dir_all(home.path(".claude/.git")).unwrap());
    // A submodule or another work tree of a repository has a file there.
    shared_by(|home| drop(home.write(".claude/.git", "gitdir: ../dotfiles\n")));
    shared_by(|home| fs::create_dir_all(home.path(".git")).unwrap());
}

#[test]
fn what_is_ones_own_in_a_repository_names_the_home() {
    let home = Home::new();
    fs::create_dir_all(home.path("project/.git")).unwrap();
    for scope in ["local", "user"] {
        let (code, report) = home.json(&["install", "--scope", scope]);
        assert_eq!((code, report["warnings"].as_array().unwrap().len()), (0, 0), "{report}");
    }
    let path = home.installed("hook-stop").display().to_string();
    assert!(home.read("project/.claude/settings.local.json").contains(&path));
    assert!(home.read(".claude/settings.json").contains(&path));
}
