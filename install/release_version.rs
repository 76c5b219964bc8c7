//! Which version the installed executables are of: a file beside them says so.

use std::cmp::Ordering;
use std::fmt;
use std::io;
use std::path::PathBuf;

use crate::atomic_file;
use crate::environment::Environment;
use crate::refusal::Refusal;

/// That of this build.
pub const OUR_VERSION: &str = env!("CARGO_PKG_VERSION");

/// That of a build of which nothing says it.
pub const UNKNOWN_VERSION: &str = "unknown";

/// A version as Cargo writes it, ordered as it orders.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReleaseVersion {
    numbers: [u64; 3],
    /// What follows a hyphen: `rc.1`. Without it is newer.
    pre: Option<String>,
}

impl ReleaseVersion {
    /// Reads `0.1.0`, `0.2.0-rc.1`; what follows a `+` says nothing of the order.
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
            // Numbers by their value, and before words.
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

/// The file beside the executables.
#[must_use]
pub fn version_path(env: &Environment) -> PathBuf {
    env.executables_dir().join("VERSION")
}

/// The version of the installed executables; `None` where nothing says it.
#[must_use]
pub fn installed_release(env: &Environment) -> Option<ReleaseVersion> {
    ReleaseVersion::parse(&std::fs::read_to_string(version_path(env)).ok()?)
}

/// That of the installed executables, where it is newer than this build.
#[must_use]
pub fn newer_installed(env: &Environment) -> Option<ReleaseVersion> {
    installed_release(env).filter(|installed| ReleaseVersion::parse(OUR_VERSION).is_some_and(|ours| *installed > ours))
}

/// Refuses to go back to an older version unasked: without `--downgrade`.
///
/// # Errors
/// Where what is installed is newer than this build.
pub fn refuse_downgrade(env: &Environment, downgrade: bool) -> Result<(), Refusal> {
    match newer_installed(env).filter(|_| !downgrade) {
        Some(newer) => Err(Refusal::new(format!(
            "version {newer} is installed in {}, and this `hooks` is of the older version {OUR_VERSION}: use the newer one; or, to go back, `hooks install --downgrade`",
            env.short_path(&env.executables_dir())
        ))),
        None => Ok(()),
    }
}

/// Notes that the executables are of this build.
///
/// # Errors
/// Any of the file system's.
pub fn write_version(env: &Environment) -> io::Result<()> {
    let text = format!("{OUR_VERSION}\n");
    if std::fs::read_to_string(version_path(env)).is_ok_and(|found| found == text) {
        return Ok(());
    }
    atomic_file::write_file(&version_path(env), text.as_bytes(), 0o644)
}
