//! Runs scripts with Node.js, and installs npm packages that they use.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Mutex;

use crate::workspace_root;

/// Installs npm packages (`name@version`) into `target/npm/<directory>` if they are not there yet. Returns that directory.
///
/// `single` names those of the packages of which no second version is installed, whatever the other packages ask for.
///
/// # Panics
/// If npm fails, or if the version of a package is missing.
pub fn packages(directory: &str, packages: &[&str], single: &[&str]) -> PathBuf {
    static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());
    let _lock = ONE_AT_A_TIME.lock();
    let folder = workspace_root().join("target/npm").join(directory);
    // npm writes this file last.
    if !folder.join("node_modules/.package-lock.json").exists() {
        fs_err::create_dir_all(&folder).unwrap();
        let dependency = |package: &&str| {
            let (name, version) = package.rsplit_once('@').unwrap();
            format!("{name:?}:{version:?}")
        };
        let dependencies = packages.iter().map(dependency).collect::<Vec<_>>().join(",");
        let overrides = single.iter().map(|name| format!("{name:?}:\"${name}\"")).collect::<Vec<_>>().join(",");
        let package = format!(r#"{{"private":true,"dependencies":{{{dependencies}}},"overrides":{{{overrides}}}}}"#);
        fs_err::write(folder.join("package.json"), package).unwrap();
        let mut npm = Command::new("npm");
        npm.args(["install", "--silent", "--no-audit", "--no-fund", "--prefix"]).arg(&folder);
        assert!(npm.status().unwrap().success());
    }
    folder
}

/// Returns a command that runs a script of `tests/serve` with Node.js. All scripts of its directory are copied into `folder`,
/// because Node.js looks for packages where the script is.
///
/// # Panics
/// If a script cannot be copied.
#[must_use]
pub fn node(folder: &Path, script: &str) -> Command {
    let source = workspace_root().join("tests/serve").join(script);
    for entry in fs_err::read_dir(source.parent().unwrap()).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|extension| extension == "mjs") {
            let temporary = tempfile::NamedTempFile::new_in(folder).unwrap();
            fs_err::copy(&path, temporary.path()).unwrap();
            temporary.persist(folder.join(path.file_name().unwrap())).unwrap();
        }
    }
    let mut node = Command::new("node");
    node.arg(folder.join(source.file_name().unwrap()));
    node
}
