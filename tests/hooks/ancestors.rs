//! Which process a signal names as the CLI, for different processes between the CLI and the hook.

use std::os::unix::fs::symlink;

use session_signals_protocol::cli_process::{CliProcess, ProcessStat};

use crate::sandbox::{ClaudeProcess, Outcome, Sandbox, executable_path, payload};

/// A process of the tables below: its PID, its parent's PID, and its kind of name.
type Row = (u32, u32, Name);

#[derive(Clone, Copy, Debug, PartialEq)]
enum Name {
    Claude,
    Wrapper,
    Other,
}
use Name::{Claude, Other, Wrapper};

/// Returns the CLI's PID; 0 if the CLI has ended, `None` if the CLI is not known.
fn find(claude_pid: Option<u32>, rows: &[Row]) -> Option<u32> {
    let read_stat = |pid| {
        let (_, parent, name) = rows.iter().find(|row| row.0 == pid)?;
        Some(ProcessStat {
            is_cli: *name == Claude,
            is_wrapper: *name == Wrapper,
            is_zombie: false,
            parent: *parent,
            start: 7,
        })
    };
    match CliProcess::find(claude_pid.unwrap_or_default(), rows[0].0, read_stat) {
        CliProcess::Process(pid, start) => {
            assert_eq!(start, 7);
            Some(pid)
        }
        CliProcess::Gone => Some(0),
        CliProcess::Unknown => None,
    }
}

#[test]
fn a_hook_belongs_to_the_nearest_cli() {
    type Case = (&'static str, Option<u32>, &'static [Row], Option<u32>);
    const UNKNOWN: Option<u32> = None;
    const GONE: Option<u32> = Some(0);
    #[rustfmt::skip]
    let cases: &[Case] = &[
        ("the CLI started the hook", None, &[(20, 10, Claude), (10, 1, Other)], Some(20)),
        ("a CLI with another name and CLAUDE_PID", Some(20), &[(20, 10, Other), (10, 1, Other)], Some(20)),
        ("a CLI with another name and no CLAUDE_PID", None, &[(20, 10, Other), (10, 1, Other)], Some(20)),
        ("a shell between CLI and hook", None, &[(20, 10, Wrapper), (10, 1, Other)], Some(10)),
        ("a dispatcher between CLI and hook", Some(10), &[(20, 10, Other), (10, 1, Other)], Some(10)),
        ("a dispatcher between an old CLI and the hook", None, &[(20, 10, Other), (10, 1, Claude)], Some(10)),
        ("seven processes between CLI and hook", Some(30),
            &[(37, 36, Other), (36, 35, Wrapper), (35, 34, Other), (34, 33, Wrapper), (33, 32, Wrapper), (32, 31, Other), (31, 30, Wrapper), (30, 1, Other)], Some(30)),
        ("eight wrappers between CLI and hook", None,
            &[(38, 37, Wrapper), (37, 36, Wrapper), (36, 35, Wrapper), (35, 34, Wrapper), (34, 33, Wrapper), (33, 32, Wrapper), (32, 31, Wrapper), (31, 30, Wrapper), (30, 1, Claude)], UNKNOWN),
        ("eight wrappers between CLI and hook, and CLAUDE_PID", Some(30),
            &[(38, 37, Wrapper), (37, 36, Wrapper), (36, 35, Wrapper), (35, 34, Wrapper), (34, 33, Wrapper), (33, 32, Wrapper), (32, 31, Wrapper), (31, 30, Wrapper), (30, 1, Claude)], Some(30)),
        ("an old CLI in a tool of a new one", Some(5), &[(20, 10, Claude), (10, 5, Wrapper), (5, 1, Claude)], Some(20)),
        ("an old CLI in a tool of a new one, and a shell", Some(5), &[(21, 20, Wrapper), (20, 10, Claude), (10, 5, Wrapper), (5, 1, Claude)], Some(20)),
        ("CLAUDE_PID names an unrelated process", Some(99), &[(20, 10, Other), (10, 1, Other), (99, 1, Other)], Some(20)),
        ("CLAUDE_PID names an unrelated process, and a shell", Some(99), &[(20, 10, Wrapper), (10, 1, Other)], Some(10)),
        ("the CLI is process 1 of its container", Some(1), &[(1, 0, Other)], Some(1)),
        ("the CLI is process 1, and a shell", Some(1), &[(20, 1, Wrapper), (1, 0, Other)], Some(1)),
        ("the CLI is process 1, and no CLAUDE_PID", None, &[(1, 0, Claude)], Some(1)),
        ("the CLI has ended", Some(20), &[(1, 0, Other)], GONE),
        ("the CLI has ended, and no CLAUDE_PID", None, &[(1, 0, Other)], GONE),
        ("the CLI has ended, and a shell still runs", None, &[(20, 1, Wrapper), (1, 0, Other)], GONE),
        ("the CLI has ended, and another process has its PID", Some(20), &[(1, 0, Other), (20, 1, Other)], GONE),
        ("the CLI runs, and its shell did not wait for the hook", Some(20), &[(1, 0, Other), (20, 10, Claude)], Some(20)),
    ];
    for (name, claude_pid, rows, expected) in cases {
        assert_eq!(find(*claude_pid, rows), *expected, "{name}");
    }
}

