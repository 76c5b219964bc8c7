//! The process that listens on a port, on macOS: lsof knows it. Nothing here has ever been run on a Mac.

use std::time::Duration;

use super::lsof::parse_lsof;
use crate::terminals::terminal_command::{Programs, TerminalCommand};

pub use crate::macos::read_environment;

/// How long lsof may take.
const TIMEOUT: Duration = Duration::from_secs(2);

/// Returns the process that listens on this TCP port. `None` if it is another user's.
pub fn find_listener(port: u16) -> Option<u32> {
    let arguments = ["-nP", &format!("-iTCP:{port}"), "-sTCP:LISTEN", "-Fp"];
    let programs = Programs::new("/usr/sbin".into(), TIMEOUT);
    parse_lsof(&programs.run(&TerminalCommand::new("lsof", &arguments)).ok()?)
}
