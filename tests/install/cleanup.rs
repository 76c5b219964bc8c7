//! What doctor removes from the signal directory. It removes nothing while a hook has the lock.

use std::fs::File;
use std::os::unix::fs::symlink;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, SystemTime};

use fs_err as fs;
use serde_json::{Value, json};

use super::signal_files::{
    SIGNAL_DIR, install_with_signal_dir, list_signal_files, run_fix, take_lock, write_signal_file,
};
use crate::sandbox::{SleepingProcess, set_modified};

const DAY: u64 = 24 * 60 * 60;

#[test]
fn doctor_does_not_take_the_lock_to_look() {
    let installation = install_with_signal_dir();
    for session in 0..3000 {
        write_signal_file(&installation, &format!("s{session}.working.json"), b"{}\n", 100);
    }
    write_signal_file(&installation, "s1.stop.json", b"{}\n", 90);
    let (directory, over) = (File::open(installation.path(SIGNAL_DIR)).unwrap(), AtomicBool::new(false));
    let missed = thread::scope(|scope| {
        let watcher = scope.spawn(|| {
            let mut missed = 0;
            while !over.load(Ordering::Relaxed) {
                missed += usize::from(directory.try_lock().is_err());
                let _ = directory.unlock();
                thread::sleep(Duration::from_micros(100));
            }
            missed
        });
        assert_eq!(installation.find_ids(), ["signal-conflict"]);
        over.store(true, Ordering::Relaxed);
        watcher.join().unwrap()
    });
    assert_eq!(missed, 0);
}

#[test]
fn nothing_is_removed_without_the_lock() {
    let installation = install_with_signal_dir();
    write_signal_file(&installation, "both.working.json", b"{}\n", 100);
    write_signal_file(&installation, "both.stop.json", b"{}\n", 90);
    write_signal_file(&installation, "empty.stop.json", b"", 100);
    write_signal_file(&installation, "old.ended.json", b"{}\n", 31 * DAY);
    write_signal_file(&installation, ".someone.working.1234", b"half", 100);
    let ids = ["signal-conflict", "signal-empty", "orphan-temporary", "signal-old"].map(str::to_owned);
    let before = list_signal_files(&installation);
    let held_lock = take_lock(&installation);
    let (code, repaired, left, problems) = run_fix(&installation);
    assert_eq!((code, repaired, left), (1, vec![], ids.to_vec()));
    assert_eq!(
        problems,
        ["~/.claude/session-signals is locked by another process, so nothing was removed from it: try again"]
    );
    assert_eq!(list_signal_files(&installation), before);
    drop(held_lock);
    assert_eq!(run_fix(&installation), (0, ids.to_vec(), vec![], vec![]));
    assert_eq!(list_signal_files(&installation), ["both.stop.json"]);
}

#[test]
fn signals_that_a_power_cut_left_empty_are_removed() {
    let installation = install_with_signal_dir();
    write_signal_file(&installation, "empty.stop.json", b"", 61);
    write_signal_file(&installation, "nul.permission.json", &[0; 5000], 61);
    let future = write_signal_file(&installation, "future.stop.json", b"", 61);
    let time = SystemTime::now() + Duration::from_secs(1000);
    set_modified(&future, time);
    // A program may still be writing this file.
    write_signal_file(&installation, "fresh.stop.json", b"", 30);
    let (code, repaired, left, problems) = run_fix(&installation);
    assert_eq!((code, repaired, left), (0, vec!["signal-empty".to_owned(); 3], vec![]), "{problems:?}");
    assert_eq!(list_signal_files(&installation), ["fresh.stop.json"]);
}

