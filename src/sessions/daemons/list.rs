//! `sessions daemons list`: what every session's daemons do.

use std::fmt::Write as _;
use std::io::{self, Write as _};
use std::path::PathBuf;
use std::time::SystemTime;

use serde::Serialize;

use super::command::ListOptions;
use super::paths::DaemonsDir;
use super::set_state::{self, DaemonStatus};
use crate::display_text::{display_width, format_duration, make_harmless, pad_right, truncate};
use crate::environment;
use session_signals_reader::signal::is_session_id;
use session_signals_reader::timestamps;

/// What an empty table says.
const NOTHING: &str =
    "No session has daemons. `hooks install --daemons` starts those of session-daemons.json with every session.\n";

/// The format of the objects of `sessions daemons list --json`. It changes only if a member is removed or gets another meaning;
/// a new member does not change it.
const LIST_FORMAT: u32 = 1;

/// A line of the list. Members are added in later versions, never changed.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct DaemonLine {
    /// The format of this object: [`LIST_FORMAT`].
    pub format: u32,
    /// The daemon's name.
    pub name: String,
    /// Its session.
    pub session_id: String,
    /// Its process, while it runs.
    pub pid: Option<u32>,
    /// What it does.
    pub state: DaemonStatus,
    /// Since when, RFC 3339 in UTC.
    pub since: String,
    /// How long it has been running, in seconds.
    pub uptime_seconds: Option<u64>,
    /// How often it was started again.
    pub restarts: u32,
    /// What it printed.
    pub log: PathBuf,
}

/// Prints it.
///
/// # Errors
/// Where the environment names no configuration directory, or standard output cannot be written to.
pub fn print_list(options: &ListOptions) -> io::Result<()> {
    let config = environment::config_dir()?;
    let place = DaemonsDir::of_config_dir(&config.canonicalize().unwrap_or(config));
    let mut lines = read_lines(&place, SystemTime::now());
    lines.retain(|line| options.session.as_ref().is_none_or(|session| line.session_id == *session));
    let mut out = io::stdout().lock();
    if options.json {
        serde_json::to_writer(&mut out, &lines)?;
        return writeln!(out);
    }
    out.write_all(draw_table(&lines, environment::terminal_columns(), environment::wants_colour()).as_bytes())
}

/// Session by session, in the config's order.
fn read_lines(place: &DaemonsDir, now: SystemTime) -> Vec<DaemonLine> {
    let mut lines = Vec::new();
    for session in place.session_ids() {
        let Some(state) = set_state::read_state(place, &session) else { continue };
        let guarded = set_state::is_supervisor(place, &session, state.supervisor);
        // A name of another form would make the log another file's.
        for row in state.daemons.into_iter().filter(|row| is_session_id(&row.name)) {
            let living = row.process.filter(|process| guarded && process.is_alive());
            let process = living.filter(|process| process.is_child_of(state.supervisor));
            // What is not the guard's own is none of its daemons.
            let is_strange = living.is_some() && process.is_none();
            let uptime = now.duration_since(row.since).unwrap_or_default().as_secs();
            let log = place.log_path(&row.name, &session);
            lines.push(DaemonLine {
                format: LIST_FORMAT,
                name: row.name,
                session_id: session.clone(),
                pid: process.map(|process| process.pid),
                state: if guarded && !is_strange { row.status } else { DaemonStatus::Lost },
                since: humantime::format_rfc3339_millis(timestamps::clamp(row.since)).to_string(),
                uptime_seconds: process.map(|_| uptime),
                restarts: row.restarts,
                log,
            });
        }
    }
    lines
}

/// How a state looks: symbol, word, colour (an SGR code).
fn status_style(status: DaemonStatus) -> (&'static str, &'static str, u8) {
    match status {
        DaemonStatus::Running => ("●", "running", 32),
        DaemonStatus::Restarting => ("▲", "restarting", 33),
        DaemonStatus::Exited => ("○", "exited", 90),
        DaemonStatus::Failed => ("✗", "failed", 31),
        DaemonStatus::Lost => ("✗", "lost", 31),
    }
}

/// The table that a person looks at. `columns`: where lines end.
pub fn draw_table(lines: &[DaemonLine], columns: Option<usize>, colour: bool) -> String {
    if lines.is_empty() {
        return NOTHING.to_owned();
    }
    let cells = |line: &DaemonLine| {
        let or_none = |text: Option<String>| text.unwrap_or_else(|| "-".to_owned());
        [
            make_harmless(&line.name),
            line.session_id.chars().take(8).collect(),
            or_none(line.pid.map(|pid| pid.to_string())),
            or_none(line.uptime_seconds.map(|seconds| format_duration(std::time::Duration::from_secs(seconds)))),
            format!("{} restarts", line.restarts),
            make_harmless(&line.log.display().to_string()),
        ]
    };
    let rows: Vec<_> = lines.iter().map(|line| (line.state, cells(line))).collect();
    let mut table = String::new();
    for (state, cells) in &rows {
        let (symbol, word, sgr) = status_style(*state);
        let head = pad_right(&format!("{symbol} {word}"), 12);
        let widest = |at: usize| rows.iter().map(|row| display_width(&row.1[at])).max().unwrap_or_default();
        let padded: Vec<_> = (0..cells.len()).map(|at| pad_right(&cells[at], widest(at))).collect();
        let rest = format!("  {}", padded.join("  "));
        let rest = truncate(
            rest.trim_end(),
            columns.map_or(usize::MAX, |columns| columns.saturating_sub(display_width(&head))),
        );
        // Writing to a string cannot fail.
        let _ =
            if colour { writeln!(table, "\x1b[{sgr}m{head}\x1b[0m{rest}") } else { writeln!(table, "{head}{rest}") };
    }
    table
}
