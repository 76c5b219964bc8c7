//! A small disk of its own, which can be filled up.

use std::io::Write as _;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

/// Set where mounts are this process's own.
const ENTERED: &str = "SOAK_HAS_ITS_OWN_MOUNTS";

/// Starts this executable again where its mounts are nobody else's and end with it; returns where that is not allowed.
pub fn enter_own_mounts() {
    if std::env::var_os(ENTERED).is_some() {
        return;
    }
    // As root, or else as somebody who is root in there alone.
    for flags in ["-m", "-rm"] {
        let probe = Command::new("unshare").args([flags, "true"]).output();
        if probe.is_ok_and(|probe| probe.status.success()) {
            let executable = std::env::current_exe().expect("an executable");
            let error = Command::new("unshare").arg(flags).arg(executable).env(ENTERED, "1").exec();
            println!("unshare: {error}");
        }
    }
}

/// The disk; unmounted at the end.
pub struct Disk(PathBuf);

impl Disk {
    /// Mounts one of this size; `None` where that is not allowed.
    pub fn mount(point: &Path, size: &str) -> Option<Self> {
        std::env::var_os(ENTERED)?;
        let options = format!("mode=700,size={size}");
        let status = Command::new("mount").args(["-t", "tmpfs", "-o", &options, "none"]).arg(point).status();
        status.is_ok_and(|status| status.success()).then(|| Self(point.to_owned()))
    }

    /// Keeps it full until then, and frees it.
    pub fn fill(&self, until: Instant) {
        let path = self.0.join("filler");
        let mut file = fs_err::File::create(&path).expect("a file");
        while Instant::now() < until {
            // Whoever deletes a file makes room.
            if file.write_all(&[0; 4096]).is_err() {
                std::thread::sleep(Duration::from_micros(500));
            }
        }
        fs_err::remove_file(path).expect("its end");
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg(&self.0).status();
    }
}
