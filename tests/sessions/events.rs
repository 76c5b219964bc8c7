//! `sessions events`.

use std::io::{BufRead as _, BufReader, Lines};
use std::process::{Child, ChildStdout, Command, Stdio};

use serde_json::Value;

use super::list;
use crate::hooks::steps::BASH;
use crate::sandbox::{ClaudeProcess, Sandbox, executable_path, run_with_input};
use crate::serve::server::becomes_true;

/// `sessions events --json`, and the lines that it prints.
struct Events {
    process: Child,
    lines: Lines<BufReader<ChildStdout>>,
}

/// Starts `sessions events --json` with these arguments. Returns its process and its lines.
pub fn start_events(sandbox: &Sandbox, arguments: &[&str]) -> (Child, Lines<BufReader<ChildStdout>>) {
    start_events_with(sandbox, arguments, "")
}

/// Does the same with this `PATH`.
pub fn start_events_with(sandbox: &Sandbox, arguments: &[&str], path: &str) -> (Child, Lines<BufReader<ChildStdout>>) {
    let mut command = Command::new(executable_path("sessions"));
    command.env_clear().env("HOME", sandbox.home()).env("PATH", path).args(["events", "--json"]).args(arguments);
    let mut process = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn().unwrap();
    let lines = BufReader::new(process.stdout.take().unwrap()).lines();
    (process, lines)
}

impl Events {
    fn start(sandbox: &Sandbox, arguments: &[&str]) -> Self {
        let (process, lines) = start_events(sandbox, arguments);
        Self { process, lines }
    }

    /// Returns the next line.
    fn next(&mut self) -> Value {
        serde_json::from_str(&self.lines.next().unwrap().unwrap()).unwrap()
    }

    /// Returns the next line as `operation key state`.
    fn next_summary(&mut self) -> String {
        let line = self.next();
        assert_eq!(line["type"], "session");
        let text = |value: &Value| value.as_str().unwrap_or("-").to_owned();
        format!("{} {} {}", text(&line["headers"]["operation"]), text(&line["key"]), text(&line["value"]["state"]))
    }
}

impl Drop for Events {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

#[test]
fn each_change_is_a_line() {
    let sandbox = Sandbox::new();
    let mut cli = ClaudeProcess::start(&sandbox);
    cli.run_hook("s", "UserPromptSubmit", "").assert_success();
    sandbox.run_hook("over", "SessionEnd", "").assert_success();
    let mut events = Events::start(&sandbox, &[]);
    assert_eq!(events.next_summary(), "insert s working");
    cli.run_hook("s", "PermissionRequest", BASH).assert_success();
    // The values are those of `sessions --json`.
    let line = events.next();
    assert_eq!((&line["value"], &line["headers"]["operation"]), (&list::json(&sandbox, &[])[0], &"update".into()));
    cli.run_hook("t", "Stop", "").assert_success();
    assert_eq!(events.next_summary(), "insert t waiting");
    cli.run_hook("t", "SessionEnd", "").assert_success();
    assert_eq!(events.next_summary(), "update t ended");
    fs_err::remove_file(sandbox.signal_path("t", "ended")).unwrap();
    assert_eq!(events.next_summary(), "delete t -");
    // No file tells of a kill.
    drop(cli);
    assert_eq!(events.next_summary(), "update s ended");
    let mut all = Events::start(&sandbox, &["--all"]);
    let mut first = [all.next_summary(), all.next_summary()];
    first.sort();
    assert_eq!(first, ["insert over ended", "insert s ended"]);
}

#[test]
fn it_ends_when_its_reader_goes_away_although_nothing_changes() {
    let sandbox = Sandbox::new();
    sandbox.run_hook("s", "Stop", "").assert_success();
    let mut events = Events::start(&sandbox, &[]);
    assert_eq!(events.next_summary(), "insert s waiting");
    let Events { process, lines } = &mut events;
    let empty = BufReader::new(Command::new("true").stdout(Stdio::piped()).spawn().unwrap().stdout.take().unwrap());
    drop(std::mem::replace(lines, empty.lines()));
    let mut status = None;
    assert!(becomes_true(|| {
        status = process.try_wait().unwrap();
        status.is_some()
    }));
    assert_eq!(status.and_then(|status| status.code()), Some(0));
}

#[test]
fn the_format_must_be_named() {
    let sandbox = Sandbox::new();
    let outcome = run_with_input(sandbox.command(executable_path("sessions")).arg("events"), "");
    assert_eq!(outcome.code, Some(2));
    assert!(outcome.stderr.contains("--json"), "{}", outcome.stderr);
}
