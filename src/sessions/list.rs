//! `sessions`: what all of them do, once.

use std::io::{self, Write as _};
use std::time::{Duration, SystemTime};

use crate::command_line::ListOptions;
use crate::display_text::make_harmless;
use crate::{environment, table};
use session_signals_reader::{Collector, Session, SessionFilter, SessionList, read_sessions};

/// Sessions that ended longer ago than this are left out of the table, and counted below it.
const RECENT: Duration = Duration::from_secs(7 * 24 * 60 * 60);

/// Which sessions a list with these options has.
fn session_filter(options: &ListOptions) -> SessionFilter {
    if options.all { SessionFilter::All } else { SessionFilter::Open }
}

/// Lists the sessions that the options ask for, from the signals that the collector read last.
pub fn list_sessions(collector: &Collector, options: &ListOptions, now: SystemTime) -> SessionList {
    make_list_harmless(collector.list_sessions(session_filter(options), now))
}

/// Removes control characters from what is printed of files that could not be read: a payload may have named the path.
fn make_list_harmless(mut list: SessionList) -> SessionList {
    for sentence in &mut list.unreadable {
        *sentence = make_harmless(sentence);
    }
    list
}

/// Keeps the sessions that are open or ended not long ago, and draws their table. Also returns how many were left out.
pub fn draw_recent(list: &mut SessionList, now: SystemTime) -> (String, usize) {
    let count = list.sessions.len();
    list.sessions.retain(|session| is_recent(session, now));
    let more = count - list.sessions.len();
    // If not everything could be read, an empty table does not show that nothing is open.
    if list.sessions.is_empty() && !list.unreadable.is_empty() {
        return (String::new(), more);
    }
    (table::draw_table(&list.sessions, now, environment::terminal_columns(), environment::wants_colour()), more)
}

/// Prints them.
///
/// # Errors
/// Where the environment names no configuration directory, or standard output cannot be written to; and, once all that is
/// known has been printed, where some evidence is there and cannot be read.
pub fn print_sessions(list: &ListOptions) -> io::Result<()> {
    let mut listing = make_list_harmless(read_sessions(&environment::config_dir()?, session_filter(list)));
    let now = SystemTime::now();
    let mut out = io::stdout().lock();
    if list.json {
        serde_json::to_writer(&mut out, &listing.sessions)?;
        writeln!(out)?;
    } else {
        let (table, more) = draw_recent(&mut listing, now);
        out.write_all(table.as_bytes())?;
        if more > 0 {
            writeln!(out, "{more} more ended over 7 days ago: `sessions --all --json` lists them.")?;
        }
    }
    out.flush()?;
    let SessionList { skipped_files, unreadable, .. } = listing;
    if list.verbose {
        for (source, count) in skipped_files.by_source() {
            writeln!(io::stderr(), "{source}: {count} passed over")?;
        }
    }
    if unreadable.is_empty() { Ok(()) } else { Err(io::Error::other(unreadable.join("\nsessions: "))) }
}

/// Whether the table shows it: all that is open, and what has ended not long ago.
fn is_recent(session: &Session, now: SystemTime) -> bool {
    session.is_open() || now.duration_since(session.since).is_ok_and(|age| age <= RECENT)
}
