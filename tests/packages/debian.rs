//! The Debian package, installed and removed with dpkg below a directory of its own.

use std::path::PathBuf;
use std::process::Command;

use fs_err as fs;
use tempfile::TempDir;

use super::release::{Release, run};
use crate::install::installation::Installation;

/// A system of Debian below a directory, without any package.
pub struct System {
    folder: TempDir,
}

impl System {
    fn new() -> Self {
        let system = Self { folder: TempDir::new().unwrap() };
        fs::create_dir_all(system.path("var/lib/dpkg/info")).unwrap();
        fs::create_dir_all(system.path("var/lib/dpkg/updates")).unwrap();
        fs::write(system.path("var/lib/dpkg/status"), "").unwrap();
        system
    }

    /// Makes a system with the package.
    pub fn with_package() -> Self {
        let system = Self::new();
        system.dpkg(&["--install", &package(&Release::new())]);
        system
    }

    /// Returns a shell that runs this in a home, with the programs of the system on PATH.
    pub fn shell(&self, installation: &Installation, text: &str) -> Command {
        let mut shell = Command::new("sh");
        let search = format!("{}:{}:/usr/bin:/bin", installation.path("bin").display(), self.path("usr/bin").display());
        shell.args(["-euc", text]).current_dir(installation.path("")).env_clear().env("HOME", installation.path(""));
        shell.env("PATH", search).env("CLAUDE_PID", std::process::id().to_string());
        shell
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Runs dpkg for this system. Its scripts run outside of the directory, because there is no shell in it.
    fn dpkg(&self, arguments: &[&str]) -> String {
        let mut dpkg = Command::new("dpkg");
        dpkg.arg("--root").arg(self.folder.path()).args(["--force-not-root", "--force-script-chrootless"]);
        run(dpkg.arg("--log=/dev/null").args(arguments))
    }
}

/// Makes the package, and returns its path as text.
fn package(release: &Release) -> String {
    let folder = release.make_packages("debian/pack");
    let architecture = if cfg!(target_arch = "aarch64") { "arm64" } else { "amd64" };
    let name = format!("session-signals_{}_{architecture}.deb", env!("CARGO_PKG_VERSION"));
    folder.join(name).display().to_string()
}

#[test]
#[ignore = "needs dpkg, strip and tar"]
fn the_debian_package_installs_and_says_what_it_leaves() {
    let (release, system, installation) = (Release::new(), System::new(), Installation::new());
    let package = package(&release);
    let printed = system.dpkg(&["--install", &package]);
    assert!(printed.contains("each user who wants the hooks runs `hooks install`"), "{printed}");
    let printed = run(&mut system.shell(&installation, "hooks install && hooks doctor && sessions --version"));
    assert!(printed.contains("healthy: ") && printed.contains(env!("CARGO_PKG_VERSION")), "{printed}");
    for file in ["man/man1/sessions.1.gz", "bash-completion/completions/sessions", "zsh/vendor-completions/_sessions"] {
        assert!(system.path("usr/share").join(file).exists(), "{file}");
    }
    // The same package again is an upgrade.
    let printed = system.dpkg(&["--install", &package]);
    assert!(printed.contains("Each user brings them to this version with `hooks install`"), "{printed}");
    let printed = system.dpkg(&["--remove", "session-signals"]);
    assert!(printed.contains("stays in ~/.claude of each user"), "{printed}");
    assert!(installation.executable_path("hook-stop").exists(), "the home of a user is not touched");
    let left =
        run(Command::new("find").arg(system.path("")).args(["-path", "*session-signals*", "-o", "-path", "*/bin/*"]));
    let left = left.lines().filter(|path| !path.contains("/var/lib/dpkg/")).collect::<Vec<_>>();
    assert_eq!(left, Vec::<&str>::new());
}

#[test]
#[ignore = "needs dpkg, strip and tar"]
fn the_same_archive_gives_the_same_debian_package() {
    let release = Release::new();
    let package = package(&release);
    let first = fs::read(&package).unwrap();
    fs::remove_file(&package).unwrap();
    release.make_packages("debian/pack");
    assert!(first == fs::read(&package).unwrap(), "two packages differ");
}
