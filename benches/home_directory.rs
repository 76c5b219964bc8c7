//! A HOME directory for the benches, whose signal directory looks as it does when ten sessions are open.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use crate::signal_files;

/// A HOME directory. It is deleted when the value is dropped.
pub struct HomeDirectory {
    directory: TempDir,
    /// The type of its file system, as `mount` names it.
    pub file_system: String,
}

impl HomeDirectory {
    /// Makes one in `parent`, with the signals of ten sessions.
    pub fn create_in(parent: &str) -> std::io::Result<Self> {
        let home = Self { directory: TempDir::new_in(parent)?, file_system: file_system_of(Path::new(parent)) };
        fs_err::create_dir(home.config_dir())?;
        signal_files::create_signal_dir(&home.config_dir())?;
        for other in 0..10 {
            for kind in [["working", "permission"], ["stop", "stop"], ["ended", "ended"]][other % 3] {
                fs_err::write(home.signal_path(&format!("{other:08}-0000-4000-8000-000000000000"), kind), "{}\n")?;
            }
        }
        Ok(home)
    }

    pub fn path(&self) -> &Path {
        self.directory.path()
    }

    fn config_dir(&self) -> PathBuf {
        self.path().join(".claude")
    }

    pub fn signal_dir(&self) -> PathBuf {
        signal_files::signal_dir(&self.config_dir())
    }

    pub fn signal_path(&self, session: &str, kind: &str) -> PathBuf {
        signal_files::signal_path(&self.config_dir(), session, kind)
    }

    /// Replaces the signals of a session by signals of these kinds. The session's waiting call is that of `payload`.
    pub fn set_signals(&self, session: &str, kinds: &[&str], payload: &str) {
        for kind in self.kinds(session) {
            fs_err::remove_file(self.signal_path(session, &kind)).unwrap();
        }
        for kind in kinds {
            let content = match *kind {
                "permission" => format!("{{\"pending\":[{payload}]}}\n"),
                _ => format!("{payload}\n"),
            };
            fs_err::write(self.signal_path(session, kind), content).unwrap();
        }
    }

    /// Returns the kinds of the session's signals. A file that begins with the session's name and is no signal counts
    /// as a kind, too, so a comparison finds it.
    pub fn kinds(&self, session: &str) -> BTreeSet<String> {
        let names = fs_err::read_dir(self.signal_dir()).unwrap().map(|entry| entry.unwrap().file_name());
        names
            .filter_map(|name| {
                let (session_of, kind) = name.to_str()?.strip_suffix(".json")?.split_once('.')?;
                (session_of == session).then(|| kind.to_owned())
            })
            .collect()
    }
}

/// Returns the type of the innermost mount that holds `path`.
fn file_system_of(path: &Path) -> String {
    let mounts = fs_err::read_to_string("/proc/self/mounts").unwrap_or_default();
    let mount = |line: &str| {
        let mut fields = line.split(' ').skip(1).map(str::to_owned);
        Some((fields.next()?, fields.next()?))
    };
    let around = mounts.lines().filter_map(mount).filter(|(point, _)| path.starts_with(point));
    around.max_by_key(|(point, _)| point.len()).map_or_else(|| "file system".to_owned(), |(_, kind)| kind)
}
