//! An editor that saves in place has the settings open while `hooks` replaces them.

use std::fs::{File, OpenOptions};
use std::io::{Seek, Write};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::thread;
use std::time::{Duration, Instant};

use fs_err as fs;
use serde_json::json;

use super::installation::{Installation, json_text, registered_events};
use super::run_side_by_side;
use crate::sandbox::{Outcome, executable_path, run_with_input};

/// The settings before, and what an editor saves.
pub const ORIGINAL: &str = "{\n  \"theme\": \"dark\"\n}\n";
pub const SAVED: &str = "{\n  \"theme\": \"light\",\n  \"model\": \"opus\"\n}\n";

/// Opens the settings as an editor that saves in place does.
fn open_in_editor(installation: &Installation, truncates: bool) -> File {
    OpenOptions::new().read(true).write(true).truncate(truncates).open(installation.settings_path()).unwrap()
}

/// Replaces the content of an open file, and closes the file.
fn save(mut file: File, text: &str) {
    file.set_len(0).unwrap();
    file.rewind().unwrap();
    file.write_all(text.as_bytes()).unwrap();
}

fn inode(installation: &Installation) -> Option<u64> {
    fs::metadata(installation.settings_path()).ok().map(|meta| meta.ino())
}

/// Runs `hooks` while the settings are open. Saves after they were replaced, or after 600 ms.
fn save_during(installation: &Installation, truncates: bool, saved: &str, hooks: &[&str]) -> Outcome {
    let editor = open_in_editor(installation, truncates);
    let before = inode(installation);
    thread::scope(|scope| {
        let result = scope.spawn(|| installation.run_hooks(hooks));
        let deadline = Instant::now() + Duration::from_millis(600);
        while inode(installation) == before && Instant::now() < deadline {
            thread::sleep(Duration::from_millis(1));
        }
        save(editor, saved);
        result.join().unwrap()
    })
}

#[test]
fn install_keeps_what_an_editor_saves_in_place() {
    for truncates in [true, false] {
        let installation = Installation::with_settings(ORIGINAL);
        let result = save_during(&installation, truncates, SAVED, &["install"]);
        assert_eq!(result.code, Some(0), "{result:?}");
        assert_eq!(
            (&installation.parse_settings()["theme"], &installation.parse_settings()["model"]),
            (&json!("light"), &json!("opus"))
        );
        assert_eq!(
            registered_events(&installation.parse_settings()).len(),
            session_signals_protocol::EVENT_RULES.len()
        );
        installation.run_successfully(&["uninstall"]);
        assert_eq!(installation.read_file(".claude/settings.json"), SAVED);
    }
}

#[test]
fn uninstall_keeps_what_an_editor_saves_in_place() {
    for truncates in [true, false] {
        // There was no file before install, so uninstall would remove it.
        let installation = Installation::new();
        installation.run_successfully(&["install"]);
        let mut settings = installation.parse_settings();
        settings["model"] = "opus".into();
        let saved = serde_json::to_string_pretty(&settings).unwrap();
        let result = save_during(&installation, truncates, &saved, &["uninstall"]);
        assert_eq!(result.code, Some(0), "{result:?}");
        assert_eq!(installation.parse_settings(), json!({"model": "opus"}));
    }
}

#[test]
fn a_file_that_stays_open_for_writing_is_left_alone() {
    let installation = Installation::with_settings(ORIGINAL);
    for (command, text) in [("install", ORIGINAL), ("uninstall", SAVED)] {
        let (editor, before) = (open_in_editor(&installation, false), inode(&installation));
        let (code, report) = installation.run_json(&[command]);
        assert_eq!((code, &report["outcome"]), (1, &json!("refused")), "{report}");
        let expected = format!(
            "{} is open for writing in another program: save and close it there, and try again",
            installation.settings_path().display()
        );
        assert_eq!(report["reason"], expected);
        assert_eq!(
            (inode(&installation), fs::read_to_string(installation.settings_path()).unwrap().as_str()),
            (before, text)
        );
        save(editor, SAVED);
        assert_eq!(installation.read_file(".claude/settings.json"), SAVED);
        // The second case needs an installation.
        if command == "install" {
            installation.run_successfully(&["install"]);
            fs::write(installation.settings_path(), SAVED).unwrap();
        }
    }
}

