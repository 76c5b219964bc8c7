//! Waits for a descriptor.

use std::os::fd::AsFd;

use rustix::event::{PollFd, PollFlags, poll};
use rustix::io::Errno;

/// Waits until the descriptor has one of these events, an error, or an end. Without a flag, waits for an error or an end.
pub fn wait_for_descriptor(descriptor: &impl AsFd, flags: PollFlags) {
    // A process that was stopped and goes on may be told that its call was interrupted.
    while poll(&mut [PollFd::new(descriptor, flags)], None) == Err(Errno::INTR) {}
}
