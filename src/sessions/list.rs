//! `sessions`: reads all sessions once, and prints them as a table or as JSON.

use std::io::{self, Write as _};
use std::time::{Duration, SystemTime};

use session_signals_cli::ExitStatus;

use crate::command_line::ListOptions;
use crate::machines::read_machines;
use crate::reading_gaps::ReadingGaps;
use crate::{environment, session_table};
use session_signals_reader::{Collector, Session, SessionFilter, SessionList};

/// The table leaves out sessions that ended longer ago than this. A line below it says how many they are.
const RECENT: Duration = Duration::from_secs(7 * 24 * 60 * 60);

/// Prints the sessions that the options ask for. Returns whether everything could be read.
///
/// # Errors
/// If the environment names no configuration directory, or standard output cannot be written to.
pub fn print_sessions(options: &ListOptions) -> io::Result<ExitStatus> {
    let config_dir = environment::config_dir()?;
    let (remote, lost_machines) = read_machines(&options.machines, &config_dir, session_filter(options));
    let mut collector = Collector::new(&config_dir);
    collector.read_all_signals();
    let mut list = list_sessions(&collector, options, SystemTime::now());
    if options.json {
        list.read_conversations(&config_dir);
    }
    if !remote.is_empty() {
        list.sessions.extend(remote);
        list.sessions.sort_by(Session::compare_places);
    }
    let gaps = ReadingGaps::new(&list.unreadable, &lost_machines);
    let mut out = io::stdout().lock();
    if options.json {
        serde_json::to_writer(&mut out, &list.sessions)?;
        writeln!(out)?;
    } else {
        out.write_all(draw_recent(&mut list.sessions, options.all, &gaps).as_bytes())?;
    }
    out.flush()?;
    if options.verbose {
        for (source, count) in list.skipped_files.by_source() {
            writeln!(io::stderr(), "{source}: {count} skipped")?;
        }
    }
    gaps.report()?;
    Ok(gaps.reading_status())
}

/// Lists the sessions that the options ask for, from the signals that the collector has read.
pub fn list_sessions(collector: &Collector, options: &ListOptions, now: SystemTime) -> SessionList {
    let mut list = collector.list_sessions(session_filter(options), now);
    list.read_checkouts();
    list
}

/// Draws the table of the sessions that are open or ended not long ago, and removes the others from the list. The last line says how
/// many were removed. Without a session, words stand for the table.
fn draw_recent(sessions: &mut Vec<Session>, is_all: bool, gaps: &ReadingGaps) -> String {
    let now = SystemTime::now();
    let count = sessions.len();
    sessions.retain(|session| is_recent(session, now));
    let old = count - sessions.len();
    // If something could not be read, nobody knows that no session is open.
    let table = if sessions.is_empty() && gaps.is_empty() {
        describe_none(is_all, old > 0).to_owned()
    } else {
        session_table::draw_table(sessions, now, environment::table_format())
    };
    if old == 0 {
        return table;
    }
    let more = if sessions.is_empty() { "" } else { " more" };
    format!("{table}{old}{more} ended over 7 days ago: `sessions --all --json` lists them.\n")
}

/// Returns what is said instead of a table without rows.
fn describe_none(is_all: bool, has_old: bool) -> &'static str {
    match (is_all, has_old) {
        (false, _) => "No session is open. Start `claude`; `sessions --all` shows those that ended.\n",
        (true, false) => "No session is known, neither an open one nor one that ended. Start `claude`.\n",
        (true, true) => "No session is open, and none ended in the last 7 days.\n",
    }
}

fn session_filter(options: &ListOptions) -> SessionFilter {
    if options.all { SessionFilter::All } else { SessionFilter::Open }
}

pub fn is_recent(session: &Session, now: SystemTime) -> bool {
    session.is_open() || now.duration_since(session.since).is_ok_and(|age| age <= RECENT)
}
