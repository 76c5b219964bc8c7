//! `sessions serve` removes from the spool what no event will.

use std::path::Path;
use std::time::{Duration, SystemTime};

use fs_err as fs;

use super::server::{Server, within};
use crate::sandbox::{Sandbox, executable_path, run_with_input};

const DAY: u64 = 24 * 60 * 60;

fn put(sandbox: &Sandbox, name: &str, content: &[u8], seconds: u64) {
    let path = sandbox.signal_dir().join(name);
    fs::write(&path, content).unwrap();
    age(&path, seconds);
}

fn age(path: &Path, seconds: u64) {
    let time = SystemTime::now() - Duration::from_secs(seconds);
    fs::File::options().write(true).open(path).unwrap().into_file().set_modified(time).unwrap();
}

/// A spool with all of it in it, and with what is to stay.
fn world() -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.run_hook("living", "UserPromptSubmit", "").assert_success();
    put(&sandbox, "empty.stop.json", b"", 61);
    put(&sandbox, "nul.working.json", &[0; 9000], 61);
    put(&sandbox, "fresh.stop.json", b"", 1);
    put(&sandbox, "newer.stop.json", b"version 9", 31 * DAY);
    put(&sandbox, "newer.ended.json", b"version 9", 31 * DAY);
    put(&sandbox, "old.ended.json", b"{}\n", 31 * DAY);
    put(&sandbox, "young.ended.json", b"{}\n", 29 * DAY);
    sandbox
}

const REMOVED: [&str; 3] = ["empty.stop.json", "nul.working.json", "old.ended.json"];
const LEFT: [&str; 5] =
    ["fresh.stop.json", "living.working.json", "newer.ended.json", "newer.stop.json", "young.ended.json"];

#[test]
fn what_no_event_clears_goes() {
    let sandbox = world();
    let server = Server::start(&sandbox);
    let is_gone = |name: &&str| !sandbox.signal_dir().join(name).exists();
    assert!(within(|| REMOVED.iter().all(is_gone)), "{:?} {}", sandbox.list_signal_dir(), server.log());
    assert!(within(|| server.log().lines().count() == 3), "{}", server.log());
    assert_eq!(sandbox.list_signal_dir(), LEFT);
    let told = server.log();
    assert!(told.contains("removed empty.stop.json: "), "{told}");
    assert!(told.contains("removed 1 signal of sessions that ended more than 30 days ago"), "{told}");
}

#[test]
fn nothing_is_removed_without_the_lock() {
    let sandbox = world();
    let before = sandbox.list_signal_dir();
    let lock = fs::File::open(sandbox.signal_dir()).unwrap().into_file();
    lock.lock().unwrap();
    let server = Server::start(&sandbox);
    // Two tries of one second each.
    std::thread::sleep(Duration::from_millis(2500));
    assert_eq!((sandbox.list_signal_dir(), server.log()), (before, String::new()));
    drop(lock);
    assert!(within(|| sandbox.list_signal_dir() == LEFT), "{:?} {}", sandbox.list_signal_dir(), server.log());
}

#[test]
fn who_only_lists_removes_nothing() {
    let sandbox = world();
    let before = sandbox.list_signal_dir();
    for options in [&["--all"][..], &["--json"]] {
        assert_eq!(run_with_input(sandbox.command(executable_path("sessions")).args(options), "").code, Some(0));
    }
    assert_eq!(sandbox.list_signal_dir(), before);
}

#[test]
fn what_a_killed_hook_moved_aside_comes_back() {
    let sandbox = Sandbox::new();
    sandbox.run_hook("living", "UserPromptSubmit", "").assert_success();
    let aside = ".s.stop.0123456789abcdef.0000000000000000.0000000000000001";
    put(&sandbox, aside, b"{\"stopped_at\":\"1000000000.000000000\"}\n", 61);
    let server = Server::start(&sandbox);
    let is_back = || sandbox.signal_dir().join("s.stop.json").exists() && !sandbox.signal_dir().join(aside).exists();
    assert!(within(is_back), "{:?} {}", sandbox.list_signal_dir(), server.log());
    assert!(within(|| server.log().contains(&format!("brought back {aside}"))), "{}", server.log());
}

/// After a fast restart it was written less than a minute ago.
#[test]
fn what_was_too_young_at_the_start_goes_once_it_is_old_enough() {
    let sandbox = Sandbox::new();
    sandbox.run_hook("living", "UserPromptSubmit", "").assert_success();
    put(&sandbox, "empty.stop.json", b"", 56);
    let server = Server::start(&sandbox);
    let is_gone = || !sandbox.signal_dir().join("empty.stop.json").exists();
    assert!(within(is_gone), "{:?} {}", sandbox.list_signal_dir(), server.log());
    assert_eq!(sandbox.list_signal_dir(), ["living.working.json"]);
}
