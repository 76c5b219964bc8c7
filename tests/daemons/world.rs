//! A home with daemons in it, and CLIs that start them; nothing of it outlives the test.

use std::collections::BTreeMap;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use fs_err as fs;
use serde_json::{Value, json};

use crate::sandbox::{ClaudeProcess, Outcome, Sandbox, executable_path, payload, run_with_input};

/// The machine may be busy.
const PATIENCE: Duration = Duration::from_secs(30);

/// The home.
pub struct World {
    pub sandbox: Sandbox,
}

/// A CLI and its session.
pub struct Cli {
    pub session: &'static str,
    pub life: ClaudeProcess,
}

/// Waits for it.
#[track_caller]
pub fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !holds() {
        assert!(Instant::now() < deadline, "{what} did not come");
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// Whether a process runs, stopped or not.
pub fn lives(pid: u32) -> bool {
    fs::read_to_string(format!("/proc/{pid}/stat")).is_ok_and(|stat| !stat.contains(") Z ") && !stat.contains(") X "))
}

pub fn kill(signal: &str, pid: u32) {
    assert!(Command::new("kill").args([signal, &pid.to_string()]).status().unwrap().success());
}

/// A daemon that is this shell script.
pub fn shell(name: &str, script: &str) -> Value {
    json!({"name": name, "command": "/bin/sh", "args": ["-c", script]})
}

/// Twelve that do nothing.
pub fn twelve() -> Vec<Value> {
    (1..=12).map(|at| json!({"name": format!("d{at}"), "command": "/bin/sleep", "args": ["1000"]})).collect()
}

impl World {
    pub fn new(daemons: &[Value]) -> Self {
        Self::with_config(&json!({"daemons": daemons}).to_string())
    }

    pub fn with_config(text: &str) -> Self {
        let world = Self { sandbox: Sandbox::new() };
        fs::create_dir_all(world.path(".claude")).unwrap();
        fs::write(world.config(), text).unwrap();
        fs::set_permissions(world.config(), PermissionsExt::from_mode(0o600)).unwrap();
        world
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.sandbox.home().join(name)
    }

    pub fn config(&self) -> PathBuf {
        self.path(".claude/session-daemons.json")
    }

    pub fn directory(&self) -> PathBuf {
        self.path(".claude/session-daemons")
    }

    /// `sessions daemons …` by hand, in the home directory.
    pub fn daemons(&self, arguments: &[&str]) -> Outcome {
        let mut command = self.sandbox.command(executable_path("sessions"));
        run_with_input(command.current_dir(self.path("")).arg("daemons").args(arguments), "")
    }

    /// A CLI that has started its session.
    #[track_caller]
    pub fn begin(&self, session: &'static str) -> Cli {
        let mut cli = Cli { session, life: ClaudeProcess::start(&self.sandbox) };
        cli.start("startup").assert_success();
        cli
    }

    /// The names in the directory, sorted.
    pub fn files(&self) -> Vec<String> {
        let Ok(entries) = std::fs::read_dir(self.directory()) else { return Vec::new() };
        let mut names: Vec<_> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    /// The PIDs of a session's PID files, by name.
    pub fn pids(&self, session: &str) -> BTreeMap<String, u32> {
        let of = |name: &String| {
            let daemon = name.strip_prefix('.')?.strip_suffix(&format!(".{session}.pid"))?.to_owned();
            Some((daemon, fs::read_to_string(self.directory().join(name)).ok()?.trim_end().parse().unwrap()))
        };
        self.files().iter().filter_map(of).collect()
    }

    /// What `list --json` says.
    #[track_caller]
    pub fn list(&self) -> Vec<Value> {
        let listed = self.daemons(&["list", "--json"]);
        assert_eq!((listed.code, &*listed.stderr), (Some(0), ""));
        serde_json::from_str(&listed.stdout).unwrap()
    }

    /// The line of a session's daemon.
    #[track_caller]
    pub fn line(&self, session: &str, name: &str) -> Value {
        let mut lines = self.list().into_iter();
        lines.find(|line| line["sessionId"] == session && line["name"] == name).expect("a line")
    }

    /// The guard of a session.
    pub fn guard(&self, session: &str) -> u32 {
        let state = fs::read(self.directory().join(format!(".{session}.state.json"))).unwrap();
        let state: Value = serde_json::from_slice(&state).unwrap();
        state["guard"]["pid"].as_u64().unwrap().try_into().unwrap()
    }

    /// All that guards of this home have started and that runs.
    pub fn running(&self) -> Vec<u32> {
        let directory = self.directory().canonicalize().unwrap_or(self.directory());
        let marked = |environment: &[u8]| {
            let mut lines = environment.split(|byte| *byte == 0);
            let end = format!(":{}", directory.display());
            lines.any(|line| line.starts_with(b"SESSION_SIGNALS_GUARD=") && line.ends_with(end.as_bytes()))
        };
        processes(&marked)
    }

    /// Waits until nothing is left, neither a process nor a file: a guard removes its files after its daemons have ended.
    #[track_caller]
    pub fn becomes_empty(&self) {
        until("the end of all processes and files", || self.running().is_empty() && self.files().is_empty());
    }

    /// Waits until so many of them run: one that is about to become another program seems to have no environment.
    #[track_caller]
    pub fn runs(&self, count: usize) {
        until("the right number of daemons", || self.running().len() == count);
    }
}

/// All that run with such an environment.
fn processes(is_ours: &dyn Fn(&[u8]) -> bool) -> Vec<u32> {
    let entries = std::fs::read_dir("/proc").unwrap().flatten();
    let pids = entries.filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok());
    let environment = |pid: &u32| std::fs::read(format!("/proc/{pid}/environ")).unwrap_or_default();
    pids.filter(|pid| lives(*pid) && is_ours(&environment(pid))).collect()
}

impl Drop for World {
    fn drop(&mut self) {
        // Guards and all that they started, whatever the test did not come to.
        let home = format!("HOME={}", self.path("").display());
        let ours = |environment: &[u8]| {
            environment.split(|byte| *byte == 0).any(|line| line == home.trim_end_matches('/').as_bytes())
        };
        let _ = std::fs::remove_file(self.path("go"));
        for _ in 0..100 {
            let found = processes(&ours);
            for pid in &found {
                let _ = Command::new("kill").args(["-KILL", &pid.to_string()]).output();
            }
            if found.is_empty() {
                break;
            }
        }
    }
}

impl Cli {
    /// `SessionStart`, as the CLI runs it.
    pub fn start(&mut self, source: &str) -> Outcome {
        let members = format!(r#""source":"{source}","cwd":"/""#);
        self.life.run_executable("sessions daemons start", &payload(self.session, "SessionStart", &members))
    }

    /// `SessionEnd`.
    pub fn end(&mut self, reason: &str) -> Outcome {
        let members = format!(r#""reason":"{reason}""#);
        self.life.run_executable("sessions daemons stop", &payload(self.session, "SessionEnd", &members))
    }
}

/// Whether a path is a file with this text.
pub fn holds(path: &Path, text: &str) -> bool {
    std::fs::read_to_string(path).is_ok_and(|found| found.contains(text))
}
