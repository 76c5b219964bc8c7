//! Files that a killed hook left in the signal directory: doctor restores signals, and removes the rest.

use std::fs::File;

use fs_err as fs;
use serde_json::Value;

use super::installation::set_age;
use super::signal_files::{
    SIGNAL_DIR, install_with_signal_dir, list_signal_files, run_fix, take_lock, write_signal_file,
};

#[test]
fn a_signal_that_a_killed_hook_moved_away_is_restored() {
    let installation = install_with_signal_dir();
    let call = |command: &str, second: u64| {
        format!(r#"{{"tool_name":"Bash","tool_input":{{"command":"{command}"}},"pending_since":"{second}.000000000"}}"#)
    };
    let list = |calls: &[String]| format!("{{\"pending\":[{}],\"claude_pid\":1}}\n", calls.join(","));
    // Two versions of a list, one of them under a temporary name; and a state under a temporary name.
    write_signal_file(&installation, "s.permission.json", list(&[call("b", 1_000_000_002)]).as_bytes(), 62);
    let aside = |kind: &str| format!(".s.{kind}.0123456789abcdef.0000000000000000.0000000000000001");
    write_signal_file(&installation, &aside("permission"), list(&[call("a", 1_000_000_001)]).as_bytes(), 61);
    write_signal_file(&installation, &aside("stop"), b"{\"stopped_at\":\"1000000000.000000000\"}\n", 61);
    // A signal that was not written completely. A hook puts the time of its event into the name of such a file.
    let half = ".s.working.0123456789abcdef.0000000000000002.0000000000000001";
    write_signal_file(&installation, half, b"{\"working_since\":\"10000", 61);
    // The file of a hook that is still running.
    write_signal_file(&installation, ".t.stop.0123456789abcdef.0000000000000000.0000000000000001", b"{}\n", 1);
    let (code, mut repaired, left, problems) = run_fix(&installation);
    repaired.sort();
    assert_eq!((code, left), (0, vec![]), "{problems:?}");
    assert_eq!(repaired, ["orphan-temporary", "signal-aside", "signal-aside"]);
    assert_eq!(
        list_signal_files(&installation),
        [".t.stop.0123456789abcdef.0000000000000000.0000000000000001", "s.permission.json", "s.stop.json"]
    );
    let signal: Value =
        serde_json::from_slice(&fs::read(installation.path(SIGNAL_DIR).join("s.permission.json")).unwrap()).unwrap();
    let commands: Vec<_> =
        signal["pending"].as_array().unwrap().iter().map(|call| &call["tool_input"]["command"]).collect();
    assert_eq!(commands, ["a", "b"]);
}

const MOVED_SIGNAL: &str = ".s.stop.0123456789abcdef.0000000000000000.0000000000000001";

/// The finding is the same whether another process has the lock or not.
#[test]
fn a_signal_that_was_moved_away_is_found_without_the_lock() {
    let installation = install_with_signal_dir();
    write_signal_file(&installation, MOVED_SIGNAL, b"{\"stopped_at\":\"1000000000.000000000\"}\n", 61);
    let held_lock = take_lock(&installation);
    assert_eq!(installation.find_ids(), ["signal-aside"]);
    drop(held_lock);
    assert_eq!(installation.find_ids(), ["signal-aside"]);
}

/// The file may be a signal.
#[test]
fn an_unreadable_file_of_a_killed_hook_is_kept() {
    let installation = install_with_signal_dir();
    let path = write_signal_file(&installation, MOVED_SIGNAL, b"", 0);
    // The file is longer than the limit for signals. It is sparse, so it needs no space on the disk.
    File::options()
        .write(true)
        .open(&path)
        .unwrap()
        .set_len(session_signals_protocol::store::MAX_SIGNAL_LEN + 1)
        .unwrap();
    set_age(&path, 61);
    assert_eq!(installation.find_ids(), ["signal-unreadable"]);
    assert_eq!(run_fix(&installation).0, 1);
    assert_eq!(list_signal_files(&installation), [MOVED_SIGNAL]);
}
