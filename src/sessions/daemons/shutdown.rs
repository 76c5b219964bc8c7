//! Ends the daemons of a session: SIGTERM at once, SIGKILL after [`GRACE_PERIOD`], nothing left by [`TARGET`].
//!
//! Only children of the supervisor are signalled. The supervisor has not waited for them yet, so their PIDs cannot belong to other
//! processes. The supervisor adopts every descendant that loses its parent. So killing its children again and again reaches every
//! descendant, also one that has called setsid. When no child is left, no descendant is left.

use std::collections::HashSet;
use std::time::{Duration, Instant};

use rustix::io::Errno;
use rustix::process::{Pid, Signal, WaitOptions, getpgid, kill_process, kill_process_group, wait};

use super::platform;

/// How long daemons have to end after SIGTERM.
const GRACE_PERIOD: Duration = Duration::from_millis(800);

/// The time by which all processes have ended, unless the kernel itself holds one. From then on there is a pause between two
/// rounds of SIGKILL.
const TARGET: Duration = Duration::from_millis(1200);

/// After how long the supervisor stops waiting for a killed process that the kernel does not end, for example because of a network
/// file system that does not answer.
const GIVE_UP_AFTER: Duration = Duration::from_secs(5);

/// How often, during the grace period, new children are looked for.
const GRACE_POLL_INTERVAL: Duration = Duration::from_millis(50);

/// Ends these daemons and every other descendant of this process. `pause` waits for the next wakeup, at most for the given time.
pub fn end_daemons(daemons: &[Pid], pause: &mut dyn FnMut(Duration)) {
    let begun = Instant::now();
    for group in daemons {
        ask_to_end(*group, true);
    }
    let mut asked: HashSet<Pid> = daemons.iter().copied().collect();
    loop {
        if !reap_children() {
            return;
        }
        let elapsed = begun.elapsed();
        if elapsed < GRACE_PERIOD {
            // A process that has lost its parent in the meantime is asked, too.
            for child in platform::child_pids() {
                let is_daemon = |group: Pid| daemons.contains(&group);
                if asked.insert(child) && !getpgid(Some(child)).is_ok_and(is_daemon) {
                    ask_to_end(child, getpgid(Some(child)) == Ok(child));
                }
            }
            pause(GRACE_PERIOD.saturating_sub(elapsed).min(GRACE_POLL_INTERVAL));
            continue;
        }
        for child in platform::child_pids() {
            kill_child(child);
        }
        for group in daemons {
            platform::kill_remaining_group(*group);
        }
        if elapsed > GIVE_UP_AFTER {
            return;
        }
        // A process that forks and ends at once can be killed only while it runs, so at first there is no pause.
        if elapsed > TARGET {
            std::thread::sleep(Duration::from_millis(1));
        }
    }
}

/// Sends SIGTERM to a process or a group, and SIGCONT, so that a stopped process handles the SIGTERM.
fn ask_to_end(pid: Pid, is_group: bool) {
    for signal in [Signal::TERM, Signal::CONT] {
        let _ = if is_group { kill_process_group(pid, signal) } else { kill_process(pid, signal) };
    }
}

/// Kills a child, and its process group if the child leads one. A group is killed as a whole, so a fork cannot escape.
fn kill_child(child: Pid) {
    if getpgid(Some(child)) == Ok(child) {
        let _ = kill_process_group(child, Signal::KILL);
    }
    let _ = kill_process(child, Signal::KILL);
}

/// Waits for all children that have ended. Returns whether any child is left.
fn reap_children() -> bool {
    loop {
        match wait(WaitOptions::NOHANG) {
            Ok(Some(_)) | Err(Errno::INTR) => {}
            Ok(None) => return true,
            Err(_) => return false,
        }
    }
}
