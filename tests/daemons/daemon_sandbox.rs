//! A home directory with daemons in its config, and the CLI processes that start them. Every process is killed at the end of the
//! test.

use std::collections::BTreeMap;
use std::ops::Deref;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use fs_err as fs;
use serde_json::{Value, json};
use session_signals_cli::wait_until;

pub use crate::sandbox::is_alive;
use crate::sandbox::{
    ClaudeProcess, Outcome, Sandbox, executable_path, payload, pids_in_home, pids_with_variable, run_with_input,
};

/// How long a test waits for something that must happen. The machine may be busy.
const TIMEOUT: Duration = Duration::from_secs(30);

/// A sandbox with a config of daemons.
pub struct DaemonSandbox {
    sandbox: Sandbox,
}

impl Deref for DaemonSandbox {
    type Target = Sandbox;

    fn deref(&self) -> &Sandbox {
        &self.sandbox
    }
}

/// A CLI process and its session.
pub struct CliSession {
    pub session: &'static str,
    pub process: ClaudeProcess,
}

/// Waits until a condition is true. Fails with `description` if it does not become true.
#[track_caller]
pub fn wait_for(description: &str, mut is_true: impl FnMut() -> bool) {
    let became_true = wait_until(TIMEOUT, Duration::from_millis(5), || is_true().then_some(()));
    assert!(became_true.is_some(), "waited in vain for: {description}");
}

/// Sends a signal, named as for kill(1): `-KILL`.
pub fn send_signal(signal: &str, pid: u32) {
    assert!(Command::new("kill").args([signal, &pid.to_string()]).status().unwrap().success());
}

/// Returns the config of a daemon that is this shell script.
pub fn shell_daemon(name: &str, script: &str) -> Value {
    json!({"name": name, "command": "/bin/sh", "args": ["-c", script]})
}

/// Returns the config of a daemon that sleeps.
pub fn sleeping_daemon(name: &str) -> Value {
    json!({"name": name, "command": "/bin/sleep", "args": ["1000"]})
}

/// Returns the configs of twelve daemons that sleep, `d1` to `d12`.
pub fn twelve_daemons() -> Vec<Value> {
    (1..=12).map(|number| sleeping_daemon(&format!("d{number}"))).collect()
}

/// Returns whether a file exists and contains this text.
pub fn file_contains(path: &Path, text: &str) -> bool {
    std::fs::read_to_string(path).is_ok_and(|content| content.contains(text))
}

impl DaemonSandbox {
    pub fn new(daemons: &[Value]) -> Self {
        Self::with_config(&json!({"daemons": daemons}).to_string())
    }

    pub fn with_config(text: &str) -> Self {
        let sandbox = Self { sandbox: Sandbox::new() };
        fs::create_dir_all(sandbox.path(".claude")).unwrap();
        fs::write(sandbox.config_path(), text).unwrap();
        fs::set_permissions(sandbox.config_path(), PermissionsExt::from_mode(0o600)).unwrap();
        sandbox
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.home().join(name)
    }

    pub fn config_path(&self) -> PathBuf {
        self.path(".claude/session-daemons.json")
    }

    pub fn daemons_dir(&self) -> PathBuf {
        self.path(".claude/session-daemons")
    }

    /// Makes the directory of the daemons as `sessions daemons start` makes it.
    pub fn create_daemons_dir(&self) {
        fs::create_dir_all(self.daemons_dir()).unwrap();
        fs::set_permissions(self.daemons_dir(), PermissionsExt::from_mode(0o700)).unwrap();
    }

    /// Runs `sessions daemons …` by hand, in the home directory.
    pub fn run_subcommand(&self, arguments: &[&str]) -> Outcome {
        let mut command = self.command(executable_path("sessions"));
        run_with_input(command.current_dir(self.path("")).arg("daemons").args(arguments), "")
    }

    /// Starts a CLI process, and runs its `SessionStart` hook.
    #[track_caller]
    pub fn start_session(&self, session: &'static str) -> CliSession {
        let mut cli = CliSession { session, process: ClaudeProcess::start(self) };
        cli.run_start_hook("startup").assert_success();
        cli
    }

