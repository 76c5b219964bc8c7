//! The real CLI, in a network namespace that holds nothing but a scripted API. See the README beside this file.

pub mod cli_home;
mod cli_slots;
mod daemons;
mod expected_state;
mod full_system;
mod jump;
mod notices;
mod observed_state;
mod plugin;
mod scenario_run;
mod scenario_step;
mod scripted_user;
mod session_scenario;
mod signals_alone;
mod status_line;
mod terminal;

use std::sync::OnceLock;
use std::time::Duration;

use session_signals_cli::wait_until;
pub use session_signals_testing::claude::{claude_command, isolated_command};

/// The versions that the ignored tests run: the oldest supported one, the last one that drops all hooks of a settings file with an
/// unknown event, and the newest one.
pub const VERSIONS: [&str; 3] = ["2.0.50", "2.1.100", "2.1.330"];

/// Returns `SESSION_SIGNALS_CLI_VERSION` if it is set, else the last of [`VERSIONS`].
pub fn newest_version() -> &'static str {
    static VERSION: OnceLock<String> = OnceLock::new();
    VERSION.get_or_init(|| std::env::var("SESSION_SIGNALS_CLI_VERSION").unwrap_or_else(|_| VERSIONS[2].to_owned()))
}

/// How long [`becomes_true`] waits.
const TIMEOUT: Duration = Duration::from_secs(120);

/// How often [`becomes_true`] looks.
const POLL_INTERVAL: Duration = Duration::from_millis(50);

/// Waits up to [`TIMEOUT`] until a condition is true. Returns whether it became true.
pub fn becomes_true(condition: impl FnMut() -> bool) -> bool {
    becomes_true_every(POLL_INTERVAL, condition)
}

/// Waits up to this time until a condition is true. Returns whether it became true.
fn becomes_true_within(timeout: Duration, mut condition: impl FnMut() -> bool) -> bool {
    wait_until(timeout, POLL_INTERVAL, || condition().then_some(())).is_some()
}

/// Does the same as [`becomes_true`] with another pause between two looks.
fn becomes_true_every(interval: Duration, mut condition: impl FnMut() -> bool) -> bool {
    wait_until(TIMEOUT, interval, || condition().then_some(())).is_some()
}
