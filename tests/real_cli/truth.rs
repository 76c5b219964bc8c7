//! What a session does in truth: by the CLI's own registry, or for a CLI without one by its screen; and its process.

use std::path::Path;

use serde_json::Value;
use session_signals_protocol::cli_process::read_stat;

/// What a session does, finer than what `sessions` says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Truth {
    Working,
    /// A call, or a question of its own, waits for the user's word.
    Permission,
    Waiting,
    /// Working: a subagent does, though the turn is over.
    Background,
    /// Waiting, and a background shell runs.
    Shell,
    /// Waiting, and the user has opened a dialog.
    Dialog,
    Ended,
    /// Ended, and its process runs another session.
    Left,
}

impl Truth {
    /// The state that `sessions` must give it.
    pub fn state(self) -> &'static str {
        match self {
            Self::Working | Self::Background => "working",
            Self::Permission => "permission",
            Self::Waiting | Self::Shell | Self::Dialog => "waiting",
            Self::Ended | Self::Left => "ended",
        }
    }
}

impl Truth {
    /// Whether this is what was expected. No source tells a subagent after Stop from a turn.
    pub fn is(self, expected: Self) -> bool {
        self == expected || (self, expected) == (Self::Working, Self::Background)
    }
}

/// What the registry says of a process.
fn entry(home: &Path, pid: u32) -> Option<Value> {
    let text = fs_err::read_to_string(home.join(format!(".claude/sessions/{pid}.json"))).ok()?;
    serde_json::from_str(&text).ok()
}

/// The directory that it is in.
pub fn directory(home: &Path, pid: u32) -> Option<String> {
    Some(entry(home, pid)?["cwd"].as_str()?.to_owned())
}

/// Its session and what that does. `None` where it says nothing, or nothing we know.
pub fn registered(home: &Path, pid: u32) -> Option<(String, Truth)> {
    let entry = entry(home, pid)?;
    let truth = match (entry["status"].as_str()?, entry["waitingFor"].as_str()) {
        ("busy", _) => Truth::Working,
        ("idle", _) => Truth::Waiting,
        ("shell", _) => Truth::Shell,
        ("waiting", Some("permission prompt" | "input needed")) => Truth::Permission,
        ("waiting", Some("dialog open")) => Truth::Dialog,
        _ => return None,
    };
    Some((entry["sessionId"].as_str()?.to_owned(), truth))
}

/// What the screen shows, where there is no registry; it shows neither which dialog is open nor what runs in the background,
/// and there the person knows.
pub fn shown(screen: &str, expected: Truth) -> Truth {
    let has_dialog = screen.to_lowercase().contains("esc to cancel") || screen.contains("Enter to confirm");
    match expected {
        Truth::Permission | Truth::Dialog if has_dialog => expected,
        _ if has_dialog => Truth::Permission,
        _ if screen.contains("esc to interrupt") => Truth::Working,
        Truth::Shell | Truth::Background => expected,
        _ => Truth::Waiting,
    }
}

/// Whether a process lives.
pub fn lives(pid: u32) -> bool {
    read_stat(pid).is_some_and(|stat| !stat.is_zombie)
}
