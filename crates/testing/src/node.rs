//! Packages from npm, and scripts that use them.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Mutex;

/// The folder of the workspace.
fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// Installs packages (`name@version`) into a directory of this name, on first use; where they are.
pub fn packages(directory: &str, packages: &[&str]) -> PathBuf {
    static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());
    let _turn = ONE_AT_A_TIME.lock();
    let folder = root().join("target/npm").join(directory);
    // npm writes it last.
    if !folder.join("node_modules/.package-lock.json").exists() {
        fs_err::create_dir_all(&folder).unwrap();
        let mut npm = Command::new("npm");
        npm.args(["install", "--silent", "--no-audit", "--no-fund", "--prefix"]).arg(&folder).args(packages);
        assert!(npm.status().unwrap().success());
    }
    folder
}

/// Node on a script of this directory. Packages are found from where a script lies, so it is put beside them.
pub fn node(folder: &Path, script: &str) -> Command {
    let source = root().join("tests/serve").join(script);
    let (placed, temporary) = (folder.join(script), tempfile::NamedTempFile::new_in(folder).unwrap());
    fs_err::copy(source, temporary.path()).unwrap();
    temporary.persist(&placed).unwrap();
    let mut node = Command::new("node");
    node.arg(placed);
    node
}
