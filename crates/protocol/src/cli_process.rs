//! Finds the CLI process that a hook belongs to.

use crate::byte_list::line_number;
#[cfg(not(target_os = "macos"))]
use crate::byte_list::nth_part;
use crate::system::{self, Environment};
use crate::text::Name;
use crate::time::parse_decimal;

/// The name of the CLI's process. Every version gives itself this name, also one that runs in node.
pub const CLI_NAME: &[u8] = b"claude";

/// The name of the CLI's file in the package of npm, since 2.1.197 or earlier.
const NPM_NAME: &[u8] = b"claude.exe";

/// Programs that may run between the CLI and a hook, and end with the hook: shells, commands that start a command, and
/// interpreters in which people write dispatchers. A version number at the end of a name is ignored.
const WRAPPERS: &[u8] =
    b"sh\nbash\ndash\nzsh\nfish\nksh\nmksh\nash\nbusybox\ntcsh\ncsh\ntimeout\nnice\nionice\nenv\nsudo\n\
    doas\nnohup\nsetsid\nstdbuf\ntime\nxargs\nstrace\npython\nperl\nruby\npwsh";

/// How many ancestors of a hook are examined.
const MAX_ANCESTORS: usize = 8;

/// What the system says about a process: on Linux in `/proc/PID/stat`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ProcessStat {
    /// Its name is that of the CLI.
    pub is_cli: bool,
    /// Its name is that of a program that may run between the CLI and a hook.
    pub is_wrapper: bool,
    /// It has ended, and its parent has not yet waited for it.
    pub is_zombie: bool,
    /// The PID of its parent.
    pub parent: u32,
    /// When it started, in clock ticks since boot; on macOS in microseconds since 1970. 0 if the system does not tell, as for the
    /// process of another user on macOS.
    pub start: u64,
}

/// Asks the system for the process. The start is in microseconds since 1970. `None` if there is no such process, or if the system
/// does not tell.
#[cfg(target_os = "macos")]
#[must_use]
pub fn read_stat(pid: u32) -> Option<ProcessStat> {
    let process = system::ProcessInfo::read(pid)?;
    Some(ProcessStat {
        is_cli: is_cli_name(process.name()),
        is_wrapper: is_wrapper(process.name()),
        is_zombie: process.is_zombie,
        parent: process.parent,
        start: process.start.unwrap_or_default(),
    })
}

/// Returns whether a process with this name is a CLI. On macOS a process keeps the name of its file. The installer of the CLI names
/// the file by its version, and `claude` is a link to it; npm names the file `claude.exe`.
#[must_use]
pub fn is_cli_name(name: &[u8]) -> bool {
    name == CLI_NAME || cfg!(target_os = "macos") && (name == NPM_NAME || is_version(name))
}

/// Returns whether this is a version of the CLI, such as `2.1.330`.
fn is_version(name: &[u8]) -> bool {
    let is_number = |part: &[u8]| !part.is_empty() && part.iter().all(u8::is_ascii_digit);
    let parts = || name.split(|&byte| byte == b'.');
    parts().count() == 3 && parts().all(is_number)
}

/// Returns whether this is the name of a program that may run between the CLI and a hook.
fn is_wrapper(name: &[u8]) -> bool {
    let is_version = |byte: &u8| byte.is_ascii_digit() || *byte == b'.';
    let plain_name = &name[..name.iter().rposition(|byte| !is_version(byte)).map_or(0, |last| last + 1)];
    line_number(WRAPPERS, plain_name).is_some()
}

/// Reads `/proc/PID/stat`, which is `PID (name) state parent …`. The name may contain any characters. `None` if there is no such
/// process, or no `/proc`.
#[cfg(not(target_os = "macos"))]
#[must_use]
pub fn read_stat(pid: u32) -> Option<ProcessStat> {
    let mut path = Name::concat(&[b"/proc/"]);
    path.push_decimal(pid.into(), 1);
    path.push(b"/stat");
    let mut buffer = [0; 512];
    let len = system::read_path(path.as_cstr(), &mut buffer).ok()?;
    let text = &buffer[..len];
    let open = text.iter().position(|&byte| byte == b'(')?;
    let close = text.iter().rposition(|&byte| byte == b')')?;
    let name = text.get(open + 1..close)?;
    // Field 3 of the line and all after it.
    let fields = text.get(close + 2..)?;
    Some(ProcessStat {
        is_cli: name == CLI_NAME,
        is_wrapper: is_wrapper(name),
        is_zombie: fields.first() == Some(&b'Z'),
        parent: u32::try_from(parse_decimal(nth_part(fields, b' ', 1))?).ok()?,
        start: parse_decimal(nth_part(fields, b' ', 19))?,
    })
}

/// The CLI process of a hook, as far as it can be found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CliProcess {
    /// The process with this PID. The second number is when it started, in clock ticks since boot; 0 if that is not known.
    Process(u32, u64),
    /// There is none: the CLI has ended, and its children have become children of process 1.
    Gone,
    /// Not known. The signal then names no process: if it named one that is about to end, a session that goes on would look
    /// ended.
    Unknown,
}

