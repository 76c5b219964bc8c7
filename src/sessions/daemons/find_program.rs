//! Where a command lies, looked up before anything is started: what is missing is said at once.

use std::ffi::OsStr;
use std::io;
use std::path::{Path, PathBuf};

use rustix::fs::{Access, access};

/// The program that `command` names, as a shell would find it: a path, from `cwd`, or a name on `path`.
///
/// # Errors
/// Where there is none that may be executed.
pub fn find_program(command: &str, cwd: &Path, path: &OsStr) -> io::Result<PathBuf> {
    if command.contains('/') {
        let program = cwd.join(command);
        return if is_program(&program) {
            Ok(program)
        } else {
            Err(not_found(format!("{} is no program that can be run", program.display())))
        };
    }
    let found = std::env::split_paths(path).map(|folder| cwd.join(folder).join(command)).find(|file| is_program(file));
    found.ok_or_else(|| not_found(format!("{command} is not on PATH")))
}

fn is_program(path: &Path) -> bool {
    path.is_file() && access(path, Access::EXEC_OK).is_ok()
}

fn not_found(why: String) -> io::Error {
    io::Error::new(io::ErrorKind::NotFound, why)
}
