//! How long does a hook take, from spawn to exit, compared with the scripts that it replaces and with the floor?
//!
//! The floor is a program that makes the same system calls and decides nothing. Times change with the machine's load,
//! so all candidates take turns, and what counts is the ratio of the medians. A missed target does not fail the bench;
//! it prints a line for each target. `cargo bench --bench hooks pending` runs only the last part, large waiting calls.

mod candidates;
mod counts;
mod home_directory;
mod payload_command;
mod pending_calls;
mod scenario;
mod signal_files;
mod timing;
mod verdict;

use candidates::{BASH, FLOOR, HOOK};
use home_directory::HomeDirectory;
use timing::Times;
use verdict::verdict;

/// The hook takes at most this many times as long as the floor.
const MAX_TIMES_FLOOR: f64 = 1.2;
/// The hook is at least this many times faster than bash and jq.
const MIN_TIMES_BASH: f64 = 80.0;

fn main() {
    let mut verdicts = Vec::new();
    if !std::env::args().any(|argument| argument == "pending") {
        for parent in [env!("CARGO_TARGET_TMPDIR"), "/dev/shm"] {
            let Ok(home) = HomeDirectory::create_in(parent) else {
                println!("skipped: no directory can be made in {parent}");
                continue;
            };
            let candidates = candidates::find_candidates(&home);
            let rows = timing::take_turns(&candidates, &home);
            println!("\nOn {}:\n", home.file_system);
            timing::print_times(&rows);
            verdicts.extend(judge(&home.file_system, &rows));
            if parent != "/dev/shm" {
                counts::print_counts(&candidates, &home);
            }
        }
    }
    verdicts.push(pending_calls::measure_and_print());
    println!("\n{}", verdicts.join("\n"));
}

/// Returns one line for each target.
fn judge(file_system: &str, rows: &[Times]) -> Vec<String> {
    let median = |name| rows.iter().find(|row| row.name == name).map(Times::median);
    let Some(hook) = median(HOOK) else { return Vec::new() };
    let floor = median(FLOOR).map(|floor| {
        let ratio = hook / floor;
        let text = format!(
            "on {file_system}, {HOOK} takes {ratio:.2} times as long as the floor (target: at most {MAX_TIMES_FLOOR})"
        );
        verdict(ratio <= MAX_TIMES_FLOOR, &text)
    });
    let bash = median(BASH).map(|script| {
        let ratio = script / hook;
        let text = format!(
            "on {file_system}, {HOOK} is {ratio:.0} times faster than bash and jq (target: at least {MIN_TIMES_BASH})"
        );
        verdict(ratio >= MIN_TIMES_BASH, &text)
    });
    floor.into_iter().chain(bash).collect()
}
