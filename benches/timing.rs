//! Wall time from spawn to the end of wait, in turns.

use std::io::Write as _;
use std::path::PathBuf;
use std::process::{Child, Command};
use std::time::Instant;

use crate::contenders::{Contender, FLOOR};
use crate::home::Home;

const ROUNDS: usize = 600;
/// Scripts take part in one round of so many.
const SCRIPT_ROUNDS: usize = 20;

/// What a contender took, in microseconds, shortest first.
pub struct Row {
    pub name: &'static str,
    times: Vec<f64>,
}

impl Row {
    pub fn median(&self) -> f64 {
        self.times[self.times.len() / 2]
    }
}

/// Every contender in every round, each time beginning with another one.
pub fn take_turns(contenders: &[Contender], home: &Home) -> Vec<Row> {
    let mut rows: Vec<_> = contenders.iter().map(|one| Row { name: one.name, times: Vec::new() }).collect();
    for round in 0..ROUNDS {
        for turn in 0..contenders.len() {
            let at = (round + turn) % contenders.len();
            if !contenders[at].is_script || round % SCRIPT_ROUNDS == 0 {
                rows[at].times.push(measure(&contenders[at], home));
            }
        }
    }
    for row in &mut rows {
        row.times.sort_by(f64::total_cmp);
    }
    rows
}

fn measure(contender: &Contender, home: &Home) -> f64 {
    let Contender { name, command, scenario, .. } = contender;
    home.prepare(scenario);
    let mut command = prepare(command, &scenario.payload, home);
    let start = Instant::now();
    let status = command.spawn().unwrap().wait().unwrap();
    let took = start.elapsed();
    assert!(status.success(), "{name}: {status}");
    assert!(home.kinds(&scenario.session).iter().eq(scenario.after), "{name} did not do its work");
    took.as_secs_f64() * 1e6
}

/// Starts a command with `payload` on stdin.
pub fn spawn(command: &[PathBuf], payload: &str, home: &Home) -> Child {
    prepare(command, payload, home).spawn().unwrap()
}

/// All that need not be timed: the payload is in the pipe before the process starts.
fn prepare(command: &[PathBuf], payload: &str, home: &Home) -> Command {
    let (reader, mut writer) = std::io::pipe().unwrap();
    writeln!(writer, "{payload}").unwrap();
    let mut prepared = Command::new(&command[0]);
    prepared.args(&command[1..]).stdin(reader);
    prepared.env_clear().env("HOME", home.path()).env("PATH", std::env::var_os("PATH").unwrap_or_default());
    // This process stands for the CLI, and says so as the CLI does.
    prepared.env("CLAUDE_PID", std::process::id().to_string());
    prepared
}

/// Ratios first.
pub fn print(rows: &[Row]) {
    let floor = rows.iter().find(|row| row.name == FLOOR).map(Row::median);
    println!("| times the floor | median | quartiles | runs | |\n| ---: | ---: | ---: | ---: | --- |");
    for row in rows {
        let ratio = floor.map_or_else(|| "-".to_owned(), |floor| format!("{:.2}", row.median() / floor));
        let quartile = |part: usize| row.times[row.times.len() * part / 4];
        let (median, low, high, runs) = (row.median(), quartile(1), quartile(3), row.times.len());
        println!("| {ratio} | {median:.0} us | {low:.0} to {high:.0} | {runs} | {} |", row.name);
    }
}
