//! A process that stands for a CLI: this executable under another name, which starts hooks as its children.
//!
//! It reads one line for each hook from stdin, `MICROSECONDS HOOK PAYLOAD`, and answers with one line, `CODE MESSAGE`.
//! It kills the hook after that time; `-` means never.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

/// The name of the executable if it stands for a CLI. The hooks look for this name among their ancestors.
const NAME: &str = "claude";

/// How a hook ended.
#[derive(Debug)]
pub enum Outcome {
    /// It exited with 0.
    Done,
    /// It exited with another code. Holds the code and the message.
    Failed(String),
    /// We killed it.
    Killed,
}

/// The name of the hook to run, and what it reads.
pub struct HookCall<'a> {
    pub hook: &'a str,
    pub payload: &'a str,
}

/// One such process. It is killed when the value is dropped.
pub struct SimulatedCli {
    process: Child,
    calls: ChildStdin,
    outcomes: BufReader<ChildStdout>,
}

impl SimulatedCli {
    /// Makes a link with the right name to this executable. Returns its path.
    pub fn install(directory: &Path) -> PathBuf {
        let link = directory.join(NAME);
        symlink(std::env::current_exe().expect("an executable"), &link).expect("a link");
        link
    }

    /// Starts the process. Its hooks write into `config_dir`.
    pub fn start(executable: &Path, config_dir: &Path) -> Self {
        let mut command = Command::new(executable);
        command.env_clear().env("CLAUDE_CONFIG_DIR", config_dir).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut process = command.spawn().expect("it starts");
        let calls = process.stdin.take().expect("its stdin");
        let outcomes = BufReader::new(process.stdout.take().expect("its stdout"));
        Self { process, calls, outcomes }
    }

    /// Runs a hook. Kills it after `kill_after` if it has not ended by then.
    pub fn run_hook(&mut self, call: &HookCall, kill_after: Option<Duration>) -> Outcome {
        self.begin_hook(call, kill_after);
        let mut line = String::new();
        self.outcomes.read_line(&mut line).expect("an outcome");
        match line.trim_end_matches('\n').split_once(' ').expect("a code") {
            ("0", "") => Outcome::Done,
            ("killed", _) => Outcome::Killed,
            (code, message) => Outcome::Failed(format!("exit {code}: {message}")),
        }
    }

    /// Starts a hook, and kills the process after `kill_after`. Returns when the hook has ended, too.
    pub fn die_during_hook(mut self, call: &HookCall, kill_after: Duration) {
        self.begin_hook(call, None);
        spin(kill_after);
        self.process.kill().expect("it can be killed");
        // The hook has the other end as its stdout, so this ends with the hook.
        let _ = self.outcomes.read_to_end(&mut Vec::new());
    }

    fn begin_hook(&mut self, HookCall { hook, payload }: &HookCall, kill_after: Option<Duration>) {
        let micros = kill_after.map_or_else(|| "-".to_owned(), |after| after.as_micros().to_string());
        self.calls.write_all(format!("{micros} {hook} {payload}\n").as_bytes()).expect("it reads");
    }
}

impl Drop for SimulatedCli {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// If this process has the name of a CLI, runs hooks until stdin ends, and exits. Else returns.
pub fn run_if_named() {
    let name = std::env::args_os().next().map(PathBuf::from);
    if name.as_deref().and_then(Path::file_name).is_none_or(|name| name != NAME) {
        return;
    }
    for line in std::io::stdin().lines().map_while(Result::ok) {
        let parts: Vec<_> = line.splitn(3, ' ').collect();
        let [micros, hook, payload] = parts[..] else { break };
        println!("{}", run_child(hook, payload, micros.parse().ok().map(Duration::from_micros)));
    }
    std::process::exit(0);
}

/// Runs a hook. Returns its exit code or `killed`, a space, and its stderr on one line.
fn run_child(hook: &str, payload: &str, kill_after: Option<Duration>) -> String {
    // The payload is in the pipe before the hook starts. This end stays open, as the CLI leaves it.
    let (reader, mut writer) = std::io::pipe().expect("a pipe");
    writeln!(writer, "{payload}").expect("room in the pipe");
    let executable = Path::new(env!("CARGO_BIN_EXE_hook-stop")).with_file_name(hook);
    // The hook has our stdout. Anything it printed there would not be read as an outcome.
    let mut hook = Command::new(executable).stdin(reader).stderr(Stdio::piped()).spawn().expect("a hook");
    if let Some(after) = kill_after {
        spin(after);
        hook.kill().expect("a child");
    }
    let mut message = String::new();
    hook.stderr.take().expect("its stderr").read_to_string(&mut message).expect("text");
    match hook.wait().expect("its end").code() {
        Some(code) => format!("{code} {}", message.trim_end().replace('\n', "; ")),
        None => "killed ".to_owned(),
    }
}

/// Waits. This is more exact than a sleep.
fn spin(duration: Duration) {
    let start = Instant::now();
    while start.elapsed() < duration {
        std::hint::spin_loop();
    }
}