#[test]
fn signals_that_cannot_be_read_are_found_and_kept() {
    let installation = install_with_signal_dir();
    let nearly = [&[0; 5000][..], b"x"].concat();
    let contents: [&[u8]; 5] = [b"garbage", b"[]", b"{\"a\":1}\n{}", b"{\"working_since\":", &nearly];
    for (at, content) in contents.into_iter().enumerate() {
        write_signal_file(&installation, &format!("s{at}.working.json"), content, 31 * DAY);
    }
    fs::create_dir(installation.path(SIGNAL_DIR).join("folder.stop.json")).unwrap();
    symlink("/etc/passwd", installation.path(SIGNAL_DIR).join("link.stop.json")).unwrap();
    write_signal_file(&installation, "ended.ended.json", b"version 9", 31 * DAY);
    // A name that is not that of a signal is ignored.
    write_signal_file(&installation, "notes.txt", b"", 100);
    let before = list_signal_files(&installation);
    assert_eq!(run_fix(&installation), (1, vec![], vec!["signal-unreadable".to_owned(); 8], vec![]));
    assert_eq!(list_signal_files(&installation), before);
}

#[test]
fn signals_of_sessions_that_ended_long_ago_are_removed() {
    let installation = install_with_signal_dir();
    // Both stand for a CLI.
    let (cli, other) = (SleepingProcess::start(), SleepingProcess::start());
    let (pid, start) = (cli.pid(), cli.start_time());
    let mut account = json!({"pid": pid, "sessionId": "registered", "status": "idle", "statusUpdatedAt": 1000});
    if cfg!(target_os = "linux") {
        let domain = fs::read_link("/proc/self/ns/pid").unwrap().display().to_string();
        account["procStart"] = start.to_string().into();
        account["pidDomain"] = format!("linux:abc:{domain}").into();
    }
    installation.write_file(&format!(".claude/sessions/{pid}.json"), &account.to_string());
    let (alive, alive_start) = (other.pid(), other.start_time());
    let host =
        String::from_utf8(session_signals_protocol::cli_process::host_id().unwrap().as_bytes().to_vec()).unwrap();
    let signal = |pid: u32, start: u64, host: &str| {
        json!({"session_id": "s", "claude_pid": pid, "claude_start": start, "claude_host": host}).to_string()
    };
    write_signal_file(&installation, "old.ended.json", b"{}\n", 31 * DAY);
    write_signal_file(&installation, "elsewhere.ended.json", signal(1, 1, "elsewhere/1").as_bytes(), 31 * DAY);
    write_signal_file(&installation, "killed.ended.json", signal(alive, alive_start + 1, &host).as_bytes(), 31 * DAY);
    // According to the registry, its process runs another session now.
    write_signal_file(&installation, "left.ended.json", signal(pid, start, &host).as_bytes(), 31 * DAY);
    let stay = ["registered.ended.json", "alive.ended.json", "young.ended.json", "again.ended.json", "again.stop.json"];
    write_signal_file(&installation, stay[0], b"{}\n", 31 * DAY);
    write_signal_file(&installation, stay[1], signal(alive, alive_start, &host).as_bytes(), 31 * DAY);
    write_signal_file(&installation, stay[2], b"{}\n", 29 * DAY);
    write_signal_file(&installation, stay[3], b"{}\n", 31 * DAY);
    write_signal_file(&installation, stay[4], b"{}\n", 31 * DAY);
    let future = write_signal_file(&installation, "future.ended.json", b"{}\n", 0);
    let time = SystemTime::now() + Duration::from_secs(1000 * DAY);
    set_modified(&future, time);
    // These signals are old, but their sessions have not ended.
    for kind in ["working", "stop", "permission"] {
        write_signal_file(&installation, &format!("open-{kind}.{kind}.json"), b"{}\n", 1000 * DAY);
    }
    let output = installation.run_hooks(&["doctor"]).stdout;
    let expected =
        "signal-old: 4 signals of sessions that ended more than 30 days ago (cleanupPeriodDays) are still there\n";
    assert!(output.contains(expected), "{output}");
    let conflict = "again has both stop and ended";
    assert!(!output.contains(conflict) || output.contains("signal-conflict"), "{output}");
    run_fix(&installation);
    let left = list_signal_files(&installation);
    for name in ["old", "elsewhere", "killed", "left"] {
        assert!(!left.contains(&format!("{name}.ended.json")), "{name}: {left:?}");
    }
    for name in ["registered", "alive", "young", "future"] {
        assert!(left.contains(&format!("{name}.ended.json")), "{name}: {left:?}");
    }
    for name in ["open-working.working.json", "open-stop.stop.json", "open-permission.permission.json"] {
        assert!(left.contains(&name.to_owned()), "{name}: {left:?}");
    }
    assert!(left.iter().any(|name| name.starts_with("again.")), "{left:?}");
}

