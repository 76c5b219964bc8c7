//! `CLAUDE_ENV_FILE`: what the session's own tools are to have in their environment.

use std::fs::OpenOptions;
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::os::unix::fs::{FileTypeExt as _, OpenOptionsExt as _};
use std::path::Path;

use super::daemon_environment::SESSION_VARIABLE;

/// Lines of other hooks stand there, too; of more than this, the end is looked at, in bytes.
const MAX_LEN: u64 = 1 << 20;

/// Makes the file export the session's id. The lines in it accumulate over compactions, so it is looked at first.
///
/// # Errors
/// Where it cannot be read or written.
pub fn export_session(path: &Path, session: &str) -> io::Result<()> {
    let named = |error: io::Error| io::Error::new(error.kind(), format!("write {}: {error}", path.display()));
    append_session(path, session).map_err(named)
}

fn append_session(path: &Path, session: &str) -> io::Result<()> {
    if path.metadata().is_ok_and(|meta| meta.file_type().is_fifo()) {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "not a regular file"));
    }
    let mut file = OpenOptions::new().read(true).append(true).create(true).mode(0o600).open(path)?;
    // Hooks of one event run side by side.
    file.lock()?;
    let begin = file.metadata()?.len().saturating_sub(MAX_LEN);
    file.seek(SeekFrom::Start(begin))?;
    let mut bytes = Vec::new();
    (&mut file).take(MAX_LEN).read_to_end(&mut bytes)?;
    let text = String::from_utf8_lossy(&bytes);
    let export = format!("export {SESSION_VARIABLE}=");
    // The last one counts.
    if text.lines().rev().find_map(|line| line.strip_prefix(&export)) == Some(session) {
        return Ok(());
    }
    let newline = if text.is_empty() || text.ends_with('\n') { "" } else { "\n" };
    file.write_all(format!("{newline}{export}{session}\n").as_bytes())
}
