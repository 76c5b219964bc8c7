//! `<config dir>/session-daemons`: what lies there, and by which names.

use std::collections::BTreeSet;
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _};
use std::path::{Path, PathBuf};

use fs_err as fs;

use session_signals_protocol::session_id::is_session_id;

/// The directory.
#[derive(Clone)]
pub struct DaemonsDir(PathBuf);

impl DaemonsDir {
    /// That of a configuration directory.
    pub fn of_config_dir(config: &Path) -> Self {
        Self(config.join("session-daemons"))
    }

    /// The directory's path.
    pub fn path(&self) -> &Path {
        &self.0
    }

    /// Makes it, for us alone.
    ///
    /// # Errors
    /// Where it cannot be made, or is not ours alone to write to.
    pub fn create(&self) -> io::Result<()> {
        std::fs::DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(&self.0)
            .map_err(|error| io::Error::new(error.kind(), format!("make {}: {error}", self.0.display())))?;
        let meta = fs::symlink_metadata(&self.0)?;
        let refuse = |why| Err(io::Error::new(io::ErrorKind::PermissionDenied, format!("{}: {why}", self.0.display())));
        if !meta.is_dir() {
            return refuse("not a directory");
        }
        if meta.uid() != rustix::process::geteuid().as_raw() {
            return refuse("it belongs to somebody else");
        }
        if meta.mode() & 0o022 != 0 {
            return refuse("others may write to it: chmod 700 makes it yours alone");
        }
        Ok(())
    }

    /// Held locked by the guard of a session for as long as it lives.
    pub fn lock_path(&self, session: &str) -> PathBuf {
        self.0.join(format!(".{session}.lock"))
    }

    /// The device and the inode of a session's lock.
    pub fn lock_inode(&self, session: &str) -> Option<(u64, u64)> {
        let meta = self.lock_path(session).symlink_metadata().ok()?;
        Some((meta.dev(), meta.ino()))
    }

    /// Whether a file here, and the directory itself, are ours and nobody else may write to them.
    pub fn is_ours_alone(&self, path: &Path) -> bool {
        let user = rustix::process::geteuid().as_raw();
        [self.path(), path]
            .iter()
            .all(|path| path.symlink_metadata().is_ok_and(|meta| meta.uid() == user && meta.mode() & 0o022 == 0))
    }

    /// What the guard of a session says of its daemons.
    pub fn state_path(&self, session: &str) -> PathBuf {
        self.0.join(format!(".{session}.state.json"))
    }

    /// The PID of a daemon that runs, in decimal, and nothing else.
    pub fn pid_path(&self, name: &str, session: &str) -> PathBuf {
        self.0.join(format!(".{name}.{session}.pid"))
    }

    /// What a daemon printed.
    pub fn log_path(&self, name: &str, session: &str) -> PathBuf {
        self.0.join(format!("{name}.{session}.log"))
    }

    /// Every session that something lies here for, logs aside.
    pub fn session_ids(&self) -> BTreeSet<String> {
        self.file_names().iter().filter_map(|name| session_of_file(name).map(str::to_owned)).collect()
    }

    /// Removes all that lies here for a session, but for its logs and its lock. A symbolic link is not followed, and
    /// what is no file stays.
    pub fn remove_session_files(&self, session: &str) {
        for name in self.file_names() {
            if session_of_file(&name) == Some(session) && name.strip_suffix(".lock").is_none() {
                let _ = std::fs::remove_file(self.0.join(name));
            }
        }
    }

    /// The logs, the newest first.
    pub fn log_paths(&self) -> Vec<PathBuf> {
        let is_log = |name: &String| name.strip_suffix(".1").unwrap_or(name).strip_suffix(".log").is_some();
        let logs = self.file_names().into_iter().filter(is_log).map(|name| self.0.join(name));
        let modified = |path: &PathBuf| path.symlink_metadata().and_then(|meta| meta.modified()).ok();
        let mut logs: Vec<_> = logs.collect();
        logs.sort_by_cached_key(|path| std::cmp::Reverse(modified(path)));
        logs
    }

    /// Puts a file of a session here, whole, for us alone to read. What had its name is replaced, not followed.
    ///
    /// # Errors
    /// Any of the file system's; where a directory has the name, among others.
    pub fn write_file(&self, path: &Path, session: &str, text: &[u8]) -> io::Result<()> {
        let prefix = format!(".{session}.");
        let mut file = tempfile::Builder::new().prefix(&prefix).suffix(".new").tempfile_in(&self.0)?;
        file.write_all(text)?;
        let named = |error: io::Error| io::Error::new(error.kind(), format!("write {}: {error}", path.display()));
        file.persist(path).map(drop).map_err(|error| named(error.error))
    }

    fn file_names(&self) -> Vec<String> {
        // Nobody of ours makes a directory here, and nobody of ours removes one.
        let is_directory = |entry: &std::fs::DirEntry| entry.file_type().is_ok_and(|kind| kind.is_dir());
        let entries = std::fs::read_dir(&self.0).into_iter().flatten().flatten();
        entries.filter(|entry| !is_directory(entry)).filter_map(|entry| entry.file_name().into_string().ok()).collect()
    }
}

/// The session that a file of this name is of, logs aside; `None` where the name is none of ours.
fn session_of_file(name: &str) -> Option<&str> {
    let (rest, kind) = name.strip_prefix('.')?.rsplit_once('.')?;
    let session = match kind {
        "lock" => rest,
        "json" => rest.strip_suffix(".state")?,
        "pid" => rest.split_once('.')?.1,
        "new" => rest.split_once('.')?.0,
        _ => return None,
    };
    is_session_id(session.as_bytes()).then_some(session)
}
