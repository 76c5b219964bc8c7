//! Exports the session's id to the session's own tools, by the file that `CLAUDE_ENV_FILE` names.

use std::fs::OpenOptions;
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::os::unix::fs::{FileTypeExt as _, OpenOptionsExt as _};
use std::path::Path;

use super::daemon_environment::SESSION_VARIABLE;
use super::io_context::with_path;

/// How many bytes at the end of the file are read. Other hooks write to the file, too.
const MAX_LEN: u64 = 1 << 20;

/// Makes the file export the session's id. Nothing is appended if the file exports this id already: the CLI keeps the lines over
/// compactions.
///
/// # Errors
/// If the file cannot be read or written, or is a FIFO.
pub fn export_session(path: &Path, session: &str) -> io::Result<()> {
    append_export(path, session).map_err(with_path("write", path))
}

fn append_export(path: &Path, session: &str) -> io::Result<()> {
    if path.metadata().is_ok_and(|metadata| metadata.file_type().is_fifo()) {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "not a regular file"));
    }
    let mut file = OpenOptions::new().read(true).append(true).create(true).mode(0o600).open(path)?;
    // The CLI runs the hooks of one event at the same time.
    file.lock()?;
    let start = file.metadata()?.len().saturating_sub(MAX_LEN);
    file.seek(SeekFrom::Start(start))?;
    let mut bytes = Vec::new();
    (&mut file).take(MAX_LEN).read_to_end(&mut bytes)?;
    let text = String::from_utf8_lossy(&bytes);
    let export = format!("export {SESSION_VARIABLE}=");
    // The last assignment is the one that takes effect.
    if text.lines().rev().find_map(|line| line.strip_prefix(&export)) == Some(session) {
        return Ok(());
    }
    let newline = if text.is_empty() || text.ends_with('\n') { "" } else { "\n" };
    file.write_all(format!("{newline}{export}{session}\n").as_bytes())
}
