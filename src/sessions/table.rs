//! The table that a person looks at.

use std::fmt::Write as _;
use std::time::SystemTime;

use serde_json::Value;

use crate::display_text::{display_width, format_duration, make_harmless, pad_right, truncate};
use session_signals_reader::{PendingPermission, Session, SessionState};

/// What an empty table says.
const NO_SESSIONS: &str = "No session is open. Start `claude`; `sessions --all` shows those that ended.\n";

/// How wide the columns for project and branch may be.
const MAX_COLUMN_WIDTH: usize = 24;

/// How a state looks: symbol, word, colour (an SGR code).
fn state_style(state: SessionState) -> (&'static str, &'static str, u8) {
    match state {
        SessionState::Permission => ("▲", "approve", 33),
        SessionState::Waiting => ("◆", "waiting", 36),
        SessionState::Working => ("●", "working", 32),
        SessionState::Ended => ("○", "ended", 90),
    }
}

/// All sessions, a line each, who needs the user first on top. `columns`: where lines end.
pub fn draw_table(sessions: &[Session], now: SystemTime, columns: Option<usize>, colour: bool) -> String {
    if sessions.is_empty() {
        return NO_SESSIONS.to_owned();
    }
    let cell = |text: &Option<String>| truncate(&make_harmless(text.as_deref().unwrap_or("-")), MAX_COLUMN_WIDTH);
    let rows: Vec<_> =
        sessions.iter().map(|session| (session, cell(&session.project), cell(&session.branch))).collect();
    let project = rows.iter().map(|row| display_width(&row.1)).max().unwrap_or_default();
    let branch = rows.iter().map(|row| display_width(&row.2)).max().unwrap_or_default();
    let mut table = String::new();
    for (session, project_name, branch_name) in &rows {
        let (symbol, word, sgr) = state_style(session.state);
        let age = format_duration(now.duration_since(session.since).unwrap_or_default());
        let id: String = make_harmless(&session.session_id).chars().take(8).collect();
        let head = pad_right(&format!("{symbol} {word}"), 9);
        let rest = format!(
            "  {age:>4}  {}  {}  {}  {}",
            pad_right(project_name, project),
            pad_right(branch_name, branch),
            pad_right(&id, 8),
            make_harmless(&describe_session(session))
        );
        let rest = truncate(
            rest.trim_end(),
            columns.map_or(usize::MAX, |columns| columns.saturating_sub(display_width(&head))),
        );
        // Writing to a string cannot fail.
        let _ =
            if colour { writeln!(table, "\x1b[{sgr}m{head}\x1b[0m{rest}") } else { writeln!(table, "{head}{rest}") };
    }
    table
}

/// What a session waits for, works at, or ended with.
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

/// A tool and its target: `Bash: ls`.
fn describe_call(pending: &PendingPermission) -> String {
    let input = &pending.tool_input;
    let member = ["command", "file_path", "notebook_path", "url", "pattern", "query", "message", "description", "plan"];
    let question = || input["questions"][0]["question"].as_str();
    let target = member.iter().find_map(|name| input[*name].as_str()).or_else(question);
    match (target, input) {
        (Some(target), _) => format!("{}: {target}", pending.tool_name),
        (None, Value::Null) => pending.tool_name.clone(),
        (None, input) => format!("{}: {input}", pending.tool_name),
    }
}
