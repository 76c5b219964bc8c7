//! The state that a session really has. It is read from the CLI's own registry, or from the screen of a CLI that has no registry.

use std::path::Path;

use serde_json::Value;
use session_signals_protocol::cli_process::read_stat;

/// The state of a session, in more detail than `sessions` reports it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExpectedState {
    Working,
    /// A tool call or a question waits for the user's answer.
    Permission,
    Waiting,
    /// The turn is over, and a subagent works.
    Background,
    /// The session waits for the user, and a background shell runs.
    Shell,
    /// The session waits for the user, and the user has opened a dialog.
    Dialog,
    Ended,
    /// The session has ended, and its process runs another session.
    Left,
}

impl ExpectedState {
    /// Returns the state that `sessions` must report.
    pub fn reported_state(self) -> &'static str {
        match self {
            Self::Working | Self::Background => "working",
            Self::Permission => "permission",
            Self::Waiting | Self::Shell | Self::Dialog => "waiting",
            Self::Ended | Self::Left => "ended",
        }
    }

    /// Returns whether a state that was read matches the expected one. A subagent that works after the turn cannot be told from a
    /// turn.
    pub fn matches(self, expected: Self) -> bool {
        self == expected || (self, expected) == (Self::Working, Self::Background)
    }
}

/// Reads the registry entry of a process.
fn read_entry(home: &Path, pid: u32) -> Option<Value> {
    let text = fs_err::read_to_string(home.join(format!(".claude/sessions/{pid}.json"))).ok()?;
    serde_json::from_str(&text).ok()
}

/// Reads the working directory of a process from the registry.
pub fn read_registry_directory(home: &Path, pid: u32) -> Option<String> {
    Some(read_entry(home, pid)?["cwd"].as_str()?.to_owned())
}

/// Reads the session of a process and its state from the registry; `None` if there is no entry, or if its status is unknown.
pub fn read_registry_state(home: &Path, pid: u32) -> Option<(String, ExpectedState)> {
    let entry = read_entry(home, pid)?;
    let state = match (entry["status"].as_str()?, entry["waitingFor"].as_str()) {
        ("busy", _) => ExpectedState::Working,
        ("idle", _) => ExpectedState::Waiting,
        ("shell", _) => ExpectedState::Shell,
        ("waiting", Some("permission prompt" | "input needed")) => ExpectedState::Permission,
        ("waiting", Some("dialog open")) => ExpectedState::Dialog,
        _ => return None,
    };
    Some((entry["sessionId"].as_str()?.to_owned(), state))
}

/// Reads the state from the screen. The screen does not tell which dialog is open, or what runs in the background. There the expected
/// state is returned.
pub fn read_screen_state(screen: &str, expected: ExpectedState) -> ExpectedState {
    let has_dialog = screen.to_lowercase().contains("esc to cancel") || screen.contains("Enter to confirm");
    match expected {
        ExpectedState::Permission | ExpectedState::Dialog if has_dialog => expected,
        _ if has_dialog => ExpectedState::Permission,
        _ if screen.contains("esc to interrupt") => ExpectedState::Working,
        ExpectedState::Shell | ExpectedState::Background => expected,
        _ => ExpectedState::Waiting,
    }
}

/// Returns whether a process is alive.
pub fn is_alive(pid: u32) -> bool {
    read_stat(pid).is_some_and(|stat| !stat.is_zombie)
}
