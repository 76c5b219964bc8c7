//! The table of sessions that `sessions` and `sessions --watch` show.

use std::time::SystemTime;

use serde_json::Value;

use crate::display_text::{format_duration, make_harmless, pad_right, truncate};
use crate::text_table::{StatusStyle, TableFormat, TableRow, draw_rows};
use session_signals_reader::{PendingPermission, Session, SessionState};

/// Printed instead of a table without rows.
const NO_SESSIONS: &str = "No session is open. Start `claude`; `sessions --all` shows those that ended.\n";

/// The largest width of the columns for the project and the branch.
const MAX_COLUMN_WIDTH: usize = 24;

/// The width of the longest status.
const STATUS_WIDTH: usize = 9;

/// How many characters of a session's id are shown.
const SHORT_ID_LEN: usize = 8;

/// Returns how a state looks.
pub fn state_style(state: SessionState) -> StatusStyle {
    let (symbol, word, colour) = match state {
        SessionState::Permission => ("▲", "approve", 33),
        SessionState::Waiting => ("◆", "waiting", 36),
        SessionState::Working => ("●", "working", 32),
        SessionState::Ended => ("○", "ended", 90),
    };
    StatusStyle { symbol, word, colour }
}

/// Draws the sessions in the order given, one line each.
pub fn draw_table(sessions: &[Session], now: SystemTime, format: TableFormat) -> String {
    if sessions.is_empty() {
        return NO_SESSIONS.to_owned();
    }
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
    draw_rows(&rows, STATUS_WIDTH, format)
}

/// Describes what a session waits for, works at, or ended with.
fn describe_session(session: &Session) -> String {
    let host = session.host.as_ref().map(|host| format!("on {host}: ")).unwrap_or_default();
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
    };
    format!("{host}{background}{text}")
}

/// Describes a call by its tool and the argument that says most: `Bash: ls`.
fn describe_call(pending: &PendingPermission) -> String {
    let input = &pending.tool_input;
    let names = ["command", "file_path", "notebook_path", "url", "pattern", "query", "message", "description", "plan"];
    let question = || input["questions"][0]["question"].as_str();
    let argument = names.iter().find_map(|name| input[*name].as_str()).or_else(question);
    match (argument, input) {
        (Some(argument), _) => format!("{}: {argument}", pending.tool_name),
        (None, Value::Null) => pending.tool_name.clone(),
        (None, input) => format!("{}: {input}", pending.tool_name),
    }
}
