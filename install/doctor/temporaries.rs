//! Temporary files that a killed installer left behind. Those of the spool are `signals.rs`'s.

use std::path::{Path, PathBuf};
use std::time::Duration;

use super::{Finding, Mend};
use crate::env::Env;
use crate::replace::PREFIX;

/// Whoever still writes is done by then.
const OLD: Duration = Duration::from_secs(60);

/// Every orphan that bears our prefix.
pub fn check(env: &Env) -> Vec<Finding> {
    // Those beside the settings may hold the only copy of something: see `aside`.
    let folders = [env.executables(), env.backups()];
    let found = folders.iter().flat_map(|folder| orphans(folder, PREFIX));
    let finding = |path: PathBuf| {
        let sentence = format!("{} is what a killed process left behind", env.brief(&path));
        Finding::new("orphan-temporary", sentence, Mend::Remove(path.clone())).at(&path)
    };
    found.map(finding).collect()
}

/// The files of a directory whose names begin so, and that nobody has written to for a minute.
fn orphans(folder: &Path, prefix: &str) -> impl Iterator<Item = PathBuf> {
    named(folder, prefix).into_iter().filter(|path| is_old(path))
}

/// The files of a directory whose names begin so, sorted.
pub fn named(folder: &Path, prefix: &str) -> Vec<PathBuf> {
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
    modified.is_ok_and(|time| time.elapsed().is_ok_and(|age| age > OLD))
}
