//! What Linux tells of a process.

use std::os::unix::fs::MetadataExt as _;

use fs_err as fs;
use rustix::fs::{major, minor};

use super::TerminalVariables;
use crate::procfs::read_environment;

pub use crate::procfs::{has_our_user, process_ids};

/// Whether [`program_name`] and [`parent_of`] know something.
pub const SERVER_IS_NAMED: bool = true;

/// Whether the terminals `/dev/tty1` and so on are text consoles.
pub const HAS_TEXT_CONSOLES: bool = true;

/// The first of the major numbers of pseudo-terminals. The kernel has used no other one since 2.6.
const PTY_MAJOR: u32 = 136;

/// The major number of the text consoles.
const CONSOLE_MAJOR: u32 = 4;

/// Some of the fields of `/proc/PID/stat`.
struct Stat {
    parent: u32,
    leader: u32,
    terminal: u64,
    start: u64,
}

fn read_stat(pid: u32) -> Option<Stat> {
    let text = fs::read(format!("/proc/{pid}/stat")).ok()?;
    // The name of the program is in brackets and may hold any characters.
    let end = text.iter().rposition(|byte| *byte == b')')?;
    let fields: Vec<_> = std::str::from_utf8(&text[end + 1..]).ok()?.split_ascii_whitespace().collect();
    let number = |index: usize| fields.get(index)?.parse::<u64>().ok();
    let small = |index: usize| number(index).and_then(|number| u32::try_from(number).ok());
    Some(Stat { parent: small(1)?, leader: small(3)?, terminal: number(4)?, start: number(19)? })
}

/// Returns when a process started, in clock ticks since the boot.
pub fn start_of(pid: u32) -> Option<u64> {
    read_stat(pid).map(|stat| stat.start)
}

/// Returns the parent of a process.
pub fn parent_of(pid: u32) -> Option<u32> {
    read_stat(pid).map(|stat| stat.parent).filter(|pid| *pid > 0)
}

/// Returns the first process of the terminal of a process.
pub fn leader_of(pid: u32) -> Option<u32> {
    read_stat(pid).map(|stat| stat.leader).filter(|pid| *pid > 0)
}

/// Returns the path of the controlling terminal of a process, if the same device has this path for us.
pub fn tty_of(pid: u32) -> Option<String> {
    let Stat { leader, terminal: device, .. } = read_stat(pid)?;
    let path = match (major(device), minor(device)) {
        (PTY_MAJOR, number) => format!("/dev/pts/{number}"),
        (CONSOLE_MAJOR, number) => format!("/dev/tty{number}"),
        _ => return None,
    };
    let has_device = fs::metadata(&path).is_ok_and(|metadata| metadata.rdev() == device);
    // A container has pseudo-terminals of its own, with the same numbers. A sandbox around the CLI alone keeps the terminal of
    // the shell that started it.
    let mounts = |process: &str| std::fs::read_link(format!("/proc/{process}/ns/mnt")).ok();
    let ours = mounts("self");
    let is_same_system = ours.is_some() && [pid, leader].iter().any(|pid| mounts(&pid.to_string()) == ours);
    (has_device && is_same_system).then_some(path)
}

/// Reads the named variables of a process, and keeps nothing else of its environment. Without a variable if it is another user's.
#[expect(clippy::unnecessary_wraps, reason = "other systems may not show the environment")]
pub fn read_variables(pid: u32) -> Option<TerminalVariables> {
    Some(TerminalVariables::from_environment(&read_environment(pid)))
}

/// Returns the name of the program of a process.
pub fn program_name(pid: u32) -> Option<String> {
    let name = fs::read(format!("/proc/{pid}/comm")).ok()?;
    Some(String::from_utf8_lossy(name.trim_ascii_end()).into_owned())
}

/// Returns the arguments of a process.
pub fn program_arguments(pid: u32) -> Vec<String> {
    let bytes = fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
    bytes.split(|byte| *byte == 0).map(|argument| String::from_utf8_lossy(argument).into_owned()).collect()
}
