//! Which version the installed executables are of: a file beside them says so.

use std::cmp::Ordering;
use std::fmt;
use std::io;
use std::path::PathBuf;

use crate::env::Env;
use crate::refusal::Refusal;
use crate::replace;

/// That of this build.
pub const OURS: &str = env!("CARGO_PKG_VERSION");

/// That of a build of which nothing says it.
pub const UNKNOWN: &str = "unknown";

/// A version as Cargo writes it, ordered as it orders.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Release {
    numbers: [u64; 3],
    /// What follows a hyphen: `rc.1`. Without it is newer.
    pre: Option<String>,
}

impl Release {
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

impl Ord for Release {
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

impl PartialOrd for Release {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl fmt::Display for Release {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [major, minor, patch] = self.numbers;
        write!(formatter, "{major}.{minor}.{patch}")?;
        self.pre.as_ref().map_or(Ok(()), |pre| write!(formatter, "-{pre}"))
    }
}

/// The file beside the executables.
#[must_use]
pub fn path(env: &Env) -> PathBuf {
    env.executables().join("VERSION")
}

/// The version of the installed executables; `None` where nothing says it.
#[must_use]
pub fn installed(env: &Env) -> Option<Release> {
    Release::parse(&std::fs::read_to_string(path(env)).ok()?)
}

/// That of the installed executables, where it is newer than this build.
#[must_use]
pub fn newer(env: &Env) -> Option<Release> {
    installed(env).filter(|installed| Release::parse(OURS).is_some_and(|ours| *installed > ours))
}

/// Refuses to go back to an older version unasked: without `--downgrade`.
///
/// # Errors
/// Where what is installed is newer than this build.
pub fn check(env: &Env, downgrade: bool) -> Result<(), Refusal> {
    match newer(env).filter(|_| !downgrade) {
        Some(newer) => Err(Refusal::new(format!(
            "version {newer} is installed in {}, and this `hooks` is of the older version {OURS}: use the newer one; or, to go back, `hooks install --downgrade`",
            env.brief(&env.executables())
        ))),
        None => Ok(()),
    }
}

/// Notes that the executables are of this build.
///
/// # Errors
/// Any of the file system's.
pub fn note(env: &Env) -> io::Result<()> {
    let text = format!("{OURS}\n");
    if std::fs::read_to_string(path(env)).is_ok_and(|found| found == text) {
        return Ok(());
    }
    replace::write(&path(env), text.as_bytes(), 0o644)
}
