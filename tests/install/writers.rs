//! An editor that saves in place holds the settings open while `hooks` replaces them.

use std::fs::{File, OpenOptions};
use std::io::{Seek, Write};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::thread;
use std::time::{Duration, Instant};

use fs_err as fs;
use serde_json::json;

use super::home::{Home, registered, text};
use crate::sandbox::{Outcome, executable_path, run_with_input};

const ORIGINAL: &str = "{\n  \"theme\": \"dark\"\n}\n";
const SAVED: &str = "{\n  \"theme\": \"light\",\n  \"model\": \"opus\"\n}\n";

/// Opens the settings as an editor does that saves in place.
fn opened(home: &Home, truncates: bool) -> File {
    OpenOptions::new().read(true).write(true).truncate(truncates).open(home.settings()).unwrap()
}

/// Writes all of it, over whatever stood there, and closes.
fn save(mut file: File, text: &str) {
    file.set_len(0).unwrap();
    file.rewind().unwrap();
    file.write_all(text.as_bytes()).unwrap();
}

fn inode(home: &Home) -> Option<u64> {
    fs::metadata(home.settings()).ok().map(|meta| meta.ino())
}

/// Runs `hooks` while the settings are open, and saves once they have been replaced; if nobody does that, after a moment.
fn saves_during(home: &Home, truncates: bool, saved: &str, hooks: &[&str]) -> Outcome {
    let editor = opened(home, truncates);
    let before = inode(home);
    thread::scope(|scope| {
        let done = scope.spawn(|| home.hooks(hooks));
        let deadline = Instant::now() + Duration::from_millis(600);
        while inode(home) == before && Instant::now() < deadline {
            thread::sleep(Duration::from_millis(1));
        }
        save(editor, saved);
        done.join().unwrap()
    })
}

#[test]
fn what_an_editor_saves_in_place_is_what_install_builds_on() {
    for truncates in [true, false] {
        let home = Home::with_settings(ORIGINAL);
        let done = saves_during(&home, truncates, SAVED, &["install"]);
        assert_eq!(done.code, Some(0), "{done:?}");
        assert_eq!((&home.parsed()["theme"], &home.parsed()["model"]), (&json!("light"), &json!("opus")));
        assert_eq!(registered(&home.parsed()).len(), session_signals_protocol::EVENT_RULES.len());
        home.succeeds(&["uninstall"]);
        assert_eq!(home.read(".claude/settings.json"), SAVED);
    }
}

#[test]
fn what_an_editor_saves_in_place_is_what_uninstall_leaves() {
    for truncates in [true, false] {
        // Of these there was no file before: uninstall would remove it.
        let home = Home::new();
        home.succeeds(&["install"]);
        let mut settings = home.parsed();
        settings["model"] = "opus".into();
        let saved = serde_json::to_string_pretty(&settings).unwrap();
        let done = saves_during(&home, truncates, &saved, &["uninstall"]);
        assert_eq!(done.code, Some(0), "{done:?}");
        assert_eq!(home.parsed(), json!({"model": "opus"}));
    }
}

#[test]
fn a_file_that_stays_open_for_writing_is_left_alone() {
    let home = Home::with_settings(ORIGINAL);
    for (command, text) in [("install", ORIGINAL), ("uninstall", SAVED)] {
        let (editor, before) = (opened(&home, false), inode(&home));
        let (code, report) = home.json(&[command]);
        assert_eq!((code, &report["outcome"]), (1, &json!("refused")), "{report}");
        let expected = format!(
            "{} is open for writing in another program: save and close it there, and try again",
            home.settings().display()
        );
        assert_eq!(report["reason"], expected);
        assert_eq!((inode(&home), fs::read_to_string(home.settings()).unwrap().as_str()), (before, text));
        save(editor, SAVED);
        assert_eq!(home.read(".claude/settings.json"), SAVED);
        // For the second round.
        if command == "install" {
            home.succeeds(&["install"]);
            fs::write(home.settings(), SAVED).unwrap();
        }
    }
}

