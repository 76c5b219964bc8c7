//! `sessions serve` removes files that no event will remove.

use std::time::Duration;

use fs_err as fs;

use super::server::{Server, becomes_true};
use crate::sandbox::{Sandbox, executable_path, run_with_input, set_age};

const DAY: u64 = 24 * 60 * 60;

/// Writes a file of the signal directory that is `seconds` old.
fn write_file(sandbox: &Sandbox, name: &str, content: &[u8], seconds: u64) {
    let path = sandbox.signal_dir().join(name);
    fs::write(&path, content).unwrap();
    set_age(&path, seconds);
}

/// Returns a sandbox whose signal directory has files of each kind that must be removed, and files that must stay.
fn sandbox_with_files() -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.run_hook("living", "UserPromptSubmit", "").assert_success();
    write_file(&sandbox, "empty.stop.json", b"", 61);
    write_file(&sandbox, "nul.working.json", &[0; 9000], 61);
    write_file(&sandbox, "fresh.stop.json", b"", 1);
    write_file(&sandbox, "newer.stop.json", b"version 9", 31 * DAY);
    write_file(&sandbox, "newer.ended.json", b"version 9", 31 * DAY);
    write_file(&sandbox, "old.ended.json", b"{}\n", 31 * DAY);
    write_file(&sandbox, "young.ended.json", b"{}\n", 29 * DAY);
    sandbox
}

const REMOVED: [&str; 3] = ["empty.stop.json", "nul.working.json", "old.ended.json"];
const STAYING: [&str; 5] =
    ["fresh.stop.json", "living.working.json", "newer.ended.json", "newer.stop.json", "young.ended.json"];

#[test]
fn files_that_no_event_removes_are_removed() {
    let sandbox = sandbox_with_files();
    let server = Server::start(&sandbox);
    let is_gone = |name: &&str| !sandbox.signal_dir().join(name).exists();
    assert!(becomes_true(|| REMOVED.iter().all(is_gone)), "{:?} {}", sandbox.list_signal_dir(), server.log());
    assert!(becomes_true(|| server.log().lines().count() == 3), "{}", server.log());
    assert_eq!(sandbox.list_signal_dir(), STAYING);
    let log = server.log();
    assert!(log.contains("removed empty.stop.json: "), "{log}");
    assert!(log.contains("removed 1 signal of sessions that ended more than 30 days ago"), "{log}");
}

#[test]
fn nothing_is_removed_without_the_lock() {
    let sandbox = sandbox_with_files();
    let before = sandbox.list_signal_dir();
    let lock = fs::File::open(sandbox.signal_dir()).unwrap().into_file();
    lock.lock().unwrap();
    let server = Server::start(&sandbox);
    // Two tries, one second apart.
    std::thread::sleep(Duration::from_millis(2500));
    assert_eq!((sandbox.list_signal_dir(), server.log()), (before, String::new()));
    drop(lock);
    assert!(becomes_true(|| sandbox.list_signal_dir() == STAYING), "{:?} {}", sandbox.list_signal_dir(), server.log());
}

#[test]
fn listing_the_sessions_removes_nothing() {
    let sandbox = sandbox_with_files();
    let before = sandbox.list_signal_dir();
    for options in [&["--all"][..], &["--json"]] {
        assert_eq!(run_with_input(sandbox.command(executable_path("sessions")).args(options), "").code, Some(0));
    }
    assert_eq!(sandbox.list_signal_dir(), before);
}

#[test]
fn a_signal_that_a_killed_hook_left_under_a_temporary_name_is_restored() {
    let sandbox = Sandbox::new();
    sandbox.run_hook("living", "UserPromptSubmit", "").assert_success();
    let temporary = ".s.stop.0123456789abcdef.0000000000000000.0000000000000001";
    write_file(&sandbox, temporary, b"{\"stopped_at\":\"1000000000.000000000\"}\n", 61);
    let server = Server::start(&sandbox);
    let is_restored =
        || sandbox.signal_dir().join("s.stop.json").exists() && !sandbox.signal_dir().join(temporary).exists();
    assert!(becomes_true(is_restored), "{:?} {}", sandbox.list_signal_dir(), server.log());
    assert!(becomes_true(|| server.log().contains(&format!("restored {temporary}"))), "{}", server.log());
}

/// After a fast restart of the machine, an empty signal is less than a minute old.
#[test]
fn an_empty_signal_that_is_too_young_is_removed_when_it_is_old_enough() {
    let sandbox = Sandbox::new();
    sandbox.run_hook("living", "UserPromptSubmit", "").assert_success();
    write_file(&sandbox, "empty.stop.json", b"", 56);
    let server = Server::start(&sandbox);
    let is_gone = || !sandbox.signal_dir().join("empty.stop.json").exists();
    assert!(becomes_true(is_gone), "{:?} {}", sandbox.list_signal_dir(), server.log());
    assert_eq!(sandbox.list_signal_dir(), ["living.working.json"]);
}
