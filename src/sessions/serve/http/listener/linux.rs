//! The process that listens on a port, on Linux.

use std::path::PathBuf;

use crate::procfs::process_ids;

pub use crate::procfs::read_environment;

/// Returns the process that listens on this TCP port. `None` if the system hides it from this user.
pub fn find_listener(port: u16) -> Option<u32> {
    let sockets: Vec<_> =
        ["/proc/net/tcp", "/proc/net/tcp6"].iter().flat_map(|table| listening_sockets(table, port)).collect();
    process_ids().into_iter().filter(|_| !sockets.is_empty()).find(|pid| has_socket(*pid, &sockets))
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
