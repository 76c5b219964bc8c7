//! The end of a set: asked at once, made to after [`GRACE`], gone by [`LIMIT`].
//!
//! Only children of the guard are ever signalled. Nobody has waited for them yet, so their PIDs are nobody else's; and
//! since the guard adopts whatever loses its parent, killing its children again and again peels any tree of processes
//! to the last one, setsid or not. No child left means no descendant left.

use std::collections::HashSet;
use std::time::{Duration, Instant};

use rustix::io::Errno;
use rustix::process::{Pid, Signal, WaitOptions, getpgid, kill_process, kill_process_group, wait};

use super::platform;

/// How long daemons have to end by themselves.
const GRACE: Duration = Duration::from_millis(800);

/// By then nothing is left, unless the kernel itself holds it.
const LIMIT: Duration = Duration::from_millis(1200);

/// A killed process that the kernel holds (a dead network file system) is not waited for any longer.
const GIVE_UP_AFTER: Duration = Duration::from_secs(5);

/// Ends these daemons and all that descends from this process. `pause` waits for news at most so long.
pub fn end_daemons(daemons: &[Pid], pause: &mut dyn FnMut(Duration)) {
    let begun = Instant::now();
    for group in daemons {
        ask_to_end(*group, true);
    }
    let mut told: HashSet<Pid> = daemons.iter().copied().collect();
    loop {
        if !reap_children() {
            return;
        }
        let elapsed = begun.elapsed();
        if elapsed < GRACE {
            // What has lost its parent by now is asked, too.
            for child in platform::child_pids() {
                let of_a_daemon = |group: Pid| daemons.contains(&group);
                if told.insert(child) && !getpgid(Some(child)).is_ok_and(of_a_daemon) {
                    ask_to_end(child, getpgid(Some(child)) == Ok(child));
                }
            }
            pause(GRACE.saturating_sub(elapsed).min(Duration::from_millis(50)));
            continue;
        }
        for child in platform::child_pids() {
            kill_child(child);
        }
        for group in daemons.iter().filter(|_| cfg!(not(target_os = "linux"))) {
            let _ = kill_process_group(*group, Signal::KILL);
        }
        if elapsed > GIVE_UP_AFTER {
            return;
        }
        // Who forks and ends in turn must be met while it lives: at first there is no pause.
        if elapsed > LIMIT {
            std::thread::sleep(Duration::from_millis(1));
        }
    }
}

/// Asks it to end; whoever stands still is woken to hear it.
fn ask_to_end(pid: Pid, is_group: bool) {
    for signal in [Signal::TERM, Signal::CONT] {
        let _ = if is_group { kill_process_group(pid, signal) } else { kill_process(pid, signal) };
    }
}

/// Kills it, and its group where it leads one: no fork gets out of that.
fn kill_child(child: Pid) {
    if getpgid(Some(child)) == Ok(child) {
        let _ = kill_process_group(child, Signal::KILL);
    }
    let _ = kill_process(child, Signal::KILL);
}

/// Waits for those that have ended; whether any child is left.
fn reap_children() -> bool {
    loop {
        match wait(WaitOptions::NOHANG) {
            Ok(Some(_)) | Err(Errno::INTR) => {}
            Ok(None) => return true,
            Err(_) => return false,
        }
    }
}
