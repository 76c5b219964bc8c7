//! Watches the directories that tell what sessions do.

use std::borrow::Cow;
use std::io;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use notify::{ErrorKind, RecursiveMode, Watcher as _};
use session_signals_protocol::SignalKind;

use crate::collector::Collector;
use crate::signal_dir::parse_signal_name;

/// What a [`Watcher`] gives to the function that it calls: an event of the crate `notify`, or its error.
pub type WatchEvent = notify::Result<notify::Event>;

/// What must be read again after a change.
///
/// The variants are ordered: a signal that came sorts before a signal that was removed.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ChangedSource {
    /// The signals of this session: read them with [`Collector::read_session_signals`].
    Session(String),
    /// The signals of this session, of which the one of this kind was removed and nothing else changed.
    Gone(String, SignalKind),
    /// The registry: take a new snapshot.
    Registry,
    /// Everything, because events were lost or a directory was replaced: read it with [`Collector::read_all_signals`] and take
    /// a new snapshot.
    Everything,
}

/// Watches the signal directory, the registry, and the configuration directory above them, in which they may be made or replaced
/// later.
pub struct Watcher {
    system: notify::RecommendedWatcher,
    /// The configuration directory, the signal directory and the registry: the path, and which directory is watched under it.
    directories: [(PathBuf, Option<DirectoryId>); 3],
    /// The paths of the same directories without symbolic links. macOS names files so, whatever path was watched.
    real_paths: [Option<PathBuf>; 3],
    /// Why an existing directory could not be watched.
    failure: Option<io::Error>,
    /// The error that was returned last, as text.
    last_failure: String,
}

/// The device and the inode of a directory: another directory may come under the same path.
type DirectoryId = (u64, u64);

impl Watcher {
    /// Watches the directories that exist. `on_event` is called from another thread for each event; give the event to
    /// [`changed_sources`](Self::changed_sources).
    ///
    /// Make the watcher before you read for the first time: a change in between would not be seen otherwise.
    ///
    /// # Errors
    /// The error of the system if a directory that exists cannot be watched. If a limit of inotify is reached, the error says
    /// which one and how it is raised.
    pub fn new<F>(config_dir: &Path, collector: &Collector, on_event: F) -> io::Result<Self>
    where
        F: Fn(WatchEvent) + Send + 'static,
    {
        let watcher = notify::recommended_watcher(move |event: WatchEvent| {
            // Our own reading changes nothing.
            if !event.as_ref().is_ok_and(|event| event.kind.is_access()) {
                on_event(event);
            }
        });
        let [signal_dir, registry] = collector.watched_directories();
        let directories = [config_dir, signal_dir, registry].map(|path| (path.to_owned(), None));
        let system = watcher.map_err(explain_watch_error)?;
        let mut watcher =
            Self { system, directories, real_paths: [None, None, None], failure: None, last_failure: String::new() };
        watcher.watch_new_directories();
        watcher.take_failure().map_or(Ok(watcher), Err)
    }

    /// Returns why an existing directory is not watched. Each error is returned once, until another one comes.
    pub fn take_failure(&mut self) -> Option<io::Error> {
        let failure = self.failure.take()?;
        let message = failure.to_string();
        let is_new = message != self.last_failure;
        self.last_failure = message;
        is_new.then_some(failure)
    }

    /// Watches the directories that were made or replaced since the last call. Returns whether there are any: then everything
    /// must be read again.
    pub fn watch_new_directories(&mut self) -> bool {
        let mut is_new = false;
        for ((path, watched), real_path) in self.directories.iter_mut().zip(&mut self.real_paths) {
            let found = fs_err::metadata(&*path).ok().filter(std::fs::Metadata::is_dir);
            let found = found.map(|metadata| (metadata.dev(), metadata.ino()));
            if *watched == found {
                continue;
            }
            is_new = true;
            *real_path = fs_err::canonicalize(&*path).ok();
            // Fails if the directory is gone, and then it is not watched any more.
            let _ = self.system.unwatch(path);
            *watched = found.filter(|_| match self.system.watch(path, RecursiveMode::NonRecursive) {
                Ok(()) => true,
                // It was removed meanwhile.
                Err(notify::Error { kind: ErrorKind::PathNotFound, .. }) => false,
                Err(error) => {
                    self.failure = Some(explain_watch_error(error));
                    false
                }
            });
        }
        is_new
    }

