//! A small disk that can be filled up.

use std::io::Write as _;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

/// This variable is set in the process that has its own mounts.
const ENTERED: &str = "SOAK_HAS_ITS_OWN_MOUNTS";

/// Starts this executable again in a mount namespace of its own, whose mounts end with it. Returns if this process is
/// already in one, or if the system does not allow it.
pub fn enter_own_mounts() {
    if std::env::var_os(ENTERED).is_some() {
        return;
    }
    // The first works for root. The second makes this user root in a user namespace of its own.
    for flags in ["-m", "-rm"] {
        let probe = Command::new("unshare").args([flags, "true"]).output();
        if probe.is_ok_and(|probe| probe.status.success()) {
            let executable = std::env::current_exe().expect("an executable");
            let error = Command::new("unshare").arg(flags).arg(executable).env(ENTERED, "1").exec();
            println!("unshare: {error}");
        }
    }
}

/// A mounted disk. It is unmounted when the value is dropped.
pub struct SmallDisk(PathBuf);

impl SmallDisk {
    /// Mounts a disk of this size at `point`. `None` if that is not allowed.
    pub fn mount(point: &Path, size: &str) -> Option<Self> {
        std::env::var_os(ENTERED)?;
        let options = format!("mode=700,size={size}");
        let status = Command::new("mount").args(["-t", "tmpfs", "-o", &options, "none"]).arg(point).status();
        status.is_ok_and(|status| status.success()).then(|| Self(point.to_owned()))
    }

    /// Keeps the disk full until this time.
    pub fn fill(&self, until: Instant) {
        let path = self.0.join("filler");
        let mut file = fs_err::File::create(&path).expect("a file");
        while Instant::now() < until {
            // Others delete files meanwhile, so there may be room again.
            if file.write_all(&[0; 4096]).is_err() {
                std::thread::sleep(Duration::from_micros(500));
            }
        }
        fs_err::remove_file(path).expect("its end");
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg(&self.0).status();
    }
}
