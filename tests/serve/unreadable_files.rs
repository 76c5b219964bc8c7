//! Files that are damaged, cannot be read, or cannot be watched.

#[cfg(target_os = "linux")]
use std::process::Stdio;
use std::time::Duration;

use serde_json::json;

use super::disk::{assert_agrees, publish_signal};
use super::server::{Server, becomes_true};
use crate::sandbox::{Sandbox, executable_path, run_with_input};

#[test]
fn a_damaged_file_does_not_affect_other_sessions() {
    let sandbox = Sandbox::new();
    sandbox.run_hook("s", "Stop", "").assert_success();
    let server = Server::start(&sandbox);
    fs_err::write(sandbox.signal_dir().join("torn.stop.json"), "{\"session_id\":").unwrap();
    fs_err::create_dir(sandbox.signal_dir().join("directory.stop.json")).unwrap();
    fs_err::write(sandbox.signal_dir().join("\u{202e}.stop.json"), "{}").unwrap();
    fs_err::write(sandbox.signal_dir().join("README"), "mine").unwrap();
    std::os::unix::fs::symlink("/dev/zero", sandbox.signal_dir().join("zero.stop.json")).unwrap();
    publish_signal(&sandbox, "t", "stop", r#","last_assistant_message":"\ud800 </script> \u2028""#);
    server.wait_for_state("t", "waiting stop");
    assert_agrees(&server, &sandbox);
    assert_eq!(server.sessions().len(), 2);
    assert_eq!(server.sessions()[1]["lastMessage"], json!("\u{fffd} </script> \u{2028}"));
    let port = run_with_input(sandbox.command(executable_path("sessions")).args(["serve", "--port", "x"]), "");
    assert_eq!(port.code, Some(2));
}

#[test]
fn a_failure_to_read_is_logged_once_as_long_as_it_lasts() {
    let sandbox = Sandbox::new();
    fs_err::create_dir(sandbox.home().join(".claude")).unwrap();
    fs_err::write(sandbox.signal_dir(), "a file").unwrap();
    let server = Server::start(&sandbox);
    let count_failures = || {
        let log = server.log();
        log.lines()
            .filter(|line| line.starts_with("sessions: cannot read ") && line.contains("Not a directory"))
            .count()
    };
    assert!(becomes_true(|| count_failures() == 1), "{}", server.log());
    // Two rounds later.
    std::thread::sleep(Duration::from_millis(2500));
    assert_eq!(count_failures(), 1, "{}", server.log());
    fs_err::remove_file(sandbox.signal_dir()).unwrap();
    sandbox.run_hook("s", "Stop", "").assert_success();
    server.wait_for_state("s", "waiting stop");
    std::thread::sleep(Duration::from_millis(1500));
    fs_err::remove_dir_all(sandbox.signal_dir()).unwrap();
    fs_err::write(sandbox.signal_dir(), "a file").unwrap();
    assert!(becomes_true(|| count_failures() == 2), "{}", server.log());
}

/// Returns the command `sessions serve` in a user namespace of its own, in which this limit of inotify is 0.
#[cfg(target_os = "linux")]
fn serve_with_limit_zero(sandbox: &Sandbox, limit: &str) -> std::process::Command {
    let script = format!("echo 0 > /proc/sys/user/{limit} && exec \"$0\" serve --port 0");
    let mut command = std::process::Command::new("unshare");
    command.args(["--user", "--map-root-user", "sh", "-c", &script]).arg(executable_path("sessions"));
    command.env("HOME", sandbox.home()).env_remove("CLAUDE_CONFIG_DIR");
    command
}

#[test]
#[cfg(target_os = "linux")]
#[ignore = "needs a user namespace"]
fn a_limit_of_inotify_that_is_reached_is_named() {
    for (limit, message) in [
        (
            "max_inotify_instances",
            "inotify has no instance left for this user: raise fs.inotify.max_user_instances (now ",
        ),
        ("max_inotify_watches", "inotify has no watch left for this user: raise fs.inotify.max_user_watches (now "),
    ] {
        let sandbox = Sandbox::new();
        sandbox.run_hook("s", "Stop", "").assert_success();
        let mut serve = serve_with_limit_zero(&sandbox, limit);
        let mut serve = serve.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        // If it serves in spite of the limit, it does not end.
        let has_ended = (0..3000).any(|_| {
            std::thread::sleep(Duration::from_millis(20));
            serve.try_wait().unwrap().is_some()
        });
        let _ = serve.kill();
        let output = serve.wait_with_output().unwrap();
        let error = String::from_utf8(output.stderr).unwrap();
        assert!(has_ended, "{limit}: it serves without seeing changes: {}", String::from_utf8_lossy(&output.stdout));
        assert!(error.starts_with(&format!("sessions: {message}")) && error.ends_with(") with sysctl\n"), "{error:?}");
        assert_eq!(output.status.code(), Some(1));
    }
}
