//! Waits for a descriptor.

use std::os::fd::AsFd;
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, poll};
use rustix::io::Errno;

/// The pause before a descriptor is looked at again that the system calls ready and that has not ended.
const PAUSE: Duration = Duration::from_millis(250);

/// Waits until the descriptor is readable, or has an error or an end.
pub fn wait_until_readable(descriptor: &impl AsFd) {
    // A process that was stopped and goes on may be told that its call was interrupted.
    while poll(&mut [PollFd::new(descriptor, PollFlags::IN)], None) == Err(Errno::INTR) {}
}

/// Waits until nobody can read any more what is written to the descriptor. A file has no such end, so that takes forever.
pub fn wait_until_unread(descriptor: &impl AsFd) {
    loop {
        // Linux tells an end that nobody has asked for. macOS does not, and wakes also for what it does not tell, such as a key.
        let mut polled = [PollFd::new(descriptor, PollFlags::HUP)];
        let _ = poll(&mut polled, None);
        let found = polled[0].revents();
        if found.intersects(PollFlags::HUP | PollFlags::ERR) {
            return;
        }
        std::thread::sleep(PAUSE);
    }
}