#[test]
fn an_empty_file_that_stays_empty_is_no_settings() {
    let home = Home::with_settings("");
    home.succeeds(&["install"]);
    assert_eq!(registered(&home.parsed()).len(), session_signals_protocol::EVENT_RULES.len());
}

#[test]
fn the_replaced_file_itself_is_the_backup() {
    let home = Home::with_settings(ORIGINAL);
    let before = inode(&home).unwrap();
    fs::set_permissions(home.settings(), PermissionsExt::from_mode(0o664)).unwrap();
    let backup = text(&home.json(&["install"]).1["backup"]);
    let meta = fs::metadata(&backup).unwrap();
    assert_eq!((meta.ino(), meta.permissions().mode() & 0o777), (before, 0o600));
    assert_eq!(fs::read_to_string(&backup).unwrap(), ORIGINAL);
    // Also where uninstall leaves no file.
    let home = Home::new();
    home.succeeds(&["install"]);
    let before = inode(&home).unwrap();
    let backup = text(&home.json(&["uninstall"]).1["backup"]);
    assert_eq!(fs::metadata(&backup).unwrap().ino(), before);
}

#[test]
fn another_name_of_the_file_keeps_its_mode() {
    let home = Home::with_settings(ORIGINAL);
    fs::set_permissions(home.settings(), PermissionsExt::from_mode(0o644)).unwrap();
    fs::hard_link(home.settings(), home.path("other")).unwrap();
    let backup = text(&home.json(&["install"]).1["backup"]);
    let other = fs::metadata(home.path("other")).unwrap();
    assert_eq!((other.nlink(), other.permissions().mode() & 0o777), (1, 0o644));
    assert_eq!(fs::metadata(&backup).unwrap().permissions().mode() & 0o777, 0o600);
}

/// Runs `hooks` under strace with these injections; calls `meanwhile` once its temporary file is there.
fn traced(home: &Home, injections: &[&str], hooks: &str, meanwhile: impl FnOnce() + Send) -> Outcome {
    thread::scope(|scope| {
        let done = scope.spawn(|| {
            let mut strace = home.command("strace".as_ref());
            strace.args(["-o", home.path("trace").to_str().unwrap()]);
            strace.args(injections.iter().flat_map(|injection| ["-e", injection]));
            run_with_input(strace.arg(executable_path("hooks")).arg(hooks), "")
        });
        let staged = || home.everything().iter().any(|name| name.starts_with(".claude/.session-signals."));
        while !staged() && !done.is_finished() {
            thread::yield_now();
        }
        meanwhile();
        done.join().unwrap()
    })
}

/// An editor opens the file after our last look and before it is replaced, and saves after that.
#[test]
#[ignore = "takes strace"]
fn an_editor_that_opens_the_file_at_the_last_moment() {
    for truncates in [true, false] {
        for (install, injection) in [
            (true, "inject=renameat2:delay_enter=1s:when=1"),
            // A file system that cannot exchange two files.
            (true, "inject=renameat2:error=EINVAL:delay_enter=1s"),
            (false, "inject=rename:delay_enter=1s:when=1"),
        ] {
            let home = if install { Home::with_settings(ORIGINAL) } else { Home::new() };
            let mut saved: serde_json::Value = serde_json::from_str(SAVED).unwrap();
            if !install {
                home.succeeds(&["install"]);
                saved["hooks"] = home.parsed()["hooks"].clone();
            }
            let before = inode(&home);
            let done = traced(
                &home,
                &["trace=renameat2,rename", injection],
                if install { "install" } else { "uninstall" },
                || {
                    thread::sleep(Duration::from_millis(300));
                    let editor = opened(&home, truncates);
                    let deadline = Instant::now() + Duration::from_millis(1500);
                    while inode(&home) == before && Instant::now() < deadline {
                        thread::sleep(Duration::from_millis(1));
                    }
                    save(editor, &saved.to_string());
                },
            );
            let trace = home.read("trace");
            assert_eq!(done.code, Some(0), "{injection} {done:?}\n{trace}");
            assert_eq!(home.parsed()["model"], "opus", "{injection}\n{trace}");
            let expected = if install { session_signals_protocol::EVENT_RULES.len() } else { 0 };
            assert_eq!(registered(&home.parsed()).len(), expected, "{injection}");
            assert!(home.everything().iter().all(|name| !name.contains("/.session")), "{:?}", home.everything());
        }
    }
}

