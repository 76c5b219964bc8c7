//! `sessions`: what all of them do, once.

use std::io::{self, Write as _};
use std::time::SystemTime;

use crate::cli::List;
use crate::evidence::Collector;
use crate::session::Session;
use crate::{branch, environment, table};

/// The sessions to show, in order.
pub fn sessions(collector: &Collector, all: bool, now: SystemTime) -> (Vec<Session>, Vec<(&'static str, usize)>) {
    let collected = collector.collect();
    let judged = collected.sessions.iter().map(|(id, evidence)| Session::of(id, evidence, now));
    let mut sessions: Vec<_> = judged.filter(|session| all || session.is_shown()).collect();
    sessions.sort_by_cached_key(|session| (session.order(), session.session_id.clone()));
    let mut branches = std::collections::HashMap::new();
    for session in &mut sessions {
        if let Some(cwd) = &session.cwd {
            session.branch = branches.entry(cwd.clone()).or_insert_with(|| branch::of(cwd)).clone();
        }
    }
    (sessions, collected.passed_over.into_iter().collect())
}

/// Prints them.
///
/// # Errors
/// Where the environment names no configuration directory, or standard output cannot be written to.
pub fn run(list: &List) -> io::Result<()> {
    let mut collector = Collector::new(&environment::config()?);
    let torn = collector.read_spool();
    let now = SystemTime::now();
    let (sessions, mut passed_over) = sessions(&collector, list.all, now);
    let mut out = io::stdout().lock();
    if list.json {
        serde_json::to_writer(&mut out, &sessions)?;
        writeln!(out)?;
    } else {
        out.write_all(table::draw(&sessions, now, environment::columns(), environment::colour()).as_bytes())?;
    }
    if list.verbose {
        passed_over.push(("signals", torn));
        for (source, count) in passed_over {
            writeln!(io::stderr(), "{source}: {count} passed over")?;
        }
    }
    Ok(())
}
