//! Temporary files that a killed `hooks` left beside the executables, the backups, the plugin and the
//! completions.
//!
//! Those beside the settings are examined in `interrupted_runs.rs`, those in the signal directory in `signals.rs`.

use std::path::PathBuf;

use session_signals_cli::FindingId;

use super::finding::{Finding, Repair};
use crate::atomic_file::{TEMPORARY_PREFIX, files_with_prefix, is_old};
use crate::environment::Environment;
use crate::{plugin, user_files};

/// Finds the temporary files that no process can be using any more.
pub fn check(env: &Environment) -> Vec<Finding> {
    let mut folders = vec![env.executables_dir(), env.backups_dir()];
    folders.extend(plugin::written_folders(env));
    folders.extend(user_files::written_folders(env));
    let files = folders.iter().flat_map(|folder| files_with_prefix(folder, TEMPORARY_PREFIX));
    let finding = |path: PathBuf| {
        let sentence = format!("a killed process left {}", env.short_path(&path));
        Finding::new(FindingId::OrphanTemporary, sentence, Repair::DeleteTemporary(path.clone())).in_file(&path)
    };
    files.filter(|path| is_old(path)).map(finding).collect()
}
