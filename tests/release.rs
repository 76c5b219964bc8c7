//! The hooks as they are shipped. Tests of sizes and system calls use the release build.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

/// Returns the path of a hook of the release build. The first call builds all hooks, in the target directory of the tests.
pub fn hook(name: &str) -> PathBuf {
    static DIRECTORY: OnceLock<PathBuf> = OnceLock::new();
    DIRECTORY.get_or_init(build_hooks).join(name)
}

fn build_hooks() -> PathBuf {
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().expect("a target directory");
    let status = Command::new(env!("CARGO"))
        .args(["build", "--quiet", "--release", "--no-default-features", "--target-dir"])
        .arg(target)
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        // The gate lets clippy compile the workspace. The hooks would not be those that are shipped: they are 336 bytes smaller.
        .env_remove("RUSTC_WORKSPACE_WRAPPER")
        .status()
        .unwrap();
    assert!(status.success(), "cargo build --release: {status}");
    target.join("release")
}
