//! The executables that are registered: whether they can run, and whether they equal those beside this `hooks`.

use std::io::Read;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use session_signals_cli::FindingId;

use super::finding::{Finding, Repair};
use crate::environment::Environment;
use crate::paths::Scope;
use crate::phrases;
use crate::release_version::{self, ReleaseVersion};

/// What is wrong with an executable.
#[derive(PartialEq)]
struct ExecutableFault {
    id: FindingId,
    /// What is wrong, to follow the path of the executable in a sentence.
    what: String,
    repair: Repair,
}

/// Checks the executables at these paths. Those in one directory that have the same fault are one finding.
pub fn check(env: &Environment, paths: &[PathBuf], scope: Scope) -> Vec<Finding> {
    check_role(env, paths, scope, "is registered")
}

/// Does the same for executables that something else than the settings starts: `role` says what they are for.
pub fn check_role(env: &Environment, paths: &[PathBuf], scope: Scope, role: &str) -> Vec<Finding> {
    let faults = paths.iter().filter_map(|path| Some(((find_fault(env, path, scope, role)?, path.parent()), path)));
    let faults = phrases::group_by_key(faults);
    let finding =
        |((ExecutableFault { id, what, repair }, folder), paths): ((ExecutableFault, Option<&Path>), Vec<&PathBuf>)| {
            match paths.as_slice() {
                [path] => Finding::new(id, format!("{} {what}", env.short_path(path)), repair).in_file(path),
                paths => {
                    let folder = folder.unwrap_or(Path::new("/"));
                    let name = |path: &&PathBuf| path.file_name().unwrap_or_default().to_string_lossy().into_owned();
                    let names: Vec<String> = paths.iter().map(name).collect();
                    Finding::new(
                        id,
                        format!("in {} each of these {what}: {}", env.short_path(folder), names.join(", ")),
                        repair,
                    )
                    .in_file(folder)
                }
            }
        };
    faults.into_iter().map(finding).collect()
}

fn find_fault(env: &Environment, path: &Path, scope: Scope, role: &str) -> Option<ExecutableFault> {
    // The settings of a project are not changed, so only executables in our own directory can be repaired for them.
    let repair = match scope {
        Scope::Project if path.parent() == Some(&env.executables_dir()) => Repair::CopyExecutables,
        Scope::Project => Repair::ByHand,
        Scope::User | Scope::Local => Repair::Install(scope),
    };
    let fault = |id, what: &str| Some(ExecutableFault { id, what: what.to_owned(), repair: repair.clone() });
    let Ok(meta) = path.metadata() else {
        return fault(FindingId::ExecutableGone, &format!("{role} but does not exist"));
    };
    if !meta.is_file() || meta.permissions().mode() & 0o111 == 0 {
        let mode = meta.permissions().mode() & 0o7777;
        return fault(FindingId::ExecutableNotExecutable, &format!("{role} but not executable (mode {mode:o})"));
    }
    if is_on_noexec(path) {
        let what = "lies on a file system that is mounted noexec (set CLAUDE_CONFIG_DIR to a directory on another one)"
            .to_owned();
        return Some(ExecutableFault { id: FindingId::ExecutableNoexec, what, repair: Repair::ByHand });
    }
    let Ok(bytes) = std::fs::read(path) else {
        return fault(FindingId::ExecutableUnreadable, "cannot be read");
    };
    if let Some(what) = foreign_platform(&bytes) {
        return fault(FindingId::ExecutableForeign, &format!("cannot run on this computer ({what})"));
    }
    // If the executable is not beside this `hooks`, there is nothing to compare with.
    let ours = std::fs::read(env.source_dir.join(path.file_name()?)).ok()?;
    if ours == bytes {
        return None;
    }
    let installed = release_version::installed_release(env).filter(|_| path.parent() == Some(&env.executables_dir()));
    let ours = ReleaseVersion::parse(release_version::OUR_VERSION);
    let what = match (installed, &ours) {
        (Some(installed), Some(ours)) if installed > *ours => {
            format!(
                "has version {installed}, which is newer than this `hooks` ({ours}): use the `hooks` of that version"
            )
        }
        (Some(installed), Some(ours)) if installed < *ours => {
            format!("has version {installed}, which is older than this `hooks` ({ours})")
        }
        (Some(installed), _) => format!("has version {installed}, as this `hooks`, but is another build"),
        (None, _) => format!(
            "differs from the one beside this `hooks` ({}), and no file names its version",
            release_version::OUR_VERSION
        ),
    };
    fault(FindingId::ExecutableStale, &what)
}

#[cfg(target_os = "linux")]
fn is_on_noexec(path: &Path) -> bool {
    use rustix::fs::{StatVfsMountFlags, statvfs};
    statvfs(path).is_ok_and(|mount| mount.f_flag.contains(StatVfsMountFlags::NOEXEC))
}

/// On other systems the smoke test finds it.
#[cfg(not(target_os = "linux"))]
fn is_on_noexec(_: &Path) -> bool {
    false
}

/// Returns why this computer cannot run an executable: its ELF header is compared with the one of `hooks`. A script is left to
/// the smoke test.
fn foreign_platform(bytes: &[u8]) -> Option<&'static str> {
    const MAGIC: &[u8] = b"\x7fELF";
    if bytes.starts_with(b"#!") {
        return None;
    }
    let mut ours = [0; 20];
    std::fs::File::open(std::env::current_exe().ok()?).and_then(|mut file| file.read_exact(&mut ours)).ok()?;
    if !ours.starts_with(MAGIC) {
        return None;
    }
    if !bytes.starts_with(MAGIC) {
        return Some("it is not an executable");
    }
    // The class and the byte order, and the machine.
    let is_same = bytes.get(4..6) == Some(&ours[4..6]) && bytes.get(18..20) == Some(&ours[18..20]);
    (!is_same).then_some("it was built for another architecture")
}
