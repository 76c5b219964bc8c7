//! The log of a daemon: its latest output, at most 1 MiB in two files.

use std::fs::File;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use rustix::fs::{Mode, OFlags};
use session_signals_reader::regular_file::open_regular_with;

/// The length, in bytes, at which the log is renamed to `<log>.1` and a new log is begun.
const HALF_LEN: u64 = 512 << 10;

/// How many log files of failed daemons are kept after their sessions have ended.
pub const KEPT_LOGS: usize = 20;

/// The log of one daemon.
pub struct DaemonLog {
    path: PathBuf,
    file: Option<File>,
    /// The length of the open file, in bytes.
    len: u64,
}

impl DaemonLog {
    /// Returns the log at this path. No file is made until the daemon prints something.
    pub fn open_at(path: PathBuf) -> Self {
        Self { path, file: None, len: 0 }
    }

    /// Appends output. Output that cannot be written is lost, because a full disk must not end a daemon.
    pub fn append(&mut self, bytes: &[u8]) {
        let _ = self.write(bytes);
    }

    fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        if self.len >= HALF_LEN {
            self.file = None;
            match fs_err::rename(&self.path, older_half(&self.path)) {
                // The user has deleted the log.
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                renamed => renamed?,
            }
            // Reset before the next open: if the open fails now, it is tried again with the next output.
            self.len = 0;
        }
        let file = match &mut self.file {
            Some(file) => file,
            none => {
                let file = open_log(&self.path)?;
                self.len = file.metadata()?.len();
                none.insert(file)
            }
        };
        self.len += bytes.len() as u64;
        file.write_all(bytes)
    }

    /// Removes both files of the log.
    pub fn remove(&self) {
        for path in [self.path.clone(), older_half(&self.path)] {
            let _ = std::fs::remove_file(path);
        }
    }
}

fn older_half(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".1");
    name.into()
}

/// Opens or makes a log that only this user may read.
fn open_log(path: &Path) -> io::Result<File> {
    let flags = OFlags::WRONLY | OFlags::APPEND | OFlags::CREATE;
    Ok(open_regular_with(path, flags, Mode::RUSR | Mode::WUSR)?.into_parts().0)
}
