//! One start of the real Claude Code, and what it cost.

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use session_signals_testing::claude::isolated_command;

/// How Claude Code is started.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum RunKind {
    /// `claude -p hi`, from the start to the end.
    Print,
    /// `claude` in a terminal, until it waits for the first prompt. Processor time and memory are those of one second more.
    Interactive,
}

impl RunKind {
    fn word(self) -> &'static str {
        match self {
            Self::Print => "print",
            Self::Interactive => "interactive",
        }
    }

    /// Understands the word.
    pub fn parse(word: &str) -> Self {
        if word == "print" { Self::Print } else { Self::Interactive }
    }

    /// Returns the words of the report.
    pub fn describe(self) -> &'static str {
        match self {
            Self::Print => "`claude -p hi`",
            Self::Interactive => "`claude`, until it waits",
        }
    }
}

/// What one start cost.
#[derive(Clone, Copy)]
pub struct ClaudeRun {
    pub wall_ms: u64,
    /// Of the process, and of those of its children that have ended.
    pub cpu_ms: u64,
    /// The most memory that the process had in use.
    pub memory_kib: u64,
}

impl ClaudeRun {
    /// Starts Claude Code in this home, in a network namespace of its own with the scripted API.
    pub fn measure(home: &Path, kind: RunKind, claude: &str) -> Self {
        let own = std::env::current_exe().expect("our own path").display().to_string();
        let mut command = isolated_command(home, &home.join("bin"), &[&own, "measure", kind.word(), claude]);
        command.current_dir(home.join("project"));
        let output = command.stdin(Stdio::null()).output().expect("unshare");
        let text = String::from_utf8_lossy(&output.stdout);
        let numbers: Vec<u64> = text.lines().last().unwrap_or_default().split(' ').flat_map(str::parse).collect();
        let [wall_ms, cpu_ms, memory_kib] = numbers[..] else {
            panic!("{text}{}", String::from_utf8_lossy(&output.stderr));
        };
        Self { wall_ms, cpu_ms, memory_kib }
    }
}

/// Starts Claude Code, and prints what it cost: milliseconds, milliseconds of the processor, and KiB.
pub fn measure_here(kind: RunKind, claude: &str) {
    let started = Instant::now();
    let (wall, (cpu_ms, memory_kib)) = match kind {
        RunKind::Print => {
            let mut child = Command::new(claude)
                .args(["-p", "hi"])
                .stdin(Stdio::null())
                .stdout(Stdio::null())
                .spawn()
                .expect("claude");
            let mut usage = (0, 0);
            // What the process used is gone with it, so it is read until the end.
            while child.try_wait().expect("the process").is_none() {
                usage = read_usage(child.id()).unwrap_or(usage);
                thread::sleep(Duration::from_millis(2));
            }
            (started.elapsed(), usage)
        }
        RunKind::Interactive => {
            let mut terminal = start_in_terminal(claude);
            let pid = wait_until_it_waits();
            let wall = started.elapsed();
            thread::sleep(Duration::from_secs(1));
            let usage = read_usage(pid).unwrap_or_default();
            let _ = Command::new("kill").args(["-KILL", &pid.to_string()]).status();
            let _ = terminal.kill();
            let _ = terminal.wait();
            (wall, usage)
        }
    };
    println!("{} {cpu_ms} {memory_kib}", wall.as_millis());
}

fn start_in_terminal(claude: &str) -> Child {
    let mut script = Command::new("script");
    script.args(["-q", "-e", "-f", "-c", &format!("exec '{claude}'"), "/dev/null"]);
    script.stdin(Stdio::piped()).stdout(Stdio::null()).spawn().expect("script")
}

/// Waits until the registry says that Claude Code waits, and returns its PID. There is no other process in this registry that lives.
fn wait_until_it_waits() -> u32 {
    let registry = Path::new(&std::env::var_os("HOME").expect("HOME")).join(".claude/sessions");
    let deadline = Instant::now() + Duration::from_secs(60);
    while Instant::now() < deadline {
        for entry in std::fs::read_dir(&registry).into_iter().flatten().flatten() {
            let text = fs_err::read_to_string(entry.path()).unwrap_or_default();
            let pid = entry.path().file_stem().and_then(|stem| stem.to_str()?.parse().ok());
            let is_alive = pid.is_some_and(|pid: u32| Path::new(&format!("/proc/{pid}")).exists());
            if let Some(pid) = pid.filter(|_| is_alive && text.contains("\"status\":\"idle\"")) {
                return pid;
            }
        }
        thread::sleep(Duration::from_millis(2));
    }
    panic!("Claude Code does not wait for a prompt");
}

/// Returns the processor time in milliseconds, and the most memory in KiB.
fn read_usage(pid: u32) -> Option<(u64, u64)> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let fields: Vec<u64> =
        stat.rsplit_once(')')?.1.split_whitespace().map(|field| field.parse().unwrap_or_default()).collect();
    // utime, stime, cutime and cstime, in ticks of ten milliseconds.
    let cpu_ms = fields.get(11..15)?.iter().sum::<u64>() * 10;
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let memory = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    Some((cpu_ms, memory.trim().strip_suffix(" kB")?.parse().ok()?))
}
