//! Watches the spool, the registry, and the directory above, in which they may yet be made, or made anew.

use std::io;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use notify::{ErrorKind, RecursiveMode, Watcher as _};

use session_signals_protocol::SignalKind;

use crate::collector::Collector;
use crate::signal_dir::parse_signal_name;

/// What is to be read again.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ChangedSource {
    /// The signals of this session.
    Session(String),
    /// The same, where all that is told is that the one of this kind (`Kind as usize`) went.
    Gone(String, SignalKind),
    /// The registry.
    Registry,
    /// All of it: something was missed, or a directory is another one now.
    Everything,
}

/// The directories, and which ones they were when they were last watched.
pub struct Watcher {
    system: notify::RecommendedWatcher,
    /// The configuration directory, the spool, the registry.
    directories: [(PathBuf, Option<DirectoryId>); 3],
    /// Why one of them is not watched that is there, unless it was told.
    failure: Option<io::Error>,
    last_failure: String,
}

/// Device and inode: another directory may come under the same path.
type DirectoryId = (u64, u64);

impl Watcher {
    /// Watches what is there; `tell` hears of what happens from another thread.
    ///
    /// # Errors
    /// Where the system lets nothing be watched, or not all of it: what changes there would go unseen.
    pub fn new<F>(config: &Path, collector: &Collector, tell: F) -> io::Result<Self>
    where
        F: Fn(notify::Result<notify::Event>) + Send + 'static,
    {
        let watcher = notify::recommended_watcher(move |event: notify::Result<notify::Event>| {
            // Our own reading is no news.
            if !event.as_ref().is_ok_and(|event| event.kind.is_access()) {
                tell(event);
            }
        });
        let [spool, registry] = collector.watched_directories();
        let directories = [config, spool, registry].map(|path| (path.to_owned(), None));
        let system = watcher.map_err(explain_watch_error)?;
        let mut watcher = Self { system, directories, failure: None, last_failure: String::new() };
        watcher.watch_new_directories();
        watcher.take_failure().map_or(Ok(watcher), Err)
    }

    /// Why something is not watched, once.
    pub fn take_failure(&mut self) -> Option<io::Error> {
        let complaint = self.failure.take()?;
        let told = complaint.to_string();
        let is_new = told != self.last_failure;
        self.last_failure = told;
        is_new.then_some(complaint)
    }

    /// Watches the directories that came, or came anew, since; whether there are any.
    pub fn watch_new_directories(&mut self) -> bool {
        let mut is_new = false;
        for (path, watched) in &mut self.directories {
            let found = fs_err::metadata(&*path).ok().filter(std::fs::Metadata::is_dir);
            let found = found.map(|metadata| (metadata.dev(), metadata.ino()));
            if *watched == found {
                continue;
            }
            is_new = true;
            // Of one that is gone the system has told already, or it is elsewhere now.
            let _ = self.system.unwatch(path);
            *watched = found.filter(|_| match self.system.watch(path, RecursiveMode::NonRecursive) {
                Ok(()) => true,
                // It went meanwhile.
                Err(notify::Error { kind: ErrorKind::PathNotFound, .. }) => false,
                Err(error) => {
                    self.failure = Some(explain_watch_error(error));
                    false
                }
            });
        }
        is_new
    }

    /// What an event asks to be read again.
    pub fn changed_sources(&mut self, event: notify::Result<notify::Event>) -> Vec<ChangedSource> {
        let Some(event) = event.ok().filter(|event| !event.need_rescan()) else {
            self.rewatch(|_| true);
            return vec![ChangedSource::Everything];
        };
        // Elsewhere one event may tell of several things.
        let has_gone = cfg!(target_os = "linux") && event.kind.is_remove();
        event.paths.iter().filter_map(|path| self.changed_source(path, has_gone)).collect()
    }

    fn changed_source(&mut self, path: &Path, has_gone: bool) -> Option<ChangedSource> {
        let [_, (spool_path, _), (registry, _)] = &self.directories;
        if path.parent() == Some(registry) {
            return Some(ChangedSource::Registry);
        }
        if path.parent() == Some(spool_path) {
            let (session, kind) = path.file_name().and_then(parse_signal_name)?;
            let session = session.to_owned();
            return Some(if has_gone { ChangedSource::Gone(session, kind) } else { ChangedSource::Session(session) });
        }
        let is_directory = self.directories.iter().any(|(directory, _)| directory == path);
        is_directory.then(|| {
            self.rewatch(|directory| directory == path);
            ChangedSource::Everything
        })
    }

    /// Watches these again, even where they seem to be the same: the next directory may get the last one's inode.
    fn rewatch(&mut self, which: impl Fn(&Path) -> bool) {
        self.directories.iter_mut().filter(|(path, _)| which(path)).for_each(|(_, watched)| *watched = None);
        self.watch_new_directories();
    }
}

/// What is missing, and how there is more of it: the system's own words speak of files and of space.
fn explain_watch_error(error: notify::Error) -> io::Error {
    let missing = |what: &str, name: &str| {
        let limit = fs_err::read_to_string(format!("/proc/sys/fs/inotify/{name}")).unwrap_or_default();
        format!("inotify has no {what} left for this user: raise fs.inotify.{name} (now {}) with sysctl", limit.trim())
    };
    let told = match &error.kind {
        ErrorKind::MaxFilesWatch => missing("watch", "max_user_watches"),
        ErrorKind::Io(error) if error.raw_os_error() == Some(rustix::io::Errno::MFILE.raw_os_error()) => {
            missing("instance", "max_user_instances")
        }
        _ => return io::Error::other(error),
    };
    io::Error::other(told)
}
