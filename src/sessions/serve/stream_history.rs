//! What clients were told, kept over restarts: which run of the server told it, and of which sessions.
//!
//! A client that comes again with an offset of an earlier run can so be told what went while nobody served, and no run
//! takes the number of an earlier one, whatever the clock says. It is a file for each port, because a stream is its
//! address: a line `run NUMBER`, and a line `+ID` or `-ID` for each session that came or went. No content is in it.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs::File;
use std::io::Write as _;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use super::event_log::EventLog;
use super::repair::log_line as complain;
use session_signals_protocol::session_id::is_session_id;

/// So many lines may be added before the file is written anew.
const MAX_LINES: usize = 16 << 10;

/// What earlier runs told, and where it is noted.
pub struct StreamHistory {
    /// `None` where no client can come again: the port is another one next time.
    path: Option<PathBuf>,
    run: u64,
    /// Whatever became of them, in the order in which they were told of.
    sessions: Vec<String>,
    /// Open while it is noted.
    file: Option<File>,
    /// What is to be written.
    pending: String,
    lines: usize,
    complaint: String,
}

impl StreamHistory {
    /// Reads what was noted for this port; what cannot be read was not told.
    pub fn read(config: &Path, port: u16) -> Self {
        let path = (port != 0).then(|| config.join("session-stream").join(port.to_string()));
        let text = path.as_deref().and_then(|path| fs_err::read(path).ok()).unwrap_or_default();
        let (run, sessions) = parse_history(&String::from_utf8_lossy(&text));
        let (file, pending, lines, complaint) = (None, String::new(), 0, String::new());
        Self { path, run, sessions, file, pending, lines, complaint }
    }

    /// The number of the run that begins now: the time, in nanoseconds, or what is after the last run where the clock
    /// stepped back.
    pub fn next_run(&self, now: SystemTime) -> u64 {
        let since = now.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        u64::try_from(since.as_nanos()).unwrap_or(u64::MAX).max(self.run.saturating_add(1))
    }

    /// The sessions that were told of, whatever became of them.
    pub fn sessions(&self) -> impl Iterator<Item = &str> {
        self.sessions.iter().map(String::as_str)
    }

    /// Begins to note what this run tells.
    pub fn start_run(&mut self, run: u64, log: &EventLog) {
        self.sessions = Vec::new();
        self.rewrite(run, log);
    }

    /// Notes that a session came or went.
    pub fn note_session(&mut self, session: &str, is_there: bool) {
        let _ = writeln!(self.pending, "{}{session}", if is_there { '+' } else { '-' }); // cannot fail
        self.lines += 1;
    }

    /// Writes what was noted.
    pub fn write(&mut self, run: u64, log: &EventLog) {
        let pending = std::mem::take(&mut self.pending);
        match &mut self.file {
            _ if pending.is_empty() => {}
            Some(file) if self.lines <= MAX_LINES => {
                if let Err(error) = file.write_all(pending.as_bytes()) {
                    self.report_failure(&error.to_string());
                    self.file = None;
                }
            }
            _ => self.rewrite(run, log),
        }
    }

    /// Writes all of it anew.
    fn rewrite(&mut self, run: u64, log: &EventLog) {
        let Some(path) = &self.path else { return };
        let Some((directory, config)) = path.parent().and_then(|parent| Some((parent, parent.parent()?))) else {
            return;
        };
        // It is not ours to make: without it, Claude Code was never started.
        if !config.is_dir() {
            return;
        }
        let mut text = format!("run {run:016x}\n");
        for (is_there, sign) in [(false, '-'), (true, '+')] {
            for session in log.sessions(is_there) {
                let _ = writeln!(text, "{sign}{session}");
            }
        }
        let written = (|| {
            if let Err(error) = std::fs::DirBuilder::new().mode(0o700).create(directory)
                && !directory.is_dir()
            {
                return Err(error);
            }
            let mut file = tempfile::Builder::new().prefix(".").tempfile_in(directory)?;
            file.write_all(text.as_bytes())?;
            file.persist(path).map_err(|error| error.error)
        })();
        match written {
            Ok(file) => (self.file, self.lines) = (Some(file), 0),
            Err(error) => self.report_failure(&error.to_string()),
        }
    }

    /// The same again helps nobody.
    fn report_failure(&mut self, error: &str) {
        if self.complaint != error {
            let path = self.path.as_deref().unwrap_or(Path::new("")).display();
            complain(&format!("sessions: {path}: {error}: clients may miss over a restart that a session is gone"));
            error.clone_into(&mut self.complaint);
        }
    }
}

/// The last run, and the sessions in the order in which they last came or went.
fn parse_history(text: &str) -> (u64, Vec<String>) {
    let mut run = 0;
    let mut sessions = BTreeMap::new();
    for (number, line) in text.lines().enumerate() {
        if let Some(last) = line.strip_prefix("run ").and_then(|digits| u64::from_str_radix(digits, 16).ok()) {
            // After the last number of all there would be none.
            run = run.max(if last == u64::MAX { 0 } else { last });
        } else if let Some(session) = line.strip_prefix(['+', '-']).filter(|session| is_session_id(session.as_bytes()))
        {
            sessions.insert(session, number);
        }
    }
    let mut sessions: Vec<_> = sessions.into_iter().map(|(session, number)| (number, session)).collect();
    sessions.sort_unstable();
    (run, sessions.into_iter().map(|(_, session)| session.to_owned()).collect())
}
