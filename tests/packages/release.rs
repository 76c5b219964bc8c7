//! The archive of a release, made from the executables that cargo built for the tests. They run on this computer only.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use fs_err as fs;
use session_signals_protocol::{HOOKS, Hook};
use tempfile::TempDir;

use super::checkout::STATIC_TARGET;
use crate::sandbox::executable_path;

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

/// A directory with the archive of this version, and the packages that are made from it.
pub struct Release {
    folder: TempDir,
}

impl Release {
    /// Returns the archive of the executables of the tests, for [`STATIC_TARGET`]. The first call packs it.
    pub fn new() -> Self {
        static PACKED: OnceLock<PathBuf> = OnceLock::new();
        let packed = PACKED.get_or_init(|| {
            let shared = Path::new(env!("CARGO_TARGET_TMPDIR")).join("release");
            if shared.exists() {
                fs::remove_dir_all(&shared).unwrap();
            }
            let release = Self::with_text_after_a_hook("");
            run(Command::new("cp").arg("-r").arg(release.archives()).arg(&shared));
            shared
        });
        let release = Self { folder: TempDir::new().unwrap() };
        run(Command::new("cp").arg("-r").arg(packed).arg(release.archives()));
        release
    }

    /// Packs the executables of the tests. `hook-stop` gets a text at its end, so that it is another build.
    pub fn with_text_after_a_hook(text: &str) -> Self {
        let release = Self { folder: TempDir::new().unwrap() };
        let built = release.path("target").join(STATIC_TARGET).join("release");
        fs::create_dir_all(&built).unwrap();
        for name in HOOKS.map(Hook::executable).into_iter().chain([Hook::Mod.executable(), "hooks", "sessions"]) {
            run(Command::new("strip").arg(executable_path(name)).arg("-o").arg(built.join(name)));
        }
        fs::write(built.join("LICENCES-OF-PACKAGES.txt"), "licences\n").unwrap();
        run(Command::new("sh").args(["-c", r#"printf %s "$1" >>"$0""#]).arg(built.join("hook-stop")).arg(text));
        release.pack("archives", "022");
        release
    }

    /// Packs what was built into this folder, with this mask for the modes of new files. Returns the line of the checksum.
    pub fn pack(&self, folder: &str, mask: &str) -> String {
        let mut pack = Command::new("sh");
        pack.args(["-c", r#"umask "$1" && exec "$0" "$2" "$3""#]).arg(Path::new(ROOT).join(".ci/archive")).arg(mask);
        run(pack.arg(STATIC_TARGET).arg(self.path(folder)).env("CARGO_TARGET_DIR", self.path("target")))
    }

    /// Packs an archive for each target. In the place of the executables are empty files.
    pub fn of_all_targets() -> Self {
        let release = Self { folder: TempDir::new().unwrap() };
        fs::create_dir(release.archives()).unwrap();
        for target in
            ["x86_64-unknown-linux-musl", "aarch64-unknown-linux-musl", "x86_64-apple-darwin", "aarch64-apple-darwin"]
        {
            let name = format!("session-signals-{}-{target}", env!("CARGO_PKG_VERSION"));
            fs::create_dir(release.path(&name)).unwrap();
            for file in ["hook-stop", "hooks", "sessions", "LICENSE"] {
                fs::write(release.path(&name).join(file), "").unwrap();
            }
            let archive = release.archives().join(format!("{name}.tar.gz"));
            run(Command::new("tar").arg("-czf").arg(archive).arg("-C").arg(release.folder.path()).arg(&name));
        }
        release
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Returns the directory of the archives and their checksums.
    pub fn archives(&self) -> PathBuf {
        self.path("archives")
    }

    /// Returns the name of the archive.
    pub fn archive_name() -> String {
        format!("session-signals-{}-{STATIC_TARGET}.tar.gz", env!("CARGO_PKG_VERSION"))
    }

    /// Makes packages from the archives, with a script of `packaging`. Returns their directory.
    pub fn make_packages(&self, script: &str) -> PathBuf {
        let to = self.path(&script.replace('/', "-"));
        run(Command::new(Path::new(ROOT).join("packaging").join(script)).arg(self.archives()).arg(&to));
        to
    }
}

/// Runs a command that must succeed, and returns what it prints on standard output.
pub fn run(command: &mut Command) -> String {
    let output = command.output().unwrap();
    let printed = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{command:?}\n{printed}{}", String::from_utf8_lossy(&output.stderr));
    printed
}
