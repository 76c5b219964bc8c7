//! Whether the process that a signal names lives.

use std::time::{Duration, SystemTime};

use session_signals_protocol::SignalKind;
use session_signals_protocol::cli_process;

use crate::host::{Host, is_process_alive};
use crate::process_state::ProcessState;
use crate::signal::Signal;

#[test]
fn a_signal_that_names_no_process_is_of_a_dead_cli() {
    let host = cli_process::host_id().unwrap();
    let members = format!(r#"{{"claude_host":"{}"}}"#, String::from_utf8_lossy(host.as_bytes()));
    let signal = |members: &str| Signal::parse(members.as_bytes(), SystemTime::now(), SignalKind::Working).unwrap();
    let state = |begins_with_cli, members: &str| {
        let mut host = Host::read();
        host.begins_with_cli = begins_with_cli;
        host.process_state(&signal(members), is_process_alive)
    };
    assert_eq!(state(false, &members), ProcessState::Dead);
    assert_eq!(state(true, &members), ProcessState::Unknown, "in a container, process 1 may be the CLI");
    assert_eq!(
        state(false, r#"{"claude_host":"elsewhere/1"}"#),
        ProcessState::Unknown,
        "on another host, process 1 may be the CLI"
    );
    assert_eq!(state(false, "{}"), ProcessState::Unknown, "a signal of a script");
}

#[cfg(target_os = "linux")]
#[test]
fn a_process_that_adopts_orphans_is_not_a_cli() {
    let directory = tempfile::tempdir().unwrap();
    for (name, is_cli) in [("systemd", false), ("claude", true)] {
        let program = directory.path().join(name);
        std::os::unix::fs::symlink("/bin/sleep", &program).unwrap();
        let mut child = std::process::Command::new(&program).arg("1000").spawn().unwrap();
        // The process has the name once it runs the program.
        let comm = format!("/proc/{}/comm", child.id());
        while fs_err::read_to_string(&comm).unwrap().trim_end() != name {
            std::thread::yield_now();
        }
        assert_eq!(is_process_alive(child.id(), None), is_cli, "{name}");
        child.kill().unwrap();
        child.wait().unwrap();
    }
}

#[test]
fn a_pid_counts_only_with_its_start() {
    let start = cli_process::read_stat(std::process::id()).unwrap().start;
    let signal = |members: &str, seconds: u64| {
        let time = SystemTime::now() + Duration::from_secs(1) - Duration::from_secs(seconds);
        Signal::parse(format!("{{{members}}}").as_bytes(), time, SignalKind::Stop).unwrap()
    };
    let host = Host::read();
    let state = |members: &str, seconds| {
        host.process_state(&signal(&members.replace("PID", &std::process::id().to_string()), seconds), is_process_alive)
    };
    assert_eq!(state("", 0), ProcessState::Unknown);
    assert_eq!(state(r#""claude_pid":PID"#, 0), ProcessState::Alive);
    assert_eq!(state(&format!(r#""claude_pid":PID,"claude_start":{start}"#), 0), ProcessState::Alive);
    assert_eq!(state(&format!(r#""claude_pid":PID,"claude_start":{}"#, start + 1), 0), ProcessState::Dead);
    assert_eq!(
        state(&format!(r#""claude_pid":PID,"claude_start":{start}"#), 1_000_000_000),
        ProcessState::Alive,
        "the clock stepped, and the process lives"
    );
    assert_eq!(state(r#""claude_pid":PID"#, 1_000_000_000), ProcessState::Dead, "from before the boot");
    assert_eq!(state("", 1_000_000_000), ProcessState::Dead, "from before the boot, of a script that names no process");
    assert_eq!(state(r#""claude_pid":PID,"claude_host":"elsewhere/1""#, 1_000_000_000), ProcessState::Elsewhere);
    assert_eq!(state(r#""claude_pid":4194305"#, 0), ProcessState::Dead);
    assert_eq!(state(r#""claude_pid":PID,"claude_host":"elsewhere/1""#, 0), ProcessState::Elsewhere);
    let mut child = std::process::Command::new("true").spawn().unwrap();
    while cli_process::read_stat(child.id()).is_some_and(|stat| !stat.is_zombie) {
        std::thread::yield_now();
    }
    assert!(!is_process_alive(child.id(), None), "a zombie");
    child.wait().unwrap();
}
