//! The real CLI, in a network namespace that holds nothing but a scripted API. See the README beside this file.

mod cli_home;
mod cli_slots;
mod daemons;
mod expected_state;
mod full_system;
mod observed_state;
mod plugin;
mod scenario_run;
mod scenario_step;
mod scripted_user;
mod session_scenario;
mod signals_alone;
mod status_line;
mod terminal;

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Mutex, OnceLock};
use std::time::Duration;

use fs_err as fs;
use session_signals_cli::wait_until;

/// The versions that the ignored tests run: the oldest supported one, the last one that drops all hooks of a settings file with an
/// unknown event, and the newest one.
pub const VERSIONS: [&str; 3] = ["2.0.50", "2.1.100", "2.1.330"];

/// Returns `SESSION_SIGNALS_CLI_VERSION` if it is set, else the last of [`VERSIONS`].
pub fn newest_version() -> &'static str {
    static VERSION: OnceLock<String> = OnceLock::new();
    VERSION.get_or_init(|| std::env::var("SESSION_SIGNALS_CLI_VERSION").unwrap_or_else(|_| VERSIONS[2].to_owned()))
}

/// How long [`becomes_true`] waits.
const TIMEOUT: Duration = Duration::from_secs(30);

/// How often [`becomes_true`] looks.
const POLL_INTERVAL: Duration = Duration::from_millis(50);

/// Returns the directory that keeps the npm packages of the CLI between runs.
fn packages_dir() -> PathBuf {
    let directory = std::env::var_os("SESSION_SIGNALS_CLI_DIR").map(PathBuf::from);
    directory.unwrap_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("target/cli"))
}

/// Returns the shell command that starts this version of the CLI. The first call installs that version with npm.
pub fn claude_command(version: &str) -> String {
    static INSTALLATION: Mutex<()> = Mutex::new(());
    let _lock = INSTALLATION.lock();
    let directory = packages_dir().join(version);
    let modules = directory.join("node_modules/@anthropic-ai");
    // npm writes this file last.
    if !directory.join("node_modules/.package-lock.json").exists() {
        fs::create_dir_all(&directory).unwrap();
        let mut npm = Command::new("npm");
        npm.args(["install", "--silent", "--no-audit", "--no-fund", "--prefix"]).arg(&directory);
        assert!(npm.arg(format!("@anthropic-ai/claude-code@{version}")).status().unwrap().success());
    }
    // Newer versions are native executables, in a package for each platform. Older versions are a script for node.
    let native =
        |entry: std::io::Result<fs::DirEntry>| Some(entry.ok()?.path().join("claude")).filter(|path| path.is_file());
    match fs::read_dir(&modules).unwrap().find_map(native) {
        Some(executable) => executable.display().to_string(),
        None => format!("node {}", modules.join("claude-code/cli.js").display()),
    }
}

/// Returns a command that runs in a network namespace of its own, with the scripted API on the loopback interface. It gets this
/// home directory, and `path` in front of `PATH`.
pub fn isolated_command(home: &Path, path: &Path, command: &[&str]) -> Command {
    let mut unshare = Command::new("unshare");
    let is_root = rustix::process::geteuid().is_root();
    unshare.args([if is_root { "-n" } else { "-rn" }, "sh", "-c", "ip link set lo up && exec \"$@\"", "sh", "node"]);
    unshare.arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/real_cli/api.mjs")).args(command);
    let inherited_path = std::env::var("PATH").unwrap_or_default();
    unshare.env_clear().env("HOME", home).env("PATH", format!("{}:{inherited_path}", path.display()));
    for (name, value) in [
        ("TERM", "xterm-256color"),
        ("LANG", "C.UTF-8"),
        ("ANTHROPIC_API_KEY", "sk-ant-api03-fake"),
        ("CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC", "1"),
        ("DISABLE_AUTOUPDATER", "1"),
        ("DISABLE_TELEMETRY", "1"),
        ("IS_SANDBOX", "1"),
    ] {
        unshare.env(name, value);
    }
    unshare
}

/// Waits up to [`TIMEOUT`] until a condition is true. Returns whether it became true.
pub fn becomes_true(condition: impl FnMut() -> bool) -> bool {
    becomes_true_every(POLL_INTERVAL, condition)
}

/// Does the same with another pause between two looks.
fn becomes_true_every(interval: Duration, mut condition: impl FnMut() -> bool) -> bool {
    wait_until(TIMEOUT, interval, || condition().then_some(())).is_some()
}
