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
pub fn orphans(folder: &Path, prefix: &str) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let old = entries.filter(|entry| {
        let named = entry.file_name().to_string_lossy().starts_with(prefix);
        let age = entry.metadata().and_then(|meta| Ok((meta.is_file(), meta.modified()?)));
        named && age.is_ok_and(|(file, time)| file && time.elapsed().is_ok_and(|age| age > OLD))
    });
    old.map(|entry| entry.path()).collect()
}
