//! The permissions of the signal directory.

use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use fs_err as fs;
use session_signals_cli::PrivateDirFault;

use crate::environment::Environment;
use crate::refusal::Refusal;
use crate::write_fault::WriteFault;
use crate::{file_access, file_mode};

/// Returns what is wrong with the permissions of the signal directory. A directory that does not exist has no fault: the
/// hooks make it.
#[must_use]
pub fn find_fault(path: &Path) -> Option<PrivateDirFault> {
    PrivateDirFault::find(&std::fs::metadata(path).ok()?)
}

/// Returns what keeps the hooks of this user from writing to the signal directory, or from making it. The system is asked, because the
/// mode does not tell everything: root needs no permission, and on a read-only file system the permissions do not count.
#[must_use]
pub fn find_write_fault(path: &Path) -> Option<WriteFault> {
    match path.metadata() {
        Ok(meta) if meta.is_dir() => {
            let (error, mode) = (file_access::find_refusal(path)?, meta.permissions().mode() & 0o7777);
            let lacks_mode = error.kind() == io::ErrorKind::PermissionDenied && mode & 0o700 != 0o700;
            Some(if lacks_mode { WriteFault::Mode(mode) } else { WriteFault::Directory(error) })
        }
        Err(_) if path.is_symlink() => Some(WriteFault::DanglingLink),
        // The hooks make the directory.
        Err(_) => {
            let (folder, error) = file_access::find_obstacle(path.parent()?)?;
            Some(WriteFault::Parent(folder, error))
        }
        Ok(_) => None,
    }
}

/// Takes all permissions on the directory from other users, and gives them all to this one.
///
/// # Errors
/// If the file system refuses the change, or does not make it.
pub fn restrict_mode(path: &Path) -> io::Result<()> {
    fs::set_permissions(path, PermissionsExt::from_mode(0o700))?;
    match find_fault(path) {
        Some(PrivateDirFault::Writable(_) | PrivateDirFault::Readable(_)) => {
            Err(io::Error::other(format!("{} is on a file system that keeps no permissions", path.display())))
        }
        _ => Ok(()),
    }
}

/// Refuses a file system on which every directory is open to other users: the hooks would refuse the signal directory at each event.
///
/// # Errors
/// If that is so. The reason says what to do.
pub fn refuse_open_file_system(env: &Environment) -> Result<(), Refusal> {
    let dir = env.signal_dir();
    // The directory may be a symbolic link to another file system.
    let dir = dir.canonicalize().unwrap_or(dir);
    let folder = dir.ancestors().skip(1).find(|folder| folder.exists()).unwrap_or(Path::new("/"));
    if !file_mode::opens_new_directories(folder) {
        return Ok(());
    }
    let way = if env.windows_drives.hold(folder) {
        "To let WSL keep permissions on drives of Windows, write the line `options = \"metadata\"` below `[automount]` in /etc/wsl.conf, and run `wsl.exe --shutdown`. Or use ~/.claude in the Linux of WSL"
    } else {
        "Mount it so that its files are yours alone, for example with umask=077, or use another directory"
    };
    Err(Refusal::new(format!(
        "{} is on a file system that keeps no permissions: other users could write your signals, so the hooks would refuse to work there. {way}",
        env.short_path(folder)
    )))
}
