//! The processes of other pid namespaces, as far as this one's `/proc` shows them: those of containers started from here.

use session_signals_protocol::cli_process;

use crate::process_state::ProcessState;

/// The first pid namespace of every machine: its inode is a constant of Linux. It sees the processes of all others.
const INITIAL: &str = "4026531836";

/// What one look at `/proc` saw.
pub struct PidNamespaces {
    /// Those of other namespaces.
    pub processes: Vec<NamespacedProcess>,
    /// Whether a process of any namespace would have been seen.
    pub sees_all: bool,
}

/// A process of another namespace.
pub struct NamespacedProcess {
    /// The inode of its namespace; `None` where it is another user's, who does not tell.
    pub namespace: Option<String>,
    /// Its PID there.
    pub pid: u32,
    /// When it started, in clock ticks since boot; `None` where its clock is another one than ours.
    pub start: Option<u64>,
}

impl PidNamespaces {
    /// Looks around from the namespace with this inode.
    pub fn read(ours: Option<&str>) -> Self {
        let clock = namespace_inode("self", "time");
        let names = fs_err::read_dir("/proc").into_iter().flatten().flatten();
        let pids = names.filter_map(|name| name.file_name().to_str()?.parse::<u32>().ok());
        let found = pids.filter_map(|outer| {
            let namespace = namespace_inode(&outer.to_string(), "pid");
            if namespace.is_some() && namespace.as_deref() == ours {
                return None;
            }
            let is_same_clock = clock.is_some() && namespace_inode(&outer.to_string(), "time") == clock;
            let stat = cli_process::read_stat(outer).filter(|stat| !stat.is_zombie)?;
            let pid = innermost_pid(&fs_err::read_to_string(format!("/proc/{outer}/status")).ok()?)?;
            Some(NamespacedProcess { namespace, pid, start: Some(stat.start).filter(|_| is_same_clock) })
        });
        // A /proc that hides other users' processes hides the first one.
        let sees_all = ours == Some(INITIAL) && fs_err::metadata("/proc/1/status").is_ok();
        Self { processes: found.collect(), sees_all }
    }

    /// Whether a process lives that has this PID in that namespace, and started at that time. `Dead` means: not on this
    /// machine, and the namespace is one of this machine's: as whoever names it says, or because something lives there.
    pub fn process_state(
        &self,
        namespace: &str,
        pid: u32,
        start: Option<u64>,
        is_of_this_machine: bool,
    ) -> ProcessState {
        let is_there = |process: &&NamespacedProcess| process.namespace.as_deref() == Some(namespace);
        let same = self.processes.iter().filter(|process| process.pid == pid);
        let may_be: Vec<_> = same.filter(|process| process.namespace.is_none() || is_there(process)).collect();
        let is_it =
            |process: &NamespacedProcess| process.namespace.is_some() && start.is_some() && process.start == start;
        let is_another =
            |process: &NamespacedProcess| start.is_some() && process.start.is_some() && process.start != start;
        let would_be_seen =
            self.sees_all && is_of_this_machine || self.processes.iter().any(|process| is_there(&process));
        match () {
            () if may_be.iter().any(|process| is_it(process)) => ProcessState::Alive,
            () if would_be_seen && may_be.iter().all(|process| is_another(process)) => ProcessState::Dead,
            () => ProcessState::Unknown,
        }
    }
}

/// The inode of a process's namespace of this type: what `pid:[4026531836]` has in brackets.
fn namespace_inode(process: &str, namespace: &str) -> Option<String> {
    let link = std::fs::read_link(format!("/proc/{process}/ns/{namespace}")).ok()?;
    Some(link.to_str()?.rsplit_once('[')?.1.strip_suffix(']')?.to_owned())
}

/// The PID in the innermost namespace, where `/proc/PID/status` tells of more than one.
fn innermost_pid(status: &str) -> Option<u32> {
    let line = status.lines().find_map(|line| line.strip_prefix("NSpid:"))?;
    let pids = line.split_whitespace().skip(1);
    pids.last()?.parse().ok()
}
