//! How long does `sessions` take with very many sessions, compared with listing and reading the same files?
//!
//! The two take turns, and what counts is the ratio of the medians.

mod live_sessions;
mod signal_files;
mod verdict;

use std::fmt::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use live_sessions::LiveSessions;
use signal_files::{create_signal_dir, signal_path};
use verdict::verdict;

/// The numbers of sessions. Each session has all four signals.
const SIZES: [u32; 3] = [100, 1_000, 10_000];

const TURNS: usize = 11;

/// How many sessions live while `sessions line` is measured.
const LINE_SESSIONS: u32 = 100;

/// How often it is run.
const LINE_RUNS: usize = 51;

/// How long `sessions line` may take with them, as a whole process.
const LINE_TARGET: Duration = Duration::from_millis(5);

/// At most this many times the time of `ls -l` and reading the files.
const TARGET: f64 = 3.0;

/// At most this many times the time for each session if there are ten times as many.
const MAX_GROWTH: f64 = 1.5;

fn main() {
    let mut results = Vec::new();
    println!("\n| times `ls -l` and `cat` | `sessions --all` | both | us a session | sessions |");
    println!("| ---: | ---: | ---: | ---: | ---: |");
    for sessions in SIZES {
        let config_dir = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).expect("a directory");
        write_signals(config_dir.path(), sessions);
        let (list, read) = take_turns(config_dir.path());
        let ratio = list.as_secs_f64() / read.as_secs_f64();
        let per_session = list.as_secs_f64() * 1e6 / f64::from(sessions);
        results.push((ratio, per_session));
        println!("| {ratio:.2} | {list:.1?} | {read:.1?} | {per_session:.1} | {sessions} |");
    }
    let [.., (_, per_session_of_few), (ratio, per_session_of_many)] = results[..] else { return };
    let text =
        format!("40,000 signals take {ratio:.2} times as long as listing and reading them (target: at most {TARGET})");
    println!("\n{}", verdict(ratio <= TARGET, &text));
    let growth = per_session_of_many / per_session_of_few;
    let text =
        format!("ten times the sessions cost {growth:.2} times as much each (target: linear, at most {MAX_GROWTH})");
    println!("{}", verdict(growth <= MAX_GROWTH, &text));
    measure_line();
}

/// Measures `sessions line`, which a status bar runs again and again, and `true` in turns with it.
fn measure_line() {
    let config_dir = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).expect("a directory");
    let _sessions = LiveSessions::start(config_dir.path(), LINE_SESSIONS);
    let mut times = [Vec::new(), Vec::new()];
    for _ in 0..LINE_RUNS {
        let mut line = Command::new(env!("CARGO_BIN_EXE_sessions"));
        line.arg("line").env("CLAUDE_CONFIG_DIR", config_dir.path());
        for (times, command) in times.iter_mut().zip([&mut line, &mut Command::new("true")]) {
            let start = Instant::now();
            assert!(command.stdout(Stdio::null()).status().expect("a process").success());
            times.push(start.elapsed());
        }
    }
    let [line, nothing] = times.map(median);
    println!("\n| `sessions line` | `true` | sessions that live |\n| ---: | ---: | ---: |");
    println!("| {line:.1?} | {nothing:.1?} | {LINE_SESSIONS} |\n");
    let text =
        format!("`sessions line` takes {line:.1?} with {LINE_SESSIONS} sessions (target: at most {LINE_TARGET:?})");
    println!("{}", verdict(line <= LINE_TARGET, &text));
}

/// Writes signals as the hooks do, but all four for each session.
fn write_signals(config_dir: &Path, sessions: u32) {
    create_signal_dir(config_dir).expect("the signal directory");
    for number in 0..sessions {
        for (kind, event) in [
            ("working", "UserPromptSubmit"),
            ("permission", "PermissionRequest"),
            ("stop", "Stop"),
            ("ended", "SessionEnd"),
        ] {
            let id = format!("0cc11bc4-3864-478d-bc8b-{number:012}");
            let mut text = format!(
                r#"{{"session_id":"{id}","transcript_path":"/home/dev/.claude/projects/-home-dev-work/{id}.jsonl","cwd":"/home/dev/work","hook_event_name":"{event}","prompt":"#
            );
            let _ = write!(text, r#""{}","pending":[],"claude_pid":4194300,"claude_start":17}}"#, "x".repeat(200));
            fs_err::write(signal_path(config_dir, &id, kind), text).expect("a signal");
        }
    }
}

/// Returns the median times of `sessions --all --json`, and of `ls -l` and `cat` together.
fn take_turns(config_dir: &Path) -> (Duration, Duration) {
    let mut times = [Vec::new(), Vec::new()];
    for _ in 0..TURNS {
        let mut list = Command::new(env!("CARGO_BIN_EXE_sessions"));
        list.args(["--all", "--json"]);
        let mut read = Command::new("sh");
        read.args(["-c", "cd session-signals && ls -l && find . -type f -exec cat {} +"]);
        for (times, command) in times.iter_mut().zip([&mut list, &mut read]) {
            let start = Instant::now();
            command.current_dir(config_dir).env("CLAUDE_CONFIG_DIR", config_dir).stdout(Stdio::null());
            let status = command.status();
            times.push(start.elapsed());
            assert!(status.expect("it starts").success());
        }
    }
    let [list, read] = times.map(median);
    (list, read)
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times[times.len() / 2]
}
