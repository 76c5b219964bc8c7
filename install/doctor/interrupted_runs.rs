//! Findings about files that a killed run of `hooks` left beside the settings, and about backups that changed later.

use std::path::{Path, PathBuf};

use session_signals_cli::FindingId;

use super::finding::{Finding, Repair};
use crate::environment::Environment;
use crate::executables::quote_path;
use crate::interrupted_runs::{Leftover, LeftoverKind, find_leftovers, known_settings};
use crate::{backup, settings_transaction};

/// Finds the leftover files, and the backups that a program wrote to after they were made.
pub fn check(env: &Environment) -> Vec<Finding> {
    // Without the lock, another run of `hooks` may be using the files.
    let lock = settings_transaction::try_lock(env);
    let leftovers = find_leftovers(env, lock.is_some());
    let mut findings: Vec<Finding> = leftovers.into_iter().map(|leftover| leftover_finding(env, &leftover)).collect();
    drop(lock);
    let is_only_copy = |path: &PathBuf| {
        std::fs::read(path).is_ok_and(|bytes| known_settings(env).all(|settings| settings.bytes() != bytes))
    };
    findings.extend(backup::written_late(env).into_iter().filter(is_only_copy).map(|path| {
        let sentence = format!(
            "{} was written to after it became a backup: a program had the settings open, and what it wrote is in this file alone; copy what you miss from it, and delete it",
            env.short_path(&path)
        );
        Finding::new(FindingId::BackupWrittenLate, sentence, Repair::ByHand).in_file(&path)
    }));
    findings
}

fn leftover_finding(env: &Environment, leftover: &Leftover) -> Finding {
    let (path, shown) = (&leftover.path, env.short_path(&leftover.path));
    if leftover.kind == LeftoverKind::Redundant {
        let sentence = format!("a killed process left {shown}");
        let repair = Repair::SettleLeftover(path.clone(), None);
        return Finding::new(FindingId::OrphanTemporary, sentence, repair).in_file(path);
    }
    let destination = match leftover.kind {
        LeftoverKind::Settings => leftover.settings.real.clone(),
        _ => backup::leftover_destination(env, &leftover.settings.path, path),
    };
    let repair = Repair::SettleLeftover(path.clone(), Some(env.short_path(&destination)));
    let sentence = describe_leftover(env, leftover, &destination);
    Finding::new(FindingId::SettingsLeftAside, sentence, repair).in_file(path)
}

fn describe_leftover(env: &Environment, leftover: &Leftover, destination: &Path) -> String {
    let (shown, settings) = (env.short_path(&leftover.path), env.short_path(&leftover.settings.path));
    if leftover.kind == LeftoverKind::Settings {
        return format!("{settings} is missing: `hooks` was killed after it had moved the file to {shown}");
    }
    let (from, to) = (quote_path(env, destination), quote_path(env, &leftover.settings.real));
    format!(
        "{shown} contains settings that are in no backup: `hooks` was killed while another program wrote them; --fix moves them to the backups, and `cp {from} {to}` then makes them your settings again"
    )
}
