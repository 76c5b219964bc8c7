//! `packaging/install.sh`, with a file server on loopback in the place of the releases.

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

use fs_err as fs;

use super::release::{Release, run};
use crate::install::installation::Installation;

const VERSION: &str = env!("CARGO_PKG_VERSION");

fn script() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("packaging/install.sh")
}

/// A home, and a server with a release of this version.
pub struct Computer {
    installation: Installation,
    release: Release,
    server: Child,
    /// The address of the releases on the server.
    pub url: String,
}

impl Computer {
    pub fn new() -> Self {
        let release = Release::new();
        let root = release.path("releases");
        fs::create_dir_all(root.join("latest/download")).unwrap();
        fs::write(root.join("latest/download/VERSION"), format!("{VERSION}\n")).unwrap();
        fs::copy(script(), root.join("latest/download/install.sh")).unwrap();
        let version = root.join("download").join(format!("v{VERSION}"));
        fs::create_dir_all(version.parent().unwrap()).unwrap();
        fs::rename(release.archives(), &version).unwrap();
        let serve = "import http.server, os, sys
os.chdir(sys.argv[1])
server = http.server.HTTPServer(('127.0.0.1', 0), http.server.SimpleHTTPRequestHandler)
print(server.server_port, flush=True)
server.serve_forever()";
        let mut python = Command::new("python3");
        python.args(["-c", serve]).arg(&root).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut server = python.spawn().expect("python3");
        let mut port = String::new();
        BufReader::new(server.stdout.take().unwrap()).read_line(&mut port).unwrap();
        Self { installation: Installation::new(), release, server, url: format!("http://127.0.0.1:{}", port.trim()) }
    }

    fn archive(&self) -> PathBuf {
        self.release.path("releases/download").join(format!("v{VERSION}")).join(Release::archive_name())
    }

    /// Returns a shell that runs this in the home, with the links of the script on PATH.
    pub fn shell(&self, text: &str) -> Command {
        let mut shell = Command::new("dash");
        let home = self.installation.sandbox().home().to_owned();
        let search = format!("{0}/bin:{0}/.local/bin:/usr/bin:/bin", home.display());
        shell.args(["-euc", text]).current_dir(&home).env_clear().env("HOME", &home).env("PATH", search);
        shell.env("SESSION_SIGNALS_URL", &self.url).env("SCRIPT", script());
        shell.env("CLAUDE_PID", std::process::id().to_string());
        shell
    }

    /// Returns the home.
    pub fn installation(&self) -> &Installation {
        &self.installation
    }

    fn output(&self, text: &str) -> Output {
        self.shell(text).output().unwrap()
    }

    /// Returns the names of all files in the home.
    fn files(&self) -> String {
        run(Command::new("find").arg(self.installation.sandbox().home()))
    }
}

