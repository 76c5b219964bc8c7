//! Settings that `hooks install` refuses. It gives a reason and a snippet to paste, and changes no settings.

use std::os::unix::fs::{PermissionsExt, symlink};

use fs_err as fs;
use session_signals_protocol::EVENT_RULES;

use super::installation::{Installation, json_text, registered_events};

/// Checks that install refuses for this reason, and changes no settings.
#[track_caller]
fn assert_refuses(installation: &Installation, reason: &str) {
    // The executables are copied in any case, because the snippet starts them.
    let others =
        || installation.list_files().into_iter().filter(|name| !name.starts_with(".claude/hooks")).collect::<Vec<_>>();
    let before = others();
    let (code, report) = installation.run_json(&["install"]);
    assert_eq!((code, &report["outcome"]), (1, &"refused".into()), "{report}");
    let output = json_text(&report["reason"]);
    assert!(output.contains(reason), "{output:?} should contain {reason:?}");
    let snippet: serde_json::Value = serde_json::from_str(&json_text(&report["snippet"])).unwrap();
    assert_eq!(registered_events(&snippet).len(), EVENT_RULES.len());
    assert_eq!(others(), before);
    let result = installation.run_hooks(&["install"]);
    assert_eq!((result.code, &*result.stdout), (Some(1), ""));
    let pasted = format!("merge this into {}:\n{{\n", installation.settings_path().display());
    assert!(result.stderr.contains(reason) && result.stderr.contains(&pasted), "{}", result.stderr);
    // The reason is repeated after the lines to paste.
    assert!(result.stderr.lines().next_back().unwrap().contains(reason), "{}", result.stderr);
    assert_eq!(others(), before);
}

#[test]
fn settings_that_the_cli_does_not_accept() {
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
        let installation = Installation::with_settings(settings);
        assert_refuses(&installation, reason);
        assert_eq!(installation.read_file(".claude/settings.json"), settings);
        assert_eq!(installation.run_hooks(&["doctor"]).code, Some(1));
    }
}

#[test]
fn settings_that_are_not_text() {
    let installation = Installation::new();
    fs::create_dir_all(installation.path(".claude")).unwrap();
    fs::write(installation.settings_path(), b"{\"a\": \"\xff\"}").unwrap();
    assert_refuses(&installation, "not UTF-8");
    assert_eq!(fs::read(installation.settings_path()).unwrap(), b"{\"a\": \"\xff\"}");
}

#[test]
fn a_read_only_file_or_directory() {
    let installation = Installation::with_settings("{}");
    fs::set_permissions(installation.settings_path(), PermissionsExt::from_mode(0o444)).unwrap();
    assert_refuses(&installation, "settings.json is read-only");
    fs::set_permissions(installation.settings_path(), PermissionsExt::from_mode(0o644)).unwrap();
    let folder = installation.path(".claude");
    fs::set_permissions(&folder, PermissionsExt::from_mode(0o555)).unwrap();
    assert_refuses(&installation, ".claude is read-only");
    fs::set_permissions(&folder, PermissionsExt::from_mode(0o755)).unwrap();
    assert_eq!(installation.read_file(".claude/settings.json"), "{}");
}

/// What the dry run accepts, the run does not refuse.
#[test]
fn a_dry_run_is_refused_as_the_run_is() {
    let close = |installation: &Installation, folder: &str| {
        fs::create_dir_all(installation.path(folder)).unwrap();
        fs::set_permissions(installation.path(folder), PermissionsExt::from_mode(0o500)).unwrap();
    };
    let denied = "Permission denied (os error 13)";
    let cases = [(".claude/hooks", "~/.claude/hooks/session-signals"), (".claude/backups", "~/.claude/backups")];
    for ((name, folder), is_file) in cases.into_iter().flat_map(|case| [(case, false), (case, true)]) {
        let installation = Installation::with_settings("{}");
        let why = if is_file { "Not a directory (os error 20)" } else { denied };
        if is_file {
            installation.write_file(name, "");
        } else {
            close(&installation, name);
        }
        let reason = format!("{folder} cannot be written ({why})");
        let before = installation.list_files();
        let planned = installation.run_bound_by_modes(&["install", "--dry-run"]);
        assert_eq!((planned.code, &*planned.stdout), (Some(1), ""), "{planned:?}");
        assert_eq!(installation.list_files(), before);
        let result = installation.run_bound_by_modes(&["install"]);
        assert_eq!(result.code, Some(1), "{result:?}");
        for result in [planned, result] {
            let last = result.stderr.lines().next_back().unwrap();
            assert_eq!(last, format!("hooks install: the settings were not changed: {reason}"));
        }
        assert_eq!(installation.read_file(".claude/settings.json"), "{}");
    }
    // The same for an uninstallation, which makes a backup, too.
    let installation = Installation::with_settings("{}");
    installation.run_successfully(&["install"]);
    close(&installation, ".claude/backups");
    for arguments in [&["uninstall", "--dry-run"][..], &["uninstall"]] {
        let result = installation.run_bound_by_modes(arguments);
        let reason = format!("hooks uninstall: ~/.claude/backups cannot be written ({denied})\n");
        assert_eq!((result.code, &*result.stderr, &*result.stdout), (Some(1), &*reason, ""));
    }
}

