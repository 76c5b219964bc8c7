//! Measures the wall time of each candidate from spawn to the end of wait. The candidates take turns.

use std::time::Instant;

use crate::candidates::{Candidate, FLOOR};
use crate::home_directory::HomeDirectory;
use crate::payload_command::with_payload;

const ROUNDS: usize = 600;
/// Scripts run in one of this many rounds.
const SCRIPT_ROUNDS: usize = 20;

/// The times of one candidate, in microseconds, the shortest first.
pub struct Times {
    pub name: &'static str,
    times: Vec<f64>,
}

impl Times {
    pub fn median(&self) -> f64 {
        self.times[self.times.len() / 2]
    }
}

/// Runs every candidate in every round. Each round begins with another candidate.
pub fn take_turns(candidates: &[Candidate], home: &HomeDirectory) -> Vec<Times> {
    let mut rows: Vec<_> =
        candidates.iter().map(|candidate| Times { name: candidate.name, times: Vec::new() }).collect();
    for round in 0..ROUNDS {
        for turn in 0..candidates.len() {
            let at = (round + turn) % candidates.len();
            if !candidates[at].is_script || round % SCRIPT_ROUNDS == 0 {
                rows[at].times.push(measure(&candidates[at], home));
            }
        }
    }
    for row in &mut rows {
        row.times.sort_by(f64::total_cmp);
    }
    rows
}

/// Returns the time of one run, in microseconds. Panics if the candidate did not do its work.
fn measure(candidate: &Candidate, home: &HomeDirectory) -> f64 {
    let Candidate { name, program, scenario, .. } = candidate;
    scenario.prepare(home);
    let mut command = with_payload(program, &scenario.payload, home);
    let start = Instant::now();
    let status = command.spawn().unwrap().wait().unwrap();
    let duration = start.elapsed();
    assert!(status.success(), "{name}: {status}");
    assert!(home.kinds(&scenario.session).iter().eq(scenario.after), "{name} did not do its work");
    duration.as_secs_f64() * 1e6
}

/// Prints a table. The ratio to the floor comes first, because it is what counts.
pub fn print_times(rows: &[Times]) {
    let floor = rows.iter().find(|row| row.name == FLOOR).map(Times::median);
    println!("| times the floor | median | quartiles | runs | |\n| ---: | ---: | ---: | ---: | --- |");
    for row in rows {
        let ratio = floor.map_or_else(|| "-".to_owned(), |floor| format!("{:.2}", row.median() / floor));
        let quartile = |part: usize| row.times[row.times.len() * part / 4];
        let (median, low, high, runs) = (row.median(), quartile(1), quartile(3), row.times.len());
        println!("| {ratio} | {median:.0} us | {low:.0} to {high:.0} | {runs} | {} |", row.name);
    }
}
