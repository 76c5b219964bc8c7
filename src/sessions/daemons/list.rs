//! `sessions daemons list`: lists the daemons of every session.

use std::io::{self, Write as _};
use std::path::PathBuf;
use std::time::{Duration, SystemTime};

use serde::Serialize;

use super::command::ListOptions;
use super::paths::DaemonsDir;
use super::set_state::{self, DaemonStatus};
use crate::display_text::{format_duration, make_harmless};
use crate::environment;
use crate::text_table::{StatusStyle, TableFormat, TableRow, draw_rows};
use session_signals_protocol::session_id::is_session_id;
use session_signals_reader::format_rfc3339;

/// Printed instead of a table without rows.
const NO_DAEMONS: &str = "No session has daemons. `hooks install --daemons` makes every session start the daemons of session-daemons.json.\n";

/// The width of the longest status.
const STATUS_WIDTH: usize = 12;

/// The format of the objects of `sessions daemons list --json`. The number changes only if a member is removed or gets another
/// meaning; a new member does not change it.
const LIST_FORMAT: u32 = 1;

/// A daemon in the list. Later versions add members to the JSON, but never change one.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ListedDaemon {
    /// The format of this object: [`LIST_FORMAT`].
    pub format: u32,
    pub name: String,
    pub session_id: String,
    /// The id of its process; `None` if it does not run.
    pub pid: Option<u32>,
    pub state: DaemonStatus,
    /// When it came into this state, in RFC 3339 and UTC.
    pub since: String,
    /// How long it has been running, in seconds; `None` if it does not run.
    pub uptime_seconds: Option<u64>,
    /// How often it was restarted.
    pub restarts: u32,
    /// The file with its output.
    pub log: PathBuf,
}

/// Prints the daemons of every session, or of the one that the options name.
///
/// # Errors
/// If the environment names no configuration directory, or standard output cannot be written to.
pub fn print_list(options: &ListOptions) -> io::Result<()> {
    // A configuration directory that does not exist has no daemons.
    let daemons_dir = DaemonsDir::of_config_dir(&environment::config_dir()?).ok();
    let mut daemons = daemons_dir.map(|directory| read_daemons(&directory, SystemTime::now())).unwrap_or_default();
    daemons.retain(|daemon| options.session.as_ref().is_none_or(|session| daemon.session_id == *session));
    let mut out = io::stdout().lock();
    if options.json {
        serde_json::to_writer(&mut out, &daemons)?;
        return writeln!(out);
    }
    match &options.session {
        Some(session) if daemons.is_empty() => {
            writeln!(out, "Session {session} has no daemons. `sessions daemons list` lists those of all sessions.")
        }
        _ => out.write_all(draw_table(&daemons, environment::table_format()).as_bytes()),
    }
}

/// Reads the daemons of all sessions, session by session, in the order of the configuration file.
fn read_daemons(daemons_dir: &DaemonsDir, now: SystemTime) -> Vec<ListedDaemon> {
    let mut daemons = Vec::new();
    for session in daemons_dir.session_ids() {
        let Some(set) = set_state::read_state(daemons_dir, &session) else { continue };
        let is_supervised = set_state::is_supervisor(daemons_dir, &session, set.supervisor);
        // A name of another form would make the path of the log that of another file.
        for row in set.daemons.into_iter().filter(|row| is_session_id(row.name.as_bytes())) {
            let living = row.process.filter(|process| is_supervised && process.is_alive());
            let process = living.filter(|process| process.is_child_of(set.supervisor));
            // A process that is no child of the supervisor is none of its daemons.
            let is_foreign = living.is_some() && process.is_none();
            let uptime = now.duration_since(row.since).unwrap_or_default().as_secs();
            let log = daemons_dir.log_path(&row.name, &session);
            daemons.push(ListedDaemon {
                format: LIST_FORMAT,
                name: row.name,
                session_id: session.clone(),
                pid: process.map(|process| process.pid),
                state: if is_supervised && !is_foreign { row.status } else { DaemonStatus::Lost },
                since: format_rfc3339(row.since).to_string(),
                uptime_seconds: process.map(|_| uptime),
                restarts: row.restarts,
                log,
            });
        }
    }
    daemons
}

fn status_style(status: DaemonStatus) -> StatusStyle {
    let (symbol, word, colour) = match status {
        DaemonStatus::Running => ("●", "running", 32),
        DaemonStatus::Restarting => ("▲", "restarting", 33),
        DaemonStatus::Exited => ("○", "exited", 90),
        DaemonStatus::Failed => ("✗", "failed", 31),
        DaemonStatus::Lost => ("✗", "lost", 31),
    };
    StatusStyle { symbol, word, colour }
}

/// Draws the daemons in the order given, one line each.
pub fn draw_table(daemons: &[ListedDaemon], format: TableFormat) -> String {
    if daemons.is_empty() {
        return NO_DAEMONS.to_owned();
    }
    let or_dash = |text: Option<String>| text.unwrap_or_else(|| "-".to_owned());
    let to_row = |daemon: &ListedDaemon| {
        let uptime = daemon.uptime_seconds.map(|seconds| format_duration(Duration::from_secs(seconds)));
        let cells = [
            make_harmless(&daemon.name),
            daemon.session_id.chars().take(8).collect(),
            or_dash(daemon.pid.map(|pid| pid.to_string())),
            or_dash(uptime),
            format!("{} restarts", daemon.restarts),
            make_harmless(&daemon.log.display().to_string()),
        ];
        TableRow { status: status_style(daemon.state), cells }
    };
    draw_rows(&daemons.iter().map(to_row).collect::<Vec<_>>(), STATUS_WIDTH, format)
}
