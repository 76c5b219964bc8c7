//! Which events are registered, by the version of the CLI.
//!
//! Up to 2.1.100 one event that the CLI does not know makes it drop ALL hooks of the file.

use session_signals_protocol::{HOOKS, Hook};

use crate::cli_version::CliVersion;
use crate::settings_editor;

/// The oldest CLI we know: it has every event that [`SINCE`] does not name.
pub const OLDEST_CLI: CliVersion = CliVersion(2, 0, 50);

/// From here on an unknown event does no harm.
const TOLERANT_SINCE: CliVersion = CliVersion(2, 1, 122);

/// The first version measured to know an event.
const EVENT_SINCE: [(&str, CliVersion); 8] = [
    ("PostToolUseFailure", CliVersion(2, 1, 50)),
    ("StopFailure", CliVersion(2, 1, 100)),
    ("PermissionDenied", CliVersion(2, 1, 100)),
    ("Elicitation", CliVersion(2, 1, 100)),
    ("ElicitationResult", CliVersion(2, 1, 100)),
    ("PostCompact", CliVersion(2, 1, 100)),
    // Older CLIs know it, but with no PostCompact its `working` would stay.
    ("PreCompact", CliVersion(2, 1, 100)),
    ("PostToolBatch", TOLERANT_SINCE),
];

/// The first CLI that an event can be registered with.
#[must_use]
pub fn event_since(event: &str) -> CliVersion {
    EVENT_SINCE.iter().find(|(name, _)| *name == event).map_or(OLDEST_CLI, |(_, version)| *version)
}

/// Whether the CLI takes it. Of an unknown version only the oldest CLI's events are safe.
#[must_use]
pub fn is_known_event(event: &str, claude: Option<CliVersion>) -> bool {
    event_since(event) <= claude.unwrap_or(OLDEST_CLI)
}

/// The executable that starts and ends daemons, and serves.
pub const SESSIONS_EXECUTABLE: &str = "sessions";

/// What it is registered for with `--daemons`, and its arguments. Every CLI knows these events.
pub const DAEMON_EVENTS: [(&str, &[&str]); 2] =
    [("SessionStart", &["daemons", "start"]), ("SessionEnd", &["daemons", "stop"])];

/// Whether these settings start or end daemons.
#[must_use]
pub fn has_daemon_entries(settings: &[u8]) -> bool {
    let there = settings_editor::own_entries(settings, &owned_names()).unwrap_or_default();
    there.iter().any(|entry| entry.path.ends_with(&format!("/{SESSIONS_EXECUTABLE}")))
}

/// The executables' names.
#[must_use]
pub fn executable_names() -> [&'static str; 8] {
    HOOKS.map(Hook::executable)
}

/// What is ours in the settings: these, and `sessions` where it starts or ends daemons.
#[must_use]
pub fn owned_names() -> Vec<&'static str> {
    executable_names().into_iter().chain(["sessions daemons start", "sessions daemons stop"]).collect()
}