#[test]
fn without_proc_the_cli_is_the_parent_or_what_claude_pid_names() {
    let find = |claude_pid| CliProcess::find(claude_pid, 20, |_| None);
    assert_eq!([find(0), find(20), find(10)], [20, 20, 10].map(|pid| CliProcess::Process(pid, 0)));
}

/// Runs a command line in a shell that is called `claude`. `{}` in the line becomes the path of hook-stop.
fn run_line(line: &str) -> (Sandbox, ClaudeProcess, Outcome) {
    let sandbox = Sandbox::new();
    let mut cli = ClaudeProcess::start(&sandbox);
    symlink("/bin/sh", sandbox.home().join("dispatch")).unwrap();
    let line = line.replace("{}", &executable_path("hook-stop").display().to_string());
    let outcome = cli.run_shell_command(&line, &payload("s", "Stop", ""));
    (sandbox, cli, outcome)
}

#[test]
fn a_process_between_cli_and_hook_is_not_the_cli() {
    for line in [
        "{}",
        "timeout 20 {}",
        "nice -n 5 {}",
        "sh -c '{}; :'",
        "sh -c 'sh -c \"{}; :\"; :'",
        "timeout 20 sh -c 'env -u X timeout 20 {}; :'",
        // A dispatcher with an unknown name.
        "\"$HOME/dispatch\" -c '{}; :'",
        "CLAUDE_PID=$$ \"$HOME/dispatch\" -c '{}; :'",
        // An inherited CLAUDE_PID means nothing.
        "CLAUDE_PID=1 sh -c '{}; :'",
        "CLAUDE_PID=x sh -c '{}; :'",
    ] {
        let (sandbox, cli, outcome) = run_line(line);
        outcome.assert_success();
        let signal = sandbox.read_signal("s", "stop");
        assert_eq!(signal["claude_pid"], cli.pid(), "{line}");
        if cfg!(target_os = "linux") {
            assert!(signal["claude_start"].is_u64() && signal["claude_host"].is_string(), "{line}: {signal}");
        }
    }
}

#[test]
#[cfg(target_os = "linux")]
fn a_hook_finds_the_cli_if_its_shell_did_not_wait_for_it() {
    // The inner shell ends at once. `cat` ends when the hook does, because the hook holds the other end of its pipe.
    let line = "{ CLAUDE_PID=$$ sh -c 'exec 3<&0; (sleep 0.1; {} <&3) & :' | cat; }";
    let (sandbox, cli, outcome) = run_line(line);
    outcome.assert_success();
    assert_eq!(sandbox.read_signal("s", "stop")["claude_pid"], cli.pid());
}

#[test]
#[cfg(target_os = "linux")]
fn a_signal_names_no_process_if_the_cli_is_not_known() {
    // Ten nested shells.
    let again = r#"if [ "$1" -gt 1 ]; then sh "$0" $(($1 - 1)); else {}; fi; :"#;
    let (sandbox, _life, outcome) = run_line(&format!("cat >$HOME/again <<'END'\n{again}\nEND\nsh $HOME/again 10"));
    outcome.assert_success();
    let signal = sandbox.read_signal("s", "stop");
    let named = ["claude_pid", "claude_start", "claude_host"].map(|member| signal.get(member).is_some());
    assert_eq!(named, [false; 3], "{signal}");
    // So the session does not look ended.
    let listed = sandbox.command(executable_path("sessions")).arg("--json").output().unwrap();
    let listed: serde_json::Value = serde_json::from_slice(&listed.stdout).unwrap();
    assert_eq!(listed[0]["state"], "waiting", "{listed}");
}
