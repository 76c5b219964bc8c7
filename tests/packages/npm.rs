//! The npm packages, installed with the real npm from a registry on loopback.

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use fs_err as fs;

use super::release::{Release, run};
use crate::install::installation::Installation;

const VERSION: &str = env!("CARGO_PKG_VERSION");

/// A registry that serves all packages of a folder.
struct Registry {
    server: Child,
    address: String,
}

impl Registry {
    fn start(packages: &Path) -> Self {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/packages/registry.mjs");
        let mut server = Command::new("node").arg(script).arg(packages).stdout(Stdio::piped()).spawn().expect("node");
        let mut port = String::new();
        BufReader::new(server.stdout.take().unwrap()).read_line(&mut port).unwrap();
        Self { server, address: format!("http://127.0.0.1:{}/", port.trim()) }
    }
}

impl Drop for Registry {
    fn drop(&mut self) {
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}

/// A home with Claude Code and npm, and with a registry. Rust is not on its PATH.
pub struct Computer {
    installation: Installation,
    registry: Registry,
    packages: PathBuf,
    _release: Release,
}

impl Computer {
    pub fn new() -> Self {
        Self::with_release(Release::new())
    }

    fn with_release(release: Release) -> Self {
        let packages = release.make_packages("npm/pack");
        Self { installation: Installation::new(), registry: Registry::start(&packages), packages, _release: release }
    }

    /// Returns a shell that runs this script in the home, with npm's executables on PATH.
    pub fn shell(&self, script: &str) -> Command {
        let mut shell = Command::new("sh");
        let home = self.installation.sandbox().home().to_owned();
        let search = format!("{0}/bin:{0}/prefix/bin:/usr/local/bin:/usr/bin:/bin", home.display());
        shell.args(["-euc", script]).current_dir(&home).env_clear().env("HOME", &home).env("PATH", search);
        shell.env("npm_config_registry", &self.registry.address).env("npm_config_prefix", home.join("prefix"));
        shell
            .env("npm_config_update_notifier", "false")
            .env("npm_config_audit", "false")
            .env("npm_config_fund", "false");
        shell.env("CLAUDE_PID", std::process::id().to_string());
        shell
    }

    /// Returns the home.
    pub fn installation(&self) -> &Installation {
        &self.installation
    }

    fn run(&self, script: &str) -> String {
        run(&mut self.shell(script))
    }