#[test]
fn the_user_sets_how_long_signals_are_kept() {
    let found = |settings: &str, days: u64| {
        let installation = install_with_signal_dir();
        let mut with: Value = installation.parse_settings();
        let more: Value = serde_json::from_str(settings).unwrap();
        with.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        installation.write_file(".claude/settings.json", &with.to_string());
        write_signal_file(&installation, "s.ended.json", b"{}\n", days * DAY + 60);
        installation.find_ids()
    };
    assert_eq!(found(r#"{"cleanupPeriodDays":10}"#, 9), [""; 0]);
    assert_eq!(found(r#"{"cleanupPeriodDays":10}"#, 10), ["signal-old"]);
    assert_eq!(found(r#"{"cleanupPeriodDays":99999}"#, 1000), [""; 0]);
    // If the CLI refuses the value, it removes nothing, and neither does doctor.
    for mistake in ["0", "-1", "1.5", "\"7\"", "null", "1e400"] {
        if let Ok(settings) = serde_json::from_str::<Value>(&format!(r#"{{"cleanupPeriodDays":{mistake}}}"#)) {
            assert_eq!(found(&settings.to_string(), 1000), [""; 0], "{mistake}");
        }
    }
    // The setting of a project does not count.
    let installation = install_with_signal_dir();
    installation.write_file("project/.claude/settings.json", r#"{"cleanupPeriodDays":1}"#);
    write_signal_file(&installation, "s.ended.json", b"{}\n", 2 * DAY);
    assert_eq!(installation.find_ids(), [""; 0]);
}

/// A signal that cannot be read does not make other signals obsolete, and is not removed.
#[test]
fn a_signal_that_cannot_be_read_is_in_conflict_with_none() {
    let installation = install_with_signal_dir();
    write_signal_file(&installation, "cut.working.json", b"{}\n", 200);
    write_signal_file(&installation, "cut.stop.json", b"", 100);
    write_signal_file(&installation, "newer.working.json", b"version 9", 200);
    write_signal_file(&installation, "newer.stop.json", b"{}\n", 100);
    write_signal_file(&installation, "later.working.json", b"{}\n", 200);
    write_signal_file(&installation, "later.stop.json", b"version 9", 100);
    let mut found = installation.find_ids();
    found.sort();
    assert_eq!(found, ["signal-empty", "signal-unreadable", "signal-unreadable"]);
    let (code, repaired, _, problems) = run_fix(&installation);
    assert_eq!((code, repaired), (1, vec!["signal-empty".to_owned()]), "{problems:?}");
    assert_eq!(
        list_signal_files(&installation),
        ["cut.working.json", "later.stop.json", "later.working.json", "newer.stop.json", "newer.working.json"]
    );
}

/// The message differs from the one for a directory that another process has locked.
#[test]
#[ignore = "needs strace"]
fn a_file_system_without_locks_is_named() {
    let installation = install_with_signal_dir();
    write_signal_file(&installation, "both.working.json", b"{}\n", 100);
    write_signal_file(&installation, "both.stop.json", b"{}\n", 90);
    let mut strace = installation.command("strace".as_ref());
    strace.args(["-f", "-o", "/dev/null", "-e", "inject=flock:error=ENOLCK"]);
    strace.arg(crate::sandbox::executable_path("hooks")).args(["doctor", "--fix"]);
    let result = crate::sandbox::run_with_input(&mut strace, "");
    let warned = "~/.claude/session-signals is on a file system without locks, so nothing was removed from it";
    assert!(result.stderr.contains(warned), "{result:?}");
    assert_eq!(list_signal_files(&installation), ["both.stop.json", "both.working.json"]);
}
