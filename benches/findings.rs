//! What the soak found, as Markdown, and whether it is as it must be.

use std::path::Path;
use std::process::Command;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime};

use crate::life::Session;
use crate::readers::{Faults, temporaries};
use crate::world::World;

/// From this look on, in seconds, the server must need no more.
const STEADY: u64 = 15;

/// What is there at the end.
pub struct Run {
    pub sessions: Vec<Session>,
    pub fired: u32,
    pub took: Duration,
    /// How often the server was killed.
    pub kills: usize,
    pub looks: Vec<Look>,
    pub faults: Faults,
    pub quiet_after: Duration,
}

/// The server at one moment.
pub struct Look {
    /// Since the start of all.
    pub second: u64,
    /// In KiB.
    pub resident: u64,
    pub descriptors: usize,
    /// In seconds.
    pub processor: f64,
}

/// Prints what was found; whether it is as it must be.
pub fn print(run: &Run, world: &World, log: &Path) -> bool {
    let counts = &world.counts;
    let get = |count: &AtomicU64| count.load(Ordering::Relaxed);
    let killed = get(&counts.killed_hooks);
    let left = temporaries(&world.spool());
    let log = fs_err::read_to_string(log).unwrap_or_default();
    let unsettled = run.sessions.iter().filter(|session| session.possible.0.len() > 1).count();
    println!("\n| | |\n| --- | ---: |");
    println!("| events fired | {} |", run.fired);
    println!("| of them a second | {:.0} |", f64::from(run.fired) / run.took.as_secs_f64());
    println!("| hooks that exited 0 | {} |", get(&counts.done));
    println!("| hooks that failed on a full disk | {} |", get(&counts.failed_on_full_disk));
    println!("| hooks killed at work | {} |", get(&counts.killed_hooks));
    println!("| CLIs killed, most while their hook ran | {} |", get(&counts.killed_clis));
    println!("| `sessions serve` killed and started again | {} |", run.kills);
    println!("| signals that `serve` healed | {} |", log.matches("repaired ").count());
    println!("| temporary files left by killed hooks | {left} |");
    println!("| sessions of which a killed hook leaves more than one state open | {unsettled} |");
    println!("| until every reader knew the end of every session | {:.1?} |", run.quiet_after);
    println!("\n| second | resident | descriptors | processor time |\n| ---: | ---: | ---: | ---: |");
    for Look { second, resident, descriptors, processor } in &run.looks {
        println!("| {second} | {resident} KiB | {descriptors} | {processor:.1} s |");
    }
    println!();
    let errors = counts.errors.lock().expect("no panic");
    for fault in run.faults.lost.iter().chain(&run.faults.wrong).chain(errors.iter()).take(40) {
        println!("{fault}");
    }
    let verdict = |met: bool, what: String| {
        println!("{}: {what}", if met { "met" } else { "MISSED" });
        met
    };
    let steady = run.looks.iter().find(|look| look.second == STEADY);
    let flat = steady.zip(run.looks.last());
    let flat = flat.is_some_and(|(first, last)| last.resident <= first.resident * 11 / 10 + 1024);
    let same = steady.zip(run.looks.last()).is_some_and(|(first, last)| last.descriptors <= first.descriptors);
    [
        verdict(run.faults.lost.is_empty(), format!("{} sessions lost", run.faults.lost.len())),
        verdict(run.faults.wrong.is_empty(), format!("{} final states wrong", run.faults.wrong.len())),
        verdict(get(&counts.changed) == 0, format!("{} failed hooks changed something", get(&counts.changed))),
        verdict(errors.is_empty(), format!("{} hooks failed for another reason", errors.len())),
        verdict(left as u64 <= killed, format!("{left} temporary files of {killed} killed hooks")),
        verdict(are_mended(&world.home), "`hooks doctor --fix` removes them".to_owned()),
        verdict(flat, format!("resident memory at the end as after {STEADY} s (10 % and 1 MiB more at most)")),
        verdict(same, format!("descriptors at the end as after {STEADY} s")),
    ]
    .iter()
    .all(|met| *met)
}

/// Whether `hooks doctor --fix` takes away the temporary files, once they are old.
fn are_mended(home: &Path) -> bool {
    let spool = home.join("session-signals");
    let old = SystemTime::now() - Duration::from_secs(120);
    for entry in fs_err::read_dir(&spool).expect("the spool").flatten() {
        if entry.file_name().as_encoded_bytes().starts_with(b".") {
            let file = fs_err::File::options().write(true).open(entry.path()).expect("a file");
            file.file().set_modified(old).expect("its time");
        }
    }
    // It has more to find fault with: nothing is installed.
    let mut doctor = Command::new(env!("CARGO_BIN_EXE_hooks"));
    let _ = doctor.args(["doctor", "--fix"]).env("CLAUDE_CONFIG_DIR", home).env("HOME", home).output();
    temporaries(&spool) == 0
}
