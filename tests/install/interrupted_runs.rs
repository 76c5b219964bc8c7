//! Files that a killed `hooks` left beside the settings. Doctor never deletes one that is the only copy of its content.

use std::path::Path;
use std::time::Duration;

use fs_err as fs;
use serde_json::json;

use super::installation::{Installation, json_text, set_age};
use crate::sandbox::{executable_path, pids_in_home};

const FOREIGN: &str = "{\"model\": \"opus\"}";

/// Returns the only finding.
#[track_caller]
fn only_finding(installation: &Installation) -> serde_json::Value {
    let (_, checkup) = installation.run_json(&["doctor"]);
    assert_eq!(checkup["findings"].as_array().unwrap().len(), 1, "{checkup}");
    checkup["findings"][0].clone()
}

/// Repairs the only finding, and checks that the line in its sentence makes these bytes the settings.
#[track_caller]
fn assert_can_be_restored(installation: &Installation, left: &Path, bytes: &str, settings: &str) {
    let finding = only_finding(installation);
    assert_eq!(finding["id"], "settings-left-aside", "{finding}");
    assert_eq!(finding["path"], left.display().to_string());
    let sentence = json_text(&finding["sentence"]);
    let (code, checkup) = installation.run_json(&["doctor", "--fix"]);
    assert_eq!((code, &checkup["mended"][0]["id"]), (0, &json!("settings-left-aside")), "{checkup}");
    assert!(!left.exists());
    // The sentence contains the line to type.
    let line = sentence.rsplit('`').nth(1).unwrap();
    let typed =
        std::process::Command::new("sh").args(["-ec", line]).env("HOME", installation.path("")).status().unwrap();
    assert!(typed.success(), "{sentence}");
    assert_eq!(installation.read_file(settings), bytes, "{sentence}");
}

#[test]
fn settings_that_are_in_no_backup_can_be_restored() {
    let installation = Installation::with_settings("{\"theme\": \"dark\"}");
    installation.run_successfully(&["install"]);
    let left = installation.write_file(".claude/.session-signals.abcdef", FOREIGN);
    set_age(&left, 61);
    assert_can_be_restored(&installation, &left, FOREIGN, ".claude/settings.json");
    // The same for the settings of a project that are a symlink.
    let installation = Installation::with_settings("{\"theme\": \"dark\"}");
    installation.run_successfully(&["install"]);
    installation.write_file("dotfiles/local.json", "{}");
    fs::create_dir_all(installation.path("project/.claude")).unwrap();
    let link = installation.path("project/.claude/settings.local.json");
    fs_err::os::unix::fs::symlink(installation.path("dotfiles/local.json"), link).unwrap();
    let left = installation.write_file("dotfiles/.session-signals.abcdef", "no JSON at all");
    set_age(&left, 61);
    assert_can_be_restored(&installation, &left, "no JSON at all", "dotfiles/local.json");
}

#[test]
fn a_file_with_a_copy_elsewhere_is_deleted() {
    let installation = Installation::with_settings("{\"theme\": \"dark\"}");
    installation.run_successfully(&["install"]);
    let installed = installation.read_file(".claude/settings.json");
    for bytes in ["", "{\"theme\": \"dark\"}", &installed] {
        let left = installation.write_file(".claude/.session-signals.abcdef", bytes);
        set_age(&left, 61);
        assert_eq!(only_finding(&installation)["id"], "orphan-temporary", "{bytes}");
        assert_eq!(installation.run_hooks(&["doctor", "--fix"]).code, Some(0));
        assert!(!left.exists());
    }
    // The content that uninstall was about to write.
    let installation = Installation::with_settings("{\"theme\": \"dark\"}");
    installation.run_successfully(&["install"]);
    fs::remove_dir_all(installation.path(".claude/backups")).unwrap();
    let left = installation.write_file(".claude/.session-signals.abcdef", "{\"theme\": \"dark\"}");
    set_age(&left, 61);
    assert_eq!(only_finding(&installation)["id"], "orphan-temporary");
}

/// Returns the process id of the `hooks` that runs in this home.
fn running_hooks(installation: &Installation) -> Option<u32> {
    let is_hooks = |pid: &u32| std::fs::read(format!("/proc/{pid}/comm")).is_ok_and(|name| name == b"hooks\n");
    pids_in_home(installation.sandbox().home()).into_iter().find(is_hooks)
}

/// `hooks` is killed while the other program's settings are in the temporary file, before it puts them back.
#[test]
#[ignore = "needs strace"]
fn a_kill_between_the_two_exchanges_loses_nothing() {
    let installation = Installation::with_settings("{\"theme\": \"dark\"}");
    installation.run_traced(&["inject=renameat2:delay_enter=2s"], "install", || {
        std::thread::sleep(Duration::from_millis(500));
        fs::write(installation.path("new"), FOREIGN).unwrap();
        fs::rename(installation.path("new"), installation.settings_path()).unwrap();
        // The files are exchanged now. The second exchange is delayed by two seconds.
        while !installation.read_file(".claude/settings.json").contains("hook-stop") {
            std::thread::sleep(Duration::from_millis(1));
        }
        let pid = running_hooks(&installation).expect("hooks runs");
        assert!(std::process::Command::new("kill").args(["-KILL", &pid.to_string()]).status().unwrap().success());
    });
    assert!(installation.read_file(".claude/settings.json").contains("hook-stop"));
    let left =
        installation.list_files().into_iter().find(|name| name.starts_with(".claude/.session-signals.")).unwrap();
    assert_eq!(installation.read_file(&left), FOREIGN);
    // No `hooks` is running, so the file counts at once.
    assert_eq!(installation.find_ids(), ["settings-left-aside"]);
    for command in ["install", "uninstall", "install"] {
        let (_, report) = installation.run_json(&[command]);
        let warning = json_text(&report["warnings"][0]);
        assert!(warning.starts_with(&format!("~/{left} contains settings that are in no backup")), "{report}");
    }
    assert_can_be_restored(&installation, &installation.path(&left), FOREIGN, ".claude/settings.json");
}

/// The file lies beside the settings of a project that is not the current directory.
#[test]
fn a_file_that_was_left_in_another_project_is_found() {
    let installation = Installation::new();
    fs::create_dir_all(installation.path("other/.claude")).unwrap();
    let mut hooks = installation.command(&executable_path("hooks"));
    hooks.current_dir(installation.path("other")).args(["install", "--scope", "local"]).assert().success();
    installation.run_successfully(&["install"]);
    let left = installation.write_file("other/.claude/.session-signals.abcdef", FOREIGN);
    assert_can_be_restored(&installation, &left, FOREIGN, "other/.claude/settings.local.json");
    // The content is what uninstall would write there.
    let left = installation.write_file("other/.claude/.session-signals.abcdef", FOREIGN);
    set_age(&left, 61);
    assert_eq!(only_finding(&installation)["id"], "orphan-temporary");
}

/// Another run of `hooks` may still use its files.
#[test]
fn the_files_of_a_running_hooks_are_ignored() {
    let installation = Installation::with_settings("{\"theme\": \"dark\"}");
    installation.run_successfully(&["install"]);
    installation.write_file(".claude/.session-signals.abcdef", FOREIGN);
    let folder = std::fs::File::open(installation.path(".claude")).unwrap();
    folder.lock().unwrap();
    assert_eq!(installation.find_ids(), [""; 0]);
    drop(folder);
    assert_eq!(only_finding(&installation)["id"], "settings-left-aside");
}
