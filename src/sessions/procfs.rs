//! What `/proc` tells of other processes, for every part of `sessions` that asks. Linux only.

use std::fs::File;
use std::io::Read as _;
use std::os::unix::fs::MetadataExt as _;

/// Nearly every environment is shorter.
const FIRST_ENVIRONMENT_LEN: usize = 64 << 10;

/// The most that is read of an environment. The kernel allows more only with an unusual stack limit.
const MAX_ENVIRONMENT_LEN: usize = 16 << 20;

/// Returns the PIDs of all processes.
pub fn process_ids() -> Vec<u32> {
    let entries = std::fs::read_dir("/proc").into_iter().flatten().flatten();
    entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok()).collect()
}

/// Returns whether a process runs as the user of this process. Root could read and signal the processes of all users, so the system
/// does not refuse by itself.
pub fn has_our_user(pid: u32) -> bool {
    let metadata = std::fs::metadata(format!("/proc/{pid}"));
    metadata.is_ok_and(|metadata| metadata.uid() == rustix::process::geteuid().as_raw())
}

/// Reads the environment with which a process was started: `NAME=value` entries that end with a NUL byte. Empty if this process
/// may not read it, or if the process becomes another program at this moment.
pub fn read_environment(pid: u32) -> Vec<u8> {
    let mut bytes = vec![0; FIRST_ENVIRONMENT_LEN];
    loop {
        // One read gets all or nothing. Between two reads the process may become another program, and the file ends early.
        let file = File::open(format!("/proc/{pid}/environ"));
        let len = file.and_then(|mut file| file.read(&mut bytes)).unwrap_or_default();
        if len < bytes.len() || bytes.len() >= MAX_ENVIRONMENT_LEN {
            bytes.truncate(len);
            return bytes;
        }
        bytes.resize(4 * len, 0);
    }
}
