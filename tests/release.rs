//! The executables as they are shipped: what is said of them is said of the release build.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

/// A hook of the release build, which is made once, in the target directory of the tests.
pub fn hook(name: &str) -> PathBuf {
    static DIRECTORY: OnceLock<PathBuf> = OnceLock::new();
    DIRECTORY.get_or_init(build).join(name)
}

fn build() -> PathBuf {
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().expect("a target directory");
    let status = Command::new(env!("CARGO"))
        .args(["build", "--quiet", "--release", "--no-default-features", "--target-dir"])
        .arg(target)
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .status()
        .unwrap();
    assert!(status.success(), "cargo build --release: {status}");
    target.join("release")
}
