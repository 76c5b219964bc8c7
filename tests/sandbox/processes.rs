//! Processes that tests look for, and processes that stand for others.

use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;
use std::process::{Child, Command};

use session_signals_protocol::cli_process::read_stat;
#[cfg(target_os = "macos")]
use session_signals_protocol::system::process_ids;

/// Returns whether a process is alive. A stopped process is alive.
pub fn is_alive(pid: u32) -> bool {
    if cfg!(target_os = "macos") {
        return read_stat(pid).is_some_and(|stat| !stat.is_zombie);
    }
    let stat = fs_err::read_to_string(format!("/proc/{pid}/stat"));
    stat.is_ok_and(|stat| !stat.contains(") Z ") && !stat.contains(") X "))
}

/// Returns the living processes of which a variable, as `NAME=value`, matches.
pub fn pids_with_variable(matches: impl Fn(&[u8]) -> bool) -> Vec<u32> {
    let has_variable = |pid: &u32| read_environment(*pid).split(|byte| *byte == 0).any(&matches);
    process_ids().into_iter().filter(|pid| is_alive(*pid) && has_variable(pid)).collect()
}

#[cfg(not(target_os = "macos"))]
fn process_ids() -> Vec<u32> {
    let entries = std::fs::read_dir("/proc").unwrap().flatten();
    entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok()).collect()
}

#[cfg(not(target_os = "macos"))]
fn read_environment(pid: u32) -> Vec<u8> {
    std::fs::read(format!("/proc/{pid}/environ")).unwrap_or_default()
}

/// Returns the environment of a process, with its arguments before it.
#[cfg(target_os = "macos")]
fn read_environment(pid: u32) -> Vec<u8> {
    session_signals_protocol::system::read_process_arguments(pid).unwrap_or_default()
}

/// Returns the living processes that have this home directory.
pub fn pids_in_home(home: &Path) -> Vec<u32> {
    let variable = [b"HOME=", home.as_os_str().as_bytes()].concat();
    pids_with_variable(|entry| entry == variable)
}

/// A process that only sleeps. It stands for a CLI, or for a process that has nothing to do with the test. It is killed when this
/// value is dropped.
pub struct SleepingProcess(Child);

impl SleepingProcess {
    pub fn start() -> Self {
        Self::start_by(Command::new("sleep").arg("1000"))
    }

    /// Starts a process by another command.
    pub fn start_by(command: &mut Command) -> Self {
        Self(command.spawn().unwrap())
    }

    pub fn pid(&self) -> u32 {
        self.0.id()
    }

    /// Returns its start time, in clock ticks since boot.
    pub fn start_time(&self) -> u64 {
        read_stat(self.pid()).unwrap().start
    }
}

impl Drop for SleepingProcess {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
