//! The processes of other pid namespaces that our `/proc` shows: those of containers that were started from here.

use session_signals_protocol::cli_process;

use crate::process_state::ProcessState;

/// The inode of the first pid namespace of every machine, a constant of Linux. It sees the processes of all other ones.
const INITIAL_NAMESPACE: &str = "4026531836";

/// The processes of other pid namespaces at one time.
pub struct PidNamespaces {
    /// The processes that were seen.
    pub processes: Vec<NamespacedProcess>,
    /// Whether every process of the machine would have been seen.
    pub sees_all: bool,
}

/// A process of another pid namespace.
pub struct NamespacedProcess {
    /// The inode of its namespace. `None` if the process is another user's: then the system does not tell.
    pub namespace: Option<String>,
    /// Its PID in that namespace.
    pub pid: u32,
    /// When it started, in clock ticks since the boot. `None` if it has another clock than ours.
    pub start: Option<u64>,
}

impl PidNamespaces {
    /// Reads `/proc`. `ours` is the inode of our own pid namespace.
    pub fn read(ours: Option<&str>) -> Self {
        let clock = namespace_inode("self", "time");
        let names = fs_err::read_dir("/proc").into_iter().flatten().flatten();
        let pids = names.filter_map(|name| name.file_name().to_str()?.parse::<u32>().ok());
        let processes = pids.filter_map(|outer| {
            let namespace = namespace_inode(&outer.to_string(), "pid");
            if namespace.is_some() && namespace.as_deref() == ours {
                return None;
            }
            let is_same_clock = clock.is_some() && namespace_inode(&outer.to_string(), "time") == clock;
            let stat = cli_process::read_stat(outer).filter(|stat| !stat.is_zombie)?;
            let pid = innermost_pid(&fs_err::read_to_string(format!("/proc/{outer}/status")).ok()?)?;
            Some(NamespacedProcess { namespace, pid, start: Some(stat.start).filter(|_| is_same_clock) })
        });
        // A /proc that hides the processes of other users hides process 1.
        let sees_all = ours == Some(INITIAL_NAMESPACE) && fs_err::metadata("/proc/1/status").is_ok();
        Self { processes: processes.collect(), sees_all }
    }

    /// Returns what is known of the process that has this PID in this namespace and started then, in clock ticks since the boot.
    ///
    /// `Dead` needs proof that the process would have been seen: all processes are seen and the caller knows that the namespace
    /// is one of this machine (`is_of_this_machine`), or another process of the namespace is seen. `Unknown` without proof.
    pub fn process_state(
        &self,
        namespace: &str,
        pid: u32,
        start: Option<u64>,
        is_of_this_machine: bool,
    ) -> ProcessState {
        let is_in_namespace = |process: &&NamespacedProcess| process.namespace.as_deref() == Some(namespace);
        let same_pid = self.processes.iter().filter(|process| process.pid == pid);
        let candidates: Vec<_> =
            same_pid.filter(|process| process.namespace.is_none() || is_in_namespace(process)).collect();
        let is_same =
            |process: &NamespacedProcess| process.namespace.is_some() && start.is_some() && process.start == start;
        let is_other =
            |process: &NamespacedProcess| start.is_some() && process.start.is_some() && process.start != start;
        let would_be_seen =
            self.sees_all && is_of_this_machine || self.processes.iter().any(|process| is_in_namespace(&process));
        match () {
            () if candidates.iter().any(|process| is_same(process)) => ProcessState::Alive,
            () if would_be_seen && candidates.iter().all(|process| is_other(process)) => ProcessState::Dead,
            () => ProcessState::Unknown,
        }
    }
}

/// Returns the inode of a process's namespace of this type. The link `/proc/<process>/ns/<type>` has it in brackets:
/// `pid:[4026531836]`.
fn namespace_inode(process: &str, namespace: &str) -> Option<String> {
    let link = std::fs::read_link(format!("/proc/{process}/ns/{namespace}")).ok()?;
    Some(link.to_str()?.rsplit_once('[')?.1.strip_suffix(']')?.to_owned())
}

/// Returns the PID in the innermost namespace, if the text of `/proc/<pid>/status` names more than one PID.
fn innermost_pid(status: &str) -> Option<u32> {
    let line = status.lines().find_map(|line| line.strip_prefix("NSpid:"))?;
    let pids = line.split_whitespace().skip(1);
    pids.last()?.parse().ok()
}
