//! Machines of `--ssh` that fail, are slow, or print what they should not.

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

use super::events::start_events;
use super::list;
use super::ssh_machine::client_path;
use super::ssh_stand_in::{run_there, write_ssh};
use crate::sandbox::{Outcome, Sandbox, executable_path, run_with_input};
use crate::serve::messages::summarize;
use crate::serve::server::{Server, becomes_true, free_port, serve_command};

/// How long something stays open that nobody may wait for.
const LONG: u64 = 40;

fn run(client: &Sandbox, arguments: &[&str]) -> Outcome {
    let mut command = client.command(executable_path("sessions"));
    run_with_input(command.env("PATH", client_path(client)).args(arguments), "")
}

/// Starts a command that follows a machine, and lets it write to these files.
fn follow(client: &Sandbox, arguments: &[&str]) -> std::process::Child {
    let file = |name: &str| fs_err::File::create(client.home().join(name)).unwrap().into_file();
    let mut command = Command::new(executable_path("sessions"));
    command.env_clear().env("HOME", client.home()).env("PATH", client_path(client)).args(arguments);
    command.stdin(Stdio::null()).stdout(file("out")).stderr(file("err")).spawn().unwrap()
}

fn read(client: &Sandbox, name: &str) -> String {
    fs_err::read_to_string(client.home().join(name)).unwrap_or_default()
}

#[test]
fn a_process_that_ssh_leaves_behind_delays_nothing() {
    let (client, machine) = (Sandbox::new(), Sandbox::new());
    machine.run_hook("there", "Stop", "").assert_success();
    fs_err::create_dir(client.home().join(".claude")).unwrap();
    // An old ssh keeps the standard error of its caller open in the process that holds a shared connection.
    for open in ["", ">/dev/null"] {
        write_ssh(&client, &format!("sleep {LONG} {open} &\n{}", run_there(&machine)));
        let start = Instant::now();
        let outcome = run(&client, &["--ssh", "box", "--json"]);
        assert!(outcome.code == Some(0) && outcome.stdout.contains("there"), "{outcome:?}");
        assert!(start.elapsed() < Duration::from_secs(LONG / 2), "{open:?}: {:?}", start.elapsed());
        write_ssh(&client, &format!("sleep {LONG} {open} &\necho lost it >&2\nexit 255"));
        let start = Instant::now();
        let mut follower = follow(&client, &["events", "--json", "--ssh", "box"]);
        assert!(becomes_true(|| read(&client, "err") == "sessions: box: lost it\n"), "{}", read(&client, "err"));
        assert!(start.elapsed() < Duration::from_secs(LONG / 2), "{open:?}: {:?}", start.elapsed());
        follower.kill().unwrap();
        follower.wait().unwrap();
    }
}
