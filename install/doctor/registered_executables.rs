//! The executables that are registered: whether they can run, and are the ones we have.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use super::{Finding, Fix};
use crate::environment::Environment;
use crate::paths::Scope;
use crate::release_version::{self, ReleaseVersion};

/// What is wrong with one of them.
#[derive(PartialEq)]
struct ExecutableFault {
    id: &'static str,
    /// Follows its path in a sentence.
    what: String,
    mend: Fix,
}

/// What is wrong with the executables at these paths: one finding for all that suffer alike.
pub fn check(env: &Environment, paths: &[PathBuf], scope: Scope) -> Vec<Finding> {
    let mut faults: Vec<(ExecutableFault, Vec<&PathBuf>)> = Vec::new();
    for path in paths {
        let Some(fault) = find_fault(env, path, scope) else { continue };
        let folder = |paths: &[&PathBuf]| paths.first().and_then(|path| path.parent().map(Path::to_owned));
        match faults.iter_mut().find(|(other, paths)| *other == fault && folder(paths) == folder(&[path])) {
            Some((_, paths)) => paths.push(path),
            None => faults.push((fault, vec![path])),
        }
    }
    let finding = |(ExecutableFault { id, what, mend }, paths): (ExecutableFault, Vec<&PathBuf>)| match paths.as_slice()
    {
        [path] => Finding::new(id, format!("{} {what}", env.short_path(path)), mend).in_file(path),
        paths => {
            let folder = paths[0].parent().unwrap_or(Path::new("/"));
            let name = |path: &&PathBuf| path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            let names: Vec<String> = paths.iter().map(name).collect();
            Finding::new(id, format!("in {} each of these {what}: {}", env.short_path(folder), names.join(", ")), mend)
                .in_file(folder)
        }
    };
    faults.into_iter().map(finding).collect()
}

fn find_fault(env: &Environment, path: &Path, scope: Scope) -> Option<ExecutableFault> {
    // Of a team's settings nothing is changed: what lies elsewhere is there for its entry's sake.
    let mend = match scope {
        Scope::Project if path.parent() == Some(&env.executables_dir()) => Fix::Copy,
        Scope::Project => Fix::ByHand,
        Scope::User | Scope::Local => Fix::Install(scope),
    };
    let fault = |id, what: &str| Some(ExecutableFault { id, what: what.to_owned(), mend: mend.clone() });
    let Ok(meta) = path.metadata() else {
        return fault("executable-gone", "is registered but not there");
    };
    if !meta.is_file() || meta.permissions().mode() & 0o111 == 0 {
        let mode = meta.permissions().mode() & 0o7777;
        return fault("executable-not-executable", &format!("is registered but not executable (mode {mode:o})"));
    }
    if is_on_noexec(path) {
        let what = "lies on a file system mounted noexec (set CLAUDE_CONFIG_DIR to one that is not)".to_owned();
        return Some(ExecutableFault { id: "executable-noexec", what, mend: Fix::ByHand });
    }
    let Ok(bytes) = std::fs::read(path) else {
        return fault("executable-unreadable", "cannot be read");
    };
    if let Some(what) = foreign_platform(&bytes) {
        return fault("executable-foreign", &format!("cannot run on this computer ({what})"));
    }
    // Where `hooks` runs with nothing beside it, there is nothing to compare with.
    let ours = std::fs::read(env.source.join(path.file_name()?)).ok()?;
    if ours == bytes {
        return None;
    }
    let installed = release_version::installed_release(env).filter(|_| path.parent() == Some(&env.executables_dir()));
    let ours = ReleaseVersion::parse(release_version::OUR_VERSION);
    let what = match (installed, &ours) {
        (Some(installed), Some(ours)) if installed > *ours => {
            format!("is of version {installed}, newer than this `hooks` ({ours}): use that one's `hooks`")
        }
        (Some(installed), Some(ours)) if installed < *ours => {
            format!("is of version {installed}, older than this `hooks` ({ours})")
        }
        (Some(installed), _) => format!("is of another build of version {installed} than this `hooks`"),
        (None, _) => format!(
            "is not the one beside this `hooks` ({}), and nothing says its version",
            release_version::OUR_VERSION
        ),
    };
    fault("executable-stale", &what)
}

#[cfg(target_os = "linux")]
fn is_on_noexec(path: &Path) -> bool {
    use rustix::fs::{StatVfsMountFlags, statvfs};
    statvfs(path).is_ok_and(|mount| mount.f_flag.contains(StatVfsMountFlags::NOEXEC))
}

/// Elsewhere the try-out has to find it.
#[cfg(not(target_os = "linux"))]
fn on_noexec(_: &Path) -> bool {
    false
}

/// Why this computer cannot run an ELF file, going by the header of our own executable. A script is left to its try-out.
fn foreign_platform(bytes: &[u8]) -> Option<&'static str> {
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
