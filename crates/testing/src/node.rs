//! Runs scripts with Node.js, and installs npm packages that they use.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Mutex;

/// Returns the root of the workspace.
fn workspace_root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// Installs npm packages (`name@version`) into `target/npm/<directory>` if they are not there yet. Returns that directory.
///
/// # Panics
/// If npm fails.
pub fn packages(directory: &str, packages: &[&str]) -> PathBuf {
    static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());
    let _lock = ONE_AT_A_TIME.lock();
    let folder = workspace_root().join("target/npm").join(directory);
    // npm writes this file last.
    if !folder.join("node_modules/.package-lock.json").exists() {
        fs_err::create_dir_all(&folder).unwrap();
        let mut npm = Command::new("npm");
        npm.args(["install", "--silent", "--no-audit", "--no-fund", "--prefix"]).arg(&folder).args(packages);
        assert!(npm.status().unwrap().success());
    }
    folder
}

/// Returns a command that runs a script of `tests/serve` with Node.js. The script is copied into `folder`, because Node.js
/// looks for packages where the script is.
///
/// # Panics
/// If the script cannot be copied.
#[must_use]
pub fn node(folder: &Path, script: &str) -> Command {
    let source = workspace_root().join("tests/serve").join(script);
    let (copy, temporary) = (folder.join(script), tempfile::NamedTempFile::new_in(folder).unwrap());
    fs_err::copy(source, temporary.path()).unwrap();
    temporary.persist(&copy).unwrap();
    let mut node = Command::new("node");
    node.arg(copy);
    node
}
