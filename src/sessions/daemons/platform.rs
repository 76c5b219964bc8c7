//! What only one system can do. Linux keeps every promise; elsewhere there is no pidfd, no subreaper and no signal on
//! a parent's death: the CLI is looked at every [`TICK`], daemons are ended by their process groups, and what leaves
//! its group, or outlives a killed guard, stays. That half is written down and was never run.

use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::path::PathBuf;
use std::time::Duration;

use rustix::process::{Pid, Signal};

use super::process_handle::{ProcessHandle, to_pid};

/// How often the CLI is looked at where nothing tells of its end.
const POLL_INTERVAL: Duration = Duration::from_millis(250);

/// The end of another process, to be waited for.
pub struct ProcessWatch(ProcessHandle, Option<OwnedFd>);

impl ProcessWatch {
    /// Of this process; `None` where it has ended.
    pub fn watch_process(process: ProcessHandle) -> Option<Self> {
        let opened = open_pidfd(process);
        // Once it is opened, whoever has the PID is whom we wait for.
        process.is_alive().then_some(Self(process, opened))
    }

    /// What becomes readable at its end.
    pub fn fd(&self) -> Option<BorrowedFd<'_>> {
        self.1.as_ref().map(AsFd::as_fd)
    }

    /// How long to wait at most before the next look.
    pub fn poll_interval(&self) -> Option<Duration> {
        self.1.is_none().then_some(POLL_INTERVAL)
    }

    /// Whether it has ended.
    pub fn has_ended(&self) -> bool {
        !self.0.is_alive()
    }
}

#[cfg(target_os = "linux")]
mod system {
    use super::{PathBuf, Pid, ProcessHandle, Signal, io, to_pid};
    use std::os::fd::OwnedFd;
    use std::os::unix::fs::MetadataExt as _;

    use rustix::io::Errno;
    use rustix::process::{PidfdFlags, pidfd_open, pidfd_send_signal};

    pub fn open_pidfd(process: ProcessHandle) -> Option<OwnedFd> {
        pidfd_open(to_pid(process.pid)?, PidfdFlags::empty()).ok()
    }

    /// `is_it`: asked once the process is held fast, whether it is the one that is meant.
    pub fn signal_process(process: ProcessHandle, is_it: &dyn Fn() -> bool, signal: Signal) -> io::Result<bool> {
        let Some(pid) = to_pid(process.pid) else { return Ok(false) };
        let sent = match pidfd_open(pid, PidfdFlags::empty()) {
            Ok(held) if is_it() => pidfd_send_signal(held, signal),
            Ok(_) => return Ok(false),
            Err(error) => Err(error),
        };
        match sent {
            Ok(()) => Ok(true),
            Err(Errno::SRCH) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }

    /// Whether a process runs as this user. Root could signal any.
    pub fn has_our_user(process: ProcessHandle) -> bool {
        let process = std::fs::metadata(format!("/proc/{}", process.pid));
        process.is_ok_and(|meta| meta.uid() == rustix::process::geteuid().as_raw())
    }

    /// Whether the file of this device and inode is a process's standard input.
    pub fn has_stdin(process: ProcessHandle, file: Option<(u64, u64)>) -> bool {
        let input = std::fs::metadata(format!("/proc/{}/fd/0", process.pid));
        file.is_some() && input.is_ok_and(|meta| Some((meta.dev(), meta.ino())) == file)
    }

    /// From now on, what descends from this process and loses its parent becomes its child.
    pub fn adopt_orphans() -> io::Result<()> {
        Ok(rustix::process::set_child_subreaper(Some(rustix::process::getpid()))?)
    }

    /// This process dies with its parent, `guard`; fails where that has happened.
    pub fn die_with_supervisor(guard: u32) -> io::Result<()> {
        rustix::process::set_parent_process_death_signal(Some(Signal::KILL))?;
        if rustix::process::getppid() == to_pid(guard) { Ok(()) } else { Err(io::Error::other("the guard is gone")) }
    }

    /// The children of this process, which has one thread.
    pub fn child_pids() -> Vec<Pid> {
        let me = rustix::process::getpid().as_raw_nonzero();
        let listed = std::fs::read_to_string(format!("/proc/self/task/{me}/children"));
        // Not every kernel lists them.
        let parent = |of: u32| session_signals_protocol::cli_process::read_stat(of).map(|stat| stat.parent);
        let looked_for =
            || process_ids().into_iter().filter(|of| parent(*of) == Some(me.get().unsigned_abs())).collect();
        let found: Vec<u32> =
            listed.map_or_else(|_| looked_for(), |list| list.split(' ').filter_map(|pid| pid.parse().ok()).collect());
        found.into_iter().filter_map(to_pid).collect()
    }

    /// Every process that is to be seen.
    pub fn process_ids() -> Vec<u32> {
        let entries = std::fs::read_dir("/proc").into_iter().flatten().flatten();
        entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok()).collect()
    }

    /// This executable, even where an installation has replaced it since.
    pub fn this_executable() -> PathBuf {
        "/proc/self/exe".into()
    }
}

#[cfg(not(target_os = "linux"))]
mod system {
    use super::{PathBuf, Pid, ProcessHandle, Signal, io, to_pid};
    use std::os::fd::OwnedFd;

    pub fn open(_: ProcessHandle) -> Option<OwnedFd> {
        None
    }

    pub fn signal(process: ProcessHandle, is_it: &dyn Fn() -> bool, signal: Signal) -> io::Result<bool> {
        match to_pid(process.pid).filter(|_| is_it()).map(|pid| rustix::process::kill_process(to_pid, signal_process)) {
            Some(Ok(())) => Ok(true),
            None | Some(Err(rustix::io::Errno::SRCH)) => Ok(false),
            Some(Err(error)) => Err(error.into()),
        }
    }

    /// That cannot be known here; the system itself keeps everybody but root from signalling others'.
    pub fn is_ours(_: ProcessHandle) -> bool {
        true
    }

    /// That cannot be known here: the PID and the start have to do.
    pub fn reads_from(_: ProcessHandle, file: Option<(u64, u64)>) -> bool {
        file.is_some()
    }

    pub fn adopt_orphans() -> io::Result<()> {
        Ok(())
    }

    pub fn die_with(_: u32) -> io::Result<()> {
        Ok(())
    }

    pub fn children() -> Vec<Pid> {
        Vec::new()
    }

    pub fn processes() -> Vec<u32> {
        Vec::new()
    }

    pub fn this_executable() -> PathBuf {
        std::env::current_exe().unwrap_or_default()
    }
}

use system::open_pidfd;
pub use system::{
    adopt_orphans, child_pids, die_with_supervisor, has_our_user, has_stdin, process_ids, signal_process,
    this_executable,
};
