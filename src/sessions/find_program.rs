//! Finds a program before a process is started, so that a missing program is reported at once.

use std::ffi::OsStr;
use std::io;
use std::path::{Path, PathBuf};

use rustix::fs::{Access, access};

/// Finds the program that `command` names, as a shell would: a path is taken from `cwd`, and a name is looked up in the directories
/// of `path`.
///
/// # Errors
/// `NotFound` if there is no such file, or if this user may not execute it.
pub fn find_program(command: &str, cwd: &Path, path: &OsStr) -> io::Result<PathBuf> {
    if command.contains('/') {
        let program = cwd.join(command);
        return if is_program(&program) {
            Ok(program)
        } else {
            Err(not_found(format!("{} is not an executable file", program.display())))
        };
    }
    let candidates = std::env::split_paths(path).map(|directory| cwd.join(directory).join(command));
    candidates.into_iter().find(|file| is_program(file)).ok_or_else(|| not_found(format!("{command} is not on PATH")))
}

/// Returns whether a path leads to a file that this user may execute.
pub fn is_program(path: &Path) -> bool {
    path.is_file() && access(path, Access::EXEC_OK).is_ok()
}

fn not_found(message: String) -> io::Error {
    io::Error::new(io::ErrorKind::NotFound, message)
}
