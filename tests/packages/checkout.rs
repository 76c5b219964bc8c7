//! A copy of the source in another directory, in which a release is built.

use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;

use fs_err as fs;
use tempfile::TempDir;

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

/// The target of a release that this computer can build and run.
pub const STATIC_TARGET: &str =
    if cfg!(target_arch = "aarch64") { "aarch64-unknown-linux-musl" } else { "x86_64-unknown-linux-musl" };

/// A copy of the source, with a home of cargo of its own that has the packages of the real one.
pub struct Checkout {
    folder: TempDir,
}

impl Checkout {
    /// Copies all files that git knows or would add.
    pub fn new() -> Self {
        let checkout = Self { folder: TempDir::new().unwrap() };
        let copy = r#"cd "$0" && git ls-files -z --cached --others --exclude-standard | xargs -0 cp --parents -t "$1""#;
        fs::create_dir(checkout.source()).unwrap();
        assert!(Command::new("bash").args(["-euc", copy, ROOT]).arg(checkout.source()).status().unwrap().success());
        let real = std::env::var_os("CARGO_HOME").map(PathBuf::from);
        let real = real.unwrap_or_else(|| Path::new(&std::env::var_os("HOME").unwrap()).join(".cargo"));
        fs::create_dir(checkout.cargo_home()).unwrap();
        for name in ["registry", "config.toml", "config"] {
            if real.join(name).exists() {
                symlink(real.join(name), checkout.cargo_home().join(name)).unwrap();
            }
        }
        checkout
    }

    fn source(&self) -> PathBuf {
        // A space in a path must not divide an option of the compiler.
        self.folder.path().join("the source")
    }

    fn cargo_home(&self) -> PathBuf {
        self.folder.path().join("cargo home")
    }

    /// Builds what a release has for [`STATIC_TARGET`], with these options of cargo. Returns the directory of the executables.
    pub fn build(&self, options: &[&str]) -> PathBuf {
        // Other tests run at the same time, and some of them have limits of time.
        let mut build = Command::new("nice");
        build
            .args(["-n", "19"])
            .arg(self.source().join(".ci/build"))
            .arg(STATIC_TARGET)
            .arg("--offline")
            .args(options)
            .env("CARGO_HOME", self.cargo_home());
        // The gate lets clippy compile the workspace.
        build.env_remove("RUSTC_WORKSPACE_WRAPPER").env_remove("CARGO_TARGET_DIR");
        let output = build.output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        self.source().join("target").join(STATIC_TARGET).join("release")
    }

    /// Returns whether a file has the path of a directory of this copy or of the user in it.
    pub fn names_a_directory(&self, file: &Path) -> bool {
        let bytes = fs::read(file).unwrap();
        let home = PathBuf::from(std::env::var_os("HOME").unwrap());
        [self.folder.path(), Path::new(ROOT), &home.join(".cargo"), &home.join(".rustup")].iter().any(|path| {
            let path = path.as_os_str().as_encoded_bytes();
            bytes.windows(path.len()).any(|window| window == path)
        })
    }
}
