//! The hooks as they are shipped, for the target of the tests. Tests of sizes and system calls use the release build.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

/// Returns the path of a hook of the release build. The first call builds all hooks, in the target directory of the tests.
pub fn hook(name: &str) -> PathBuf {
    static DIRECTORY: OnceLock<PathBuf> = OnceLock::new();
    DIRECTORY.get_or_init(build_hooks).join(name)
}

fn build_hooks() -> PathBuf {
    let directory = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().expect("a target directory");
    let mut cargo = Command::new(env!("CARGO"));
    cargo.args(["build", "--quiet", "--release", "--no-default-features"]);
    // If cargo was called with --target, the tests are in a directory that has the name of the target.
    let target = env!("SESSION_SIGNALS_TARGET");
    if directory.ends_with(target) {
        cargo.args(["--target", target, "--target-dir"]).arg(directory.parent().expect("a target directory"));
    } else {
        cargo.arg("--target-dir").arg(directory);
    }
    let status = cargo
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        // The gate lets clippy compile the workspace. The hooks would not be those that are shipped: they are 336 bytes smaller.
        .env_remove("RUSTC_WORKSPACE_WRAPPER")
        .status()
        .unwrap();
    assert!(status.success(), "cargo build --release: {status}");
    directory.join("release")
}
