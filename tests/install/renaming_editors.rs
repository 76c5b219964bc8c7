//! An editor saves by a rename while `hooks` replaces the settings, on a file system that cannot exchange two files.

use std::os::unix::fs::PermissionsExt;
use std::thread;
use std::time::{Duration, Instant};

use fs_err as fs;

use super::installation::{Installation, json_text, registered_events};
use super::open_writers::{ORIGINAL, SAVED};
use super::run_side_by_side;

/// Saves a text as most editors do: writes another file, and renames it.
fn save_by_rename(installation: &Installation, text: &str) {
    fs::write(installation.path(".claude/new"), text).unwrap();
    fs::rename(installation.path(".claude/new"), installation.settings_path()).unwrap();
}

/// The editor saves between the comparisons and the renames of `hooks`.
#[test]
#[ignore = "needs strace"]
fn an_edit_is_kept_if_files_cannot_be_exchanged() {
    let injections =
        ["inject=linkat:delay_exit=1s:when=1", "inject=linkat:delay_enter=1s:when=2", "inject=linkat:delay_exit=1s"];
    run_side_by_side(&injections, |injection| {
        let installation = Installation::with_settings(ORIGINAL);
        let result = installation.run_traced(
            &["trace=renameat2,linkat", "inject=renameat2:error=EINVAL", injection],
            "install",
            || {
                thread::sleep(Duration::from_millis(500));
                save_by_rename(&installation, SAVED);
            },
        );
        let trace = installation.read_file("trace");
        assert_eq!(result.code, Some(0), "{injection} {result:?}\n{trace}");
        assert_eq!(installation.parse_settings()["model"], "opus", "{injection}\n{trace}");
        assert_eq!(
            registered_events(&installation.parse_settings()).len(),
            session_signals_protocol::EVENT_RULES.len()
        );
        installation.assert_no_temporary_files();
        installation.run_successfully(&["uninstall"]);
        assert_eq!(installation.read_file(".claude/settings.json"), SAVED);
    });
}

/// Two programs save at once: one writes to the file that `hooks` has moved away, the other makes a new file. What the first one
/// wrote may contain tokens, so only the owner may read it among the backups.
#[test]
#[ignore = "needs strace"]
fn a_file_that_another_one_overtook_is_private() {
    let installation = Installation::with_settings(ORIGINAL);
    fs::set_permissions(installation.settings_path(), PermissionsExt::from_mode(0o644)).unwrap();
    let injections = ["trace=renameat2,linkat", "inject=renameat2:error=EINVAL", "inject=linkat:delay_enter=2s:when=2"];
    let result = installation.run_traced(&injections, "install", || {
        let deadline = Instant::now() + Duration::from_secs(10);
        while installation.settings_path().exists() && Instant::now() < deadline {
            thread::sleep(Duration::from_millis(1));
        }
        let is_moved = |name: &String| name.starts_with(".claude/.session-signals.moved.");
        let moved = installation.list_files().into_iter().find(is_moved).unwrap();
        fs::write(installation.path(&moved), "{\"theme\": \"earlier\"}").unwrap();
        save_by_rename(&installation, SAVED);
    });
    let trace = installation.read_file("trace");
    assert_eq!(result.code, Some(0), "{result:?}\n{trace}");
    assert!(result.stderr.contains("two other programs wrote the settings at the same time"), "{result:?}\n{trace}");
    assert_eq!(installation.parse_settings()["model"], "opus");
    let aside = installation.list_files().into_iter().find(|name| name.contains("backups/aside.")).unwrap();
    assert_eq!(installation.read_file(&aside), "{\"theme\": \"earlier\"}");
    assert_eq!(fs::metadata(installation.path(&aside)).unwrap().permissions().mode() & 0o777, 0o600);
}

/// The file system cannot rename without replacing either, so no replacement is safe.
#[test]
#[ignore = "needs strace"]
fn nothing_is_replaced_if_no_rename_is_safe() {
    let injections =
        ["trace=renameat2,linkat,rename", "inject=renameat2:error=EINVAL:delay_enter=1s", "inject=linkat:error=EPERM"];
    run_side_by_side(&["install", "uninstall"], |&subcommand| {
        let installation =
            if subcommand == "install" { Installation::with_settings(ORIGINAL) } else { Installation::new() };
        let mut saved = SAVED.to_owned();
        if subcommand == "uninstall" {
            installation.run_successfully(&["install"]);
            saved = installation.read_file(".claude/settings.json") + "\n";
        }
        let result = installation.run_traced(&injections, subcommand, || {
            thread::sleep(Duration::from_millis(300));
            save_by_rename(&installation, &saved);
        });
        assert_eq!(result.code, Some(1), "{result:?}\n{}", installation.read_file("trace"));
        assert!(result.stderr.contains("a file system that can neither exchange two files"), "{result:?}");
        assert_eq!(installation.read_file(".claude/settings.json"), saved);
        installation.assert_no_temporary_files();
    });
}

/// `hooks` is killed after it moved the settings away, and before the new settings are there.
#[test]
#[ignore = "needs strace"]
fn settings_that_a_killed_run_moved_away_are_put_back() {
    let injections = ["trace=renameat2,linkat", "inject=renameat2:error=EINVAL", "inject=linkat:signal=SIGKILL:when=2"];
    run_side_by_side(&["doctor --fix", "install", "uninstall"], |&repaired_by| {
        let installation = Installation::with_settings(ORIGINAL);
        let result = installation.run_traced(&injections, "install", || {});
        assert!(result.code.is_none() && !installation.settings_path().exists(), "{result:?}");
        let (_, checkup) = installation.run_json(&["doctor"]);
        let ids: Vec<_> = checkup["findings"].as_array().unwrap().iter().map(|one| json_text(&one["id"])).collect();
        assert!(ids.contains(&"settings-left-aside".to_owned()), "{checkup}");
        let result = installation.run_hooks(&repaired_by.split(' ').collect::<Vec<_>>());
        if repaired_by == "doctor --fix" {
            assert!(
                result.stdout.contains("repaired settings-left-aside: ~/.claude/settings.json is missing: "),
                "{result:?}"
            );
            assert_eq!(installation.parse_settings()["theme"], "dark");
            installation.run_successfully(&["uninstall"]);
        } else {
            assert!(result.stderr.contains("warning: ~/.claude/settings.json was missing: "), "{result:?}");
            if repaired_by == "install" {
                assert_eq!(
                    registered_events(&installation.parse_settings()).len(),
                    session_signals_protocol::EVENT_RULES.len()
                );
                installation.run_successfully(&["uninstall"]);
            }
        }
        assert_eq!(installation.read_file(".claude/settings.json"), ORIGINAL, "{repaired_by}");
    });
}
