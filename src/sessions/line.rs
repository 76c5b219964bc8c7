//! `sessions line`: how many sessions need the user and how many work, in one short line.

use std::io::{self, Write as _};
use std::time::SystemTime;

use session_signals_cli::ExitStatus;

use crate::command_line::LineOptions;
use crate::display_text::{format_duration, make_harmless};
use crate::environment;
use crate::line_format::{LineField, LineFormat, LinePart};
use crate::machines::read_machines;
use crate::reading_gaps::ReadingGaps;
use crate::session_table;
use session_signals_reader::{Collector, Session, SessionFilter, SessionState};

/// The states whose symbols are shown, with their colours in tmux, which are those of the table.
const SYMBOLS: [(LineField, SessionState, &str); 3] = [
    (LineField::Approval, SessionState::Permission, "yellow"),
    (LineField::Waiting, SessionState::Waiting, "cyan"),
    (LineField::Working, SessionState::Working, "green"),
];

/// Prints the line. Returns whether everything could be read.
///
/// # Errors
/// If the environment names no configuration directory, or standard output cannot be written to.
pub fn print_line(options: &LineOptions) -> io::Result<ExitStatus> {
    let config_dir = environment::config_dir()?;
    let (remote, lost_machines) = read_machines(&options.machines, &config_dir, SessionFilter::Open);
    let mut collector = Collector::new(&config_dir);
    collector.read_all_signals();
    let now = SystemTime::now();
    let list = collector.list_sessions(SessionFilter::Open, now);
    let gaps = ReadingGaps::new(&list.unreadable, &lost_machines);
    let mut sessions = list.sessions;
    sessions.extend(remote);
    sessions.sort_by(Session::compare_places);
    let values = LineValues { sessions, now };
    let line = match &options.format {
        Some(format) => values.fill(format, options.tmux),
        None => values.symbols(options.tmux),
    };
    let mut out = io::stdout().lock();
    writeln!(out, "{line}")?;
    out.flush()?;
    // Who runs it again and again may show standard error, too.
    gaps.report_briefly()?;
    Ok(gaps.reading_status())
}

/// What a line may show.
pub struct LineValues {
    /// The open sessions; who needs the user comes first.
    pub sessions: Vec<Session>,
    pub now: SystemTime,
}

impl LineValues {
    /// Returns the line without a format, such as `▲2 ◆3 ●4`. A number that is zero is left out.
    pub fn symbols(&self, is_for_tmux: bool) -> String {
        let symbols = SYMBOLS.into_iter().filter_map(|(field, state, colour)| {
            let count = self.value(field);
            let text = format!("{}{count}", session_table::state_style(state).symbol);
            (count != "0").then(|| if is_for_tmux { format!("#[fg={colour}]{text}#[default]") } else { text })
        });
        symbols.collect::<Vec<_>>().join(" ")
    }

    /// Returns the text of the format with the values of its fields.
    pub fn fill(&self, format: &LineFormat, is_for_tmux: bool) -> String {
        let text = |part: &LinePart| match part {
            LinePart::Text(text) => text.clone(),
            // tmux takes `#` for the beginning of a format, and `##` for `#`.
            LinePart::Field(field) if is_for_tmux => self.value(*field).replace('#', "##"),
            LinePart::Field(field) => self.value(*field),
        };
        format.parts().iter().map(text).collect()
    }

    fn value(&self, field: LineField) -> String {
        let count = |is_counted: &dyn Fn(&Session) -> bool| {
            self.sessions.iter().filter(|session| is_counted(session)).count().to_string()
        };
        let longest = self.sessions.first().filter(|session| session.needs_user());
        match field {
            LineField::Approval => count(&|session| session.state == SessionState::Permission),
            LineField::Waiting => count(&|session| session.state == SessionState::Waiting && session.needs_user()),
            LineField::Working => count(&|session| session.state == SessionState::Working),
            LineField::Started => count(&|session| session.state == SessionState::Waiting && !session.needs_user()),
            LineField::Need => count(&Session::needs_user),
            LineField::Open => count(&|_| true),
            LineField::Next => {
                let project = longest.and_then(|session| session.project.as_deref());
                make_harmless(project.unwrap_or_default())
            }
            LineField::Age => {
                let age = longest.map(|session| self.now.duration_since(session.since).unwrap_or_default());
                age.map(format_duration).unwrap_or_default()
            }
        }
    }
}
