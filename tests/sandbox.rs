//! A home directory of its own for every test, and the executables that are run in it.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::io::{BufRead as _, BufReader, Write as _};
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Output, Stdio};

use assert_cmd::Command;
use serde_json::Value;
use session_signals_protocol::EVENT_RULES;
use tempfile::TempDir;

/// On a busy machine, an input of this many bytes may take longer than the second that a hook waits for it.
const LARGE_INPUT: usize = 1 << 20;

/// How often such an input is given again.
const MAX_RUNS: usize = 30;

/// A fresh HOME, deleted at the end.
pub struct Sandbox {
    directory: TempDir,
    /// What a killed process leaves there goes, too.
    temporary: TempDir,
}

/// What a hook left behind.
#[derive(Debug, PartialEq, Eq)]
pub struct Outcome {
    pub code: Option<i32>,
    pub stdout: String,
    pub stderr: String,
}

impl From<Output> for Outcome {
    fn from(output: Output) -> Self {
        Self {
            code: output.status.code(),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }
}

impl Outcome {
    /// Asserts exit 0 and silence.
    #[track_caller]
    pub fn assert_success(&self) {
        assert_eq!((self.code, &*self.stdout, &*self.stderr), (Some(0), "", ""));
    }

    /// Asserts exit 1, an empty stdout, and one line on stderr that contains `message`.
    #[track_caller]
    pub fn assert_failure(&self, message: &str) {
        assert_eq!((self.code, &*self.stdout), (Some(1), ""), "{}", self.stderr);
        assert_eq!(self.stderr.matches('\n').count(), 1, "{}", self.stderr);
        assert!(self.stderr.contains(message), "{:?} should contain {message:?}", self.stderr);
    }
}

/// An executable of this package, as cargo built it for the tests.
pub fn executable_path(name: &str) -> PathBuf {
    Path::new(env!("CARGO_BIN_EXE_hook-stop")).with_file_name(name)
}

/// Copies an executable.
///
/// A process of its own does it. A child that another thread of the tests starts holds all open files of the tests until it
/// becomes its program, and a file that is open for writing cannot be executed. So the tests themselves never open for
/// writing what they execute.
pub fn copy_executable(from: &Path, to: &Path) {
    assert!(std::process::Command::new("cp").arg(from).arg(to).status().unwrap().success());
}

/// Writes a shell script that can be executed at once: see [`copy_executable`].
pub fn write_script(path: &Path, text: &str) {
    let write = r#"printf '#!/bin/sh\n%s\n' "$1" >"$0" && chmod 755 "$0""#;
    assert!(std::process::Command::new("sh").args(["-c", write]).arg(path).arg(text).status().unwrap().success());
}

/// The executable that handles an event, if one does.
pub fn executable_for_event(event: &str) -> Option<&'static str> {
    EVENT_RULES.iter().find(|rule| rule.event == event).map(|rule| rule.hook.executable())
}

