//! `sessions`: what all of them do, once.

use std::io::{self, Write as _};
use std::time::{Duration, SystemTime};

use crate::command_line::ListOptions;
use crate::display_text::make_harmless;
use crate::text_table::TableFormat;
use crate::{environment, session_table};
use session_signals_reader::Collector;
use session_signals_reader::git_branch;
use session_signals_reader::session::Session;

/// Sessions that ended longer ago than this are left out of the table, and counted below it.
const RECENT: Duration = Duration::from_secs(7 * 24 * 60 * 60);

/// The sessions to show, and what the evidence lacks.
pub struct Listing {
    /// In order.
    pub sessions: Vec<Session>,
    /// How many files were no evidence, by source.
    pub passed_over: Vec<(&'static str, usize)>,
    /// What is there and could not be read, a sentence each.
    pub unreadable: Vec<String>,
}

impl Listing {
    /// Keeps the sessions that are open or ended not long ago, and draws their table; also how many there were besides.
    pub fn to_table(&mut self, now: SystemTime) -> (String, usize) {
        let count = self.sessions.len();
        self.sessions.retain(|session| is_recent(session, now));
        let more = count - self.sessions.len();
        // Where not all could be read, an empty table is no proof that nothing is open.
        if self.sessions.is_empty() && !self.unreadable.is_empty() {
            return (String::new(), more);
        }
        let format = TableFormat { columns: environment::terminal_columns(), is_coloured: environment::wants_colour() };
        (session_table::draw_table(&self.sessions, now, format), more)
    }
}

/// Looks at all of them.
pub fn list_sessions(collector: &Collector, all: bool, now: SystemTime) -> Listing {
    let collected = collector.collect();
    let judged = collected.sessions.iter().map(|(id, evidence)| Session::of(id, evidence, now));
    let mut sessions: Vec<_> = judged.filter(|session| all || session.is_open()).collect();
    sessions.sort_by_cached_key(|session| (session.sort_key(), session.session_id.clone()));
    let mut branches = std::collections::HashMap::new();
    for session in &mut sessions {
        if let Some(cwd) = &session.cwd {
            session.branch = branches.entry(cwd.clone()).or_insert_with(|| git_branch::checked_out_branch(cwd)).clone();
        }
    }
    // A payload may have named the path.
    let unreadable = collected.unreadable.iter().map(|complaint| make_harmless(complaint)).collect();
    Listing { sessions, passed_over: collected.passed_over.into_iter().collect(), unreadable }
}

/// Prints them.
///
/// # Errors
/// Where the environment names no configuration directory, or standard output cannot be written to; and, once all that is
/// known has been printed, where some evidence is there and cannot be read.
pub fn print_sessions(list: &ListOptions) -> io::Result<()> {
    let mut collector = Collector::new(&environment::config_dir()?);
    let torn = collector.read_all_signals();
    let now = SystemTime::now();
    let mut listing = list_sessions(&collector, list.all, now);
    let mut out = io::stdout().lock();
    if list.json {
        serde_json::to_writer(&mut out, &listing.sessions)?;
        writeln!(out)?;
    } else {
        let (table, more) = listing.to_table(now);
        out.write_all(table.as_bytes())?;
        if more > 0 {
            writeln!(out, "{more} more ended over 7 days ago: `sessions --all --json` lists them.")?;
        }
    }
    out.flush()?;
    let Listing { mut passed_over, unreadable, .. } = listing;
    if list.verbose {
        passed_over.push(("signals", torn));
        for (source, count) in passed_over {
            writeln!(io::stderr(), "{source}: {count} passed over")?;
        }
    }
    if unreadable.is_empty() { Ok(()) } else { Err(io::Error::other(unreadable.join("\nsessions: "))) }
}

/// Whether the table shows it: all that is open, and what has ended not long ago.
fn is_recent(session: &Session, now: SystemTime) -> bool {
    session.is_open() || now.duration_since(session.since).is_ok_and(|age| age <= RECENT)
}
