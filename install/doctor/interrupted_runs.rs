//! What a run of `hooks` that was killed left beside the settings: it may be all that is left of somebody's edit.

use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use super::temporaries::{files_with_prefix, is_old};
use super::{Finding, Fix};
use crate::atomic_file::{MOVED_PREFIX, TEMPORARY_PREFIX};
use crate::environment::Environment;
use crate::executables::quote_word;
use crate::open_writer::{self, OpenWriter};
use crate::paths::SCOPES;
use crate::refusal::Refusal;
use crate::settings_file::SettingsFile;
use crate::settings_transaction::SettingsLock;
use crate::{atomic_file, backup, receipt, settings_transaction, uninstall};

/// Where nothing tells who has a file open: so long after it was displaced it may be removed, if its bytes are in
/// another place.
const DISPLACED_TOO_LONG: Duration = Duration::from_secs(24 * 60 * 60);

/// What such a file is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum LeftoverKind {
    /// The settings themselves: they were moved out of their place, and nothing stands there.
    Settings,
    /// What is in no other place.
    Alone,
    /// What is in another place, too, or is of no use.
    Rubbish,
}

/// A file that was left behind.
struct Leftover {
    path: PathBuf,
    /// Those that it lies beside.
    settings: SettingsFile,
    what: LeftoverKind,
    /// Whether its bytes are in another place, too.
    is_elsewhere: bool,
}

/// Each such file; and each backup that an editor wrote to when it was one already.
pub fn check(env: &Environment) -> Vec<Finding> {
    // Held meanwhile: what another run is at work on is its own.
    let lock = settings_transaction::try_lock(env);
    let of_file = |left: Leftover| {
        let (path, shown) = (&left.path, env.short_path(&left.path));
        if left.what == LeftoverKind::Rubbish {
            let sentence = format!("{shown} is what a killed process left behind");
            return Finding::new("orphan-temporary", sentence, Fix::SetAside(path.clone(), None)).in_file(path);
        }
        let place = match left.what {
            LeftoverKind::Settings => left.settings.real.clone(),
            _ => backup::place_for_left(env, &left.settings.path, path),
        };
        let mend = Fix::SetAside(path.clone(), Some(env.short_path(&place)));
        Finding::new("settings-left-aside", describe_leftover(env, &left, &place), mend).in_file(path)
    };
    let mut findings: Vec<Finding> = find_leftovers(env, lock.is_some()).into_iter().map(of_file).collect();
    drop(lock);
    let is_missed = |path: &PathBuf| {
        std::fs::read(path).is_ok_and(|bytes| known_settings(env).all(|settings| settings.bytes() != bytes))
    };
    findings.extend(backup::written_late(env).into_iter().filter(is_missed).map(|path| {
        let shown = env.short_path(&path);
        let sentence = format!(
            "{shown} was written to after the settings were saved there: a program had them open meanwhile, and what it wrote is in that file alone; take from it what you miss, and delete it"
        );
        Finding::new("backup-written-late", sentence, Fix::ByHand).in_file(&path)
    }));
    findings
}

fn describe_leftover(env: &Environment, left: &Leftover, place: &Path) -> String {
    let (shown, settings) = (env.short_path(&left.path), env.short_path(&left.settings.path));
    if left.what == LeftoverKind::Settings {
        return format!("{settings} is not there: `hooks` was killed when it had moved it to {shown}");
    }
    let line = copy_command(env, place, &left.settings.real);
    format!(
        "{shown} holds settings that are in no backup: `hooks` was killed while another program wrote them; --fix keeps them in the backups, and where you miss them, `{line}` then brings them back"
    )
}

/// What of this the user should know whatever else is done, a sentence each.
#[must_use]
pub fn warnings(env: &Environment, lock: &SettingsLock) -> Vec<String> {
    let found = find_leftovers(env, lock.is_held()).into_iter().filter(|left| left.what != LeftoverKind::Rubbish);
    let sentence = |left: Leftover| {
        let what = match left.what {
            LeftoverKind::Settings => "are the settings, moved out of their place",
            _ => "holds settings that are in no backup",
        };
        let shown = env.short_path(&left.path);
        format!("{shown} {what}: `hooks` was killed while it changed them; `hooks doctor` says more")
    };
    found.map(sentence).collect()
}

/// Puts settings back that a killed run had moved out of their place; a sentence where there were some.
///
/// # Errors
/// Where the lock is not to be had, or they cannot be put back.
pub fn restore_settings(env: &Environment, file: &Path) -> Result<Option<String>, Refusal> {
    if file.exists() || !env.config.exists() {
        return Ok(None);
    }
    let lock = settings_transaction::wait_for_lock(env)?;
    let is_it = |left: &Leftover| left.what == LeftoverKind::Settings && left.settings.path == file;
    let Some(found) = find_leftovers(env, lock.is_held()).into_iter().find(is_it) else { return Ok(None) };
    put_back(&found)?;
    let (file, path) = (env.short_path(file), env.short_path(&found.path));
    Ok(Some(format!("{file} was not there: a run of `hooks` that was killed had moved it to {path}; it is put back")))
}

