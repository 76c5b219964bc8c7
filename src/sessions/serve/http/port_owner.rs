//! Finds the process that listens on a port.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt as _;
use std::path::PathBuf;

use session_signals_reader::config_dir_of;

use super::listener;
use crate::display_text::make_harmless;
use crate::terminals::process::program_name;

/// A process that listens on a port.
#[derive(Debug, PartialEq, Eq)]
pub struct PortOwner {
    pub pid: u32,
    /// The name of its executable, made harmless for a terminal: whoever started the process may have chosen the name.
    pub name: String,
    /// The configuration directory that its environment names; `None` if the environment names none or cannot be read.
    pub config_dir: Option<PathBuf>,
}

/// Finds the process that listens on this TCP port. `None` if the system hides the process from this user, or has no way to tell.
pub fn find_owner(port: u16) -> Option<PortOwner> {
    listener::find_listener(port).map(describe_process)
}

fn describe_process(pid: u32) -> PortOwner {
    let name = program_name(pid).unwrap_or_default();
    let environment = listener::read_environment(pid);
    let variable = |name: &str| {
        let mut assignments = environment.split(|byte| *byte == 0);
        let value = assignments.find_map(|one| one.strip_prefix(name.as_bytes())?.strip_prefix(b"="))?;
        Some(OsStr::from_bytes(value))
    };
    let config_dir = config_dir_of(variable("CLAUDE_CONFIG_DIR"), variable("HOME"));
    PortOwner { pid, name: make_harmless(&name), config_dir }
}