impl CliProcess {
    /// Finds the CLI among the 8 nearest ancestors of a hook: the nearest one that `CLAUDE_PID` names or that is called `claude`.
    /// The name counts as much as the variable, because a CLI that is older than the variable may have inherited it from another
    /// CLI around it.
    ///
    /// There may be no such ancestor, because a command that runs in the background loses its ancestors when its shell ends.
    /// Then the CLI is the process that `CLAUDE_PID` names, if that process is called `claude`; else it is the nearest ancestor
    /// that is not a wrapper, such as a shell.
    ///
    /// `claude_pid` is the value of `CLAUDE_PID`, or 0. `parent` is the hook's parent. `read_stat` is [`read_stat`], or a table
    /// in tests.
    #[must_use]
    pub fn find(claude_pid: u32, parent: u32, read_stat: impl Fn(u32) -> Option<ProcessStat>) -> Self {
        let (mut pid, mut nearest) = (parent, Self::Unknown);
        for number in 0..=MAX_ANCESTORS {
            let is_ancestor = number < MAX_ANCESTORS && pid > 0;
            if !is_ancestor {
                pid = claude_pid;
            }
            let stat = read_stat(pid);
            let process = Self::Process(pid, stat.map_or(0, |stat| stat.start));
            let is_named = is_ancestor && pid == claude_pid;
            if is_named || stat.is_some_and(|stat| stat.is_cli) {
                return process;
            }
            if !is_ancestor {
                break;
            }
            if nearest == Self::Unknown {
                nearest = match stat {
                    // Process 1 becomes the parent of a process whose parent has ended.
                    _ if pid == 1 => Self::Gone,
                    Some(stat) if stat.is_wrapper => Self::Unknown,
                    // There is no /proc, so the variable is all that is known.
                    None if claude_pid > 0 => Self::Process(claude_pid, 0),
                    _ => process,
                };
            }
            pid = if pid == 1 { 0 } else { stat.map_or(0, |stat| stat.parent) };
        }
        nearest
    }
}

/// The members that name the CLI process. They are the last ones of a signal.
pub struct CliIdentity {
    /// `,"claude_pid":…,"claude_start":…,"claude_host":"…"}` and a line feed. A member that is not known is left out.
    pub tail: Name,
    /// Whether the process is known, so that equal tails mean the same process.
    pub is_known: bool,
}

/// Identifies the CLI that this hook belongs to. For [`CliProcess::Gone`], the tail names the host only; for
/// [`CliProcess::Unknown`], it names nothing.
#[must_use]
#[inline(never)]
pub fn identify_cli(environment: &Environment) -> CliIdentity {
    let claude_pid = environment.variable("CLAUDE_PID").and_then(parse_decimal).unwrap_or_default();
    identify_process(claude_pid, system::parent_id())
}

/// Identifies the CLI that [`CliProcess::find`] finds. If `parent` is 0, that is the process `claude_pid`, if it is called `claude`.
#[must_use]
pub fn identify_process(claude_pid: u64, parent: u32) -> CliIdentity {
    let cli = CliProcess::find(u32::try_from(claude_pid).unwrap_or_default(), parent, read_stat);
    let mut tail = Name::default();
    let mut push = |member: &[u8], number: u64| {
        if number > 0 {
            tail.push(member);
            tail.push_decimal(number, 1);
        }
    };
    if let CliProcess::Process(pid, start) = cli {
        push(b",\"claude_pid\":", pid.into());
        push(b",\"claude_start\":", start);
    }
    if cli != CliProcess::Unknown
        && let Some(host) = host_id()
    {
        for part in [b",\"claude_host\":\"", host.as_bytes(), b"\""] {
            tail.push(part);
        }
    }
    tail.push(b"}\n");
    CliIdentity { tail, is_known: matches!(cli, CliProcess::Process(..)) }
}

/// Returns where a PID is valid: `<nodename>/<inode of the pid namespace>`. Machines and containers may share a home directory,
/// but not their PIDs. `None` if the system does not say.
#[must_use]
pub fn host_id() -> Option<Name> {
    let (node, namespace) = (system::node_name()?, system::pid_namespace()?);
    let mut host = Name::default();
    for byte in node.as_bytes() {
        let is_harmless = byte.is_ascii_graphic() && !b"\"\\/".contains(byte);
        host.push(&[if is_harmless { *byte } else { b'_' }]);
    }
    host.push(b"/");
    host.push_decimal(namespace, 1);
    Some(host)
}

#[cfg(test)]
mod tests {
    use super::{CLI_NAME, is_cli_name, is_version, is_wrapper};

    #[test]
    fn the_name_of_a_file_of_the_cli_is_the_name_of_a_cli_on_macos_alone() {
        for name in ["2.1.330", "2.0.50", "claude.exe"] {
            assert!(name == "claude.exe" || is_version(name.as_bytes()), "{name}");
            assert!(!is_wrapper(name.as_bytes()), "{name}");
            assert_eq!(is_cli_name(name.as_bytes()), cfg!(target_os = "macos"), "{name}");
        }
        for name in ["", "claude", "2.1", "2.1.330.4", "2..330", "node", "python3.11"] {
            assert!(!is_version(name.as_bytes()), "{name}");
        }
        assert!(is_cli_name(CLI_NAME) && !is_cli_name(b"node"));
        assert!(is_wrapper(b"python3.11") && is_wrapper(b"zsh"));
    }
}