/// A payload with the given members besides `session_id` and `hook_event_name`.
pub fn payload(session: &str, event: &str, members: &str) -> String {
    let separator = if members.is_empty() { "" } else { "," };
    format!(r#"{{"session_id":"{session}","hook_event_name":"{event}"{separator}{members}}}"#)
}

impl Sandbox {
    pub fn new() -> Self {
        let directory = || TempDir::new().expect("a temporary directory");
        Self { directory: directory(), temporary: directory() }
    }

    pub fn home(&self) -> &Path {
        self.directory.path()
    }

    pub fn signal_dir(&self) -> PathBuf {
        self.home().join(".claude/session-signals")
    }

    /// A file in the spool.
    pub fn signal_path(&self, session: &str, kind: &str) -> PathBuf {
        self.signal_dir().join(format!("{session}.{kind}.json"))
    }

    /// A command that sees nothing of this process's environment but PATH, and takes this process for the CLI.
    pub fn command(&self, program: impl AsRef<OsStr>) -> Command {
        let mut command = Command::new(program);
        command.env_clear().env("HOME", self.home()).env("TMPDIR", self.temporary.path());
        command.env("PATH", std::env::var_os("PATH").unwrap_or_default());
        // Without this, the hooks would take a CLI in whose terminal the tests run for their own.
        command.env("CLAUDE_PID", std::process::id().to_string());
        command
    }

    /// Runs an executable with `input` on stdin.
    pub fn run_executable(&self, executable_name: &str, input: impl Into<Vec<u8>>) -> Outcome {
        let input = input.into();
        let run = || run_with_input(&mut self.command(executable_path(executable_name)), input.clone());
        let mut found = run();
        // A hook waits one second for its input. A busy machine needs longer to bring it a large one. The hook has then
        // changed nothing, so it is run again.
        for _ in 0..MAX_RUNS {
            if input.len() < LARGE_INPUT || !found.stderr.ends_with(": no complete JSON object within 1 s\n") {
                break;
            }
            found = run();
        }
        found
    }

    /// Runs the executable that handles the event of this payload.
    pub fn run_hook(&self, session: &str, event: &str, members: &str) -> Outcome {
        self.run_executable(
            executable_for_event(event).expect("an event of the table"),
            payload(session, event, members),
        )
    }

    /// What stands for a session, as `working permission(Bash,Edit@a3a8)`.
    pub fn describe_signals(&self, session: &str) -> String {
        self.describe_all_signals().remove(session).unwrap_or_default()
    }

    /// The same for every session. Fails on a file that is no whole signal.
    pub fn describe_all_signals(&self) -> BTreeMap<String, String> {
        let mut states = BTreeMap::<String, Vec<String>>::new();
        for name in self.list_signal_dir() {
            let parts: Vec<_> = name.split('.').collect();
            let [session, kind, "json"] = parts[..] else { panic!("{name} is no signal's name") };
            let signal = self.read_signal(session, kind);
            let shown = match kind {
                "permission" => format!("permission({})", describe_tools(&signal)),
                _ => kind.to_owned(),
            };
            states.entry(session.to_owned()).or_default().push(shown);
        }
        let order =
            |state: &String| ["working", "permission", "stop", "ended"].iter().position(|k| state.starts_with(k));
        states
            .into_iter()
            .map(|(session, mut kinds)| {
                kinds.sort_by_key(order);
                (session, kinds.join(" "))
            })
            .collect()
    }

    /// The names in the spool, sorted.
    pub fn list_signal_dir(&self) -> Vec<String> {
        let Ok(entries) = self.signal_dir().read_dir() else { return Vec::new() };
        let mut names: Vec<_> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    /// A signal's content, checked to be one line of JSON.
    pub fn read_signal(&self, session: &str, kind: &str) -> Value {
        let text = fs_err::read_to_string(self.signal_path(session, kind)).unwrap();
        assert_eq!(text.find('\n'), Some(text.len() - 1), "one line: {text:?}");
        serde_json::from_str(&text).unwrap()
    }
}

/// A hook that has read the clock and waits for its stdin: its event is older than all that happens now.
pub struct StartedHook(Child);

impl Sandbox {
    pub fn start_hook(&self, event: &str) -> StartedHook {
        let name = executable_for_event(event).expect("an event of the table");
        let child = std::process::Command::new(executable_path(name))
            .env_clear()
            .env("HOME", self.home())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        // It sleeps in one place only: where it waits for stdin.
        let stat = format!("/proc/{}/stat", child.id());
        while !fs_err::read_to_string(&stat).unwrap().contains(") S ") {
            std::thread::yield_now();
        }
        StartedHook(child)
    }
}

impl StartedHook {
    /// Stops it where it is (`-STOP`), or lets it go on (`-CONT`).
    pub fn send_signal(&self, name: &str) {
        assert!(std::process::Command::new("kill").args([name, &self.0.id().to_string()]).status().unwrap().success());
    }

    /// Gives it its payload, if it still waits.
    pub fn write_payload(&mut self, session: &str, event: &str, members: &str) {
        let _ = self.0.stdin.take().unwrap().write_all(payload(session, event, members).as_bytes());
    }

    /// What it left behind.
    pub fn wait_for_end(self) -> Outcome {
        self.0.wait_with_output().unwrap().into()
    }

    /// Gives it its payload, and waits for its end.
    pub fn write_payload_and_wait(mut self, session: &str, event: &str, members: &str) -> Outcome {
        self.write_payload(session, event, members);
        self.wait_for_end()
    }
}

/// The tools of a permission signal, oldest first, with the first characters of their subagents.
fn describe_tools(permission: &Value) -> String {
    let agent = |call: &Value| call["agent_id"].as_str().map(|id| format!("@{}", &id[..4.min(id.len())]));
    let tool = |call: &Value| {
        let name = call["tool_name"].as_str().or(call["hook_event_name"].as_str()).unwrap_or("?");
        name.to_owned() + &agent(call).unwrap_or_default()
    };
    permission["pending"].as_array().unwrap().iter().map(tool).collect::<Vec<_>>().join(",")
}

pub fn run_with_input(command: &mut Command, input: impl Into<Vec<u8>>) -> Outcome {
    command.write_stdin(input).output().unwrap().into()
}

/// A process that stands for one life of the CLI: the hooks are its children, as they are the CLI's.
pub struct ClaudeProcess {
    process: Child,
    commands: ChildStdin,
    results: BufReader<ChildStdout>,
    directory: TempDir,
}

impl ClaudeProcess {
    /// A shell by the name of `claude`: by its own name it would be taken for what stands between CLI and hook.
    pub fn start(sandbox: &Sandbox) -> Self {
        let directory = TempDir::new().unwrap();
        let shell = directory.path().join("claude");
        symlink("/bin/sh", &shell).unwrap();
        let mut process = std::process::Command::new(shell)
            .env_clear()
            .env("HOME", sandbox.home())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let commands = process.stdin.take().unwrap();
        let results = BufReader::new(process.stdout.take().unwrap());
        Self { process, commands, results, directory }
    }

    pub fn pid(&self) -> u32 {
        self.process.id()
    }

    /// Runs the executable for this event as a child of this life.
    pub fn run_executable(&mut self, executable_name: &str, input: &str) -> Outcome {
        self.run_shell_command(&executable_path(executable_name).display().to_string(), input)
    }

    /// Runs a command, as a shell takes it.
    pub fn run_shell_command(&mut self, hook: &str, input: &str) -> Outcome {
        let file = |name: &str| self.directory.path().join(name);
        fs_err::write(file("in"), input).unwrap();
        let directory = self.directory.path().display();
        writeln!(self.commands, "{hook} <{directory}/in >{directory}/out 2>{directory}/err; echo $?").unwrap();
        let mut code = String::new();
        self.results.read_line(&mut code).unwrap();
        let read = |name| fs_err::read_to_string(file(name)).unwrap();
        Outcome { code: code.trim().parse().ok(), stdout: read("out"), stderr: read("err") }
    }

    pub fn run_hook(&mut self, session: &str, event: &str, members: &str) -> Outcome {
        self.run_executable(
            executable_for_event(event).expect("an event of the table"),
            &payload(session, event, members),
        )
    }
}

impl Drop for ClaudeProcess {
    fn drop(&mut self) {
        // SIGKILL, as a life may well end.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
