//! Temporary files that a killed installer left behind. Those of the spool are `signals.rs`'s.

use std::path::{Path, PathBuf};
use std::time::Duration;

use super::{Finding, Fix};
use crate::atomic_file::TEMPORARY_PREFIX;
use crate::environment::Environment;

/// Whoever still writes is done by then.
const MIN_AGE: Duration = Duration::from_secs(60);

/// Every orphan that bears our prefix.
pub fn check(env: &Environment) -> Vec<Finding> {
    // Those beside the settings may hold the only copy of something: see `aside`.
    let folders = [env.executables_dir(), env.backups_dir()];
    let found = folders.iter().flat_map(|folder| old_temporaries(folder, TEMPORARY_PREFIX));
    let finding = |path: PathBuf| {
        let sentence = format!("{} is what a killed process left behind", env.short_path(&path));
        Finding::new("orphan-temporary", sentence, Fix::Remove(path.clone())).in_file(&path)
    };
    found.map(finding).collect()
}

/// The files of a directory whose names begin so, and that nobody has written to for a minute.
fn old_temporaries(folder: &Path, prefix: &str) -> impl Iterator<Item = PathBuf> {
    files_with_prefix(folder, prefix).into_iter().filter(|path| is_old(path))
}

/// The files of a directory whose names begin so, sorted.
pub fn files_with_prefix(folder: &Path, prefix: &str) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let named = entries.filter(|entry| {
        let is_file = entry.file_type().is_ok_and(|kind| kind.is_file());
        is_file && entry.file_name().to_string_lossy().starts_with(prefix)
    });
    let mut found: Vec<PathBuf> = named.map(|entry| entry.path()).collect();
    found.sort();
    found
}

/// Whether nobody has written to a file for a minute.
pub fn is_old(path: &Path) -> bool {
    let modified = path.symlink_metadata().and_then(|meta| meta.modified());
    modified.is_ok_and(|time| time.elapsed().is_ok_and(|age| age > MIN_AGE))
}