#[test]
fn an_empty_file_that_stays_empty_is_replaced() {
    let installation = Installation::with_settings("");
    installation.run_successfully(&["install"]);
    assert_eq!(registered_events(&installation.parse_settings()).len(), session_signals_protocol::EVENT_RULES.len());
}

#[test]
fn the_replaced_file_itself_is_the_backup() {
    let installation = Installation::with_settings(ORIGINAL);
    let before = inode(&installation).unwrap();
    fs::set_permissions(installation.settings_path(), PermissionsExt::from_mode(0o664)).unwrap();
    let backup = json_text(&installation.run_json(&["install"]).1["backup"]);
    let meta = fs::metadata(&backup).unwrap();
    assert_eq!((meta.ino(), meta.permissions().mode() & 0o777), (before, 0o600));
    assert_eq!(fs::read_to_string(&backup).unwrap(), ORIGINAL);
    // The same if uninstall removes the file.
    let installation = Installation::new();
    installation.run_successfully(&["install"]);
    let before = inode(&installation).unwrap();
    let backup = json_text(&installation.run_json(&["uninstall"]).1["backup"]);
    assert_eq!(fs::metadata(&backup).unwrap().ino(), before);
}

#[test]
fn a_hard_link_keeps_its_mode() {
    let installation = Installation::with_settings(ORIGINAL);
    fs::set_permissions(installation.settings_path(), PermissionsExt::from_mode(0o644)).unwrap();
    fs::hard_link(installation.settings_path(), installation.path("other")).unwrap();
    let backup = json_text(&installation.run_json(&["install"]).1["backup"]);
    let other = fs::metadata(installation.path("other")).unwrap();
    assert_eq!((other.nlink(), other.permissions().mode() & 0o777), (1, 0o644));
    assert_eq!(fs::metadata(&backup).unwrap().permissions().mode() & 0o777, 0o600);
}

/// An editor opens the file after `hooks` compared it for the last time, and saves after it was replaced.
#[test]
#[ignore = "needs strace"]
fn an_edit_in_a_file_that_was_opened_before_the_replacement_is_kept() {
    let injections = [
        (true, "inject=renameat2:delay_enter=1s:when=1"),
        // A file system that cannot exchange two files.
        (true, "inject=renameat2:error=EINVAL:delay_enter=1s"),
        (false, "inject=rename:delay_enter=1s:when=1"),
    ];
    let cases: Vec<_> = [true, false]
        .iter()
        .flat_map(|truncates| injections.map(|(install, delay)| (*truncates, install, delay)))
        .collect();
    run_side_by_side(&cases, |&(truncates, is_install, injection)| {
        edit_is_kept(truncates, if is_install { "install" } else { "uninstall" }, injection);
    });
}

fn edit_is_kept(truncates: bool, subcommand: &str, injection: &str) {
    let is_install = subcommand == "install";
    let installation = if is_install { Installation::with_settings(ORIGINAL) } else { Installation::new() };
    let mut saved: serde_json::Value = serde_json::from_str(SAVED).unwrap();
    if !is_install {
        installation.run_successfully(&["install"]);
        saved["hooks"] = installation.parse_settings()["hooks"].clone();
    }
    let before = inode(&installation);
    let result = installation.run_traced(&["trace=renameat2,rename", injection], subcommand, || {
        thread::sleep(Duration::from_millis(300));
        let editor = open_in_editor(&installation, truncates);
        let deadline = Instant::now() + Duration::from_millis(1500);
        while inode(&installation) == before && Instant::now() < deadline {
            thread::sleep(Duration::from_millis(1));
        }
        save(editor, &saved.to_string());
    });
    let trace = installation.read_file("trace");
    assert_eq!(result.code, Some(0), "{injection} {result:?}\n{trace}");
    assert_eq!(installation.parse_settings()["model"], "opus", "{injection}\n{trace}");
    let expected = if is_install { session_signals_protocol::EVENT_RULES.len() } else { 0 };
    assert_eq!(registered_events(&installation.parse_settings()).len(), expected, "{injection}");
    installation.assert_no_temporary_files();
}

