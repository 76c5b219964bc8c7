//! The spool: its permissions, and signals that no reader can use or that cannot be true.
//!
//! It is looked at without its lock, which hooks wait for. What --fix removes is looked at again under it.

use std::collections::BTreeMap;
use std::io;
use std::path::Path;
use std::time::{Duration, SystemTime};

use session_signals_protocol::SignalKind;

use super::{Finding, Fix};
use crate::environment::Environment;
use crate::signal_dir::{SignalDirFault as FolderFault, find_fault};
use session_signals_reader::cleanup::{
    SignalFault, SignalFiles, holds_signal, hollow_wait, leftovers, old_ended_sessions, retention, superseded_signals,
};
use session_signals_reader::{regular_file, signal};

/// Everything about the spool.
pub fn check(env: &Environment) -> Vec<Finding> {
    let (folder, now) = (env.signal_dir(), SystemTime::now());
    let mut findings: Vec<_> = check_folder(env, &folder).into_iter().collect();
    let sessions = SignalFiles::read_all(&folder);
    for (session, files) in &sessions {
        findings.extend(check_conflicts(&folder, session, files, now));
        findings.extend(files.kinds().filter_map(|kind| check_unusable(env, session, kind, files, now)));
    }
    findings.extend(leftovers(&folder, now).into_iter().filter_map(|name| check_leftover(env, &folder, name)));
    findings.extend(check_old_ends(env, &folder, &sessions, now));
    findings
}

/// What a killed hook left behind; `None` where a hook has settled it since.
fn check_leftover(env: &Environment, folder: &Path, name: String) -> Option<Finding> {
    let path = folder.join(&name);
    let shown = env.short_path(&path);
    let (id, sentence, mend) = match holds_signal(folder, &name) {
        Ok(true) => {
            let sentence = format!("{shown} is a signal that a hook moved aside, and was killed before it put it back");
            ("signal-aside", sentence, Fix::Remnant(name, true))
        }
        Ok(false) => {
            let sentence = format!("{shown} is what a killed hook left behind");
            ("orphan-temporary", sentence, Fix::Remnant(name, false))
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => return None,
        Err(error) => {
            let sentence = format!(
                "{shown}, which a killed hook left behind, cannot be read ({error}): it stays, because it may be a signal"
            );
            ("signal-unreadable", sentence, Fix::ByHand)
        }
    };
    Some(Finding::new(id, sentence, mend).in_file(&path))
}

/// What is over for longer than the CLI itself remembers: one finding for all of it.
fn check_old_ends(
    env: &Environment,
    folder: &Path,
    sessions: &BTreeMap<String, SignalFiles>,
    now: SystemTime,
) -> Option<Finding> {
    let limit = retention::retention_period(&env.config)?;
    let over = old_ended_sessions(&env.config, sessions, limit, now);
    let (days, setting) = (limit.as_secs() / (24 * 60 * 60), retention::SETTING);
    let end = format!("of sessions that ended more than {days} days ago ({setting})");
    let sentence = match over.len() {
        0 => return None,
        1 => format!("a signal {end} is still there"),
        count => format!("{count} signals {end} are still there"),
    };
    Some(Finding::new("signal-old", sentence, Fix::Forget(over, limit)).in_file(folder))
}

fn check_folder(env: &Environment, folder: &Path) -> Option<Finding> {
    let shown = env.short_path(folder);
    let (id, sentence, mend) = match find_fault(folder)? {
        FolderFault::NotADirectory => {
            ("spool-not-a-directory", format!("{shown} is not a directory: the hooks refuse it"), Fix::ByHand)
        }
        FolderFault::NotOurs(owner) => {
            ("spool-not-ours", format!("{shown} belongs to user {owner}: the hooks refuse it"), Fix::ByHand)
        }
        FolderFault::Open(mode) => (
            "spool-open",
            format!("{shown} can be written by others (mode {mode:o}): the hooks refuse it"),
            Fix::Tighten,
        ),
        FolderFault::Readable(mode) => (
            "spool-readable",
            format!("{shown} can be read by others (mode {mode:o}), and signals hold what you ask and are told"),
            Fix::Tighten,
        ),
    };
    Some(Finding::new(id, sentence, mend).in_file(folder))
}

/// Signals of a session that cannot both be true. The newer one is.
fn check_conflicts(folder: &Path, session: &str, files: &SignalFiles, now: SystemTime) -> Vec<Finding> {
    let finding = |(older, newer): (SignalKind, SignalKind)| {
        let sentence = format!("{session} has both {} and {}", newer.word(), older.word());
        let mend = Fix::Signal(session.to_owned(), older, SignalFault::Overtaken(newer));
        Finding::new("signal-conflict", sentence, mend).in_file(&signal::signal_path(folder, session, older))
    };
    superseded_signals(folder, session, files, now).into_iter().map(finding).collect()
}

/// A signal that no reader can use.
fn check_unusable(
    env: &Environment,
    session: &str,
    kind: SignalKind,
    files: &SignalFiles,
    now: SystemTime,
) -> Option<Finding> {
    let folder = env.signal_dir();
    let path = signal::signal_path(&folder, session, kind);
    let why = match regular_file::read_regular(&path, signal::MAX_SIGNAL_LEN) {
        Ok(content) if signal::parse_signal(&content.bytes, content.modified, kind).is_some() => return None,
        Ok(content) if content.bytes.iter().all(|byte| *byte == 0) => {
            let what = if content.bytes.is_empty() { "is empty" } else { "holds nothing but NUL bytes" };
            let sentence = format!("{} {what}: the power was lost before it was on the disk", env.short_path(&path));
            let mend = Fix::Signal(session.to_owned(), kind, SignalFault::Hollow);
            let finding = Finding::new("signal-empty", sentence, mend).in_file(&path);
            return hollow_wait(&folder, session, kind, files, now).filter(Duration::is_zero).map(|_| finding);
        }
        Ok(_) => "it is no JSON object".to_owned(),
        // A hook has removed it since.
        Err(error) if error.kind() == io::ErrorKind::NotFound => return None,
        Err(error) => error.to_string(),
    };
    let shown = env.short_path(&path);
    let sentence = format!("{shown} cannot be read ({why}): it stays, because a newer version may have written it");
    Some(Finding::new("signal-unreadable", sentence, Fix::ByHand).in_file(&path))
}
