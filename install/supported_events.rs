//! Which events are registered with which version of the CLI.
//!
//! Up to 2.1.100, one event that the CLI does not know makes it ignore all hooks of the file.

use session_signals_protocol::{HOOKS, Hook};

use crate::cli_version::CliVersion;
use crate::settings_editor::{self, OwnEntry};

/// The oldest CLI that is supported. It knows every event that [`EVENT_SINCE`] does not name.
pub const OLDEST_CLI: CliVersion = CliVersion(2, 0, 50);

/// The first CLI that ignores an unknown event and keeps the other hooks.
const TOLERANT_SINCE: CliVersion = CliVersion(2, 1, 122);

/// The first version that knows an event, as measured.
const EVENT_SINCE: [(&str, CliVersion); 8] = [
    ("PostToolUseFailure", CliVersion(2, 1, 50)),
    ("StopFailure", CliVersion(2, 1, 100)),
    ("PermissionDenied", CliVersion(2, 1, 100)),
    ("Elicitation", CliVersion(2, 1, 100)),
    ("ElicitationResult", CliVersion(2, 1, 100)),
    ("PostCompact", CliVersion(2, 1, 100)),
    // Older CLIs know PreCompact, but not PostCompact, so the signal `working` would stay after a compaction.
    ("PreCompact", CliVersion(2, 1, 100)),
    ("PostToolBatch", TOLERANT_SINCE),
];

/// Returns the first CLI that an event can be registered with.
#[must_use]
pub fn event_since(event: &str) -> CliVersion {
    EVENT_SINCE.iter().find(|(name, _)| *name == event).map_or(OLDEST_CLI, |(_, version)| *version)
}

/// Returns whether a CLI knows an event. If the version is unknown, only the events of the oldest CLI are safe.
#[must_use]
pub fn is_known_event(event: &str, claude: Option<CliVersion>) -> bool {
    event_since(event) <= claude.unwrap_or(OLDEST_CLI)
}

/// The executable that starts and stops daemons, and serves the states of sessions.
pub const SESSIONS_EXECUTABLE: &str = "sessions";

/// The executable that installs, checks and removes the others.
pub const HOOKS_EXECUTABLE: &str = "hooks";

/// The events for which `sessions` is registered with `--daemons`, and its arguments. Every CLI knows these events.
pub const DAEMON_EVENTS: [(&str, &[&str]); 2] =
    [("SessionStart", &["daemons", "start"]), ("SessionEnd", &["daemons", "stop"])];

/// Returns whether these settings start or stop daemons.
#[must_use]
pub fn has_daemon_entries(settings: &[u8]) -> bool {
    let entries = settings_editor::own_entries(settings, &owned_names()).unwrap_or_default();
    entries.iter().any(is_daemon_entry)
}

/// Returns whether one of our entries starts or stops daemons.
#[must_use]
pub fn is_daemon_entry(entry: &OwnEntry) -> bool {
    entry.path.ends_with(&format!("/{SESSIONS_EXECUTABLE}"))
}

/// The executable that the module of the plugin starts. It is installed with the hooks, and no settings register it.
pub const MODULE_EXECUTABLE: &str = Hook::Mod.executable();

/// Returns the names of the executables that handle events: the hooks, and the one that the module of the plugin starts.
#[must_use]
pub fn executable_names() -> Vec<&'static str> {
    HOOKS.map(Hook::executable).into_iter().chain([MODULE_EXECUTABLE]).collect()
}

/// Returns the commands in settings that are ours: the hook executables, and `sessions` with the arguments that start or stop
/// daemons.
#[must_use]
pub fn owned_names() -> Vec<&'static str> {
    HOOKS.map(Hook::executable).into_iter().chain(["sessions daemons start", "sessions daemons stop"]).collect()
}