/// Installs without the right to ask the kernel who has the settings open. The file has to belong to another user.
fn install_without_leases(installation: &Installation) -> Outcome {
    let mut hooks = installation.command("setpriv".as_ref());
    hooks.args(["--inh-caps=-lease", "--bounding-set=-lease"]).arg(executable_path("hooks")).arg("install");
    let result = run_with_input(&mut hooks, "");
    assert_eq!(result.code, Some(0), "{result:?}");
    result
}

/// The kernel does not tell who has the file open. What an editor writes late is then in the backup, and doctor finds it.
#[test]
#[ignore = "privileged: needs root, and a file of another user"]
fn privileged_a_late_edit_is_in_the_backup() {
    let installation = Installation::with_settings(ORIGINAL);
    std::os::unix::fs::chown(installation.settings_path(), Some(12345), None).unwrap();
    let editor = open_in_editor(&installation, false);
    install_without_leases(&installation);
    assert_eq!(installation.find_ids(), [""; 0]);
    save(editor, SAVED);
    let backup = installation.list_files().into_iter().find(|name| name.contains("backups/settings.json.")).unwrap();
    assert_eq!(installation.read_file(&backup), SAVED);
    assert_eq!(installation.find_ids(), ["backup-written-late"]);
    let output = installation.run_hooks(&["doctor"]).stdout;
    assert!(output.contains(&format!("~/{backup} was written to after ")), "{output}");
    // Such a backup is not deleted with the oldest ones. It is no longer a finding when the settings have the same content.
    for _ in 0..6 {
        installation.run_successfully(&["uninstall"]);
        installation.run_successfully(&["install"]);
    }
    assert_eq!(installation.read_file(&backup), SAVED);
    installation.run_successfully(&["uninstall"]);
    fs::write(installation.settings_path(), SAVED).unwrap();
    assert_eq!(installation.find_ids(), ["not-installed"]);
}

/// The same with backups on another file system, so that the replaced file cannot become the backup.
#[test]
#[ignore = "privileged: needs root, a file of another user, and /dev/shm"]
fn privileged_a_late_edit_stays_beside_the_settings() {
    let installation = Installation::with_settings(ORIGINAL);
    let elsewhere = tempfile::TempDir::new_in("/dev/shm").unwrap();
    fs_err::os::unix::fs::symlink(elsewhere.path(), installation.path(".claude/backups")).unwrap();
    std::os::unix::fs::chown(installation.settings_path(), Some(12345), None).unwrap();
    let editor = open_in_editor(&installation, false);
    let result = install_without_leases(&installation);
    let left =
        installation.list_files().into_iter().find(|name| name.starts_with(".claude/.session-signals.")).unwrap();
    assert!(result.stderr.contains(&format!("~/{left} is the replaced file")), "{result:?}");
    // The file is not a finding, and is not removed while a program may have it open.
    assert_eq!(installation.find_ids(), [""; 0]);
    assert_eq!(installation.run_hooks(&["doctor", "--fix"]).code, Some(0));
    save(editor, SAVED);
    assert_eq!(installation.read_file(&left), SAVED);
    assert_eq!(installation.find_ids(), ["settings-left-aside"]);
    assert_eq!(installation.run_hooks(&["doctor", "--fix"]).code, Some(0));
    // The portable build cannot ask who has the file open, so the file stays for a day.
    assert_eq!(installation.path(&left).exists(), !cfg!(freestanding));
    let kept = fs::read_dir(elsewhere.path()).unwrap().map(|entry| entry.unwrap().path());
    assert!(kept.into_iter().any(|path| fs::read_to_string(path).unwrap() == SAVED));
}
