//! What a killed `hooks` leaves of the settings: doctor tells what is in no other place, and never deletes that.

use std::path::Path;
use std::time::{Duration, SystemTime};

use fs_err as fs;
use serde_json::json;

use super::home::{Home, text};
use crate::sandbox::executable_path;

const FOREIGN: &str = "{\"model\": \"opus\"}";

fn age(path: &Path) {
    let file = fs::OpenOptions::new().write(true).open(path).unwrap();
    file.into_parts().0.set_modified(SystemTime::now() - Duration::from_secs(61)).unwrap();
}

/// The only finding.
#[track_caller]
fn only(home: &Home) -> serde_json::Value {
    let (_, checkup) = home.json(&["doctor"]);
    assert_eq!(checkup["findings"].as_array().unwrap().len(), 1, "{checkup}");
    checkup["findings"][0].clone()
}

/// Mends it; where the bytes are then.
#[track_caller]
fn is_offered_back(home: &Home, left: &Path, bytes: &str, settings: &str) {
    let finding = only(home);
    assert_eq!(finding["id"], "settings-left-aside", "{finding}");
    assert_eq!(finding["path"], left.display().to_string());
    let sentence = text(&finding["sentence"]);
    let (code, checkup) = home.json(&["doctor", "--fix"]);
    assert_eq!((code, &checkup["mended"][0]["id"]), (0, &json!("settings-left-aside")), "{checkup}");
    assert!(!left.exists());
    // The line to type is in the sentence.
    let line = sentence.rsplit('`').nth(1).unwrap();
    let typed = std::process::Command::new("sh").args(["-ec", line]).env("HOME", home.path("")).status().unwrap();
    assert!(typed.success(), "{sentence}");
    assert_eq!(home.read(settings), bytes, "{sentence}");
}

#[test]
fn settings_that_are_in_no_backup_are_offered_back() {
    let home = Home::with_settings("{\"theme\": \"dark\"}");
    home.succeeds(&["install"]);
    let left = home.write(".claude/.session-signals.abcdef", FOREIGN);
    age(&left);
    is_offered_back(&home, &left, FOREIGN, ".claude/settings.json");
    // Of a project, by a symbolic link, too.
    let home = Home::with_settings("{\"theme\": \"dark\"}");
    home.succeeds(&["install"]);
    home.write("dotfiles/local.json", "{}");
    fs::create_dir_all(home.path("project/.claude")).unwrap();
    let link = home.path("project/.claude/settings.local.json");
    fs_err::os::unix::fs::symlink(home.path("dotfiles/local.json"), link).unwrap();
    let left = home.write("dotfiles/.session-signals.abcdef", "no JSON at all");
    age(&left);
    is_offered_back(&home, &left, "no JSON at all", "dotfiles/local.json");
}

#[test]
fn what_is_in_another_place_too_is_a_temporary_file() {
    let home = Home::with_settings("{\"theme\": \"dark\"}");
    home.succeeds(&["install"]);
    let installed = home.read(".claude/settings.json");
    for bytes in ["", "{\"theme\": \"dark\"}", &installed] {
        let left = home.write(".claude/.session-signals.abcdef", bytes);
        age(&left);
        assert_eq!(only(&home)["id"], "orphan-temporary", "{bytes}");
        assert_eq!(home.hooks(&["doctor", "--fix"]).code, Some(0));
        assert!(!left.exists());
    }
    // What uninstall was about to write; install was about to make what the settings are.
    let home = Home::with_settings("{\"theme\": \"dark\"}");
    home.succeeds(&["install"]);
    fs::remove_dir_all(home.path(".claude/backups")).unwrap();
    let left = home.write(".claude/.session-signals.abcdef", "{\"theme\": \"dark\"}");
    age(&left);
    assert_eq!(only(&home)["id"], "orphan-temporary");
}

