//! How long the CLI keeps sessions that are over: its setting `cleanupPeriodDays`.
//!
//! The administrator's settings count before the user's. The settings of a project do not count, because the signal directory
//! is for all projects. If the setting cannot be read or has no meaning, nothing is removed, as in the CLI (2.1.330). That is so
//! for 0, too, which many people once used for "never" and which the CLI refuses today.

use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::Value;

/// The name of the setting.
pub const SETTING: &str = "cleanupPeriodDays";

/// The value of the setting if nobody has set it, in days.
const DEFAULT_DAYS: u64 = 30;

/// A day in seconds.
const DAY: u64 = 24 * 60 * 60;

/// Returns how long the signal of a session that ended is kept. `None` if a file with settings cannot be understood: then
/// nothing may be removed.
#[must_use]
pub fn retention_period(config_dir: &Path) -> Option<Duration> {
    retention_period_from(&managed_settings_files(), &config_dir.join("settings.json"))
}

/// Returns the same for these files: those of the administrator, of which the last one counts, and the user's.
pub(crate) fn retention_period_from(managed: &[PathBuf], user: &Path) -> Option<Duration> {
    let mut setting = None;
    for file in managed {
        setting = read_setting(file)?.or(setting);
    }
    let setting = match setting {
        Some(setting) => Some(setting),
        None => read_setting(user)?,
    };
    let days = setting.map_or(Some(DEFAULT_DAYS), |setting| whole_days(&setting))?;
    days.checked_mul(DAY).map(Duration::from_secs)
}

/// Returns the value as a number of whole days, at least one. `30.0` is a whole number in JSON.
fn whole_days(setting: &Value) -> Option<u64> {
    let days = setting.as_u64().or_else(|| setting.to_string().strip_suffix(".0")?.parse().ok());
    days.filter(|days| *days > 0)
}

/// Returns the setting in a file, if there is one; `None` if the file exists and cannot be understood.
#[expect(clippy::option_option, reason = "a file that cannot be understood is not a file without the setting")]
fn read_setting(file: &Path) -> Option<Option<Value>> {
    let Ok(metadata) = file.metadata() else {
        // A symbolic link to nothing is a file that cannot be understood.
        return file
            .symlink_metadata()
            .is_err_and(|error| error.kind() == std::io::ErrorKind::NotFound)
            .then_some(None);
    };
    let text = Some(file).filter(|_| metadata.is_file()).and_then(|file| std::fs::read(file).ok())?;
    let text = text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&text).trim_ascii();
    if text.is_empty() {
        return Some(None);
    }
    let settings: Value = serde_json::from_slice(text).ok()?;
    Some(settings.as_object()?.get(SETTING).cloned())
}

/// Returns the paths of the administrator's settings, in ascending order of precedence. The files may not exist.
#[must_use]
pub fn managed_settings_files() -> Vec<PathBuf> {
    let directory = Path::new(if cfg!(target_os = "macos") {
        "/Library/Application Support/ClaudeCode"
    } else {
        "/etc/claude-code"
    });
    let entries = std::fs::read_dir(directory.join("managed-settings.d")).into_iter().flatten().flatten();
    let paths = entries.map(|entry| entry.path()).filter(|path| path.extension().is_some_and(|end| end == "json"));
    let mut paths: Vec<_> = paths.collect();
    paths.sort();
    std::iter::once(directory.join("managed-settings.json")).chain(paths).collect()
}
