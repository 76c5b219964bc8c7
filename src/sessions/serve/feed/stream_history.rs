//! The sessions that were sent to the clients of a port, stored in a file so that they outlive a restart of the server.
//!
//! A client that comes back with an offset of an earlier run must learn which sessions disappeared while no server ran. And no
//! run may take the number of an earlier one, whatever the clock says. So each port has a file
//! `<config dir>/session-stream/<port>`. It has a line `run NUMBER`, and a line `+KEY` or `-KEY` for each session that came
//! or went. The key of a session is its id, after its machine and a colon if that is another one. It has no content of sessions.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs::File;
use std::io::{self, Write as _};
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use super::event_log::EventLog;
use crate::serve::error_log::ErrorLog;
use session_signals_protocol::session_id::is_session_id;

/// After this many lines were added, the file is written anew.
const MAX_LINES: usize = 16 << 10;

/// The history of a port.
pub struct StreamHistory {
    /// `None` if the system chose the port: then no client comes back, because the next run has another port.
    path: Option<PathBuf>,
    /// The number of the last run, and of this run once it has started.
    run: u64,
    /// The sessions that earlier runs published, in the order in which they last came or went.
    sessions: Vec<String>,
    /// The open file, once this run has written it.
    file: Option<File>,
    /// The lines that are not written yet.
    pending: String,
    /// How many lines were added since the file was written anew.
    lines: usize,
    errors: ErrorLog,
}

impl StreamHistory {
    /// Reads the history of this port. A file that cannot be read counts as empty.
    pub fn read(config_dir: &Path, port: u16) -> Self {
        let path = (port != 0).then(|| config_dir.join("session-stream").join(port.to_string()));
        let text = path.as_deref().and_then(|path| fs_err::read(path).ok()).unwrap_or_default();
        let (run, sessions) = parse_history(&String::from_utf8_lossy(&text));
        Self { path, run, sessions, file: None, pending: String::new(), lines: 0, errors: ErrorLog::default() }
    }

    /// Returns the number of the run that starts now: the time in nanoseconds since 1970, or the number after the last run
    /// if the clock was set back.
    pub fn next_run(&self, now: SystemTime) -> u64 {
        let elapsed = now.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        u64::try_from(elapsed.as_nanos()).unwrap_or(u64::MAX).max(self.run.saturating_add(1))
    }

    /// Returns the sessions that earlier runs published, whether they exist or not.
    pub fn sessions(&self) -> impl Iterator<Item = &str> {
        self.sessions.iter().map(String::as_str)
    }

    /// Starts the history of this run.
    pub fn start_run(&mut self, run: u64, log: &EventLog) {
        (self.run, self.sessions) = (run, Vec::new());
        self.rewrite(log);
    }

    /// Records that a session came or went. [`StreamHistory::write`] writes it.
    pub fn record_session(&mut self, session: &str, exists: bool) {
        let _ = writeln!(self.pending, "{}{session}", if exists { '+' } else { '-' }); // cannot fail
        self.lines += 1;
    }

    /// Writes what was recorded.
    pub fn write(&mut self, log: &EventLog) {
        let pending = std::mem::take(&mut self.pending);
        match &mut self.file {
            _ if pending.is_empty() => {}
            Some(file) if self.lines <= MAX_LINES => {
                if let Err(error) = file.write_all(pending.as_bytes()) {
                    self.log_failure(&error);
                    self.file = None;
                }
            }
            _ => self.rewrite(log),
        }
    }

    /// Writes the whole file anew.
    fn rewrite(&mut self, log: &EventLog) {
        let Some(path) = &self.path else { return };
        let Some((directory, config_dir)) = path.parent().and_then(|parent| Some((parent, parent.parent()?))) else {
            return;
        };
        // Claude Code makes the configuration directory when it is first started. Until then there is nothing to remember.
        if !config_dir.is_dir() {
            return;
        }
        let mut text = format!("run {:016x}\n", self.run);
        for (exist, sign) in [(false, '-'), (true, '+')] {
            for session in log.sessions(exist) {
                let _ = writeln!(text, "{sign}{session}");
            }
        }
        match replace_file(path, directory, &text) {
            Ok(file) => (self.file, self.lines) = (Some(file), 0),
            Err(error) => self.log_failure(&error),
        }
    }

    fn log_failure(&mut self, error: &io::Error) {
        let path = self.path.as_deref().unwrap_or(Path::new("")).display();
        self.errors
            .log_error(&format!("{path}: {error}: after a restart, clients may not learn that a session is gone"));
    }
}

/// Replaces the file by one with this text, and makes the directory if there is none. Returns the open file.
fn replace_file(path: &Path, directory: &Path, text: &str) -> io::Result<File> {
    if let Err(error) = std::fs::DirBuilder::new().mode(0o700).create(directory)
        && !directory.is_dir()
    {
        return Err(error);
    }
    let mut file = tempfile::Builder::new().prefix(".").tempfile_in(directory)?;
    file.write_all(text.as_bytes())?;
    file.persist(path).map_err(|error| error.error)
}

/// Returns whether this may be the key of a session: its id, after a colon and a machine if that is another one.
fn is_session_key(key: &str) -> bool {
    let (machine, id) = key.rsplit_once(':').map_or((None, key), |(machine, id)| (Some(machine), id));
    let is_printable =
        |machine: &str| !machine.is_empty() && !machine.chars().any(|c| c.is_whitespace() || c.is_control());
    is_session_id(id.as_bytes()) && machine.is_none_or(is_printable)
}

/// Parses a history: the number of the last run, and the sessions in the order in which they last came or went. Lines of
/// another form are ignored.
fn parse_history(text: &str) -> (u64, Vec<String>) {
    let mut run = 0;
    let mut sessions = BTreeMap::new();
    for (number, line) in text.lines().enumerate() {
        if let Some(last) = line.strip_prefix("run ").and_then(|digits| u64::from_str_radix(digits, 16).ok()) {
            // No number is left after the largest one, so that is ignored.
            run = run.max(if last == u64::MAX { 0 } else { last });
        } else if let Some(session) = line.strip_prefix(['+', '-']).filter(|session| is_session_key(session)) {
            sessions.insert(session, number);
        }
    }
    let mut sessions: Vec<_> = sessions.into_iter().map(|(session, number)| (number, session)).collect();
    sessions.sort_unstable();
    (run, sessions.into_iter().map(|(_, session)| session.to_owned()).collect())
}
