//! A settings file: where it lies after all symlinks, what it contains, and whether it may be replaced.

use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use fs_err as fs;
use rustix::fs::{Access, access};
use serde_json::Value;
use session_signals_cli::wait_until;

use crate::atomic_file::{self, SeenFile};
use crate::open_writer::{self, OpenWriter};
use crate::refusal::Refusal;

/// How long an empty file is expected to be filled. An editor that saves in place empties the file first.
const EMPTY_WAIT: Duration = Duration::from_secs(1);

/// How long a program may have the settings open for writing.
const OPEN_WAIT: Duration = Duration::from_secs(2);

/// The pause between two looks at the settings.
const PAUSE: Duration = Duration::from_millis(10);

/// One settings file.
pub struct SettingsFile {
    /// The path of the settings. It may be a symlink.
    pub path: PathBuf,
    /// The path of the file itself, after all symlinks.
    pub real: PathBuf,
    /// What was read; `None` if there is no file.
    pub seen: Option<SeenFile>,
}

impl SettingsFile {
    /// Reads a settings file.
    ///
    /// # Errors
    /// If the path is a symlink without a target or in a circle, if it is not a file, and if the file cannot be read.
    pub fn read_settings(path: &Path) -> Result<Self, Refusal> {
        let real = locate_file(path)?;
        let seen = atomic_file::see_file(&real)?;
        Ok(Self { path: path.to_owned(), real, seen })
    }

    /// Waits until no program writes to the settings file, and reads it. So what an editor is about to save is not lost.
    ///
    /// # Errors
    /// As for [`Self::read_settings`], and if another program has the file open for writing for two seconds.
    pub fn read_settled(path: &Path) -> Result<Self, Refusal> {
        let start = Instant::now();
        let settled = wait_until(OPEN_WAIT, PAUSE, || Self::read_if_settled(path, start.elapsed()).transpose());
        settled.unwrap_or_else(|| {
            Err(Refusal::new(format!(
                "{} is open for writing in another program: save and close it there, and try again",
                path.display()
            )))
        })
    }

    /// Reads the file; `None` if a program is writing to it, as far as can be known after it was watched for so long.
    fn read_if_settled(path: &Path, watched: Duration) -> Result<Option<Self>, Refusal> {
        // Look for a writer first: if a program closes the file in between, all that it wrote is read.
        let writer = open_writer::find_writer(&locate_file(path)?);
        let settings = Self::read_settings(path)?;
        let is_empty = settings.seen.as_ref().is_some_and(|seen| seen.bytes.is_empty());
        let is_open = writer == OpenWriter::Somebody && settings.seen.is_some();
        Ok(Some(settings).filter(|_| !is_open && (!is_empty || watched > EMPTY_WAIT)))
    }

    /// Returns the content; it is empty if there is no file.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        self.seen.as_ref().map_or(b"", |seen| &seen.bytes)
    }

    /// Checks that the file may be replaced.
    ///
    /// # Errors
    /// If the file or its directory is read-only. A read-only mode counts for root, too, although root could write.
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

    /// Returns a warning if the file has other hard links: a replacement leaves them with the old content.
    #[must_use]
    pub fn hard_link_warning(&self) -> Option<String> {
        let others = self.seen.as_ref()?.links.checked_sub(2)? + 1;
        let what = if others == 1 { "another name".to_owned() } else { format!("{others} other names") };
        Some(format!(
            "{} has {what} (hard links): the change separates them, and they keep the old content",
            self.real.display()
        ))
    }
}

/// Parses settings as JSON; `None` if they are not JSON.
#[must_use]
pub fn parse_settings(text: &[u8]) -> Option<Value> {
    serde_json::from_slice(text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(text)).ok()
}

fn is_circular(path: &Path) -> bool {
    std::fs::metadata(path).is_err_and(|error| error.raw_os_error() == Some(rustix::io::Errno::LOOP.raw_os_error()))
}

/// Follows all symlinks of a path. A path without a file is returned as it is.
fn locate_file(path: &Path) -> Result<PathBuf, Refusal> {
    Ok(match fs::canonicalize(path) {
        Ok(real) => real,
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            if let Ok(target) = std::fs::read_link(path) {
                let (path, target) = (path.display(), target.display());
                return Err(Refusal::new(format!("{path} is a symlink to {target}, which does not exist")));
            }
            path.to_owned()
        }
        Err(_) if path.is_symlink() && is_circular(path) => {
            return Err(Refusal::new(format!("{} is a symlink that leads in a circle", path.display())));
        }
        Err(error) => return Err(error.into()),
    })
}