/// Installs where the kernel does not say who has the settings open: it tells only the file's owner and who may ask for any
/// file.
fn install_without_leases(home: &Home) -> Outcome {
    let mut hooks = home.command("setpriv".as_ref());
    hooks.args(["--inh-caps=-lease", "--bounding-set=-lease"]).arg(executable_path("hooks")).arg("install");
    let done = run_with_input(&mut hooks, "");
    assert_eq!(done.code, Some(0), "{done:?}");
    done
}

/// Where the kernel does not say who has a file open, what an editor writes late is in the backup, and doctor says so.
#[test]
#[ignore = "privileged: takes root, and a file of another user"]
fn privileged_what_is_written_after_the_end_is_in_the_backup() {
    let home = Home::with_settings(ORIGINAL);
    std::os::unix::fs::chown(home.settings(), Some(12345), None).unwrap();
    let editor = opened(&home, false);
    install_without_leases(&home);
    assert_eq!(home.findings(), [""; 0]);
    save(editor, SAVED);
    let backup = home.everything().into_iter().find(|name| name.contains("backups/settings.json.")).unwrap();
    assert_eq!(home.read(&backup), SAVED);
    assert_eq!(home.findings(), ["backup-written-late"]);
    let said = home.hooks(&["doctor"]).stdout;
    assert!(said.contains(&format!("~/{backup} was written to after ")), "{said}");
    // It is not let go of with the oldest, and no longer told of once the settings hold it.
    for _ in 0..6 {
        home.succeeds(&["uninstall"]);
        home.succeeds(&["install"]);
    }
    assert_eq!(home.read(&backup), SAVED);
    home.succeeds(&["uninstall"]);
    fs::write(home.settings(), SAVED).unwrap();
    assert_eq!(home.findings(), ["not-installed"]);
}

/// As before; but the backups are on another file system, so that the file itself cannot become one.
#[test]
#[ignore = "privileged: takes root, a file of another user, and /dev/shm"]
fn privileged_what_is_written_after_the_end_stays_beside_the_settings() {
    let home = Home::with_settings(ORIGINAL);
    let elsewhere = tempfile::TempDir::new_in("/dev/shm").unwrap();
    fs_err::os::unix::fs::symlink(elsewhere.path(), home.path(".claude/backups")).unwrap();
    std::os::unix::fs::chown(home.settings(), Some(12345), None).unwrap();
    let editor = opened(&home, false);
    let done = install_without_leases(&home);
    let left = home.everything().into_iter().find(|name| name.starts_with(".claude/.session-signals.")).unwrap();
    assert!(done.stderr.contains(&format!("~/{left} is what was replaced")), "{done:?}");
    // It is not in the way, and nobody removes it while it may be open.
    assert_eq!(home.findings(), [""; 0]);
    assert_eq!(home.hooks(&["doctor", "--fix"]).code, Some(0));
    save(editor, SAVED);
    assert_eq!(home.read(&left), SAVED);
    assert_eq!(home.findings(), ["settings-left-aside"]);
    assert_eq!(home.hooks(&["doctor", "--fix"]).code, Some(0));
    // The portable build cannot ask whether anybody has it open: there it stays for a day.
    assert_eq!(home.path(&left).exists(), !cfg!(freestanding));
    let kept = fs::read_dir(elsewhere.path()).unwrap().map(|entry| entry.unwrap().path());
    assert!(kept.into_iter().any(|path| fs::read_to_string(path).unwrap() == SAVED));
}

/// What it makes of the settings meanwhile, as most editors do: another file, renamed.
fn renames(home: &Home, text: &str) {
    fs::write(home.path(".claude/new"), text).unwrap();
    fs::rename(home.path(".claude/new"), home.settings()).unwrap();
}

