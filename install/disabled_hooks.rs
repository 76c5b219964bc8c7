//! Settings that keep our hooks from running at all.

use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::environment::Environment;
use crate::paths::{SCOPES, Scope};
use crate::settings_file;
use session_signals_reader::cleanup::retention;

/// A setting, and the file it is set in.
pub struct DisabledHooks {
    /// `disableAllHooks` or `allowManagedHooksOnly`.
    pub setting: &'static str,
    /// Where it is set.
    pub file: PathBuf,
    /// Whose that is; `None`: the administrator's.
    pub scope: Option<Scope>,
}

/// Every file that disables hooks, in any scope.
#[must_use]
pub fn find_disabled(env: &Environment) -> Vec<DisabledHooks> {
    let mut managed = retention::managed_settings_files();
    managed.sort();
    let mut files: Vec<(PathBuf, Option<Scope>)> = managed.into_iter().map(|file| (file, None)).collect();
    files.extend(SCOPES.iter().map(|scope| (env.settings_path(*scope), Some(*scope))));
    let real = |file: &Path| file.canonicalize().ok();
    let mut found: Vec<DisabledHooks> = Vec::new();
    for (file, scope) in files {
        let Some(settings) = parse_file(&file) else { continue };
        for setting in ["disableAllHooks", "allowManagedHooksOnly"] {
            // The home's project settings are the user's.
            if settings.get(setting) == Some(&Value::Bool(true))
                && !found.iter().any(|other| other.setting == setting && real(&other.file) == real(&file))
            {
                found.push(DisabledHooks { setting, file: file.clone(), scope });
            }
        }
    }
    found
}

/// A file that cannot be read or parsed disables nothing: the CLI ignores it.
fn parse_file(file: &Path) -> Option<Value> {
    if !file.is_file() {
        return None;
    }
    settings_file::parse_settings(&std::fs::read(file).ok()?)
}
