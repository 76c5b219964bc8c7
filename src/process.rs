//! Which CLI process a hook belongs to.

use crate::error::line_of;
use crate::sys;
use crate::text::{Name, Text};
use crate::time::decimal;

/// A command may run through one of these, which then stands between the CLI and the hook.
const SHELLS: &[u8] = b"sh\nbash\ndash\nzsh\nfish\nksh\nmksh\nash\nbusybox";

/// What `/proc/PID/stat` says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stat {
    /// It is a shell, by its name.
    pub is_shell: bool,
    /// It has ended, and its parent has not been told.
    pub is_zombie: bool,
    /// The process that started it.
    pub parent: u32,
    /// When it started, in clock ticks since boot.
    pub start: u64,
}

/// Reads `/proc/PID/stat`: `PID (name) state parent …`, where the name may hold anything.
#[must_use]
pub fn stat(pid: u32) -> Option<Stat> {
    let mut path = Text::<32>::of(&[b"/proc/"]);
    path.push_decimal(pid.into(), 1);
    path.push(b"/stat");
    let mut buffer = [0; 512];
    let len = sys::read_path(path.as_cstr(), &mut buffer).ok()?;
    let text = &buffer[..len];
    let open = text.iter().position(|&byte| byte == b'(')?;
    let close = text.iter().rposition(|&byte| byte == b')')?;
    let name = text.get(open + 1..close)?;
    let mut fields = text.get(close + 2..)?.split(|&byte| byte == b' ');
    let is_zombie = fields.next()? == b"Z";
    let parent = u32::try_from(decimal(fields.next()?)?).ok()?;
    // Field 22 of the line is the 18th after the parent, which is field 4.
    Some(Stat {
        is_shell: (0..9).any(|number| line_of(SHELLS, number) == name),
        is_zombie,
        parent,
        start: decimal(fields.nth(17)?)?,
    })
}

/// The CLI's process, as the last members of a signal.
pub struct Identity {
    /// `,"claude_pid":…,"claude_start":…,"claude_host":"…"}` and a line feed; what is not known is left out.
    pub tail: Text<256>,
    /// Whether two tails that are equal mean the same process.
    pub is_known: bool,
}

/// The process that started this hook, or the one before it where that is a shell.
///
/// A hook whose CLI has died belongs to process 1, which is nobody's CLI.
#[must_use]
pub fn identity() -> Identity {
    let mut pid = sys::parent_id();
    let mut found = stat(pid);
    if let Some(Stat { is_shell: true, parent, .. }) = found {
        pid = parent;
        found = stat(pid);
    }
    let mut tail = Text::default();
    if pid > 1 {
        tail.push(b",\"claude_pid\":");
        tail.push_decimal(pid.into(), 1);
        if let Some(stat) = &found {
            tail.push(b",\"claude_start\":");
            tail.push_decimal(stat.start, 1);
        }
    }
    if let Some(host) = host() {
        for part in [b",\"claude_host\":\"", host.as_bytes(), b"\""] {
            tail.push(part);
        }
    }
    tail.push(b"}\n");
    Identity { tail, is_known: pid > 1 }
}

/// `<nodename>/<inode of the pid namespace>`: a home directory may be shared, PIDs are not.
#[must_use]
pub fn host() -> Option<Name> {
    let (node, namespace) = (sys::node_name()?, sys::pid_namespace()?);
    let mut host = Name::default();
    for byte in node.as_bytes() {
        let harmless = byte.is_ascii_graphic() && !b"\"\\/".contains(byte);
        host.push(&[if harmless { *byte } else { b'_' }]);
    }
    host.push(b"/");
    host.push_decimal(namespace, 1);
    Some(host)
}
