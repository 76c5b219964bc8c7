//! Finds the process that listens on a port.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt as _;
use std::path::PathBuf;

use session_signals_reader::config_dir_of;

use crate::display_text::make_harmless;

/// A process that listens on a port.
#[derive(Debug, PartialEq, Eq)]
pub struct PortOwner {
    pub pid: u32,
    /// The name of its executable, made harmless for a terminal: whoever started the process may have chosen the name.
    pub name: String,
    /// The configuration directory that its environment names; `None` if the environment names none or cannot be read.
    pub config_dir: Option<PathBuf>,
}

/// Finds the process that listens on this TCP port. `None` if the system hides the process from this user, and always
/// elsewhere than on Linux.
pub fn find_owner(port: u16) -> Option<PortOwner> {
    let sockets: Vec<_> =
        ["/proc/net/tcp", "/proc/net/tcp6"].iter().flat_map(|table| listening_sockets(table, port)).collect();
    let processes = fs_err::read_dir("/proc").ok()?.flatten();
    let pids = processes.filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok());
    pids.filter(|_| !sockets.is_empty()).find(|pid| has_socket(*pid, &sockets)).map(describe_process)
}

/// Returns the sockets that listen on this port, in the form that links to sockets have: `socket:[INODE]`.
fn listening_sockets(table: &str, port: u16) -> Vec<PathBuf> {
    let text = fs_err::read_to_string(table).unwrap_or_default();
    let port = format!("{port:04X}");
    // The fields of a line: number, local address and port, remote address and port, state (0A means listening), and so
    // on. The tenth is the inode.
    let inode = |line: &str| {
        let fields: Vec<_> = line.split_whitespace().collect();
        let (_, local_port) = fields.get(1)?.rsplit_once(':')?;
        let (state, inode) = (fields.get(3)?, fields.get(9)?);
        (local_port == port && *state == "0A").then(|| PathBuf::from(format!("socket:[{inode}]")))
    };
    text.lines().filter_map(inode).collect()
}

fn has_socket(pid: u32, sockets: &[PathBuf]) -> bool {
    let files = fs_err::read_dir(format!("/proc/{pid}/fd")).into_iter().flatten().flatten();
    files.filter_map(|file| fs_err::read_link(file.path()).ok()).any(|target| sockets.contains(&target))
}

fn describe_process(pid: u32) -> PortOwner {
    let name = fs_err::read_to_string(format!("/proc/{pid}/comm")).unwrap_or_default();
    let environment = fs_err::read(format!("/proc/{pid}/environ")).unwrap_or_default();
    let variable = |name: &str| {
        let mut assignments = environment.split(|byte| *byte == 0);
        let value = assignments.find_map(|one| one.strip_prefix(name.as_bytes())?.strip_prefix(b"="))?;
        Some(OsStr::from_bytes(value))
    };
    let config_dir = config_dir_of(variable("CLAUDE_CONFIG_DIR"), variable("HOME"));
    PortOwner { pid, name: make_harmless(&name), config_dir }
}
