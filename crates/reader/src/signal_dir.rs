//! The directory of the signal files.

use std::ffi::OsStr;
use std::io;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use session_signals_protocol::SignalKind;
use session_signals_protocol::file_names::{SIGNAL_DIR, parse_signal_file_name, signal_file_name};

use crate::regular_file::read_regular;
use crate::session_signals::SessionSignals;
use crate::signal::{Signal, SignalError};

/// The largest signal that is read, in bytes: a `permission` signal may hold several payloads of 64 MiB.
pub const MAX_SIGNAL_LEN: u64 = session_signals_protocol::store::MAX_SIGNAL_LEN;

/// The signal directory of one configuration directory. It holds at most one file for each session and kind.
///
/// Nothing is read when the value is made, and the directory need not exist: it is made by the first hook.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignalDir {
    path: PathBuf,
}

impl SignalDir {
    /// Returns the signal directory of a configuration directory of Claude Code, such as `~/.claude`.
    #[must_use]
    pub fn of_config_dir(config_dir: &Path) -> Self {
        Self { path: config_dir.join(SIGNAL_DIR) }
    }

    /// Returns the signal directory with this path.
    #[must_use]
    pub fn from_path(path: PathBuf) -> Self {
        Self { path }
    }

    /// Returns the path of the directory.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Returns the path of a signal: `<session>.<kind>.json` in the directory.
    #[must_use]
    pub fn signal_path(&self, session: &str, kind: SignalKind) -> PathBuf {
        self.path.join(OsStr::from_bytes(signal_file_name(session.as_bytes(), kind).as_bytes()))
    }

    /// Reads one signal. `None` if the session has no signal of this kind.
    ///
    /// # Errors
    /// - [`SignalError::Io`] if the file cannot be read, is not a regular file, or is larger than [`MAX_SIGNAL_LEN`].
    /// - [`SignalError::Malformed`] if the file does not hold a JSON object.
    /// - [`SignalError::UnknownFormat`] if a newer version of session-signals wrote the signal.
    pub fn read_signal(&self, session: &str, kind: SignalKind) -> Result<Option<Arc<Signal>>, SignalError> {
        match read_regular(&self.signal_path(session, kind), MAX_SIGNAL_LEN) {
            Ok(content) => Signal::parse(&content.bytes, content.modified, kind).map(Some),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(SignalError::Io(error)),
        }
    }

    /// Reads the signals of one session. A signal that cannot be read or understood counts as missing.
    #[must_use]
    pub fn read_session(&self, session: &str) -> SessionSignals {
        SessionSignals::from_kinds(|kind| self.read_signal(session, kind).ok().flatten())
    }
}

/// Returns the session and the kind of a file name `<session>.<kind>.json`; `None` for any other name.
#[must_use]
pub fn parse_signal_name(name: &OsStr) -> Option<(&str, SignalKind)> {
    let (session, kind) = parse_signal_file_name(name.as_bytes())?;
    Some((std::str::from_utf8(session).ok()?, kind))
}
