//! What a notice says.

use serde_json::{Map, Value, json};
use session_signals_reader::{Session, SessionState};

use super::NoticeText;
use crate::display_text::{make_harmless, truncate};
use crate::session_table::describe_session;

/// The most columns of what is asked.
const MAX_TEXT_WIDTH: usize = 240;

/// The most columns of a project or a branch.
const MAX_NAME_WIDTH: usize = 40;

/// How many sessions a notice names that is for many.
const MAX_NAMED: usize = 4;

/// The version of the JSON of a notice.
const NOTICE_FORMAT: u32 = 1;

/// The members of a session that hold no prompt, answer or input of a call.
const MEMBERS_WITHOUT_TEXT: [&str; 11] = [
    "format",
    "sessionId",
    "state",
    "hasProcess",
    "pendingCount",
    "cwd",
    "project",
    "branch",
    "since",
    "pid",
    "machine",
];

/// A notice for one session or several.
pub struct Notice {
    pub number: u64,
    /// Whether a call waits for approval in one of the sessions.
    pub is_approval: bool,
    pub title: String,
    /// What is asked, or the names of several sessions. `None` if it must not be shown.
    pub text: Option<String>,
    /// The notice for a program.
    pub json: Value,
}

impl Notice {
    /// Makes the notice for these sessions, of which there is at least one.
    pub fn new(number: u64, sessions: &[Session], text: NoticeText) -> Self {
        let is_approval = sessions.iter().any(|session| session.state == SessionState::Permission);
        let (title, text_of_notice) = if let [session] = sessions {
            let title = format!("{} {}", describe_place(session), what_is_needed(session));
            let asked = || truncate(&make_harmless(&describe_session(session)), MAX_TEXT_WIDTH);
            (title, (text == NoticeText::All).then(asked))
        } else {
            let first = sessions.iter().take(MAX_NAMED).map(describe_place);
            let others = sessions.len().saturating_sub(MAX_NAMED);
            let others = (others > 0).then(|| format!("{others} more"));
            let names: Vec<_> = first.chain(others).collect();
            (format!("{} sessions need you", sessions.len()), Some(names.join(", ")))
        };
        let values: Vec<_> = sessions.iter().map(|session| session_json(session, text)).collect();
        let json = json!({
            "format": NOTICE_FORMAT,
            "event": "need",
            "number": number,
            "title": title,
            "text": text_of_notice,
            "sessions": values,
        });
        Self { number, is_approval, title, text: text_of_notice, json }
    }

    /// Returns what a program is told when the notice is over.
    pub fn over_json(number: u64) -> Value {
        json!({ "format": NOTICE_FORMAT, "event": "over", "number": number })
    }

    /// Returns the notice as a line of a terminal.
    pub fn line(&self) -> String {
        let symbol = if self.is_approval { '▲' } else { '◆' };
        match &self.text {
            Some(text) => format!("{symbol} {}: {text}", self.title),
            None => format!("{symbol} {}", self.title),
        }
    }
}

/// Returns the project, the branch in parentheses, and the machine if it is another one.
fn describe_place(session: &Session) -> String {
    let name = |text: &str| truncate(&make_harmless(text), MAX_NAME_WIDTH);
    let project = session.project.as_deref().map_or_else(|| "a session".to_owned(), name);
    let branch = session.branch.as_deref().map(|branch| format!(" ({})", name(branch))).unwrap_or_default();
    let machine = session.machine.as_deref().map(|machine| format!(" on {}", name(machine))).unwrap_or_default();
    format!("{project}{branch}{machine}")
}

fn what_is_needed(session: &Session) -> &'static str {
    match session.state {
        SessionState::Permission if session.rule == "questions" => "needs an answer",
        SessionState::Permission => "needs approval",
        _ if session.error.is_some() => "was stopped by an error",
        _ => "waits for you",
    }
}

/// Returns the JSON of a session, as `sessions --json` prints it.
fn session_json(session: &Session, text: NoticeText) -> Value {
    let value = serde_json::to_value(session).unwrap_or_default();
    match (text, value) {
        (NoticeText::None, Value::Object(members)) => {
            let kept = members.into_iter().filter(|(name, _)| MEMBERS_WITHOUT_TEXT.contains(&&**name));
            Value::Object(kept.collect::<Map<_, _>>())
        }
        (_, value) => value,
    }
}