/// Puts one of them back, or moves it to the backups, or removes it where it is in another place, too. Looked at again
/// under the lock: a run of ours may just be at work on it.
///
/// # Errors
/// Where the lock is not to be had, or the file cannot be moved.
pub fn settle_leftovers(env: &Environment, path: &Path) -> Result<(), Refusal> {
    let lock = settings_transaction::wait_for_lock(env)?;
    let Some(found) = find_leftovers(env, lock.is_held()).into_iter().find(|left| left.path == path) else {
        return Ok(());
    };
    match found.what {
        LeftoverKind::Settings => put_back(&found)?,
        LeftoverKind::Alone => backup::rescue_left(env, &found.settings.path, path)?,
        LeftoverKind::Rubbish => fs_err::remove_file(path)?,
    }
    Ok(())
}

fn put_back(left: &Leftover) -> std::io::Result<()> {
    atomic_file::put_file(&left.path, &left.settings.real)?;
    atomic_file::sync_folder(&left.settings.real);
    Ok(())
}

/// The settings of every scope, and all that there are receipts of, where they can be read.
fn known_settings(env: &Environment) -> impl Iterator<Item = SettingsFile> {
    let mut files: Vec<PathBuf> = SCOPES.map(|scope| env.settings_path(scope)).to_vec();
    for file in receipt::receipt_files(env) {
        if !files.contains(&file) {
            files.push(file);
        }
    }
    files.into_iter().filter_map(|file| SettingsFile::read_settings(&file).ok())
}

/// What was left behind, what matters most first. `is_locked`: no run of ours is at work, so that nothing has to be old.
fn find_leftovers(env: &Environment, is_locked: bool) -> Vec<Leftover> {
    let mut found: Vec<Leftover> = Vec::new();
    for settings in known_settings(env) {
        // Beside the name, and where its symlinks lead.
        let folders = [&settings.real, &settings.path].map(|file| file.parent()?.canonicalize().ok());
        for path in folders.into_iter().flatten().flat_map(|folder| files_with_prefix(&folder, TEMPORARY_PREFIX)) {
            if found.iter().any(|other| other.path == path) {
                continue;
            }
            let Ok(settings) = SettingsFile::read_settings(&settings.path) else { continue };
            // Before the reading: who closes it in between has written all of what is read.
            let writer = open_writer::find_writer(&path);
            let is_elsewhere = is_elsewhere(env, &path, &settings);
            let what = classify_leftover(&path, &settings, is_elsewhere, writer, is_locked);
            found.extend(what.map(|what| Leftover { path, settings, what, is_elsewhere }));
        }
    }
    found.sort_by_key(|left| (left.what, left.is_elsewhere));
    found
}

/// What it is; `None` where it may be in use.
fn classify_leftover(
    path: &Path,
    settings: &SettingsFile,
    is_elsewhere: bool,
    writer: OpenWriter,
    is_locked: bool,
) -> Option<LeftoverKind> {
    let is_moved = path.file_name().is_some_and(|name| name.to_string_lossy().starts_with(MOVED_PREFIX));
    let is_missing = is_moved && settings.seen.is_none() && path.metadata().is_ok_and(|meta| meta.len() > 0);
    if is_missing || !is_elsewhere {
        let what = if is_missing { LeftoverKind::Settings } else { LeftoverKind::Alone };
        return Some(what).filter(|_| is_locked || is_old(path));
    }
    let is_nobodys = match writer {
        OpenWriter::Nobody => true,
        OpenWriter::Somebody => false,
        OpenWriter::Unknown => is_long_displaced(path),
    };
    Some(LeftoverKind::Rubbish).filter(|_| is_nobodys && is_old(path))
}

/// A file's name is part of what changes its inode.
fn is_long_displaced(path: &Path) -> bool {
    let Ok(meta) = path.symlink_metadata() else { return false };
    let changed = UNIX_EPOCH + Duration::from_secs(u64::try_from(meta.ctime()).unwrap_or_default());
    SystemTime::now().duration_since(changed).is_ok_and(|age| age > DISPLACED_TOO_LONG)
}

/// Whether nothing is lost with it: it is empty, or what the settings or a backup hold, or what we had made of them.
fn is_elsewhere(env: &Environment, path: &Path, settings: &SettingsFile) -> bool {
    let Ok(bytes) = std::fs::read(path) else { return false };
    bytes.is_empty()
        || known_settings(env).any(|settings| settings.seen.is_some() && settings.bytes() == bytes)
        || backup::has_content(env, &bytes)
        || receipt::was_made_by_us(env, &bytes)
        || uninstall::would_make(env, settings, &bytes)
}

/// The line that copies one file over another.
fn copy_command(env: &Environment, from: &Path, to: &Path) -> String {
    let shown = |path: &Path| match env.home.as_ref().and_then(|home| path.strip_prefix(home).ok()) {
        Some(rest) => format!("~/{}", quote_word(&rest.display().to_string()).0),
        None => quote_word(&path.display().to_string()).0,
    };
    format!("cp {} {}", shown(from), shown(to))
}
