//! Files in the signal directory of an installation.

use std::fs::File;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;

use fs_err as fs;
use serde_json::Value;

use super::installation::{Installation, json_text, set_age};

/// The signal directory, in the home.
pub const SIGNAL_DIR: &str = ".claude/session-signals";

/// Installs the hooks, and makes the signal directory.
pub fn install_with_signal_dir() -> Installation {
    let installation = Installation::new();
    installation.run_successfully(&["install"]);
    fs::create_dir(installation.path(SIGNAL_DIR)).unwrap();
    fs::set_permissions(installation.path(SIGNAL_DIR), PermissionsExt::from_mode(0o700)).unwrap();
    installation
}

/// Writes a file in the signal directory that was modified so many seconds ago.
pub fn write_signal_file(installation: &Installation, name: &str, content: &[u8], seconds: u64) -> PathBuf {
    let path = installation.path(SIGNAL_DIR).join(name);
    fs::write(&path, content).unwrap();
    set_age(&path, seconds);
    path
}

/// Lists the files of the signal directory.
pub fn list_signal_files(installation: &Installation) -> Vec<String> {
    installation.sandbox().list_signal_dir()
}

/// Runs `doctor --fix`. Returns the exit code, the ids of what it repaired and of what is left, and its problems.
pub fn run_fix(installation: &Installation) -> (i32, Vec<String>, Vec<String>, Vec<String>) {
    let (code, checkup) = installation.run_json(&["doctor", "--fix"]);
    let texts = |value: &Value, of: fn(&Value) -> &Value| -> Vec<String> {
        value.as_array().unwrap().iter().map(|one| json_text(of(one))).collect()
    };
    let ids = |name: &str| texts(&checkup[name], |finding| &finding["id"]);
    (code, ids("mended"), ids("findings"), texts(&checkup["problems"], |problem| problem))
}

/// Takes the lock of the signal directory.
pub fn take_lock(installation: &Installation) -> File {
    let dir = File::open(installation.path(SIGNAL_DIR)).unwrap();
    dir.lock().unwrap();
    dir
}
