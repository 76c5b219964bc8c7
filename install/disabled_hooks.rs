//! Settings that turn all hooks of the user off.

use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::environment::Environment;
use crate::paths::{SCOPES, Scope};
use crate::settings_file;
use session_signals_reader::cleanup::retention;

/// The setting of an administrator that turns off the hooks of the settings, and not those of plugins.
pub const PLUGINS_ONLY: &str = "strictPluginOnlyCustomization";

/// A setting that turns hooks off, and the file that contains it.
pub struct DisabledHooks {
    /// The name of the setting.
    pub setting: &'static str,
    /// What the setting says, to follow its name in a sentence.
    pub says: &'static str,
    /// The file that contains it.
    pub file: PathBuf,
    /// The scope of the file; `None` for a file of the administrator.
    pub scope: Option<Scope>,
}

/// Returns every setting that turns hooks off, in the files of all scopes and of the administrator.
#[must_use]
pub fn find_disabled(env: &Environment) -> Vec<DisabledHooks> {
    let mut managed = retention::managed_settings_files();
    managed.sort();
    let mut files: Vec<(PathBuf, Option<Scope>)> = managed.into_iter().map(|file| (file, None)).collect();
    files.extend(SCOPES.iter().map(|scope| (env.settings_path(*scope), Some(*scope))));
    let real = |file: &Path| file.canonicalize().ok();
    let mut disabled: Vec<DisabledHooks> = Vec::new();
    for (file, scope) in files {
        let Some(settings) = parse_file(&file) else { continue };
        for (setting, says) in disabling_settings(&settings, scope.is_none()) {
            // In the home directory, the settings of the project are those of the user.
            if !disabled.iter().any(|other| other.setting == setting && real(&other.file) == real(&file)) {
                disabled.push(DisabledHooks { setting, says, file: file.clone(), scope });
            }
        }
    }
    disabled
}

/// Returns the settings in one file that turn hooks off, and what they say. `is_managed` says whether it is a file of the
/// administrator.
#[must_use]
pub fn disabling_settings(settings: &Value, is_managed: bool) -> Vec<(&'static str, &'static str)> {
    let mut found = Vec::new();
    for setting in ["disableAllHooks", "allowManagedHooksOnly"] {
        if settings.get(setting) == Some(&Value::Bool(true)) {
            found.push((setting, "is true"));
        }
    }
    // Seen with 2.1.330: this setting has no effect in the settings of a user or a project.
    match settings.get(PLUGINS_ONLY).filter(|_| is_managed) {
        Some(Value::Bool(true)) => found.push((PLUGINS_ONLY, "is true")),
        Some(Value::Array(surfaces)) if surfaces.iter().any(|surface| surface == "hooks") => {
            found.push((PLUGINS_ONLY, "lists hooks"));
        }
        _ => {}
    }
    found
}

/// Parses a settings file. A file that cannot be read or parsed turns nothing off: the CLI ignores it.
fn parse_file(file: &Path) -> Option<Value> {
    if !file.is_file() {
        return None;
    }
    settings_file::parse_settings(&std::fs::read(file).ok()?)
}
