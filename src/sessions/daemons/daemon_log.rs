//! What a daemon printed, and never more than 1 MiB of it.

use std::fs::File;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use rustix::fs::{CWD, Mode, OFlags, openat};

/// Beyond this the file becomes the older half, `<log>.1`, in bytes.
const HALF_LEN: u64 = 512 << 10;

/// So many files of daemons that failed are kept when their sessions are over.
pub const KEPT_LOGS: usize = 20;

/// An open log.
pub struct DaemonLog {
    path: PathBuf,
    file: Option<File>,
    len: u64,
}

impl DaemonLog {
    /// Nothing is made until something is printed.
    pub fn open_at(path: PathBuf) -> Self {
        Self { path, file: None, len: 0 }
    }

    /// Takes in what was printed. What cannot be written is lost: a full disk ends no daemon.
    pub fn append(&mut self, bytes: &[u8]) {
        let _ = self.write(bytes);
    }

    fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        if self.len >= HALF_LEN {
            self.file = None;
            match fs_err::rename(&self.path, older_part(&self.path)) {
                // Somebody has deleted it.
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                renamed => renamed?,
            }
            // Even where the next one cannot be opened now: it can be later.
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

    /// Removes it.
    pub fn remove(&self) {
        for path in [self.path.clone(), older_part(&self.path)] {
            let _ = std::fs::remove_file(path);
        }
    }
}

fn older_part(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".1");
    name.into()
}

/// For us alone to read; nothing but a regular file.
fn open_log(path: &Path) -> io::Result<File> {
    let flags =
        OFlags::WRONLY | OFlags::APPEND | OFlags::CREATE | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
    let file = File::from(openat(CWD, path, flags, Mode::RUSR | Mode::WUSR)?);
    if file.metadata()?.is_file() { Ok(file) } else { Err(io::ErrorKind::InvalidInput.into()) }
}
