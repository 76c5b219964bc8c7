//! Removes from the spool what no event will: what a power cut left of a signal, and ends that the CLI has forgotten.
//! It also settles what a killed hook left there. All of it under the hooks' own lock, for which nobody is waited.

use std::io;
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant, SystemTime};

use super::heal::log;
use crate::upkeep::{Fault, Files, Held, forget, is_hollow, old, remnants, retention};

/// How often is looked for what a killed hook left: it may be a signal that is missed.
const SOON: Duration = Duration::from_secs(60);

/// How often is looked at every signal.
const ALL: Duration = Duration::from_secs(60 * 60);

/// Where somebody else has the lock, it is tried again after this long.
const ELSEWHERE: Duration = Duration::from_secs(1);

/// Cleans for ever.
pub fn run(config: &Path) {
    let spool = config.join("session-signals");
    let (mut all, mut complaint) = (Instant::now(), String::new());
    loop {
        let is_all = all <= Instant::now();
        let pause = match clean(config, &spool, is_all) {
            Ok(()) => {
                if is_all {
                    all = Instant::now() + ALL;
                }
                SOON
            }
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => ELSEWHERE,
            // The same again every minute helps nobody.
            Err(error) => {
                let told = format!("sessions: {error}");
                if told != complaint {
                    log(&told);
                    complaint = told;
                }
                SOON
            }
        };
        thread::sleep(pause);
    }
}

fn clean(config: &Path, spool: &Path, is_all: bool) -> io::Result<()> {
    match Held::take(spool, 0) {
        // Let go at once: the hooks come first, and a look takes long.
        Ok(held) => drop(held),
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(error),
    }
    let now = SystemTime::now();
    for name in remnants(spool, now) {
        let was_signal = Held::take(spool, 0)?.settle(&name)?;
        let what = if was_signal { "brought back" } else { "removed" };
        log(&format!("{what} {name}: a killed hook left it"));
    }
    if !is_all {
        return Ok(());
    }
    let sessions = Files::all(spool);
    for (session, files) in &sessions {
        for kind in files.kinds().filter(|kind| is_hollow(spool, session, *kind, files, now)) {
            if Held::take(spool, 0)?.remove(session, kind, Fault::Hollow)? {
                log(&format!("removed {session}.{}.json: the power was lost before it was on the disk", kind.word()));
            }
        }
    }
    let Some(limit) = retention::period(config) else { return Ok(()) };
    let over = old(config, &sessions, limit, now);
    let count = forget(spool, &over, limit, 0)?;
    if count > 0 {
        let (days, setting) = (limit.as_secs() / (24 * 60 * 60), retention::SETTING);
        let what = if count == 1 { "signal" } else { "signals" };
        log(&format!("removed {count} {what} of sessions that ended more than {days} days ago ({setting})"));
    }
    Ok(())
}
