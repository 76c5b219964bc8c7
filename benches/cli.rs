//! What stands for a CLI: this executable by another name, which starts hooks as its children.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

/// By this name the executable is a CLI.
const NAME: &str = "claude";

/// How a hook ended.
#[derive(Debug)]
pub enum Outcome {
    /// With exit 0.
    Done,
    /// With another code; what it said.
    Failed(String),
    /// Killed by us.
    Killed,
}

/// What a hook is told, and the executable's name.
pub struct Call<'a> {
    pub hook: &'a str,
    pub payload: &'a str,
}

/// One CLI process, killed at the end.
pub struct Cli {
    process: Child,
    calls: ChildStdin,
    outcomes: BufReader<ChildStdout>,
}

impl Cli {
    /// Makes the name, in this directory.
    pub fn install(directory: &Path) -> PathBuf {
        let link = directory.join(NAME);
        symlink(std::env::current_exe().expect("an executable"), &link).expect("a link");
        link
    }

    /// Starts one whose hooks write into this configuration directory.
    pub fn start(executable: &Path, home: &Path) -> Self {
        let mut command = Command::new(executable);
        command.env_clear().env("CLAUDE_CONFIG_DIR", home).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut process = command.spawn().expect("it starts");
        let calls = process.stdin.take().expect("its stdin");
        let outcomes = BufReader::new(process.stdout.take().expect("its stdout"));
        Self { process, calls, outcomes }
    }

    /// Runs a hook, and kills it after so long where it is not done by then.
    pub fn run(&mut self, call: &Call, kill_after: Option<Duration>) -> Outcome {
        self.begin(call, kill_after);
        let mut line = String::new();
        self.outcomes.read_line(&mut line).expect("an outcome");
        match line.trim_end_matches('\n').split_once(' ').expect("a code") {
            ("0", "") => Outcome::Done,
            ("killed", _) => Outcome::Killed,
            (code, said) => Outcome::Failed(format!("exit {code}: {said}")),
        }
    }

    /// Starts a hook, is killed after so long, and ends when the hook has ended, too.
    pub fn die_in(mut self, call: &Call, after: Duration) {
        self.begin(call, None);
        wait(after);
        self.process.kill().expect("it dies");
        // The hook has the other end as its stdout.
        let _ = self.outcomes.read_to_end(&mut Vec::new());
    }

    fn begin(&mut self, Call { hook, payload }: &Call, kill_after: Option<Duration>) {
        let micros = kill_after.map_or_else(|| "-".to_owned(), |after| after.as_micros().to_string());
        self.calls.write_all(format!("{micros} {hook} {payload}\n").as_bytes()).expect("it reads");
    }
}

impl Drop for Cli {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Where this process has the name of a CLI: lives as one until stdin ends.
pub fn live_if_named() {
    let name = std::env::args_os().next().map(PathBuf::from);
    if name.as_deref().and_then(Path::file_name).is_none_or(|name| name != NAME) {
        return;
    }
    for line in std::io::stdin().lines().map_while(Result::ok) {
        let parts: Vec<_> = line.splitn(3, ' ').collect();
        let [micros, hook, payload] = parts[..] else { break };
        println!("{}", run(hook, payload, micros.parse().ok().map(Duration::from_micros)));
    }
    std::process::exit(0);
}

/// Runs a hook: its exit code or `killed`, and the first line on stderr.
fn run(hook: &str, payload: &str, kill_after: Option<Duration>) -> String {
    // All it needs is in the pipe before it starts; the end stays open, as the CLI leaves it.
    let (reader, mut writer) = std::io::pipe().expect("a pipe");
    writeln!(writer, "{payload}").expect("room in the pipe");
    let executable = Path::new(env!("CARGO_BIN_EXE_hook-stop")).with_file_name(hook);
    // Its stdout is ours: what it says there would be no outcome.
    let mut hook = Command::new(executable).stdin(reader).stderr(Stdio::piped()).spawn().expect("a hook");
    if let Some(after) = kill_after {
        wait(after);
        hook.kill().expect("a child");
    }
    let mut said = String::new();
    hook.stderr.take().expect("its stderr").read_to_string(&mut said).expect("text");
    match hook.wait().expect("its end").code() {
        Some(code) => format!("{code} {}", said.trim_end().replace('\n', "; ")),
        None => "killed ".to_owned(),
    }
}

/// Waits more exactly than a sleep.
fn wait(duration: Duration) {
    let start = Instant::now();
    while start.elapsed() < duration {
        std::hint::spin_loop();
    }
}