    /// Returns the bytes of a hook that is registered.
    fn installed_hook(&self) -> Vec<u8> {
        fs::read(self.installation.executable_path("hook-stop")).unwrap()
    }
}

#[test]
#[ignore = "needs node, npm, jq, strip and tar"]
fn npm_installs_the_executables_that_register_the_hooks() {
    let computer = Computer::new();
    assert!(computer.shell("command -v cargo").output().unwrap().stdout.is_empty(), "Rust is on PATH");
    computer.run("npm install --silent -g session-signals && mkdir -p .local/bin");
    let printed = computer.run("hooks install && hooks doctor && sessions --json");
    // The scripts of the package are the programs, so no link and no word about other programs is needed.
    assert!(!printed.contains("gets no link"), "{printed}");
    assert!(!computer.installation.path(".local/bin/sessions").exists());
    assert!(printed.contains("Installed in ~/.claude/settings.json") && printed.contains("healthy: "), "{printed}");
    assert!(computer.installation.read_file(".claude/settings.json").contains("hook-stop"));
    // The shell becomes the program: its exit code is that of the program.
    for (command, code) in [("sessions --wrong", 2), ("hooks --wrong", 2), ("session-signals --wrong", 2)] {
        assert_eq!(computer.shell(&format!("exec {command}")).output().unwrap().status.code(), Some(code), "{command}");
    }
    computer.run("hooks uninstall && npm uninstall --silent -g session-signals");
    assert!(computer.shell("command -v hooks sessions").output().unwrap().stdout.is_empty());
}

#[test]
#[ignore = "needs node, npm, jq, strip and tar"]
fn npx_registers_the_hooks_without_a_lasting_installation() {
    let computer = Computer::new();
    let printed = computer.run("mkdir -p .local/bin && npx --yes session-signals install");
    assert!(printed.contains("Installed in ~/.claude/settings.json"), "{printed}");
    // npm may clean its cache: the registered executables are copies.
    computer.run("rm -rf .npm");
    assert_eq!(computer.run(".local/bin/sessions --version"), format!("sessions {VERSION}\n"));
    assert!(!computer.installed_hook().is_empty());
    let printed = computer.run("npx --yes session-signals uninstall");
    assert!(!computer.installation.executable_path("hook-stop").exists(), "{printed}");
}

#[test]
#[ignore = "needs node, npm, jq, strip and tar"]
fn a_new_version_of_the_package_is_registered_by_the_next_install() {
    let computer = Computer::new();
    computer.run("npm install --silent -g session-signals && hooks install");
    let old = computer.installed_hook();
    // The next version has another build of a hook.
    let next = Release::with_text_after_a_hook("the next version");
    let packages = next.make_packages("npm/pack");
    let rename = format!(
        r#"for file in "$0"/*.tgz; do
            mkdir unpacked && tar -xzf "$file" -C unpacked && sed -i 's/"{VERSION}"/"99.0.0"/' unpacked/package/package.json
            tar -czf "$1/z-${{file##*/}}" -C unpacked package && rm -r unpacked
        done"#
    );
    let folder = next.path("");
    run(Command::new("sh").args(["-euc", &rename]).arg(&packages).arg(&computer.packages).current_dir(folder));
    // npm remembers for five minutes what the registry has.
    computer.run("npm update --silent --prefer-online -g session-signals");
    let listed = computer.run("npm ls -g session-signals");
    assert!(listed.contains("session-signals@99.0.0"), "{listed}");
    assert_eq!(computer.installed_hook(), old, "npm changes no registered executable");
    let found = computer.shell("hooks doctor").output().unwrap();
    assert!(String::from_utf8_lossy(&found.stdout).contains("executable-stale"), "{found:?}");
    computer.run("hooks install && hooks doctor");
    assert!(computer.installed_hook().ends_with(b"the next version"));
}

#[test]
#[ignore = "needs node, npm, jq and tar"]
fn npm_chooses_the_package_by_system_and_processor() {
    let computer = Computer::with_release(Release::of_all_targets());
    for (options, package) in [
        ("--os=linux --cpu=x64 --libc=glibc", "linux-x64"),
        ("--os=linux --cpu=x64 --libc=musl", "linux-x64"),
        ("--os=linux --cpu=arm64 --libc=glibc", "linux-arm64"),
        ("--os=linux --cpu=arm64 --libc=musl", "linux-arm64"),
        ("--os=darwin --cpu=x64", "darwin-x64"),
        ("--os=darwin --cpu=arm64", "darwin-arm64"),
    ] {
        computer.run(&format!("mkdir chosen && cd chosen && npm install --silent {options} session-signals"));
        let listed = computer.run("ls chosen/node_modules/@session-signals && rm -r chosen");
        assert_eq!(listed, format!("{package}\n"), "{options}");
    }
    // npm refuses where there is no package. It asks Node.js for the system and the processor.
    computer.installation.write_file(
        "other.cjs",
        "for (const name of ['platform', 'arch']) if (process.env[`FAKE_${name}`])
            Object.defineProperty(process, name, { value: process.env[`FAKE_${name}`] });",
    );
    for other in ["FAKE_platform=freebsd", "FAKE_arch=riscv64"] {
        let install = format!("{other} NODE_OPTIONS='--require ./other.cjs' npm install -g session-signals");
        let refused = computer.shell(&install).output().unwrap();
        let message = String::from_utf8_lossy(&refused.stderr).into_owned();
        assert!(!refused.status.success() && message.contains("EBADPLATFORM"), "{other}: {message}");
    }
}

#[test]
#[ignore = "needs node, npm, jq, strip and tar"]
fn without_executables_for_the_computer_one_line_says_why() {
    let computer = Computer::new();
    computer.run("npm install --silent -g session-signals");
    // This is what --omit=optional leaves out.
    computer.run("rm -r prefix/lib/node_modules/session-signals/node_modules");
    let missing =
        "the package @session-signals/linux-x64 is missing: install session-signals again, without --omit=optional\n";
    let unknown = |kernel, machine| {
        format!(
            "session-signals has no executables for {kernel} on {machine}: it needs Linux or macOS on x64 or arm64\n"
        )
    };
    for (kernel, machine, expected) in [
        ("Linux", "x86_64", missing.to_owned()),
        ("Linux", "riscv64", unknown("Linux", "riscv64")),
        ("FreeBSD", "x86_64", unknown("FreeBSD", "x86_64")),
    ] {
        computer.installation.write_script("bin/uname", &format!("[ $1 = -s ] && echo {kernel} || echo {machine}"));
        for command in ["hooks", "sessions", "session-signals"] {
            let output = computer.shell(&format!("exec {command}")).output().unwrap();
            let message = String::from_utf8_lossy(&output.stderr).into_owned();
            assert_eq!((output.status.code(), message), (Some(1), format!("{command}: {expected}")));
        }
    }
}

#[test]
#[ignore = "needs node, npm, jq, strip and tar"]
fn no_package_runs_a_script_while_it_is_installed() {
    let computer = Computer::new();
    for entry in fs::read_dir(&computer.packages).unwrap() {
        let package = entry.unwrap().path();
        let mut unpack = Command::new("tar");
        let manifest = run(unpack.arg("-xOzf").arg(&package).arg("package/package.json"));
        let manifest: serde_json::Value = serde_json::from_str(&manifest).unwrap();
        assert_eq!(
            (&manifest["scripts"], &manifest["version"]),
            (&serde_json::Value::Null, &VERSION.into()),
            "{manifest}"
        );
    }
    // So nothing can say what stays when the package is removed. Its page says it before.
    let package = computer.packages.join(format!("session-signals-{VERSION}.tgz"));
    let page = run(Command::new("tar").arg("-xOzf").arg(package).arg("package/README.md"));
    assert!(page.contains("Before you remove the package, run `hooks uninstall`."), "{page}");
}
