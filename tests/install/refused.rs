//! What `hooks install` refuses: with the reason, the snippet to paste, and no settings changed.

use std::os::unix::fs::{PermissionsExt, symlink};

use fs_err as fs;
use session_signals_protocol::EVENT_RULES;

use super::home::{Home, registered, text};

/// Installs, is refused for this reason, and has changed nothing.
#[track_caller]
fn refuses(home: &Home, reason: &str) {
    // The executables are copied all the same: the snippet starts them.
    let others = || home.everything().into_iter().filter(|name| !name.starts_with(".claude/hooks")).collect::<Vec<_>>();
    let before = others();
    let (code, report) = home.json(&["install"]);
    assert_eq!((code, &report["outcome"]), (1, &"refused".into()), "{report}");
    let said = text(&report["reason"]);
    assert!(said.contains(reason), "{said:?} should contain {reason:?}");
    let snippet: serde_json::Value = serde_json::from_str(&text(&report["snippet"])).unwrap();
    assert_eq!(registered(&snippet).len(), EVENT_RULES.len());
    assert_eq!(others(), before);
    let done = home.hooks(&["install"]);
    assert_eq!((done.code, &*done.stdout), (Some(1), ""));
    let pasted = format!("merge this into {}:\n{{\n", home.settings().display());
    assert!(done.stderr.contains(reason) && done.stderr.contains(&pasted), "{}", done.stderr);
    // The lines to paste have not scrolled it away.
    assert!(done.stderr.lines().next_back().unwrap().contains(reason), "{}", done.stderr);
    assert_eq!(others(), before);
}

#[test]
fn settings_that_are_not_what_the_cli_reads() {
    for (settings, reason) in [
        ("{", "not JSON"),
        ("{\"a\": 1,}", "not JSON"),
        ("{\n  // mine\n}", "line 2, column 3: comments make Claude Code ignore the whole file"),
        ("[]", "must be an object {…}, not"),
        ("null", "must be an object {…}, not"),
        ("{\"hooks\": []}", "\"hooks\" must be an object"),
        ("{\"hooks\": \"none\"}", "\"hooks\" must be an object"),
        ("{\"hooks\": {\"Stop\": {}}}", "\"Stop\" in \"hooks\" must be an array"),
    ] {
        let home = Home::with_settings(settings);
        refuses(&home, reason);
        assert_eq!(home.read(".claude/settings.json"), settings);
        assert_eq!(home.hooks(&["doctor"]).code, Some(1));
    }
}

#[test]
fn settings_that_are_not_text() {
    let home = Home::new();
    fs::create_dir_all(home.path(".claude")).unwrap();
    fs::write(home.settings(), b"{\"a\": \"\xff\"}").unwrap();
    refuses(&home, "not UTF-8");
    assert_eq!(fs::read(home.settings()).unwrap(), b"{\"a\": \"\xff\"}");
}

#[test]
fn a_read_only_file_or_directory() {
    let home = Home::with_settings("{}");
    fs::set_permissions(home.settings(), PermissionsExt::from_mode(0o444)).unwrap();
    refuses(&home, "settings.json is read-only");
    fs::set_permissions(home.settings(), PermissionsExt::from_mode(0o644)).unwrap();
    let folder = home.path(".claude");
    fs::set_permissions(&folder, PermissionsExt::from_mode(0o555)).unwrap();
    refuses(&home, ".claude is read-only");
    fs::set_permissions(&folder, PermissionsExt::from_mode(0o755)).unwrap();
    assert_eq!(home.read(".claude/settings.json"), "{}");
}

#[test]
fn a_symlink_that_leads_nowhere_or_in_a_circle() {
    let home = Home::new();
    fs::create_dir_all(home.path(".claude")).unwrap();
    symlink("../dotfiles/settings.json", home.settings()).unwrap();
    refuses(&home, "is a symlink to ../dotfiles/settings.json, which is not there");
    fs::remove_file(home.settings()).unwrap();
    symlink("settings.json", home.settings()).unwrap();
    refuses(&home, "is a symlink that leads in a circle");
    assert!(home.settings().is_symlink());
}

#[test]
fn something_that_is_no_file() {
    let home = Home::new();
    fs::create_dir_all(home.settings()).unwrap();
    refuses(&home, "settings.json is not a file");
}

#[test]
fn no_home_at_all() {
    let home = Home::new();
    let mut hooks = home.command(&crate::sandbox::executable_path("hooks"));
    let done = crate::sandbox::run_with_input(hooks.env_remove("HOME").arg("install"), "");
    assert_eq!(done.code, Some(1));
    assert_eq!(done.stderr, "hooks: neither CLAUDE_CONFIG_DIR nor HOME is set: which settings are meant?\n");
}

#[test]
fn what_is_pasted_by_hand_works() {
    let home = Home::with_settings("{ // mine\n}");
    let snippet = text(&home.json(&["install"]).1["snippet"]);
    home.write(".claude/settings.json", &snippet);
    assert_eq!(home.findings(), [""; 0]);
}

#[test]
fn where_no_executables_can_be_copied_that_is_said() {
    let home = Home::with_settings("[]");
    home.write(".claude/hooks", "a file");
    let done = home.hooks(&["install"]);
    assert_eq!(done.code, Some(1));
    assert!(done.stderr.contains("The settings were not changed, and no executables were copied"), "{done:?}");
}

#[test]
fn a_refusal_after_the_copies_says_what_is_there() {
    let home = Home::with_settings("{}");
    home.write(".claude/backups", "a file");
    let done = home.hooks(&["install"]);
    assert_eq!((done.code, home.read(".claude/settings.json").as_str()), (Some(1), "{}"), "{done:?}");
    let said = "The settings were not changed; the executables are in ~/.claude/hooks/session-signals.\n";
    assert!(done.stderr.contains(said), "{done:?}");
}