/// The process of the `hooks` that works in this home.
fn running(home: &Home) -> Option<String> {
    let variable = format!("HOME={}", home.path("").display());
    let variable = variable.trim_end_matches('/');
    let entries = fs::read_dir("/proc").unwrap().map(|entry| entry.unwrap().path());
    let is_it = |process: &std::path::PathBuf| {
        let environment = std::fs::read(process.join("environ")).unwrap_or_default();
        let is_here = environment.split(|byte| *byte == 0).any(|one| one.starts_with(variable.as_bytes()));
        is_here && std::fs::read(process.join("comm")).is_ok_and(|name| name == b"hooks\n")
    };
    let process = entries.filter(|path| path.join("exe").is_symlink()).find(is_it)?;
    Some(process.file_name().unwrap().to_string_lossy().into_owned())
}

/// Killed when the foreign edit is in the temporary file, and not yet put back.
#[test]
#[ignore = "takes strace"]
fn a_kill_between_exchange_and_return() {
    let home = Home::with_settings("{\"theme\": \"dark\"}");
    let until = |what: &dyn Fn() -> bool| {
        while !what() {
            std::thread::sleep(Duration::from_millis(1));
        }
    };
    std::thread::scope(|scope| {
        scope.spawn(|| {
            until(&|| home.everything().iter().any(|name| name.starts_with(".claude/.session-signals.")));
            std::thread::sleep(Duration::from_millis(500));
            fs::write(home.path("new"), FOREIGN).unwrap();
            fs::rename(home.path("new"), home.settings()).unwrap();
            // Exchanged; the way back is held up for two seconds.
            until(&|| home.read(".claude/settings.json").contains("hook-stop"));
            let pid = running(&home).expect("hooks runs");
            assert!(std::process::Command::new("kill").args(["-KILL", &pid]).status().unwrap().success());
        });
        let mut strace = home.command("strace".as_ref());
        strace.args(["-o", "/dev/null", "-e", "inject=renameat2:delay_enter=2s"]);
        strace.arg(executable_path("hooks")).arg("install").output().unwrap();
    });
    assert!(home.read(".claude/settings.json").contains("hook-stop"));
    let left = home.everything().into_iter().find(|name| name.starts_with(".claude/.session-signals.")).unwrap();
    assert_eq!(home.read(&left), FOREIGN);
    // At once: no `hooks` is at work.
    assert_eq!(home.findings(), ["settings-left-aside"]);
    for command in ["install", "uninstall", "install"] {
        let (_, report) = home.json(&[command]);
        let warning = text(&report["warnings"][0]);
        assert!(warning.starts_with(&format!("~/{left} holds settings that are in no backup")), "{report}");
    }
    is_offered_back(&home, &home.path(&left), FOREIGN, ".claude/settings.json");
}

/// They lie beside the settings of a project where we do not stand.
#[test]
fn what_was_left_in_another_project_is_found() {
    let home = Home::new();
    fs::create_dir_all(home.path("other/.claude")).unwrap();
    let mut hooks = home.command(&executable_path("hooks"));
    hooks.current_dir(home.path("other")).args(["install", "--scope", "local"]).assert().success();
    home.succeeds(&["install"]);
    let left = home.write("other/.claude/.session-signals.abcdef", FOREIGN);
    is_offered_back(&home, &left, FOREIGN, "other/.claude/settings.local.json");
    // What uninstall would make of those settings is no edit.
    let left = home.write("other/.claude/.session-signals.abcdef", FOREIGN);
    age(&left);
    assert_eq!(only(&home)["id"], "orphan-temporary");
}

/// While another run is at work, its files are its own.
#[test]
fn a_run_that_is_at_work_is_not_disturbed() {
    let home = Home::with_settings("{\"theme\": \"dark\"}");
    home.succeeds(&["install"]);
    home.write(".claude/.session-signals.abcdef", FOREIGN);
    let folder = std::fs::File::open(home.path(".claude")).unwrap();
    folder.lock().unwrap();
    assert_eq!(home.findings(), [""; 0]);
    drop(folder);
    assert_eq!(only(&home)["id"], "settings-left-aside");
}
