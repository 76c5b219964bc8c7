//! Which CLI process a hook belongs to.

use crate::byte_list::{line_number, nth_part};
use crate::system::{self, Environment};
use crate::text::Name;
use crate::time::parse_decimal;

/// What the CLI's process is called: every version gives itself this name, also one that runs in node.
pub const CLI_NAME: &[u8] = b"claude";

/// What may stand between the CLI and a hook, and ends with the hook: shells, commands that start a command, and
/// interpreters, in which people write dispatchers. A version at the end of a name does not count.
const WRAPPERS: &[u8] =
    b"sh\nbash\ndash\nzsh\nfish\nksh\nmksh\nash\nbusybox\ntcsh\ncsh\ntimeout\nnice\nionice\nenv\nsudo\n\
    doas\nnohup\nsetsid\nstdbuf\ntime\nxargs\nstrace\npython\nperl\nruby\npwsh";

/// How many ancestors of a hook are looked at.
const MAX_ANCESTORS: usize = 8;

/// What `/proc/PID/stat` says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ProcessStat {
    /// It is the CLI, by its name.
    pub is_cli: bool,
    /// It is one of those that stand between the CLI and a hook, by its name.
    pub is_wrapper: bool,
    /// It has ended, and its parent has not been told.
    pub is_zombie: bool,
    /// The process that started it.
    pub parent: u32,
    /// When it started, in clock ticks since boot.
    pub start: u64,
}

/// Reads `/proc/PID/stat`: `PID (name) state parent …`, where the name may hold anything.
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
    let version = |byte: &u8| byte.is_ascii_digit() || *byte == b'.';
    let plain = &name[..name.iter().rposition(|byte| !version(byte)).map_or(0, |last| last + 1)];
    // From field 3 of the line on.
    let rest = text.get(close + 2..)?;
    Some(ProcessStat {
        is_cli: name == CLI_NAME,
        is_wrapper: line_number(WRAPPERS, plain).is_some(),
        is_zombie: rest.first() == Some(&b'Z'),
        parent: u32::try_from(parse_decimal(nth_part(rest, b' ', 1))?).ok()?,
        start: parse_decimal(nth_part(rest, b' ', 19))?,
    })
}

/// Which process is the CLI, as far as can be told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CliProcess {
    /// The one with this PID, and when it started, in clock ticks since boot; 0 where the system does not tell.
    Process(u32, u64),
    /// None: it has ended, and process 1 has taken in what it had started.
    Gone,
    /// Nobody knows. To name a process that is about to end would make a session look ended that goes on.
    Unknown,
}

impl CliProcess {
    /// The nearest ancestor, of the 8 nearest, that `CLAUDE_PID` names or that is called `claude`. A CLI that is older than that
    /// variable may have inherited it from another one around it, so the name counts as much.
    ///
    /// There may be none: a command that runs in the background loses its ancestors when its shell ends. Then it is the process that
    /// `CLAUDE_PID` names, if that one is called `claude`; else the nearest ancestor that is no wrapper.
    ///
    /// `said` is what `CLAUDE_PID` says, or 0; `parent` is the hook's parent, and `look` is [`stat`].
    #[must_use]
    pub fn find(said: u32, parent: u32, look: impl Fn(u32) -> Option<ProcessStat>) -> Self {
        let (mut pid, mut nearest) = (parent, Self::Unknown);
        for number in 0..=MAX_ANCESTORS {
            let is_ancestor = number < MAX_ANCESTORS && pid > 0;
            if !is_ancestor {
                pid = said;
            }
            let found = look(pid);
            let process = Self::Process(pid, found.map_or(0, |seen| seen.start));
            let is_said = is_ancestor && pid == said;
            if is_said || found.is_some_and(|seen| seen.is_cli) {
                return process;
            }
            if !is_ancestor {
                break;
            }
            if nearest == Self::Unknown {
                nearest = match found {
                    // Process 1 takes in whatever loses its parent.
                    _ if pid == 1 => Self::Gone,
                    Some(seen) if seen.is_wrapper => Self::Unknown,
                    // No /proc: then there is nothing but what is said.
                    None if said > 0 => Self::Process(said, 0),
                    _ => process,
                };
            }
            pid = if pid == 1 { 0 } else { found.map_or(0, |seen| seen.parent) };
        }
        nearest
    }
}

/// The CLI's process, as the last members of a signal.
pub struct CliIdentity {
    /// `,"claude_pid":…,"claude_start":…,"claude_host":"…"}` and a line feed; what is not known is left out.
    pub tail: Name,
    /// Whether two tails that are equal mean the same process.
    pub is_known: bool,
}

/// The CLI that this hook belongs to. Where it is [`Cli::Gone`], the host alone is said; where it is [`Cli::Unknown`], nothing.
#[must_use]
#[inline(never)]
pub fn identify_cli(environment: &Environment) -> CliIdentity {
    let said = environment.variable("CLAUDE_PID").and_then(parse_decimal).unwrap_or_default();
    let cli = CliProcess::find(u32::try_from(said).unwrap_or_default(), system::parent_id(), read_stat);
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

/// `<nodename>/<inode of the pid namespace>`: a home directory may be shared, PIDs are not.
#[must_use]
pub fn host_id() -> Option<Name> {
    let (node, namespace) = (system::node_name()?, system::pid_namespace()?);
    let mut host = Name::default();
    for byte in node.as_bytes() {
        let harmless = byte.is_ascii_graphic() && !b"\"\\/".contains(byte);
        host.push(&[if harmless { *byte } else { b'_' }]);
    }
    host.push(b"/");
    host.push_decimal(namespace, 1);
    Some(host)
}
