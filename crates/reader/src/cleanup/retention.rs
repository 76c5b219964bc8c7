//! How long the CLI keeps what is over: its setting `cleanupPeriodDays`.
//!
//! The administrator's settings come before the user's. Those of a project do not count: the signals are of all
//! projects. As the CLI does (2.1.330), nothing is removed where the setting cannot be read or makes no sense: 0 once
//! meant "never" to many, and is refused today.

use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::Value;

/// The setting's name.
pub const SETTING: &str = "cleanupPeriodDays";

/// What it is where nobody has set it, in days.
const DEFAULT: u64 = 30;

const DAY: u64 = 24 * 60 * 60;

/// How long the signal of a session that ended stays; `None` where nothing says so for certain.
pub fn retention_period(config: &Path) -> Option<Duration> {
    retention_period_from(&managed_settings_files(), &config.join("settings.json"))
}

/// The same by the administrator's files, of which the last one counts, and the user's.
pub fn retention_period_from(managed: &[PathBuf], user: &Path) -> Option<Duration> {
    let mut said = None;
    for file in managed {
        said = read_setting(file)?.or(said);
    }
    let said = match said {
        Some(said) => Some(said),
        None => read_setting(user)?,
    };
    let days = said.map_or(Some(DEFAULT), |said| whole_days(&said))?;
    days.checked_mul(DAY).map(Duration::from_secs)
}

/// Whole days, at least one. JSON has no integers: `30.0` is one.
fn whole_days(said: &Value) -> Option<u64> {
    let days = said.as_u64().or_else(|| said.to_string().strip_suffix(".0")?.parse().ok());
    days.filter(|days| *days > 0)
}

/// What a file says, if anything; `None` where it is there and cannot be understood.
#[expect(clippy::option_option, reason = "not to be read, and silent, are two things")]
fn read_setting(file: &Path) -> Option<Option<Value>> {
    let Ok(meta) = file.metadata() else {
        // A symbolic link that leads nowhere is there.
        return file
            .symlink_metadata()
            .is_err_and(|error| error.kind() == std::io::ErrorKind::NotFound)
            .then_some(None);
    };
    let text = Some(file).filter(|_| meta.is_file()).and_then(|file| std::fs::read(file).ok())?;
    let text = text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&text).trim_ascii();
    if text.is_empty() {
        return Some(None);
    }
    let settings: Value = serde_json::from_slice(text).ok()?;
    Some(settings.as_object()?.get(SETTING).cloned())
}

/// The administrator's files, the one that counts most at the end.
pub fn managed_settings_files() -> Vec<PathBuf> {
    let folder = Path::new(if cfg!(target_os = "macos") {
        "/Library/Application Support/ClaudeCode"
    } else {
        "/etc/claude-code"
    });
    let more = std::fs::read_dir(folder.join("managed-settings.d")).into_iter().flatten().flatten();
    let more = more.map(|entry| entry.path()).filter(|path| path.extension().is_some_and(|end| end == "json"));
    let mut more: Vec<_> = more.collect();
    more.sort();
    std::iter::once(folder.join("managed-settings.json")).chain(more).collect()
}
