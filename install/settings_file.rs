//! A settings file: where it really lies, and whether it may be replaced.

use std::io;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use fs_err as fs;
use rustix::fs::{Access, access};
use serde_json::Value;

use crate::atomic_file::{self, SeenFile};
use crate::open_writer::{self, OpenWriter};
use crate::refusal::Refusal;

/// An editor that saves in place empties the file first: so long may an empty one be about to be filled.
const EMPTY_WAIT: Duration = Duration::from_secs(1);

/// So long may a program have the settings open for writing.
const OPEN_WAIT: Duration = Duration::from_secs(2);

/// One settings file, symlinks followed.
pub struct SettingsFile {
    /// As it is called.
    pub path: PathBuf,
    /// Where its bytes lie.
    pub real: PathBuf,
    /// What was read; `None` where there is none.
    pub seen: Option<SeenFile>,
}

impl SettingsFile {
    /// Reads it.
    ///
    /// # Errors
    /// A symlink that leads nowhere or in a circle, something that is no file, or that may not be read.
    pub fn read_settings(path: &Path) -> Result<Self, Refusal> {
        let real = locate_file(path)?;
        let seen = atomic_file::see_file(&real)?;
        Ok(Self { path: path.to_owned(), real, seen })
    }

    /// Reads it once nobody writes to it: what an editor is about to save is not overtaken.
    ///
    /// # Errors
    /// As for [`Self::read`], and where another program does not close it.
    pub fn read_settled(path: &Path) -> Result<Self, Refusal> {
        let start = Instant::now();
        loop {
            // Before the look: who closes the file in between has written all of what is read.
            let writer = open_writer::find_writer(&locate_file(path)?);
            let settings = Self::read_settings(path)?;
            let is_empty = settings.seen.as_ref().is_some_and(|seen| seen.bytes.is_empty());
            if writer == OpenWriter::Somebody && settings.seen.is_some() {
                if start.elapsed() > OPEN_WAIT {
                    let path = path.display();
                    return Err(Refusal::new(format!(
                        "{path} is open for writing in another program: save and close it there, and try again"
                    )));
                }
            } else if !is_empty || start.elapsed() > EMPTY_WAIT {
                return Ok(settings);
            }
            thread::sleep(Duration::from_millis(10));
        }
    }

    /// The bytes: none where there is no file.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        self.seen.as_ref().map_or(b"", |seen| &seen.bytes)
    }

    /// Whether it may be replaced.
    ///
    /// # Errors
    /// Where the file or its folder is read-only: for us, or by its mode, which also binds root, who could.
    pub fn check_writable(&self) -> Result<(), Refusal> {
        let folder = self.real.ancestors().skip(1).find(|folder| folder.exists()).unwrap_or(Path::new("/"));
        let file = self.seen.is_some().then_some(self.real.as_path());
        for path in file.into_iter().chain([folder]) {
            if fs::metadata(path)?.permissions().readonly() || access(path, Access::WRITE_OK).is_err() {
                return Err(Refusal::new(format!("{} is read-only", path.display())));
            }
        }
        Ok(())
    }

    /// What its owner should know before a rename.
    #[must_use]
    pub fn warning(&self) -> Option<String> {
        let others = self.seen.as_ref()?.links.checked_sub(2)? + 1;
        let what = if others == 1 { "another name".to_owned() } else { format!("{others} other names") };
        Some(format!("{} has {what} (hard links): the change parts them, and they keep what was", self.real.display()))
    }
}

/// A settings text as JSON; `None` where it is none.
#[must_use]
pub fn parse_settings(text: &[u8]) -> Option<Value> {
    serde_json::from_slice(text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(text)).ok()
}

fn is_circular(path: &Path) -> bool {
    std::fs::metadata(path).is_err_and(|error| error.raw_os_error() == Some(rustix::io::Errno::LOOP.raw_os_error()))
}

/// Where the bytes lie: the end of the symlinks.
fn locate_file(path: &Path) -> Result<PathBuf, Refusal> {
    Ok(match fs::canonicalize(path) {
        Ok(real) => real,
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            if let Ok(target) = std::fs::read_link(path) {
                let (path, target) = (path.display(), target.display());
                return Err(Refusal::new(format!("{path} is a symlink to {target}, which is not there")));
            }
            path.to_owned()
        }
        Err(_) if path.is_symlink() && is_circular(path) => {
            return Err(Refusal::new(format!("{} is a symlink that leads in a circle", path.display())));
        }
        Err(error) => return Err(error.into()),
    })
}
