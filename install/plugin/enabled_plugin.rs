//! The stand-alone plugin, which brings its own hooks and executables, in the settings of Claude Code.

use std::path::PathBuf;

use super::{SKILLS_DIR_ID, has_our_name, loading};
use crate::environment::Environment;
use crate::paths::Scope;
use crate::refusal::Refusal;

/// The stand-alone plugin, as settings enable it.
pub struct EnabledPlugin {
    /// Its name and its marketplace: `session-signals@MARKETPLACE`.
    pub id: String,
    /// The settings that enable it.
    pub file: PathBuf,
    /// The scope of these settings; `None` for those of the administrator.
    pub scope: Option<Scope>,
}

impl EnabledPlugin {
    /// Returns a sentence part on how to remove it.
    #[must_use]
    pub fn how_to_remove(&self) -> String {
        match self.scope {
            None => "ask the administrator of this computer to remove the plugin".to_owned(),
            Some(Scope::User) => format!("run `claude plugin uninstall {}`", self.id),
            Some(scope) => format!("run `claude plugin uninstall {} --scope {}`", self.id, scope.word()),
        }
    }
}

/// Finds the stand-alone plugin if it is enabled. The settings of the administrator count before the local ones, these before
/// those of the project, and these before those of the user.
#[must_use]
pub fn find_enabled(env: &Environment) -> Option<EnabledPlugin> {
    let mut decided: Vec<String> = Vec::new();
    for settings in loading::read_settings(env).into_iter().rev() {
        let Some(plugins) = settings.value.get("enabledPlugins").and_then(|plugins| plugins.as_object()) else {
            continue;
        };
        for (id, value) in plugins {
            if !has_our_name(id) || id == SKILLS_DIR_ID || decided.contains(id) {
                continue;
            }
            if !value.is_null() && *value != false {
                return Some(EnabledPlugin { id: id.clone(), file: settings.file, scope: settings.scope });
            }
            decided.push(id.clone());
        }
    }
    None
}

/// Refuses to register the hooks beside the stand-alone plugin: each event would be told twice.
///
/// # Errors
/// If the stand-alone plugin is enabled.
pub fn refuse_enabled(env: &Environment) -> Result<(), Refusal> {
    let Some(plugin) = find_enabled(env) else { return Ok(()) };
    Err(Refusal::new(format!(
        "the plugin {} is enabled in {} and brings all hooks, so with the hooks in the settings each event would be told twice. Choose one of the two: to keep the plugin, do nothing; to use the settings, {} and then `hooks install`",
        plugin.id,
        env.short_path(&plugin.file),
        plugin.how_to_remove()
    )))
}
