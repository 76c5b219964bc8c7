//! Removes from the spool what no event will: what a power cut left of a signal, and ends that the CLI has forgotten.
//! It also settles what a killed hook left there. All of it under the hooks' own lock, for which nobody is waited.

use std::io;
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant, SystemTime};

use super::repair::log_line;
use session_signals_reader::SignalDir;
use session_signals_reader::cleanup::{
    LockedStore, SignalFault, SignalFiles, empty_signal_wait, find_leftovers, find_old_ended_sessions, remove_old_ends,
    retention,
};

/// How often is looked for what a killed hook left: it may be a signal that is missed.
const FIRST_DELAY: Duration = Duration::from_secs(60);

/// How often is looked at every signal.
const FULL_INTERVAL: Duration = Duration::from_secs(60 * 60);

/// So much later than it has to be.
const LOCK_TIMEOUT: Duration = Duration::from_millis(100);

/// Where somebody else has the lock, it is tried again after this long.
const RETRY_DELAY: Duration = Duration::from_secs(1);

/// Cleans for ever.
pub fn clean_repeatedly(config: &Path) {
    let signal_dir = SignalDir::of_config_dir(config);
    let (mut all, mut complaint) = (Instant::now(), String::new());
    loop {
        let is_all = all <= Instant::now();
        let pause = match clean_once(config, &signal_dir, is_all) {
            Ok(next) => {
                if is_all {
                    all = Instant::now() + next.unwrap_or(FULL_INTERVAL);
                }
                FIRST_DELAY.min(all.saturating_duration_since(Instant::now()))
            }
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => RETRY_DELAY,
            // The same again every minute helps nobody.
            Err(error) => {
                let told = format!("sessions: {error}");
                if told != complaint {
                    log_line(&told);
                    complaint = told;
                }
                FIRST_DELAY
            }
        };
        thread::sleep(pause);
    }
}

/// Cleans once. Where a signal is empty and too young to be a power cut's: when it is to be looked at again. After a fast
/// restart it would keep its session from being healed for an hour.
fn clean_once(config: &Path, signal_dir: &SignalDir, is_all: bool) -> io::Result<Option<Duration>> {
    match LockedStore::lock(signal_dir, 0) {
        // Let go at once: the hooks come first, and a look takes long.
        Ok(held) => drop(held),
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    }
    let now = SystemTime::now();
    for name in find_leftovers(signal_dir, now) {
        let was_signal = LockedStore::lock(signal_dir, 0)?.recover(&name)?;
        let what = if was_signal { "brought back" } else { "removed" };
        log_line(&format!("{what} {name}: a killed hook left it"));
    }
    if !is_all {
        return Ok(None);
    }
    let mut next = None;
    let sessions = SignalFiles::read_all(signal_dir);
    for (session, files) in &sessions {
        for kind in files.kinds() {
            let Some(left) = empty_signal_wait(signal_dir, session, kind, files, now) else { continue };
            if !left.is_zero() {
                // A moment later, for a clock is not that exact.
                next = Some(next.unwrap_or(FULL_INTERVAL).min(left + LOCK_TIMEOUT));
            } else if LockedStore::lock(signal_dir, 0)?.remove_faulty(session, kind, SignalFault::Empty)? {
                log_line(&format!(
                    "removed {session}.{}.json: the power was lost before it was on the disk",
                    kind.word()
                ));
            }
        }
    }
    let Some(limit) = retention::retention_period(config) else { return Ok(next) };
    let over = find_old_ended_sessions(config, &sessions, limit, now);
    let count = remove_old_ends(signal_dir, &over, limit, 0)?;
    if count > 0 {
        let (days, setting) = (limit.as_secs() / (24 * 60 * 60), retention::SETTING);
        let what = if count == 1 { "signal" } else { "signals" };
        log_line(&format!("removed {count} {what} of sessions that ended more than {days} days ago ({setting})"));
    }
    Ok(next)
}
