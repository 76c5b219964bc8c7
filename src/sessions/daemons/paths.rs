//! The directory `<config dir>/session-daemons` and the names of its files.

use std::collections::BTreeSet;
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _};
use std::path::{Path, PathBuf};

use fs_err as fs;
use session_signals_cli::PrivateDirFault;
use session_signals_protocol::session_id::is_session_id;

use super::io_context::with_path;

/// The directory in which supervisors keep their files.
pub struct DaemonsDir(PathBuf);

impl DaemonsDir {
    /// Returns the directory that belongs to a configuration directory. Its path has no symbolic links, because orphans are found
    /// by the path in their environment.
    ///
    /// # Errors
    /// The system's error if the configuration directory does not exist or cannot be reached.
    pub fn of_config_dir(config_dir: &Path) -> io::Result<Self> {
        Ok(Self(config_dir.canonicalize()?.join("session-daemons")))
    }

    /// Returns the path of the directory.
    pub fn path(&self) -> &Path {
        &self.0
    }

    /// Makes the directory with mode 0700, unless it exists.
    ///
    /// # Errors
    /// `PermissionDenied` if there is no directory of this user to which nobody else may write; the system's error if the
    /// directory cannot be made.
    pub fn create(&self) -> io::Result<()> {
        let mut builder = std::fs::DirBuilder::new();
        builder.recursive(true).mode(0o700).create(&self.0).map_err(with_path("make", &self.0))?;
        let reason = match PrivateDirFault::find(&fs::symlink_metadata(&self.0)?) {
            Some(PrivateDirFault::NotADirectory) => "not a directory",
            Some(PrivateDirFault::NotOurs(_)) => "it belongs to another user",
            Some(PrivateDirFault::Writable(_)) => "others may write to it: run `chmod 700` on it",
            // The files themselves are for this user alone.
            Some(PrivateDirFault::Readable(_)) | None => return Ok(()),
        };
        Err(io::Error::new(io::ErrorKind::PermissionDenied, format!("{}: {reason}", self.0.display())))
    }

    /// Returns the file that the supervisor of a session keeps locked while it runs.
    pub fn lock_path(&self, session: &str) -> PathBuf {
        self.0.join(format!(".{session}.lock"))
    }

    /// Returns the device and the inode of a session's lock.
    pub fn lock_inode(&self, session: &str) -> Option<(u64, u64)> {
        let metadata = self.lock_path(session).symlink_metadata().ok()?;
        Some((metadata.dev(), metadata.ino()))
    }

    /// Returns whether this file and the directory belong to this user, and nobody else may write to either of them.
    pub fn is_ours_alone(&self, path: &Path) -> bool {
        let user = rustix::process::geteuid().as_raw();
        let is_ours = |metadata: std::fs::Metadata| metadata.uid() == user && metadata.mode() & 0o022 == 0;
        [self.path(), path].iter().all(|path| path.symlink_metadata().is_ok_and(is_ours))
    }

    /// Returns the file in which the supervisor of a session describes its daemons.
    pub fn state_path(&self, session: &str) -> PathBuf {
        self.0.join(format!(".{session}.state.json"))
    }

    /// Returns the file that holds the PID of a running daemon, in decimal.
    pub fn pid_path(&self, daemon: &str, session: &str) -> PathBuf {
        self.0.join(format!(".{daemon}.{session}.pid"))
    }

    /// Returns the file that holds a daemon's output.
    pub fn log_path(&self, daemon: &str, session: &str) -> PathBuf {
        self.0.join(format!("{daemon}.{session}.log"))
    }

    /// Returns every session that has a file here other than a log.
    pub fn session_ids(&self) -> BTreeSet<String> {
        self.file_names().iter().filter_map(|name| session_of_file(name).map(str::to_owned)).collect()
    }

    /// Removes the files of a session except its logs and its lock. A symbolic link is removed, not followed; a directory stays.
    pub fn remove_session_files(&self, session: &str) {
        for name in self.file_names() {
            if session_of_file(&name) == Some(session) && name.strip_suffix(".lock").is_none() {
                let _ = std::fs::remove_file(self.0.join(name));
            }
        }
    }

    /// Returns the logs, newest first.
    pub fn log_paths(&self) -> Vec<PathBuf> {
        let is_log = |name: &String| name.strip_suffix(".1").unwrap_or(name).strip_suffix(".log").is_some();
        let modified = |path: &PathBuf| path.symlink_metadata().and_then(|metadata| metadata.modified()).ok();
        let names = self.file_names().into_iter().filter(is_log);
        let mut logs: Vec<_> = names.map(|name| self.0.join(name)).collect();
        logs.sort_by_cached_key(|path| std::cmp::Reverse(modified(path)));
        logs
    }

    /// Writes a file of a session that only this user may read. The file is replaced as a whole; a symbolic link in its place is
    /// replaced, not followed.
    ///
    /// # Errors
    /// The error of the file system, for example if a directory has this name.
    pub fn write_file(&self, path: &Path, session: &str, text: &[u8]) -> io::Result<()> {
        let prefix = format!(".{session}.");
        let mut file = tempfile::Builder::new().prefix(&prefix).suffix(".new").tempfile_in(&self.0)?;
        file.write_all(text)?;
        file.persist(path).map(drop).map_err(|error| with_path("write", path)(error.error))
    }

    /// Returns the names of the files. Directories are left out: this program makes none here and removes none.
    fn file_names(&self) -> Vec<String> {
        let is_directory = |entry: &std::fs::DirEntry| entry.file_type().is_ok_and(|file_type| file_type.is_dir());
        let entries = std::fs::read_dir(&self.0).into_iter().flatten().flatten();
        entries.filter(|entry| !is_directory(entry)).filter_map(|entry| entry.file_name().into_string().ok()).collect()
    }
}

/// Returns the session of the file with this name; `None` if the file is a log or none of this program's.
fn session_of_file(name: &str) -> Option<&str> {
    let (stem, extension) = name.strip_prefix('.')?.rsplit_once('.')?;
    let session = match extension {
        "lock" => stem,
        "json" => stem.strip_suffix(".state")?,
        "pid" => stem.split_once('.')?.1,
        "new" => stem.split_once('.')?.0,
        _ => return None,
    };
    is_session_id(session.as_bytes()).then_some(session)
}
