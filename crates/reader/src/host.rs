//! This machine, and whether a CLI process lives on it.

use std::cell::OnceCell;
use std::time::{Duration, SystemTime};

use session_signals_protocol::cli_process;

use crate::pid_namespaces::PidNamespaces;
use crate::process_state::ProcessState;
use crate::signal::Signal;

/// Whether the system tells when a process started, and its name.
pub const IDENTIFIES_PROCESSES: bool = cfg!(any(target_os = "linux", target_os = "macos"));

/// Returns whether a CLI may have this name: its own, or that of a program that runs the CLI's JavaScript.
fn may_be_cli(name: &[u8]) -> bool {
    cli_process::is_cli_name(name) || name == b"node"
}

/// What is needed of this machine to know whether a process lives.
#[derive(Default)]
pub struct Host {
    /// The name of this host, as `claude_host` has it: `<nodename>/<inode of the pid namespace>`. `None` if the system does not
    /// tell.
    name: Option<String>,
    /// When the machine was started.
    booted_at: Option<SystemTime>,
    /// Whether process 1 is a CLI, as it may be in a container.
    pub(crate) begins_with_cli: bool,
    /// The content of `/etc/machine-id`, by which the registry names machines.
    machine_id: Option<String>,
    /// The processes of other pid namespaces, read when somebody asks for the first time.
    namespaces: OnceCell<PidNamespaces>,
}

impl Host {
    /// Reads the properties of this machine. They may change: a name may come by DHCP, and the clock may step.
    #[must_use]
    pub fn read() -> Self {
        let name = cli_process::host_id().map(|name| String::from_utf8_lossy(name.as_bytes()).into_owned());
        let begins_with_cli = process_name(1).is_some_and(|name| may_be_cli(&name));
        let booted_at = read_uptime().and_then(|uptime| SystemTime::now().checked_sub(uptime));
        let machine_id = fs_err::read_to_string("/etc/machine-id").ok();
        let machine_id = machine_id.map(|id| id.trim().to_owned()).filter(|id| !id.is_empty());
        Self { name, booted_at, begins_with_cli, machine_id, namespaces: OnceCell::new() }
    }

    /// Returns what is known of the process that has this PID in another pid namespace than ours.
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

    /// Returns what is known of a process that an entry of the registry names: `machine` is the name that the entry gives its
    /// machine, and `namespace` is the inode of another pid namespace than ours.
    pub(crate) fn state_by_registry(
        &self,
        machine: &str,
        namespace: &str,
        pid: u32,
        start: Option<u64>,
    ) -> ProcessState {
        self.state_in_namespace(namespace, pid, start, self.machine_id.as_deref() == Some(machine))
    }

    /// Returns the inode of our pid namespace.
    #[must_use]
    pub fn namespace(&self) -> Option<&str> {
        self.name.as_deref()?.rsplit_once('/').map(|(_, inode)| inode)
    }

    /// Returns the node name of this machine.
    fn node_name(&self) -> Option<&str> {
        self.name.as_deref()?.rsplit_once('/').map(|(node, _)| node)
    }

    /// Returns whether the signal says that its process is of this host.
    #[must_use]
    pub fn is_host_of(&self, signal: &Signal) -> bool {
        // If the system does not tell the name, signals have none either.
        signal.members.claude_host == self.name
    }

    /// Returns whether the signal says that its process is of another host.
    #[must_use]
    pub fn is_foreign_to(&self, signal: &Signal) -> bool {
        signal.members.claude_host.is_some() && !self.is_host_of(signal)
    }

    /// Returns what is known of the process that the signal names. `is_alive` tells whether a process of our pid namespace
    /// lives, as [`is_process_alive`] does.
    #[must_use]
    pub fn process_state(&self, signal: &Signal, is_alive: impl FnOnce(u32, Option<u64>) -> bool) -> ProcessState {
        let members = &signal.members;
        if self.is_foreign_to(signal) {
            let Some(pid) = members.claude_pid else { return ProcessState::Unknown };
            let host = members.claude_host.as_deref().and_then(|host| host.rsplit_once('/'));
            return host.map_or(ProcessState::Elsewhere, |(node, namespace)| {
                self.state_in_namespace(namespace, pid, members.claude_start, self.node_name() == Some(node))
            });
        }
        // A process from before the boot is dead. If the signal names the start of the process, that says more, because the
        // clock may have stepped since.
        let is_older = members.claude_start.is_none() && self.booted_at.is_some_and(|booted| signal.time < booted);
        match members.claude_pid {
            _ if is_older => ProcessState::Dead,
            Some(pid) if is_alive(pid, members.claude_start) => ProcessState::Alive,
            Some(_) => ProcessState::Dead,
            // The hook was a child of process 1, which becomes the parent of a hook when the CLI dies.
            None if members.claude_host.is_some() && !self.begins_with_cli => ProcessState::Dead,
            None => ProcessState::Unknown,
        }
    }
}

/// Returns how long ago the machine was started, if the system tells it.
fn read_uptime() -> Option<Duration> {
    // This clock of macOS begins with the start of the machine and also runs while the machine sleeps.
    #[cfg(target_os = "macos")]
    return Duration::try_from(rustix::time::clock_gettime(rustix::time::ClockId::Monotonic)).ok();
    #[cfg(not(target_os = "macos"))]
    {
        let uptime = fs_err::read_to_string("/proc/uptime").ok()?;
        Duration::try_from_secs_f64(uptime.split(' ').next()?.parse().ok()?).ok()
    }
}

/// Returns whether the process with this PID has the name of a CLI. Always true on systems other than Linux and macOS, where the
/// name is not known.
#[must_use]
pub fn is_cli_process(pid: u32) -> bool {
    !IDENTIFIES_PROCESSES || process_name(pid).is_some_and(|name| may_be_cli(&name))
}

/// Returns the name of a process, if the system tells it.
fn process_name(pid: u32) -> Option<Vec<u8>> {
    #[cfg(target_os = "macos")]
    return session_signals_protocol::system::ProcessInfo::read(pid).map(|process| process.name().to_owned());
    #[cfg(not(target_os = "macos"))]
    {
        let name = fs_err::read(format!("/proc/{pid}/comm")).ok()?;
        Some(name.trim_ascii_end().to_owned())
    }
}

/// Returns whether this process adopts orphans in the place of process 1, as the systemd of a desktop user does. Such a process
/// is no CLI, although a signal may name it.
fn adopts_orphans(pid: u32) -> bool {
    process_name(pid).is_some_and(|name| name == b"systemd")
}

/// Returns whether a process with this PID lives. If `start` is given, as [`cli_process::ProcessStat`] has it, the process must have
/// started then.
#[must_use]
pub fn is_process_alive(pid: u32, start: Option<u64>) -> bool {
    match cli_process::read_stat(pid) {
        Some(process) => {
            let is_of_start = start.is_none_or(|start| start == process.start);
            // A process with the name of the CLI needs no second look at its name.
            !process.is_zombie && is_of_start && (process.is_cli || !adopts_orphans(pid))
        }
        None if cfg!(target_os = "linux") => false,
        // The system does not describe processes, or not to a process in a sandbox, so only the PID can be asked for.
        None => {
            let pid = i32::try_from(pid).ok().and_then(rustix::process::Pid::from_raw);
            pid.is_some_and(|pid| rustix::process::test_kill_process(pid) != Err(rustix::io::Errno::SRCH))
        }
    }
}
