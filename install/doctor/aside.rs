//! What a run of `hooks` that was killed left beside the settings: it may be all that is left of somebody's edit.

use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use super::temporaries::{is_old, named};
use super::{Finding, Mend};
use crate::commit::Lock;
use crate::env::Env;
use crate::executables::quoted;
use crate::paths::SCOPES;
use crate::refusal::Refusal;
use crate::replace::{MOVED, PREFIX};
use crate::settings::Settings;
use crate::writer::{self, Writer};
use crate::{backup, commit, receipt, replace, uninstall};

/// Where nothing tells who has a file open: so long after it was displaced it may be removed, if its bytes are in
/// another place.
const LONG: Duration = Duration::from_secs(24 * 60 * 60);

/// What such a file is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum What {
    /// The settings themselves: they were moved out of their place, and nothing stands there.
    Settings,
    /// What is in no other place.
    Alone,
    /// What is in another place, too, or is of no use.
    Rubbish,
}

/// A file that was left behind.
struct Left {
    path: PathBuf,
    /// Those that it lies beside.
    settings: Settings,
    what: What,
    /// Whether its bytes are in another place, too.
    is_elsewhere: bool,
}

/// Each such file; and each backup that an editor wrote to when it was one already.
pub fn check(env: &Env) -> Vec<Finding> {
    // Held meanwhile: what another run is at work on is its own.
    let lock = commit::try_lock(env);
    let of_file = |left: Left| {
        let (path, shown) = (&left.path, env.brief(&left.path));
        if left.what == What::Rubbish {
            let sentence = format!("{shown} is what a killed process left behind");
            return Finding::new("orphan-temporary", sentence, Mend::SetAside(path.clone(), None)).at(path);
        }
        let place = match left.what {
            What::Settings => left.settings.real.clone(),
            _ => backup::place(env, &left.settings.path, path),
        };
        let mend = Mend::SetAside(path.clone(), Some(env.brief(&place)));
        Finding::new("settings-left-aside", sentence(env, &left, &place), mend).at(path)
    };
    let mut findings: Vec<Finding> = left(env, lock.is_some()).into_iter().map(of_file).collect();
    drop(lock);
    let is_missed =
        |path: &PathBuf| std::fs::read(path).is_ok_and(|bytes| known(env).all(|settings| settings.bytes() != bytes));
    findings.extend(backup::written_late(env).into_iter().filter(is_missed).map(|path| {
        let shown = env.brief(&path);
        let sentence = format!(
            "{shown} was written to after the settings were saved there: a program had them open meanwhile, and what it wrote is in that file alone; take from it what you miss, and delete it"
        );
        Finding::new("backup-written-late", sentence, Mend::ByHand).at(&path)
    }));
    findings
}

fn sentence(env: &Env, left: &Left, place: &Path) -> String {
    let (shown, settings) = (env.brief(&left.path), env.brief(&left.settings.path));
    if left.what == What::Settings {
        return format!("{settings} is not there: `hooks` was killed when it had moved it to {shown}");
    }
    let line = copying(env, place, &left.settings.real);
    format!(
        "{shown} holds settings that are in no backup: `hooks` was killed while another program wrote them; --fix keeps them in the backups, and where you miss them, `{line}` then brings them back"
    )
}

/// What of this the user should know whatever else is done, a sentence each.
#[must_use]
pub fn warnings(env: &Env, lock: &Lock) -> Vec<String> {
    let found = left(env, lock.is_held()).into_iter().filter(|left| left.what != What::Rubbish);
    let sentence = |left: Left| {
        let what = match left.what {
            What::Settings => "are the settings, moved out of their place",
            _ => "holds settings that are in no backup",
        };
        let shown = env.brief(&left.path);
        format!("{shown} {what}: `hooks` was killed while it changed them; `hooks doctor` says more")
    };
    found.map(sentence).collect()
}

/// Puts settings back that a killed run had moved out of their place; a sentence where there were some.
///
/// # Errors
/// Where the lock is not to be had, or they cannot be put back.
pub fn restore(env: &Env, file: &Path) -> Result<Option<String>, Refusal> {
    if file.exists() || !env.config.exists() {
        return Ok(None);
    }
    let lock = commit::lock(env)?;
    let is_it = |left: &Left| left.what == What::Settings && left.settings.path == file;
    let Some(found) = left(env, lock.is_held()).into_iter().find(is_it) else { return Ok(None) };
    return_to_place(&found)?;
    let (file, path) = (env.brief(file), env.brief(&found.path));
    Ok(Some(format!("{file} was not there: a run of `hooks` that was killed had moved it to {path}; it is put back")))
}