impl Drop for Computer {
    fn drop(&mut self) {
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}

#[test]
#[ignore = "needs shellcheck"]
fn every_script_of_the_packages_is_clean() {
    let scripts = [
        ".ci/archive",
        ".ci/build",
        ".ci/licences",
        ".ci/sbom",
        "packaging/install.sh",
        "packaging/npm/launcher.sh",
        "packaging/npm/pack",
    ];
    run(Command::new("shellcheck").args(scripts).current_dir(env!("CARGO_MANIFEST_DIR")));
}

#[test]
#[ignore = "needs curl, dash, python3, strip and tar"]
fn the_script_installs_and_uninstalls() {
    let computer = Computer::new();
    let before = computer.files();
    for command in ["sh \"$SCRIPT\"", &format!("sh \"$SCRIPT\" v{VERSION}"), "sh -s <\"$SCRIPT\""] {
        let printed = run(&mut computer.shell(command));
        assert!(printed.contains("Now run `hooks install`"), "{printed}");
        assert_eq!(run(&mut computer.shell("sessions --version")), format!("sessions {VERSION}\n"));
    }
    let printed = run(&mut computer.shell("(hooks install && hooks doctor) 2>&1"));
    // The links of the script need no note.
    assert!(!printed.contains(".local/bin/"), "{printed}");
    let printed = run(&mut computer.shell("sh \"$SCRIPT\" --uninstall"));
    assert!(printed.contains("Left: the registered hooks in ") && printed.contains("hooks uninstall"), "{printed}");
    run(&mut computer.shell("sh \"$SCRIPT\" && hooks uninstall && rm -r .claude"));
    let printed = run(&mut computer.shell("sh \"$SCRIPT\" --uninstall && rmdir .local/share .local/bin .local"));
    assert!(!printed.contains("Left: "), "{printed}");
    assert_eq!(computer.files(), before);
}

#[test]
#[ignore = "needs curl, dash, python3, strip and tar"]
fn the_script_works_with_wget_and_names_a_bin_directory_that_is_not_on_path() {
    let computer = Computer::new();
    let programs = "for program in sh uname mktemp rm mkdir mv ln readlink sha256sum tar gzip wget dirname; do
        ln -s \"$(command -v $program)\" only/; done";
    run(&mut computer.shell(&format!("mkdir only; {programs}")));
    let printed = run(&mut computer.shell("PATH=~/only; exec sh \"$SCRIPT\""));
    let bin = computer.installation.path(".local/bin").display().to_string();
    assert!(printed.contains(&format!("export PATH=\"{bin}:$PATH\"")), "{printed}");
    assert!(printed.contains(&format!("Now run `{bin}/hooks install`")), "{printed}");
}

#[test]
#[ignore = "needs curl, dash, python3, strip and tar"]
fn the_script_replaces_its_older_version() {
    let computer = Computer::new();
    let old = ".local/share/session-signals/0.0.9/hooks";
    computer.installation.write_script(old, "echo old");
    run(&mut computer.shell(&format!("mkdir -p .local/bin && ln -s ~/{old} .local/bin/hooks")));
    let printed = run(&mut computer.shell("sh \"$SCRIPT\""));
    assert!(printed.contains("Removed ") && printed.contains("/0.0.9\n"), "{printed}");
    assert_eq!(run(&mut computer.shell("hooks --version")), format!("hooks {VERSION}\n"));
    assert!(!computer.installation.path(old).exists());
}

#[test]
#[ignore = "needs curl, dash, python3, strip and tar"]
fn the_script_changes_nothing_if_anything_is_wrong() {
    let computer = Computer::new();
    let refuse = |command: &str, reason: &str| {
        let before = computer.files();
        let output = computer.output(command);
        let message = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.code() == Some(1) && message.contains(reason), "{command}: {output:?}");
        assert_eq!(computer.files(), before, "{command}");
    };
    refuse("sh \"$SCRIPT\" 99.0.0", "the archive could not be loaded");
    refuse("sh \"$SCRIPT\" ../../etc", "is not a version");
    refuse("SESSION_SIGNALS_URL=http://127.0.0.1:1 sh \"$SCRIPT\"", "has no release");
    assert_eq!(computer.output("sh \"$SCRIPT\" --wrong").status.code(), Some(2));
    run(&mut computer.shell("mkdir -p .local/bin && echo mine >.local/bin/sessions"));
    refuse("sh \"$SCRIPT\"", "is there and is not from this script");
    run(&mut computer.shell("rm .local/bin/sessions"));
    // One byte more than what the checksum is of.
    run(Command::new("sh").args(["-c", "printf x >>\"$0\""]).arg(computer.archive()));
    refuse("sh \"$SCRIPT\"", "the archive has the SHA-256");
    let sum = computer.archive().with_file_name(format!("{}.sha256", Release::archive_name()));
    fs::write(&sum, "").unwrap();
    refuse("sh \"$SCRIPT\"", "the archive has the SHA-256");
    fs::remove_file(&sum).unwrap();
    refuse("sh \"$SCRIPT\"", "the checksum could not be loaded");
}
