//! Settings that keep our hooks from running at all.

use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::env::Env;
use crate::paths::{SCOPES, Scope};
use crate::settings;
use session_signals_reader::cleanup::retention;

/// A setting, and the file it is set in.
pub struct Disabled {
    /// `disableAllHooks` or `allowManagedHooksOnly`.
    pub setting: &'static str,
    /// Where it is set.
    pub file: PathBuf,
    /// Whose that is; `None`: the administrator's.
    pub scope: Option<Scope>,
}

/// Every file that disables hooks, in any scope.
#[must_use]
pub fn find(env: &Env) -> Vec<Disabled> {
    let mut managed = retention::managed_settings_files();
    managed.sort();
    let mut files: Vec<(PathBuf, Option<Scope>)> = managed.into_iter().map(|file| (file, None)).collect();
    files.extend(SCOPES.iter().map(|scope| (env.settings(*scope), Some(*scope))));
    let real = |file: &Path| file.canonicalize().ok();
    let mut found: Vec<Disabled> = Vec::new();
    for (file, scope) in files {
        let Some(settings) = parse(&file) else { continue };
        for setting in ["disableAllHooks", "allowManagedHooksOnly"] {
            // The home's project settings are the user's.
            if settings.get(setting) == Some(&Value::Bool(true))
                && !found.iter().any(|other| other.setting == setting && real(&other.file) == real(&file))
            {
                found.push(Disabled { setting, file: file.clone(), scope });
            }
        }
    }
    found
}

/// A file that cannot be read or parsed disables nothing: the CLI ignores it.
fn parse(file: &Path) -> Option<Value> {
    if !file.is_file() {
        return None;
    }
    settings::parse(&std::fs::read(file).ok()?)
}