    /// Returns the names in the directory of the daemons, sorted.
    pub fn list_files(&self) -> Vec<String> {
        let Ok(entries) = std::fs::read_dir(self.daemons_dir()) else { return Vec::new() };
        let mut names: Vec<_> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    /// Reads the PID files of a session. Returns the PIDs by the daemons' names.
    pub fn read_pids(&self, session: &str) -> BTreeMap<String, u32> {
        let read_pid = |name: &String| {
            let daemon = name.strip_prefix('.')?.strip_suffix(&format!(".{session}.pid"))?.to_owned();
            Some((daemon, fs::read_to_string(self.daemons_dir().join(name)).ok()?.trim_end().parse().unwrap()))
        };
        self.list_files().iter().filter_map(read_pid).collect()
    }

    /// Returns the objects of `sessions daemons list --json`.
    #[track_caller]
    pub fn list_json(&self) -> Vec<Value> {
        let listed = self.run_subcommand(&["list", "--json"]);
        assert_eq!((listed.code, &*listed.stderr), (Some(0), ""));
        serde_json::from_str(&listed.stdout).unwrap()
    }

    /// Returns the object of one daemon of a session.
    #[track_caller]
    pub fn find_line(&self, session: &str, name: &str) -> Value {
        let mut lines = self.list_json().into_iter();
        lines.find(|line| line["sessionId"] == session && line["name"] == name).expect("a line")
    }

    /// Returns the file in which the supervisor of a session describes its daemons.
    pub fn state_path(&self, session: &str) -> PathBuf {
        self.daemons_dir().join(format!(".{session}.state.json"))
    }

    /// Returns the lock of a session.
    pub fn lock_path(&self, session: &str) -> PathBuf {
        self.daemons_dir().join(format!(".{session}.lock"))
    }

    /// Returns the PID of a session's supervisor, from the state file.
    pub fn supervisor_pid(&self, session: &str) -> u32 {
        let state: Value = serde_json::from_slice(&fs::read(self.state_path(session)).unwrap()).unwrap();
        state["guard"]["pid"].as_u64().unwrap().try_into().unwrap()
    }

    /// Returns the living processes that supervisors of this sandbox have started.
    pub fn running_pids(&self) -> Vec<u32> {
        let directory = self.daemons_dir().canonicalize().unwrap_or(self.daemons_dir());
        let end = format!(":{}", directory.display());
        pids_with_variable(|entry| entry.starts_with(b"SESSION_SIGNALS_GUARD=") && entry.ends_with(end.as_bytes()))
    }

    /// Waits until no process and no file is left. A supervisor removes its files after its daemons have ended.
    #[track_caller]
    pub fn wait_until_empty(&self) {
        wait_for("the end of all processes and files", || {
            self.running_pids().is_empty() && self.list_files().is_empty()
        });
    }

    /// Waits until this many of the processes run. While a process becomes another program, its environment looks empty.
    #[track_caller]
    pub fn wait_for_running(&self, count: usize) {
        wait_for("the right number of daemons", || self.running_pids().len() == count);
    }

    /// Asserts that no process and no file is left.
    #[track_caller]
    pub fn assert_empty(&self) {
        assert_eq!((self.running_pids(), self.list_files()), (vec![], vec![]));
    }
}

impl Drop for DaemonSandbox {
    /// Kills the supervisors and everything that they have started, also if the test has failed.
    fn drop(&mut self) {
        // The daemons that multiply end when this file is gone.
        let _ = std::fs::remove_file(self.path("go"));
        for _ in 0..100 {
            let pids = pids_in_home(self.home());
            for pid in &pids {
                let _ = Command::new("kill").args(["-KILL", &pid.to_string()]).output();
            }
            if pids.is_empty() {
                break;
            }
        }
    }
}

impl CliSession {
    /// Runs the `SessionStart` hook, as the CLI does.
    pub fn run_start_hook(&mut self, source: &str) -> Outcome {
        let members = format!(r#""source":"{source}","cwd":"/""#);
        self.process.run_executable("sessions daemons start", &payload(self.session, "SessionStart", &members))
    }

    /// Runs the `SessionEnd` hook, as the CLI does.
    pub fn run_end_hook(&mut self, reason: &str) -> Outcome {
        let members = format!(r#""reason":"{reason}""#);
        self.process.run_executable("sessions daemons stop", &payload(self.session, "SessionEnd", &members))
    }
}