/// A file system that cannot exchange two files: an editor saves between our looks and our renames.
#[test]
#[ignore = "takes strace"]
fn what_an_editor_renames_is_not_lost_where_files_cannot_be_exchanged() {
    for injection in
        ["inject=linkat:delay_exit=1s:when=1", "inject=linkat:delay_enter=1s:when=2", "inject=linkat:delay_exit=1s"]
    {
        let home = Home::with_settings(ORIGINAL);
        let done =
            traced(&home, &["trace=renameat2,linkat", "inject=renameat2:error=EINVAL", injection], "install", || {
                thread::sleep(Duration::from_millis(500));
                renames(&home, SAVED);
            });
        let trace = home.read("trace");
        assert_eq!(done.code, Some(0), "{injection} {done:?}\n{trace}");
        assert_eq!(home.parsed()["model"], "opus", "{injection}\n{trace}");
        assert_eq!(registered(&home.parsed()).len(), session_signals_protocol::EVENT_RULES.len());
        assert!(home.everything().iter().all(|name| !name.contains("/.session")), "{:?}", home.everything());
        home.succeeds(&["uninstall"]);
        assert_eq!(home.read(".claude/settings.json"), SAVED);
    }
}

/// One that cannot give a file a free name either: there nothing is safe.
#[test]
#[ignore = "takes strace"]
fn where_files_can_be_neither_exchanged_nor_linked_nothing_is_replaced() {
    let injections =
        ["trace=renameat2,linkat,rename", "inject=renameat2:error=EINVAL:delay_enter=1s", "inject=linkat:error=EPERM"];
    for hooks in ["install", "uninstall"] {
        let home = if hooks == "install" { Home::with_settings(ORIGINAL) } else { Home::new() };
        let mut saved = SAVED.to_owned();
        if hooks == "uninstall" {
            home.succeeds(&["install"]);
            saved = home.read(".claude/settings.json") + "\n";
        }
        let done = traced(&home, &injections, hooks, || {
            thread::sleep(Duration::from_millis(300));
            renames(&home, &saved);
        });
        assert_eq!(done.code, Some(1), "{done:?}\n{}", home.read("trace"));
        assert!(done.stderr.contains("a file system that can neither exchange two files"), "{done:?}");
        assert_eq!(home.read(".claude/settings.json"), saved);
        assert!(home.everything().iter().all(|name| !name.contains("/.session")), "{:?}", home.everything());
    }
}

/// A kill when the settings are moved aside, and nothing stands in their place yet.
#[test]
#[ignore = "takes strace"]
fn settings_that_a_kill_left_moved_aside_are_put_back() {
    let injections = ["trace=renameat2,linkat", "inject=renameat2:error=EINVAL", "inject=linkat:signal=SIGKILL:when=2"];
    for mended_by in ["doctor --fix", "install", "uninstall"] {
        let home = Home::with_settings(ORIGINAL);
        let done = traced(&home, &injections, "install", || {});
        assert!(done.code.is_none() && !home.settings().exists(), "{done:?}");
        let (_, checkup) = home.json(&["doctor"]);
        let ids: Vec<_> = checkup["findings"].as_array().unwrap().iter().map(|one| text(&one["id"])).collect();
        assert!(ids.contains(&"settings-left-aside".to_owned()), "{checkup}");
        let done = home.hooks(&mended_by.split(' ').collect::<Vec<_>>());
        if mended_by == "doctor --fix" {
            assert!(
                done.stdout.contains("mended settings-left-aside: ~/.claude/settings.json is not there: "),
                "{done:?}"
            );
            assert_eq!(home.parsed()["theme"], "dark");
            home.succeeds(&["uninstall"]);
        } else {
            assert!(done.stderr.contains("warning: ~/.claude/settings.json was not there: "), "{done:?}");
            if mended_by == "install" {
                assert_eq!(registered(&home.parsed()).len(), session_signals_protocol::EVENT_RULES.len());
                home.succeeds(&["uninstall"]);
            }
        }
        assert_eq!(home.read(".claude/settings.json"), ORIGINAL, "{mended_by}");
    }
}
