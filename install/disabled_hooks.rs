//! Settings that turn all hooks of the user off.

use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::environment::Environment;
use crate::paths::{SCOPES, Scope};
use crate::settings_file;
use session_signals_reader::cleanup::retention;

/// A setting that turns hooks off, and the file that contains it.
pub struct DisabledHooks {
    /// `disableAllHooks` or `allowManagedHooksOnly`.
    pub setting: &'static str,
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
        for setting in ["disableAllHooks", "allowManagedHooksOnly"] {
            // In the home directory, the settings of the project are those of the user.
            if settings.get(setting) == Some(&Value::Bool(true))
                && !disabled.iter().any(|other| other.setting == setting && real(&other.file) == real(&file))
            {
                disabled.push(DisabledHooks { setting, file: file.clone(), scope });
            }
        }
    }
    disabled
}

/// Parses a settings file. A file that cannot be read or parsed turns nothing off: the CLI ignores it.
fn parse_file(file: &Path) -> Option<Value> {
    if !file.is_file() {
        return None;
    }
    settings_file::parse_settings(&std::fs::read(file).ok()?)
}
