//! The completions of the shells and the man pages, in the folders of the user.

use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use clap::CommandFactory;
use fs_err as fs;
use rustix::fs::{Access, access};
use session_signals_cli::generate::{GeneratedFile, MAN_FOLDER, ZSH_FOLDER, generate_files};

use super::file_content::FileContent;
use super::user_file::UserFile;
use crate::command_line::Arguments;
use crate::environment::Environment;
use crate::refusal::Refusal;
use crate::{child_process, supported_events};

/// How long `sessions` may take to write its completions and man pages.
const TIMEOUT: Duration = Duration::from_secs(20);

/// Returns the completions and man pages of both programs, with their paths in the folders of the user.
///
/// # Errors
/// If `HOME` is not set, if `sessions` is not beside `hooks`, and if `sessions` cannot make its files.
pub fn wanted_files(env: &Environment) -> Result<Vec<UserFile>, Refusal> {
    let data = data_dir(env)
        .ok_or_else(|| Refusal::new("HOME is not set, so there is no place for completions and man pages"))?;
    let zsh = zsh_dir(env).unwrap_or_else(|| data.join(ZSH_FOLDER));
    let files = generate_files(Arguments::command()).into_iter().chain(files_of_sessions(env)?);
    let to_user_file = |file: GeneratedFile| {
        let name = Path::new(&file.path);
        let path = name.strip_prefix(ZSH_FOLDER).map_or_else(|_| data.join(name), |name| zsh.join(name));
        UserFile { path, content: FileContent::Bytes(file.bytes) }
    };
    Ok(files.map(to_user_file).collect())
}

/// Lets `sessions` make its files: only `sessions` knows its command line.
fn files_of_sessions(env: &Environment) -> Result<Vec<GeneratedFile>, Refusal> {
    let program = env.source_dir.join(supported_events::SESSIONS_EXECUTABLE);
    let failed = |reason: String| {
        Refusal::new(format!("{} cannot make its completions and man pages: {reason}", env.short_path(&program)))
    };
    let folder = tempfile::tempdir().map_err(|error| failed(error.to_string()))?;
    let mut command = Command::new(&program);
    command.args(["generate", "all"]).arg(folder.path());
    let output =
        child_process::run_with_limit(&mut command, b"", TIMEOUT).map_err(|error| failed(error.to_string()))?;
    if !output.status.success() {
        let reason = String::from_utf8_lossy(&output.stderr).trim().replace(char::is_control, " ");
        return Err(failed(format!("{} {reason}", output.status)));
    }
    let mut files = Vec::new();
    add_files(folder.path(), folder.path(), &mut files)?;
    files.sort_by(|one, other| one.path.cmp(&other.path));
    Ok(files)
}

fn add_files(root: &Path, folder: &Path, files: &mut Vec<GeneratedFile>) -> std::io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            add_files(root, &path, files)?;
        } else if let Some(name) = path.strip_prefix(root).ok().and_then(Path::to_str) {
            files.push(GeneratedFile { path: name.to_owned(), bytes: fs::read(&path)? });
        }
    }
    Ok(())
}

/// Returns the folder of the user's own data.
pub fn data_dir(env: &Environment) -> Option<PathBuf> {
    env.xdg_data_home.clone().or_else(|| Some(env.home.as_ref()?.join(".local/share")))
}

/// Returns the folder of the man pages.
pub fn man_dir(env: &Environment) -> Option<PathBuf> {
    Some(data_dir(env)?.join(MAN_FOLDER))
}

/// Returns the folder for the completions of zsh if zsh has told where it looks: the first folder of `$FPATH` in the home
/// directory that this process may write to. zsh tells it only if the user exports the variable.
pub fn zsh_dir(env: &Environment) -> Option<PathBuf> {
    let home = env.home.as_ref()?;
    let folders = env.function_path.as_ref()?.as_bytes().split(|byte| *byte == b':');
    let folders = folders.map(|folder| PathBuf::from(std::ffi::OsStr::from_bytes(folder)));
    let is_usable = |folder: &PathBuf| folder.starts_with(home) && folder.is_dir();
    folders.into_iter().filter(is_usable).find(|folder| access(folder, Access::WRITE_OK).is_ok())
}