/// Puts one of them back, or moves it to the backups, or removes it where it is in another place, too. Looked at again
/// under the lock: a run of ours may just be at work on it.
///
/// # Errors
/// Where the lock is not to be had, or the file cannot be moved.
pub fn settle(env: &Env, path: &Path) -> Result<(), Refusal> {
    let lock = commit::lock(env)?;
    let Some(found) = left(env, lock.is_held()).into_iter().find(|left| left.path == path) else { return Ok(()) };
    match found.what {
        What::Settings => return_to_place(&found)?,
        What::Alone => backup::rescue(env, &found.settings.path, path)?,
        What::Rubbish => fs_err::remove_file(path)?,
    }
    Ok(())
}

fn return_to_place(left: &Left) -> std::io::Result<()> {
    replace::put(&left.path, &left.settings.real)?;
    replace::sync_folder(&left.settings.real);
    Ok(())
}

/// The settings of every scope, and all that there are receipts of, where they can be read.
fn known(env: &Env) -> impl Iterator<Item = Settings> {
    let mut files: Vec<PathBuf> = SCOPES.map(|scope| env.settings(scope)).to_vec();
    for file in receipt::files(env) {
        if !files.contains(&file) {
            files.push(file);
        }
    }
    files.into_iter().filter_map(|file| Settings::read(&file).ok())
}

/// What was left behind, what matters most first. `is_locked`: no run of ours is at work, so that nothing has to be old.
fn left(env: &Env, is_locked: bool) -> Vec<Left> {
    let mut found: Vec<Left> = Vec::new();
    for settings in known(env) {
        // Beside the name, and where its symlinks lead.
        let folders = [&settings.real, &settings.path].map(|file| file.parent()?.canonicalize().ok());
        for path in folders.into_iter().flatten().flat_map(|folder| named(&folder, PREFIX)) {
            if found.iter().any(|other| other.path == path) {
                continue;
            }
            let Ok(settings) = Settings::read(&settings.path) else { continue };
            // Before the reading: who closes it in between has written all of what is read.
            let writer = writer::of(&path);
            let is_elsewhere = is_elsewhere(env, &path, &settings);
            let what = what(&path, &settings, is_elsewhere, writer, is_locked);
            found.extend(what.map(|what| Left { path, settings, what, is_elsewhere }));
        }
    }
    found.sort_by_key(|left| (left.what, left.is_elsewhere));
    found
}

/// What it is; `None` where it may be in use.
fn what(path: &Path, settings: &Settings, is_elsewhere: bool, writer: Writer, is_locked: bool) -> Option<What> {
    let is_moved = path.file_name().is_some_and(|name| name.to_string_lossy().starts_with(MOVED));
    let is_missing = is_moved && settings.seen.is_none() && path.metadata().is_ok_and(|meta| meta.len() > 0);
    if is_missing || !is_elsewhere {
        let what = if is_missing { What::Settings } else { What::Alone };
        return Some(what).filter(|_| is_locked || is_old(path));
    }
    let is_nobodys = match writer {
        Writer::Nobody => true,
        Writer::Somebody => false,
        Writer::Unknown => is_long_displaced(path),
    };
    Some(What::Rubbish).filter(|_| is_nobodys && is_old(path))
}

/// A file's name is part of what changes its inode.
fn is_long_displaced(path: &Path) -> bool {
    let Ok(meta) = path.symlink_metadata() else { return false };
    let changed = UNIX_EPOCH + Duration::from_secs(u64::try_from(meta.ctime()).unwrap_or_default());
    SystemTime::now().duration_since(changed).is_ok_and(|age| age > LONG)
}

/// Whether nothing is lost with it: it is empty, or what the settings or a backup hold, or what we had made of them.
fn is_elsewhere(env: &Env, path: &Path, settings: &Settings) -> bool {
    let Ok(bytes) = std::fs::read(path) else { return false };
    bytes.is_empty()
        || known(env).any(|settings| settings.seen.is_some() && settings.bytes() == bytes)
        || backup::holds(env, &bytes)
        || receipt::made(env, &bytes)
        || uninstall::would_make(env, settings, &bytes)
}

/// The line that copies one file over another.
fn copying(env: &Env, from: &Path, to: &Path) -> String {
    let shown = |path: &Path| match env.home.as_ref().and_then(|home| path.strip_prefix(home).ok()) {
        Some(rest) => format!("~/{}", quoted(&rest.display().to_string()).0),
        None => quoted(&path.display().to_string()).0,
    };
    format!("cp {} {}", shown(from), shown(to))
}
