//! `hooks doctor --cost`: what each hook costs a turn, by what Claude Code itself has recorded.

mod recorded_runs;

use std::time::{Duration, SystemTime};

use serde::Serialize;
use session_signals_cli::ExitStatus;

use crate::command_line::DoctorOptions;
use crate::environment::Environment;
use crate::output::{self, JSON_FORMAT};
use crate::paint::Paint;
use recorded_runs::{HookKey, RecordedRuns};

/// What is not recorded.
const NOTE: &str = "Claude Code records the time of a hook that prints something, and of all hooks of Stop. \
                    Other runs are not in its records. Hooks of one event run at the same time.";

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// The result, as `--json` prints it. docs/json.md documents the members.
#[derive(Serialize)]
struct CostReport {
    format: u32,
    days: u32,
    transcripts: usize,
    turns: usize,
    hooks: Vec<HookCost>,
    notes: Vec<String>,
}

/// What one hook costs.
#[derive(Serialize)]
struct HookCost {
    event: String,
    command: String,
    runs: usize,
    total_ms: u64,
    median_ms: u64,
    slowest_ms: u64,
    /// All its time divided by the number of turns.
    ms_per_turn: f64,
}

/// Prints the hooks, the most expensive one first.
#[must_use]
pub fn print_cost(env: &Environment, options: &DoctorOptions) -> ExitStatus {
    let since = SystemTime::now().checked_sub(DAY * options.days).unwrap_or(SystemTime::UNIX_EPOCH);
    let runs = RecordedRuns::read(&env.config_dir, since);
    let report = CostReport {
        format: JSON_FORMAT,
        days: options.days,
        transcripts: runs.transcripts,
        turns: runs.turns,
        notes: vec![NOTE.to_owned()],
        hooks: rank_hooks(runs),
    };
    if options.json {
        output::print_json(&report);
    } else {
        output::print_lines(&describe(&report, Paint(env.wants_colour)));
    }
    ExitStatus::Success
}

/// Returns the hooks, the one that costs a turn most first.
fn rank_hooks(runs: RecordedRuns) -> Vec<HookCost> {
    let turns = runs.turns.max(1);
    let cost = |((event, command), mut durations): (HookKey, Vec<u64>)| {
        durations.sort_unstable();
        let total_ms = durations.iter().sum();
        #[expect(clippy::cast_precision_loss, reason = "the times of hooks are far below 2^53 ms")]
        let ms_per_turn = (total_ms as f64 / turns as f64 * 10.0).round() / 10.0;
        HookCost {
            event,
            command,
            runs: durations.len(),
            total_ms,
            median_ms: durations[durations.len() / 2],
            slowest_ms: durations[durations.len() - 1],
            ms_per_turn,
        }
    };
    let mut hooks: Vec<_> = runs.durations.into_iter().map(cost).collect();
    hooks.sort_by_key(|hook| std::cmp::Reverse(hook.total_ms));
    hooks
}

fn describe(report: &CostReport, paint: Paint) -> Vec<String> {
    let CostReport { days, transcripts, turns, hooks, .. } = report;
    if hooks.is_empty() {
        return vec![format!("No hook was timed in the last {days} days."), paint.dim(NOTE)];
    }
    let mut lines = vec![
        format!("{turns} turns in {transcripts} transcripts of the last {days} days:"),
        String::new(),
        "ms a turn    runs  median ms  slowest ms  event             hook".to_owned(),
    ];
    lines.extend(hooks.iter().map(|hook| {
        let HookCost { event, command, runs, median_ms, slowest_ms, ms_per_turn, .. } = hook;
        let (event, command) = (output::harmless(event), output::harmless(command));
        format!("{ms_per_turn:>9.1} {runs:>7} {median_ms:>10} {slowest_ms:>11}  {event:<17} {command}")
    }));
    lines.extend([String::new(), paint.dim(NOTE)]);
    lines
}
