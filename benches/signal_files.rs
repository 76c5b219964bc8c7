//! The signal directory of a configuration directory, and the files in it.

use std::fs::Permissions;
use std::io;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use session_signals_protocol::file_names::SIGNAL_DIR;

/// Makes the signal directory, for its owner alone, as the hooks do.
pub fn create_signal_dir(config_dir: &Path) -> io::Result<()> {
    let path = signal_dir(config_dir);
    fs_err::create_dir(&path)?;
    fs_err::set_permissions(path, Permissions::from_mode(0o700))
}

/// Returns the path of the signal directory.
pub fn signal_dir(config_dir: &Path) -> PathBuf {
    config_dir.join(SIGNAL_DIR)
}

/// Returns the path of a signal. `kind` is `working`, `permission`, `stop` or `ended`.
pub fn signal_path(config_dir: &Path, session: &str, kind: &str) -> PathBuf {
    signal_dir(config_dir).join(format!("{session}.{kind}.json"))
}
