//! What a run of `hooks` that was killed left beside the settings: it may be all that is left of somebody's edit.

use std::path::{Path, PathBuf};

use super::temporaries::orphans;
use super::{Finding, Mend};
use crate::env::Env;
use crate::executables::quoted;
use crate::places::SCOPES;
use crate::refusal::Refusal;
use crate::replace::PREFIX;
use crate::settings::Settings;
use crate::{backup, commit, receipt, uninstall};

/// Each such file; and each backup that an editor wrote to when it was one already.
pub fn check(env: &Env) -> Vec<Finding> {
    let of_file = |(path, settings): (PathBuf, Settings)| {
        let shown = env.brief(&path);
        if is_elsewhere(env, &path, &settings) {
            let sentence = format!("{shown} is what a killed process left behind");
            return Finding::new("orphan-temporary", sentence, Mend::SetAside(path.clone(), None)).at(&path);
        }
        let place = backup::place(env, &settings.path, &path);
        let line = copying(env, &place, &settings.real);
        let sentence = format!(
            "{shown} holds settings that are in no backup: `hooks` was killed while another program wrote them; --fix keeps them in the backups, and where you miss them, `{line}` then brings them back"
        );
        let mend = Mend::SetAside(path.clone(), Some(env.brief(&place)));
        Finding::new("settings-left-aside", sentence, mend).at(&path)
    };
    let mut findings: Vec<Finding> = left(env).into_iter().map(of_file).collect();
    let is_missed =
        |path: &PathBuf| std::fs::read(path).is_ok_and(|bytes| here(env).all(|settings| settings.bytes() != bytes));
    findings.extend(backup::written_late(env).into_iter().filter(is_missed).map(|path| {
        let shown = env.brief(&path);
        let sentence = format!(
            "{shown} was written to after the settings were saved there: a program had them open meanwhile, and what it wrote is in that file alone; take from it what you miss, and delete it"
        );
        Finding::new("backup-written-late", sentence, Mend::ByHand).at(&path)
    }));
    findings
}

/// Moves one of them to the backups, or removes it where it is in another place, too. Looked at again under the lock:
/// a run of ours may just be at work on it.
///
/// # Errors
/// Where the lock is not to be had, or the file cannot be moved.
pub fn settle(env: &Env, path: &Path) -> Result<(), Refusal> {
    let _lock = commit::lock(env)?;
    let Some((path, settings)) = left(env).into_iter().find(|(left, _)| left == path) else { return Ok(()) };
    if is_elsewhere(env, &path, &settings) {
        fs_err::remove_file(&path)?;
    } else {
        backup::rescue(env, &settings.path, &path)?;
    }
    Ok(())
}

/// The settings of every scope that can be read.
fn here(env: &Env) -> impl Iterator<Item = Settings> + '_ {
    SCOPES.iter().filter_map(|scope| Settings::read(&env.settings(*scope)).ok())
}

/// What was left behind, each with the settings that it lies beside.
fn left(env: &Env) -> Vec<(PathBuf, Settings)> {
    let mut found: Vec<(PathBuf, Settings)> = Vec::new();
    for file in SCOPES.map(|scope| env.settings(scope)) {
        // Beside the name, and where its symlinks lead.
        let Ok(Settings { real, .. }) = Settings::read(&file) else { continue };
        let folders = [&real, &file].map(|file| file.parent().and_then(|folder| folder.canonicalize().ok()));
        for path in folders.into_iter().flatten().flat_map(|folder| orphans(&folder, PREFIX)) {
            if found.iter().all(|(other, _)| *other != path) {
                found.extend(Settings::read(&file).map(|settings| (path, settings)));
            }
        }
    }
    found
}

/// Whether nothing is lost with it: it is empty, or what the settings or a backup hold, or what we had made of them.
fn is_elsewhere(env: &Env, path: &Path, settings: &Settings) -> bool {
    let Ok(bytes) = std::fs::read(path) else { return false };
    bytes.is_empty()
        || here(env).any(|settings| settings.seen.is_some() && settings.bytes() == bytes)
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
