//! The executables that are registered: whether they can run, and are the ones we have.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use super::{Finding, Mend};
use crate::env::Env;
use crate::paths::Scope;
use crate::version::{self, Release};

/// What is wrong with one of them.
#[derive(PartialEq)]
struct Fault {
    id: &'static str,
    /// Follows its path in a sentence.
    what: String,
    mend: Mend,
}

/// What is wrong with the executables at these paths: one finding for all that suffer alike.
pub fn check(env: &Env, paths: &[PathBuf], scope: Scope) -> Vec<Finding> {
    let mut faults: Vec<(Fault, Vec<&PathBuf>)> = Vec::new();
    for path in paths {
        let Some(fault) = fault(env, path, scope) else { continue };
        let folder = |paths: &[&PathBuf]| paths.first().and_then(|path| path.parent().map(Path::to_owned));
        match faults.iter_mut().find(|(other, paths)| *other == fault && folder(paths) == folder(&[path])) {
            Some((_, paths)) => paths.push(path),
            None => faults.push((fault, vec![path])),
        }
    }
    let finding = |(Fault { id, what, mend }, paths): (Fault, Vec<&PathBuf>)| match paths.as_slice() {
        [path] => Finding::new(id, format!("{} {what}", env.brief(path)), mend).at(path),
        paths => {
            let folder = paths[0].parent().unwrap_or(Path::new("/"));
            let name = |path: &&PathBuf| path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            let names: Vec<String> = paths.iter().map(name).collect();
            Finding::new(id, format!("in {} each of these {what}: {}", env.brief(folder), names.join(", ")), mend)
                .at(folder)
        }
    };
    faults.into_iter().map(finding).collect()
}

fn fault(env: &Env, path: &Path, scope: Scope) -> Option<Fault> {
    // Of a team's settings nothing is changed: what lies elsewhere is there for its entry's sake.
    let mend = match scope {
        Scope::Project if path.parent() == Some(&env.executables()) => Mend::Copy,
        Scope::Project => Mend::ByHand,
        Scope::User | Scope::Local => Mend::Install(scope),
    };
    let fault = |id, what: &str| Some(Fault { id, what: what.to_owned(), mend: mend.clone() });
    let Ok(meta) = path.metadata() else {
        return fault("executable-gone", "is registered but not there");
    };
    if !meta.is_file() || meta.permissions().mode() & 0o111 == 0 {
        let mode = meta.permissions().mode() & 0o7777;
        return fault("executable-not-executable", &format!("is registered but not executable (mode {mode:o})"));
    }
    if on_noexec(path) {
        let what = "lies on a file system mounted noexec (set CLAUDE_CONFIG_DIR to one that is not)".to_owned();
        return Some(Fault { id: "executable-noexec", what, mend: Mend::ByHand });
    }
    let Ok(bytes) = std::fs::read(path) else {
        return fault("executable-unreadable", "cannot be read");
    };
    if let Some(what) = foreign(&bytes) {
        return fault("executable-foreign", &format!("cannot run on this computer ({what})"));
    }
    // Where `hooks` runs with nothing beside it, there is nothing to compare with.
    let ours = std::fs::read(env.source.join(path.file_name()?)).ok()?;
    if ours == bytes {
        return None;
    }
    let installed = version::installed(env).filter(|_| path.parent() == Some(&env.executables()));
    let ours = Release::parse(version::OURS);
    let what = match (installed, &ours) {
        (Some(installed), Some(ours)) if installed > *ours => {
            format!("is of version {installed}, newer than this `hooks` ({ours}): use that one's `hooks`")
        }
        (Some(installed), Some(ours)) if installed < *ours => {
            format!("is of version {installed}, older than this `hooks` ({ours})")
        }
        (Some(installed), _) => format!("is of another build of version {installed} than this `hooks`"),
        (None, _) => format!("is not the one beside this `hooks` ({}), and nothing says its version", version::OURS),
    };
    fault("executable-stale", &what)
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
