//! The plugin: a module that runs inside Claude Code. `hooks install --plugin` lays it into the configuration directory, and
//! Claude Code loads it there at the beginning of each session.
//!
//! The folder holds the module alone. The hooks stay in the settings, and the executable that the module starts lies beside the
//! other executables.

mod enabled_plugin;
mod folder;
mod loading;
mod plugin_receipt;

use std::path::PathBuf;

use crate::cli_version::CliVersion;
use crate::environment::Environment;
use crate::refusal::Refusal;
use crate::report::Report;
use crate::{atomic_file, file_access, phrases, settings_transaction};
use folder::PluginFolder;
use plugin_receipt::PluginReceipt;

pub use enabled_plugin::{find_enabled, refuse_enabled};
pub use loading::{find_obstacles, module_switch};

/// The first CLI that the plugin was made for. An older one ignores the folder.
pub const FIRST_CLI: CliVersion = CliVersion(2, 1, 287);

/// The name of the plugin.
const PLUGIN_NAME: &str = "session-signals";

/// The variable that turns the module off if it is `off`. The module reads it.
pub const MODULE_SWITCH: &str = "SESSION_SIGNALS_MOD";

/// How Claude Code calls the plugin that lies in the configuration directory.
pub const SKILLS_DIR_ID: &str = "session-signals@skills-dir";

/// Returns whether an id, `NAME@MARKETPLACE`, is that of a plugin with our name.
fn has_our_name(id: &str) -> bool {
    id.rsplit_once('@').is_some_and(|(name, _)| name == PLUGIN_NAME)
}

/// Returns whether the plugin is installed: an earlier run laid it down, or its files are there.
#[must_use]
pub fn is_installed(env: &Environment) -> bool {
    PluginReceipt::exists(env) || PluginFolder::inspect(env, &PluginReceipt::default()).is_complete()
}

/// Refuses to lay the plugin down where Claude Code would not load it, where files of somebody else are in its place, and where it
/// cannot be written.
///
/// # Errors
/// If the version of the CLI is unknown or too old, if a setting of the administrator forbids the plugin, if a file of somebody
/// else is in its place, and if the plugin is not there yet and its folder cannot be written.
pub fn refuse_plugin(env: &Environment, claude: &Result<CliVersion, String>) -> Result<(), Refusal> {
    match claude {
        Err(reason) => {
            return Err(Refusal::new(format!(
                "the version of Claude Code is unknown ({reason}), and the plugin needs {FIRST_CLI} or newer: `hooks install` without --plugin installs the hooks"
            )));
        }
        Ok(version) if *version < FIRST_CLI => {
            return Err(Refusal::new(format!(
                "claude {version} is older than {FIRST_CLI}, the first version that the plugin is for: update it with `claude update`, or install the hooks without --plugin"
            )));
        }
        Ok(_) => {}
    }
    if let Some(obstacle) = find_obstacles(env).into_iter().find(|obstacle| obstacle.is_managed) {
        return Err(Refusal::new(format!("{}: install the hooks without --plugin", obstacle.sentence)));
    }
    let folder = PluginFolder::inspect(env, &PluginReceipt::load(env));
    folder.refuse_foreign(env)?;
    if folder.is_current() {
        return Ok(());
    }
    file_access::refuse_unwritable(env, &env.plugin_dir()).map_err(Refusal::without_option("--plugin"))
}

/// Returns a sentence on what would be done to the plugin; `None` if nothing would. Changes nothing. `is_desired` says whether
/// the user asked for the plugin (`Some(true)`) or against it (`Some(false)`).
#[must_use]
pub fn plan_plugin(env: &Environment, is_desired: Option<bool>) -> Option<String> {
    let dir = env.short_path(&env.plugin_dir());
    let has_plugin = is_installed(env);
    let is_current = PluginFolder::inspect(env, &PluginReceipt::load(env)).is_current();
    match (is_desired, has_plugin) {
        (Some(true), false) => Some(format!("{dir} would be written: sessions that start later would load the plugin")),
        (Some(false), true) => Some(format!("{dir} would be removed")),
        (Some(true) | None, true) if !is_current => Some(format!("{dir} would be updated")),
        _ => None,
    }
}

/// Lays the plugin down, or updates it. To be called without the lock.
///
/// # Errors
/// If a file of somebody else is in its place, and if the file system refuses a step.
pub fn lay_plugin(env: &Environment, report: &mut Report) -> Result<(), Refusal> {
    let _lock = settings_transaction::wait_for_lock(env)?;
    let receipt = PluginReceipt::load(env);
    let folder = PluginFolder::inspect(env, &receipt);
    folder.refuse_foreign(env)?;
    let intended = receipt.with_this_build(env);
    if !folder.is_current() {
        // The receipt comes first: after a kill it names whatever was written.
        intended.store(env)?;
        folder.write_files(env)?;
        folder.remove_obsolete(env)?;
        report.plugin = Some(env.plugin_dir());
    }
    let current = intended.of_this_build();
    if PluginReceipt::load(env) != current {
        current.store(env)?;
    }
    Ok(())
}

/// Removes what an installation laid down. What somebody else put there or changed stays, and the report says so. To be called
/// under the lock.
///
/// # Errors
/// If the file system refuses a step.
pub fn remove_plugin(env: &Environment, report: &mut Report) -> Result<(), Refusal> {
    if !is_installed(env) {
        return Ok(());
    }
    let receipt = PluginReceipt::load(env);
    let folder = PluginFolder::inspect(env, &receipt);
    folder.remove_files(env, &receipt)?;
    let dir = env.plugin_dir();
    if dir.symlink_metadata().is_ok() {
        let left = if folder.foreign().is_empty() {
            "other files are in it".to_owned()
        } else {
            format!("somebody else wrote {}", phrases::list_some(folder.foreign_names(env).iter().map(String::as_str)))
        };
        report.warnings.push(format!("{} stays, because {left}", env.short_path(&dir)));
    }
    atomic_file::delete_file(&PluginReceipt::path(env))?;
    report.plugin = Some(dir);
    Ok(())
}

/// What is wrong with the installed plugin: a sentence.
pub enum PluginFault {
    /// Files are missing, or another version wrote them.
    Outdated(String),
    /// Somebody else wrote files that are in its place.
    Foreign(String),
}

/// Checks the files of the plugin; `None` if it is not installed, and if nothing is wrong.
#[must_use]
pub fn find_fault(env: &Environment) -> Option<PluginFault> {
    if !is_installed(env) {
        return None;
    }
    let folder = PluginFolder::inspect(env, &PluginReceipt::load(env));
    if let Err(refusal) = folder.refuse_foreign(env) {
        return Some(PluginFault::Foreign(refusal.reason));
    }
    (!folder.is_current()).then(|| PluginFault::Outdated(folder.describe_difference(env)))
}

/// Returns the time of the last change of the plugin by an installation.
#[must_use]
pub fn changed_at(env: &Environment) -> Option<std::time::SystemTime> {
    PluginReceipt::path(env).metadata().ok()?.modified().ok()
}

/// Returns the folders in which a killed run may have left temporary files.
#[must_use]
pub fn written_folders(env: &Environment) -> Vec<PathBuf> {
    folder::written_folders(env)
}
