//! The process: clocks, signals, memory, its parent, its environment.

use std::fs;
use std::io::{self, Write as _};
use std::os::unix::fs::MetadataExt as _;
use std::sync::OnceLock;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use crate::system::{Errno, Result};
use crate::text::Name;
use crate::time::Time;

/// Reads the realtime clock.
///
/// # Errors
/// If the clock is set to a time before 1970.
pub fn now() -> Result<Time> {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).map_err(|_| Errno(0))?;
    Ok(Time::new(since.as_secs().cast_signed(), since.subsec_nanos()))
}

/// Returns the milliseconds since the first call.
///
/// # Errors
/// None.
pub fn monotonic() -> Result<u64> {
    static BEGIN: OnceLock<Instant> = OnceLock::new();
    let passed = BEGIN.get_or_init(Instant::now).elapsed().as_millis();
    Ok(u64::try_from(passed).unwrap_or(u64::MAX))
}

// std can neither return the user id nor ignore a signal. Both functions are POSIX, and the same on every Unix system.
#[allow(unsafe_code)]
unsafe extern "C" {
    pub safe fn geteuid() -> u32;
    fn signal(number: i32, handler: usize) -> usize;
}

/// Ignores the signal for a file that grows past its limit. The write then fails with an error. std already ignores the signal for
/// a broken pipe.
pub fn block_signals() {
    const SIGXFSZ: i32 = 25; // on Linux, macOS and every BSD
    const SIG_IGN: usize = 1;
    // SAFETY: no handler is installed.
    #[allow(unsafe_code)]
    let _ = unsafe { signal(SIGXFSZ, SIG_IGN) };
}

/// Sleeps for `milliseconds`.
pub fn sleep(milliseconds: u32) {
    std::thread::sleep(Duration::from_millis(milliseconds.into()));
}

/// Returns the PID of the parent process.
#[must_use]
pub fn parent_id() -> u32 {
    std::os::unix::process::parent_id()
}

/// Returns the machine's node name; `None` if the system has no file that holds it. On macOS this is the id of the machine, because a
/// Mac changes its name with the network.
#[must_use]
pub fn node_name() -> Option<Name> {
    #[cfg(target_os = "macos")]
    return crate::system::macos::machine_id();
    #[cfg(not(target_os = "macos"))]
    {
        let name = fs::read("/proc/sys/kernel/hostname").ok()?;
        Some(Name::concat(&[name.trim_ascii()]))
    }
}

/// Returns the inode of this process's pid namespace; `None` if the system does not say. macOS has one space of PIDs alone, and it
/// gets the number 0.
#[must_use]
pub fn pid_namespace() -> Option<u64> {
    if cfg!(target_os = "macos") {
        return Some(0);
    }
    fs::metadata("/proc/self/ns/pid").ok().map(|metadata| metadata.ino())
}

/// Allocates memory that is all zero. It is never freed, because a hook ends soon.
///
/// # Errors
/// None. If there is no memory, the process ends.
pub fn allocate_pages(len: usize) -> Result<&'static mut [u8]> {
    Ok(vec![0; len].leak())
}

/// Writes one line to standard error. Errors are ignored.
pub fn write_error_line(line: &[u8]) {
    // An error cannot be reported anywhere.
    let _ = io::stderr().write_all(line);
}

/// The environment variables of the process.
#[derive(Default)]
pub struct Environment;

impl Environment {
    /// Returns the value of an environment variable.
    #[must_use]
    pub fn variable(&self, name: &str) -> Option<&'static [u8]> {
        let value = std::env::var_os(name)?.into_encoded_bytes();
        Some(value.leak())
    }

    /// Returns a random number that nobody can predict. std seeds its hash maps with such a number.
    #[must_use]
    pub fn random(&self) -> u64 {
        use std::hash::{BuildHasher as _, RandomState};
        RandomState::new().hash_one(std::process::id())
    }
}

/// Returns the text of an error number, as the system words it.
#[must_use]
pub fn describe_error(errno: Errno) -> Name {
    let mut line = io::Error::from_raw_os_error(errno.0).to_string();
    line.truncate(63);
    Name::concat(&[line.as_bytes()])
}