    /// Returns whether there is no configuration directory to watch. No event tells that it is made: call
    /// [`watch_new_directories`](Self::watch_new_directories) from time to time.
    #[must_use]
    pub fn lacks_config_dir(&self) -> bool {
        self.directories[0].1.is_none()
    }

    /// Returns what must be read again after this event.
    pub fn changed_sources(&mut self, event: WatchEvent) -> Vec<ChangedSource> {
        let Some(event) = event.ok().filter(|event| !event.need_rescan()) else {
            self.rewatch(|_| true);
            return vec![ChangedSource::Everything];
        };
        // On other systems one event may stand for several changes.
        let is_removal = cfg!(target_os = "linux") && event.kind.is_remove();
        event.paths.iter().filter_map(|path| self.changed_source(path, is_removal)).collect()
    }

    fn changed_source(&mut self, path: &Path, is_removal: bool) -> Option<ChangedSource> {
        let path = &*self.watched_path(path);
        let [_, (signal_dir, _), (registry, _)] = &self.directories;
        if path.parent() == Some(registry) {
            return Some(ChangedSource::Registry);
        }
        if path.parent() == Some(signal_dir) {
            let (session, kind) = path.file_name().and_then(parse_signal_name)?;
            let session = session.to_owned();
            return Some(if is_removal { ChangedSource::Gone(session, kind) } else { ChangedSource::Session(session) });
        }
        let is_directory = self.directories.iter().any(|(directory, _)| directory == path);
        is_directory.then(|| {
            self.rewatch(|directory| directory == path);
            ChangedSource::Everything
        })
    }

    /// Returns the path of a file or directory under the name by which its directory was watched.
    fn watched_path<'a>(&self, path: &'a Path) -> Cow<'a, Path> {
        let named = self.directories.iter().zip(&self.real_paths).find_map(|((watched, _), real_path)| {
            let real_path = real_path.as_deref()?;
            if path == real_path {
                return Some(watched.clone());
            }
            (path.parent() == Some(real_path)).then(|| watched.join(path.file_name().unwrap_or_default()))
        });
        // A directory that is watched itself is also in the directory above.
        let is_watched = self.directories.iter().any(|(watched, _)| path == watched || path.parent() == Some(watched));
        named.filter(|_| !is_watched).map_or(Cow::Borrowed(path), Cow::Owned)
    }

    /// Watches these directories again, even if they seem to be the same: a new directory may get the inode of the old one.
    fn rewatch(&mut self, is_affected: impl Fn(&Path) -> bool) {
        self.directories.iter_mut().filter(|(path, _)| is_affected(path)).for_each(|(_, watched)| *watched = None);
        self.watch_new_directories();
    }
}

/// Names the path, or the limit of inotify that was reached and how it is raised. The words of the system speak of files and of space.
pub(crate) fn explain_watch_error(mut error: notify::Error) -> io::Error {
    let limit_reached = |what: &str, name: &str| {
        let limit = fs_err::read_to_string(format!("/proc/sys/fs/inotify/{name}")).unwrap_or_default();
        format!("inotify has no {what} left for this user: raise fs.inotify.{name} (now {}) with sysctl", limit.trim())
    };
    let message = match &error.kind {
        ErrorKind::MaxFilesWatch => limit_reached("watch", "max_user_watches"),
        ErrorKind::Io(error) if error.raw_os_error() == Some(rustix::io::Errno::MFILE.raw_os_error()) => {
            limit_reached("instance", "max_user_instances")
        }
        _ => {
            let paths = std::mem::take(&mut error.paths);
            let paths: Vec<_> = paths.iter().map(|path| path.display().to_string()).collect();
            format!("{}: it cannot be watched: {error}", paths.join(", "))
        }
    };
    io::Error::other(message)
}
