//! What `sessions` costs with very many of them, against listing and reading the same files.
//!
//! The two take turns; what counts is the ratio of medians.

use std::fmt::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// How many sessions; each has all four signals.
const SIZES: [u32; 3] = [100, 1_000, 10_000];

const TURNS: usize = 11;

/// At most so many times the cost of `ls -l` and reading the files.
const TARGET: f64 = 3.0;

fn main() {
    let mut costs = Vec::new();
    println!("\n| times `ls -l` and `cat` | `sessions --all` | both | us a session | sessions |");
    println!("| ---: | ---: | ---: | ---: | ---: |");
    for sessions in SIZES {
        let home = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).expect("a directory");
        fill(home.path(), sessions);
        let (list, read) = take_turns(home.path());
        let each = list.as_secs_f64() * 1e6 / f64::from(sessions);
        costs.push((list.as_secs_f64() / read.as_secs_f64(), each));
        println!("| {:.2} | {list:.1?} | {read:.1?} | {each:.1} | {sessions} |", costs[costs.len() - 1].0);
    }
    let [.., (_, each_of_few), (ratio, each_of_many)] = costs[..] else { return };
    let verdict = |met: bool| if met { "met" } else { "MISSED" };
    println!(
        "\n{}: 40,000 signals take {ratio:.2} times as long as listing and reading them (target: at most {TARGET})",
        verdict(ratio <= TARGET)
    );
    let growth = each_of_many / each_of_few;
    println!(
        "{}: ten times the sessions cost {growth:.2} times as much each (target: linear, at most 1.5)",
        verdict(growth <= 1.5)
    );
}

/// A spool as the hooks leave it, but with all four signals for each session.
fn fill(home: &Path, sessions: u32) {
    let spool = home.join("session-signals");
    fs_err::create_dir(&spool).expect("the spool");
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
            fs_err::write(spool.join(format!("{id}.{kind}.json")), text).expect("a signal");
        }
    }
}

/// The medians of `sessions --all --json`, and of `ls -l` and `cat` together.
fn take_turns(home: &Path) -> (Duration, Duration) {
    let mut times = [Vec::new(), Vec::new()];
    for _ in 0..TURNS {
        let mut list = Command::new(env!("CARGO_BIN_EXE_sessions"));
        list.args(["--all", "--json"]);
        let mut read = Command::new("sh");
        read.args(["-c", "cd session-signals && ls -l && find . -type f -exec cat {} +"]);
        for (times, command) in times.iter_mut().zip([&mut list, &mut read]) {
            let start = Instant::now();
            let status = command.current_dir(home).env("CLAUDE_CONFIG_DIR", home).stdout(Stdio::null()).status();
            times.push(start.elapsed());
            assert!(status.expect("it starts").success());
        }
    }
    let [list, read] = times.map(|mut times| {
        times.sort();
        times[TURNS / 2]
    });
    (list, read)
}