#[test]
fn a_folder_in_the_place_of_an_executable_is_named() {
    let installation = Installation::with_settings("{}");
    fs::create_dir_all(installation.executable_path("hook-stop")).unwrap();
    assert_refuses(&installation, "/.claude/hooks/session-signals/hook-stop: Is a directory (os error 21)");
    let result = installation.run_hooks(&["doctor", "--fix"]);
    assert!(result.stderr.contains("/hook-stop: Is a directory"), "{result:?}");
}

/// The options ask for something that cannot be done, so nothing is done.
#[test]
fn a_service_or_a_plugin_that_cannot_be_written_is_refused_at_once() {
    for (option, folder, written) in [
        ("--service", ".config", "~/.config/systemd/user"),
        ("--plugin", ".claude/skills", "~/.claude/skills/session-signals"),
    ] {
        let installation = Installation::new();
        installation.write_script("bin/systemctl", "exit 0");
        fs::create_dir_all(installation.path(folder)).unwrap();
        fs::set_permissions(installation.path(folder), PermissionsExt::from_mode(0o500)).unwrap();
        let before = installation.list_files();
        for arguments in [&["install", option, "--dry-run"][..], &["install", option]] {
            let result = installation.run_bound_by_modes(arguments);
            let reason = format!(
                "hooks install: {written} cannot be written (Permission denied (os error 13)): `hooks install` without {option} installs the hooks\n"
            );
            assert_eq!((result.code, &*result.stderr, &*result.stdout), (Some(1), &*reason, ""));
            assert_eq!(installation.list_files(), before);
        }
        // What is there already need not be written.
        fs::set_permissions(installation.path(folder), PermissionsExt::from_mode(0o700)).unwrap();
        installation.run_successfully(&["install", option]);
        fs::set_permissions(installation.path(folder), PermissionsExt::from_mode(0o500)).unwrap();
        assert_eq!(installation.run_bound_by_modes(&["install", option]).code, Some(0));
    }
}

#[test]
fn a_symlink_that_leads_nowhere_or_in_a_circle() {
    let installation = Installation::new();
    fs::create_dir_all(installation.path(".claude")).unwrap();
    symlink("../dotfiles/settings.json", installation.settings_path()).unwrap();
    assert_refuses(&installation, "is a symlink to ../dotfiles/settings.json, which does not exist");
    fs::remove_file(installation.settings_path()).unwrap();
    symlink("settings.json", installation.settings_path()).unwrap();
    assert_refuses(&installation, "is a symlink that leads in a circle");
    assert!(installation.settings_path().is_symlink());
}

#[test]
fn a_directory_in_place_of_the_file() {
    let installation = Installation::new();
    fs::create_dir_all(installation.settings_path()).unwrap();
    assert_refuses(&installation, "settings.json is not a file");
}

#[test]
fn no_home_and_no_configuration_directory() {
    let installation = Installation::new();
    let mut hooks = installation.command(&crate::sandbox::executable_path("hooks"));
    let result = crate::sandbox::run_with_input(hooks.env_remove("HOME").arg("install"), "");
    assert_eq!(result.code, Some(1));
    assert_eq!(
        result.stderr,
        "hooks: neither CLAUDE_CONFIG_DIR nor HOME is set, so there are no settings to look for\n"
    );
}

#[test]
fn the_pasted_snippet_works() {
    let installation = Installation::with_settings("{ // mine\n}");
    let snippet = json_text(&installation.run_json(&["install"]).1["snippet"]);
    installation.write_file(".claude/settings.json", &snippet);
    assert_eq!(installation.find_ids(), [""; 0]);
}

#[test]
fn the_refusal_says_if_no_executables_were_copied() {
    let installation = Installation::with_settings("[]");
    installation.write_file(".claude/hooks", "a file");
    let result = installation.run_hooks(&["install"]);
    assert_eq!(result.code, Some(1));
    assert!(result.stderr.contains("The settings were not changed, and no executables were copied"), "{result:?}");
}

#[test]
fn the_refusal_says_where_the_copied_executables_are() {
    let installation = Installation::with_settings("{}");
    installation.write_file(".claude/backups", "a file");
    let result = installation.run_hooks(&["install"]);
    assert_eq!((result.code, installation.read_file(".claude/settings.json").as_str()), (Some(1), "{}"), "{result:?}");
    let output = "The settings were not changed; the executables are in ~/.claude/hooks/session-signals.\n";
    assert!(result.stderr.contains(output), "{result:?}");
}
