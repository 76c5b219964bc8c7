//! What a whole hook costs: spawn and wait, against the scripts it replaces and against the floor.
//!
//! Times drift with the machine, so all contenders take turns, and what counts is the ratio of medians.
//! Nothing is asserted of them; the verdicts are for a person to read. `cargo bench --bench hooks pending` runs the
//! last part alone.

mod contenders;
mod counts;
mod home;
mod pending;
mod timing;

use contenders::{BASH, FLOOR, HOOK};
use home::Home;
use timing::Row;

/// At most so many times the floor, and at least so many times faster than bash and jq.
const TARGETS: (f64, f64) = (1.2, 80.0);

fn main() {
    let mut verdicts = Vec::new();
    if std::env::args().any(|argument| argument == "pending") {
        pending::print(&mut verdicts);
        return println!("\n{}", verdicts.join("\n"));
    }
    for parent in [env!("CARGO_TARGET_TMPDIR"), "/dev/shm"] {
        let Ok(home) = Home::new_in(parent) else {
            println!("skipped: no directory can be made in {parent}");
            continue;
        };
        let contenders = contenders::all(&home);
        let rows = timing::take_turns(&contenders, &home);
        println!("\nOn {}:\n", home.file_system);
        timing::print(&rows);
        judge(&home.file_system, &rows, &mut verdicts);
        if parent != "/dev/shm" {
            counts::print(&contenders, &home);
        }
    }
    pending::print(&mut verdicts);
    println!("\n{}", verdicts.join("\n"));
}

/// One line for each target.
fn judge(file_system: &str, rows: &[Row], verdicts: &mut Vec<String>) {
    let median = |name| rows.iter().find(|row| row.name == name).map(Row::median);
    let (Some(hook), floor, script) = (median(HOOK), median(FLOOR), median(BASH)) else { return };
    let mut say = |met: bool, what| {
        verdicts.push(format!("{}: on {file_system}, {HOOK} {what}", if met { "met" } else { "MISSED" }));
    };
    let (most, least) = TARGETS;
    if let Some(ratio) = floor.map(|floor| hook / floor) {
        say(ratio <= most, format!("takes {ratio:.2} times as long as the floor (target: at most {most})"));
    }
    if let Some(ratio) = script.map(|script| script / hook) {
        say(ratio >= least, format!("is {ratio:.0} times faster than bash and jq (target: at least {least})"));
    }
}
