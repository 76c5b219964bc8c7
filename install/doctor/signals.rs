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
    SignalFault, SignalFiles, empty_signal_wait, find_leftovers, find_old_ended_sessions, find_superseded_signals,
    holds_signal, retention,
};
use session_signals_reader::{MAX_SIGNAL_LEN, Signal, SignalDir, regular_file};

/// Everything about the spool.
pub fn check(env: &Environment) -> Vec<Finding> {
    let (signal_dir, now) = (SignalDir::from_path(env.signal_dir()), SystemTime::now());
    let folder = signal_dir.path();
    let mut findings: Vec<_> = check_folder(env, folder).into_iter().collect();
    let sessions = SignalFiles::read_all(&signal_dir);
    for (session, files) in &sessions {
        findings.extend(check_conflicts(&signal_dir, session, files, now));
        findings.extend(files.kinds().filter_map(|kind| check_unusable(env, &signal_dir, session, kind, files, now)));
    }
    findings
        .extend(find_leftovers(&signal_dir, now).into_iter().filter_map(|name| check_leftover(env, &signal_dir, name)));
    findings.extend(check_old_ends(env, folder, &sessions, now));
    findings
}

/// What a killed hook left behind; `None` where a hook has settled it since.
fn check_leftover(env: &Environment, signal_dir: &SignalDir, name: String) -> Option<Finding> {
    let path = signal_dir.path().join(&name);
    let shown = env.short_path(&path);
    let (id, sentence, mend) = match holds_signal(signal_dir, &name) {
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
    let over = find_old_ended_sessions(&env.config, sessions, limit, now);
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
fn check_conflicts(signal_dir: &SignalDir, session: &str, files: &SignalFiles, now: SystemTime) -> Vec<Finding> {
    let finding = |(older, newer): (SignalKind, SignalKind)| {
        let sentence = format!("{session} has both {} and {}", newer.word(), older.word());
        let mend = Fix::Signal(session.to_owned(), older, SignalFault::Superseded(newer));
        Finding::new("signal-conflict", sentence, mend).in_file(&signal_dir.signal_path(session, older))
    };
    find_superseded_signals(signal_dir, session, files, now).into_iter().map(finding).collect()
}

/// A signal that no reader can use.
fn check_unusable(
    env: &Environment,
    signal_dir: &SignalDir,
    session: &str,
    kind: SignalKind,
    files: &SignalFiles,
    now: SystemTime,
) -> Option<Finding> {
    let path = signal_dir.signal_path(session, kind);
    let why = match regular_file::read_regular(&path, MAX_SIGNAL_LEN) {
        Ok(content) if content.bytes.iter().all(|byte| *byte == 0) => {
            let what = if content.bytes.is_empty() { "is empty" } else { "holds nothing but NUL bytes" };
            let sentence = format!("{} {what}: the power was lost before it was on the disk", env.short_path(&path));
            let mend = Fix::Signal(session.to_owned(), kind, SignalFault::Empty);
            let finding = Finding::new("signal-empty", sentence, mend).in_file(&path);
            return empty_signal_wait(signal_dir, session, kind, files, now).filter(Duration::is_zero).map(|_| finding);
        }
        Ok(content) => Signal::parse(&content.bytes, content.modified, kind).err()?.to_string(),
        // A hook has removed it since.
        Err(error) if error.kind() == io::ErrorKind::NotFound => return None,
        Err(error) => error.to_string(),
    };
    let shown = env.short_path(&path);
    let sentence = format!("{shown} cannot be read ({why}): it stays, because a newer version may have written it");
    Some(Finding::new("signal-unreadable", sentence, Fix::ByHand).in_file(&path))
}
