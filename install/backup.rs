//! The settings as they were, kept beside nothing that globs them.

use std::io;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use fs_err as fs;

use crate::env::Env;
use crate::replace;

/// How many are kept of each file.
const KEPT: usize = 10;

/// Saves `bytes` of the file `settings` as `<config dir>/backups/NAME.TIME`, TIME in milliseconds since the epoch,
/// and lets go of the oldest.
///
/// # Errors
/// Any of the file system's: with no backup there is to be no change.
pub fn save(env: &Env, settings: &Path, bytes: &[u8]) -> io::Result<PathBuf> {
    let folder = env.backups();
    fs::create_dir_all(&folder)?;
    let name = env.slug(settings);
    let mut time = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |time| time.as_millis());
    let path = loop {
        let path = folder.join(format!("{name}.{time}"));
        if !path.exists() {
            break path;
        }
        time += 1;
    };
    // Settings hold tokens: ours alone, whatever the original's mode.
    replace::write(&path, bytes, 0o600)?;
    for old in all(&folder, &name)?.iter().rev().skip(KEPT) {
        fs::remove_file(old)?;
    }
    Ok(path)
}

/// Those of one file, the oldest first.
fn all(folder: &Path, name: &str) -> io::Result<Vec<PathBuf>> {
    let mut found: Vec<(u128, PathBuf)> = Vec::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let file = entry.file_name();
        let time = file.to_str().and_then(|file| file.strip_prefix(name)?.strip_prefix('.')?.parse().ok());
        found.extend(time.map(|time| (time, entry.path())));
    }
    found.sort();
    Ok(found.into_iter().map(|(_, path)| path).collect())
}
