//! The version of the Claude Code that will run the hooks.

use std::fmt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use crate::child_process;
use crate::environment::Environment;

/// How long the CLI may take to print its version. Older CLIs, which are scripts for node, took five seconds on a busy computer.
const VERSION_TIMEOUT: Duration = Duration::from_secs(10);

/// A version of the CLI: major, minor, patch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct CliVersion(pub u32, pub u32, pub u32);

impl fmt::Display for CliVersion {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}.{}.{}", self.0, self.1, self.2)
    }
}

impl CliVersion {
    /// Parses `2.1.329 (Claude Code)`, the output of `claude --version`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let mut numbers = text.split_whitespace().next()?.splitn(3, '.');
        let mut number = || numbers.next()?.split(['-', '+']).next()?.parse().ok();
        Some(Self(number()?, number()?, number()?))
    }
}

/// Runs `claude --version` and returns the version.
///
/// # Errors
/// A sentence that says why the version is unknown: there is no CLI, or it hangs, fails, or prints something else.
pub fn installed_version(env: &Environment) -> Result<CliVersion, String> {
    let claude = find_cli(env).ok_or_else(|| match windows_cli(env) {
        Some(claude) => {
            format!("{} is a program of Windows, and there is no other `claude` on PATH", env.short_path(&claude))
        }
        None => "there is no `claude` on PATH".to_owned(),
    })?;
    let shown = env.short_path(&claude);
    let output = child_process::run_with_limit(Command::new(&claude).arg("--version"), b"", VERSION_TIMEOUT)
        .map_err(|error| format!("{shown} --version: {error}"))?;
    if !output.status.success() {
        return Err(format!("{shown} --version failed ({})", output.status));
    }
    let text = String::from_utf8_lossy(&output.stdout);
    CliVersion::parse(&text).ok_or_else(|| {
        format!("{shown} --version printed no version but {:?}", text.chars().take(60).collect::<String>())
    })
}

/// Finds the `claude` of PATH, or else the one in a directory where its own installers put it. In WSL, the PATH has the folders of
/// Windows, too. A `claude` that lies there runs on Windows and is left out.
#[must_use]
pub fn find_cli(env: &Environment) -> Option<PathBuf> {
    candidates(env).find(|path| !env.windows_drives.hold(path))
}

/// Finds a `claude` that runs on Windows.
fn windows_cli(env: &Environment) -> Option<PathBuf> {
    candidates(env).find(|path| env.windows_drives.hold(path))
}

fn candidates(env: &Environment) -> impl Iterator<Item = PathBuf> {
    let on_path = std::env::split_paths(&env.search_path).filter(|folder| folder.is_absolute());
    let installer_dirs = env.home.iter().map(|home| home.join(".local/bin")).chain([env.config_dir.join("local")]);
    on_path.chain(installer_dirs).map(|folder| folder.join("claude")).filter(|path| is_executable(path))
}

fn is_executable(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    path.metadata().is_ok_and(|meta| meta.is_file() && meta.permissions().mode() & 0o111 != 0)
}
