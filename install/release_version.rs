//! The version of the installed executables. A file beside them names it.

use std::cmp::Ordering;
use std::fmt;
use std::io;
use std::path::PathBuf;

use crate::atomic_file;
use crate::environment::Environment;
use crate::refusal::Refusal;

/// The version of this build.
pub const OUR_VERSION: &str = env!("CARGO_PKG_VERSION");

/// Stands for the version of an installation that names none.
pub const UNKNOWN_VERSION: &str = "unknown";

/// A version as Cargo writes it, in Cargo's order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReleaseVersion {
    numbers: [u64; 3],
    /// The pre-release that follows a hyphen: `rc.1`. A version without one is newer.
    pre: Option<String>,
}

impl ReleaseVersion {
    /// Parses `0.1.0` and `0.2.0-rc.1`. What follows a `+` does not matter for the order, and is ignored.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim().split('+').next()?;
        let (numbers, pre) = text.split_once('-').map_or((text, None), |(numbers, pre)| (numbers, Some(pre)));
        let numbers: Vec<u64> = numbers.split('.').map(|number| number.parse().ok()).collect::<Option<_>>()?;
        let is_plain = |pre: &str| pre.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-'));
        Some(Self { numbers: numbers.try_into().ok()?, pre: pre.map(str::to_owned) })
            .filter(|release| release.pre.as_deref().is_none_or(is_plain))
    }
}

impl Ord for ReleaseVersion {
    fn cmp(&self, other: &Self) -> Ordering {
        let parts = |pre: &str| {
            // Numbers are compared by their value and come before words.
            let part = |part: &str| (part.parse::<u64>().map_or(u64::MAX, |number| number), part.to_owned());
            pre.split('.').map(part).collect::<Vec<_>>()
        };
        let of_pre = match (&self.pre, &other.pre) {
            (None, None) => Ordering::Equal,
            (None, Some(_)) => Ordering::Greater,
            (Some(_), None) => Ordering::Less,
            (Some(one), Some(other)) => parts(one).cmp(&parts(other)),
        };
        self.numbers.cmp(&other.numbers).then(of_pre)
    }
}

impl PartialOrd for ReleaseVersion {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl fmt::Display for ReleaseVersion {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [major, minor, patch] = self.numbers;
        write!(formatter, "{major}.{minor}.{patch}")?;
        self.pre.as_ref().map_or(Ok(()), |pre| write!(formatter, "-{pre}"))
    }
}

/// The file that names the version of the executables beside it.
pub const VERSION_FILE: &str = "VERSION";

/// Returns the path of the file that names the version of the executables.
#[must_use]
pub fn version_path(env: &Environment) -> PathBuf {
    env.executables_dir().join(VERSION_FILE)
}

/// Returns the version of the installed executables; `None` if no file names it.
#[must_use]
pub fn installed_release(env: &Environment) -> Option<ReleaseVersion> {
    ReleaseVersion::parse(&std::fs::read_to_string(version_path(env)).ok()?)
}

/// Returns the version of the installed executables if it is newer than this build.
#[must_use]
pub fn newer_installed(env: &Environment) -> Option<ReleaseVersion> {
    installed_release(env).filter(|installed| ReleaseVersion::parse(OUR_VERSION).is_some_and(|ours| *installed > ours))
}

/// Refuses to replace a newer version without `--downgrade`. With it, returns the newer version that is replaced.
///
/// # Errors
/// If the installed version is newer than this build, and `downgrade` is false.
pub fn refuse_downgrade(env: &Environment, downgrade: bool) -> Result<Option<ReleaseVersion>, Refusal> {
    match newer_installed(env) {
        Some(newer) if !downgrade => Err(Refusal::new(format!(
            "version {newer} is installed in {}, and this `hooks` has the older version {OUR_VERSION}: use the `hooks` of the newer version, or go back with `hooks install --downgrade`",
            env.short_path(&env.executables_dir())
        ))),
        newer => Ok(newer),
    }
}

/// Writes the version of this build beside the executables.
///
/// # Errors
/// If the file system refuses the file.
pub fn write_version(env: &Environment) -> io::Result<()> {
    let text = format!("{OUR_VERSION}\n");
    if std::fs::read_to_string(version_path(env)).is_ok_and(|found| found == text) {
        return Ok(());
    }
    atomic_file::write_file(&version_path(env), text.as_bytes(), 0o644)
}
