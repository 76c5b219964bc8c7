//! `/setup`: whether the hooks are installed, so that the page can say what to do next.
//!
//! A thread reads the settings. So a request never reaches a file.

use std::path::Path;
use std::sync::{Arc, PoisonError, RwLock};
use std::thread;
use std::time::Duration;

use axum::http::{HeaderName, header};
use serde::Serialize;
use serde_json::Value;
use session_signals_protocol::{HOOKS, Hook};
use session_signals_reader::SignalDir;
use session_signals_reader::cleanup::retention::managed_settings_files;
use session_signals_reader::regular_file::read_regular;

/// How often the settings are read. Somebody who has just installed the hooks looks at the page.
const INTERVAL: Duration = Duration::from_secs(2);

/// The longest settings that are read.
const MAX_SETTINGS_LEN: u64 = 4 << 20;

/// The version of the format of the answer.
const FORMAT: u32 = 1;

/// Whether the hooks are in the settings of Claude Code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum HooksSetup {
    /// Each hook executable is registered.
    Installed,
    /// Some are registered, and some are not.
    Partly,
    /// None is registered.
    Missing,
    /// The settings switch all hooks off.
    Disabled,
    /// A file of settings exists and cannot be understood.
    Unknown,
}

/// What `/setup` answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Setup {
    format: u32,
    hooks: HooksSetup,
    /// Whether a hook has ever written a signal here that still exists.
    signals: bool,
}

/// What was read last.
#[derive(Clone)]
pub struct SetupReading(Arc<RwLock<Setup>>);

impl SetupReading {
    /// Reads the setup for the first time.
    pub fn read(config_dir: &Path) -> Self {
        Self(Arc::new(RwLock::new(read_setup(config_dir))))
    }

    /// Reads it again and again. Never returns.
    pub fn read_repeatedly(&self, config_dir: &Path) {
        loop {
            thread::sleep(INTERVAL);
            *self.0.write().unwrap_or_else(PoisonError::into_inner) = read_setup(config_dir);
        }
    }

    /// Answers a request.
    pub fn answer(&self) -> ([(HeaderName, &'static str); 1], String) {
        let setup = *self.0.read().unwrap_or_else(PoisonError::into_inner);
        ([(header::CONTENT_TYPE, "application/json")], serde_json::to_string(&setup).unwrap_or_default())
    }
}

fn read_setup(config_dir: &Path) -> Setup {
    let mut texts = Vec::new();
    for file in managed_settings_files().into_iter().chain([config_dir.join("settings.json")]) {
        match read_regular(&file, MAX_SETTINGS_LEN) {
            Ok(content) => texts.push(Some(content.bytes)),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
            Err(_) => texts.push(None),
        }
    }
    let names = std::fs::read_dir(SignalDir::of_config_dir(config_dir).path()).into_iter().flatten().flatten();
    let mut names = names.map(|entry| entry.file_name());
    let signals = names.any(|name| name.as_encoded_bytes().ends_with(b".json"));
    Setup { format: FORMAT, hooks: judge_settings(&texts), signals }
}

/// Returns what these files of settings say of the hooks. `None` is a file that cannot be read.
pub fn judge_settings(texts: &[Option<Vec<u8>>]) -> HooksSetup {
    let mut commands = Vec::new();
    let mut is_unknown = false;
    for text in texts {
        match text.as_deref().and_then(parse_settings) {
            Some(settings) if settings["disableAllHooks"] == Value::Bool(true) => return HooksSetup::Disabled,
            Some(settings) => commands.extend(hook_commands(&settings)),
            None => is_unknown = true,
        }
    }
    let is_registered = |hook: &Hook| commands.iter().any(|command| names_executable(command, hook.executable()));
    match HOOKS.iter().filter(|hook| is_registered(hook)).count() {
        count if count == HOOKS.len() => HooksSetup::Installed,
        _ if is_unknown => HooksSetup::Unknown,
        0 => HooksSetup::Missing,
        _ => HooksSetup::Partly,
    }
}

/// Returns the settings as JSON. An empty file has no settings.
fn parse_settings(text: &[u8]) -> Option<Value> {
    let text = text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(text).trim_ascii();
    if text.is_empty() { Some(Value::Null) } else { serde_json::from_slice(text).ok() }
}

/// Returns all commands of the hooks in these settings.
fn hook_commands(settings: &Value) -> Vec<String> {
    let events = settings["hooks"].as_object().into_iter().flat_map(|events| events.values());
    let groups = events.filter_map(Value::as_array).flatten();
    let entries = groups.filter_map(|group| group["hooks"].as_array()).flatten();
    entries.filter_map(|entry| entry["command"].as_str().map(str::to_owned)).collect()
}

/// Returns whether the command line runs an executable with this name.
fn names_executable(command: &str, name: &str) -> bool {
    let words = command.split(|character: char| character.is_whitespace() || matches!(character, '"' | '\'' | '/'));
    words.into_iter().any(|word| word == name)
}
