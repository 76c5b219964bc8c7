//! Changes of files and processes: in the end the server says what is on the disk.

use std::time::{Duration, SystemTime};

use super::disk::{assert_agrees, publish_signal};
use super::server::{Server, becomes_true};
use crate::sandbox::{ClaudeProcess, Sandbox, set_modified};

const DAY: u64 = 24 * 60 * 60;

#[test]
#[cfg(target_os = "linux")]
fn changes_that_the_system_lost_are_found_on_the_disk() {
    let sandbox = Sandbox::new();
    fs_err::create_dir_all(sandbox.signal_dir()).unwrap();
    let server = Server::start(&sandbox);
    let (_, offset) = server.follow("-1").next_batch();
    let max_queued: usize =
        fs_err::read_to_string("/proc/sys/fs/inotify/max_queued_events").unwrap().trim().parse().unwrap();
    server.suspend();
    // Each change makes several events. The system drops those that do not fit into its queue.
    let changes = 20_000.max(max_queued / 2);
    for number in 0..changes {
        let session = format!("s{}", number % 500);
        // On some file systems, a program that replaces a file must wait for the disk.
        let _ = fs_err::remove_file(sandbox.signal_path(&session, "stop"));
        publish_signal(&sandbox, &session, "stop", &format!(r#","last_assistant_message":"{number}""#));
    }
    for number in 0..100 {
        fs_err::remove_file(sandbox.signal_path(&format!("s{number}"), "stop")).unwrap();
    }
    server.send_signal("-CONT");
    assert_agrees(&server, &sandbox);
    assert_eq!(server.sessions().len(), 400);
    // A client that read before is told of all changes.
    let messages = server.get(&format!("/sessions?offset={offset}")).messages();
    let gone: Vec<_> = messages.iter().filter(|message| message["headers"]["operation"] == "delete").collect();
    assert_eq!(messages.len(), 400, "{gone:?}");
    publish_signal(&sandbox, "more", "stop", "");
    assert_agrees(&server, &sandbox);
}

#[test]
fn a_signal_directory_that_is_removed_and_made_again_is_followed() {
    let sandbox = Sandbox::new();
    let server = Server::start(&sandbox);
    // The directory is made after the server started.
    sandbox.run_hook("s", "Stop", "").assert_success();
    assert_agrees(&server, &sandbox);
    sandbox.run_hook("s", "SessionEnd", "").assert_success();
    server.wait_for_state("s", "ended ended");
    // The directory is removed: all sessions are gone, and a client that follows is told.
    let mut events = server.follow("-1");
    events.next_batch();
    fs_err::remove_dir_all(sandbox.signal_dir()).unwrap();
    assert_eq!(events.next_batch().0[0]["headers"]["operation"], "delete");
    assert!(becomes_true(|| server.sessions().is_empty()));
    // The directory is made again, perhaps with the same inode.
    for round in 0..5 {
        let session = format!("t{round}");
        sandbox.run_hook(&session, "Stop", "").assert_success();
        assert_agrees(&server, &sandbox);
        sandbox.run_hook(&session, "UserPromptSubmit", "").assert_success();
        server.wait_for_state(&session, "working working");
        fs_err::remove_dir_all(sandbox.signal_dir()).unwrap();
    }
    // The directory is replaced by another one.
    let other = Sandbox::new();
    other.run_hook("u", "Stop", "").assert_success();
    sandbox.run_hook("t", "Stop", "").assert_success();
    server.wait_for_state("t", "waiting stop");
    fs_err::rename(sandbox.signal_dir(), sandbox.home().join("old")).unwrap();
    fs_err::rename(other.signal_dir(), sandbox.signal_dir()).unwrap();
    assert_agrees(&server, &sandbox);
    sandbox.run_hook("u", "UserPromptSubmit", "").assert_success();
    server.wait_for_state("u", "working working");
    // The directory above it is replaced.
    fs_err::rename(sandbox.home().join(".claude"), sandbox.home().join("older")).unwrap();
    assert!(becomes_true(|| server.sessions().is_empty()));
    sandbox.run_hook("v", "Stop", "").assert_success();
    assert_agrees(&server, &sandbox);
}

#[test]
fn a_process_that_dies_and_a_clock_that_is_set_are_noticed() {
    let sandbox = Sandbox::new();
    let mut cli = ClaudeProcess::start(&sandbox);
    cli.run_hook("s", "UserPromptSubmit", "").assert_success();
    let server = Server::start(&sandbox);
    server.wait_for_state("s", "working working");
    drop(cli);
    // The server sees that the process is dead, and then writes the end.
    server.wait_for_state("s", "ended ended");
    assert!(becomes_true(|| server.log().contains("repaired s: working -> ended (killed: ")), "{}", server.log());
    let set_ahead = |kind: &str, seconds: u64| {
        set_modified(&sandbox.signal_path("t", kind), SystemTime::now() + Duration::from_secs(seconds));
    };
    // A signal whose time is in the future counts as older than the others: the clock was set back.
    publish_signal(&sandbox, "t", "stop", "");
    publish_signal(&sandbox, "t", "working", "");
    set_ahead("stop", DAY);
    server.wait_for_state("t", "working working");
    assert_agrees(&server, &sandbox);
    set_ahead("working", 2 * DAY);
    server.wait_for_state("t", "working working");
    set_ahead("stop", 0);
    server.wait_for_state("t", "waiting stop");
    assert_agrees(&server, &sandbox);
    // A time two seconds ahead is reached without an event. Then that signal is the newest.
    set_ahead("working", 2);
    server.wait_for_state("t", "working working");
}
