//! Which events are registered, by the version of the CLI.
//!
//! Up to 2.1.100 one event that the CLI does not know makes it drop ALL hooks of the file.

use session_signals_protocol::{HOOKS, Hook};

use crate::claude::Version;
use crate::editor;

/// The oldest CLI we know: it has every event that [`SINCE`] does not name.
pub const OLDEST: Version = Version(2, 0, 50);

/// From here on an unknown event does no harm.
const TOLERANT: Version = Version(2, 1, 122);

/// The first version measured to know an event.
const SINCE: [(&str, Version); 8] = [
    ("PostToolUseFailure", Version(2, 1, 50)),
    ("StopFailure", Version(2, 1, 100)),
    ("PermissionDenied", Version(2, 1, 100)),
    ("Elicitation", Version(2, 1, 100)),
    ("ElicitationResult", Version(2, 1, 100)),
    ("PostCompact", Version(2, 1, 100)),
    // Older CLIs know it, but with no PostCompact its `working` would stay.
    ("PreCompact", Version(2, 1, 100)),
    ("PostToolBatch", TOLERANT),
];

/// The first CLI that an event can be registered with.
#[must_use]
pub fn since(event: &str) -> Version {
    SINCE.iter().find(|(name, _)| *name == event).map_or(OLDEST, |(_, version)| *version)
}

/// Whether the CLI takes it. Of an unknown version only the oldest CLI's events are safe.
#[must_use]
pub fn known(event: &str, claude: Option<Version>) -> bool {
    since(event) <= claude.unwrap_or(OLDEST)
}

/// The executable that starts and ends daemons, and serves.
pub const SESSIONS: &str = "sessions";

/// What it is registered for with `--daemons`, and its arguments. Every CLI knows these events.
pub const OF_DAEMONS: [(&str, &[&str]); 2] =
    [("SessionStart", &["daemons", "start"]), ("SessionEnd", &["daemons", "stop"])];

/// Whether these settings start or end daemons.
#[must_use]
pub fn have_daemons(settings: &[u8]) -> bool {
    let there = editor::entries(settings, &owned()).unwrap_or_default();
    there.iter().any(|entry| entry.path.ends_with(&format!("/{SESSIONS}")))
}

/// The executables' names.
#[must_use]
pub fn executables() -> [&'static str; 8] {
    HOOKS.map(Hook::executable)
}

/// What is ours in the settings: these, and `sessions` where it starts or ends daemons.
#[must_use]
pub fn owned() -> Vec<&'static str> {
    executables().into_iter().chain(["sessions daemons start", "sessions daemons stop"]).collect()
}
