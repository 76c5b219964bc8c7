//! Whether a CLI process lives.

use std::cell::OnceCell;
use std::time::SystemTime;

use session_signals_protocol::cli_process;

use crate::pid_namespaces::PidNamespaces;
use crate::process_state::ProcessState;
use crate::signal::Signal;

/// The names of CLI processes. The hooks look for the first one only, because a CLI that runs in node takes it, too.
const CLI_NAMES: [&[u8]; 2] = [cli_process::CLI_NAME, b"node"];

/// This machine, as far as PIDs go.
#[derive(Default)]
pub struct Host {
    /// As `claude_host` says it; `None` where the system does not tell.
    name: Option<String>,
    /// When it was started.
    booted: Option<SystemTime>,
    /// Whether process 1 is a CLI, as it may be in a container.
    pub begins_with_cli: bool,
    /// `/etc/machine-id`, by which the registry tells machines apart.
    machine: Option<String>,
    /// The processes of other pid namespaces, looked at when somebody asks for the first time.
    namespaces: OnceCell<PidNamespaces>,
}

impl Host {
    /// Reads what is needed once for all sessions. It may change: a name that comes by DHCP, a clock that steps.
    pub fn read() -> Self {
        let name = cli_process::host_id().map(|name| String::from_utf8_lossy(name.as_bytes()).into_owned());
        let uptime = fs_err::read_to_string("/proc/uptime").ok();
        let seconds = uptime.and_then(|uptime| uptime.split(' ').next()?.parse::<f64>().ok());
        let up = seconds.and_then(|seconds| std::time::Duration::try_from_secs_f64(seconds).ok());
        let begins_with_cli = process_name(1).is_some_and(|name| CLI_NAMES.contains(&&*name));
        let booted = up.and_then(|up| SystemTime::now().checked_sub(up));
        let machine = fs_err::read_to_string("/etc/machine-id").ok();
        let machine = machine.map(|id| id.trim().to_owned()).filter(|id| !id.is_empty());
        Self { name, booted, begins_with_cli, machine, namespaces: OnceCell::new() }
    }

    /// Whether a process lives that has this PID in that pid namespace, which is not ours.
    fn state_in_namespace(
        &self,
        namespace: &str,
        pid: u32,
        start: Option<u64>,
        is_of_this_machine: bool,
    ) -> ProcessState {
        let namespaces = self.namespaces.get_or_init(|| PidNamespaces::read(self.namespace()));
        match namespaces.process_state(namespace, pid, start, is_of_this_machine) {
            ProcessState::Unknown => ProcessState::Elsewhere,
            known => known,
        }
    }

    /// The same, where a file of the registry names the process: `machine` is what it calls its machine.
    pub fn state_by_registry(&self, machine: &str, namespace: &str, pid: u32, start: Option<u64>) -> ProcessState {
        self.state_in_namespace(namespace, pid, start, self.machine.as_deref() == Some(machine))
    }

    /// The inode of this pid namespace.
    pub fn namespace(&self) -> Option<&str> {
        self.name.as_deref()?.rsplit_once('/').map(|(_, inode)| inode)
    }

    /// This machine's name.
    fn node_name(&self) -> Option<&str> {
        self.name.as_deref()?.rsplit_once('/').map(|(node, _)| node)
    }

    /// Whether a signal says that its process is of this host.
    pub fn is_host_of(&self, signal: &Signal) -> bool {
        // A system that does not tell leaves no name in its signals either.
        signal.members.claude_host == self.name
    }

    /// Whether a signal says that its process is of another host.
    pub fn is_foreign_to(&self, signal: &Signal) -> bool {
        signal.members.claude_host.is_some() && !self.is_host_of(signal)
    }

    /// Whether the process that a signal names lives; `lives` as the function of that name.
    pub fn process_state(&self, signal: &Signal, lives: impl FnOnce(u32, Option<u64>) -> bool) -> ProcessState {
        let members = &signal.members;
        if self.is_foreign_to(signal) {
            let Some(pid) = members.claude_pid else { return ProcessState::Unknown };
            let host = members.claude_host.as_deref().and_then(|host| host.rsplit_once('/'));
            return host.map_or(ProcessState::Elsewhere, |(node, namespace)| {
                self.state_in_namespace(namespace, pid, members.claude_start, self.node_name() == Some(node))
            });
        }
        // No process outlives the machine's boot. One that is named with its start needs no such proof, and gets none
        // from a clock that has stepped since.
        let is_older = members.claude_start.is_none() && self.booted.is_some_and(|booted| signal.time < booted);
        match members.claude_pid {
            _ if is_older => ProcessState::Dead,
            Some(pid) if lives(pid, members.claude_start) => ProcessState::Alive,
            Some(_) => ProcessState::Dead,
            // Its hook was process 1's child, who takes in whatever the death of a CLI leaves.
            None if members.claude_host.is_some() && !self.begins_with_cli => ProcessState::Dead,
            None => ProcessState::Unknown,
        }
    }
}

/// Whether the process with this PID has a CLI's name. Where the system does not tell it, a PID is all there is.
pub fn is_cli_process(pid: u32) -> bool {
    !cfg!(target_os = "linux") || process_name(pid).is_some_and(|name| CLI_NAMES.contains(&&*name))
}

/// What a process is called, where the system tells it.
fn process_name(pid: u32) -> Option<Vec<u8>> {
    let name = fs_err::read(format!("/proc/{pid}/comm")).ok()?;
    Some(name.trim_ascii_end().to_owned())
}

/// Whether this is what a desktop has in the place of process 1: the parent of whatever loses its own, and no CLI.
fn adopts_orphans(pid: u32) -> bool {
    process_name(pid).is_some_and(|name| name == b"systemd")
}

/// Whether a process with this PID lives, and started at this time where one is given (clock ticks since boot).
pub fn is_process_alive(pid: u32, start: Option<u64>) -> bool {
    match cli_process::read_stat(pid) {
        Some(found) => !found.is_zombie && start.is_none_or(|start| start == found.start) && !adopts_orphans(pid),
        // No /proc: then a PID is all there is.
        None if !cfg!(target_os = "linux") => {
            let pid = i32::try_from(pid).ok().and_then(rustix::process::Pid::from_raw);
            pid.is_some_and(|pid| rustix::process::test_kill_process(pid) != Err(rustix::io::Errno::SRCH))
        }
        None => false,
    }
}
