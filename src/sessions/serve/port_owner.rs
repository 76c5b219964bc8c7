//! Who has a port that we want.

use std::path::{Path, PathBuf};

use crate::display_text::make_harmless;

/// A process that listens on a port.
#[derive(Debug, PartialEq, Eq)]
pub struct PortOwner {
    pub pid: u32,
    /// Its executable's name, without what a terminal would obey: whoever runs may have chosen it.
    pub name: String,
    /// The configuration directory that it is about, as far as its environment tells.
    pub config: Option<PathBuf>,
}

/// Who listens on this TCP port, as far as this user may know. Linux only: elsewhere nobody is found.
pub fn find_owner(port: u16) -> Option<PortOwner> {
    let sockets: Vec<_> =
        ["/proc/net/tcp", "/proc/net/tcp6"].iter().flat_map(|table| listening_sockets(table, port)).collect();
    let processes = fs_err::read_dir("/proc").ok()?.flatten();
    let pids = processes.filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok());
    pids.filter(|_| !sockets.is_empty()).find(|pid| has_socket(*pid, &sockets)).map(describe_process)
}

/// The sockets, as links to them read, that listen on this port.
fn listening_sockets(table: &str, port: u16) -> Vec<PathBuf> {
    let text = fs_err::read_to_string(table).unwrap_or_default();
    let port = format!("{port:04X}");
    // Number, local address and port, remote ones, state (0A listens), …; the tenth is the inode.
    let inode = |line: &str| {
        let fields: Vec<_> = line.split_whitespace().collect();
        let (_, local) = fields.get(1)?.rsplit_once(':')?;
        let (state, inode) = (fields.get(3)?, fields.get(9)?);
        (local == port && *state == "0A").then(|| PathBuf::from(format!("socket:[{inode}]")))
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
        let mut all = environment.split(|byte| *byte == 0);
        let value = all.find_map(|one| one.strip_prefix(name.as_bytes())?.strip_prefix(b"="))?;
        Some(PathBuf::from(String::from_utf8_lossy(value).into_owned())).filter(|path| path != Path::new(""))
    };
    let config = variable("CLAUDE_CONFIG_DIR").or_else(|| Some(variable("HOME")?.join(".claude")));
    PortOwner { pid, name: make_harmless(&name), config }
}
