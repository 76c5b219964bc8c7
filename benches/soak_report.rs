//! Prints the result of the soak as Markdown, and judges it.

use std::path::Path;
use std::process::Command;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime};

use crate::compare_readers::{Mismatches, count_temporaries};
use crate::sandbox::Sandbox;
use crate::signal_files::signal_dir;
use crate::simulated_session::SimulatedSession;
use crate::verdict::verdict;

/// From this second on, the server must need no more memory and descriptors.
const STEADY_SECOND: u64 = 15;

/// The result of the soak.
pub struct SoakResult {
    pub sessions: Vec<SimulatedSession>,
    /// How many events there were.
    pub events: u32,
    /// How long they took.
    pub duration: Duration,
    /// How often the server was killed.
    pub server_kills: usize,
    pub samples: Vec<ServerSample>,
    pub mismatches: Mismatches,
    /// The time from the last event until every reader said what the model says.
    pub settled_after: Duration,
}

/// What the server needed at one time.
pub struct ServerSample {
    /// Seconds since the start of the soak.
    pub second: u64,
    /// Resident memory, in KiB.
    pub resident: u64,
    pub descriptors: usize,
    /// Processor time, in seconds.
    pub processor: f64,
}

/// Prints the result. Returns whether every target is met. `log` is what the server wrote to stderr.
pub fn print_result(result: &SoakResult, sandbox: &Sandbox, log: &Path) -> bool {
    let temporaries = count_temporaries(&sandbox.config_dir);
    print_counts(result, sandbox, temporaries, log);
    println!("\n| second | resident | descriptors | processor time |\n| ---: | ---: | ---: | ---: |");
    for ServerSample { second, resident, descriptors, processor } in &result.samples {
        println!("| {second} | {resident} KiB | {descriptors} | {processor:.1} s |");
    }
    println!();
    let errors = sandbox.counts.errors.lock().expect("no panic");
    let mismatches = &result.mismatches;
    for line in mismatches.lost.iter().chain(&mismatches.wrong).chain(errors.iter()).take(40) {
        println!("{line}");
    }
    let steady = result.samples.iter().find(|sample| sample.second == STEADY_SECOND).zip(result.samples.last());
    let is_memory_steady = steady.is_some_and(|(first, last)| last.resident <= first.resident * 11 / 10 + 1024);
    let are_descriptors_steady = steady.is_some_and(|(first, last)| last.descriptors <= first.descriptors);
    let changed = load(&sandbox.counts.failed_hooks_with_changes);
    let killed = load(&sandbox.counts.hooks_killed);
    let judge = |is_met: bool, text: &str| {
        println!("{}", verdict(is_met, text));
        is_met
    };
    [
        judge(mismatches.lost.is_empty(), &format!("{} sessions lost", mismatches.lost.len())),
        judge(mismatches.wrong.is_empty(), &format!("{} final states wrong", mismatches.wrong.len())),
        judge(changed == 0, &format!("{changed} failed hooks changed something")),
        judge(errors.is_empty(), &format!("{} hooks failed for another reason", errors.len())),
        judge(temporaries as u64 <= killed, &format!("{temporaries} temporary files of {killed} killed hooks")),
        judge(does_doctor_remove_temporaries(&sandbox.config_dir), "`hooks doctor --fix` removes them"),
        judge(
            is_memory_steady,
            &format!("resident memory at the end as after {STEADY_SECOND} s (10 % and 1 MiB more at most)"),
        ),
        judge(are_descriptors_steady, &format!("descriptors at the end as after {STEADY_SECOND} s")),
    ]
    .iter()
    .all(|is_met| *is_met)
}

fn print_counts(result: &SoakResult, sandbox: &Sandbox, temporaries: usize, log: &Path) {
    let counts = &sandbox.counts;
    let log = fs_err::read_to_string(log).unwrap_or_default();
    let uncertain = result.sessions.iter().filter(|session| session.possible.0.len() > 1).count();
    println!("\n| | |\n| --- | ---: |");
    println!("| events | {} |", result.events);
    println!("| events a second | {:.0} |", f64::from(result.events) / result.duration.as_secs_f64());
    println!("| hooks that exited with 0 | {} |", load(&counts.hooks_done));
    println!("| hooks that failed on a full disk | {} |", load(&counts.hooks_failed_on_full_disk));
    println!("| hooks killed while they ran | {} |", load(&counts.hooks_killed));
    println!("| CLIs killed, most while their hook ran | {} |", load(&counts.clis_killed));
    println!("| `sessions serve` killed and started again | {} |", result.server_kills);
    println!("| sessions that `serve` repaired | {} |", log.matches(REPAIR_MESSAGE).count());
    println!("| temporary files left by killed hooks | {temporaries} |");
    println!("| sessions with more than one possible state after a killed hook | {uncertain} |");
    println!("| until every reader knew the end of every session | {:.1?} |", result.settled_after);
}

/// How a line of the server's log begins that reports a repair.
const REPAIR_MESSAGE: &str = "repaired ";

fn load(count: &AtomicU64) -> u64 {
    count.load(Ordering::Relaxed)
}

/// Makes the temporary files look old and runs `hooks doctor --fix`. Returns whether it removes them.
fn does_doctor_remove_temporaries(config_dir: &Path) -> bool {
    let old = SystemTime::now() - Duration::from_secs(120);
    for entry in fs_err::read_dir(signal_dir(config_dir)).expect("the signal directory").flatten() {
        if entry.file_name().as_encoded_bytes().starts_with(b".") {
            let file = fs_err::File::options().write(true).open(entry.path()).expect("a file");
            file.file().set_modified(old).expect("its time");
        }
    }
    let mut doctor = Command::new(env!("CARGO_BIN_EXE_hooks"));
    doctor.args(["doctor", "--fix"]).env("CLAUDE_CONFIG_DIR", config_dir).env("HOME", config_dir);
    // doctor also finds that nothing is installed, so its exit code does not matter.
    let _ = doctor.output();
    count_temporaries(config_dir) == 0
}
