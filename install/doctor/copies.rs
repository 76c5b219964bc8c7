//! The executables that are registered: whether they can run, and are the ones we have.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use super::{Finding, Mend};
use crate::env::Env;
use crate::places::Scope;

/// What is wrong with the executable at `path`.
pub fn check(env: &Env, path: &Path, scope: Scope) -> Option<Finding> {
    let shown = env.brief(path);
    let finding = |id, sentence| Some(Finding::new(id, sentence, Mend::Install(scope)).at(path));
    let Ok(meta) = path.metadata() else {
        return finding("executable-gone", format!("{shown} is registered but not there"));
    };
    if !meta.is_file() || meta.permissions().mode() & 0o111 == 0 {
        return finding(
            "executable-not-executable",
            format!("{shown} is registered but not executable (mode {:o})", meta.permissions().mode() & 0o7777),
        );
    }
    if on_noexec(path) {
        let sentence =
            format!("{shown} lies on a file system mounted noexec: set CLAUDE_CONFIG_DIR to one that is not");
        return Some(Finding::new("executable-noexec", sentence, Mend::ByHand).at(path));
    }
    let Ok(bytes) = std::fs::read(path) else {
        return finding("executable-unreadable", format!("{shown} cannot be read"));
    };
    if let Some(what) = foreign(&bytes) {
        return finding("executable-foreign", format!("{shown} cannot run on this computer: {what}"));
    }
    // Where `hooks` runs with nothing beside it, there is nothing to compare with.
    let ours = std::fs::read(env.source.join(path.file_name()?)).ok()?;
    if ours != bytes {
        return finding(
            "executable-stale",
            format!("{shown} is not the one beside this `hooks`, of version {}", env!("CARGO_PKG_VERSION")),
        );
    }
    None
}

#[cfg(target_os = "linux")]
fn on_noexec(path: &Path) -> bool {
    use rustix::fs::{StatVfsMountFlags, statvfs};
    statvfs(path).is_ok_and(|mount| mount.f_flag.contains(StatVfsMountFlags::NOEXEC))
}

/// Elsewhere the try-out has to find it.
#[cfg(not(target_os = "linux"))]
fn on_noexec(_: &Path) -> bool {
    false
}

/// Why this computer cannot run an ELF file, going by the header of our own executable. A script is left to its try-out.
fn foreign(bytes: &[u8]) -> Option<&'static str> {
    const MAGIC: &[u8] = b"\x7fELF";
    if bytes.starts_with(b"#!") {
        return None;
    }
    let ours = std::env::current_exe().and_then(std::fs::read).ok()?;
    if !ours.starts_with(MAGIC) {
        return None;
    }
    if !bytes.starts_with(MAGIC) {
        return Some("it is no executable");
    }
    // Class and byte order, then the machine.
    let same = bytes.get(4..6) == ours.get(4..6) && bytes.get(18..20) == ours.get(18..20);
    (!same).then_some("it was built for another architecture")
}
