//! The real Claude Code CLI: its installation, and commands that run offline.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Mutex;

use fs_err as fs;
use serde_json::{Map, Value, json};

use crate::workspace_root;

/// The false key that the CLI is started with.
const API_KEY: &str = "sk-ant-api03-fake";

/// Returns the text of `.claude.json` with the answers to all that the CLI asks at its first start in these directories.
pub fn first_run_answers(directories: &[PathBuf]) -> String {
    let project = json!({ "hasTrustDialogAccepted": true, "hasCompletedProjectOnboarding": true, "allowedTools": [] });
    let projects = directories.iter().map(|directory| (directory.display().to_string(), project.clone()));
    let answers = json!({
        "hasCompletedOnboarding": true, "theme": "dark", "lastOnboardingVersion": "9.9.9",
        "customApiKeyResponses": { "approved": [API_KEY], "rejected": [] },
        "projects": Value::Object(projects.collect::<Map<_, _>>()),
    });
    answers.to_string()
}

/// Returns the directory that keeps the npm packages of the CLI between runs.
fn packages_dir() -> PathBuf {
    let directory = std::env::var_os("SESSION_SIGNALS_CLI_DIR").map(PathBuf::from);
    directory.unwrap_or_else(|| workspace_root().join("target/cli"))
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
    unshare.arg(workspace_root().join("tests/real_cli/api.mjs")).args(command);
    let inherited_path = std::env::var("PATH").unwrap_or_default();
    unshare.env_clear().env("HOME", home).env("PATH", format!("{}:{inherited_path}", path.display()));
    for (name, value) in [
        ("TERM", "xterm-256color"),
        ("LANG", "C.UTF-8"),
        ("ANTHROPIC_API_KEY", API_KEY),
        ("CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC", "1"),
        ("DISABLE_AUTOUPDATER", "1"),
        ("DISABLE_TELEMETRY", "1"),
        ("IS_SANDBOX", "1"),
    ] {
        unshare.env(name, value);
    }
    unshare
}
