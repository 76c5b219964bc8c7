//! What keeps the hooks from writing to the signal directory.

use std::io;
use std::path::{Path, PathBuf};

use crate::environment::Environment;

/// What keeps the hooks from writing to the signal directory, or from making it.
pub enum WriteFault {
    /// The path is a link that leads nowhere. The hooks make no directory in its place.
    DanglingLink,
    /// The directory lacks permissions of its own user. It has these permission bits.
    Mode(u32),
    /// The system refuses it for another reason, for example because the file system is read-only.
    Directory(io::Error),
    /// There is no directory, and in this folder it cannot be made.
    Parent(PathBuf, io::Error),
}

impl WriteFault {
    /// Describes the fault of this signal directory in a sentence.
    #[must_use]
    pub fn describe(&self, env: &Environment, dir: &Path) -> String {
        let dir = env.short_path(dir);
        match self {
            Self::DanglingLink => format!("{dir} is a link that leads nowhere: the hooks cannot use it"),
            Self::Mode(mode) => format!("you cannot write to {dir} (mode {mode:o}): the hooks write no signal"),
            Self::Directory(error) => format!("{dir} cannot be written ({error}): the hooks write no signal"),
            Self::Parent(folder, error) => {
                let folder = env.short_path(folder);
                format!("{folder} cannot be written ({error}): the hooks cannot make {dir}")
            }
        }
    }
}
