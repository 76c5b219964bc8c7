//! The signal directory: its permissions, and signals that no reader can use or that cannot be true.
//!
//! The directory is examined without its lock, because hooks wait for the lock. What --fix removes is examined again under the
//! lock.

use std::collections::BTreeMap;
use std::io;
use std::time::{Duration, SystemTime};

use session_signals_cli::{FindingId, PrivateDirFault};
use session_signals_protocol::SignalKind;
use session_signals_reader::cleanup::{
    SignalFault, SignalFiles, empty_signal_wait, find_leftovers, find_old_ended_sessions, find_superseded_signals,
    holds_signal, retention,
};
use session_signals_reader::{MAX_SIGNAL_LEN, Signal, SignalDir, regular_file};

use super::finding::{Finding, Repair};
use crate::environment::Environment;
use crate::signal_dir;
use crate::write_fault::WriteFault;

/// Finds everything that is wrong with the signal directory and with the files in it.
pub fn check(env: &Environment) -> Vec<Finding> {
    let (dir, now) = (SignalDir::from_path(env.signal_dir()), SystemTime::now());
    let mut findings: Vec<_> = check_permissions(env, &dir).into_iter().collect();
    // The hooks refuse a directory of another user before they write to it.
    if findings.iter().all(|finding| finding.id != FindingId::SpoolNotOurs) {
        findings.extend(check_access(env, &dir));
    }
    let sessions = SignalFiles::read_all(&dir);
    for (session, files) in &sessions {
        findings.extend(check_conflicts(&dir, session, files, now));
        findings.extend(files.kinds().filter_map(|kind| check_unusable(env, &dir, session, kind, files, now)));
    }
    findings.extend(find_leftovers(&dir, now).into_iter().filter_map(|name| check_leftover(env, &dir, name)));
    findings.extend(check_old_signals(env, &dir, &sessions, now));
    findings
}

fn check_permissions(env: &Environment, dir: &SignalDir) -> Option<Finding> {
    let shown = env.short_path(dir.path());
    let (id, sentence, repair) = match signal_dir::find_fault(dir.path())? {
        PrivateDirFault::NotADirectory => {
            (FindingId::SpoolNotADirectory, format!("{shown} is not a directory: the hooks refuse it"), Repair::ByHand)
        }
        PrivateDirFault::NotOurs(owner) => {
            (FindingId::SpoolNotOurs, format!("{shown} belongs to user {owner}: the hooks refuse it"), Repair::ByHand)
        }
        PrivateDirFault::Writable(mode) => (
            FindingId::SpoolOpen,
            format!("other users can write to {shown} (mode {mode:o}): the hooks refuse it"),
            Repair::RestrictSignalDir,
        ),
        PrivateDirFault::Readable(mode) => (
            FindingId::SpoolReadable,
            format!("other users can read {shown} (mode {mode:o}), and signals contain your prompts and the answers"),
            Repair::RestrictSignalDir,
        ),
    };
    Some(Finding::new(id, sentence, repair).in_file(dir.path()))
}

/// Checks whether the hooks can write to the directory, or make it.
fn check_access(env: &Environment, dir: &SignalDir) -> Option<Finding> {
    let fault = signal_dir::find_write_fault(dir.path())?;
    let (id, repair) = match fault {
        WriteFault::DanglingLink => (FindingId::SpoolNotADirectory, Repair::ByHand),
        WriteFault::Mode(_) => (FindingId::SpoolUnwritable, Repair::RestrictSignalDir),
        WriteFault::Directory(_) | WriteFault::Parent(..) => (FindingId::SpoolUnwritable, Repair::ByHand),
    };
    Some(Finding::new(id, fault.describe(env, dir.path()), repair).in_file(dir.path()))
}

