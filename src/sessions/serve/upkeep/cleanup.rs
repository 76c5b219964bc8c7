//! Removes files of the signal directory that no event will remove: signals that a power cut left empty, signals of sessions
//! that ended long ago, and files that a killed hook left. All of it is done under the lock of the hooks, and only if the
//! lock is free.

use std::io;
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant, SystemTime};

use crate::serve::error_log::{ErrorLog, log_line};
use session_signals_reader::SignalDir;
use session_signals_reader::cleanup::{
    LockedStore, SignalFault, SignalFiles, empty_signal_wait, find_leftovers, find_old_ended_sessions, remove_old_ends,
    retention,
};

/// How often the server looks for files that a killed hook left. One of them may be a signal that is missing.
const LEFTOVER_INTERVAL: Duration = Duration::from_secs(60);

/// How often the server looks at every signal.
const FULL_INTERVAL: Duration = Duration::from_secs(60 * 60);

/// Added to the time after which a signal is old enough to be removed, because file times are not exact.
const CLOCK_TOLERANCE: Duration = Duration::from_millis(100);

/// If another process has the lock, the next try is after this time.
const RETRY_DELAY: Duration = Duration::from_secs(1);

/// Cleans the signal directory again and again. Never returns.
pub fn clean_repeatedly(config_dir: &Path) {
    let signal_dir = SignalDir::of_config_dir(config_dir);
    let (mut next_full, mut errors) = (Instant::now(), ErrorLog::default());
    loop {
        let is_full = next_full <= Instant::now();
        let result =
            if is_full { clean_all(config_dir, &signal_dir) } else { remove_leftovers(&signal_dir).map(|_| None) };
        let pause = match result {
            Ok(next) => {
                if is_full {
                    next_full = Instant::now() + next.unwrap_or(FULL_INTERVAL);
                }
                LEFTOVER_INTERVAL.min(next_full.saturating_duration_since(Instant::now()))
            }
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => RETRY_DELAY,
            Err(error) => {
                errors.log_error(&error.to_string());
                LEFTOVER_INTERVAL
            }
        };
        thread::sleep(pause);
    }
}

/// Removes leftovers, empty signals and old ends. Returns after what time an empty signal is old enough to be removed, if
/// one is too young now: until then, its session cannot be repaired.
fn clean_all(config_dir: &Path, signal_dir: &SignalDir) -> io::Result<Option<Duration>> {
    let now = SystemTime::now();
    if !remove_leftovers(signal_dir)? {
        return Ok(None);
    }
    let sessions = SignalFiles::read_all(signal_dir);
    let mut next: Option<Duration> = None;
    for (session, files) in &sessions {
        for kind in files.kinds() {
            let Some(wait) = empty_signal_wait(signal_dir, session, kind, files, now) else { continue };
            if !wait.is_zero() {
                next = Some(next.unwrap_or(FULL_INTERVAL).min(wait + CLOCK_TOLERANCE));
            } else if LockedStore::lock(signal_dir, 0)?.remove_faulty(session, kind, SignalFault::Empty)? {
                let name = format!("{session}.{}.json", kind.word());
                log_line(&format!("removed {name}: the power was lost before it was on the disk"));
            }
        }
    }
    let Some(limit) = retention::retention_period(config_dir) else { return Ok(next) };
    let old = find_old_ended_sessions(config_dir, &sessions, limit, now);
    let count = remove_old_ends(signal_dir, &old, limit, 0)?;
    if count > 0 {
        let (days, setting) = (limit.as_secs() / (24 * 60 * 60), retention::SETTING);
        let signals = if count == 1 { "signal" } else { "signals" };
        log_line(&format!("removed {count} {signals} of sessions that ended more than {days} days ago ({setting})"));
    }
    Ok(next)
}

/// Restores or removes the files that killed hooks left. Returns `false` if there is no signal directory.
fn remove_leftovers(signal_dir: &SignalDir) -> io::Result<bool> {
    match LockedStore::lock(signal_dir, 0) {
        // The lock is released at once: the search takes long, and the hooks must not wait for it.
        Ok(store) => drop(store),
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
        Err(error) => return Err(error),
    }
    for name in find_leftovers(signal_dir, SystemTime::now()) {
        let was_signal = LockedStore::lock(signal_dir, 0)?.recover(&name)?;
        let action = if was_signal { "restored" } else { "removed" };
        log_line(&format!("{action} {name}: a killed hook left it"));
    }
    Ok(true)
}
