//! A HOME of its own, with a spool as it looks when ten terminals are at work.

use std::collections::BTreeSet;
use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

/// What stands for a session before a contender runs, what it reads, and what must stand after it.
pub struct Scenario {
    pub session: String,
    pub payload: String,
    /// Kinds.
    pub before: &'static [&'static str],
    pub after: &'static [&'static str],
}

/// A home directory, deleted at the end.
pub struct Home {
    directory: TempDir,
    /// Its type, as `mount` names it.
    pub file_system: String,
}

impl Home {
    pub fn new_in(parent: &str) -> std::io::Result<Self> {
        let home = Self { directory: TempDir::new_in(parent)?, file_system: file_system(Path::new(parent)) };
        fs_err::create_dir_all(home.spool())?;
        fs_err::set_permissions(home.spool(), Permissions::from_mode(0o700))?;
        for other in 0..10 {
            for kind in [["working", "permission"], ["stop", "stop"], ["ended", "ended"]][other % 3] {
                fs_err::write(home.signal(&format!("{other:08}-0000-4000-8000-000000000000"), kind), "{}\n")?;
            }
        }
        Ok(home)
    }

    pub fn path(&self) -> &Path {
        self.directory.path()
    }

    pub fn spool(&self) -> PathBuf {
        self.path().join(".claude/session-signals")
    }

    pub fn signal(&self, session: &str, kind: &str) -> PathBuf {
        self.spool().join(format!("{session}.{kind}.json"))
    }

    /// Makes what stands before a run.
    pub fn prepare(&self, scenario: &Scenario) {
        let Scenario { session, payload, before, .. } = scenario;
        for kind in self.kinds(session) {
            fs_err::remove_file(self.signal(session, &kind)).unwrap();
        }
        for kind in *before {
            let content = match *kind {
                // The call that the payload is about.
                "permission" => format!("{{\"pending\":[{payload}]}}\n"),
                _ => format!("{payload}\n"),
            };
            fs_err::write(self.signal(session, kind), content).unwrap();
        }
    }

    /// The kinds of signals that stand for a session. Anything else of its name is an error.
    pub fn kinds(&self, session: &str) -> BTreeSet<String> {
        let names = fs_err::read_dir(self.spool()).unwrap().map(|entry| entry.unwrap().file_name());
        names
            .filter_map(|name| {
                let (session_of, kind) = name.to_str()?.strip_suffix(".json")?.split_once('.')?;
                (session_of == session).then(|| kind.to_owned())
            })
            .collect()
    }
}

/// The type of the innermost mount that holds `path`.
fn file_system(path: &Path) -> String {
    let mounts = fs_err::read_to_string("/proc/self/mounts").unwrap_or_default();
    let mount = |line: &str| {
        let mut fields = line.split(' ').skip(1).map(str::to_owned);
        Some((fields.next()?, fields.next()?))
    };
    let around = mounts.lines().filter_map(mount).filter(|(point, _)| path.starts_with(point));
    around.max_by_key(|(point, _)| point.len()).map_or_else(|| "file system".to_owned(), |(_, kind)| kind)
}
