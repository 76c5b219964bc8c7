//! `sessions wait`: waits until a session does what the user waits for.

use std::collections::BTreeSet;
use std::io::{self, Write as _};
use std::ops::ControlFlow;
use std::time::{Duration, Instant, SystemTime};

use session_signals_cli::ExitStatus;

use crate::command_line::{WaitOptions, WantedState};
use crate::environment;
use crate::model::{Rounds, SessionChange, SessionModel, SessionSink};
use crate::reading_gaps::describe_limit;
use crate::session_prefix::find_by_prefix;
use crate::session_table;
use session_signals_reader::{Session, SessionState};

/// Waits, and prints the session. Returns the exit status.
///
/// # Errors
/// If there is no configuration directory, the files cannot be watched, the beginning of an id is that of several
/// sessions, or standard output cannot be written to.
pub fn run_wait(options: &WaitOptions) -> io::Result<ExitStatus> {
    let deadline = options.timeout.and_then(|timeout| Instant::now().checked_add(timeout));
    let condition = WaitCondition { options, session: None, deadline, has_gaps: false };
    let config_dir = options.machines.config_dir()?;
    let mut model = SessionModel::new(&config_dir, condition, Rounds::WhenNeeded)?;
    options.machines.disconnect_by_signal()?;
    model.follow_machines(&options.machines, true)?;
    let result = match model.publish_all() {
        ControlFlow::Break(result) => result,
        ControlFlow::Continue(()) => {
            model.run_model().ok_or_else(|| io::Error::other("the files are not watched any more"))?
        }
    };
    match result {
        WaitResult::Found(mut session) => {
            if !session.is_open() && session.machine.is_none() {
                session.read_conversation(&config_dir);
            }
            print_session(&session, options.json).map(|()| ExitStatus::Success)
        }
        WaitResult::Ambiguous(reason) => Err(io::Error::other(reason)),
        WaitResult::TimeOver { has_gaps } => {
            let time = options.timeout.unwrap_or_default();
            let what = options.wanted.describe();
            let limit = describe_limit(has_gaps);
            writeln!(io::stderr(), "sessions: no such session{limit} {what} within {}", describe_time(time))?;
            Ok(ExitStatus::Incomplete)
        }
    }
}

fn print_session(session: &Session, is_json: bool) -> io::Result<()> {
    let mut out = io::stdout().lock();
    if is_json {
        serde_json::to_writer(&mut out, session)?;
        writeln!(out)?;
    } else {
        let format = environment::table_format();
        let table = session_table::draw_table(std::slice::from_ref(session), SystemTime::now(), format);
        out.write_all(table.as_bytes())?;
    }
    out.flush()
}

fn describe_time(time: Duration) -> String {
    humantime::format_duration(time).to_string()
}

/// How the waiting ends.
enum WaitResult {
    Found(Box<Session>),
    /// Several ids begin as the one that was given. The sentence says so.
    Ambiguous(String),
    TimeOver {
        /// Whether something cannot be read.
        has_gaps: bool,
    },
}

/// What is waited for.
struct WaitCondition<'a> {
    options: &'a WaitOptions,
    /// The key of the session, once it is known.
    session: Option<String>,
    deadline: Option<Instant>,
    /// Whether something cannot be read now.
    has_gaps: bool,
}

impl WaitCondition<'_> {
    /// Finds the session whose id is given or begins as it. The error is a sentence: several ids begin so.
    fn find_session(&mut self, changes: &[SessionChange]) -> Result<(), String> {
        let Some(begin) = self.options.session.as_deref().filter(|_| self.session.is_none()) else { return Ok(()) };
        let sessions = || changes.iter().filter_map(|(key, session)| Some((&**key, session.as_ref()?)));
        let found = find_by_prefix(sessions().map(|(_, session)| &*session.session_id), begin)?;
        let with_id = |id: &str| sessions().find(|(_, session)| session.session_id == id);
        // Two machines may have a session with this id. Then its key, such as `box:ID`, names it.
        let by_key = || sessions().find(|(key, _)| *key == begin);
        self.session = by_key().or_else(|| with_id(found?)).map(|(key, _)| key.to_owned());
        Ok(())
    }

    fn is_met(&self, session: &Session) -> bool {
        let is_the_one = self.options.session.is_none() || self.session.as_ref() == Some(&session.key());
        is_the_one && self.options.wanted.is_state_of(session)
    }
}

impl SessionSink for WaitCondition<'_> {
    type Stop = WaitResult;

    fn publish(&mut self, changes: Vec<SessionChange>) -> ControlFlow<WaitResult> {
        if let Err(reason) = self.find_session(&changes) {
            return ControlFlow::Break(WaitResult::Ambiguous(reason));
        }
        let sessions = changes.into_iter().filter_map(|(_, session)| session);
        match sessions.filter(|session| self.is_met(session)).min_by_key(Session::sort_key) {
            Some(session) => ControlFlow::Break(WaitResult::Found(Box::new(session))),
            None => ControlFlow::Continue(()),
        }
    }

    fn next_wakeup(&self) -> Option<Instant> {
        self.deadline
    }

    fn wake_up(&mut self, _now: Instant) -> ControlFlow<WaitResult> {
        ControlFlow::Break(WaitResult::TimeOver { has_gaps: self.has_gaps })
    }

    fn set_failures(&mut self, sentences: &BTreeSet<String>) {
        self.has_gaps = !sentences.is_empty();
    }
}

impl WantedState {
    fn is_state_of(self, session: &Session) -> bool {
        match self {
            Self::Need => session.needs_user(),
            Self::Approval => session.state == SessionState::Permission,
            Self::Waiting => session.state == SessionState::Waiting,
            Self::Working => session.state == SessionState::Working,
            Self::Ended => session.state == SessionState::Ended,
        }
    }

    fn describe(self) -> &'static str {
        match self {
            Self::Need => "needed you",
            Self::Approval => "needed approval",
            Self::Waiting => "waited",
            Self::Working => "worked",
            Self::Ended => "ended",
        }
    }
}
