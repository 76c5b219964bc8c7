//! What does the plugin cost when Claude Code starts: time, processor time and memory, with and without the plugin?
//!
//! Two homes have the same hooks, and one of them has the plugin. The real Claude Code runs in them by turns, against a scripted
//! API in a network namespace.

mod claude_run;
mod verdict;

use std::process::Command;
use std::time::Duration;

use claude_run::{ClaudeRun, RunKind, measure_here};
use session_signals_testing::claude::{claude_command, first_run_answers};
use tempfile::TempDir;
use verdict::verdict;

/// How often each kind of start is measured with and without the plugin.
const RUNS: usize = 20;

/// The plugin would be a part of every installation if it made `claude -p` at most this much longer.
const TARGET: Duration = Duration::from_millis(30);

/// The test that lives this life.
const LIFE: &str = "the_signals_alone_are_right_with_the_plugin";

/// How soon after Claude Code's own account the signals alone must be right, in milliseconds: the median, and the longest time.
const MEDIAN_MS: u64 = 50;
const LONGEST_MS: u64 = 500;

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    if let Some([kind, claude]) = arguments.get(2..).filter(|_| arguments[1] == "measure") {
        return measure_here(RunKind::parse(kind), claude);
    }
    let claude = claude_command(session_signals_cli::NEWEST_TESTED_CLI);
    let homes = [create_home(&claude, false), create_home(&claude, true)];
    println!("\n| | | without | with | difference |\n| --- | --- | ---: | ---: | ---: |");
    let mut print_difference = Duration::ZERO;
    for kind in [RunKind::Print, RunKind::Interactive] {
        let mut runs = [Vec::new(), Vec::new()];
        for _ in 0..=RUNS {
            for (runs, home) in runs.iter_mut().zip(&homes) {
                runs.push(ClaudeRun::measure(home.path(), kind, &claude));
            }
        }
        // The first run of each home writes files that the later ones read.
        let runs = runs.map(|runs| runs[1..].to_vec());
        let difference = print_rows(kind, &runs);
        if kind == RunKind::Print {
            print_difference = difference;
        }
    }
    let text = format!(
        "the plugin makes `claude -p` {print_difference:.0?} longer (target for a part of every installation: at most {TARGET:?})"
    );
    println!("\n{}", verdict(print_difference <= TARGET, &text));
    judge_delays();
}

/// Runs the life of the tests with the plugin and without a server, and judges how soon the signals were right in each situation.
fn judge_delays() {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut scenario = Command::new(cargo);
    scenario.args(["test", "--quiet", "--test", "integration", "--", "--ignored", "--show-output", LIFE]);
    let output = scenario.current_dir(env!("CARGO_MANIFEST_DIR")).output().expect("cargo");
    let text = String::from_utf8_lossy(&output.stdout);
    let Some(line) = text.lines().find(|line| line.contains(" steps right, median ")) else {
        println!("{}", verdict(false, "the life with the plugin did not end"));
        return;
    };
    let numbers: Vec<u64> = line.split(' ').flat_map(str::parse).collect();
    let is_met = matches!(numbers[..], [_, median, longest] if median < MEDIAN_MS && longest <= LONGEST_MS);
    let text =
        format!("the signals alone: {line} (target: median under {MEDIAN_MS} ms, longest at most {LONGEST_MS} ms)");
    println!("{}", verdict(is_met, &text));
}

/// Prints the medians, and returns the difference in time.
fn print_rows(kind: RunKind, [without, with]: &[Vec<ClaudeRun>; 2]) -> Duration {
    let median = |runs: &[ClaudeRun], value: fn(&ClaudeRun) -> u64| {
        let mut values: Vec<_> = runs.iter().map(value).collect();
        values.sort_unstable();
        values[values.len() / 2]
    };
    let row = |name: &str, unit: &str, value: fn(&ClaudeRun) -> u64| {
        let (before, after) = (median(without, value), median(with, value));
        let difference = after.cast_signed() - before.cast_signed();
        println!("| {} | {name} | {before} {unit} | {after} {unit} | {difference:+} {unit} |", kind.describe());
        difference
    };
    let time = row("time", "ms", |run| run.wall_ms);
    row("processor time", "ms", |run| run.cpu_ms);
    row("memory at most", "MiB", |run| run.memory_kib / 1024);
    Duration::from_millis(u64::try_from(time).unwrap_or_default())
}

/// Makes a home with the hooks, and with the plugin if that is asked for.
fn create_home(claude: &str, with_plugin: bool) -> TempDir {
    let home = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).expect("a directory");
    let path = |name: &str| home.path().join(name);
    for directory in [".claude", "project", "bin"] {
        fs_err::create_dir(path(directory)).expect("a directory");
    }
    fs_err::write(path(".claude.json"), first_run_answers(&[path("project")])).expect("a file");
    std::os::unix::fs::symlink(claude, path("bin/claude")).expect("a symbolic link");
    let mut hooks = Command::new(env!("CARGO_BIN_EXE_hooks"));
    hooks.arg("install").args(with_plugin.then_some("--plugin")).current_dir(path("project"));
    let search_path = format!("{}:{}", path("bin").display(), std::env::var("PATH").unwrap_or_default());
    hooks.env_clear().env("HOME", home.path()).env("PATH", search_path);
    let output = hooks.output().expect("hooks");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    home
}
