//! The table of sessions that `sessions` prints, and the words in which `sessions --watch` describes a session, too.

use std::time::SystemTime;

use crate::display_text::{display_width, format_duration, make_harmless, pad_right, truncate};
use crate::text_table::{StatusStyle, TableFormat, TableRow, draw_rows};
use session_signals_reader::{PendingPermission, Session, SessionState};

/// The largest width of the columns for the project and the branch.
const MAX_COLUMN_WIDTH: usize = 24;

/// The width of the longest status of a session whose machine can be reached.
pub const STATUS_WIDTH: usize = 9;

/// How many characters of a session's id are shown.
pub const SHORT_ID_LEN: usize = 8;

/// Returns how a state looks.
pub fn state_style(state: SessionState) -> StatusStyle {
    let (symbol, word, colour) = match state {
        SessionState::Permission => ("▲", "approve", 33),
        SessionState::Waiting => ("◆", "waiting", 36),
        SessionState::Working => ("●", "working", 32),
        SessionState::Ended => ("○", "ended", 90),
        SessionState::Unreachable => ("?", "unreachable", 35),
    };
    StatusStyle { symbol, word, colour }
}

/// Returns how many columns the status of these sessions takes. The longest one is rare, so it has room only if it is there.
pub fn status_width<'a>(sessions: impl Iterator<Item = &'a Session>) -> usize {
    let widths = sessions.map(|session| 2 + display_width(state_style(session.state).word));
    widths.chain([STATUS_WIDTH]).max().unwrap_or_default()
}

/// Draws the sessions in the order given, one line each.
pub fn draw_table(sessions: &[Session], now: SystemTime, format: TableFormat) -> String {
    let short_cell = |text: Option<&str>| truncate(&make_harmless(text.unwrap_or("-")), MAX_COLUMN_WIDTH);
    let rows: Vec<_> = sessions
        .iter()
        .map(|session| {
            let age = format_duration(now.duration_since(session.since).unwrap_or_default());
            let id: String = make_harmless(&session.session_id).chars().take(SHORT_ID_LEN).collect();
            let cells = [
                format!("{age:>4}"),
                short_cell(session.project.as_deref()),
                short_cell(session.branch.as_deref()),
                pad_right(&id, SHORT_ID_LEN),
                make_harmless(&describe_session(session)),
            ];
            TableRow { status: state_style(session.state), cells }
        })
        .collect();
    draw_rows(&rows, status_width(sessions.iter()), format)
}

/// Describes what a session waits for, works at, or ended with.
pub fn describe_session(session: &Session) -> String {
    let on = |place: &Option<String>| place.as_ref().map(|place| format!("on {place}: ")).unwrap_or_default();
    let (machine, host) = (on(&session.machine), on(&session.host));
    let background = match &session.background[..] {
        [] => String::new(),
        tasks => format!("[{}] ", tasks.join(", ")),
    };
    let text = match session.state {
        SessionState::Permission => match &session.pending_permission {
            Some(pending) if session.pending_count > 1 => {
                format!("{} (+{} more)", describe_call(pending), session.pending_count - 1)
            }
            Some(pending) => describe_call(pending),
            None => session.reason.clone(),
        },
        SessionState::Waiting => match (&session.error, &session.last_message) {
            (Some(error), message) => format!("error: {error} {}", message.as_deref().unwrap_or_default()),
            (None, Some(message)) => message.clone(),
            (None, None) => session.reason.clone(),
        },
        SessionState::Working => session.prompt.clone().unwrap_or_else(|| session.reason.clone()),
        SessionState::Ended => session.end_reason.clone().unwrap_or_else(|| session.reason.clone()),
        SessionState::Unreachable => session.reason.clone(),
    };
    format!("{machine}{host}{background}{text}")
}

/// Describes a call by its tool and by what it is about: `Bash: ls`.
fn describe_call(pending: &PendingPermission) -> String {
    let (name, target) = (&pending.tool_name, pending.target());
    if target.is_empty() { name.clone() } else { format!("{name}: {target}") }
}
