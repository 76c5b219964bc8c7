//! The real CLI, alone in a network namespace with an API that says what the prompt tells it to.

mod daemons;
mod home;
mod life;
mod observer;
mod person;
mod step;
mod terminal;
mod truth;
mod whole;

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Mutex, OnceLock};
use std::time::{Duration, Instant};

use fs_err as fs;

/// The versions that the ignored tests run: the oldest we know, the last that an unknown event cripples, and one of today.
pub const VERSIONS: [&str; 3] = ["2.0.50", "2.1.100", "2.1.330"];

/// The version of today: `SESSION_SIGNALS_CLI_VERSION`, or the last of [`VERSIONS`].
pub fn newest_version() -> &'static str {
    static VERSION: OnceLock<String> = OnceLock::new();
    VERSION.get_or_init(|| std::env::var("SESSION_SIGNALS_CLI_VERSION").unwrap_or_else(|_| VERSIONS[2].to_owned()))
}

/// Where the packages are kept between runs.
fn packages() -> PathBuf {
    let kept = std::env::var_os("SESSION_SIGNALS_CLI_DIR").map(PathBuf::from);
    kept.unwrap_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("target/cli"))
}

/// The command line that starts this version of the CLI, as a shell takes it; installed on first use.
pub fn claude(version: &str) -> String {
    static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());
    let _turn = ONE_AT_A_TIME.lock();
    let folder = packages().join(version);
    let modules = folder.join("node_modules/@anthropic-ai");
    // npm writes it last.
    if !folder.join("node_modules/.package-lock.json").exists() {
        fs::create_dir_all(&folder).unwrap();
        let mut npm = Command::new("npm");
        npm.args(["install", "--silent", "--no-audit", "--no-fund", "--prefix"]).arg(&folder);
        assert!(npm.arg(format!("@anthropic-ai/claude-code@{version}")).status().unwrap().success());
    }
    // Newer packages hold an executable for each computer, older ones a script for node.
    let native =
        |entry: std::io::Result<fs::DirEntry>| Some(entry.ok()?.path().join("claude")).filter(|path| path.is_file());
    match fs::read_dir(&modules).unwrap().find_map(native) {
        Some(executable) => executable.display().to_string(),
        None => format!("node {}", modules.join("claude-code/cli.js").display()),
    }
}

/// `command` with nothing but loopback around it, the API on it, and this home.
pub fn alone(home: &Path, path: &Path, command: &[&str]) -> Command {
    let mut unshare = Command::new("unshare");
    let root = rustix::process::geteuid().is_root();
    unshare.args([if root { "-n" } else { "-rn" }, "sh", "-c", "ip link set lo up && exec \"$@\"", "sh", "node"]);
    unshare.arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/real_cli/api.mjs")).args(command);
    let search = std::env::var("PATH").unwrap_or_default();
    unshare.env_clear().env("HOME", home).env("PATH", format!("{}:{search}", path.display()));
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

/// Whether this comes true before long.
pub fn eventually(mut is_so: impl FnMut() -> bool) -> bool {
    let start = Instant::now();
    while !is_so() {
        if start.elapsed() > Duration::from_secs(30) {
            return false;
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    true
}