/// Finds the signals of a session that cannot be true at the same time. The newer one counts.
fn check_conflicts(dir: &SignalDir, session: &str, files: &SignalFiles, now: SystemTime) -> Vec<Finding> {
    let finding = |(older, newer): (SignalKind, SignalKind)| {
        let sentence = format!("{session} has both {} and {}", newer.word(), older.word());
        let repair = Repair::RemoveSignal(session.to_owned(), older, SignalFault::Superseded(newer));
        Finding::new(FindingId::SignalConflict, sentence, repair).in_file(&dir.signal_path(session, older))
    };
    find_superseded_signals(dir, session, files, now).into_iter().map(finding).collect()
}

/// Checks whether readers can use a signal.
fn check_unusable(
    env: &Environment,
    dir: &SignalDir,
    session: &str,
    kind: SignalKind,
    files: &SignalFiles,
    now: SystemTime,
) -> Option<Finding> {
    let path = dir.signal_path(session, kind);
    let reason = match regular_file::read_regular(&path, MAX_SIGNAL_LEN) {
        Ok(content) if content.bytes.iter().all(|byte| *byte == 0) => {
            let what = if content.bytes.is_empty() { "is empty" } else { "contains nothing but NUL bytes" };
            let sentence =
                format!("{} {what}: the power was lost before the content was on the disk", env.short_path(&path));
            let repair = Repair::RemoveSignal(session.to_owned(), kind, SignalFault::Empty);
            let finding = Finding::new(FindingId::SignalEmpty, sentence, repair).in_file(&path);
            return empty_signal_wait(dir, session, kind, files, now).filter(Duration::is_zero).map(|_| finding);
        }
        Ok(content) => Signal::parse(&content.bytes, content.modified, kind).err()?.to_string(),
        // A hook has removed the signal in the meantime.
        Err(error) if error.kind() == io::ErrorKind::NotFound => return None,
        Err(error) => error.to_string(),
    };
    let shown = env.short_path(&path);
    let sentence = format!("{shown} cannot be read ({reason}): it stays, because a newer version may have written it");
    Some(Finding::new(FindingId::SignalUnreadable, sentence, Repair::ByHand).in_file(&path))
}

/// Checks a file that a killed hook left; `None` if a hook has settled it in the meantime.
fn check_leftover(env: &Environment, dir: &SignalDir, name: String) -> Option<Finding> {
    let path = dir.path().join(&name);
    let shown = env.short_path(&path);
    let (id, sentence, repair) = match holds_signal(dir, &name) {
        Ok(true) => {
            let sentence = format!("{shown} is a signal: a hook was killed after it had moved the signal there");
            (FindingId::SignalAside, sentence, Repair::RecoverTemporary(name, true))
        }
        Ok(false) => {
            let sentence = format!("a killed hook left {shown}");
            (FindingId::OrphanTemporary, sentence, Repair::RecoverTemporary(name, false))
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => return None,
        Err(error) => {
            let sentence = format!(
                "a killed hook left {shown}, which cannot be read ({error}): it stays, because it may be a signal"
            );
            (FindingId::SignalUnreadable, sentence, Repair::ByHand)
        }
    };
    Some(Finding::new(id, sentence, repair).in_file(&path))
}

/// Checks for signals of sessions that ended longer ago than the CLI keeps transcripts. All of them are one finding.
fn check_old_signals(
    env: &Environment,
    dir: &SignalDir,
    sessions: &BTreeMap<String, SignalFiles>,
    now: SystemTime,
) -> Option<Finding> {
    let age = retention::retention_period(&env.config_dir)?;
    let old = find_old_ended_sessions(&env.config_dir, sessions, age, now);
    let (days, setting) = (age.as_secs() / (24 * 60 * 60), retention::SETTING);
    let ended = format!("of sessions that ended more than {days} days ago ({setting})");
    let sentence = match old.len() {
        0 => return None,
        1 => format!("a signal {ended} is still there"),
        count => format!("{count} signals {ended} are still there"),
    };
    Some(Finding::new(FindingId::SignalOld, sentence, Repair::RemoveOldSignals(old, age)).in_file(dir.path()))
}
